//! Texts shown to people: each page about a mistake of form shows a text that has it, and perhaps
//! one that does not; what the README shows is well-formed, and in the one style.

#![allow(clippy::expect_used, reason = "a test may stop where it stands")]

mod support;

use support::{FILE, formatted};
use thrice_diagnostics::{all_codes, explain};
use thrice_grammar::parse;

/// The fenced examples of a page, in order.
fn examples(page: &str) -> Vec<&str> {
    let fenced = page.split("```thrice\n").skip(1);
    fenced
        .map(|rest| rest.split("```").next().unwrap_or(""))
        .collect()
}

#[test]
fn examples_of_pages_do_what_the_pages_say() {
    let mut pages = 0;
    for code in all_codes().filter(|code| code.0.starts_with("T01")) {
        let page = explain(code).expect("a page");
        assert!(
            page.starts_with(&format!("# {code}: ")),
            "{code} has another title"
        );
        let examples = examples(page);
        let wrong = examples.first().expect("an example");
        let (_, mistakes) = parse(FILE, wrong);
        assert!(
            mistakes.iter().any(|m| m.code == code),
            "{code} does not show: {mistakes:?}"
        );
        if let Some(right) = examples.get(1) {
            let (_, mistakes) = parse(FILE, right);
            assert!(mistakes.is_empty(), "{code}: {mistakes:?}");
        }
        pages += 1;
    }
    assert_eq!(pages, 6);
}

#[test]
fn every_mistake_of_form_has_a_page() {
    let text = "\u{FEFF}a\r\n{ # }\n}\n,\n\"open\nb {";
    let deep = "a{".repeat(99);
    let mistakes = [parse(FILE, text).1, parse(FILE, &deep).1].concat();
    let mut codes: Vec<_> = mistakes.iter().map(|m| m.code).collect();
    codes.sort();
    codes.dedup();
    assert_eq!(
        codes.iter().map(|c| c.0).collect::<Vec<_>>(),
        [
            "T0006", "T0007", "T0101", "T0102", "T0103", "T0104", "T0105", "T0106"
        ]
    );
    for code in codes {
        assert!(explain(code).is_some(), "{code} has no page");
    }
}

#[test]
fn examples_of_the_readme_are_in_the_one_style() {
    let examples = examples(include_str!("../README.md"));
    assert!(!examples.is_empty());
    for example in examples {
        assert_eq!(formatted(example).as_deref(), Some(example));
    }
}
