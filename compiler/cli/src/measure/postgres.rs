//! Databases, by psql, as captures ask for them.

use std::process::Command;

use thrice_audit::{Answer, Server};
use thrice_target::bash;

use crate::measure::program::output;

/// What stands around the functions that the script of a capture has too.
const BEFORE: &str = r#"
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10}
connection=$1
user=$2
container=$3
shift 3
fail() {
  printf '%s\n' "$1" >&2
  exit "${2:-1}"
}
settings() {
  [[ -r $1 ]] || fail "the file with secrets cannot be read: $1"
  set -a
  . "$1"
  set +a
}
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
"#;

const AFTER: &str = r#"
for file in "$@"; do
  settings "$file"
done
connect
databases
cat -- "$scratch/found"
"#;

/// The names of all databases of a server.
pub fn databases(server: &Server) -> Answer<Vec<String>> {
    let passed = format!("passed=({})\n", bash::POSTGRES_VARIABLES.join(" "));
    let parts = [
        BEFORE,
        &passed,
        bash::INSIDE,
        bash::POSTGRES,
        bash::DATABASES,
        AFTER,
    ];
    let mut command = Command::new("bash");
    command
        .args(["-c", &parts.join("\n"), "thrice-audit"])
        .args([&server.connection, &server.user, &server.container])
        .args(&server.settings);
    let listed = output("the databases of its server cannot be listed", &mut command)?;
    let names = listed
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty());
    Ok(names
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect())
}
