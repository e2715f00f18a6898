# redis-cli tells of an error by its answer alone: its exit code is 0.
redis() {
  local options=(-p "${REDIS_PORT:-6379}") answer
  if [[ -n ${REDIS_SOCKET:-} ]]; then
    options=(-s "$REDIS_SOCKET")
  elif [[ -n ${REDIS_HOST:-} ]]; then
    options+=(-h "$REDIS_HOST")
  fi
  [[ -z ${REDIS_USER:-} ]] || options+=(--user "$REDIS_USER" --no-auth-warning)
  # Said here too: in a condition nothing ends at an error by itself.
  answer=$(inside redis-cli "${options[@]}" "$@" </dev/null) || fail "redis does not answer: ${answer:-no word}"
  case $answer in
    ERR* | WRONGPASS* | NOAUTH* | NOPERM* | LOADING* | MISCONF* | *'AUTH failed'* | '(error)'*)
      fail "redis answers: $answer"
      ;;
  esac
  printf '%s\n' "${answer//$'\r'/}"
}

# One figure or word of `INFO`.
info() {
  redis INFO "$1" | sed -n "s/^$2://p"
}
