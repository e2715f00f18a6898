//! The examples and tables of the reference.

use thrice_resolve::{AMOUNT, RETENTION, SCHEDULE, constructs};

use crate::support::{messages, resolved};

/// Examples refer to things that others declare, so unknown and doubled names are expected here;
/// nothing else is.
#[test]
fn every_example_has_the_form_that_is_read() {
    for construct in constructs() {
        let source = match construct.inside {
            [] => construct.example.to_owned(),
            ["provider"] => format!("provider p {{\n{}\n}}", construct.example),
            [outer, ..] => format!("{outer} h at p/s {{\n{}\n}}", construct.example),
        };
        assert!(source.contains(construct.keyword), "{}", construct.keyword);
        let (sources, _, mut found) = resolved(&source);
        found.retain(|d| !d.code.0.starts_with("T02") && d.code.0 != "T0406");
        assert!(found.is_empty(), "{source}\n{}", messages(&sources, &found));
    }
}

/// What is shown to people about each form is there, and clauses are told apart.
#[test]
fn tables_are_whole() {
    for construct in constructs() {
        let place = construct.keyword;
        assert!(
            construct.form.starts_with(place),
            "{place}: {}",
            construct.form
        );
        assert!(construct.text.ends_with('.'), "{place} has no text");
        let mut words: Vec<&str> = construct.clauses.iter().map(|c| c.word).collect();
        words.sort_unstable();
        let all = words.len();
        words.dedup();
        assert_eq!(words.len(), all, "{place} has a clause twice");
        for clause in construct.clauses {
            assert!(
                !clause.text.is_empty() && !clause.text.ends_with('.'),
                "{place} {}",
                clause.word
            );
            let capitals = [SCHEDULE, RETENTION, AMOUNT].contains(&clause.word);
            assert!(
                capitals
                    || clause
                        .word
                        .chars()
                        .all(|c| c.is_lowercase() || " -".contains(c))
            );
        }
    }
}
