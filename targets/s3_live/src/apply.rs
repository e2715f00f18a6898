//! Makes a bucket what a plan wants of it, and makes sure that it is.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, DefaultRetention, LifecycleRule,
    ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode, ObjectLockRule,
    VersioningConfiguration,
};
use thrice_model::{LockMode, ProviderCapability, Versioning};

use crate::compare::rules_of;
use crate::meaning::{Meaning, library, puttable};
use crate::session::{Locked, Session, State, meanings};
use crate::trouble::{Trouble, TroubleKind};
use crate::wanted::Wanted;

/// What may be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hands {
    /// Rules of this policy alone.
    Own,
    /// All rules: those of others that take data are removed.
    TakeOver,
}

/// What was changed, each read back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Versioning.
    pub versioning: bool,
    /// The lock's default.
    pub lock: bool,
    /// The rules.
    pub rules: bool,
}

impl Session {
    /// Makes a bucket what is wanted of it, as far as the API can: versioning and lock first, so that a
    /// rule never deletes for good what should have become an old version.
    ///
    /// `shown` is the state that somebody has agreed to change.
    ///
    /// # Errors
    /// Whatever keeps it from being so; where rules were written and are not what was meant, what was
    /// there before has been put back, and the message says whether that worked.
    pub fn apply(&self, wanted: &Wanted, shown: &State, hands: Hands) -> Result<Applied, Trouble> {
        let ours = rules_of(wanted)?;
        let next = next_rules(wanted, &shown.rules, &ours, hands)?;
        refuse_dropped(wanted, &next)?;
        let mut applied = Applied::default();
        if wanted.versioning != shown.versioning && wanted.versioning != Versioning::Off {
            self.set_versioning(wanted)?;
            applied.versioning = true;
        }
        if let Some(lock) = wanted.lock
            && shown.lock != Locked::Never
            && shown.lock != Locked::For(lock.mode, lock.days)
        {
            self.set_lock(&wanted.bucket, lock.mode, lock.days)?;
            applied.lock = true;
        }
        if meanings(&next) != shown.rules() {
            self.set_rules(&wanted.bucket, &shown.rules, &next)?;
            applied.rules = true;
        }
        Ok(applied)
    }

    fn set_versioning(&self, wanted: &Wanted) -> Result<(), Trouble> {
        let bucket = &wanted.bucket;
        if !wanted.can(ProviderCapability::Versioning) {
            let message = format!(
                "versioning of `{bucket}`: the policy does not say that its provider supports it"
            );
            return Err(Trouble::new(TroubleKind::Unsupported, message));
        }
        let status = match wanted.versioning {
            Versioning::On => BucketVersioningStatus::Enabled,
            Versioning::Suspended | Versioning::Off => BucketVersioningStatus::Suspended,
        };
        let request = self
            .client
            .put_bucket_versioning()
            .bucket(bucket)
            .versioning_configuration(VersioningConfiguration::builder().status(status).build());
        let sent = self.runtime.block_on(request.send());
        sent.map_err(|error| Trouble::of(&format!("versioning of `{bucket}`"), &error))?;
        if self.versioning(bucket)? == wanted.versioning {
            return Ok(());
        }
        let message = format!("versioning of `{bucket}`: the server took it, and did not do it");
        Err(Trouble::new(TroubleKind::Dropped, message))
    }

    fn set_lock(&self, bucket: &str, mode: LockMode, days: i64) -> Result<(), Trouble> {
        let word = match mode {
            LockMode::Governance => ObjectLockRetentionMode::Governance,
            LockMode::Compliance => ObjectLockRetentionMode::Compliance,
        };
        let default = DefaultRetention::builder()
            .mode(word)
            .days(i32::try_from(days).unwrap_or(i32::MAX))
            .build();
        let lock = ObjectLockConfiguration::builder()
            .object_lock_enabled(ObjectLockEnabled::Enabled)
            .rule(ObjectLockRule::builder().default_retention(default).build())
            .build();
        let request = self
            .client
            .put_object_lock_configuration()
            .bucket(bucket)
            .object_lock_configuration(lock);
        let sent = self.runtime.block_on(request.send());
        sent.map_err(|error| Trouble::of(&format!("lock of `{bucket}`"), &error))?;
        if self.lock(bucket)? == Locked::For(mode, days) {
            return Ok(());
        }
        let message = format!("lock of `{bucket}`: the server took it, and did not do it");
        Err(Trouble::new(TroubleKind::Dropped, message))
    }

    /// Writes rules, if those that were shown are still there, and reads them back.
    fn set_rules(
        &self,
        bucket: &str,
        shown: &[LifecycleRule],
        next: &[LifecycleRule],
    ) -> Result<(), Trouble> {
        if meanings(&self.rules(bucket)?) != meanings(shown) {
            let message = format!(
                "rules of `{bucket}`: somebody has changed them meanwhile; nothing was written"
            );
            return Err(Trouble::new(TroubleKind::Changed, message));
        }
        let meant = meanings(next);
        let sent = self.put_rules(bucket, next);
        if let Err(trouble) = &sent
            && !trouble.leaves_doubt()
        {
            return sent;
        }
        // No answer to the PUT is no answer to whether it was done: the server knows.
        let found = self
            .rules(bucket)
            .map(|rules| meanings(&rules))
            .map_err(|mut trouble| {
                trouble
                    .message
                    .push_str("; rules were sent, and whether they are in force is not known");
                trouble
            })?;
        if found == meant {
            return Ok(());
        }
        if found == meanings(shown) {
            let message = format!("rules of `{bucket}`: the server took them, and did nothing");
            return sent.and(Err(Trouble::new(TroubleKind::Dropped, message)));
        }
        Err(self.put_back(bucket, shown, &meant, &found))
    }

