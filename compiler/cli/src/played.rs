//! A case from the command line: read as a `scenario` of the policy, played, and put into words.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that only they give out"
)]

mod back;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic, SourceMap, nearest, one_of};
use thrice_model::{ClassId, Model, StepId, StoreId};
use thrice_plan::{Plan, room};
use thrice_quantity::{Dimension, Seconds, Value, quantity};
use thrice_report::simulation::{Back, Class, Copy, Event, FORMAT, Hole, Newest, Room, Simulation};
use thrice_simulate::{
    Case, Choices, CopyState, Course, Outcome, Sizes, Weighing, age, moment, simulate, weigh,
};

use crate::args::Simulate;
use crate::input::Input;

const UNKNOWN_NAME: Code = Code("T0201");
const WRONG_VALUE: Code = Code("T0306");

/// What the case is called where messages point into it.
const ASKED: &str = "command line";

/// Mistakes, and the texts they point into.
pub type Refused = Box<(Vec<Diagnostic>, SourceMap)>;

/// Reads policy and case together, and plays the case.
///
/// # Errors
/// What is wrong with either of them.
pub fn play(input: Input, as_of: Date, asked: &Simulate) -> Result<Simulation, Refused> {
    let Input {
        mut sources,
        mut roots,
        name,
        mistakes,
        files,
    } = input;
    if !mistakes.is_empty() {
        return Err(Box::new((mistakes, sources)));
    }
    // The policy alone first: its mistakes are not those of the case, and its digest is shown.
    let (alone, found) = thrice_resolve::resolve(&mut sources, &roots, &name, as_of, &files);
    let Some(alone) = alone else {
        return Err(Box::new((found, sources)));
    };
    let case = scenario(asked);
    let with_case = case.is_some();
    roots.extend(case.map(|text| sources.add(ASKED, text)));
    let (model, found) = thrice_resolve::resolve(&mut sources, &roots, &name, as_of, &files);
    let Some(mut model) = model else {
        return Err(Box::new((found, sources)));
    };
    model.hash = alone.hash;
    let scenario = with_case
        .then(|| {
            model
                .scenarios
                .iter()
                .find(|s| sources.name(s.span.file) == ASKED)
        })
        .flatten()
        .cloned();
    let (plan, found) = thrice_plan::plan(model, as_of);
    if !found.is_empty() {
        return Err(Box::new((found, sources)));
    }
    let mut mistakes = Vec::new();
    let choices = choices(&plan.model, asked, &mut mistakes);
    let classes = classes(&plan.model, asked, &mut mistakes);
    let (strikes, judged) = match scenario {
        Some(scenario) => (scenario.strikes, scenario.judged),
        None => (Vec::new(), noon(as_of)),
    };
    if !mistakes.is_empty() {
        return Err(Box::new((mistakes, sources)));
    }
    let case = Case {
        strikes,
        from: None,
        judged,
        classes,
        choices,
    };
    let course = simulate(&plan, &case);
    let rooms = rooms(&plan, &case);
    let lost = case.strikes.iter();
    let lost = lost.filter_map(|strike| strike.mishap.lost());
    let back = back::back(&plan, &course, lost.collect());
    Ok(words(&plan, &course, back, rooms))
}

/// How much is taken of each store with a room on which some of the classes asked about lie.
fn rooms(plan: &Plan, case: &Case) -> Vec<Room> {
    let zone = jiff::tz::TimeZone::get(&plan.model.policy.timezone);
    let zone = zone.unwrap_or(jiff::tz::TimeZone::UTC);
    let day = case.judged.to_zoned(zone).date();
    let asked = |class: &ClassId| case.classes.is_empty() || case.classes.contains(class);
    let copies = plan.copies.iter().map(|(_, copy)| copy);
    let holding: BTreeSet<StoreId> = copies
        .filter(|copy| asked(&copy.class) && copy.lifetime.contains(day))
        .map(|copy| copy.location.store)
        .collect();
    let of = |store: StoreId| {
        let room = room(&plan.model, store, |lifetime| lifetime.contains(day))?;
        let host = plan.host_of(store);
        let stores = plan.model.stores.ids();
        let shared = stores.filter(|id| room.shared && plan.host_of(*id) == host);
        let stores: BTreeSet<StoreId> = shared.chain([store]).collect();
        let taken = |sizes: Sizes| {
            let weighing = Weighing {
                stores: stores.clone(),
                strikes: case.strikes.clone(),
                choices: case.choices.clone(),
                since: case.judged,
                until: case.judged,
                sizes,
                limit: room.usable,
                until_over: false,
            };
            weigh(plan, &weighing).last
        };
        let (least, most) = (taken(Sizes::Least), taken(Sizes::Most));
        let whole = if room.shared { " in its account" } else { "" };
        let unsized_here = plan.copies.iter().any(|(_, copy)| {
            stores.contains(&copy.location.store)
                && copy.lifetime.contains(day)
                && plan.model.classes[copy.class].size.is_none()
        });
        let others = if unsized_here {
            ", and data without a stated size"
        } else {
            ""
        };
        Some(Room {
            store: plan.model.stores[store].named.name.to_string(),
            least_bytes: least.0,
            most_bytes: most.0,
            usable_bytes: room.usable.0,
            taken: format!(
                "{} to {} of {}{whole}{others}",
                least.rounded(),
                most.rounded(),
                room.usable.rounded()
            ),
        })
    };
    holding.into_iter().filter_map(of).collect()
}

