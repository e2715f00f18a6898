//! Whole policies: a small one, one with everything, and a large one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::civil::date;
use thrice_model::{Obligation, Verb};
use thrice_resolve::constructs;

use crate::support::{Shelf, messages, model, resolved_with};

const EVERYTHING: &str = include_str!("everything.thrice");
const FACTS: Shelf = Shelf(&[(
    "facts.thrice",
    "provider home \"At home\" { site rack }
provider ovh { site gravelines }
provider ionos { site de }
provider healthchecks_io
provider hetzner \"Hetzner\" {
    site fsn1 \"Falkenstein\"
    supports lifecycle, lifecycle-prefix, versioning, object-lock, bucket-policy, one-key-all-buckets
    lacks lifecycle-object-size, transitions, newer-noncurrent-versions, server-side-encryption, server-side-copy
    fact \"one key pair reaches all buckets of a project\" { source \"docs.hetzner.com, Object Storage FAQ\"; date 2024-12-01 }
}",
)]);

#[test]
fn five_lines_are_a_policy() {
    let model = model(
        "provider home { site rack }
host seko at home/rack { runs cron; store local { capacity 1 TB }; store usb { capacity 2 TB } }
class documents is files on seko.local:/home { size 10..20 GB }
copy nightly_copy of documents to seko.usb:/copy by seko.cron { daily at 03:00 UTC }
require copies >= 2 for all",
    );
    assert_eq!(model.classes.len(), 1);
    let (_, step) = model.steps.iter().next().unwrap();
    assert!(matches!(step.verb, Verb::Copy { .. }));
    assert_eq!(step.lifetime.from, date(2026, 11, 20));
    assert_eq!(model.requirements.len(), 1);
    assert_eq!(model.policy.named.name, "folder");
}

#[test]
fn a_policy_with_everything_is_accepted() {
    let (sources, model, found) = resolved_with(EVERYTHING, &FACTS);
    assert!(found.is_empty(), "{}", messages(&sources, &found));
    let model = model.unwrap();
    assert_eq!(model.hosts.len(), 5);
    assert_eq!(model.stores.len(), 6);
    assert_eq!(model.classes.len(), 5);
    let verbs: BTreeSet<&str> = model
        .steps
        .iter()
        .map(|(_, step)| step.verb.word())
        .collect();
    assert_eq!(verbs.len(), 10, "every verb: {verbs:?}");
    assert_eq!(model.facts.len(), 1);
    assert_eq!(model.mounts[0].classes.len(), 1);
    assert_eq!(model.skips.len(), 2);
    assert!(
        model
            .acceptances
            .iter()
            .any(|a| a.obligation == Obligation::Survival && a.fault.is_some())
    );
    assert_eq!(model.estimates.len(), 8);
    assert_eq!(model.scenarios.len(), 1);
    assert_eq!(model.scenarios[0].strikes.len(), 6);
    assert_eq!(model.scenarios[0].expectations.len(), 2);
    let unused: Vec<&str> = model.unused.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        unused,
        ["seko.local", "preprod_host.local"],
        "they are only there"
    );
}

/// The policy above says every statement and every clause there is.
#[test]
fn everything_is_everything() {
    let text = format!("{EVERYTHING}\n{}", FACTS.0[0].1);
    let words: Vec<&str> = text
        .split([' ', '\n', ';', ',', '{', '}'])
        .filter(|w| !w.is_empty())
        .collect();
    let mut unsaid = Vec::new();
    for construct in constructs() {
        let keyword = construct.keyword;
        let clauses = construct.clauses.iter().map(|clause| clause.word);
        let written = clauses.filter(|word| !word.chars().any(char::is_uppercase));
        for said in std::iter::once(keyword).chain(written) {
            let parts: Vec<&str> = said.split(' ').collect();
            if !words.windows(parts.len()).any(|window| window == parts) {
                unsaid.push(format!("`{said}` of `{keyword}`"));
            }
        }
    }
    assert!(unsaid.is_empty(), "{unsaid:?}");
}

/// Moving text between files changes the hash; moving the folder does not.
#[test]
fn the_hash_is_that_of_the_text() {
    let hash = |text: &str| model(text).hash;
    assert_eq!(hash("provider a"), hash("provider a"));
    assert_ne!(hash("provider a"), hash("provider a "));
    assert_eq!(hash("").len(), 64);
}

/// Ten thousand classes and as many steps; the time is the business of a benchmark.
#[test]
fn a_large_policy_is_resolved() {
    let mut text = String::from(
        "provider home { site rack }\nhost h at home/rack { runs cron; store a { capacity 1 TB }; store b { capacity 1 TB } }\n",
    );
    for n in 0..10_000 {
        writeln!(text, "class c{n} is files on h.a:/d/{n} {{ size 1..2 GB; growth 1..3 %/month; churn 5..600 MB/day; rpo 26h }}").unwrap();
        writeln!(
            text,
            "copy s{n} of c{n} to h.b:/d/{n} by h.cron {{ daily at 03:00 UTC }}"
        )
        .unwrap();
    }
    let model = model(&text);
    assert_eq!((model.classes.len(), model.steps.len()), (10_000, 10_000));
}
