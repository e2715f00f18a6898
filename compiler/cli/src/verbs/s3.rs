//! `thrice s3`: buckets next to what the policy wants of them.

use std::fmt::Write as _;
use std::time::Duration;

use thrice_s3_live::{
    Change, Comparison, Connection, Hands, Keys, Remedy, Session, State, Trouble, Usage, Wanted,
    compare, wanted,
};

use crate::args::{Args, Reach, S3, S3Action};
use crate::{progress, terminal, verbs};

/// What came of all buckets.
#[derive(Default)]
struct Tally {
    buckets: usize,
    changed: usize,
    differences: usize,
    troubles: usize,
}

/// Compares, or applies and compares again, bucket by bucket. What keeps one from being asked keeps none of
/// the others.
pub fn run(args: &Args, s3: &S3) -> u8 {
    let as_of = verbs::judged_at(s3.as_of);
    let buckets = match verbs::ask(args, &s3.path, as_of, "no bucket was asked", wanted) {
        Ok((buckets, _)) => buckets,
        Err(code) => return code,
    };
    let buckets = match chosen(s3, buckets) {
        Ok(buckets) => buckets,
        Err(why) => return verbs::misuse(&why),
    };
    let mut shown = String::new();
    let mut tally = Tally::default();
    for bucket in &buckets {
        let _ = writeln!(
            shown,
            "{} in {} ({})",
            bucket.bucket, bucket.storage, bucket.name
        );
        let done = progress::during("asking the object storage", || {
            one(s3, bucket, &mut shown, &mut tally)
        });
        tally.buckets += 1;
        if let Err(trouble) = done {
            tally.troubles += 1;
            let _ = writeln!(shown, "  error: {trouble}");
            if let Some(help) = trouble.help {
                let _ = writeln!(shown, "         {help}");
            }
        }
    }
    shown.push_str(&summary(s3.action, &tally));
    let code = match tally {
        Tally { troubles: 1.., .. } => verbs::MISUSE,
        Tally {
            differences: 1.., ..
        } => 1,
        _ => 0,
    };
    verbs::finish(&shown, code)
}

fn chosen(s3: &S3, mut buckets: Vec<Wanted>) -> Result<Vec<Wanted>, String> {
    let is = |bucket: &Wanted, name: &String| bucket.bucket == *name || bucket.name == *name;
    if let Some(unknown) = s3
        .bucket
        .iter()
        .find(|name| !buckets.iter().any(|b| is(b, name)))
    {
        return Err(format!("the policy has no bucket `{unknown}` on that day"));
    }
    if !s3.bucket.is_empty() {
        buckets.retain(|bucket| s3.bucket.iter().any(|name| is(bucket, name)));
    }
    if buckets.is_empty() {
        return Err("the policy has no buckets on that day".to_owned());
    }
    Ok(buckets)
}

fn one(s3: &S3, bucket: &Wanted, shown: &mut String, tally: &mut Tally) -> Result<(), Trouble> {
    let found = keys(&s3.reach, bucket).and_then(|keys| connection(&s3.reach, bucket, keys));
    let session = match found {
        Ok(connection) => Session::open(&connection)?,
        Err(why) => {
            tally.troubles += 1;
            let _ = writeln!(shown, "  error: {why}");
            return Ok(());
        }
    };
    let state = session.state(&bucket.bucket)?;
    let usage = if s3.no_usage {
        None
    } else {
        Some(session.usage(&bucket.bucket)?)
    };
    let found = compare(bucket, &state, usage)?;
    show(s3.action, &found, usage, shown);
    let left = if s3.action == S3Action::Apply {
        apply(s3, bucket, &session, &state, usage, shown, tally)?
    } else {
        found
    };
    tally.differences += left.differences.len();
    Ok(())
}

