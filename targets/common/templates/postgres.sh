sql() {
  inside psql --no-psqlrc --no-password --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"
}

# A name of a database as a connection string: else one that holds `=` would be taken for a string of its
# own.
database() {
  local name=${1//\\/\\\\}
  printf "dbname='%s'" "${name//\'/\\\'}"
}
