//! How object storages are reached: where they are, with which keys, and whose signature makes their
//! certificates good. The same for all verbs that ask them.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use thrice_s3_live::{Connection, Keys, NoKeys, Trouble, TroubleKind, Trust, Wanted};

use crate::args::Reach;
use crate::input;

/// The longest file of certificates that is read, in bytes: that of Debian has 220 kB.
const LONGEST_BUNDLE: u64 = 10_000_000;

/// What a variable is set to, if it is: in the environment, or by a file that scripts read into theirs.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How the storage of a bucket is reached.
///
/// # Errors
/// Nothing says where it is, or the authorities to trust cannot be read.
pub fn connection(
    reach: &Reach,
    bucket: &Wanted,
    keys: Keys,
    variables: Variables<'_>,
) -> Result<Connection, Trouble> {
    let named = bucket
        .endpoint
        .as_ref()
        .map(|host| format!("https://{host}"));
    let endpoint = reach.endpoint_url.clone().or(named).ok_or_else(|| {
        let message = format!("the policy names no endpoint of `{}`", bucket.storage);
        Trouble {
            help: Some("write its `endpoint` into the policy, or say --endpoint-url"),
            ..Trouble::new(TroubleKind::Unreachable, message)
        }
    })?;
    Ok(Connection {
        endpoint,
        region: bucket.region.clone(),
        trust: trust(reach, &keys, variables)?,
        keys,
        timeout: Duration::from_secs(reach.timeout),
    })
}

/// The authorities to trust, looked up where AWS' tools do, and where programs of OpenSSL and of Go do.
fn trust(reach: &Reach, keys: &Keys, variables: Variables<'_>) -> Result<Trust, Trouble> {
    let variable = |name| Some((variables(name)?.into(), name));
    let named = (reach.ca_bundle.clone().map(|path| (path, "--ca-bundle")))
        .or_else(|| variable("AWS_CA_BUNDLE"))
        .or_else(|| Some((keys.authorities()?.into(), "`ca_bundle` of the profile")))
        .or_else(|| variable("SSL_CERT_FILE"));
    let Some((path, by)) = named else {
        return Ok(Trust::of_system());
    };
    pem(&path).map_err(|why| {
        let message = format!("the file that {by} names, `{}`, {why}", input::shown(&path));
        Trouble::new(TroubleKind::Untrusted, message)
    })
}

fn pem(path: &Path) -> Result<Trust, String> {
    let mut text = Vec::new();
    let file =
        File::open(path).map_err(|error| format!("cannot be read: {}", input::words(&error)))?;
    file.take(LONGEST_BUNDLE)
        .read_to_end(&mut text)
        .map_err(|error| format!("cannot be read: {}", input::words(&error)))?;
    Trust::of_pem(&text)
}

/// The keys of the profile that was asked for, else those in the variables, else those of the profile that is
/// known for the bucket.
///
/// # Errors
/// There are none, or the profile cannot be read.
pub fn keys(reach: &Reach, bucket: &Wanted, variables: Variables<'_>) -> Result<Keys, Trouble> {
    let none = |why: NoKeys| Trouble::new(TroubleKind::Denied, why.to_string());
    match (&reach.profile, pair(variables), &bucket.profile) {
        (Some(asked), _, _) => Keys::of_profile(asked).map_err(none),
        (None, Some(keys), _) => Ok(keys),
        (None, None, Some(named)) => Keys::of_profile(named).map_err(none),
        (None, None, None) => Err(Trouble {
            help: Some("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or say --profile"),
            ..none(NoKeys(format!(
                "no keys: no credential of the policy that may administer `{}` has a profile",
                bucket.name
            )))
        }),
    }
}

/// The keys in some variables, if they are there.
pub fn pair(variables: Variables<'_>) -> Option<Keys> {
    let id = variables("AWS_ACCESS_KEY_ID")?;
    let secret = variables("AWS_SECRET_ACCESS_KEY")?;
    Some(Keys::new(&id, &secret, variables("AWS_SESSION_TOKEN")))
}
