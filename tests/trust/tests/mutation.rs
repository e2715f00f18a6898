//! Mutants of two verified policies that must be found out: for each obligation one that it kills, and some that
//! must not go unnoticed. `--example mutate` tries all mutants there are and counts; its score is in `TRUST.md`.

#![expect(
    clippy::panic,
    reason = "helpers of tests stop the test with what they know"
)]

use std::collections::BTreeSet;

use thrice_model::Obligation;
use thrice_trust::mutate::{Base, Fate, Mutant, mutants};
use thrice_trust::policy::Texts;

/// What is done to the hardened policy, and which obligation must reject it.
const HARDENED: [(&str, Obligation); 10] = [
    (
        "without the statement `sync reserve_backups",
        Obligation::Copies,
    ),
    (
        "without the statement `copy reserve_media",
        Obligation::Survival,
    ),
    ("1 for 7 in `expire media_tidied", Obligation::LastCopy),
    ("without `8 monthly` in `retention gfs", Obligation::History),
    (
        "`read, write, delete, administer` in `may read, write on reserve.documents",
        Obligation::Deletion,
    ),
    (
        "`keep` in `anonymise n8n.credentials_entity.data",
        Obligation::Flow,
    ),
    (
        "without `write` in `may read, write on reserve.documents",
        Obligation::Capability,
    ),
    ("23 for 46 in `require cost", Obligation::Cost),
    (
        "without the clause `monitor deadman` of `capture dump_pg",
        Obligation::Alarm,
    ),
    ("`skip databases` in `class databases", Obligation::Sense),
];

/// The same of the policy that asks for what the hardened one does not.
const ASKED: [(&str, Obligation); 6] = [
    (
        "`weekly on Sunday at` for `daily at` in `daily at 02:00 UTC`",
        Obligation::RecoveryPoint,
    ),
    (
        "min for h in `rto 60h` of `class db`",
        Obligation::RecoveryTime,
    ),
    ("140 for 14 in `expire old_versions", Obligation::Erasure),
    ("without `envelope", Obligation::Keys),
    ("TB for GB in `size 5..10 GB`", Obligation::Capacity),
    (
        "without the clause `taking 1m..1h` of `sync mirror",
        Obligation::TimeTable,
    ),
];

fn check(texts: &Texts, expected: &[(&str, Obligation)]) {
    let base = Base::of(texts);
    assert_eq!(base.refused().collect::<Vec<_>>(), Vec::<String>::new());
    let all = mutants(texts);
    assert!(all.len() > 200, "{}", all.len());
    for (what, obligation) in expected {
        let mutant: Option<&Mutant> = all.iter().find(|mutant| mutant.what.starts_with(what));
        let mutant = mutant.unwrap_or_else(|| panic!("no mutant is {what}"));
        let shown = base.shown(mutant);
        assert!(
            shown.kills.contains(obligation),
            "{}: {shown:?}",
            mutant.what
        );
    }
    // Each sixty-first of all: whatever is taken away, somebody sees it.
    for mutant in all.iter().skip(30).step_by(61) {
        let shown = base.shown(mutant);
        assert_ne!(shown.fate, Fate::Survives, "{}", mutant.what);
    }
}

#[test]
fn each_obligation_kills_mutants_of_the_hardened_policy() {
    check(&Texts::vpai("hardened"), &HARDENED);
}

#[test]
fn each_obligation_kills_mutants_of_a_policy_that_asks_for_all() {
    check(&Texts::asked(), &ASKED);
}

#[test]
fn each_obligation_is_named_above() {
    let named = HARDENED
        .iter()
        .chain(&ASKED)
        .map(|(_, obligation)| *obligation);
    let named: BTreeSet<Obligation> = named.collect();
    assert_eq!(named, Obligation::ALL.into_iter().collect());
}
