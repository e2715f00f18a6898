//! Steps that need a repository for themselves never meet others there.
//!
//! restic's locks (internal/repository/lock.go, the same in 0.14 and 0.19): many shared ones, which backups
//! and restores take, or one exclusive, which forget, prune and check take. Who finds the wrong one there
//! fails, with `--retry-lock` (since 0.16) after having waited. Scripts that thrice emits wait for half an
//! hour, and for six if they wait for each other on one host. Zerobyte does not wait; it prunes after every
//! backup that has keep rules, and at 12:50 on its own clock it checks every repository. A mirror made file
//! by file takes no lock at all: what a prune deletes meanwhile is missing in it.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use thrice_diagnostics::{Code, Diagnostic, Severity, Span};
use thrice_model::{RepositoryId, StepId, Table};
use thrice_quantity::Seconds;

use super::super::story::in_time;
use super::played::{Case, Due, How, Told, Two, Who, late};
use super::users::{Manner, Role, Users, users};
use super::{
    Meetings, Rhythm, SHOWN, always, finding, if_late, in_step, meetings_however_late, rank, runs,
};
use crate::context::Context;
use crate::wording::{instant, some};

const TORN_MIRROR: Code = Code("T2101");
const LOCKED: Code = Code("T2102");
const WAITS: Code = Code("T2103");

/// How long they wait for each other on one host.
const FILE_LOCK: Seconds = Seconds::hours(6);
/// The first finds a repository taken by the second.
struct Clash<'u> {
    first: &'u Users,
    second: &'u Users,
    met: Meetings,
}

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Told>) {
    // Steps on many hosts share few rhythms.
    let mut rhythms: BTreeMap<Rhythm, usize> = BTreeMap::new();
    let mut known: IndexMap<(usize, usize, Seconds), Meetings, FxBuildHasher> = IndexMap::default();
    for (id, users) in users(context).iter() {
        let numbers: Vec<usize> = users
            .iter()
            .map(|user| {
                let next = rhythms.len();
                *rhythms.entry(user.manner.rhythm).or_insert(next)
            })
            .collect();
        // On time, and if a phase is late.
        let mut groups: BTreeMap<(Option<i64>, Code, usize), Vec<Clash<'_>>> = BTreeMap::new();
        let own = rank(context, [&context.plan.model.repositories[id].named]);
        for (first, one) in users.iter().zip(&numbers) {
            for (second, other) in users.iter().zip(&numbers) {
                let Some((code, window)) = rule(first, second) else {
                    continue;
                };
                let alone = std::ptr::eq(first, second) && first.steps.len() < 2;
                if alone || one_after_the_other(context, first, second) {
                    continue;
                }
                let (a, b) = (&first.manner.rhythm, &second.manner.rhythm);
                let met = *known.entry((*one, *other, window)).or_insert_with(|| {
                    meetings_however_late((a, &first.starts), (b, &second.starts), window)
                });
                if met.hits > 0 {
                    let accepted = own.min(first.accepted).min(second.accepted);
                    let same = groups.entry((met.overtime, code, accepted));
                    same.or_default().push(Clash { first, second, met });
                }
            }
        }
        for ((_, code, _), clashes) in &groups {
            out.extend(tell(context, id, *code, clashes));
        }
    }
}

/// Whether all of some steps are mirrors of all of the others: one process does both, and lets them wait for
/// each other (`repository-mutex.ts`).
fn one_after_the_other(context: &Context<'_>, first: &Users, second: &Users) -> bool {
    let model = &context.plan.model;
    let follows = |a: StepId, b: StepId| model.followed(&model.steps[a]) == Some(b);
    let mut pairs = first
        .steps
        .iter()
        .flat_map(|a| second.steps.iter().map(move |b| (*a, *b)))
        .peekable();
    pairs.peek().is_some() && pairs.all(|(a, b)| follows(a, b) || follows(b, a))
}

/// What happens if the first finds the second at work, and for how long from its start that may be.
fn rule(first: &Users, second: &Users) -> Option<(Code, Seconds)> {
    let (a, b) = (&first.manner, &second.manner);
    let serialised = a.script_on.is_some() && a.script_on == b.script_on;
    match (a.role, b.role) {
        (Role::Mirror, _) if b.deletes && !serialised => {
            return Some((TORN_MIRROR, a.rhythm.length));
        }
        (Role::Mirror, _) | (_, Role::Mirror) | (Role::Shared, Role::Shared) => return None,
        _ => {}
    }
    let waits = if serialised { FILE_LOCK } else { a.waits };
    // Where nothing says how long the other takes, waiting is taken to be enough, and pointed out.
    let enough = waits >= b.rhythm.length || (waits > Seconds::ZERO && !b.stated);
    let code = if enough { WAITS } else { LOCKED };
    let window = match a.role {
        Role::Thins => a.rhythm.length,
        _ => a.rhythm.late.saturating_add(Seconds(1)),
    };
    Some((code, window))
}

