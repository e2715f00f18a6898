//! What an emitted script says, read back.

use std::collections::BTreeMap;

use crate::shell;

/// The plain assignments of an emitted script at the beginning of a line: `name='value'` as one word,
/// `name=('a' 'b')` as several. Whatever is computed when the script runs is left out; where a name is
/// assigned twice, the first counts, which is the one that a template wrote.
#[must_use]
pub fn assignments(text: &str) -> BTreeMap<&str, Vec<String>> {
    let mut said = BTreeMap::new();
    for line in text.lines() {
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            continue;
        }
        let list = value
            .strip_prefix('(')
            .and_then(|value| value.strip_suffix(')'));
        if let Some(words) = shell::words(list.unwrap_or(value)) {
            said.entry(name).or_insert(words);
        }
    }
    said
}

/// Takes the only word of an assignment; `None` if it was not there.
pub fn word(said: &mut BTreeMap<&str, Vec<String>>, name: &str) -> Option<String> {
    said.remove(name)?.into_iter().next()
}

/// Takes the words of an assignment; none if it was not there.
pub fn words(said: &mut BTreeMap<&str, Vec<String>>, name: &str) -> Vec<String> {
    said.remove(name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_assignments_are_read() {
        let text =
            "a='it'\\''s'\nb=('x' '-y z')\nc=()\n  d='inside'\ne=$HOME\na='again'\nF='upper'\n";
        let mut said = assignments(text);
        assert_eq!(word(&mut said, "a").as_deref(), Some("it's"));
        assert_eq!(words(&mut said, "b"), ["x", "-y z"]);
        assert_eq!(said.get("c"), Some(&Vec::new()));
        assert_eq!(word(&mut said, "c"), None);
        assert!(said.is_empty(), "{said:?}");
    }
}