fn noon(day: Date) -> Timestamp {
    day.to_zoned(jiff::tz::TimeZone::UTC)
        .map_or(Timestamp::UNIX_EPOCH, |at| at.timestamp())
}

/// The case as the text of a scenario, a clause a line; nothing where nothing goes wrong.
fn scenario(asked: &Simulate) -> Option<String> {
    let clauses = [
        ("lose", &asked.lose),
        ("steal", &asked.steal),
        ("operator deletes", &asked.delete),
        ("corrupt", &asked.corrupt),
        ("rot", &asked.rot),
    ];
    let mut lines: Vec<String> = Vec::new();
    for (word, things) in clauses {
        lines.extend(things.iter().map(|thing| match thing.split_once('@') {
            Some((what, when)) => format!("{word} {} {}", what.trim(), timed(when)),
            None => format!("{word} {thing}"),
        }));
    }
    lines.extend(asked.sentences.iter().cloned());
    if lines.is_empty() {
        return None;
    }
    lines.extend(asked.at.as_ref().map(|at| format!("judged {}", timed(at))));
    // Nothing of it may end the line, the block or the text.
    let clean = |line: &String| line.replace(['\n', '\r', '{', '}', ';'], " ");
    let body: Vec<String> = lines
        .iter()
        .map(clean)
        .map(|line| format!("    {line}\n"))
        .collect();
    Some(format!("scenario \"asked\" {{\n{}}}\n", body.concat()))
}

/// A moment as the language says it: `at …`, unless it says `at`, `on` or `later` itself.
fn timed(when: &str) -> String {
    let when = when.trim();
    let says = when.starts_with("at ") || when.starts_with("on ") || when.ends_with(" later");
    if says {
        when.to_owned()
    } else {
        format!("at {}", spaced(when))
    }
}

/// `2026-09-30T02:58` with a blank in its middle.
fn spaced(when: &str) -> String {
    match when.split_once('T') {
        Some((date, time))
            if date.len() == 10 && date.starts_with(|ch: char| ch.is_ascii_digit()) =>
        {
            format!("{date} {time}")
        }
        _ => when.to_owned(),
    }
}

fn choices(model: &Model, asked: &Simulate, mistakes: &mut Vec<Diagnostic>) -> Choices {
    let steps: BTreeMap<&str, StepId> = model
        .steps
        .iter()
        .map(|(id, s)| (s.named.name.as_str(), id))
        .collect();
    let mut out = Choices {
        worst: asked.worst,
        ..Choices::default()
    };
    for text in &asked.miss {
        let Some((step, value)) = chosen(text, "--miss", "STEP=2", &steps, mistakes) else {
            continue;
        };
        match value.parse::<u32>() {
            Ok(count) => drop(out.missed.insert(step, count)),
            Err(_) => mistakes.push(wrong(
                format!("`{value}` is no number of runs"),
                "write `--miss STEP=2`",
            )),
        }
    }
    for text in &asked.duration {
        let Some((step, value)) = chosen(text, "--duration", "STEP=10m", &steps, mistakes) else {
            continue;
        };
        match duration(value) {
            Ok(time) => drop(out.durations.insert(step, time)),
            Err(why) => mistakes.push(wrong(why, "write `--duration STEP=10m`")),
        }
    }
    out
}

/// `STEP=VALUE` behind an option.
fn chosen<'a>(
    text: &'a str,
    option: &str,
    form: &str,
    steps: &BTreeMap<&str, StepId>,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<(StepId, &'a str)> {
    let Some((name, value)) = text.split_once('=') else {
        mistakes.push(wrong(
            format!("`{option} {text}` has no `=`"),
            &format!("write `{option} {form}`"),
        ));
        return None;
    };
    match steps.get(name.trim()) {
        Some(step) => Some((*step, value.trim())),
        None => {
            mistakes.push(unknown("step", name.trim(), steps.keys().copied()));
            None
        }
    }
}

