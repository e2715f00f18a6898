//! What Zerobyte cannot do, or does otherwise than a policy says.
//!
//! Read in its source at 0.41 (August 2026): `validate-custom-params.ts`, `backups.dto.ts`,
//! `lifecycle/startup.ts`, `backend-compatibility.ts`. The verifier says it of a policy, and its target
//! emits nothing that would come to it.

use thrice_diagnostics::Span;
use thrice_model::{
    CredentialId, Host, Model, RepositoryId, RunnerKind, Source, Step, StepId, StepTarget,
    StoreKind, Verb, Version,
};
use thrice_quantity::schedule::Recurrence;
use thrice_retention::{Count, KeepRules};

/// First version with API keys, without which nothing can be applied unattended.
pub const FLOOR: Version = Version::new(0, 40, 0);
/// Most attempts after the first.
const MOST_RETRIES: u32 = 32;

/// Flags of restic that it lets through, with whether a value follows.
const ALLOWED: [(&str, bool); 19] = [
    ("--verbose", false),
    ("-v", false),
    ("--no-scan", false),
    ("--exclude-larger-than", true),
    ("--skip-if-unchanged", false),
    ("--exclude-caches", false),
    ("--force", false),
    ("--use-fs-snapshot", false),
    ("--read-concurrency", true),
    ("--ignore-ctime", false),
    ("--ignore-inode", false),
    ("--with-atime", false),
    ("--no-cache", false),
    ("--cleanup-cache", false),
    ("--limit-upload", true),
    ("--limit-download", true),
    ("--pack-size", true),
    ("--no-lock", false),
    ("--one-file-system", false),
];

/// Something that it cannot do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Whether it is about keep rules.
    pub keep: bool,
    /// A sentence about the step.
    pub what: String,
    /// The words that ask for it.
    pub at: Span,
    /// What they are.
    pub label: &'static str,
    /// The way round it.
    pub help: &'static str,
}

/// All that keeps a step from being one of its jobs, or a mirror of one, as the policy says; none for a step
/// that others run. What is neither is for the caller to say.
#[must_use]
pub fn limits(model: &Model, step: &Step) -> Vec<Limit> {
    let Some(host) = zerobyte(model, step) else {
        return Vec::new();
    };
    let Verb::Backup {
        keep,
        flags,
        mirror,
        ..
    } = &step.verb
    else {
        return Vec::new();
    };
    if mirror.is_some() {
        return untried(step).into_iter().collect();
    }
    let mut out = Vec::new();
    let mut limit = |keep, what, at, label, help| {
        out.push(Limit {
            keep,
            what,
            at,
            label,
            help,
        });
    };
    let name = &step.named.name;
    if let Some((version, at)) = version(host)
        && version < FLOOR
    {
        limit(
            false,
            format!("`{}` has Zerobyte {version}", host.named.name),
            at,
            "too old",
            "0.40 is the first version that can be set up without a browser: bring the host to it, or let cron run this backup",
        );
    }
    if let Some((rules, at)) = keep
        && let Some(why) = not_kept(rules)
    {
        limit(
            true,
            format!("Zerobyte cannot apply the keep rules of `{name}`: {why}"),
            *at,
            "these rules",
            "keep by counts, or let cron or the executor run this backup",
        );
    }
    if let Some(flag) = not_allowed(flags) {
        limit(
            false,
            format!("Zerobyte does not pass `{flag}` of `{name}` on to restic"),
            step.named.span,
            "this backup",
            "leave the flag out, or let cron or the executor run this backup",
        );
    }
    if step.timing.retries > MOST_RETRIES {
        limit(
            false,
            format!(
                "Zerobyte tries at most {MOST_RETRIES} times again, `{name}` {}",
                step.timing.retries
            ),
            step.named.span,
            "this backup",
            "write at most `retries 32`",
        );
    }
    if let Some((schedule, at)) = &step.timing.schedule
        && schedule.when != Recurrence::OnDemand
        && let Err(error) = schedule.to_cron()
    {
        limit(
            false,
            format!("`{name}` cannot be a job of Zerobyte: {error}"),
            *at,
            "this schedule",
            "a job has one line of cron: write one backup for each time, or let cron run it",
        );
    }
    out
}

/// A mirror is not tried again.
fn untried(step: &Step) -> Option<Limit> {
    (step.timing.retries > 0).then(|| Limit {
        keep: false,
        what: format!(
            "Zerobyte tries a backup again, but not the copying of it by `{}`",
            step.named.name
        ),
        at: step.named.span,
        label: "this copy",
        help: "leave `retries` out: what has not arrived is noticed by `checked`",
    })
}