/// Applies, says what was done, and returns what still differs.
fn apply(
    s3: &S3,
    bucket: &Wanted,
    session: &Session,
    state: &State,
    usage: Option<Usage>,
    shown: &mut String,
    tally: &mut Tally,
) -> Result<Comparison, Trouble> {
    let hands = if s3.take_over {
        Hands::TakeOver
    } else {
        Hands::Own
    };
    let applied = session.apply(bucket, state, hands)?;
    for (done, what) in [
        (applied.versioning, "versioning"),
        (applied.lock, "lock"),
        (applied.rules, "rules"),
    ] {
        if done {
            tally.changed += 1;
            let _ = writeln!(shown, "  {what}: written, read back, as meant");
        }
    }
    let after = session.state(&bucket.bucket)?;
    compare(bucket, &after, usage)
}

/// How the storage of a bucket is reached.
///
/// # Errors
/// Nothing says where it is.
pub fn connection(reach: &Reach, bucket: &Wanted, keys: Keys) -> Result<Connection, String> {
    let named = bucket
        .endpoint
        .as_ref()
        .map(|host| format!("https://{host}"));
    let endpoint = reach.endpoint_url.clone().or(named).ok_or_else(|| {
        format!(
            "the policy names no endpoint of `{}`: say --endpoint-url",
            bucket.storage
        )
    })?;
    Ok(Connection {
        endpoint,
        region: bucket.region.clone(),
        keys,
        timeout: Duration::from_secs(reach.timeout),
    })
}

/// The keys of the profile that was asked for, else those of the environment, else those of the profile that
/// is known for the bucket.
///
/// # Errors
/// There are none, or the profile cannot be read.
pub fn keys(reach: &Reach, bucket: &Wanted) -> Result<Keys, String> {
    let pair = terminal::environment("AWS_ACCESS_KEY_ID")
        .zip(terminal::environment("AWS_SECRET_ACCESS_KEY"));
    match (&reach.profile, pair, &bucket.profile) {
        (Some(asked), _, _) => Keys::of_profile(asked).map_err(|error| error.to_string()),
        (None, Some((id, secret)), _) => Ok(Keys::new(
            &id,
            &secret,
            terminal::environment("AWS_SESSION_TOKEN"),
        )),
        (None, None, Some(named)) => Keys::of_profile(named).map_err(|error| error.to_string()),
        (None, None, None) => Err(format!(
            "no keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or say --profile (no credential of the policy \
             that may administer `{}` has a profile)",
            bucket.name
        )),
    }
}

fn show(action: S3Action, found: &Comparison, usage: Option<Usage>, shown: &mut String) {
    for difference in &found.differences {
        let sign = match difference.change {
            Change::Add => '+',
            Change::Alter => '~',
            Change::Remove => '-',
        };
        let _ = writeln!(
            shown,
            "  {sign} {}: {}",
            difference.about, difference.detail
        );
        match difference.remedy {
            Remedy::Apply => {}
            Remedy::TakeOver => {
                shown.push_str("      left alone, unless `apply --take-over` is said\n")
            }
            Remedy::Hand => {
                shown.push_str("      not for `apply`: change the policy, or do it by hand\n")
            }
        }
    }
    for rule in &found.harmless {
        let _ = writeln!(
            shown,
            "    rule `{}` is not of this policy and takes no data: stays",
            rule.id
        );
    }
    if found.differences.is_empty() && action != S3Action::Apply {
        shown.push_str("  as the policy says\n");
    }
    if let Some(usage) = usage {
        let _ = writeln!(
            shown,
            "  used: {} B in {} objects and old versions",
            usage.bytes, usage.objects
        );
    }
}

fn summary(action: S3Action, tally: &Tally) -> String {
    let plural = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    let mut said = plural(tally.buckets, "bucket");
    if action == S3Action::Apply {
        let _ = write!(said, ", {} made", plural(tally.changed, "change"));
        let _ = write!(said, ", {} left", plural(tally.differences, "difference"));
    } else {
        let _ = write!(said, ", {}", plural(tally.differences, "difference"));
    }
    if tally.troubles > 0 {
        let _ = write!(said, ", {} could not be asked or changed", tally.troubles);
    }
    format!("{said}\n")
}
