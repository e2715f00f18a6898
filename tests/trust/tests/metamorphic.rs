//! What is said in other words gets the same verdicts; more copies never make it worse.

use thrice_diagnostics::{Diagnostic, Severity};
use thrice_trust::compare::{ABOUT_PRESENCE, small_world, verdicts};
use thrice_trust::policy::{Judged, Texts, judge, plan};
use thrice_trust::random;
use thrice_trust::rewrite::{MARK, in_other_units, renamed, reordered};
use thrice_trust::world::{Place, Verb};
use thrice_verify::Session;

/// All verdicts and findings, by code and severity alone: names and units are part of what is said.
fn outcome(judged: &Judged) -> Vec<String> {
    let verdicts = judged.verified.iter().flat_map(|v| v.verdicts.iter());
    let verdicts = verdicts.map(|v| {
        format!(
            "{} {} {} {} {}",
            v.obligation.word(),
            v.subject,
            v.period,
            v.engine.word(),
            v.holds
        )
    });
    let found = judged
        .findings
        .iter()
        .filter(|f| f.severity != Severity::Note);
    let found = found.map(|f| format!("{} {:?}", f.code.0, f.severity));
    let mut out: Vec<String> = verdicts.chain(found).map(|s| s.replace(MARK, "")).collect();
    out.sort();
    out
}

/// All that a report says, to the word, without the places that it points at: verdicts with their values,
/// assumptions, accepted risks, and findings with their cases.
fn said(judged: &Judged) -> Vec<String> {
    let mut out: Vec<String> = judged.findings.iter().map(told).collect();
    // Findings stand in the order of the places that they point at.
    out.sort();
    let Some(verified) = &judged.verified else {
        return out;
    };
    out.extend(verified.verdicts.iter().map(|v| format!("{v:?}")));
    let assumptions = verified.assumptions.iter();
    out.extend(assumptions.map(|a| {
        let sentence = a.sentence;
        format!("{} {:?} {:?}", a.text(), sentence.monitor, sentence.date)
    }));
    out.extend(verified.accepted.iter().map(|a| format!("{a:?}")));
    out.extend(verified.only_live.iter().cloned());
    out
}

/// A finding without places.
fn told(found: &Diagnostic) -> String {
    let labels = found
        .labels
        .iter()
        .map(|label| format!("  {}\n", label.text));
    let events = found.case.iter().map(|event| format!("  {event:?}\n"));
    format!(
        "{} {:?} {:?} {:?}: {}\n{}{}{:?}",
        found.code.0,
        found.severity,
        found.subject,
        found.engine,
        found.message,
        labels.collect::<String>(),
        events.collect::<String>(),
        found.help
    )
}

fn same(say: fn(&Judged) -> Vec<String>, texts: &Texts, what: &str, other: &Texts) {
    let (one, other) = (say(&judge(texts)), judge(other));
    let errors: Vec<&String> = other.findings.iter().map(|f| &f.message).collect();
    assert!(other.verified.is_some(), "{what}: {errors:?}");
    let other = say(&other);
    let lost: Vec<_> = one.iter().filter(|line| !other.contains(line)).collect();
    let new: Vec<_> = other.iter().filter(|line| !one.contains(line)).collect();
    assert!(
        lost.is_empty() && new.is_empty(),
        "{what}: lost {lost:#?}, new {new:#?}"
    );
    assert_eq!(one, other, "{what}");
}

/// Statements in another order and other files: to the word the same is said, case by case.
fn in_any_order(texts: &Texts, seed: u64) {
    let other = reordered(texts, &mut random(seed, 0));
    assert_ne!(texts.roots, other.roots, "nothing was changed");
    same(said, texts, "in another order", &other);
}

fn all_ways(texts: &Texts, seed: u64) {
    in_any_order(texts, seed);
    for (what, other) in [
        ("renamed", renamed(texts)),
        ("in other units", in_other_units(texts)),
    ] {
        assert_ne!(texts.roots, other.roots, "{what}: nothing was changed");
        same(outcome, texts, what, &other);
    }
}

#[test]
fn the_real_policy_in_other_words_is_judged_the_same() {
    all_ways(&Texts::vpai("hardened"), 1);
}

#[test]
fn the_strategy_as_written_is_refused_in_the_same_words_in_any_order() {
    let texts = Texts::vpai("as-written");
    assert!(said(&judge(&texts)).len() > 100, "there is much to say");
    for seed in 0..3 {
        in_any_order(&texts, seed);
    }
}

#[test]
fn random_policies_in_other_words_are_judged_the_same() {
    for case in 0..40 {
        let (world, _) = small_world(&mut random(3, case));
        all_ways(&Texts::one(&world.text()), case);
    }
}

/// A copy that stays, of what the class lives as: more never hurts.
#[test]
fn another_copy_never_makes_it_worse() {
    let mut session = Session::default();
    let mut better = 0;
    for case in 0..60 {
        let (mut world, _) = small_world(&mut random(5, case));
        let before = plan(&Texts::one(&world.text())).unwrap();
        let before = verdicts(&session.verify(&before, &ABOUT_PRESENCE));
        world.places.push(Place {
            host: usize::try_from(case % 4).unwrap(),
            made: Some((0, Verb::Copy, 1)),
            expiry: None,
        });
        let after = plan(&Texts::one(&world.text())).unwrap();
        let after = verdicts(&session.verify(&after, &ABOUT_PRESENCE));
        for (before, after) in before.iter().zip(after) {
            let (held, holds) = (before.unwrap().0, after.unwrap().0);
            assert!(holds || !held, "case {case}:\n{}", world.text());
            better += u32::from(holds && !held);
        }
    }
    assert!(better > 10, "{better}");
}
