# Lists the files whose names stand in the file $1, a zero byte behind each, so that a backup can tell
# whether it reads just those: a line `SHA256 BYTES SECONDS PATH` for each, its time since 1970.
list_files() {
  local name size at files=0 bytes=0 new=$manifest.part
  : >"$new"
  while IFS= read -r -d '' name; do
    [[ $name != *$'\n'* ]] || fail "a name with a line break: ${name@Q}"
    read -r size at < <(stat --format='%s %Y' -- "$name")
    printf '%s %s %s %s\n' "$(sha256sum <"$name" | head --bytes=64)" "$size" "$at" "$name" >>"$new"
    files=$((files + 1))
    bytes=$((bytes + size))
  done <"$1"
  sync -- "$new"
  mv -f -- "$new" "$manifest"
  number files "$files"
  number bytes "$bytes"
}
