//! "Did you mean": nearest spellings.

/// Longer words, in bytes, are no typos of anything, and comparing takes the square of their length.
const LONGEST: usize = 200;

/// The names nearest to `word`, best first, at most three; none where nothing is near.
///
/// Near is an edit distance (with transpositions) of at most a third of the word's length, but at
/// least one, and case does not count. Nothing is near to a word of more than 200 bytes.
#[must_use]
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    if word.len() > LONGEST {
        return Vec::new();
    }
    let lower = word.to_lowercase();
    let limit = (lower.chars().count() / 3).max(1);
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .filter(|name| name.len() <= LONGEST)
        .filter_map(|name| {
            let distance = strsim::osa_distance(&lower, &name.to_lowercase());
            let inside = lower.len() >= 4 && name.to_lowercase().contains(&lower);
            (distance <= limit || inside).then_some((distance, name))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

/// `a`, `b` or `c` in backticks, for messages; empty for none.
#[must_use]
pub fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_typos_and_leaves_strangers() {
        let names = ["databases", "database", "configs", "music"];
        assert_eq!(nearest("databsaes", names), ["databases", "database"]);
        assert_eq!(nearest("Music", names), ["music"]);
        assert!(nearest("zebra", names).is_empty());
        let long = "a".repeat(201);
        assert!(nearest(&long, [long.as_str()]).is_empty());
        assert_eq!(nearest(&long[1..], [&long[1..]]), [&long[1..]]);
    }

    #[test]
    fn lists_read_like_a_sentence() {
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(one_of(["a"]), "`a`");
    }
}
