//! What a lifecycle rule means, whatever form a server gives it back in.

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration,
};
use thrice_target_s3_lifecycle::{Action, Rule};

/// A rule, with one place for each thing that it can say.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meaning {
    /// Its ID.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Which objects; empty for all. Wherever it stands: servers move it.
    pub prefix: String,
    /// Only objects with these tags, sorted.
    pub tags: Vec<(String, String)>,
    /// Only larger objects, in bytes.
    pub larger_than: Option<i64>,
    /// Only smaller objects, in bytes.
    pub smaller_than: Option<i64>,
    /// Days until objects expire.
    pub expiration_days: Option<i32>,
    /// The date on which objects expire.
    pub expiration_date: Option<String>,
    /// Whether markers of deletion that hide nothing any more are removed.
    pub orphaned_markers: bool,
    /// Days until noncurrent versions expire.
    pub noncurrent_days: Option<i32>,
    /// So many noncurrent versions stay in any case.
    pub newer_noncurrent: Option<i32>,
    /// Days until an unfinished upload is removed.
    pub abort_days: Option<i32>,
    /// Moves to other storage classes, each in words.
    pub transitions: Vec<String>,
}

impl Meaning {
    /// What a rule means.
    #[must_use]
    pub fn of(rule: &LifecycleRule) -> Self {
        let filter = rule.filter();
        let and = filter.and_then(LifecycleRuleFilter::and);
        let mut tags: Vec<(String, String)> = filter
            .and_then(LifecycleRuleFilter::tag)
            .into_iter()
            .chain(and.map(LifecycleRuleAndOperator::tags).unwrap_or_default())
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect();
        tags.sort();
        let expiration = rule.expiration();
        let noncurrent = rule.noncurrent_version_expiration();
        let moves = rule.transitions().iter().map(|t| {
            let when = t
                .days()
                .map(|days| days.to_string())
                .or_else(|| t.date().map(ToString::to_string));
            format!(
                "{} after {}",
                class(t.storage_class()),
                when.unwrap_or_default()
            )
        });
        let noncurrent_moves = rule.noncurrent_version_transitions().iter().map(|t| {
            format!(
                "noncurrent versions {} after {} but {}",
                class(t.storage_class()),
                t.noncurrent_days().unwrap_or_default(),
                t.newer_noncurrent_versions().unwrap_or_default()
            )
        });
        Self {
            id: rule.id().unwrap_or_default().to_owned(),
            enabled: *rule.status() == ExpirationStatus::Enabled,
            prefix: prefix(rule).unwrap_or_default().to_owned(),
            tags,
            larger_than: filter
                .and_then(LifecycleRuleFilter::object_size_greater_than)
                .or_else(|| and.and_then(LifecycleRuleAndOperator::object_size_greater_than)),
            smaller_than: filter
                .and_then(LifecycleRuleFilter::object_size_less_than)
                .or_else(|| and.and_then(LifecycleRuleAndOperator::object_size_less_than)),
            expiration_days: expiration.and_then(LifecycleExpiration::days),
            expiration_date: expiration
                .and_then(LifecycleExpiration::date)
                .map(ToString::to_string),
            orphaned_markers: expiration
                .and_then(LifecycleExpiration::expired_object_delete_marker)
                == Some(true),
            noncurrent_days: noncurrent.and_then(NoncurrentVersionExpiration::noncurrent_days),
            newer_noncurrent: noncurrent
                .and_then(NoncurrentVersionExpiration::newer_noncurrent_versions),
            abort_days: rule
                .abort_incomplete_multipart_upload()
                .and_then(AbortIncompleteMultipartUpload::days_after_initiation),
            transitions: moves.chain(noncurrent_moves).collect(),
        }
    }

    /// Whether it deletes or moves what somebody may want back: everything but unfinished uploads and
    /// markers without an object.
    #[must_use]
    pub const fn takes_data(&self) -> bool {
        self.enabled
            && (self.expiration_days.is_some()
                || self.expiration_date.is_some()
                || self.noncurrent_days.is_some()
                || !self.transitions.is_empty())
    }

