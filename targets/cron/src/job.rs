//! When cron starts which script.

use std::collections::BTreeMap;

use thrice_model::{HostId, HostKind, RunnerKind, StepId};
use thrice_plan::Plan;
use thrice_quantity::schedule::Recurrence;
use thrice_target::{Diagnostic, due, layout, refusal, select};

/// One script and its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The step.
    pub step: StepId,
    /// What it does, for people.
    pub comment: String,
    /// Five fields a line.
    pub fields: Vec<String>,
    /// The script, by its absolute path.
    pub command: String,
    /// What follows it: nothing, or ` --on-time`.
    pub argument: &'static str,
}

/// The jobs of each host of some kinds, and the steps whose schedule cron cannot say.
pub fn by_host(
    plan: &Plan,
    wanted: impl Fn(HostKind) -> bool,
) -> (BTreeMap<HostId, Vec<Job>>, Vec<Diagnostic>) {
    let mut hosts: BTreeMap<HostId, Vec<Job>> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for (id, step) in select::in_force(plan) {
        let is_script = matches!(step.runner.kind, RunnerKind::Cron | RunnerKind::TrueNas)
            && select::means(plan, step).is_script();
        let is_ours = is_script || select::is_asked_after(plan, step);
        let Some(host) = step.runner.host.filter(|_| is_ours) else {
            continue;
        };
        if !wanted(plan.model.hosts[host].kind) {
            continue;
        }
        match of(plan, id, host) {
            Ok(Some(job)) => hosts.entry(host).or_default().push(job),
            Ok(None) => {}
            Err(mistake) => mistakes.push(mistake),
        }
    }
    (hosts, mistakes)
}

/// The job of a step; `None` for one that is done on demand.
///
/// # Errors
/// Cron cannot say the schedule.
pub fn of(plan: &Plan, id: StepId, host: HostId) -> Result<Option<Job>, Diagnostic> {
    let step = &plan.model.steps[id];
    let Some((schedule, span)) = step.signals() else {
        return Ok(None);
    };
    if schedule.when == Recurrence::OnDemand {
        return Ok(None);
    }
    let its_host = &plan.model.hosts[host];
    let refuse = |text: String| {
        refusal::about(
            step,
            refusal::UNSUPPORTED,
            format!("`{}`: {text}", step.named.name),
        )
        .at(*span, "this schedule")
    };
    let other_clock = due::needs_other_clock(schedule, its_host);
    let fields = if other_clock {
        Ok(each_hour(&schedule.when))
    } else {
        schedule.to_cron_lines()
    }
    .map_err(|error| refuse(error.to_string()))?;
    Ok(Some(Job {
        step: id,
        comment: format!(
            "{}{} {}: {schedule}",
            if step.mirror().is_some() {
                "ask after "
            } else {
                ""
            },
            step.verb.word(),
            step.named.name
        ),
        fields,
        command: layout::installed_script(plan, host, id),
        argument: if other_clock { " --on-time" } else { "" },
    }))
}

/// Each hour at the minutes of a rule's times, whatever the hour: all zones in use differ from each other
/// by quarters of an hour, so each quarter after a minute of the rule is looked at.
fn each_hour(when: &Recurrence) -> Vec<String> {
    let times = match when {
        Recurrence::Daily { times } => times.clone(),
        Recurrence::Weekly { time, .. }
        | Recurrence::Monthly { time, .. }
        | Recurrence::Yearly { time, .. } => {
            vec![*time]
        }
        _ => Vec::new(),
    };
    let quarters = times
        .iter()
        .flat_map(|time| [0, 15, 30, 45].map(|more| (time.minute() + more) % 60));
    let mut minutes: Vec<u8> = quarters.collect();
    minutes.sort_unstable();
    minutes.dedup();
    let list: Vec<String> = minutes.iter().map(ToString::to_string).collect();
    vec![format!("{} * * * *", list.join(","))]
}
