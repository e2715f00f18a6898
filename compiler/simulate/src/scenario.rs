//! The cases that a policy describes, and what it expects of them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{
    ClassKind, Expectation, Expected, Hostile, Lifetime, Mishap, Scenario, Strike, Target,
};
use thrice_plan::Plan;
use thrice_quantity::Seconds;

use crate::calendar::{instant, midnight};
use crate::words::{age, mishap, moment};
use crate::{Case, Choices, Course, Outcome, Sort, names, simulate};

const FAILED: Code = Code("T2701");
const MISSES: Code = Code("T2702");
const AS_EXPECTED: Code = Code("T2703");

/// How many lines of a trace a message shows at most.
const SHOWN: usize = 24;

/// How many stretches of what is lost a message names at most.
const TIMES: usize = 3;

/// A scenario and what came of it.
#[derive(Clone, Debug)]
pub struct Played<'p> {
    /// The scenario.
    pub scenario: &'p Scenario,
    /// What happened.
    pub course: Course,
}

/// Plays a scenario, with every run at its nominal time.
#[must_use]
pub fn play<'p>(plan: &Plan, scenario: &'p Scenario) -> Played<'p> {
    let case = Case {
        strikes: scenario.strikes.clone(),
        from: asks_for_all(plan, scenario).then(|| instant(midnight(plan.model.policy.start))),
        judged: scenario.judged,
        classes: scenario.expectations.iter().map(|e| e.class).collect(),
        choices: Choices::default(),
    };
    Played {
        scenario,
        course: simulate(plan, &case),
    }
}

/// Whether it is asked how much is lost of what adds up since it began: of a state the newest alone counts.
fn asks_for_all(plan: &Plan, scenario: &Scenario) -> bool {
    scenario.expectations.iter().any(|expectation| {
        let class = &plan.model.classes[expectation.class];
        let back = matches!(expectation.outcome, Expected::Recoverable(_));
        back && class.kind != ClassKind::State
    })
}

/// Plays all scenarios of a plan, and says what is not as expected, and what is.
#[must_use]
pub fn findings(plan: &Plan) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for scenario in &plan.model.scenarios {
        out.extend(
            scenario
                .strikes
                .iter()
                .filter_map(|strike| misses(plan, scenario, strike)),
        );
        if scenario.expectations.is_empty() {
            continue;
        }
        out.extend(judge(plan, &play(plan, scenario)));
    }
    out
}

fn judge(plan: &Plan, played: &Played<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut attained = Vec::new();
    for expectation in &played.scenario.expectations {
        let outcomes = &played.course.outcomes;
        let Some(outcome) = outcomes
            .iter()
            .find(|outcome| outcome.class == expectation.class)
        else {
            continue;
        };
        let line = attains(plan, outcome);
        if fulfils(expectation, outcome) {
            attained.push(line);
        } else {
            out.push(failed(plan, played, expectation, outcome, &line));
        }
    }
    if out.is_empty() {
        let title = &played.scenario.title;
        let judged = moment(plan, played.course.judged);
        let message = format!(
            "scenario \"{title}\", judged at {judged}: {}",
            attained.join("; ")
        );
        let note = Diagnostic::new(AS_EXPECTED, thrice_diagnostics::Severity::Note, message);
        out.push(note.at(played.scenario.span, "as expected"));
    }
    out
}

fn fulfils(expectation: &Expectation, outcome: &Outcome) -> bool {
    match expectation.outcome {
        Expected::Lost => !outcome.recoverable(),
        Expected::Recoverable(limit) => match (outcome.lost(), limit) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(lost), Some(limit)) => lost <= limit,
        },
    }
}

/// What came of a class, in words.
fn attains(plan: &Plan, outcome: &Outcome) -> String {
    let class = &plan.model.classes[outcome.class].named.name;
    match (outcome.newest, outcome.lost()) {
        (Some(_), Some(Seconds(0))) if outcome.live => format!("`{class}` lives on"),
        (Some(_), Some(lost)) if outcome.live => {
            let (lost, what) = (age(lost), made(plan, outcome));
            format!("`{class}` lives on, but {lost} of it are lost{what}")
        }
        (Some((copy, _)), Some(lost)) => {
            let store = &plan.model.stores[plan.copies[copy].location.store]
                .named
                .name;
            let (lost, what) = (age(lost), made(plan, outcome));
            format!("`{class}` comes back from `{store}`, and {lost} of it are lost{what}")
        }
        _ => match outcome.lacks {
            Some(other) => format!(
                "`{class}` cannot be restored: nothing that fits is left of `{}`, which it needs",
                plan.model.classes[other].named.name
            ),
            None => format!("nothing of `{class}` is left"),
        },
    }
}