    /// What is there is not what was sent. If the server dropped a part of it, what was there before is put
    /// back; if somebody else has written rules of theirs, these stay.
    fn put_back(
        &self,
        bucket: &str,
        shown: &[LifecycleRule],
        meant: &[Meaning],
        found: &[Meaning],
    ) -> Trouble {
        let ids = |rules: &[Meaning]| -> BTreeSet<String> {
            rules.iter().map(|rule| rule.id.clone()).collect()
        };
        if !ids(found).is_subset(&ids(meant)) {
            let message = format!(
                "rules of `{bucket}`: somebody else has written rules at the same time; theirs are left"
            );
            return Trouble::new(TroubleKind::Changed, message);
        }
        let lost = lost(meant, found).join("; ");
        let back = self
            .put_rules(bucket, shown)
            .and_then(|()| self.rules(bucket));
        let end = match back {
            Ok(rules) if meanings(&rules) == meanings(shown) => {
                "what was there before is in force again".to_owned()
            }
            Ok(_) => "WHAT WAS THERE BEFORE COULD NOT BE PUT BACK: see what is in force".to_owned(),
            Err(trouble) => format!("WHAT WAS THERE BEFORE COULD NOT BE PUT BACK: {trouble}"),
        };
        let message = format!(
            "rules of `{bucket}`: the server dropped a part of what it took: {lost}; {end}"
        );
        Trouble::new(TroubleKind::Dropped, message)
    }

    fn put_rules(&self, bucket: &str, rules: &[LifecycleRule]) -> Result<(), Trouble> {
        let what = format!("rules of `{bucket}`");
        if rules.is_empty() {
            // No server takes an empty list.
            let request = self.client.delete_bucket_lifecycle().bucket(bucket);
            let sent = self.runtime.block_on(request.send());
            return sent.map(drop).map_err(|error| Trouble::of(&what, &error));
        }
        let rules: Vec<LifecycleRule> = rules.iter().map(puttable).collect();
        let configuration = BucketLifecycleConfiguration::builder()
            .set_rules(Some(rules))
            .build()
            .map_err(|error| Trouble::new(TroubleKind::Refused, error.to_string()))?;
        let request = self
            .client
            .put_bucket_lifecycle_configuration()
            .bucket(bucket)
            .lifecycle_configuration(configuration);
        let sent = self.runtime.block_on(request.send());
        sent.map(drop).map_err(|error| Trouble::of(&what, &error))
    }
}

/// The rules of the bucket as they are to be: ours, and those of others unless they are taken over.
fn next_rules(
    wanted: &Wanted,
    there: &[LifecycleRule],
    ours: &[Meaning],
    hands: Hands,
) -> Result<Vec<LifecycleRule>, Trouble> {
    let stays = |rule: &&LifecycleRule| {
        let meaning = Meaning::of(rule);
        let is_ours =
            meaning.id.starts_with(&wanted.ours) || ours.iter().any(|o| o.id == meaning.id);
        !is_ours && (hands == Hands::Own || !meaning.takes_data())
    };
    let mut next: Vec<LifecycleRule> = there.iter().filter(stays).cloned().collect();
    for rule in &wanted.rules {
        let rule =
            library(rule).map_err(|error| Trouble::new(TroubleKind::Refused, error.to_string()))?;
        next.push(rule);
    }
    Ok(next)
}

/// A PUT sends the rules of others again: what the provider is known to drop would change them.
fn refuse_dropped(wanted: &Wanted, next: &[LifecycleRule]) -> Result<(), Trouble> {
    for rule in meanings(next) {
        let sized = rule.larger_than.is_some() || rule.smaller_than.is_some();
        let dropped = [
            (
                sized,
                ProviderCapability::LifecycleObjectSize,
                "filters by size",
            ),
            (
                rule.newer_noncurrent.is_some(),
                ProviderCapability::NewerNoncurrentVersions,
                "`NewerNoncurrentVersions`",
            ),
            (
                !rule.transitions.is_empty(),
                ProviderCapability::Transitions,
                "transitions",
            ),
        ];
        for (has, needs, what) in dropped {
            if has && !wanted.can(needs) {
                let message = format!(
                    "rule `{}` of `{}` has {what}, which its provider is not known to keep; nothing was written",
                    rule.id, wanted.bucket
                );
                return Err(Trouble::new(TroubleKind::Unsupported, message));
            }
        }
    }
    Ok(())
}

/// What was meant and is not there, rule by rule.
fn lost(meant: &[Meaning], found: &[Meaning]) -> Vec<String> {
    let mut out = Vec::new();
    for rule in meant {
        match found.iter().find(|other| other.id == rule.id) {
            None => out.push(format!("rule `{}` is not there", rule.id)),
            Some(other) if other != rule => {
                out.push(format!("rule `{}` is now: {}", rule.id, other.words()));
            }
            Some(_) => {}
        }
    }
    out
}
