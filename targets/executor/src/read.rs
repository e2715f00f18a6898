//! The reader: `executor.json` back to what it says.

use thrice_target::facts::{self, CHECKSUM, Fact, Unreadable};

use crate::configuration::{Configuration, FORMAT};

/// Reads a configuration.
///
/// # Errors
/// What is wrong with it: no JSON, an unknown field, or another version of the form.
pub fn read(text: &str) -> Result<Configuration, String> {
    let read: Configuration = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if read.format != FORMAT {
        return Err(format!(
            "format {} is not known here, only {FORMAT}",
            read.format
        ));
    }
    Ok(read)
}

/// What a configuration says, as facts. The checksum of a script must be that of the script beside it.
///
/// # Errors
/// See [`read`].
pub fn facts(text: &str) -> Result<Vec<Fact>, Unreadable> {
    read(text).map_err(|why| Unreadable { why, at: 0..0 })?;
    let mut facts = facts::json(text)?;
    for fact in &mut facts {
        if fact.about.ends_with("].script.sha256") {
            CHECKSUM.clone_into(&mut fact.about);
            fact.value = fact.value.trim_matches('"').to_owned();
            fact.shown.clone_from(&fact.value);
        }
    }
    Ok(facts)
}
