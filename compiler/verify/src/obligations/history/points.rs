//! How far back each copy reaches, and how far apart its restore points lie.
//!
//! The age of a restore point is that of its version: when the backup ran. How long that took, and how
//! much older the data in it may be, is the recovery point's. Only where what is backed up is made anew
//! less often than it is backed up do neighbours hold the same, and then the rarer rhythm counts. What
//! is mirrored lags behind: its newest version is older by that.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use thrice_model::{ClassKind, Step, StepId, StepTarget, Verb};
use thrice_plan::staleness::Known;
use thrice_plan::{CopyId, CopyKind, FOR_EVER, Missed, restic_clock, rhythm};
use thrice_quantity::Seconds;
use thrice_quantity::schedule::Schedule;
use thrice_retention::{KeepRules, Profile, Regular, ResticVersion, steady_history};

use super::super::kept::old_versions_stay;
use crate::context::Context;
use crate::faults::{cleared, dated};
use crate::indexed::Wanted;

/// Whether runs may be missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::obligations) enum Runs {
    /// Every run succeeds.
    Succeed,
    /// As many in a row fail as can before somebody has acted.
    MayFail,
}

impl Runs {
    /// The same, of newest versions.
    const fn missed(self) -> Missed {
        match self {
            Self::Succeed => Missed::Nominal,
            Self::MayFail => Missed::Guaranteed,
        }
    }
}

/// One way in which a copy keeps the past.
#[derive(Clone, Debug)]
pub(in crate::obligations) enum Points {
    /// Versions thinned by keep rules.
    Thinned(Thinned),
    /// At any age up to the reach (for ever: [`FOR_EVER`]) the next older point is within the gap.
    Even { reach: Seconds, gap: Seconds },
}

/// Versions thinned by the keep rules of a backup.
#[derive(Clone, Debug)]
pub(in crate::obligations) struct Thinned {
    /// The backup.
    pub step: StepId,
    /// What its rules leave in the long run while runs succeed.
    pub profile: Arc<Profile>,
    /// What is added to each hole, by missed runs and rarer sources.
    pub wider: Seconds,
    /// What missed runs take from the reach: rules by duration lose what was not made.
    pub shorter: Seconds,
}

/// What a copy gives back of the past.
#[derive(Clone, Debug)]
pub(in crate::obligations) struct Past {
    /// How old its newest restore point can be.
    pub head: Seconds,
    pub points: Vec<Points>,
}

impl Points {
    /// The age up to which the next older point is never further away than `gap`.
    pub(super) fn reach_with(&self, gap: Seconds) -> Seconds {
        match self {
            Self::Even { reach, gap: own } => {
                if *own <= gap {
                    *reach
                } else {
                    Seconds::ZERO
                }
            }
            Self::Thinned(thinned) => {
                let gap = gap.saturating_sub(thinned.wider);
                let reach = thinned.profile.reach_with(gap).unwrap_or(FOR_EVER);
                reach.saturating_sub(thinned.shorter).max(Seconds::ZERO)
            }
        }
    }
}

impl Past {
    /// The age up to which the next older point is never further away than `gap`; `None` if not even
    /// the newest is that near.
    pub(in crate::obligations) fn reach_with(&self, gap: Seconds) -> Option<Seconds> {
        let best = self
            .points
            .iter()
            .map(|points| points.reach_with(gap))
            .max();
        (self.head <= gap).then(|| best.unwrap_or(Seconds::ZERO))
    }
}

/// A backup's keep rules with all that decides what they leave.
pub(super) struct Keeping<'p> {
    pub rules: &'p KeepRules,
    pub version: ResticVersion,
    pub schedule: Schedule,
    pub zone: TimeZone,
    pub stored: TimeZone,
}

impl<'p> Keeping<'p> {
    /// Of a backup with keep rules and a schedule; `None` of any other step.
    pub(super) fn of(context: &Context<'p>, step: &'p Step) -> Option<Self> {
        let model = &context.plan.model;
        let Verb::Backup {
            keep: Some((rules, _)),
            ..
        } = &step.verb
        else {
            return None;
        };
        let StepTarget::Repository(repository, _) = &step.target else {
            return None;
        };
        let (written, _) = step.timing.schedule.as_ref()?;
        let stored = restic_clock(step, model);
        let schedule = rhythm(written, step, model);
        // It names its zone.
        let zone = schedule.zone.time_zone(&TimeZone::UTC);
        let zone = zone.unwrap_or(TimeZone::UTC);
        Some(Self {
            rules,
            version: model.repositories[*repository].restic,
            schedule,
            zone,
            stored,
        })
    }

    /// What other rules would leave in its place.
    pub(super) fn profile_of(&self, rules: &KeepRules) -> Option<Profile> {
        let regular = Regular {
            schedule: &self.schedule,
            zone: &self.zone,
            stored: &self.stored,
        };
        steady_history(rules, self.version, regular)
            .ok()
            .flatten()?
            .profile()
    }

