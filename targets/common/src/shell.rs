//! Words of a shell.

use std::fmt;

/// A text that no word of an emitted script may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unquotable {
    /// What is in it.
    pub what: &'static str,
}

impl fmt::Display for Unquotable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it holds {}", self.what)
    }
}

impl std::error::Error for Unquotable {}

/// The text as one word of a POSIX shell, whatever is in it.
///
/// Most of it stands between single quotes, in which nothing is special (POSIX.1-2017, Shell 2.2.2);
/// the few characters about which shellcheck asks whether they were meant to stand there (`$`, a
/// backquote, `"`, `~`, `\`) and the single quote itself stand between the quotes with a
/// backslash.
///
/// # Errors
/// [`Unquotable`] for a zero byte, which no argument can hold, and for line feeds, which would need
/// quoting of another kind in cron, and which no name of a file or bucket means to have.
pub fn quote(text: &str) -> Result<String, Unquotable> {
    if text.contains('\0') {
        return Err(Unquotable {
            what: "a zero byte",
        });
    }
    if text.contains(['\n', '\r']) {
        return Err(Unquotable {
            what: "a line break",
        });
    }
    let mut out = String::with_capacity(text.len() + 2);
    let mut inside = false;
    for c in text.chars() {
        let bare = matches!(c, '\'' | '$' | '`' | '"' | '~' | '\\');
        if bare == inside {
            out.push('\'');
            inside = !inside;
        }
        if bare {
            out.push('\\');
        }
        out.push(c);
    }
    if inside || out.is_empty() {
        out.push('\'');
    }
    if text.is_empty() {
        out.push('\'');
    }
    Ok(out)
}

/// A path that no program takes for an option, for programs that know no `--`: a leading dash gets
/// `./` before it.
#[must_use]
pub fn operand(path: &str) -> String {
    if path.starts_with('-') {
        format!("./{path}")
    } else {
        path.to_owned()
    }
}

/// The words of a line that consists of words as [`quote`] writes them and plain ones, as the shell
/// would read them. `None` if anything else is in it (a variable, a redirection, an open quote).
#[must_use]
pub fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next()?),
            c if is_plain(c) => word.get_or_insert_default().push(c),
            _ => return None,
        }
    }
    words.extend(word);
    Some(words)
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./:,+@%=".contains(c) || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_read_well() {
        for (text, quoted) in [
            ("", "''"),
            ("plain", "'plain'"),
            ("two words", "'two words'"),
            ("it's", r"'it'\''s'"),
            ("$(id)", r"\$'(id)'"),
            ("~", r"\~"),
        ] {
            assert_eq!(quote(text).unwrap(), quoted, "{text}");
            assert_eq!(words(quoted).unwrap(), [text]);
        }
    }

    #[test]
    fn what_no_argument_can_hold_is_refused() {
        assert_eq!(
            quote("a\0").unwrap_err().to_string(),
            "it holds a zero byte"
        );
        assert_eq!(
            quote("a\nb").unwrap_err().to_string(),
            "it holds a line break"
        );
    }

    #[test]
    fn only_words_are_read() {
        assert_eq!(words("a  'b c'd \\$ ").unwrap(), ["a", "b cd", "$"]);
        for other in [
            "$HOME", "a > b", "'open", "a\\", "a;b", "a|b", "`b`", "a&", "\"a\"",
        ] {
            assert_eq!(words(other), None, "{other}");
        }
    }

    #[test]
    fn dashes_are_no_options() {
        assert_eq!(operand("-rf"), "./-rf");
        assert_eq!(operand("/-rf"), "/-rf");
    }
}
