# request METHOD PATH [BODY]: neither the key nor a body with an address stands on a command line.
request() {
  local body=()
  [[ -z ${3:-} ]] || body=(--data-binary @-)
  curl --config <(
    cat <<END
url = "$ZEROBYTE_URL/api/v1$2"
request = "$1"
header = "x-api-key: $ZEROBYTE_API_KEY"
header = "Content-Type: application/json"
fail-with-body
silent
show-error
max-time = 60
END
  ) "${body[@]}" <<<"${3:-}" || fail "Zerobyte refuses: $1 $2"
}