    /// All that decides what is left, as a text.
    pub(super) fn key(&self) -> String {
        let stored = self.stored.iana_name().unwrap_or("UTC");
        format!(
            "{} {:?} {:?} {stored}",
            self.version, self.rules, self.schedule
        )
    }
}

/// The pasts of a class's copies, sources first.
pub(in crate::obligations) fn pasts(
    context: &Context<'_>,
    ids: &[CopyId],
    (runs, wanted): (Runs, Wanted),
) -> BTreeMap<CopyId, Past> {
    let mut out: BTreeMap<CopyId, Past> = BTreeMap::new();
    for id in ids {
        let copy = &context.plan.copies[*id];
        if never_comes(context, *id, runs) {
            let (head, points) = (FOR_EVER, Vec::new());
            out.insert(*id, Past { head, points });
            continue;
        }
        let head = head(context, *id, runs, &out);
        let mut points = made(context, *id, (runs, head, wanted), &out);
        if let Some(own) = context.own_snapshots(copy.location.store) {
            points.push(Points::Even {
                reach: own.reach,
                gap: head.saturating_add(own.apart),
            });
        }
        // Where versioning is suspended old versions stay, but what is overwritten now leaves none.
        let store = &context.plan.model.stores[copy.location.store];
        if store.keeps_versions() {
            points.push(Points::Even {
                reach: old_versions_stay(context, &copy.location, wanted),
                gap: head,
            });
        }
        if !matches!(copy.kind, CopyKind::Transit | CopyKind::Seed) {
            out.insert(*id, Past { head, points });
        }
    }
    out
}

/// The points that a copy has by the verb that makes it.
fn made(
    context: &Context<'_>,
    id: CopyId,
    (runs, head, wanted): (Runs, Seconds, Wanted),
    before: &BTreeMap<CopyId, Past>,
) -> Vec<Points> {
    let plan = context.plan;
    let copy = &plan.copies[id];
    let Some(by) = copy.made_by else {
        return Vec::new();
    };
    let step = &plan.model.steps[by];
    let inherited = || {
        copy.source
            .and_then(|source| before.get(&source))
            .map(|past| past.points.clone())
            .unwrap_or_default()
    };
    match &step.verb {
        Verb::Backup { keep: None, .. } => vec![Points::Even {
            reach: FOR_EVER,
            gap: gap(context, by, runs).saturating_add(wider(context, id, runs)),
        }],
        Verb::Backup {
            keep: Some((rules, _)),
            ..
        } => thinned(context, id, rules, runs)
            .map(Points::Thinned)
            .into_iter()
            .collect(),
        // Dumps that stay until a clean-up takes them: the next older one must still be there.
        Verb::Capture(parts) => parts.keeps.as_ref().map_or_else(Vec::new, |(keeps, _)| {
            let apart = delay(context, by, runs);
            // A rule may clear the place before the capture does.
            let kept = cleared(context, copy, wanted).within(keeps.low());
            vec![Points::Even {
                reach: kept.reach(apart),
                gap: apart,
            }]
        }),
        // What is never deleted stays: all that its source had at one of the runs.
        Verb::Copy {
            latest_only: false, ..
        } if copy.kind == CopyKind::Versions && copy.leaves.is_empty() => {
            let mut points = inherited();
            points.push(Points::Even {
                reach: FOR_EVER,
                gap: head,
            });
            points
        }
        Verb::Sync { .. } | Verb::Copy { .. } | Verb::Move { .. }
            if copy.kind == CopyKind::Versions =>
        {
            inherited()
        }
        // Dumps that are carried on lie as far apart as the newest may be old: each run brings it.
        _ => dated(context, copy, wanted).map_or_else(Vec::new, |dated| {
            let wider = match runs {
                Runs::Succeed => Seconds::ZERO,
                Runs::MayFail => dated.wider,
            };
            let gap = head.saturating_add(wider);
            vec![Points::Even {
                reach: dated.kept.reach(gap),
                gap,
            }]
        }),
    }
}

/// How old the newest version of a copy can be, just before the next one is made.
fn head(context: &Context<'_>, id: CopyId, runs: Runs, before: &BTreeMap<CopyId, Past>) -> Seconds {
    let copy = &context.plan.copies[id];
    let Some(by) = copy.made_by else {
        return Seconds::ZERO;
    };
    let source = copy.source.and_then(|source| before.get(&source));
    match context.plan.model.steps[by].verb {
        Verb::Backup { .. } | Verb::Capture(_) => {
            gap(context, by, runs).saturating_add(wider(context, id, runs))
        }
        _ => source
            .map_or(Seconds::ZERO, |past| past.head)
            .saturating_add(delay(context, by, runs)),
    }
    .min(FOR_EVER)
}

