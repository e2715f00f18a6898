//! What Zerobyte does not do, or does otherwise than the policy says.

use thrice_model::{Host, HostId, Step, Verb};
use thrice_retention::{Bucket, Count, KeepRules};
use thrice_target::{Diagnostic, Plan, refusal};

use crate::FLOOR;

/// Flags of restic that Zerobyte lets through, with whether a value follows
/// (`validate-custom-params.ts` at 0.41).
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

/// Whether Zerobyte can do what a backup asks for.
pub fn check(plan: &Plan, step: &Step, host: HostId) -> Result<(), Diagnostic> {
    let host = &plan.model.hosts[host];
    if let Some(version) = version(host)
        && version < FLOOR
    {
        let message = format!(
            "`{}` has Zerobyte {}.{}",
            host.named.name, version.0, version.1
        );
        return Err(refusal::about(step, refusal::UNSUPPORTED, message)
            .at(host.named.span, "too old")
            .help("0.40 is the first version that can be set up without a browser"));
    }
    let Verb::Backup { keep, flags, .. } = &step.verb else {
        return Ok(());
    };
    if let Some((rules, span)) = keep
        && let Some(what) = not_kept(rules)
    {
        let message = format!(
            "Zerobyte cannot apply the keep rules of `{}`: {what}",
            step.named.name
        );
        return Err(refusal::about(step, refusal::UNSUPPORTED, message)
            .at(*span, "these rules")
            .help("keep by counts, or let cron or the executor run this backup"));
    }
    if let Some(flag) = not_allowed(flags) {
        let message = format!(
            "Zerobyte does not pass `{flag}` of `{}` on to restic",
            step.named.name
        );
        return Err(refusal::about(step, refusal::UNSUPPORTED, message)
            .help("leave the flag out, or let cron or the executor run this backup"));
    }
    if step.timing.retries > 32 {
        let message = format!(
            "Zerobyte tries at most 32 times again, `{}` {}",
            step.named.name, step.timing.retries
        );
        return Err(
            refusal::about(step, refusal::UNSUPPORTED, message).help("write at most `retries 32`")
        );
    }
    Ok(())
}

/// What in keep rules Zerobyte cannot do.
fn not_kept(rules: &KeepRules) -> Option<&'static str> {
    if rules.withins().iter().any(|(_, within)| within.is_some()) {
        return Some("`within` becomes a flag that restic does not know, and every clean-up fails");
    }
    if !rules.tags.is_empty() {
        return Some("it has no rule for tags");
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

/// The counts as Zerobyte names them.
pub fn counts(rules: &KeepRules) -> Vec<(&'static str, u32)> {
    let named = |bucket: Bucket| match bucket {
        Bucket::Last => "keepLast",
        Bucket::Hourly => "keepHourly",
        Bucket::Daily => "keepDaily",
        Bucket::Weekly => "keepWeekly",
        Bucket::Monthly => "keepMonthly",
        Bucket::Yearly => "keepYearly",
    };
    let counts = rules.counts().into_iter();
    counts
        .filter_map(|(bucket, count)| match count {
            Some(Count::N(n)) if n > 0 => Some((named(bucket), n)),
            _ => None,
        })
        .collect()
}

/// Major and minor version of Zerobyte on a host, if the policy says so.
fn version(host: &Host) -> Option<(u32, u32)> {
    let tool = host.tools.iter().find(|tool| tool.name == "zerobyte")?;
    let mut numbers = tool.version.split('.').map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
        _ => None,
    }
}
