//! What is said in other words gets the same verdicts; more copies never make it worse.

use thrice_diagnostics::Severity;
use thrice_trust::compare::{ABOUT_PRESENCE, small_world, verdicts};
use thrice_trust::policy::{Judged, Texts, judge, plan};
use thrice_trust::random;
use thrice_trust::rewrite::{MARK, in_other_units, renamed, reordered};
use thrice_trust::world::{Place, Verb};
use thrice_verify::Session;

/// All that a report says, without places and in an order of its own.
fn said(judged: &Judged) -> Vec<String> {
    let verdicts = judged.verified.iter().flat_map(|v| &v.verdicts);
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

fn same(texts: &Texts, what: &str, other: &Texts) {
    let (one, other) = (said(&judge(texts)), judge(other));
    let errors: Vec<&String> = other.findings.iter().map(|f| &f.message).collect();
    assert!(other.verified.is_some(), "{what}: {errors:?}");
    let other = said(&other);
    let lost: Vec<_> = one.iter().filter(|line| !other.contains(line)).collect();
    let new: Vec<_> = other.iter().filter(|line| !one.contains(line)).collect();
    assert_eq!(one, other, "{what}: lost {lost:#?}, new {new:#?}");
}

fn all_ways(texts: &Texts, seed: u64) {
    for (what, other) in [
        ("renamed", renamed(texts)),
        ("in another order", reordered(texts, &mut random(seed, 0))),
        ("in other units", in_other_units(texts)),
    ] {
        assert_ne!(texts.roots, other.roots, "{what}: nothing was changed");
        same(texts, what, &other);
    }
}

#[test]
fn the_real_policy_in_other_words_is_judged_the_same() {
    all_ways(&Texts::vpai("hardened"), 1);
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
