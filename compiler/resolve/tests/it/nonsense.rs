//! Whatever stands in a policy, resolving it never panics.

use proptest::prelude::*;
use thrice_diagnostics::Severity;
use thrice_resolve::constructs;

use crate::support::resolved;

/// Words, signs and values of the language, and some that are not.
fn piece() -> impl Strategy<Value = String> {
    let mut words: Vec<String> = [
        "{",
        "}",
        ";",
        "\n",
        ",",
        "=",
        "+",
        "..",
        ">=",
        "<=",
        "-",
        "*",
        ":",
        "a",
        "b",
        "a.b",
        "a/b",
        "a.b:/x",
        "a.*",
        "since",
        "until",
        "at",
        "in",
        "of",
        "to",
        "by",
        "via",
        "on",
        "from",
        "all",
        "12",
        "3.5",
        "99999999999999999999999",
        "0",
        "%",
        "GB",
        "EUR/month",
        "days",
        "MB/day",
        "h",
        "2026-02-30",
        "2026-02-15",
        "9999-12-31",
        "03:00",
        "25:99",
        "0.18.0",
        "/x",
        "/../y",
        "\"t\"",
        "\"",
        "\"https://u:p@h\"",
        "UTC",
        "daily",
        "monthly",
        "keep",
        "within",
        "unlimited",
        "any",
        "loss",
        "hand",
        "cron",
        "rest",
        "survive",
        "copies",
        "because",
        "§",
        "é",
        "// c\n",
        "/// d\n",
        "x",
        "1..2",
    ]
    .map(str::to_owned)
    .to_vec();
    for construct in constructs() {
        words.push(construct.keyword.to_owned());
        words.extend(
            construct
                .clauses
                .iter()
                .map(|clause| clause.word.to_owned()),
        );
        words.extend(construct.example.split_whitespace().map(str::to_owned));
    }
    prop::sample::select(words)
}

fn check(source: &str) {
    let (_, model, found) = resolved(source);
    let errors = found.iter().any(|d| d.severity == Severity::Error);
    assert_eq!(
        model.is_some(),
        !errors,
        "a model exactly if there is no error: {source}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn token_soup(pieces in prop::collection::vec(piece(), 0..60)) {
        check(&pieces.join(" "));
    }

    #[test]
    fn any_text(text in any::<String>()) {
        check(&text);
    }

    /// Examples with a word exchanged, dropped or doubled: closer to what people write.
    #[test]
    fn damaged_examples(at in any::<prop::sample::Index>(), word in piece(), how in 0..3) {
        let all: Vec<&str> = constructs().map(|c| c.example).collect();
        let text = all.join("\n");
        let mut words: Vec<&str> = text.split_inclusive([' ', '\n']).collect();
        let at = at.index(words.len());
        let spaced = format!("{word} ");
        match how {
            0 => words[at] = &spaced,
            1 => drop(words.remove(at)),
            _ => words.insert(at, &spaced),
        }
        check(&words.concat());
    }
}
