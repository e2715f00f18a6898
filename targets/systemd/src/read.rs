//! Emitted units back to plain facts.

/// What a timer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// The calendar events.
    pub calendar: Vec<String>,
    /// Whether a missed run is made up for.
    pub persistent: bool,
    /// How late it may start, as written.
    pub accuracy: String,
}

/// What a service says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The script.
    pub command: String,
    /// As whom.
    pub user: String,
    /// When it is ended, as written.
    pub timeout: String,
}

/// Reads a timer that this target emitted.
///
/// # Errors
/// The first line that is not of that form, or the setting that is not there.
pub fn read_timer(text: &str) -> Result<Timer, String> {
    let (mut calendar, mut persistent, mut accuracy) = (Vec::new(), false, None);
    for line in section(text, "Timer") {
        match line.split_once('=') {
            Some(("OnCalendar", value)) => calendar.push(value.to_owned()),
            Some(("Persistent", value)) => persistent = value == "yes",
            Some(("AccuracySec", value)) => accuracy = Some(value.to_owned()),
            _ => return Err(line.to_owned()),
        }
    }
    Ok(Timer {
        calendar,
        persistent,
        accuracy: accuracy.ok_or("AccuracySec")?,
    })
}

/// Reads a service that this target emitted.
///
/// # Errors
/// The setting that is not there.
pub fn read_service(text: &str) -> Result<Service, String> {
    let value = |name: &str| {
        section(text, "Service")
            .filter_map(|line| line.split_once('='))
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value.to_owned())
            .ok_or_else(|| name.to_owned())
    };
    Ok(Service {
        command: value("ExecStart")?.replace("%%", "%"),
        user: value("User")?,
        timeout: value("TimeoutStartSec")?,
    })
}

/// The settings of a section.
fn section<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let heading = format!("[{name}]");
    text.lines()
        .skip_while(move |line| *line != heading)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}
