//! One rule.

use serde::{Deserialize, Serialize};
use thrice_model::{AgeClock, Location, Source, Step, StepId, StoreId, StoreKind, Verb};
use thrice_target::template::line;
use thrice_target::{Diagnostic, Plan, refusal};

/// What a bucket is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// All rules, by ID.
    #[serde(rename = "Rules")]
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `thrice/POLICY/expire/STEP`: at most 255 characters.
    #[serde(rename = "ID")]
    pub id: String,
    /// `Enabled`.
    #[serde(rename = "Status")]
    pub status: String,
    /// Which objects.
    #[serde(rename = "Filter", skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Which objects, in the deprecated place.
    #[serde(rename = "Prefix", skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// What happens to them.
    #[serde(flatten)]
    pub action: Action,
}

/// Which objects a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Ends in a slash, or is empty: `logs` would mean `logs-of-last-year` too.
    #[serde(rename = "Prefix")]
    pub prefix: String,
}

/// What happens to objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// They are deleted; in a versioned bucket they become noncurrent.
    Expiration(Expiration),
    /// Old versions are deleted.
    #[serde(rename = "NoncurrentVersionExpiration")]
    Noncurrent(NoncurrentExpiration),
    /// What is left of unfinished uploads is removed.
    #[serde(rename = "AbortIncompleteMultipartUpload")]
    Abort(Abort),
}

/// After so many days from the upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expiration {
    /// 1 or more.
    #[serde(rename = "Days")]
    pub days: i64,
}

/// After so many days from when they became noncurrent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoncurrentExpiration {
    /// 1 or more.
    #[serde(rename = "NoncurrentDays")]
    pub days: i64,
}

/// After so many days from the beginning of the upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Abort {
    /// 1 or more.
    #[serde(rename = "DaysAfterInitiation")]
    pub days: i64,
}

/// The bucket of an expire step, and its rule there.
pub(crate) fn of_step(plan: &Plan, id: StepId, step: &Step) -> Result<(StoreId, Rule), Diagnostic> {
    let Verb::Expire {
        deprecated_prefix,
        noncurrent,
        ..
    } = step.verb
    else {
        return Err(refusal::about(
            step,
            refusal::INTERNAL,
            "only an expire step is a lifecycle rule",
        ));
    };
    let place = place(plan, step)?;
    let days = days(step)?;
    if !noncurrent {
        spare_repositories(plan, step, place)?;
    }
    let prefix = prefix(step, place)?;
    let action = if noncurrent {
        Action::Noncurrent(NoncurrentExpiration { days })
    } else {
        Action::Expiration(Expiration { days })
    };
    let (filter, prefix) = if deprecated_prefix {
        (None, Some(prefix))
    } else {
        (Some(Filter { prefix }), None)
    };
    Ok((
        place.store,
        Rule {
            id: crate::id_of(plan, id),
            status: "Enabled".to_owned(),
            filter,
            prefix,
            action,
        },
    ))
}

fn place<'a>(plan: &Plan, step: &'a Step) -> Result<&'a Location, Diagnostic> {
    match &step.source {
        Source::Location(place, _) if plan.model.stores[place.store].kind == StoreKind::Bucket => {
            Ok(place)
        }
        _ => {
            let message = format!(
                "`{}` is to be a lifecycle rule, but is not about a bucket",
                step.named.name
            );
            Err(refusal::about(step, refusal::UNREACHABLE, message)
                .help("files are removed by a clean-up: name what runs it, such as `by HOST.cron`"))
        }
    }
}

/// Days after which the rule acts: whole ones, by the clock of the upload, which is the only one there is.
fn days(step: &Step) -> Result<i64, Diagnostic> {
    let Verb::Expire {
        after,
        clock,
        noncurrent,
        ..
    } = &step.verb
    else {
        return Ok(0);
    };
    if *clock != AgeClock::Upload && !noncurrent {
        let message = format!(
            "a lifecycle rule cannot measure age as `{}` does",
            step.named.name
        );
        return Err(refusal::about(step, refusal::UNSUPPORTED, message)
            .help("the age of an object counts from its upload: write `by upload`"));
    }
    let (low, high) = (after.low().0, after.high().0);
    if low != high || low < 86_400 || low % 86_400 != 0 {
        let message = format!(
            "`{}` does not expire after a whole number of days",
            step.named.name
        );
        return Err(refusal::about(step, refusal::UNSUPPORTED, message).help(
            "a lifecycle rule counts days: write one number of days, such as `after 30 days`",
        ));
    }
    Ok(low / 86_400)
}

/// The oldest objects of a repository are its `config` and its keys, so they would be the first to go, and
/// nothing could be read any more (tried with restic 0.18 on Ceph RGW 16).
fn spare_repositories(plan: &Plan, step: &Step, place: &Location) -> Result<(), Diagnostic> {
    for (_, repository) in plan.model.repositories.iter() {
        let inside = repository.place();
        if place.meets(&inside) {
            let name = &repository.named.name;
            let message = format!("`{}` deletes the repository `{name}`", step.named.name);
            return Err(refusal::about(step, refusal::OVER_REPOSITORY, message)
                .at(
                    repository.named.span,
                    "its `config` and keys are its oldest objects",
                )
                .help("let keep rules thin it, and expire only noncurrent versions there"));
        }
    }
    Ok(())
}

fn prefix(step: &Step, place: &Location) -> Result<String, Diagnostic> {
    let below = place.path.trim_matches('/');
    if below.contains(char::is_control) {
        let message = format!(
            "`{}` has a prefix that no request can hold: {}",
            step.named.name,
            line(below)
        );
        return Err(
            refusal::about(step, refusal::UNQUOTABLE, message).help("no control characters")
        );
    }
    Ok(if below.is_empty() {
        String::new()
    } else {
        format!("{below}/")
    })
}
