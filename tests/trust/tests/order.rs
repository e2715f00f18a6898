//! Every case that is told is told in the order of time, of random policies and of the real one.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a policy that cannot be judged is a failed test"
)]

use jiff::civil::DateTime;
use jiff::{SignedDuration, Span, SpanRelativeTo};
use rand::RngExt as _;
use thrice_diagnostics::Diagnostic;
use thrice_trust::policy::{Texts, judge};
use thrice_trust::room::Room;
use thrice_trust::world::Lives;
use thrice_trust::{Random, option, random, reach, recovery, room, world};

/// When something happens, if it is told as a moment that can be held against others: a date, perhaps with a time, how
/// long after a fault, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    On(DateTime),
    After(SignedDuration),
    Never,
}

impl When {
    fn of(told: &str) -> Option<Self> {
        if told == "never" {
            return Some(Self::Never);
        }
        if let Some(after) = told.strip_prefix("after ") {
            let span: Span = after
                .parse()
                .unwrap_or_else(|_| panic!("no duration: {told}"));
            let exact = span.to_duration(SpanRelativeTo::days_are_24_hours());
            return Some(Self::After(
                exact.unwrap_or_else(|_| panic!("too long: {told}")),
            ));
        }
        let dated = told.starts_with(|first: char| first.is_ascii_digit());
        let told = told.trim_end_matches(" UTC");
        dated.then(|| Self::On(told.parse().unwrap_or_else(|_| panic!("no date: {told}"))))
    }
}

/// What was looked at: how many cases that have two moments or more, and of which codes.
#[derive(Default)]
struct Seen {
    cases: usize,
    codes: std::collections::BTreeSet<&'static str>,
}

impl Seen {
    fn look(&mut self, text: &str, findings: &[Diagnostic]) {
        for finding in findings {
            let moments: Vec<When> = finding
                .case
                .iter()
                .filter_map(|event| When::of(&event.when))
                .collect();
            assert!(moments.is_sorted(), "{finding:#?}\n{text}");
            if moments.len() > 1 {
                self.cases += 1;
                self.codes.insert(finding.code.0);
            }
        }
    }

    fn judge(&mut self, texts: &Texts) {
        let judged = judge(texts);
        assert!(judged.verified.is_some(), "{:#?}", judged.findings);
        let text = texts.roots.values().next().expect("a file");
        self.look(text, &judged.findings);
    }
}

/// Chains of copies of which no age is young enough, in which some steps wait for the one before them.
fn waiting(random: &mut Random) -> String {
    let world = recovery::World::random(random);
    let mut text = world
        .text(0, 0)
        .replace("rpo 0h, guaranteed 0h", "rpo 1h, guaranteed 2h");
    for (at, step) in world.steps.iter().enumerate() {
        if let (Some(before), true) = (step.source.checked_sub(1), random.random_bool(0.7)) {
            let named = format!("copy k{at} of ");
            let (head, tail) = text.split_once(&named).expect("each step has its line");
            let tail = tail.replacen("{ ", &format!("{{ after k{before}; "), 1);
            text = [head, &named, &tail].concat();
        }
    }
    text
}

fn policies(random: &mut Random) -> [String; 5] {
    let small = world::World::random(random);
    let lives = Lives::random(&small, random);
    let crossing = world::World::handing_over(random);
    let over = Lives::handing_over(&crossing, random);
    [
        waiting(random),
        small.text_with(&lives),
        crossing.text_with(&over),
        reach::World::random(random).text(100 * 8766),
        room::World::random(random).text(Room { home: 40, away: 40 }),
    ]
}

#[test]
fn cases_of_random_policies_are_in_the_order_of_time() {
    let mut seen = Seen::default();
    for case in 0..option("THRICE_RANDOM_POLICIES", 40) {
        let mut random = random(option("THRICE_SEED", 1), case);
        for text in policies(&mut random) {
            seen.judge(&Texts::one(&text));
        }
    }
    assert!(seen.cases > 100, "{}", seen.cases);
    for code in ["T1201", "T1301", "T1303", "T1501", "T1601", "T2104"] {
        assert!(seen.codes.contains(code), "{code} of {:?}", seen.codes);
    }
}

#[test]
fn cases_of_the_real_policy_are_in_the_order_of_time() {
    let mut seen = Seen::default();
    seen.judge(&Texts::asked());
    for form in ["as-written", "hardened"] {
        let texts = Texts::vpai(form);
        seen.judge(&texts);
        let asking = texts.roots.iter().next().expect("a file");
        let asking = (asking.0.clone(), format!("{}{MORE}", asking.1));
        seen.judge(&texts.with(&asking.0, asking.1));
    }
    assert!(seen.cases > 30, "{}", seen.cases);
    assert!(seen.codes.contains("T1303"), "{:?}", seen.codes);
}

/// More than the real policy promises.
const MORE: &str = "\nrequire rpo <= 1 minute, guaranteed <= 2 minutes for all\n\
                    require history of 40 years with gap 1 days for all\n";
