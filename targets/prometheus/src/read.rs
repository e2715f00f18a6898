//! Emitted rules back to plain facts.

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub alert: String,
    /// What it asks of the figures.
    pub expression: String,
    /// How long that must hold, in seconds.
    pub pending: i64,
}

/// Reads the rules that this target emitted.
///
/// # Errors
/// The first line that is not of that form.
pub fn read(text: &str) -> Result<Vec<Rule>, String> {
    let mut rules: Vec<Rule> = Vec::new();
    for line in text.lines() {
        let words = line.trim();
        if let Some(alert) = words.strip_prefix("- alert: ") {
            rules.push(Rule {
                alert: alert.to_owned(),
                expression: String::new(),
                pending: 0,
            });
            continue;
        }
        let Some(rule) = rules.last_mut() else {
            continue;
        };
        if let Some(expression) = words.strip_prefix("expr: ") {
            rule.expression = serde_json::from_str(expression).map_err(|_| line.to_owned())?;
        } else if let Some(pending) = words.strip_prefix("for: ") {
            let seconds = pending.strip_suffix('s').ok_or(line)?;
            rule.pending = seconds.parse().map_err(|_| line.to_owned())?;
        }
    }
    match rules.iter().find(|rule| rule.expression.is_empty()) {
        Some(rule) => Err(format!("{} asks nothing", rule.alert)),
        None => Ok(rules),
    }
}