/// What steps share, each repository with its users.
pub(super) struct Shared(Table<RepositoryId, Vec<Users>>);

impl Shared {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self(users(context))
    }

    /// Whether there is an error if one step has another rhythm.
    pub(super) fn fails_with(&self, context: &Context<'_>, id: StepId, rhythm: Rhythm) -> bool {
        self.0.iter().any(|(_, users)| {
            let Some(own) = users.iter().find(|user| user.steps.contains(&id)) else {
                return false;
            };
            let changed = Users {
                manner: Manner {
                    rhythm,
                    ..own.manner
                },
                starts: own.starts.clone(),
                steps: vec![id],
                accepted: own.accepted,
                checks: None,
            };
            let mut others = users.iter().filter(|other| other.steps != [id]);
            others.any(|other| {
                !one_after_the_other(context, &changed, other)
                    && (fatal(&changed, other) || fatal(other, &changed))
            })
        })
    }
}

/// Whether it is an error that the first may find the second at work.
fn fatal(first: &Users, second: &Users) -> bool {
    let (a, b) = (
        (&first.manner.rhythm, &first.starts),
        (&second.manner.rhythm, &second.starts),
    );
    match rule(first, second) {
        Some((TORN_MIRROR, window)) => match in_step(a, b, window) {
            Some(met) => met.hits > 0,
            None => runs(a, b, window).any(|(_, meets)| meets.is_some()),
        },
        Some((LOCKED, window)) => always(a, b, window),
        _ => false,
    }
}

impl Users {
    fn name(&self, context: &Context<'_>) -> String {
        let names = self
            .steps
            .iter()
            .map(|id| context.plan.model.steps[*id].named.name.as_str());
        match self.steps.is_empty() {
            true => "Zerobyte's own check".to_owned(),
            false => some(names),
        }
    }

    fn does(&self) -> &'static str {
        match self.manner.role {
            Role::Shared => "takes a shared lock",
            Role::Exclusive => "needs it for itself",
            Role::Thins if self.manner.deletes => {
                "forgets and prunes at its end, for which it needs it for itself"
            }
            Role::Thins => "forgets at its end, for which it needs it for itself",
            Role::Mirror => "copies its files one by one",
        }
    }
}

