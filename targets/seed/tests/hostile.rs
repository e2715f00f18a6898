//! Whatever tables and columns are called, the rules find them: through the real psql.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;

use common::Seed;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use thrice_model::{Anonymise, CaptureMethod};
use thrice_test_support::postgres::Postgres;

/// A name as SQL has it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Names that a rule can say (no dot, no control character) and a table can have: at most 63 bytes.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[^.\\p{C}]{1,12}",
        Just("it's".to_owned()),
        Just("a\"b".to_owned()),
        Just("\\d".to_owned()),
        Just(":x :'x' :\"x\"".to_owned()),
        Just("$$ $thrice$".to_owned()),
        Just("%I %s %L".to_owned()),
        Just("'; DROP TABLE workflow; --".to_owned()),
        Just("THRICE_SQL".to_owned()),
        Just("/* select".to_owned()),
    ]
}

#[test]
fn rules_find_what_they_name() {
    let prod = Postgres::start();
    let settings = format!("PGHOST={}\nPGUSER=postgres\n", prod.host());
    // Each case restores twice: a few are enough, the odd names above are all tried in turn.
    let mut runner = TestRunner::new(Config {
        cases: 3,
        failure_persistence: None,
        ..Config::default()
    });
    let odd = [
        ("it's", "a\"b"),
        ("\\d", ":x :'x' :\"x\""),
        ("$$ $thrice$", "%I %s %L"),
        ("'; DROP TABLE workflow; --", "/* select"),
    ];
    for (table, column) in odd {
        one(&prod, &settings, &[(table.to_owned(), column.to_owned())]);
    }
    let tables = proptest::collection::btree_map(name(), name(), 1..5);
    runner
        .run(&tables, |tables| {
            let tables: Vec<(String, String)> = tables.into_iter().collect();
            one(&prod, &settings, &tables);
            Ok(())
        })
        .unwrap();
}

/// Seeds a database of these tables, each with a column that is changed.
fn one(prod: &Postgres, settings: &str, tables: &[(String, String)]) {
    prod.sql("postgres", "DROP DATABASE IF EXISTS app");
    prod.sql("postgres", "CREATE DATABASE app");
    let mut seed = Seed::new(CaptureMethod::PgDump, "postgres", &["app"], settings);
    for (table, column) in tables {
        let (table_sql, column_sql) = (quoted(table), quoted(column));
        prod.sql(
            "app",
            &format!(
                "CREATE TABLE {table_sql} (\"the id\" int, {column_sql} text); INSERT INTO {table_sql} VALUES (1, 'a very secret value')"
            ),
        );
        seed = seed
            .rule(&format!("app.{table}.the id"), Anonymise::Keep)
            .rule(
                &format!("app.{table}.{column}"),
                Anonymise::Prefix("it's \\ \"$x\" %s ".to_owned()),
            );
    }
    seed.dump();
    let finished = seed.leave();
    assert!(finished.is_success(), "{tables:?}\n{finished}");
    let file = seed.bench.folder().join("via/seed/app-latest.dump");
    let text = thrice_test_support::run(prod.program("pg_restore").args(["-f", "-"]).arg(file));
    let changed = text
        .matches("it's \\\\ \"$x\" %s a very secret value")
        .count();
    assert_eq!(changed, tables.len(), "{tables:?}\n{text}");
}
