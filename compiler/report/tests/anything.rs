//! No text and no place can make a format fail.

use proptest::prelude::*;
use thrice_diagnostics::{Code, Diagnostic, FileId, SourceMap, Span};
use thrice_report::human::{self, Options};
use thrice_report::{Report, github, json, junit, sarif};

/// Files of short lines, long lines, wide characters and what acts on a terminal.
fn file() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "[a-z {}\"]{0,30}",
        "\\PC{0,20}",
        any::<String>(),
        "[é\t字]{0,400}",
        Just("\r".to_owned()),
        Just("\u{1b}[2J\u{202e}".to_owned()),
    ];
    proptest::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

/// A place in one of the files or just outside.
fn span() -> impl Strategy<Value = Span> {
    (0u32..4, 0u32..600, 0u32..40)
        .prop_map(|(file, start, length)| Span::new(FileId::new(file), start, start + length))
}

fn report(places: &[Span], text: &str) -> Report {
    let mut finding = Diagnostic::error(Code("T1101"), text)
        .help(text)
        .event(text, text);
    for (index, place) in places.iter().enumerate() {
        finding = finding.at(*place, format!("LABEL{index}"));
    }
    Report {
        findings: vec![finding],
        ..Report::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_place_is_shown_and_nothing_acts_on_the_terminal(
        files in proptest::collection::vec(file(), 3),
        places in proptest::collection::vec(span(), 0..6),
        text in any::<String>(),
        width in 0usize..200,
        unicode: bool,
    ) {
        let mut sources = SourceMap::new();
        for (index, text) in files.into_iter().enumerate() {
            sources.add(format!("file{index}"), text);
        }
        let report = report(&places, &text);
        let options = Options { width, color: false, unicode };
        let shown = human::render(&report, &sources, options);
        for (index, place) in places.iter().enumerate() {
            let label = format!("LABEL{index}");
            prop_assert_eq!(shown.contains(&label), place.file.index() < 3, "{} in {}", label, &shown);
        }
        prop_assert!(!shown.contains("Failed to read"), "{}", shown);
        let acts = |ch: char| ch.is_control() && ch != '\n';
        prop_assert!(!shown.contains(acts), "{:?}", shown);
        let lines = github::render(&report, &sources).lines().count();
        prop_assert_eq!(lines, 2);
        let mut document = Vec::new();
        json::write(&report, &sources, &mut document).unwrap();
        let parsed: serde_json::Value = serde_json::from_slice(&document).unwrap();
        prop_assert_eq!(&parsed["findings"][0]["message"], &text);
        let log = sarif::render(&report, &sources);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&log).is_ok());
        let mut xml = Vec::new();
        junit::write(&report, &sources, &mut xml).unwrap();
        let xml = String::from_utf8(xml).unwrap();
        let mut reader = quick_xml::Reader::from_str(&xml);
        while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
    }
}
