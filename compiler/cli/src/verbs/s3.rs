//! `thrice s3`: buckets next to what the policy wants of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use thrice_diagnostics::Diagnostics;
use thrice_report::{human, number};
use thrice_s3_live::{
    Change, Comparison, Hands, Session, State, Trouble, Usage, Wanted, compare, full, stays, wanted,
};

use crate::args::{Args, S3, S3Action};
use crate::reach::{connection, keys};
use crate::{progress, terminal, verbs};

/// What came of all buckets.
#[derive(Default)]
struct Work {
    findings: Diagnostics,
    /// A line for each bucket, and for what was done to it.
    lines: String,
    /// By storage and bucket.
    usages: BTreeMap<(String, String), Usage>,
    /// Storages whose shared room was judged.
    told: BTreeSet<String>,
    changed: usize,
    differences: usize,
    troubles: usize,
}

/// Compares, or applies and compares again, bucket by bucket. What keeps one from being asked keeps none of
/// the others.
pub fn run(args: &Args, s3: &S3) -> u8 {
    let as_of = verbs::judged_at(s3.as_of);
    let asked = verbs::ask(args, &s3.path, as_of, "no bucket was asked", wanted);
    let (buckets, sources) = match asked {
        Ok(answer) => answer,
        Err(code) => return code,
    };
    let buckets = match chosen(s3, buckets) {
        Ok(buckets) => buckets,
        Err(why) => return verbs::misuse(&why),
    };
    let mut work = Work::default();
    for bucket in &buckets {
        let done = progress::during("asking the object storage", || one(s3, bucket, &mut work));
        if let Err(trouble) = done {
            work.troubles += 1;
            work.findings.push(trouble.finding(bucket));
        }
    }
    let summary = summary(s3.action, buckets.len(), &work);
    let code = match work {
        Work { troubles: 1.., .. } => verbs::MISUSE,
        Work {
            differences: 1.., ..
        } => 1,
        _ => 0,
    };
    let found = work.findings.sorted();
    let mut shown = human::findings(&found, &sources, terminal::options(args));
    if !shown.is_empty() {
        shown.push('\n');
    }
    verbs::finish(&(shown + &work.lines + &summary), code)
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

fn one(s3: &S3, bucket: &Wanted, work: &mut Work) -> Result<(), Trouble> {
    let _ = writeln!(
        work.lines,
        "{} in {} ({})",
        bucket.bucket, bucket.storage, bucket.name
    );
    let before = work.differences;
    let keys = keys(&s3.reach, bucket, &terminal::environment)?;
    let connection = connection(&s3.reach, bucket, keys, &terminal::environment)?;
    let session = Session::open(&connection)?;
    let state = session.state(&bucket.bucket)?;
    let found = compare(bucket, &state)?;
    let left = if s3.action == S3Action::Apply {
        apply(s3, bucket, &session, &state, &found, work)?
    } else {
        found
    };
    work.differences += left.differences.len();
    let differences = left.differences.iter().map(|it| it.finding(bucket));
    work.findings.extend(differences);
    let harmless = left.harmless.iter().map(|rule| stays(bucket, rule));
    work.findings.extend(harmless);
    // Last: it takes the longest, and keys may be allowed all but that.
    if !s3.no_usage {
        used(bucket, &session, work)?;
    }
    if work.differences == before && s3.action != S3Action::Apply {
        work.lines.push_str("  as the policy says\n");
    }
    Ok(())
}

/// How much is used, of the room that was promised. Buckets that share it are listed once, and told of once.
fn used(bucket: &Wanted, session: &Session, work: &mut Work) -> Result<(), Trouble> {
    let mut all = Vec::new();
    for name in &bucket.sharing {
        let key = (bucket.storage.clone(), name.clone());
        let usage = match work.usages.get(&key) {
            Some(known) => *known,
            None => session.usage(name)?,
        };
        work.usages.insert(key, usage);
        all.push((name.clone(), usage));
    }
    if let Some((_, usage)) = all.iter().find(|(name, _)| *name == bucket.bucket) {
        let _ = writeln!(work.lines, "  used: {usage}");
    }
    let shared = bucket.room.as_ref().is_some_and(|room| room.shared);
    if shared && !work.told.insert(bucket.storage.clone()) {
        return Ok(());
    }
    if let Some(full) = full(bucket, &all) {
        work.differences += 1;
        work.findings.push(full);
    }
    Ok(())
}

/// Applies, says what was done, and returns what still differs.
fn apply(
    s3: &S3,
    bucket: &Wanted,
    session: &Session,
    state: &State,
    found: &Comparison,
    work: &mut Work,
) -> Result<Comparison, Trouble> {
    let hands = if s3.take_over {
        Hands::TakeOver
    } else {
        Hands::Own
    };
    let applied = session.apply(bucket, state, hands)?;
    let after = compare(bucket, &session.state(&bucket.bucket)?)?;
    for difference in &found.differences {
        let still = after
            .differences
            .iter()
            .any(|it| it.what == difference.what);
        if !still {
            let sign = match difference.change {
                Change::Add => '+',
                Change::Alter => '~',
                Change::Remove => '-',
            };
            let (what, detail) = (&difference.what, &difference.detail);
            let _ = writeln!(work.lines, "  {sign} {what}: {detail}");
        }
    }
    for (done, what) in [
        (applied.versioning, "versioning"),
        (applied.lock, "lock"),
        (applied.rules, "rules"),
    ] {
        if done {
            work.changed += 1;
            let _ = writeln!(work.lines, "  {what}: written, read back, as meant");
        }
    }
    Ok(after)
}

fn summary(action: S3Action, buckets: usize, work: &Work) -> String {
    let mut said = number(buckets, "bucket");
    if action == S3Action::Apply {
        let _ = write!(said, ", {} made", number(work.changed, "change"));
        let _ = write!(said, ", {} left", number(work.differences, "difference"));
    } else {
        let _ = write!(said, ", {}", number(work.differences, "difference"));
    }
    if work.troubles > 0 {
        let _ = write!(said, ", {} could not be asked or changed", work.troubles);
    }
    format!("{said}\n")
}
