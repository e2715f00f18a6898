//! The pages of the codes: what each shows is what the compiler says, and no code lacks its page.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads the source tree, and fails where it cannot"
)]

#[path = "codes/check.rs"]
mod check;
#[path = "codes/remedies.rs"]
mod remedies;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use thrice_diagnostics::{Code, SourceMap, all_codes, explain};

use crate::check::{check, examples, fenced, is_about_building, shown};

/// Codes that no text of a policy can show: their pages show a session at a terminal instead, which
/// the tests of the command line act out. `T9001` and `T9002` only show where thrice itself is wrong; a test
/// beside the code that reports it covers its words.
const AT_THE_TERMINAL: [&str; 38] = [
    "T0001", "T0002", "T0003", "T0004", "T0006", "T0007", "T0008", "T3001", "T3002", "T3003",
    "T3004", "T3005", "T3006", "T3101", "T3102", "T3103", "T3104", "T3105", "T3106", "T3107",
    "T3108", "T3109", "T3110", "T3111", "T3112", "T3113", "T3201", "T3202", "T3203", "T3204",
    "T3205", "T3206", "T3207", "T3208", "T3209", "T3210", "T9001", "T9002",
];

#[test]
fn every_example_shows_its_code() {
    let mut silent = Vec::new();
    for (code, example) in examples() {
        let (sources, found) = check(code, &example, is_about_building(code));
        let shown = shown(code, &sources, &found);
        if !found.iter().any(|f| f.code.0 == code) {
            silent.push(format!("{code}:\n{example}\n{shown}"));
            continue;
        }
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(code, format!("{}\n\n{shown}", example.trim_end()));
        });
    }
    assert!(
        silent.is_empty(),
        "these show something else\n{}",
        silent.join("\n\n")
    );
}

#[test]
fn what_is_shown_as_mended_is() {
    let mut seen = 0;
    for code in all_codes() {
        for (mended, _) in fenced(explain(code).unwrap(), "thrice")
            .into_iter()
            .filter(|(_, before)| !before)
        {
            let (sources, found) = check(code.0, &mended, true);
            assert!(
                !found.iter().any(|f| f.code == code),
                "{}",
                shown(code.0, &sources, &found)
            );
            seen += 1;
        }
    }
    assert!(seen > 0, "no page shows what is right");
}

/// From the codes of obligations on, examples are whole policies: they are read as models of style.
#[test]
fn examples_are_whole_policies_in_the_one_style() {
    for (code, example) in examples().into_iter().filter(|(code, _)| *code >= "T1100") {
        let mut sources = SourceMap::new();
        let file = sources.add("example.thrice", example.clone());
        let (tree, _) = thrice_grammar::parse(file, &example);
        assert_eq!(
            thrice_grammar::format(&tree, &example).unwrap(),
            example,
            "{code}"
        );
        assert!(
            (5..=36).contains(&example.lines().count()),
            "{code} has too few or too many lines"
        );
        assert_eq!(
            example.contains("\nclass "),
            code != "T2607",
            "{code} protects nothing"
        );
    }
}

#[test]
fn every_page_has_its_parts() {
    for code in all_codes() {
        let page = explain(code).unwrap();
        let title = page.lines().next().unwrap();
        assert!(
            title.starts_with(&format!("# {code}: ")),
            "{code} has no title"
        );
        let meaning = page
            .find("\nWhat it means: ")
            .unwrap_or_else(|| panic!("{code} has no meaning"));
        let remedy = page
            .find("\nWhat to do: ")
            .unwrap_or_else(|| panic!("{code} has no remedy"));
        assert!(
            meaning < remedy,
            "{code} says what to do before what it means"
        );
        assert!(
            page.ends_with('\n') && !page.ends_with("\n\n"),
            "{code} does not end with its last line"
        );
    }
}

#[test]
fn a_page_without_an_example_shows_a_terminal() {
    let terminal = |code: &Code| !fenced(explain(*code).unwrap(), "console").is_empty();
    let shown: Vec<&str> = all_codes().filter(terminal).map(|code| code.0).collect();
    assert_eq!(shown, AT_THE_TERMINAL);
    let with_example: BTreeSet<&str> = examples().into_keys().collect();
    let without: Vec<&str> = all_codes()
        .map(|code| code.0)
        .filter(|code| !with_example.contains(code))
        .collect();
    assert_eq!(
        without, AT_THE_TERMINAL,
        "a page has neither an example nor a reason for having none"
    );
}

/// The Rust sources of the house that are not tests.
fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !matches!(name, "tests" | "target" | "benches") && !name.starts_with('.') {
                sources(&path, out);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            out.push(path);
        }
    }
}

/// The codes written as texts in a source, up to its tests.
fn written(source: &str) -> impl Iterator<Item = &str> {
    let tests = source
        .find("#[cfg(test)]\nmod tests {")
        .unwrap_or(source.len());
    let code = source.get(..tests).unwrap_or("");
    code.split('"').filter(|word| {
        let digits = word.strip_prefix('T').unwrap_or("");
        digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

#[test]
fn pages_and_codes_in_the_sources_are_the_same() {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for folder in ["compiler", "grammar", "targets"] {
        sources(&root.join(folder), &mut files);
    }
    let mut used: BTreeSet<String> = BTreeSet::new();
    for file in files {
        used.extend(written(&fs::read_to_string(&file).unwrap()).map(str::to_owned));
    }
    let pages: BTreeSet<String> = all_codes().map(|code| code.0.to_owned()).collect();
    let missing: Vec<_> = used.difference(&pages).collect();
    let stale: Vec<_> = pages.difference(&used).collect();
    assert!(missing.is_empty(), "codes without a page: {missing:?}");
    assert!(
        stale.is_empty(),
        "pages of codes that nothing reports: {stale:?}"
    );
}
