//! What Zerobyte cannot do, or does otherwise than the policy says.

use std::collections::BTreeMap;

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{RunnerKind, Step, StepId, Verb};
use thrice_plan::zerobyte::{Unlike, copies_versions, limits, unlike};

use super::{SHOWN, finding, rank};
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

const KEEP_RULES: Code = Code("T2314");
const NOT_AS_SAID: Code = Code("T2341");
const NO_BACKUP: Code = Code("T2343");
const UNLIKE: Code = Code("T2345");
const OWN_RULES: Code = Code("T2346");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    let mut idle: BTreeMap<usize, Vec<&Step>> = BTreeMap::new();
    for (id, step) in model.steps.iter() {
        for limit in limits(model, step) {
            let code = if limit.keep { KEEP_RULES } else { NOT_AS_SAID };
            let diagnostic = Diagnostic::error(code, limit.what)
                .at(limit.at, limit.label)
                .help(limit.help);
            out.push(finding(diagnostic, vec![step.named.name.to_string()]));
        }
        out.extend(unlike_pair(context, id));
        out.extend(own_rules(context, step));
        if copies_versions(model, step) {
            out.push(other_versions(step));
        } else if step.runner.kind == RunnerKind::Zerobyte
            && !matches!(step.verb, Verb::Backup { .. })
        {
            let same = idle.entry(rank(context, [&step.named]));
            same.or_default().push(step);
        }
    }
    out.extend(idle.values().map(|steps| no_backup(steps)));
}

/// A copy of versions that no Zerobyte makes: it copies those of its own backups, as they are made, from
/// repository to repository.
fn other_versions(step: &Step) -> Finding {
    let name = &step.named.name;
    let verb = step.verb.word();
    let (message, label) = match step.mirror() {
        None => (
            format!(
                "`{name}` is a {verb} of a repository's files by Zerobyte, which copies versions into another repository"
            ),
            "it knows no files of repositories",
        ),
        Some(_) => (
            format!(
                "nothing carries `{name}` out: versions are copied by the Zerobyte that has made them, and by nothing else"
            ),
            "not the Zerobyte of its backup",
        ),
    };
    let help = "copy `from` a backup `to` a repository, both by one Zerobyte, or write a second `backup` by Zerobyte to the other repository, with keep rules and a monitor of its own";
    let diagnostic = Diagnostic::error(NO_BACKUP, message).at(step.named.span, label);
    finding(diagnostic.help(help), vec![name.to_string()])
}

/// A mirror that Zerobyte refuses.
fn unlike_pair(context: &Context<'_>, id: StepId) -> Option<Finding> {
    let model = &context.plan.model;
    let step = &model.steps[id];
    let name = &step.named.name;
    let diagnostic = match unlike(model, id)? {
        Unlike::Same => {
            let message = format!("`{name}` copies a repository into itself");
            Diagnostic::error(UNLIKE, message)
                .at(step.named.span, "Zerobyte refuses this")
                .help("name another repository")
        }
        Unlike::Again(other) => {
            let other = &model.steps[other].named;
            let message = format!(
                "`{name}` copies the same versions to the same place as `{}`",
                other.name
            );
            Diagnostic::error(UNLIKE, message)
                .at(step.named.span, "copied again")
                .at(other.span, "copied here")
                .help("leave one of them out")
        }
        Unlike::Credentials(first, second) => {
            let (first, second) = (
                &model.credentials[first].named,
                &model.credentials[second].named,
            );
            let message = format!(
                "Zerobyte refuses `{name}`: both repositories are opened through S3, one with `{}` and one with `{}`",
                first.name, second.name
            );
            Diagnostic::error(UNLIKE, message)
                .at(step.named.span, "restic has one place for the keys of S3")
                .at(first.span, "opens the repository of its backup")
                .at(second.span, "opens the other one")
                .help("write a second `backup` by Zerobyte to the other repository, with keep rules and a monitor of its own; or copy into a folder of its host")
        }
    };
    Some(finding(diagnostic, vec![name.to_string()]))
}

/// Keep rules of a mirror that are not those of its backup, by which Zerobyte forgets in both.
fn own_rules(context: &Context<'_>, step: &Step) -> Option<Finding> {
    let model = &context.plan.model;
    let backup = &model.steps[model.followed(step)?];
    let (stated, span) = step.mirror()?.stated.as_ref()?;
    let Verb::Backup { keep, .. } = &backup.verb else {
        return None;
    };
    if keep.as_ref().is_some_and(|(rules, _)| rules == stated) {
        return None;
    }
    let (name, of) = (&step.named.name, &backup.named.name);
    let message = format!(
        "`{name}` cannot keep other versions than `{of}`: Zerobyte forgets in both repositories by the rules of the backup"
    );
    let (at, label) = match keep {
        Some((_, at)) => (*at, "these hold in both"),
        None => (backup.named.span, "no rules: all versions stay in both"),
    };
    let diagnostic = Diagnostic::error(OWN_RULES, message)
        .at(*span, "not applied")
        .at(at, label)
        .help("leave them out; for other rules there write a second `backup` by Zerobyte to that repository, with a monitor of its own");
    Some(finding(diagnostic, vec![name.to_string(), of.to_string()]))
}

/// Steps by Zerobyte that are no backups: nothing carries them out.
fn no_backup(steps: &[&Step]) -> Finding {
    let names = || steps.iter().map(|step| step.named.name.as_str());
    let message = format!(
        "nothing carries {} out: Zerobyte runs backups with restic, copies their versions, and does nothing else",
        some(names())
    );
    let mut diagnostic = Diagnostic::error(NO_BACKUP, message);
    for step in steps.iter().take(SHOWN) {
        let label = format!("a {} by Zerobyte", step.verb.word());
        diagnostic = diagnostic.at(step.named.span, label);
    }
    finding(
        diagnostic
            .help("let cron, systemd or the executor of a host that reaches both ends run them"),
        names().map(str::to_owned).collect(),
    )
}
