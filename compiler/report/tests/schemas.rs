//! The schemas of audits and read-backs, as they are checked in.

use thrice_report::{audit, readback};

#[test]
fn the_checked_in_schemas_are_current() {
    let files = [
        (
            "audit",
            include_str!("../schema/audit.schema.json"),
            audit::schema(),
        ),
        (
            "readback",
            include_str!("../schema/readback.schema.json"),
            readback::schema(),
        ),
    ];
    for (name, file, schema) in files {
        assert!(
            file == schema,
            "run `cargo run -p thrice-report --example {name}_schema > compiler/report/schema/{name}.schema.json`"
        );
    }
}
