//! An emitted crontab back to plain facts.

use thrice_quantity::cron::CronSpec;
use thrice_target::{cron, shell};

/// One line that starts something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub when: CronSpec,
    /// As whom.
    pub user: String,
    /// What: the program and its arguments.
    pub command: Vec<String>,
}

/// Reads a file for `/etc/cron.d` that this target emitted.
///
/// # Errors
/// The first line that is not of that form.
pub fn read(text: &str) -> Result<Vec<Entry>, String> {
    let is_setting = |line: &str| {
        let name = line.split('=').next().unwrap_or_default();
        name.len() < line.len() && name.chars().all(|c| c.is_ascii_uppercase())
    };
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#') && !is_setting(line))
        .map(|line| entry(line).ok_or_else(|| line.to_owned()))
        .collect()
}

fn entry(line: &str) -> Option<Entry> {
    let mut parts = line.splitn(7, ' ');
    let fields: Vec<&str> = parts.by_ref().take(5).collect();
    let when = CronSpec::parse(&fields.join(" ")).ok()?;
    let user = parts.next()?.to_owned();
    let command = shell::words(&cron::unescape(parts.next()?))?;
    Some(Entry {
        when,
        user,
        command,
    })
}
