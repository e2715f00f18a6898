//! JSON.

use std::ops::Range;

use serde_json::{Map, Value};

use super::{Fact, Unreadable};

/// Fields by which the entries of a list are told from each other, the best first.
const NAMES: [&str; 8] = [
    "step",
    "what",
    "id",
    "ID",
    "description",
    "path",
    "name",
    "title",
];
/// Says where a file comes from, not what it does.
const PROVENANCE: [&str; 2] = ["generator", "policy.sha256"];

/// What a JSON text says: one fact for each value, named by the keys that lead to it. Entries of lists
/// are named by their own names where they have any that differ, so their order does not count.
///
/// # Errors
/// It is no JSON.
pub fn json(text: &str) -> Result<Vec<Fact>, Unreadable> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let before = text
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1));
        let start = before.map(str::len).sum::<usize>();
        let length = text.get(start..).and_then(|rest| rest.lines().next());
        let at = start..start + length.map_or(0, str::len);
        Unreadable {
            why: format!("it is not JSON: {error}"),
            at,
        }
    })?;
    let mut walk = Walk {
        text,
        at: 0,
        facts: Vec::new(),
    };
    walk.value(&value, "", None, 0..0);
    let mut facts = walk.facts;
    facts.retain(|fact| !PROVENANCE.contains(&fact.about.as_str()));
    Ok(facts)
}

struct Walk<'t> {
    text: &'t str,
    /// Keys come in the order of the text: the next one stands behind this.
    at: usize,
    facts: Vec<Fact>,
}

impl Walk<'_> {
    // serde_json refuses texts nested deeper than 128 levels.
    fn value(&mut self, value: &Value, path: &str, step: Option<&str>, at: Range<usize>) {
        match value {
            Value::Object(map) if !map.is_empty() => self.map(map, path, step),
            Value::Array(list) if list.iter().any(Value::is_object) => {
                self.list(list, path, step, at)
            }
            plain => self
                .facts
                .push(Fact::new(step, path, plain.to_string(), at)),
        }
    }

    fn map(&mut self, map: &Map<String, Value>, path: &str, step: Option<&str>) {
        let own = map.get("step").and_then(Value::as_str);
        let step = own.or(step);
        for (key, value) in map {
            let at = self.find(key);
            let dot = if path.is_empty() { "" } else { "." };
            self.value(value, &format!("{path}{dot}{key}"), step, at);
        }
    }

    fn list(&mut self, list: &[Value], path: &str, step: Option<&str>, at: Range<usize>) {
        let field = NAMES.into_iter().find(|field| tells_apart(list, field));
        for (index, entry) in list.iter().enumerate() {
            let name = field.and_then(|field| entry.get(field)?.as_str());
            let name = name.map_or_else(|| index.to_string(), str::to_owned);
            self.value(entry, &format!("{path}[{name}]"), step, at.clone());
        }
    }

    /// The line from a key on.
    fn find(&mut self, key: &str) -> Range<usize> {
        let quoted = Value::from(key).to_string();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_key = |(at, _): &(usize, &str)| {
            let behind = rest.get(at + quoted.len()..).unwrap_or_default();
            behind.trim_start().starts_with(':')
        };
        let Some((found, _)) = rest.match_indices(&quoted).find(is_key) else {
            return 0..0;
        };
        let start = self.at + found;
        self.at = start + quoted.len();
        let line = self.text.get(start..).and_then(|rest| rest.lines().next());
        start..start + line.map_or(0, str::len)
    }
}

/// Whether every entry has this field, each with a text of its own.
fn tells_apart(list: &[Value], field: &str) -> bool {
    let mut names: Vec<&str> = list
        .iter()
        .filter_map(|entry| entry.get(field)?.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names.len() == list.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(Option<String>, String, String)> {
        let mut out: Vec<_> = json(text)
            .unwrap()
            .into_iter()
            .map(|f| (f.step, f.about, f.value))
            .collect();
        out.sort();
        out
    }

    const TEXT: &str =
        r#"{"generator": "x", "jobs": [{"step": "a", "n": 1}, {"step": "b", "n": [1, 2]}]}"#;

    #[test]
    fn order_and_spaces_say_nothing() {
        let other = r#"{ "jobs" : [ {"n":[1,2],"step":"b"},{"n":1,"step":"a"} ] }"#;
        assert_eq!(values(TEXT), values(other));
    }

    #[test]
    fn each_value_is_a_fact_of_its_step_at_its_place() {
        let facts = json(TEXT).unwrap();
        let n = facts.iter().find(|f| f.about == "jobs[b].n").unwrap();
        assert_eq!((n.step.as_deref(), n.value.as_str()), (Some("b"), "[1,2]"));
        assert!(TEXT[n.at.clone()].starts_with("\"n\": [1, 2]"));
    }

    #[test]
    fn what_is_no_json_says_where() {
        let wrong = json("{\n \"a\": x\n}").unwrap_err();
        assert_eq!(wrong.at, 2..9);
    }
}
