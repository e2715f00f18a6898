//! What differs between a bucket and what a plan wants of it, and who can change it.

use std::fmt;

use thrice_model::{LockMode, ProviderCapability, Versioning};
use thrice_target_s3_lifecycle::Rule;

use crate::meaning::{Meaning, library};
use crate::session::{Locked, State};
use crate::trouble::{Trouble, TroubleKind};
use crate::wanted::Wanted;

/// What happens to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is not there.
    Add,
    /// It is otherwise.
    Alter,
    /// It should not be there.
    Remove,
}

/// What removes a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// `thrice s3 apply`.
    Apply,
    /// `thrice s3 apply --take-over`, which removes rules that are not of this policy.
    TakeOver,
    /// A person, or another policy.
    Hand,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The rule with this ID.
    Rule(String),
    /// Versioning.
    Versioning,
    /// The lock.
    Lock,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(id) => write!(f, "rule `{id}`"),
            Self::Versioning => f.write_str("versioning"),
            Self::Lock => f.write_str("lock"),
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What is to happen.
    pub change: Change,
    /// To what.
    pub what: What,
    /// How it is, and how it should be.
    pub detail: String,
    /// What removes it.
    pub remedy: Remedy,
}

/// A bucket, compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// What differs: rules by ID, then versioning, lock.
    pub differences: Vec<Difference>,
    /// Rules of others that take no data, and may stay.
    pub harmless: Vec<Meaning>,
}

/// What differs.
///
/// # Errors
/// A rule of ours that the library cannot hold, or that the provider is not known to carry out.
pub fn compare(wanted: &Wanted, state: &State) -> Result<Comparison, Trouble> {
    let ours = rules_of(wanted)?;
    let there = state.rules();
    let mut differences = Vec::new();
    for rule in &ours {
        match there.iter().find(|other| other.id == rule.id) {
            None => differences.push(about_rule(Change::Add, rule, rule.words(), Remedy::Apply)),
            Some(other) if other != rule => {
                let detail = format!("is: {}; to be: {}", other.words(), rule.words());
                differences.push(about_rule(Change::Alter, rule, detail, Remedy::Apply));
            }
            Some(_) => {}
        }
    }
    let mut harmless = Vec::new();
    for rule in there {
        if ours.iter().any(|other| other.id == rule.id) {
            continue;
        }
        if rule.id.starts_with(&wanted.ours) {
            let detail = format!("no longer in the policy: {}", rule.words());
            differences.push(about_rule(Change::Remove, &rule, detail, Remedy::Apply));
        } else if rule.takes_data() {
            let detail = format!(
                "not of this policy, so no proof knows of it: {}",
                rule.words()
            );
            differences.push(about_rule(Change::Remove, &rule, detail, Remedy::TakeOver));
        } else {
            harmless.push(rule);
        }
    }
    differences.sort_by(|a, b| a.what.cmp(&b.what));
    differences.extend(versioning(wanted, state));
    differences.extend(lock(wanted, state));
    Ok(Comparison {
        differences,
        harmless,
    })
}

fn about_rule(change: Change, rule: &Meaning, detail: String, remedy: Remedy) -> Difference {
    Difference {
        change,
        what: What::Rule(rule.id.clone()),
        detail,
        remedy,
    }
}

/// What our rules mean; the ones that the provider is not known to carry out are refused.
pub(crate) fn rules_of(wanted: &Wanted) -> Result<Vec<Meaning>, Trouble> {
    let mut out = Vec::new();
    for rule in &wanted.rules {
        refuse(wanted, rule)?;
        let rule =
            library(rule).map_err(|error| Trouble::new(TroubleKind::Refused, error.to_string()))?;
        out.push(Meaning::of(&rule));
    }
    Ok(out)
}

fn refuse(wanted: &Wanted, rule: &Rule) -> Result<(), Trouble> {
    let unknown = |what: &str| {
        let message = format!(
            "rule `{}` of `{}`: the policy does not say that its provider supports {what}",
            rule.id, wanted.name
        );
        Err(Trouble::new(TroubleKind::Unsupported, message))
    };
    if !wanted.can(ProviderCapability::Lifecycle) {
        return unknown("lifecycle");
    }
    if rule.prefix.is_some() && !wanted.can(ProviderCapability::LifecyclePrefix) {
        return unknown("lifecycle-prefix");
    }
    Ok(())
}

fn versioning(wanted: &Wanted, state: &State) -> Option<Difference> {
    if wanted.versioning == state.versioning {
        return None;
    }
    let never_again = wanted.versioning == Versioning::Off;
    let remark = if never_again {
        ": a bucket that had versions can only suspend them, and then some providers' rules do nothing"
    } else {
        ""
    };
    Some(Difference {
        change: Change::Alter,
        what: What::Versioning,
        detail: format!(
            "is {}; to be {}{remark}",
            versioning_word(state.versioning),
            versioning_word(wanted.versioning)
        ),
        remedy: if never_again {
            Remedy::Hand
        } else {
            Remedy::Apply
        },
    })
}

const fn versioning_word(versioning: Versioning) -> &'static str {
    match versioning {
        Versioning::Off => "off",
        Versioning::On => "on",
        Versioning::Suspended => "suspended",
    }
}

fn lock(wanted: &Wanted, state: &State) -> Option<Difference> {
    let to_be = wanted.lock.map(|lock| Locked::For(lock.mode, lock.days));
    let (remedy, remark) = match (to_be, state.lock) {
        (None, Locked::Never | Locked::ByUpload) => return None,
        (Some(to_be), is) if to_be == is => return None,
        (None, Locked::For(..)) => (
            Remedy::Hand,
            ": what the policy deletes stays, and takes room",
        ),
        (Some(_), Locked::Never) => (
            Remedy::Hand,
            ": a bucket is given its lock when it is made, and never later",
        ),
        (Some(_), _) => (Remedy::Apply, ": of objects from now on"),
    };
    Some(Difference {
        change: Change::Alter,
        what: What::Lock,
        detail: format!(
            "is {}; to be {}{remark}",
            lock_words(state.lock),
            to_be.map_or_else(|| "none".to_owned(), lock_words)
        ),
        remedy,
    })
}

fn lock_words(lock: Locked) -> String {
    match lock {
        Locked::Never => "none".to_owned(),
        Locked::ByUpload => "none by default".to_owned(),
        Locked::For(LockMode::Governance, days) => format!("governance, {days} days"),
        Locked::For(LockMode::Compliance, days) => format!("compliance, {days} days"),
    }
}