/// Whether a step that it is to run copies the files of a repository, or versions that it has not made itself.
#[must_use]
pub fn copies_versions(model: &Model, step: &Step) -> bool {
    if step.mirror().is_some() {
        return model.followed(step).is_none();
    }
    if zerobyte(model, step).is_none() || matches!(step.verb, Verb::Backup { .. }) {
        return false;
    }
    match &step.source {
        Source::Repository(..) => true,
        Source::Location(place, _) => model
            .repositories
            .iter()
            .any(|(_, it)| it.store == place.store && (place.path == "/" || it.path == place.path)),
        Source::Step(id, _) => {
            let read = model.steps.get(*id);
            read.is_some_and(|read| matches!(read.verb, Verb::Backup { .. }))
        }
        Source::Home => false,
    }
}

/// Why one repository cannot be the mirror of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// They are one and the same.
    Same,
    /// A mirror of this backup to this repository is there already.
    Again(StepId),
    /// Both are opened through S3, with two credentials; the second that of the mirror. restic has but one
    /// place for those of a kind of storage, so Zerobyte refuses the pair (`backend-compatibility.ts`).
    Credentials(CredentialId, CredentialId),
}

/// Why a step cannot mirror the backup that it follows. Repositories in folders of its host always can:
/// of the kinds that are emitted, that leaves S3.
#[must_use]
pub fn unlike(model: &Model, id: StepId) -> Option<Unlike> {
    let step = model.steps.get(id)?;
    let backup_id = model.followed(step)?;
    let backup = model.steps.get(backup_id)?;
    let (StepTarget::Repository(from, _), StepTarget::Repository(to, _)) =
        (&backup.target, &step.target)
    else {
        return None;
    };
    if from == to {
        return Some(Unlike::Same);
    }
    let earlier = model.steps.iter().take_while(|(other, _)| *other != id);
    let again = earlier
        .filter(|(_, other)| other.follows(backup_id, backup))
        .find(|(_, other)| matches!(&other.target, StepTarget::Repository(its, _) if its == to));
    if let Some((other, _)) = again {
        return Some(Unlike::Again(other));
    }
    let opened = |step: &Step, id: RepositoryId| {
        let repository = model.repositories.get(id)?;
        let in_bucket = model.stores.get(repository.store)?.kind == StoreKind::Bucket;
        let (credential, _) = step.credential.or(repository.credential)?;
        in_bucket.then_some(credential)
    };
    let (first, second) = (opened(backup, *from)?, opened(step, *to)?);
    (first != second).then_some(Unlike::Credentials(first, second))
}

fn zerobyte<'m>(model: &'m Model, step: &Step) -> Option<&'m Host> {
    if step.runner.kind != RunnerKind::Zerobyte {
        return None;
    }
    model.hosts.get(step.runner.host?)
}

/// What in keep rules it cannot do.
fn not_kept(rules: &KeepRules) -> Option<&'static str> {
    if rules.withins().iter().any(|(_, within)| within.is_some()) {
        return Some("`within` becomes a flag that restic does not know, and every clean-up fails");
    }
    if !rules.tags.is_empty() {
        return Some("it marks snapshots with its own number of the job alone");
    }
    let counts = rules.counts();
    if counts
        .iter()
        .any(|(_, count)| matches!(count, Some(Count::Unlimited | Count::MinusOne)))
    {
        return Some("it knows numbers alone");
    }
    let some = counts
        .iter()
        .any(|(_, count)| matches!(count, Some(Count::N(1..))));
    if some {
        None
    } else {
        Some("a rule of 0 is left out, and nothing is kept or cleaned up")
    }
}

/// The first word that the allow-list does not have.
fn not_allowed(flags: &[String]) -> Option<&str> {
    let mut words = flags.iter().flat_map(|flag| flag.split_whitespace());
    while let Some(word) = words.next() {
        let (name, joined) = word
            .split_once('=')
            .map_or((word, false), |(name, _)| (name, true));
        match ALLOWED.iter().find(|(allowed, _)| *allowed == name) {
            Some((_, true)) if !joined => drop(words.next()),
            Some(_) => {}
            None => return Some(word),
        }
    }
    None
}

/// The version on a host, if the policy says so, and where.
fn version(host: &Host) -> Option<(Version, Span)> {
    let tool = host.tools.iter().find(|tool| tool.name == "zerobyte")?;
    Some((tool.version?, tool.span))
}