fn thinned(context: &Context<'_>, id: CopyId, rules: &KeepRules, runs: Runs) -> Option<Thinned> {
    let by = context.plan.copies[id].made_by?;
    let keeping = Keeping::of(context, &context.plan.model.steps[by])?;
    let profiles = &context.known.profiles;
    let profile = profiles.of(keeping.key(), || keeping.profile_of(keeping.rules))?;
    let missed = context.plan.cadences[by].outage();
    let by_duration = rules.withins().iter().any(|(_, within)| within.is_some());
    let (late, lost) = match (runs, by_duration) {
        (Runs::Succeed, _) => (Seconds::ZERO, Seconds::ZERO),
        (Runs::MayFail, false) => (missed, Seconds::ZERO),
        (Runs::MayFail, true) => (missed.saturating_add(missed), missed),
    };
    Some(Thinned {
        step: by,
        profile,
        wider: late.saturating_add(wider(context, id, runs)),
        shorter: lost,
    })
}

/// The longest time between two runs of a step.
fn gap(context: &Context<'_>, step: StepId, runs: Runs) -> Seconds {
    let cadence = &context.plan.cadences[step];
    let gap = match runs {
        Runs::Succeed => cadence.widest,
        Runs::MayFail => cadence.widest_missed,
    };
    gap.unwrap_or(FOR_EVER)
}

/// Whether nothing is surely ever brought to a copy, since what is on its way to it may be taken away before it is read.
fn never_comes(context: &Context<'_>, id: CopyId, runs: Runs) -> bool {
    let plan = context.plan;
    let may_be_gone = |id: CopyId| plan.emptied_by(id).next().is_some();
    plan.way(id).any(may_be_gone) && plan.staleness().of(id, runs.missed()).known == Known::Nothing
}

/// By how much the longest time between two versions that come to a copy while runs succeed is longer than between two
/// runs: those that find nothing, since it has been taken away before, bring none.
fn found_nothing(context: &Context<'_>, id: CopyId) -> Seconds {
    let plan = context.plan;
    if plan.emptied_by(id).next().is_none() {
        return Seconds::ZERO;
    }
    let by = plan.copies[id].made_by;
    let gap = by.map_or(FOR_EVER, |by| gap(context, by, Runs::Succeed));
    match &plan.staleness().of(id, Missed::Nominal).known {
        Known::Within(_) => Seconds::ZERO,
        Known::Nothing => FOR_EVER,
        Known::Runs { runs, .. } => {
            let pairs = runs.iter().zip(runs.iter().skip(1));
            let apart = pairs.map(|(run, next)| Seconds(next.start() - run.start()));
            let apart = apart.max().unwrap_or(FOR_EVER);
            apart.saturating_sub(gap).max(Seconds::ZERO)
        }
    }
}

fn delay(context: &Context<'_>, step: StepId, runs: Runs) -> Seconds {
    let cadence = &context.plan.cadences[step];
    let delay = match runs {
        Runs::Succeed => cadence.nominal_delay(),
        Runs::MayFail => cadence.worst_delay(),
    };
    delay.unwrap_or(FOR_EVER)
}

/// How much further apart neighbours can be because of the steps before: what a step reads anew less
/// often than it runs is the same again, and what was not made, or is not there any more, cannot be read.
fn wider(context: &Context<'_>, id: CopyId, runs: Runs) -> Seconds {
    let plan = context.plan;
    let own = plan.copies[id]
        .made_by
        .map_or(Seconds::ZERO, |by| gap(context, by, Runs::Succeed));
    let mut rarer = Seconds::ZERO;
    let mut missed = Seconds::ZERO;
    let mut in_vain = found_nothing(context, id);
    let mut at = plan.copies[id].source;
    // What its backup misses a mirror misses too, and counts that already.
    let mirrors = plan.copies[id]
        .made_by
        .is_some_and(|by| plan.model.followed(&plan.model.steps[by]).is_some());
    if let (true, Some(backup)) = (mirrors, at) {
        at = plan.copies[backup].source;
    }
    while let Some(source) = at {
        if let Some(by) = plan.copies[source].made_by {
            let nominal = gap(context, by, Runs::Succeed);
            if nominal > own {
                rarer = rarer.max(nominal);
            }
            in_vain = in_vain.saturating_add(found_nothing(context, source));
            if runs == Runs::MayFail {
                let late = gap(context, by, runs).saturating_sub(nominal);
                missed = missed.saturating_add(late);
            }
        }
        at = plan.copies[source].source;
    }
    let all = rarer.saturating_add(missed).saturating_add(in_vain);
    all.min(FOR_EVER)
}

/// Whether what a copy is made from is made as often as the copy.
pub(super) fn without_rarer(context: &Context<'_>, id: CopyId) -> bool {
    wider(context, id, Runs::Succeed) == Seconds::ZERO
}

/// Whether versions are what a class's past is made of: items are written once, and whether each of
/// them stays is what copies and survival decide.
pub(in crate::obligations) const fn has_versions(kind: ClassKind) -> bool {
    !matches!(kind, ClassKind::Items)
}
