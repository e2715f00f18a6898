//! Prints the schema of the JSON report, for `schema/report.schema.json`.

#[expect(clippy::print_stdout, reason = "this program is there to print")]
fn main() {
    print!("{}", thrice_report::json::schema());
}
