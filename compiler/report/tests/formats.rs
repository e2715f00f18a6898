//! The formats for programs.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

mod common;

use std::io;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;
use thrice_diagnostics::SourceMap;
use thrice_report::{Outcome, Report, github, json, junit, sarif};

fn reports() -> [(Report, SourceMap); 3] {
    [
        common::rich(),
        common::hostile(),
        (Report::default(), SourceMap::new()),
    ]
}

/// What a format writes, as text.
fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn json_of_a_rich_report() {
    let (report, sources) = common::rich();
    insta::assert_snapshot!(written(|out| json::write(&report, &sources, out)));
}

#[test]
fn json_fits_its_schema() {
    let schema: Value = serde_json::from_str(&json::schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (report, sources) in reports() {
        let document: Value =
            serde_json::from_str(&written(|out| json::write(&report, &sources, out))).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|e| format!("{} {e}", e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let (report, sources) = common::rich();
    let mut document: Value =
        serde_json::from_str(&written(|out| json::write(&report, &sources, out))).unwrap();
    document["outcome"] = "fine".into();
    assert!(
        !validator.is_valid(&document),
        "the schema accepts an outcome that there is not"
    );
}

#[test]
fn the_checked_in_schema_is_current() {
    let checked_in = include_str!("../schema/report.schema.json");
    assert!(
        checked_in == json::schema(),
        "run `cargo run -p thrice-report --example report_schema > compiler/report/schema/report.schema.json`"
    );
}

#[test]
fn json_keeps_every_word_of_a_policy() {
    let (report, sources) = common::hostile();
    let document: Value =
        serde_json::from_str(&written(|out| json::write(&report, &sources, out))).unwrap();
    assert_eq!(document["policy"]["name"], report.policy.unwrap().name);
    assert_eq!(
        document["findings"][1]["message"],
        report.findings[1].message
    );
    assert_eq!(document["findings"][1]["places"][0]["column"], 501);
    assert_eq!(
        document["findings"][6]["places"].as_array().unwrap().len(),
        2
    );
}

#[test]
fn sarif_of_a_rich_report() {
    let (report, sources) = common::rich();
    let mut log: Value = serde_json::from_str(&sarif::render(&report, &sources)).unwrap();
    for rule in log["runs"][0]["tool"]["driver"]["rules"]
        .as_array_mut()
        .unwrap()
    {
        for form in ["text", "markdown"] {
            // The pages have tests of their own: here their first lines will do.
            let page = rule["help"][form]
                .as_str()
                .and_then(|page| page.lines().next());
            if let Some(page) = page.map(|line| format!("{line} …")) {
                rule["help"][form] = page.into();
            }
        }
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
}

/// What SARIF 2.1.0 requires of the objects written here: § 3.13 log, § 3.14 run, § 3.19 driver,
/// § 3.20 invocation, § 3.27 result, § 3.28 location, § 3.30 region, § 3.49 rule.
#[test]
fn sarif_has_what_the_standard_requires() {
    for (report, sources) in reports() {
        let log: Value = serde_json::from_str(&sarif::render(&report, &sources)).unwrap();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["name"], "thrice");
        assert_eq!(run["invocations"][0]["executionSuccessful"], true);
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), report.findings.len());
        for result in results {
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
            let related = result["relatedLocations"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            for location in result["locations"]
                .as_array()
                .unwrap()
                .iter()
                .chain(&related)
            {
                let region = &location["physicalLocation"]["region"];
                let at = |key: &str| region[key].as_u64().unwrap();
                assert!(at("startLine") >= 1 && at("startColumn") >= 1);
                assert!((at("endLine"), at("endColumn")) >= (at("startLine"), at("startColumn")));
                let uri = &location["physicalLocation"]["artifactLocation"]["uri"];
                let uri = uri.as_str().unwrap();
                assert!(
                    uri.bytes()
                        .all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b))
                );
            }
        }
    }
}

#[test]
fn github_of_both_reports() {
    for (name, (report, sources)) in [("rich", common::rich()), ("hostile", common::hostile())] {
        let shown = github::render(&report, &sources);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(
            lines.len(),
            report.findings.len() + 1,
            "a finding is one line: {shown}"
        );
        assert!(
            lines[..lines.len() - 1]
                .iter()
                .all(|line| line.starts_with("::")),
            "{shown}"
        );
        insta::assert_snapshot!(format!("github_{name}"), shown);
    }
}

#[test]
fn junit_of_both_reports() {
    for (name, (report, sources)) in [("rich", common::rich()), ("hostile", common::hostile())] {
        let shown = written(|out| junit::write(&report, &sources, out));
        let (tests, failures, cases, bad) = count(&shown);
        assert_eq!(
            (tests, failures),
            (cases, bad),
            "the counts are those of the cases: {shown}"
        );
        insta::assert_snapshot!(format!("junit_{name}"), shown);
    }
}

/// `tests` and `failures` as declared, and the cases and failures that are there.
fn count(xml: &str) -> (usize, usize, usize, usize) {
    let mut reader = Reader::from_str(xml);
    let (mut declared, mut cases, mut bad) = ((0, 0), 0, 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => match start.name().as_ref() {
                "testsuites" => {
                    let value = |key: &str| {
                        let attribute = start.try_get_attribute(key).unwrap().unwrap();
                        attribute.value.parse().unwrap()
                    };
                    declared = (value("tests"), value("failures"));
                }
                "testcase" => cases += 1,
                "failure" => bad += 1,
                _ => {}
            },
            Event::Eof => return (declared.0, declared.1, cases, bad),
            _ => {}
        }
    }
}

#[test]
fn an_empty_report_is_undecided_in_every_format() {
    let (report, sources) = (Report::default(), SourceMap::new());
    assert_eq!(report.outcome(), Outcome::Undecided);
    assert!(
        written(|out| json::write(&report, &sources, out)).contains("\"outcome\": \"undecided\"")
    );
    assert!(sarif::render(&report, &sources).contains("\"exitCode\": 3"));
    assert_eq!(
        github::render(&report, &sources),
        "undecided: nothing found\n"
    );
}
