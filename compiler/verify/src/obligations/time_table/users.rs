//! Who works on a repository, and how.

use std::cell::OnceCell;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustc_hash::FxBuildHasher;
use thrice_model::{
    HostId, Location, RepositoryId, RunnerKind, Source, Step, StepId, StepTarget, Table, Verb,
};
use thrice_plan::calendar::Starts;
use thrice_quantity::Seconds;
use thrice_quantity::schedule::{Schedule, TimeOfDay};
use thrice_retention::ResticVersion;

use super::{Rhythm, ends, rank, stays};
use crate::context::Context;

/// How long emitted scripts wait for a lock of restic.
const RETRY_LOCK: Seconds = Seconds::minutes(30);
/// How long Zerobyte's own check is taken to last. It reads no data; nothing states a bound.
pub(super) const OWN_CHECK: Seconds = Seconds::minutes(30);

/// What a step does to a repository.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Role {
    /// Takes a shared lock.
    Shared,
    /// Takes the exclusive lock.
    Exclusive,
    /// Takes it at its end, to forget.
    Thins,
    /// Takes a lock by the file, none of restic's.
    Mirror,
}

/// All that decides whom a step meets, and what becomes of that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Manner {
    pub(super) rhythm: Rhythm,
    pub(super) role: Role,
    /// Whether it deletes what a mirror may be reading.
    pub(super) deletes: bool,
    /// The host whose scripts it waits for.
    pub(super) script_on: Option<HostId>,
    /// How long it waits for a lock of restic.
    pub(super) waits: Seconds,
    /// Whether the policy says how long it may take.
    pub(super) stated: bool,
}

/// Steps of one manner; none for Zerobyte's own check.
pub(super) struct Users {
    pub(super) manner: Manner,
    pub(super) starts: Starts,
    pub(super) steps: Vec<StepId>,
    /// By which acceptance what is told of one of them is covered.
    pub(super) accepted: usize,
    /// The host whose Zerobyte checks by itself, if this is that check.
    pub(super) checks: Option<HostId>,
}

/// Who works on each repository, by manner.
pub(super) fn users(context: &Context<'_>) -> Table<RepositoryId, Vec<Users>> {
    let model = &context.plan.model;
    let repositories = model.repositories.iter();
    let mut all: Vec<Listed> = repositories
        .map(|(_, repository)| Listed {
            place: repository.place(),
            by_manner: IndexMap::default(),
            checked_by: None,
        })
        .collect();
    for (id, step) in model.steps.iter() {
        // What a mirror copies it reads under a shared lock.
        let from = model.followed(step).map(|backup| &model.steps[backup]);
        let rhythm = OnceCell::new();
        for (repository, listed) in model.repositories.ids().zip(&mut all) {
            let reads = from.is_some_and(
                |from| matches!(from.target, StepTarget::Repository(source, _) if source == repository),
            );
            let shared = reads.then_some((Role::Shared, false));
            let Some(does) = role(step, repository, &listed.place).or(shared) else {
                continue;
            };
            if let Some(rhythm) = rhythm.get_or_init(|| Rhythm::of(context, id)) {
                let restic = model.repositories[repository].restic;
                let accepted = rank(context, [&step.named]);
                listed.add(id, step, (*rhythm, accepted), does, restic);
            }
        }
    }
    let all = model.repositories.ids().zip(all);
    let all = all.map(|(id, listed)| listed.users(context, id));
    all.collect::<Vec<_>>().into()
}

/// A repository while its users are listed.
struct Listed {
    place: Location,
    /// Apart as well are those that somebody accepts something of.
    by_manner: IndexMap<(Manner, usize), Vec<StepId>, FxBuildHasher>,
    /// The host whose Zerobyte checks it every day.
    checked_by: Option<HostId>,
}

