//! What two files of one kind say differently.

use std::collections::BTreeMap;
use std::ops::Range;

use thrice_target::Artefact;
use thrice_target::facts::{CHECKSUM, Fact, Unreadable};

use crate::table::reader;

/// One thing that a file says differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The step that it is about.
    pub step: Option<String>,
    /// What is said something of.
    pub about: String,
    /// What the file says; `None` if nothing.
    pub is: Option<String>,
    /// What it must say; `None` if nothing.
    pub must: Option<String>,
    /// Where, in bytes; `None` for what it does not say.
    pub at: Option<Range<usize>>,
}

/// What facts are told apart by.
type Key = (Option<String>, String);

/// What a file says differently from the artefact that it should be. `checksum` knows the sums of scripts
/// as they lie in the folder.
///
/// # Errors
/// The file is not of its form.
pub fn compare(
    artefact: &Artefact,
    bytes: &[u8],
    checksum: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Difference>, Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|error| Unreadable {
        why: format!("byte {} is no UTF-8", error.valid_up_to()),
        at: 0..0,
    })?;
    let read = reader(artefact.kind);
    let mut found = read(text)?;
    // What we wrote ourselves is of its form: the tests of each target hold that.
    let mut expected = read(artefact.text())?;
    for fact in &mut expected {
        let sum = fact.step.as_deref().filter(|_| fact.about == CHECKSUM);
        if let Some(sum) = sum.and_then(checksum) {
            fact.value.clone_from(&sum);
            fact.shown = sum;
        }
    }
    if artefact.step.is_some() {
        // All of the file is about one step, whatever name a changed one gives.
        expected
            .iter_mut()
            .chain(&mut found)
            .for_each(|fact| fact.step = None);
    }
    let (expected, found) = (by_key(expected), by_key(found));
    let mut keys: Vec<&Key> = expected.keys().chain(found.keys()).collect();
    keys.sort();
    keys.dedup();
    let none = Vec::new();
    Ok(keys
        .into_iter()
        .filter_map(|key| {
            let (must, is) = (expected.get(key), found.get(key));
            difference(key, must.unwrap_or(&none), is.unwrap_or(&none))
        })
        .collect())
}

fn by_key(facts: Vec<Fact>) -> BTreeMap<Key, Vec<Fact>> {
    let mut out: BTreeMap<Key, Vec<Fact>> = BTreeMap::new();
    for fact in facts {
        let key = (fact.step.clone(), fact.about.clone());
        out.entry(key).or_default().push(fact);
    }
    out
}

/// The first place at which two lists part, and what stands there up to where they meet again.
fn difference(key: &Key, must: &[Fact], is: &[Fact]) -> Option<Difference> {
    let same = |(a, b): &(&Fact, &Fact)| a.value == b.value;
    let start = must.iter().zip(is).take_while(same).count();
    if start == must.len() && start == is.len() {
        return None;
    }
    let (must, is) = (must.get(start..)?, is.get(start..)?);
    let end = must
        .iter()
        .rev()
        .zip(is.iter().rev())
        .take_while(same)
        .count();
    let must = must.get(..must.len() - end)?;
    let is = is.get(..is.len() - end)?;
    let shown = |facts: &[Fact]| -> Option<String> {
        let first = facts.first()?;
        let more = facts.len() - 1;
        Some(match more {
            0 => format!("`{}`", first.shown),
            _ => format!("`{}` and {more} more", first.shown),
        })
    };
    Some(Difference {
        step: key.0.clone(),
        about: key.1.clone(),
        is: shown(is),
        must: shown(must),
        at: is.first().map(|fact| fact.at.clone()),
    })
}