fn tell(
    context: &Context<'_>,
    id: RepositoryId,
    code: Code,
    clashes: &[Clash<'_>],
) -> Option<Told> {
    let plan = context.plan;
    let repository = &plan.model.repositories[id].named;
    let always = clashes.iter().find(|clash| clash.met.always());
    let soonest = || {
        clashes
            .iter()
            .min_by_key(|c| c.met.overtime.and(c.met.first))
    };
    let told = always.or_else(soonest)?;
    let severity = match code {
        WAITS => Severity::Warning,
        TORN_MIRROR => Severity::Error,
        _ if always.is_some() => Severity::Error,
        _ => Severity::Warning,
    };
    // Many clashes are of few users, and no step is of two of them.
    let mut users: Vec<&Users> = Vec::new();
    let both = clashes.iter().flat_map(|clash| [clash.first, clash.second]);
    for one in [told.first, told.second].into_iter().chain(both) {
        if !users.iter().any(|known| std::ptr::eq(*known, one)) {
            users.push(one);
        }
    }
    let steps: Vec<StepId> = users
        .iter()
        .flat_map(|users| &users.steps)
        .copied()
        .collect();
    let names = some(
        steps
            .iter()
            .map(|id| plan.model.steps[*id].named.name.as_str()),
    );
    let (first, second) = (told.first.name(context), told.second.name(context));
    let message = match code {
        TORN_MIRROR => format!(
            "{first} may copy `{}` while {second} deletes in it",
            repository.name
        ),
        WAITS => format!(
            "{names} may have to wait for each other on `{}`",
            repository.name
        ),
        _ => format!(
            "{names} may meet on `{}`, which one of them needs for itself",
            repository.name
        ),
    };
    let mut diagnostic = Diagnostic::new(code, severity, message);
    for (text, span) in labels(context, clashes, &steps) {
        diagnostic = diagnostic.at(span, text);
    }
    diagnostic = diagnostic.at(repository.span, "what they all work on");
    let (start, other) = told.met.first?;
    let end =
        |users: &Users, start: i64| instant(start.saturating_add(users.manner.rhythm.length.0));
    let events = vec![
        (
            other,
            format!("{second} may be at work until {}", end(told.second, other)),
        ),
        (
            start,
            format!("{first} may be at work until {}", end(told.first, start)),
        ),
    ];
    diagnostic = in_time(diagnostic, events, instant);
    let which = match (told.met.overtime, told.met.always()) {
        (Some(_), _) => String::new(),
        (None, true) => ": so it may be in each of its runs".to_owned(),
        (None, false) => {
            let (hits, runs) = (told.met.hits, told.met.runs);
            format!(": so it may be in {hits} of its {runs} runs")
        }
    };
    let outcome = match code {
        TORN_MIRROR => "copies an index that names what is deleted meanwhile",
        WAITS => "waits, and is done later than it says",
        _ => "may find the lock taken, and fails then",
    };
    diagnostic = diagnostic.event("then", format!("{first} {outcome}{which}"));
    let mut subjects: Vec<String> = vec![repository.name.to_string()];
    subjects.extend(
        steps
            .iter()
            .map(|id| plan.model.steps[*id].named.name.to_string()),
    );
    let diagnostic = if_late(context, &told.met, diagnostic.help(advice(code, told)));
    Some(Told {
        finding: finding(diagnostic, subjects),
        case: case(context, code, told).unwrap_or(Case::Not("steps that begin each other")),
    })
}

/// The two runs of a clash, of steps that do not begin each other.
fn case(context: &Context<'_>, code: Code, told: &Clash<'_>) -> Option<Case> {
    let (start, other) = told.met.first?;
    let who = |users: &Users| {
        let own = users.checks.map(Who::OwnCheck);
        let steps = users.steps.iter().copied().map(Who::Step);
        steps.chain(own).collect::<Vec<Who>>()
    };
    let (firsts, seconds) = (who(told.first), who(told.second));
    let mut pairs = firsts
        .iter()
        .flat_map(|first| seconds.iter().map(move |second| (*first, *second)));
    let model = &context.plan.model;
    let follows = |a: StepId, b: StepId| model.followed(&model.steps[a]) == Some(b);
    let (first, second) = pairs.find(|pair| match *pair {
        (Who::Step(a), Who::Step(b)) => a != b && !follows(a, b) && !follows(b, a),
        _ => true,
    })?;
    let how = match (code, told.first.manner.role) {
        (TORN_MIRROR, _) => How::Meet,
        (WAITS, Role::Thins) => How::MayWait,
        (_, Role::Thins) => How::Meet,
        _ => How::Finds,
    };
    Some(Case::Two(Two {
        first: Due {
            who: first,
            at: start,
        },
        second: Due {
            who: second,
            at: other,
        },
        how,
        late: late(context, &told.met),
    }))
}

/// The steps to point at, and what each does.
fn labels(context: &Context<'_>, clashes: &[Clash<'_>], steps: &[StepId]) -> Vec<(String, Span)> {
    let both = || clashes.iter().flat_map(|clash| [clash.first, clash.second]);
    let shown = steps.iter().take(SHOWN);
    shown
        .filter_map(|id| {
            let users = both().find(|users| users.steps.contains(id))?;
            let step = &context.plan.model.steps[*id];
            let high = context.plan.cadences[*id].duration.high();
            let text = format!("`{}` {}; within {high}", step.named.name, users.does());
            Some((text, step.named.span))
        })
        .collect()
}

fn advice(code: Code, told: &Clash<'_>) -> &'static str {
    let own_check = told.first.steps.is_empty() || told.second.steps.is_empty();
    match code {
        TORN_MIRROR => {
            "copy it when nothing prunes, or `copy` its snapshots into a repository of their own"
        }
        WAITS => "set their times further apart, or say how long each may take, waits included",
        _ if own_check => {
            "keep clear of 12:50 on the clock of Zerobyte's host, when it checks every repository for what is taken to be half an hour"
        }
        _ if told.first.manner.waits > Seconds::ZERO => {
            "set their times further apart than the longest run: a script waits for the lock, but not for as long as the other may take"
        }
        _ => {
            "set their times further apart than the longest run, or let emitted scripts of restic 0.16 or later run them, which wait"
        }
    }
}
