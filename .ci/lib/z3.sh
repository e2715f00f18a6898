# shellcheck shell=bash
# shellcheck disable=SC2154 # root, scratch and unpacked are set by common.sh and by who sources it
# Z3 for the build, in one of three ways. Each writes .cargo/config.toml (git-ignored) anew, so that
# changing one's mind is running the set-up again with another word.

config_heading() {
  echo "# Written by .ci/setup build --z3 $1; git-ignored. Run that again rather than edit this."
}

# A copy of Z3 inside the work tree, from the wheel that the Z3 project publishes.
#
# The rpath is relative, so that programs keep running when the work tree is moved. It stands under
# `target`, not `build`: cargo joins all `target` flags, but takes `build` flags only where nobody
# (a ~/.cargo/config.toml with a faster linker, say) has set others.
z3_wheel() {
  local version folder paths
  version=$(pin z3-solver)
  folder="$root/.z3"
  [ "$(uname -s)" = Linux ] ||
    fail "--z3 wheel is made for Linux" "install Z3 >= $(pin z3-oldest) and say: .ci/setup build --z3 system"
  if [ "$(cat "$folder/version" 2>/dev/null)" = "$version" ] && z3_loads "$folder"; then
    say "Z3 $version is in .z3 already"
  else
    say "fetching Z3 $version (39 MB) into .z3"
    fetch_wheel z3-solver "$version"
    z3_arrange "$unpacked" "$scratch/z3" "$version"
    z3_loads "$scratch/z3" ||
      fail "the Z3 $version of the wheel does not run on this machine (its C library may be too old)" \
        "install Z3 >= $(pin z3-oldest) and say: .ci/setup build --z3 system"
    put_folder "$scratch/z3" "$folder"
  fi
  # shellcheck disable=SC2016 # $ORIGIN is for the loader, not for this shell
  paths='$ORIGIN/../lib:$ORIGIN/../../.z3/lib:$ORIGIN/../../../.z3/lib'
  if [ -n "${CARGO_TARGET_DIR:-}" ]; then
    paths="$paths:$folder/lib"
    say "CARGO_TARGET_DIR is set: programs will find Z3 by its absolute path"
  fi
  {
    config_heading wheel
    printf '[env]\n'
    printf 'Z3_LIBRARY_PATH_OVERRIDE = { value = ".z3/lib", relative = true, force = true }\n'
    # A Z3 that pkg-config knows, older perhaps, would come first.
    printf 'Z3_NO_PKG_CONFIG = { value = "1", force = true }\n'
    printf 'Z3_SYS_Z3_VERSION = { value = "%s", force = true }\n' "${version%.*}"
    printf '[target."cfg(unix)"]\n'
    printf 'rustflags = ["-C", "link-arg=-Wl,-rpath,%s"]\n' "$paths"
  } >"$scratch/config.toml"
  put_file "$scratch/config.toml" "$root/.cargo/config.toml"
  say "wrote .cargo/config.toml: programs load Z3 from .z3/lib"
  warn_of_rustflags "-C link-arg=-Wl,-rpath,$folder/lib"
}

# z3_arrange WHEEL FOLDER VERSION: the library under the name it calls itself by, and a link by
# which the linker finds it. The wheel holds the library twice, headers and Python: left out.
z3_arrange() {
  local library
  library=$(cd "$1/z3/lib" && echo libz3.so.*)
  mkdir -p "$2/lib"
  mv -- "$1/z3/lib/$library" "$2/lib/$library"
  ln -s -- "$library" "$2/lib/libz3.so"
  mv -- "$1/z3_solver-$3.dist-info/METADATA" "$2/METADATA"
  printf '%s\n' "$3" >"$2/version"
}

z3_loads() {
  python3 - "$1/lib/libz3.so" <<'PYTHON' >/dev/null 2>&1
import ctypes, sys
ctypes.CDLL(sys.argv[1]).Z3_get_full_version
PYTHON
}

# The machine's own Z3.
z3_system() {
  local oldest found
  oldest=$(pin z3-oldest)
  have pkg-config || fail "pkg-config is missing" "Debian: apt-get install pkg-config"
  found=$(pkg-config --modversion z3 2>/dev/null) ||
    fail "pkg-config knows no Z3" "Debian 13 and newer: apt-get install libz3-dev" \
      "or use the copy from the Python package index: .ci/setup build --z3 wheel"
  pkg-config --atleast-version="$oldest" z3 ||
    fail "this machine's Z3 is $found, and $oldest or newer is needed (Debian 12 has 4.8.12, Debian 13 has 4.13.3)" \
      "use the copy from the Python package index: .ci/setup build --z3 wheel"
  config_heading system >"$scratch/config.toml"
  echo "# Nothing to set: pkg-config says where Z3 $found is." >>"$scratch/config.toml"
  put_file "$scratch/config.toml" "$root/.cargo/config.toml"
  say "wrote .cargo/config.toml: programs load this machine's Z3 $found"
}

# Z3 built from source and linked in.
z3_vendored() {
  local cmake_version
  have cmake || fail "cmake is missing, and 3.26 or newer is needed" "python3 -m pip install cmake"
  cmake_version=$(cmake --version | sed -n 's/^cmake version //p')
  printf '%s\n%s\n' 3.26 "$cmake_version" | sort -V -C ||
    fail "cmake is $cmake_version, and 3.26 or newer is needed" "python3 -m pip install cmake"
  cxx_has_format ||
    fail "the C++ compiler (${CXX:-c++}${CXXFLAGS:+ $CXXFLAGS}) has no <format> of C++20" \
      "GCC 13 or newer has it; so has clang 19 with libc++:" \
      "apt-get install clang-19 libc++-19-dev libc++abi-19-dev" \
      "export CC=clang-19 CXX=clang++-19 CXXFLAGS=-stdlib=libc++ CXXSTDLIB=c++"
  config_heading vendored >"$scratch/config.toml"
  echo "# Nothing to set: Z3 is built from source by the cargo feature vendored-z3." >>"$scratch/config.toml"
  put_file "$scratch/config.toml" "$root/.cargo/config.toml"
  say "wrote .cargo/config.toml: build with: cargo build -p thrice --features vendored-z3 (Z3 alone: about 20 minutes on two cores)"
}

cxx_has_format() {
  local -a flags
  read -ra flags <<<"${CXXFLAGS:-}"
  printf '#include <format>\nint main() { return std::format("{}", 1).size() - 1; }\n' >"$scratch/format.cc"
  "${CXX:-c++}" -std=c++20 "${flags[@]}" "$scratch/format.cc" -o "$scratch/format" >/dev/null 2>&1
}

# Flags in the environment replace those of the file, the rpath with them.
warn_of_rustflags() {
  local name
  for name in RUSTFLAGS CARGO_ENCODED_RUSTFLAGS; do
    [ -n "${!name:-}" ] || continue
    say "note: $name is set and replaces what .cargo/config.toml says: unset it, or add to it: $1"
  done
}
