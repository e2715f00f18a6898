//! Judges what was measured.

use jiff::Timestamp;
use thrice_model::{ClassId, Demand, HostId, Obligation, Step, StepId, StepTarget, Verb};
use thrice_plan::{CopyKind, Plan};
use thrice_quantity::{Bytes, Seconds};
use thrice_target::{layout, select};
use thrice_target_restic::{host_name, tag};

use crate::measured::{Measured, Record, Snapshot};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A promise is broken, or what a proof rests on is not so.
    Failure,
    /// It could not be measured.
    NotMeasured,
    /// There is something that the policy does not mention.
    Unmentioned,
}

impl Weight {
    /// The word used in every output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::NotMeasured => "not measured",
            Self::Unmentioned => "unmentioned",
        }
    }
}

/// One thing that is not as promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it weighs.
    pub weight: Weight,
    /// What it is about: a step, a class or a repository.
    pub subject: String,
    /// What is, and what was promised.
    pub message: String,
    /// The obligations whose proofs rest on what is not so.
    pub voids: Vec<Obligation>,
}

/// One measured figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Its name, with its unit: `class_age_seconds`.
    pub name: &'static str,
    /// `class`, `step` or `repository`.
    pub kind: &'static str,
    /// Which.
    pub subject: String,
    /// How much.
    pub value: i64,
    /// What was promised at most, if that was.
    pub promised: Option<i64>,
}

/// What was found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// What is not as promised: by step, then by class, then what is unmentioned.
    pub findings: Vec<Finding>,
    /// All figures.
    pub figures: Vec<Figure>,
}

impl Audit {
    /// Whether a finding of that weight is there.
    #[must_use]
    pub fn has(&self, weight: Weight) -> bool {
        self.findings.iter().any(|finding| finding.weight == weight)
    }

    fn find(&mut self, weight: Weight, subject: &str, message: String, voids: &[Obligation]) {
        self.findings.push(Finding {
            weight,
            subject: subject.to_owned(),
            message,
            voids: voids.to_vec(),
        });
    }

    fn figure(
        &mut self,
        name: &'static str,
        kind: &'static str,
        subject: &str,
        value: i64,
        promised: Option<i64>,
    ) {
        self.figures.push(Figure {
            name,
            kind,
            subject: subject.to_owned(),
            value,
            promised,
        });
    }
}

const LOST: [Obligation; 3] = [
    Obligation::Copies,
    Obligation::Survival,
    Obligation::RecoveryPoint,
];

/// Judges what was measured on a host at a moment.
#[must_use]
pub fn judge(plan: &Plan, host: HostId, measured: &Measured, now: Timestamp) -> Audit {
    let mut audit = Audit::default();
    let now = now.as_second();
    for (name, snapshots) in &measured.snapshots {
        if let Err(why) = snapshots {
            audit.find(Weight::NotMeasured, name, why.clone(), &LOST);
        }
    }
    for (id, step) in select::in_force(plan) {
        if step.runner.host != Some(host) || !select::means(plan, step).is_script() {
            continue;
        }
        run(plan, id, step, measured, now, &mut audit);
        if matches!(step.verb, Verb::Backup { .. }) {
            spread(plan, host, id, step, measured, now, &mut audit);
        }
    }
    for (id, class) in plan.model.classes.iter() {
        if class.lifetime.contains(plan.as_of) {
            newest(plan, host, id, measured, now, &mut audit);
        }
    }
    unmentioned(plan, measured, &mut audit);
    audit
}

fn span(seconds: i64) -> Seconds {
    Seconds(seconds)
}

/// The record of a step's last run.
fn run(plan: &Plan, id: StepId, step: &Step, measured: &Measured, now: i64, audit: &mut Audit) {
    let name = &step.named.name;
    let cadence = &plan.cadences[id];
    let record = match measured.records.get(&layout::step(plan, id)) {
        Some(Ok(Some(record))) => record,
        Some(Err(why)) => return audit.find(Weight::NotMeasured, name, why.clone(), &LOST),
        // On demand, it may never have been asked for.
        _ if cadence.widest.is_none() => return,
        _ => {
            let message = "it has left no record: it never ran here".to_owned();
            return audit.find(Weight::Failure, name, message, &LOST);
        }
    };
    let age = now.saturating_sub(record.end);
    let due = cadence.nominal_delay();
    audit.figure("step_age_seconds", "step", name, age, due.map(|due| due.0));
    audit.figure("step_success", "step", name, i64::from(record.ok), None);
    if !record.ok {
        let message = format!(
            "its last run failed {} ago with exit code {}",
            span(age),
            record.code
        );
        audit.find(Weight::Failure, name, message, &LOST);
    }
    if age < 0 {
        let message = format!("its record is {} ahead of the clock", span(-age));
        audit.find(Weight::Failure, name, message, &[Obligation::RecoveryPoint]);
    }
    if let Some(due) = due.filter(|due| age > due.0) {
        let message = format!(
            "its last run ended {} ago, and it should end a run at least every {due}",
            span(age)
        );
        audit.find(Weight::Failure, name, message, &LOST);
    }
    assumptions(plan, id, step, record, audit);
}