    /// Everything that it says, each with its name; what it does not say is left out.
    #[must_use]
    pub fn says(&self) -> Vec<(&'static str, String)> {
        let days = |days: Option<i32>| days.map(|days| format!("{days} days"));
        let tags = self
            .tags
            .iter()
            .map(|(key, value)| format!("{key}={value}"));
        let tags = tags.collect::<Vec<_>>().join(", ");
        [
            ("in force", (!self.enabled).then(|| "no".to_owned())),
            (
                "of",
                Some(if self.prefix.is_empty() {
                    "all objects".to_owned()
                } else {
                    format!("`{}`", self.prefix)
                }),
            ),
            ("with the tags", (!tags.is_empty()).then_some(tags)),
            (
                "larger than",
                self.larger_than.map(|size| format!("{size} B")),
            ),
            (
                "smaller than",
                self.smaller_than.map(|size| format!("{size} B")),
            ),
            ("objects expire after", days(self.expiration_days)),
            ("objects expire on", self.expiration_date.clone()),
            (
                "orphaned markers go",
                self.orphaned_markers.then(|| "at once".to_owned()),
            ),
            (
                "noncurrent versions expire after",
                days(self.noncurrent_days),
            ),
            (
                "noncurrent versions kept",
                self.newer_noncurrent.map(|n| n.to_string()),
            ),
            ("unfinished uploads go after", days(self.abort_days)),
            (
                "moved to",
                (!self.transitions.is_empty()).then(|| self.transitions.join("; ")),
            ),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    /// It in one line.
    #[must_use]
    pub fn words(&self) -> String {
        let said = self.says();
        let said: Vec<String> = said
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        said.join(", ")
    }
}

fn class(class: Option<&aws_sdk_s3::types::TransitionStorageClass>) -> &str {
    class.map_or("", aws_sdk_s3::types::TransitionStorageClass::as_str)
}

#[expect(
    deprecated,
    reason = "servers and people still use the deprecated place"
)]
fn prefix(rule: &LifecycleRule) -> Option<&str> {
    let filter = rule.filter();
    filter
        .and_then(LifecycleRuleFilter::prefix)
        .or_else(|| {
            filter
                .and_then(LifecycleRuleFilter::and)
                .and_then(LifecycleRuleAndOperator::prefix)
        })
        .or_else(|| rule.prefix())
}

/// A rule of ours in the words of the library.
///
/// # Errors
/// The library cannot hold it.
pub fn library(rule: &Rule) -> Result<LifecycleRule, BuildError> {
    let new = LifecycleRule::builder()
        .id(&rule.id)
        .status(ExpirationStatus::from(rule.status.as_str()));
    let new = match &rule.filter {
        Some(filter) => new.filter(
            LifecycleRuleFilter::builder()
                .prefix(&filter.prefix)
                .build(),
        ),
        #[expect(deprecated, reason = "the policy may ask for the deprecated form")]
        None => new.set_prefix(rule.prefix.clone()),
    };
    let days = |days: i64| i32::try_from(days).unwrap_or(i32::MAX);
    match &rule.action {
        Action::Expiration(e) => {
            new.expiration(LifecycleExpiration::builder().days(days(e.days)).build())
        }
        Action::Noncurrent(n) => new.noncurrent_version_expiration(
            NoncurrentVersionExpiration::builder()
                .noncurrent_days(days(n.days))
                .build(),
        ),
        Action::Abort(a) => new.abort_incomplete_multipart_upload(
            AbortIncompleteMultipartUpload::builder()
                .days_after_initiation(days(a.days))
                .build(),
        ),
    }
    .build()
}

/// A rule as a server gave it, in the form that the API asks for: one thing in a filter, several within
/// `And`. Ceph 16.2 gives back a prefix beside `And`; it takes that again, others need not.
pub(crate) fn puttable(rule: &LifecycleRule) -> LifecycleRule {
    let mut rule = rule.clone();
    let Some(filter) = rule.filter.as_mut() else {
        return rule;
    };
    if let Some(and) = filter.and.as_mut()
        && let Some(prefix) = filter.prefix.take()
    {
        and.prefix = Some(prefix);
    }
    rule
}