/// When it was made what is lost, unless all of that is newer than what comes back.
fn made(plan: &Plan, outcome: &Outcome) -> String {
    let newest = outcome.newest.map(|(_, at)| at);
    if outcome.gone.iter().all(|(from, _)| Some(*from) >= newest) {
        return String::new();
    }
    let gone = outcome.gone.iter().take(TIMES);
    let times =
        gone.map(|(from, to)| format!("from {} to {}", moment(plan, *from), moment(plan, *to)));
    let times: Vec<String> = times.collect();
    let more = match outcome.gone.len().saturating_sub(TIMES) {
        0 => String::new(),
        1 => ", and at another time".to_owned(),
        more => format!(", and at {more} other times"),
    };
    format!(": what was made {}{more}", times.join(", "))
}

fn failed(
    plan: &Plan,
    played: &Played<'_>,
    expectation: &Expectation,
    outcome: &Outcome,
    line: &str,
) -> Diagnostic {
    let class = &plan.model.classes[outcome.class].named;
    let title = &played.scenario.title;
    let mut found = Diagnostic::error(FAILED, format!("scenario \"{title}\": {line}"))
        .at(expectation.span, "expected")
        .at(played.scenario.span, "the case")
        .about(class.name.clone());
    for (when, what) in case(plan, &played.course) {
        found = found.event(when, what);
    }
    let judged = moment(plan, played.course.judged);
    for state in &outcome.copies {
        let store = &plan.model.stores[plan.copies[state.copy].location.store]
            .named
            .name;
        let what = match (&state.why_not, state.newest) {
            (Some(why), _) => why.clone(),
            (None, Some(newest)) => format!("has the data of {}", moment(plan, newest)),
            (None, None) => continue,
        };
        found = found.event(judged.clone(), format!("on `{store}`: {what}"));
    }
    found.help(match expectation.outcome {
        Expected::Lost => "it is safer than expected: say what is expected now",
        Expected::Recoverable(_) => {
            "change the plan until the case ends well; `thrice simulate` plays variants of it"
        }
    })
}

/// The trace as lines; the first and last ones of a long one.
fn case(plan: &Plan, course: &Course) -> Vec<(String, String)> {
    let lines: Vec<(String, String)> = course
        .trace
        .iter()
        .filter(|event| event.sort != Sort::Response)
        .map(|event| (moment(plan, event.at), event.what.clone()))
        .collect();
    if lines.len() <= SHOWN {
        return lines;
    }
    let half = SHOWN / 2;
    let left_out = lines.len() - SHOWN;
    let (first, last) = (
        lines.iter().take(half),
        lines.iter().skip(lines.len() - half),
    );
    let between = (
        String::new(),
        format!("… {left_out} more lines: `thrice simulate` shows them"),
    );
    first
        .cloned()
        .chain([between])
        .chain(last.cloned())
        .collect()
}

/// A strike that hits what does not exist at that time.
fn misses(plan: &Plan, scenario: &Scenario, strike: &Strike) -> Option<Diagnostic> {
    let m = &plan.model;
    let (named, life): (_, Lifetime) = match strike.mishap {
        Mishap::Lose(Target::Host(id)) | Mishap::Steal(Hostile::Host(id)) => {
            (&m.hosts[id].named, m.hosts[id].lifetime)
        }
        Mishap::Lose(Target::Store(id)) | Mishap::Delete(id) | Mishap::Rot(id) => {
            (&m.stores[id].named, m.stores[id].lifetime)
        }
        Mishap::Corrupt(id) => (&m.classes[id].named, m.classes[id].lifetime),
        Mishap::Lose(_) | Mishap::Steal(Hostile::Credential(_)) => return None,
    };
    let day = day(plan, strike.at);
    if life.contains(day) {
        return None;
    }
    let when = moment(plan, strike.at);
    let message = format!(
        "scenario \"{}\" strikes {} on {when}, and then it does not exist: {}",
        scenario.title,
        names([named.name.as_str()]),
        mishap(plan, strike.mishap)
    );
    let found = Diagnostic::warning(MISSES, message)
        .at(strike.span.unwrap_or(scenario.span), "hits nothing")
        .at(
            named.span,
            format!(
                "from {}{}",
                life.from,
                life.until
                    .map_or_else(String::new, |end| format!(" until {end}"))
            ),
        );
    Some(found.help("correct the date, or take the scenario away"))
}

fn day(plan: &Plan, at: Timestamp) -> jiff::civil::Date {
    let zone = TimeZone::get(&plan.model.policy.timezone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).date()
}
