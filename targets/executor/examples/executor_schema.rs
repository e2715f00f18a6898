//! Prints the JSON Schema of `executor.json`.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(thrice_target_executor::schema().as_bytes())
}
