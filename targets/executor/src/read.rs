//! The reader: `executor.json` back to what it says.

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