fn duration(text: &str) -> Result<Seconds, String> {
    let at = text
        .find(|ch: char| !ch.is_ascii_digit() && ch != '.')
        .unwrap_or(text.len());
    if at == 0 {
        return Err(format!("`{text}` is no length of time"));
    }
    let (number, unit) = text.split_at(at);
    match quantity(number, unit.trim(), Dimension::Duration) {
        Ok(Value::Duration(time)) => Ok(time),
        Ok(_) => Err(format!("`{text}` is no length of time")),
        Err(error) => Err(error.to_string()),
    }
}

fn classes(model: &Model, asked: &Simulate, mistakes: &mut Vec<Diagnostic>) -> BTreeSet<ClassId> {
    let all: BTreeMap<&str, ClassId> = model
        .classes
        .iter()
        .map(|(id, c)| (c.named.name.as_str(), id))
        .collect();
    let mut out = BTreeSet::new();
    for name in &asked.class {
        match all.get(name.as_str()) {
            Some(class) => drop(out.insert(*class)),
            None => mistakes.push(unknown("class", name, all.keys().copied())),
        }
    }
    out
}

fn wrong(message: String, help: &str) -> Diagnostic {
    Diagnostic::error(WRONG_VALUE, message).help(help)
}

fn unknown<'a>(kind: &str, name: &str, all: impl Iterator<Item = &'a str> + Clone) -> Diagnostic {
    let shown: String = name.chars().take(40).flat_map(char::escape_debug).collect();
    let found = Diagnostic::error(UNKNOWN_NAME, format!("no {kind} is called `{shown}`"));
    let near = nearest(name, all.clone());
    if near.is_empty() {
        found.help(format!("there is {}", one_of(all.take(8))))
    } else {
        found.help(format!("did you mean {}?", one_of(near)))
    }
}

/// What came of it, in words.
fn words(
    plan: &Plan,
    course: &Course,
    mut back: BTreeMap<ClassId, Back>,
    rooms: Vec<Room>,
) -> Simulation {
    let policy = &plan.model.policy;
    let event = |event: &thrice_simulate::Event| Event {
        at: moment(plan, event.at),
        sort: event.sort.word(),
        what: event.what.clone(),
    };
    Simulation {
        format: FORMAT,
        policy: policy.named.name.to_string(),
        sha256: plan.model.hash.clone(),
        timezone: policy.timezone.clone(),
        from: moment(plan, course.from),
        judged: moment(plan, course.judged),
        trace: course.trace.iter().map(event).collect(),
        classes: course
            .outcomes
            .iter()
            .map(|outcome| Class {
                back: back.remove(&outcome.class),
                ..class(plan, outcome, course.judged > course.from)
            })
            .collect(),
        rooms,
        left_out: course.left_out.clone(),
    }
}

/// `begun`: whether anything was played before it was judged.
fn class(plan: &Plan, outcome: &Outcome, begun: bool) -> Class {
    let store = |copy| {
        plan.model.stores[plan.copies[copy].location.store]
            .named
            .name
            .clone()
    };
    let name = |class: ClassId| plan.model.classes[class].named.name.to_string();
    let lacks = outcome.lacks.map(name);
    let loss = match (outcome.loss, &lacks) {
        (Some(_), _) if outcome.live && outcome.lost() == Some(Seconds(0)) => {
            "the data itself is whole".to_owned()
        }
        (Some(_), _) if outcome.live => "the data itself is there, but not all of it".to_owned(),
        (Some(Seconds(0)), _) => "nothing is lost".to_owned(),
        (Some(loss), _) => format!("the last {} are lost", age(loss)),
        (None, Some(other)) => {
            format!("cannot be restored: nothing that fits is left of `{other}`, which it needs")
        }
        (None, None) if !begun => {
            "nothing is there yet: it is judged before anything is played".to_owned()
        }
        (None, None) => "all of it is lost".to_owned(),
    };
    Class {
        name: name(outcome.class),
        live: outcome.live,
        live_until: moment(plan, outcome.live_until),
        recoverable: outcome.recoverable(),
        newest: outcome.newest.map(|(copy, at)| Newest {
            store: store(copy).to_string(),
            reaches: moment(plan, at),
        }),
        loss_seconds: outcome.loss.map(|loss| loss.0),
        loss,
        holes: outcome
            .holes
            .iter()
            .map(|(from, to)| Hole {
                from: moment(plan, *from),
                to: moment(plan, *to),
            })
            .collect(),
        lacks,
        back: None,
        copies: outcome
            .copies
            .iter()
            .map(|state| copy(plan, state))
            .collect(),
    }
}

fn copy(plan: &Plan, state: &CopyState) -> Copy {
    let what = &plan.copies[state.copy];
    Copy {
        store: plan.model.stores[what.location.store]
            .named
            .name
            .to_string(),
        step: what
            .made_by
            .map(|step| plan.model.steps[step].named.name.to_string()),
        reaches: state.newest.map(|at| moment(plan, at)),
        why_not: state.why_not.clone(),
    }
}
