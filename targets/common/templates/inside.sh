# Runs a program where the data is: in the container, as the user.
inside() {
  if [[ -n $container ]]; then
    "$engine" exec --interactive "${engine_options[@]}" "$container" "$@"
  elif [[ -z $user || $user == "$(id --user --name)" ]]; then
    "$@"
  else
    runuser --user "$user" -- "$@"
  fi
}

# Reads how the service is reached, and finds the program that enters its container.
connect() {
  local name
  [[ ! -e $connection ]] || settings "$connection"
  [[ -n $container ]] || return 0
  engine=docker
  command -v docker >/dev/null || engine=podman
  command -v "$engine" >/dev/null || fail "neither docker nor podman is installed" 127
  engine_options=()
  [[ -z $user ]] || engine_options+=(--user "$user")
  for name in "${passed[@]}"; do
    [[ -z ${!name:-} ]] || engine_options+=(--env "$name")
  done
}
