//! An emitted list back to plain facts.

use serde::Deserialize;

/// One step that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The name of its check.
    pub name: String,
    /// When a signal is expected, as cron and its zone say it; `None` where a period does.
    pub schedule: Option<(String, String)>,
    /// How long it may be silent, in seconds: after the time at which a signal is expected where there is
    /// a schedule, else after the last one.
    pub silence: i64,
}

#[derive(Deserialize)]
struct List {
    checks: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    schedule: Option<String>,
    tz: Option<String>,
    timeout: Option<i64>,
    grace: Option<i64>,
    interval: Option<i64>,
    maxretries: Option<i64>,
}

/// Reads `checks.json` or `push-monitors.json`.
///
/// # Errors
/// What is not of that form.
pub fn read(text: &str) -> Result<Vec<Watch>, String> {
    let list: List = serde_json::from_str(text).map_err(|error| error.to_string())?;
    list.checks.into_iter().map(watch).collect()
}

fn watch(entry: Entry) -> Result<Watch, String> {
    let schedule = entry.schedule.zip(entry.tz);
    let silence = match (entry.grace, entry.timeout, entry.interval) {
        (Some(grace), None, None) if schedule.is_some() => grace,
        (Some(grace), Some(timeout), None) => grace.saturating_add(timeout),
        (None, None, Some(interval)) => {
            interval.saturating_mul(entry.maxretries.unwrap_or(0).saturating_add(1))
        }
        _ => {
            return Err(format!(
                "{}: no way to tell how long it may be silent",
                entry.name
            ));
        }
    };
    Ok(Watch {
        name: entry.name,
        schedule,
        silence,
    })
}