/// What proofs assume about a run: how long it takes, and how much it adds.
fn assumptions(plan: &Plan, id: StepId, step: &Step, record: &Record, audit: &mut Audit) {
    let name = &step.named.name;
    let took = record.end.saturating_sub(record.start);
    let most = step.timing.duration.high();
    audit.figure("step_duration_seconds", "step", name, took, Some(most.0));
    if record.ok && took > most.0 {
        let message = format!(
            "its last run took {}, and proofs rest on at most {most}",
            span(took)
        );
        audit.find(
            Weight::Failure,
            name,
            message,
            &[Obligation::RecoveryPoint, Obligation::TimeTable],
        );
    }
    sizes(plan, step, record, audit);
    let Some(added) = record.numbers.get("added").copied() else {
        return;
    };
    let whole = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let promised = churn(plan, id, step);
    audit.figure(
        "step_added_bytes",
        "step",
        name,
        whole(added),
        promised.map(|p| whole(p.0)),
    );
    if let Some(promised) = promised.filter(|promised| added > promised.0) {
        let message = format!(
            "its last run added {}, and proofs rest on at most {promised} between two runs",
            Bytes(added)
        );
        audit.find(
            Weight::Failure,
            name,
            message,
            &[Obligation::Capacity, Obligation::Cost],
        );
    }
}

/// How much a backup read, next to the sizes that the policy says of its classes, if it says all.
fn sizes(plan: &Plan, step: &Step, record: &Record, audit: &mut Audit) {
    let is_backup = matches!(step.verb, Verb::Backup { .. });
    let Some(read) = record.numbers.get("bytes").copied().filter(|_| is_backup) else {
        return;
    };
    let mut sum = Bytes(0);
    for (class, _) in &step.classes {
        let class = &plan.model.classes[*class];
        let Some((size, _)) = &class.size else {
            return;
        };
        let days = class.lifetime.from.until(plan.as_of);
        let days = days.map_or(0, |span| span.get_days().max(0));
        let grown = match class.growth_volume {
            Some(volume) => {
                let more = volume.high().over(Seconds::days(i64::from(days)));
                size.high().saturating_add(more)
            }
            None => {
                let days = u32::try_from(days).unwrap_or(0);
                class.growth.high().grown_at_most(size.high(), days)
            }
        };
        sum = sum.saturating_add(grown);
    }
    if step.classes.is_empty() {
        return;
    }
    let whole = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let name = &step.named.name;
    audit.figure(
        "step_read_bytes",
        "step",
        name,
        whole(read),
        Some(whole(sum.0)),
    );
    if read > sum.0 {
        let message = format!(
            "its last run read {}, and proofs rest on at most {sum} by now",
            Bytes(read)
        );
        let voids = [
            Obligation::Capacity,
            Obligation::RecoveryTime,
            Obligation::Cost,
        ];
        audit.find(Weight::Failure, name, message, &voids);
    }
}

/// What all classes of a step change between two runs, if all say so. The first run adds everything, and
/// is over when somebody looks; one that failed makes the next one add more.
fn churn(plan: &Plan, id: StepId, step: &Step) -> Option<Bytes> {
    let cadence = &plan.cadences[id];
    let gap = cadence.widest_missed.or(cadence.widest)?;
    let mut sum = Bytes(0);
    for (class, _) in &step.classes {
        let (churn, _) = plan.model.classes[*class].churn?;
        sum = sum.saturating_add(churn.high().over(gap));
    }
    (!step.classes.is_empty()).then_some(sum)
}

/// The snapshots of a step: by its tag and its host.
fn snapshots<'m>(
    plan: &Plan,
    host: HostId,
    id: StepId,
    step: &Step,
    measured: &'m Measured,
) -> Option<Vec<&'m Snapshot>> {
    let StepTarget::Repository(repository, _) = &step.target else {
        return None;
    };
    let name = &plan.model.repositories[*repository].named.name;
    let all = measured.snapshots.get(name)?.as_ref().ok()?;
    let (tag, host) = (tag(plan, id), host_name(plan, host));
    let mine = |snapshot: &&Snapshot| snapshot.hostname == host && snapshot.tags.contains(&tag);
    Some(all.iter().filter(mine).collect())
}

