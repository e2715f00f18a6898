//! Prints the schema of a simulation in JSON, for `schema/simulation.schema.json`.

#[expect(clippy::print_stdout, reason = "this program is there to print")]
fn main() {
    print!("{}", thrice_report::simulation::schema());
}
