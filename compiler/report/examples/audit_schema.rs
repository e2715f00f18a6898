//! Prints the schema of an audit in JSON, for `schema/audit.schema.json`.

#[expect(clippy::print_stdout, reason = "this program is there to print")]
fn main() {
    print!("{}", thrice_report::audit::schema());
}
