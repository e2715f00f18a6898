//! Prints the schema of a comparison with a folder in JSON, for `schema/readback.schema.json`.

#[expect(clippy::print_stdout, reason = "this program is there to print")]
fn main() {
    print!("{}", thrice_report::readback::schema());
}
