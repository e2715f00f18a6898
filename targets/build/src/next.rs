//! What changes next.

use jiff::civil::Date;
use serde::Serialize;
use thrice_model::Step;
use thrice_target::{Artefact, Plan};

/// What is in force from the next day on that brings or ends a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// The phase that begins on that day; `null` if none does.
    pub phase: Option<String>,
    /// The day.
    pub date: String,
    /// Steps that begin.
    pub adds: Vec<String>,
    /// Steps that end.
    pub removes: Vec<String>,
    /// Files that will be new.
    pub new_files: Vec<String>,
    /// Files that will have another content.
    pub changed_files: Vec<String>,
    /// Files that will be gone: a host keeps them until somebody takes them away.
    pub gone_files: Vec<String>,
    /// What would keep the build of that day from being done.
    pub problems: Vec<String>,
}

/// The next change after the day that the plan is judged at; `None` if no step begins or ends any more.
pub fn next(plan: &Plan, now: &[Artefact]) -> Option<Next> {
    let steps = || plan.model.steps.iter().map(|(_, step)| step);
    let days = steps()
        .flat_map(|step| [Some(step.lifetime.from), step.lifetime.until])
        .flatten();
    let date = days
        .filter(|day| *day > plan.as_of && changes(plan, *day))
        .min()?;
    let names = |test: &dyn Fn(&Step) -> bool| -> Vec<String> {
        steps()
            .filter(|step| test(step))
            .map(|step| step.named.name.to_string())
            .collect()
    };
    let today = |step: &Step| step.lifetime.contains(plan.as_of);
    let then = |step: &Step| step.lifetime.contains(date);
    let phase = plan
        .periods
        .iter()
        .find(|period| period.phase.is_some() && period.from == date);
    let mut later = plan.clone();
    later.as_of = date;
    let (files, problems) = match crate::collect(&later) {
        Ok(files) => (Some(files), Vec::new()),
        Err(mistakes) => (
            None,
            mistakes
                .iter()
                .map(|m| format!("{}: {}", m.code, m.message))
                .collect(),
        ),
    };
    let (new_files, changed_files, gone_files) = compare(now, files.as_deref().unwrap_or(now));
    Some(Next {
        phase: phase.map(|period| period.name.clone()),
        date: date.to_string(),
        adds: names(&|step| !today(step) && then(step)),
        removes: names(&|step| today(step) && !then(step)),
        new_files,
        changed_files,
        gone_files,
        problems,
    })
}

/// Whether other steps are in force on that day than today.
fn changes(plan: &Plan, day: Date) -> bool {
    let mut steps = plan.model.steps.iter();
    steps.any(|(_, step)| step.lifetime.contains(day) != step.lifetime.contains(plan.as_of))
}

/// Paths that are new, changed and gone.
fn compare(now: &[Artefact], then: &[Artefact]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let find = |list: &[Artefact], path: &str| list.iter().position(|file| file.path == path);
    let path = |file: &&Artefact| file.path.clone();
    let new = then
        .iter()
        .filter(|file| find(now, &file.path).is_none())
        .map(|file| path(&file))
        .collect();
    let gone = now
        .iter()
        .filter(|file| find(then, &file.path).is_none())
        .map(|file| path(&file))
        .collect();
    let changed = then
        .iter()
        .filter(|file| now.iter().any(|old| old.path == file.path && old != *file))
        .map(|file| path(&file))
        .collect();
    (new, changed, gone)
}
