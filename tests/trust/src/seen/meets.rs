//! On a random calendar no two runs meet that may not, no reader comes before what it waits for, none is at work when its
//! next is due, and none is asked after too early: unless it is told, on time or of phases that are late.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rand::RngExt as _;
use thrice_model::{HostId, RepositoryId, RunnerKind, Source, Step, StepId, StepTarget, Verb};
use thrice_plan::Plan;
use thrice_plan::calendar::after_is_enforced;
use thrice_quantity::Seconds;
use thrice_simulate::{Choices, Ran, asked, own_checks, runs};

use super::late::late;
use super::{Came, DAY, Played, Said, instant, midnight};
use crate::Random;
use crate::stands::moment::choices;

/// So many days are played.
const DAYS: i64 = 120;
/// How long Zerobyte's own check is taken to last.
const OWN_CHECK: i64 = 30 * 60;
/// Told if a phase is late.
const LATE: &str = "T2110";

pub(super) fn one(said: &Said<'_>, random: &mut Random, played: &mut Played) -> Came {
    let plan = said.plan;
    let moved = random
        .random_bool(0.4)
        .then(|| late(plan, random))
        .flatten();
    let policy = &plan.model.policy;
    let (first, end) = (midnight(policy.start), midnight(policy.end));
    // Around the day on which a late phase comes, or anywhere.
    let about = moved.as_ref().and_then(|(_, moved)| moved.values().next());
    let from = match about {
        Some(day) => midnight(*day) - DAYS / 2 * DAY,
        None => random.random_range(first..end),
    };
    let from = from.max(first);
    let window = (instant(from), instant((from + DAYS * DAY).min(end - 1)));
    let plays = moved.as_ref().map_or(plan, |(plan, _)| plan);
    let steps: BTreeSet<StepId> = plan
        .model
        .steps
        .ids()
        .filter(|id| has_times(plan, *id))
        .collect();
    let chosen = choose(plan, &steps, random);
    let mut table = Table {
        said,
        plan: plays,
        is_late: moved.is_some(),
        window,
        runs: BTreeMap::new(),
        wrong: BTreeMap::new(),
        met: 0,
    };
    for run in runs(plays, &steps, window, &chosen) {
        table.runs.entry(run.step).or_default().push(run);
    }
    table.overruns();
    table.readers();
    table.asked();
    for id in plan.model.repositories.ids() {
        table.share(id);
    }
    *played
        .entry(if table.is_late {
            "late calendars"
        } else {
            "calendars"
        })
        .or_default() += 1;
    *played.entry("meetings told of").or_default() += table.met;
    let days = moved.as_ref().map(|(_, days)| days);
    let wrong = table.wrong.into_values();
    Some(
        wrong
            .map(|why| format!("time table: {why}; phases {days:?}"))
            .collect(),
    )
}

/// Whether a step is started at times of its own.
fn has_times(plan: &Plan, id: StepId) -> bool {
    let kind = plan.model.steps[id].runner.kind;
    plan.calendars.starts(id).is_some() && !matches!(kind, RunnerKind::Hand | RunnerKind::Lifecycle)
}

/// Anything that may be, often at its ends.
fn choose(plan: &Plan, steps: &BTreeSet<StepId>, random: &mut Random) -> Choices {
    let mut out = Choices {
        missed: [].into(),
        ..choices(plan, random)
    };
    for id in steps {
        if random.random_bool(0.5) {
            let cadence = &plan.cadences[*id];
            out.durations.insert(*id, cadence.duration.high());
            let late = if random.random_bool(0.5) {
                cadence.jitter
            } else {
                Seconds::ZERO
            };
            out.late.insert(*id, late);
        }
    }
    out
}

/// What a step does to a repository.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Others may do so at the same time.
    Shares,
    /// It needs it for itself.
    Excludes,
    /// At its end.
    Thins,
    /// It copies its files one by one.
    Mirrors,
}