impl Listed {
    fn add(
        &mut self,
        id: StepId,
        step: &Step,
        (rhythm, accepted): (Rhythm, usize),
        (role, deletes): (Role, bool),
        restic: ResticVersion,
    ) {
        if step.runner.kind == RunnerKind::Zerobyte && role != Role::Mirror {
            self.checked_by = self.checked_by.or(step.runner.host);
        }
        // How long somebody keeps a lock whose `taking` nobody states is nothing that others could keep clear of. What
        // deletes, or copies while others do, counts all the same: of that a mirror is torn.
        let stated = step.timing.duration_stated.is_some();
        let harmless = !deletes && role != Role::Mirror;
        if step.runner.kind == RunnerKind::Hand && !stated && harmless {
            return;
        }
        let scripted = matches!(
            step.runner.kind,
            RunnerKind::Cron | RunnerKind::Systemd | RunnerKind::Executor | RunnerKind::TrueNas
        );
        let retries = scripted && restic >= ResticVersion::new(0, 16, 0);
        let manner = Manner {
            rhythm,
            role,
            deletes,
            script_on: step.runner.host.filter(|_| scripted),
            waits: if retries { RETRY_LOCK } else { Seconds::ZERO },
            stated,
        };
        let same = self.by_manner.entry((manner, accepted));
        same.or_default().push(id);
    }

    fn users(mut self, context: &Context<'_>, id: RepositoryId) -> Vec<Users> {
        self.by_manner.sort_unstable_keys();
        let listed = self
            .by_manner
            .into_iter()
            .filter_map(|((manner, accepted), steps)| {
                let starts = context.plan.calendars.starts(*steps.first()?)?.clone();
                Some(Users {
                    manner,
                    starts,
                    steps,
                    accepted,
                    checks: None,
                })
            });
        let own_check = self
            .checked_by
            .and_then(|host| own_check(context, id, host));
        listed.chain(own_check).collect()
    }
}

/// Whether a step deletes what a mirror of a repository may be reading.
pub(super) fn deletes(step: &Step, id: RepositoryId, place: &Location) -> bool {
    role(step, id, place).is_some_and(|(_, deletes)| deletes)
}

/// What a step does to a repository, and whether it deletes in it.
fn role(step: &Step, id: RepositoryId, place: &Location) -> Option<(Role, bool)> {
    let here = match (&step.target, &step.source) {
        (StepTarget::Repository(target, _), _) => *target == id,
        (_, Source::Repository(source, _)) => *source == id,
        (_, Source::Location(from, _)) => {
            let mirrors = matches!(
                step.verb,
                Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. }
            );
            mirrors && from.meets(place)
        }
        _ => false,
    };
    if !here {
        return None;
    }
    Some(match &step.verb {
        Verb::Backup { keep: None, .. } | Verb::Drill | Verb::Seed { .. } | Verb::Capture(_) => {
            (Role::Shared, false)
        }
        Verb::Backup { prune, .. } => (
            Role::Thins,
            *prune || step.runner.kind == RunnerKind::Zerobyte,
        ),
        Verb::Prune => (Role::Exclusive, true),
        Verb::Check(_) => (Role::Exclusive, false),
        Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. } => (Role::Mirror, false),
        Verb::Expire { .. } => return None,
    })
}

/// Zerobyte's daily check.
fn own_check(context: &Context<'_>, id: RepositoryId, host: HostId) -> Option<Users> {
    let model = &context.plan.model;
    let zone = TimeZone::get(&model.hosts[host].timezone).unwrap_or(TimeZone::UTC);
    let (from, until, latest) = stays(context.plan, model.repositories[id].lifetime);
    let daily = Schedule::daily_utc(TimeOfDay::new(12, 50)?);
    let at = |second| Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
    let starts = daily
        .occurrences(&zone, at(from), at(latest))
        .map(Timestamp::as_second)
        .collect();
    Some(Users {
        manner: Manner {
            rhythm: Rhythm {
                calendar: usize::MAX,
                apart: None,
                late: Seconds::ZERO,
                length: OWN_CHECK,
                from,
                until,
                latest,
                ends: ends(context.plan, model.repositories[id].lifetime),
            },
            role: Role::Exclusive,
            deletes: false,
            script_on: None,
            waits: Seconds::ZERO,
            stated: true,
        },
        starts,
        steps: Vec::new(),
        accepted: context.plan.model.acceptances.len(),
        checks: Some(host),
    })
}
