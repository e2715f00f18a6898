//! Scripts of a shell.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{CODE, Fact, Unreadable, lines};
use crate::shell;

/// What a script says: its plain assignments by name (see [`crate::read::assignments`]), and all else
/// that it runs, line by line. Comments, indentation and empty lines say nothing.
///
/// # Errors
/// It names no step.
pub fn script(text: &str) -> Result<Vec<Fact>, Unreadable> {
    let mut facts = program(text)?;
    let named = facts.iter().find(|fact| fact.about == "step");
    let Some(step) = named.map(|fact| fact.value.clone()) else {
        let why = "it does not say which step it carries out".to_owned();
        return Err(Unreadable { why, at: 0..0 });
    };
    for fact in &mut facts {
        fact.step = Some(step.clone());
    }
    Ok(facts)
}

/// [`script`], of a program that is about no one step.
///
/// # Errors
/// None: every text has lines.
pub fn program(text: &str) -> Result<Vec<Fact>, Unreadable> {
    let mut facts = Vec::new();
    let mut assigned = BTreeSet::new();
    let mut inside = Inside::Code;
    for (line, at) in lines(text) {
        let (now, next) = inside.then(line);
        inside = next;
        let word = line.trim();
        let silent = word.is_empty() || (word.starts_with('#') && at.start > 0);
        if now == Inside::Code && silent {
            continue;
        }
        match assignment(line).filter(|(name, _)| now == Inside::Code && assigned.insert(*name)) {
            Some((name, values)) => {
                // Where it stands counts as well.
                facts.push(Fact::new(None, CODE, format!("{name}="), at.clone()));
                facts.push(Fact::new(None, name, said(&values), at));
            }
            None => facts.push(code(line, &now, at)),
        }
    }
    Ok(facts)
}

fn code(line: &str, inside: &Inside, at: Range<usize>) -> Fact {
    let line = match inside {
        Inside::Code => line.trim(),
        _ => line.trim_end_matches('\r'),
    };
    Fact::new(None, CODE, line, at)
}

/// Words as one line; those that are no plain words in quotes.
fn said(values: &[String]) -> String {
    let plain = |word: &String| {
        let bare = !word.is_empty() && shell::words(word).is_some_and(|w| w == [word.clone()]);
        if bare {
            word.clone()
        } else {
            shell::quote(word).unwrap_or_else(|_| word.clone())
        }
    };
    values.iter().map(plain).collect::<Vec<_>>().join(" ")
}

fn assignment(line: &str) -> Option<(&str, Vec<String>)> {
    let (name, value) = line.split_once('=')?;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
        return None;
    }
    let list = value
        .strip_prefix('(')
        .and_then(|value| value.strip_suffix(')'));
    Some((name, shell::words(list.unwrap_or(value))?))
}

/// What a line is a part of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Inside {
    Code,
    /// The line before ends in a backslash: a comment here would end the command.
    Continued,
    /// A here-document, up to this word.
    Document(String),
}

impl Inside {
    /// What this line is a part of, and what the next one is.
    fn then(self, line: &str) -> (Self, Self) {
        let next = match &self {
            Self::Document(end) if line.trim_start_matches('\t') == end => Self::Code,
            Self::Document(_) => self.clone(),
            _ => match here_document(line) {
                Some(end) => Self::Document(end),
                None if line.ends_with('\\') => Self::Continued,
                None => Self::Code,
            },
        };
        (self, next)
    }
}

/// The word that ends the here-document which a line begins: `<<END`, not `<<<`.
fn here_document(line: &str) -> Option<String> {
    if line.trim_start().starts_with('#') {
        return None;
    }
    let (_, rest) = line
        .replace("<<<", "   ")
        .split_once("<<")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))?;
    let word: String = rest
        .trim_start_matches('-')
        .trim_start()
        .trim_start_matches(['\'', '"'])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    let is_word = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    is_word.then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "#!/bin/bash\nstep='s'\nkeep=('--keep-daily' '7')\nwork() {\n  run \\\n    -x\n  cat <<END\n# text\nEND\n}\n";

    fn values(text: &str) -> Vec<(String, String)> {
        let facts = script(text).unwrap();
        facts.into_iter().map(|f| (f.about, f.value)).collect()
    }

    #[test]
    fn other_words_for_the_same_are_the_same() {
        let same = SCRIPT
            .replace("step='s'", "# note\n\nstep=s")
            .replace("('--keep-daily' '7')", "(--keep-daily 7)")
            .replace("  run", "\trun");
        assert_eq!(values(SCRIPT), values(&same));
    }

    #[test]
    fn what_is_run_otherwise_is_another_fact() {
        for (old, new) in [
            ("'7'", "'6'"),
            ("-x", "-y"),
            ("# text", "# other"),
            ("-x", "# x"),
            ("#!/bin/bash", "#!/bin/sh"),
            ("work", "keep=()\nwork"),
            ("step='s'\n", "step='s'\nstep='s'\n"),
        ] {
            assert_ne!(
                values(SCRIPT),
                values(&SCRIPT.replacen(old, new, 1)),
                "{old} {new}"
            );
        }
    }

    #[test]
    fn a_script_of_no_step_is_none() {
        assert!(script("#!/bin/bash\ntrue\n").is_err());
    }
}
