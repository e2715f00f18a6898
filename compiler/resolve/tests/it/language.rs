//! Statements, clauses and files as such.

use insta::assert_snapshot;

use crate::support::{Shelf, messages, resolved_with, shown};

#[test]
fn unknown_statements_and_clauses() {
    assert_snapshot!(shown(
        "hots vpai at home/rack
store local { medium nvme }
flurb
tier hot
123
provider p { sites a; support lifecycle; supports lifecycl, versioning; lacks versioning }
policy x { \"text\" }"
    ));
}

#[test]
fn facts_need_source_and_date() {
    assert_snapshot!(shown(
        "provider p {
    fact \"one\" { source \"docs\"; date 2026-13-01 }
    fact \"two\" { source \"docs\" }
    fact three
    fact \"four\" { source \"docs\"; source \"more\"; date 2026-01-01 } { }
}"
    ));
}

#[test]
fn a_block_where_none_belongs() {
    assert_snapshot!(shown(
        "schedule a = daily at 03:00 { twice }\nprovider p { site s { far away } }"
    ));
}

#[test]
fn what_the_grammar_reports_is_not_reported_again() {
    assert_snapshot!(shown(
        "provider home { site rack }\nhost §§ at home/rack\nhost b at home/rack { role \"open\n timezone § }\n# comment\n"
    ));
}

fn used(source: &str, shelf: &'static [(&'static str, &'static str)]) -> String {
    let (sources, model, found) = resolved_with(source, &Shelf(shelf));
    let end = if model.is_some() {
        "accepted\n"
    } else {
        "refused\n"
    };
    format!("{source}\n\n{}{end}", messages(&sources, &found))
}

#[test]
fn files_that_are_used() {
    let places = (
        "places.thrice",
        "provider home { site rack }\nuse \"more.thrice\"",
    );
    let more = ("more.thrice", "provider ovh { site gravelines }");
    let shelf: &'static [_] = Box::leak(Box::new([places, more]));
    let source =
        "use \"places.thrice\"\nuse \"more.thrice\"\nhost a at home/rack\nhost b at ovh/gravelines";
    let (sources, model, found) = resolved_with(source, &Shelf(shelf));
    assert!(found.is_empty(), "{}", messages(&sources, &found));
    let model = model.unwrap();
    assert_eq!(model.providers.len(), 2, "each file once");
    assert_eq!(sources.iter().count(), 3);
    assert_eq!(model.hash.len(), 64);
}

#[test]
fn files_that_cannot_be_used() {
    assert_snapshot!(used(
        "use \"gone.thrice\"\nuse std/hetzer\nuse\nuse gone\nuse \"a.thrice\" twice\n",
        &[(
            "a.thrice",
            "use \"policy.thrice\"\nuse \"a.thrice\"\nhost x at y/z"
        )],
    ));
}

#[test]
fn a_mistake_in_a_used_file_names_that_file() {
    assert_snapshot!(used("use \"a.thrice\"", &[("a.thrice", "phase x = never")]));
}

#[test]
fn same_input_same_bytes() {
    let source = "host a at x/y\nhost b at x/y\nhost a at z\nkey k { held on c }";
    assert_eq!(shown(source), shown(source));
}

/// Each file of the standard library is a policy of its own without mistakes.
#[test]
fn the_standard_library_is_accepted() {
    for (name, _) in thrice_resolve::standard_library() {
        let source = format!("use {}", name.strip_suffix(".thrice").unwrap());
        let (sources, model, found) = resolved_with(&source, &Shelf(&[]));
        assert!(
            found.is_empty() && model.is_some(),
            "{name}:\n{}",
            messages(&sources, &found)
        );
    }
}

#[test]
fn what_is_missing_with_a_file_is_not_reported_name_by_name() {
    assert_snapshot!(used(
        "use std/hetzer\nprovider home { site rack }\nhost a at hetzner/fsn1\nhost b at home/rak\nkey k { held on cloudhost }",
        &[],
    ));
}

#[test]
fn a_host_at_an_unknown_site_is_one_mistake() {
    assert_snapshot!(used(
        "host a at home/rack { runs cron; service n8n; store s { capacity 1 GB } }
provider p { site q }
host b at p/q { service n8n }
environment e { on a; service n8n }
class c is files on a.s:/data { service n8n }
key k { held on a }
repository r in a.s:/r { key k }",
        &[],
    ));
}
