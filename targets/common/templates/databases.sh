tables="SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE relkind = 'r' AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'"

# All databases that one can connect to; `postgres` only if somebody has put tables into it.
databases() {
  local of_postgres
  of_postgres=$(sql --dbname=postgres --command="$tables")
  sql --dbname=postgres --record-separator-zero --command="SELECT datname FROM pg_database
    WHERE NOT datistemplate AND datallowconn AND datname NOT LIKE 'thrice\\_scratch\\_%'
      AND (datname <> 'postgres' OR $of_postgres > 0) ORDER BY datname" >"$scratch/found"
}