struct Table<'a, 'p> {
    said: &'a Said<'p>,
    /// With its phases as they come.
    plan: &'a Plan,
    is_late: bool,
    window: (Timestamp, Timestamp),
    runs: BTreeMap<StepId, Vec<Ran>>,
    /// What is not told, once for whom it is about.
    wrong: BTreeMap<(&'static str, Vec<String>), String>,
    met: u64,
}

impl Table<'_, '_> {
    /// Something has come about: is it told?
    fn must_be_told(
        &mut self,
        (codes, names): (&[&'static str], &[&str]),
        what: impl FnOnce() -> String,
    ) {
        let late = self.is_late.then_some(LATE);
        let codes: Vec<&'static str> = codes.iter().copied().chain(late).collect();
        if self.said.is_told(&codes, names) {
            self.met += 1;
            return;
        }
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = (codes.first().copied().unwrap_or_default(), names.clone());
        self.wrong
            .entry(key)
            .or_insert_with(|| format!("{codes:?} is not told of {names:?}: {}", what()));
    }

    fn of(&self, id: StepId) -> Vec<Ran> {
        self.runs.get(&id).cloned().unwrap_or_default()
    }

    /// The runs that start when they mean to: what waits for others is told as that.
    fn free(&self, id: StepId) -> Vec<Ran> {
        let mut out = self.of(id);
        let follows = self
            .plan
            .model
            .followed(&self.plan.model.steps[id])
            .is_some();
        out.retain(|run| follows || run.ready == run.from);
        out
    }

    fn overruns(&mut self) {
        for id in self.runs.keys().copied().collect::<Vec<_>>() {
            let starts = self.plan.calendars.starts(id);
            let starts: Vec<i64> = starts.iter().flat_map(|all| all.iter().copied()).collect();
            let there = self.plan.model.steps[id].lifetime;
            let found = self.free(id).into_iter().find_map(|run| {
                let due = run.due.as_second();
                let next = starts.get(starts.partition_point(|start| *start <= due))?;
                let is_there = there.contains(super::day(*next));
                (is_there && run.to.as_second() > *next).then_some((run, instant(*next)))
            });
            if let Some(found) = found {
                self.must_be_told((&["T2107"], &[self.said.step(id)]), || format!("{found:?}"));
            }
        }
    }

    /// Who reads what whom makes, and who waits for whom.
    fn readers(&mut self) {
        let plan = self.plan;
        let steps = &plan.model.steps;
        let read = plan
            .copies
            .iter()
            .filter_map(|(_, copy)| Some((copy.made_by?, plan.copies[copy.source?].made_by?)));
        let pairs: BTreeSet<(StepId, StepId)> = read
            .filter(|(reader, writer)| plan.model.followed(&steps[*reader]) != Some(*writer))
            .collect();
        for (reader, writer) in pairs {
            let names = [self.said.step(reader), self.said.step(writer)];
            let in_place = matches!(&steps[writer].verb, Verb::Capture(parts) if !parts.atomic);
            let looks = after_is_enforced(&steps[reader], writer, &steps[writer]);
            let (reads, writes) = (self.of(reader), self.free(writer));
            let finds = |a: &Ran, b: &Ran| b.from <= a.ready && a.ready < b.to;
            let overlap = |a: &Ran, b: &Ran| a.ready == a.from && a.from < b.to && b.from < a.to;
            // It refuses what has been due and is not done: what is due later may overtake it.
            let overtaken = |a: &Ran, b: &Ran| {
                let overlaps = a.from < b.from && b.from < a.to;
                a.ready == a.from && a.ready < b.due && overlaps
            };
            let met = match (looks, in_place) {
                (true, _) => (&["T2106"], pair(&reads, &writes, finds)),
                (false, true) => (&["T2105"], pair(&reads, &writes, overlap)),
                (false, false) => (&["T2104"], pair(&reads, &writes, finds)),
            };
            if let (codes, Some(runs)) = met {
                self.must_be_told((codes, &names), || format!("{runs:?}"));
            }
            if let (true, true, Some(runs)) = (looks, in_place, pair(&reads, &writes, overtaken)) {
                self.must_be_told((&["T2105"], &names), || format!("{runs:?}"));
            }
        }
    }

    /// Mirrors of which it is asked whether all has arrived.
    fn asked(&mut self) {
        for id in self.runs.keys().copied().collect::<Vec<_>>() {
            if self.plan.model.steps[id].mirror().is_none() {
                continue;
            }
            let moments = asked(self.plan, id, self.window);
            let there = self.plan.model.steps[id].lifetime;
            let found = self.of(id).into_iter().find_map(|run| {
                let mut asked = moments
                    .iter()
                    .filter(|at| there.contains(super::day(at.as_second())));
                asked
                    .find(|at| run.due <= **at && **at < run.to)
                    .map(|at| (run, *at))
            });
            if let Some(found) = found {
                self.must_be_told((&["T2109"], &[self.said.step(id)]), || format!("{found:?}"));
            }
        }
    }

    /// Who works on a repository.
    fn share(&mut self, repository: RepositoryId) {
        let plan = self.plan;
        let model = &plan.model;
        let named = model.repositories[repository].named.name.as_str();
        let users = model
            .steps
            .iter()
            .filter_map(|(id, step)| Some((id, does(plan, step, repository)?)));
        let users: Vec<(StepId, Does)> =
            users.filter(|(id, _)| self.runs.contains_key(id)).collect();
        for (first, one) in &users {
            for (second, other) in &users {
                let (a, b) = (&model.steps[*first], &model.steps[*second]);
                let follows =
                    model.followed(a) == Some(*second) || model.followed(b) == Some(*first);
                if first == second || follows {
                    continue;
                }
                let serialised = script_on(a).is_some() && script_on(a) == script_on(b);
                let codes: &[&str] = match (one, other) {
                    (Does::Mirrors, _) if deletes(b) && !serialised => &["T2101"],
                    (Does::Mirrors, _) | (_, Does::Mirrors) | (Does::Shares, Does::Shares) => {
                        continue;
                    }
                    _ => &["T2102", "T2103"],
                };
                let whole = matches!(one, Does::Mirrors | Does::Thins);
                let meets = |a: &Ran, b: &Ran| match whole {
                    true => a.from < b.to && b.from < a.to,
                    false => b.from <= a.from && a.from < b.to,
                };
                if let Some(runs) = pair(&self.free(*first), &self.free(*second), meets) {
                    let names = [self.said.step(*first), self.said.step(*second), named];
                    self.must_be_told((codes, &names), || format!("{runs:?}"));
                }
            }
        }
        self.own_checks(repository, &users);
    }

    /// Zerobyte checks each repository that it uses, whoever else works on it.
    fn own_checks(&mut self, repository: RepositoryId, users: &[(StepId, Does)]) {
        let model = &self.plan.model;
        let of = &model.repositories[repository];
        let by = users.iter().filter(|(id, does)| {
            model.steps[*id].runner.kind == RunnerKind::Zerobyte && *does != Does::Mirrors
        });
        let by: BTreeSet<HostId> = by
            .filter_map(|(id, _)| model.steps[*id].runner.host)
            .collect();
        for host in by {
            let checks = own_checks(self.plan, host, self.window);
            let checks: Vec<i64> = checks
                .iter()
                .map(|at| at.as_second())
                .filter(|at| of.lifetime.contains(super::day(*at)))
                .collect();
            for (id, does) in users.iter().filter(|(_, does)| *does != Does::Mirrors) {
                let found = self.free(*id).into_iter().find(|run| {
                    let (from, to) = (run.from.as_second(), run.to.as_second());
                    // The one finds the other at work.
                    checks.iter().any(|at| match does {
                        Does::Thins => *at < to && from < at + OWN_CHECK,
                        _ => (from..to).contains(at) || (*at..at + OWN_CHECK).contains(&from),
                    })
                });
                if let Some(run) = found {
                    let names = [self.said.step(*id), of.named.name.as_str()];
                    self.must_be_told((&["T2102", "T2103"], &names), || {
                        format!("own check, {run:?}")
                    });
                }
            }
        }
    }
}

/// The first two runs, one of each step, of which something is so.
fn pair(first: &[Ran], second: &[Ran], is_so: impl Fn(&Ran, &Ran) -> bool) -> Option<(Ran, Ran)> {
    first.iter().find_map(|one| {
        // Those that start before it is done; of these the last few go on for longest.
        let before = second.partition_point(|other| other.from <= one.to.max(one.ready));
        let last = second.get(before.saturating_sub(4)..before)?;
        let other = last.iter().find(|other| is_so(one, other))?;
        Some((*one, *other))
    })
}

fn does(plan: &Plan, step: &Step, id: RepositoryId) -> Option<Does> {
    let place = plan.model.repositories[id].place();
    let made_there = |other: &StepId| matches!(plan.model.steps[*other].target, StepTarget::Repository(to, _) if to == id);
    let reads = match &step.source {
        Source::Step(other, _) => made_there(other),
        Source::Repository(from, _) => *from == id,
        Source::Location(from, _) => from.meets(&place),
        Source::Home => false,
    };
    let writes = matches!(step.target, StepTarget::Repository(to, _) if to == id);
    if !reads && !writes {
        return None;
    }
    Some(match &step.verb {
        Verb::Backup { keep: Some(_), .. } if writes => Does::Thins,
        Verb::Backup { .. } | Verb::Drill | Verb::Seed { .. } => Does::Shares,
        Verb::Prune | Verb::Check(_) => Does::Excludes,
        Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. } => Does::Mirrors,
        Verb::Capture(_) | Verb::Expire { .. } => return None,
    })
}

fn deletes(step: &Step) -> bool {
    match &step.verb {
        Verb::Backup { keep, prune, .. } => {
            keep.is_some() && (*prune || step.runner.kind == RunnerKind::Zerobyte)
        }
        Verb::Prune => true,
        _ => false,
    }
}

/// The host whose scripts a step is one of: they wait for each other.
fn script_on(step: &Step) -> Option<HostId> {
    let scripted = matches!(
        step.runner.kind,
        RunnerKind::Cron | RunnerKind::Systemd | RunnerKind::Executor | RunnerKind::TrueNas
    );
    step.runner.host.filter(|_| scripted)
}
