//! Buckets, and the accounts that they are in.

use std::collections::BTreeMap;
use std::process::Command;

use thrice_audit::{
    About, Answer, Bucket, BucketQuestion, Difference, Measured, Questions, Strange, strange,
};
use thrice_s3_live::{Change, Comparison, Session, Trouble, Wanted, What, compare};

use crate::args::Audit;
use crate::measure::program::output;
use crate::reach::{connection, keys, pair};
use crate::terminal;

/// So many prefixes that the policy does not mention are told apart; the rest counts as one.
const MOST_PREFIXES: usize = 1_000;

/// What an environment file may set: keys, and the authorities to trust.
const VARIABLES: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CA_BUNDLE",
    "SSL_CERT_FILE",
];

/// Reads an environment file as the scripts do, and prints variables, a zero byte behind each.
const SETTINGS: &str = r#"
set -euo pipefail
set -a
. "$1"
shift
for name in "$@"; do
  printf '%s\0' "${!name-}"
done
"#;

/// Asks about the buckets that the host reads or writes, and, once an object storage, for all its buckets.
pub fn ask(audit: &Audit, asked: &Questions, wanted: &[Wanted], out: &mut Measured) {
    for question in &asked.buckets {
        let Some(wanted) = wanted.iter().find(|wanted| wanted.name == question.store) else {
            continue;
        };
        let session = match session(audit, question, wanted) {
            Ok(session) => session,
            Err(why) => {
                out.buckets.insert(question.store.clone(), Err(why));
                continue;
            }
        };
        let bucket = bucket(&session, question, wanted).map_err(|trouble| trouble.to_string());
        out.buckets.insert(question.store.clone(), bucket);
        if !matches!(out.accounts.get(&wanted.storage), Some(Ok(_))) {
            let all = session.buckets().map_err(|trouble| trouble.to_string());
            out.accounts.insert(wanted.storage.clone(), all);
        }
    }
}

/// A connection with the keys of the profile that was asked for, else of the environment, else of those that
/// the step's credential names. An authority that its file names is trusted, as by the scripts.
fn session(audit: &Audit, question: &BucketQuestion, wanted: &Wanted) -> Answer<Session> {
    let known = Wanted {
        profile: question.profile.clone(),
        ..wanted.clone()
    };
    let here = keys(&audit.reach, &known, &terminal::environment);
    let connection = match (here, &question.settings) {
        (Err(_), Some(file)) if audit.reach.profile.is_none() => {
            let set = settings(file)?;
            let variables = |name: &str| set.get(name).cloned();
            let keys = pair(&variables).ok_or_else(|| {
                format!("{file} sets no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
            })?;
            connection(&audit.reach, wanted, keys, &variables)
        }
        (keys, _) => {
            keys.and_then(|keys| connection(&audit.reach, wanted, keys, &terminal::environment))
        }
    };
    let opened = connection.and_then(|connection| Session::open(&connection));
    opened.map_err(|trouble| trouble.to_string())
}

/// What is set when an environment file has been read.
fn settings(file: &str) -> Answer<BTreeMap<&'static str, String>> {
    let what = "the file with its keys cannot be read";
    let mut command = Command::new("bash");
    let command = command.args(["-c", SETTINGS, "thrice-audit", file]);
    let said = output(what, command.args(VARIABLES))?;
    let said = String::from_utf8_lossy(&said);
    let values = said.split('\0').map(str::to_owned);
    let set = VARIABLES.into_iter().zip(values);
    Ok(set.filter(|(_, value)| !value.is_empty()).collect())
}

fn bucket(
    session: &Session,
    question: &BucketQuestion,
    wanted: &Wanted,
) -> Result<Bucket, Trouble> {
    let state = session.state(&wanted.bucket)?;
    let found = compare(wanted, &state)?;
    let mut outside = Outside::default();
    let usage = session.usage_of(&wanted.bucket, |key, bytes| {
        if let Some(prefix) = strange(&question.known, key) {
            outside.add(prefix, key, bytes);
        }
    })?;
    Ok(Bucket {
        differences: differences(found),
        bytes: usage.bytes(),
        objects: usage.current.count.saturating_add(usage.noncurrent.count),
        strange: outside.found(),
    })
}

fn differences(found: Comparison) -> Vec<Difference> {
    let differences = found.differences.into_iter();
    differences
        .map(|difference| Difference {
            about: match difference.what {
                What::Versioning => About::Versioning,
                What::Lock => About::Lock,
                What::Rule(id) => About::Rule(id),
            },
            detail: match difference.change {
                Change::Add => format!("is not there; to be: {}", difference.detail),
                Change::Alter | Change::Remove => difference.detail,
            },
            excess: difference.change != Change::Add,
        })
        .collect()
}

/// What lies outside of all known places.
#[derive(Default)]
struct Outside {
    /// By prefix; with whether a `config` and a key of a repository were seen there.
    prefixes: BTreeMap<String, (Strange, bool, bool)>,
}

impl Outside {
    fn add(&mut self, prefix: &str, key: &str, bytes: u64) {
        let full = self.prefixes.len() >= MOST_PREFIXES && !self.prefixes.contains_key(prefix);
        let prefix = if full { "…" } else { prefix };
        let (found, config, keys) = self.prefixes.entry(prefix.to_owned()).or_default();
        found.bytes = found.bytes.saturating_add(bytes);
        found.objects += 1;
        let mut segments = key.rsplit('/');
        let (name, folder) = (segments.next(), segments.next());
        *config |= name == Some("config");
        *keys |= folder == Some("keys") && name.is_some_and(|name| name.len() == 64);
    }

    fn found(self) -> BTreeMap<String, Strange> {
        let prefixes = self.prefixes.into_iter();
        prefixes
            .map(|(prefix, (found, config, keys))| {
                let is_repository = config && keys;
                (
                    prefix,
                    Strange {
                        is_repository,
                        ..found
                    },
                )
            })
            .collect()
    }
}