/// How many snapshots of a step there are, and over how much time.
fn spread(
    plan: &Plan,
    host: HostId,
    id: StepId,
    step: &Step,
    measured: &Measured,
    now: i64,
    audit: &mut Audit,
) {
    let name = &step.named.name;
    let Some(snapshots) = snapshots(plan, host, id, step, measured) else {
        return;
    };
    let count = i64::try_from(snapshots.len()).unwrap_or(i64::MAX);
    audit.figure("step_snapshots", "step", name, count, None);
    let times = || snapshots.iter().map(|snapshot| snapshot.time.as_second());
    let (Some(oldest), Some(newest)) = (times().min(), times().max()) else {
        let message = format!(
            "the repository has no snapshot with its tag `{}`",
            tag(plan, id)
        );
        return audit.find(Weight::Failure, name, message, &LOST);
    };
    audit.figure(
        "step_snapshot_age_seconds",
        "step",
        name,
        now.saturating_sub(newest),
        None,
    );
    audit.figure(
        "step_snapshot_oldest_seconds",
        "step",
        name,
        now.saturating_sub(oldest),
        None,
    );
    if newest > now {
        let message = format!(
            "its newest snapshot is {} ahead of the clock",
            span(newest - now)
        );
        audit.find(
            Weight::Failure,
            name,
            message,
            &[Obligation::RecoveryPoint, Obligation::History],
        );
    }
}

/// What a class, or else a requirement, allows while every run succeeds.
fn recovery_point(plan: &Plan, id: ClassId) -> Option<Seconds> {
    if let Some((rpo, _)) = plan.model.classes[id].rpo {
        return Some(rpo);
    }
    let asked = plan.model.requirements.iter().filter_map(|requirement| {
        let Demand::RecoveryPoint { nominal, .. } = requirement.demand else {
            return None;
        };
        let mine = requirement.selection.contains(id) && requirement.lifetime.contains(plan.as_of);
        mine.then_some(nominal)
    });
    asked.min()
}

/// The newest copy of a class that this host can see.
fn newest(
    plan: &Plan,
    host: HostId,
    id: ClassId,
    measured: &Measured,
    now: i64,
    audit: &mut Audit,
) {
    let name = &plan.model.classes[id].named.name;
    let mut seen = false;
    let mut newest: Option<i64> = None;
    for (_, copy) in plan.copies.iter() {
        let Some(by) = copy.made_by.filter(|_| copy.class == id && copy.counts) else {
            continue;
        };
        let step = &plan.model.steps[by];
        if step.runner.host != Some(host) || !step.lifetime.contains(plan.as_of) {
            continue;
        }
        let time = match copy.kind {
            CopyKind::Versions => match snapshots(plan, host, by, step, measured) {
                Some(snapshots) => snapshots.iter().map(|s| s.time.as_second()).max(),
                None => continue,
            },
            _ => match succeeded(plan, by, measured) {
                Some(time) => time,
                None => continue,
            },
        };
        seen = true;
        // A copy of a dump is as old as the dump.
        let source = copy.source.and_then(|source| plan.copies[source].made_by);
        let dumped = source
            .and_then(|source| succeeded(plan, source, measured))
            .flatten();
        let time = time.map(|time| dumped.map_or(time, |dumped| time.min(dumped)));
        newest = newest.max(time);
    }
    if !seen {
        return;
    }
    let limit = recovery_point(plan, id);
    let Some(newest) = newest else {
        let message = "no usable copy of it is known here".to_owned();
        return audit.find(Weight::Failure, name, message, &LOST);
    };
    let age = now.saturating_sub(newest);
    audit.figure(
        "class_age_seconds",
        "class",
        name,
        age,
        limit.map(|limit| limit.0),
    );
    if let Some(limit) = limit.filter(|limit| age > limit.0) {
        let message = format!(
            "its newest usable copy is {} old, and its recovery point is {limit}",
            span(age)
        );
        audit.find(Weight::Failure, name, message, &[Obligation::RecoveryPoint]);
    }
}

/// When a step's last run began, if that succeeded. `None` if it leaves no record on this host.
fn succeeded(plan: &Plan, id: StepId, measured: &Measured) -> Option<Option<i64>> {
    let record = measured
        .records
        .get(&layout::step(plan, id))?
        .as_ref()
        .ok()?;
    Some(
        record
            .as_ref()
            .filter(|record| record.ok)
            .map(|record| record.start),
    )
}

/// Snapshots of nothing that the policy mentions.
fn unmentioned(plan: &Plan, measured: &Measured, audit: &mut Audit) {
    let known: Vec<String> = plan
        .model
        .steps
        .iter()
        .map(|(id, _)| tag(plan, id))
        .collect();
    for (name, snapshots) in &measured.snapshots {
        let Ok(snapshots) = snapshots else {
            continue;
        };
        let mut strange: Vec<String> = snapshots
            .iter()
            .filter(|snapshot| !snapshot.tags.iter().any(|tag| known.contains(tag)))
            .map(|snapshot| match snapshot.tags.as_slice() {
                [] => format!("of `{}` without a tag", snapshot.hostname),
                tags => format!(
                    "of `{}` with the tag `{}`",
                    snapshot.hostname,
                    tags.join(",")
                ),
            })
            .collect();
        strange.sort();
        strange.dedup();
        for which in strange {
            let message =
                format!("it holds snapshots {which}, which no step of the policy makes or thins");
            audit.find(Weight::Unmentioned, name, message, &[]);
        }
    }
}
