//! Files of settings: `[section]`, `name = value`, comments with `#` or `;`, as systemd and rclone read them.

use super::{Fact, Unreadable, lines};

/// What a file of settings says: each value, named `section.name`. Settings of one name keep their
/// order. Comments, empty lines and blanks around `=` say nothing.
///
/// # Errors
/// A line that is none of these.
pub fn settings(text: &str) -> Result<Vec<Fact>, Unreadable> {
    let mut facts = Vec::new();
    let mut section = String::new();
    for (line, at) in lines(text) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let name = line.strip_prefix('[').and_then(|l| l.strip_suffix(']'));
        if let Some(name) = name {
            section = format!("{name}.");
            facts.push(Fact::new(None, format!("[{name}]"), "there", at));
        } else if let Some((name, value)) = line.split_once('=') {
            let about = format!("{section}{}", name.trim());
            facts.push(Fact::new(None, about, value.trim(), at));
        } else {
            let why = "this line is neither a section nor a setting".to_owned();
            return Err(Unreadable { why, at });
        }
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_named_by_their_section() {
        let facts = settings("# c\n[s3]\ntype=s3\n\nregion = a=b\n").unwrap();
        let said: Vec<_> = facts
            .iter()
            .map(|f| (f.about.as_str(), f.value.as_str()))
            .collect();
        assert_eq!(
            said,
            [("[s3]", "there"), ("s3.type", "s3"), ("s3.region", "a=b")]
        );
        assert!(settings("nonsense\n").is_err());
    }
}
