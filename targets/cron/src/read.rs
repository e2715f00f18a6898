//! An emitted crontab back to plain facts.

use thrice_quantity::cron::CronSpec;
use thrice_target::facts::{self, Fact, Unreadable};
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

/// What a file for `/etc/cron.d` says: its settings, and for each line when it starts what as whom. Lines
/// may come in any order; blanks, comments and other words for the same times say nothing.
///
/// # Errors
/// A line that cron does not take: it would ignore the whole file.
pub fn facts(text: &str) -> Result<Vec<Fact>, Unreadable> {
    let mut facts = Vec::new();
    for (line, at) in facts::lines(text) {
        let said = line.trim_start_matches([' ', '\t']);
        if said.is_empty() || said.starts_with('#') {
            continue;
        }
        if let Some((name, value)) = setting(said) {
            facts.push(Fact::new(None, format!("setting {name}"), value, at));
            continue;
        }
        let Some(mut fact) = line_fact(said) else {
            let why = "cron does not take this line, and ignores all of the file for it".to_owned();
            return Err(Unreadable { why, at });
        };
        fact.at = at;
        facts.push(fact);
    }
    facts.sort_by(|a, b| (&a.step, &a.about, &a.value).cmp(&(&b.step, &b.about, &b.value)));
    Ok(facts)
}

/// `NAME = value`, quotes around the value taken off (crontab(5)).
fn setting(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let value = value.trim();
    let inside = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    is_name.then(|| (name, inside('"').or_else(|| inside('\'')).unwrap_or(value)))
}

fn line_fact(line: &str) -> Option<Fact> {
    let mut rest = line;
    let mut fields = Vec::new();
    for _ in 0..6 {
        let (field, more) = rest.split_once([' ', '\t'])?;
        fields.push(field);
        rest = more.trim_start_matches([' ', '\t']);
    }
    let user = fields.pop()?;
    let fields = fields.join(" ");
    let when = CronSpec::parse(&fields).ok()?;
    let command = cron::unescape(rest);
    // Of a command that is more than words, every sign counts; a bare `%` begins its standard input.
    let has_input = rest.replace("\\%", "").contains('%');
    let words = shell::words(&command).filter(|_| !has_input);
    let step = words
        .as_ref()
        .and_then(|words| words.first()?.rsplit('/').next())
        .map(str::to_owned);
    let value = format!(
        "{when:?} {user} {}",
        words.map_or_else(|| rest.to_owned(), |w| format!("{w:?}"))
    );
    Some(Fact {
        step,
        about: "schedule, user and command".to_owned(),
        value,
        shown: format!("{fields} {user} {rest}"),
        at: 0..0,
    })
}
