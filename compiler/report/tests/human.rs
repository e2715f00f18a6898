//! The report for people.

mod common;

use thrice_diagnostics::{Code, Diagnostic, Severity, SourceMap};
use thrice_report::human::{Options, render};
use thrice_report::{Report, Said};
use thrice_verdicts::{Assumptions, Sentence, Turn};

#[test]
fn a_rich_report() {
    let (report, sources) = common::rich();
    insta::assert_snapshot!(render(&report, &sources, Options::default()));
}

#[test]
fn a_rich_report_in_ascii_on_a_narrow_screen() {
    let (report, sources) = common::rich();
    let options = Options {
        width: 60,
        color: false,
        unicode: false,
    };
    let shown = render(&report, &sources, options);
    assert!(shown.is_ascii(), "{shown}");
    insta::assert_snapshot!(shown);
}

/// A report of every day: what turns soonest stands first, one entry for what is alike, the rest is counted.
#[test]
fn a_plain_report_is_short() {
    let (mut report, sources) = common::rich();
    let assumed = |late: u32| {
        let mut out = Assumptions::default();
        let takes = out.sentence(Sentence {
            after: Some(" takes at most 5 min".into()),
            monitor: Some("deadman".into()),
            ..Sentence::default()
        });
        let jobs = (0..14).map(|n| (format!("job{n}"), 6 + n / 2));
        let late = (0..late).map(|n| (format!("late{n}"), 100 + n));
        for (name, at) in jobs.chain(late) {
            let turn = Turn {
                now: "5 min".into(),
                at: format!("{at} min"),
                breaks: vec!["time-table of `p`".into()],
                permille: u64::from(at) * 200,
            };
            out.push(takes, &name, None, Some(turn));
        }
        for n in 0..7 {
            let other = out.sentence(Sentence {
                before: format!("something else, {n}"),
                monitor: Some("deadman".into()),
                ..Sentence::default()
            });
            out.push(other, "", None, None);
        }
        out
    };
    report.assumptions = assumed(0);
    report.ledger = false;
    let head = |report: &Report| {
        let shown = render(report, &sources, Options::default());
        let from = shown.find("this rests on").unwrap_or(0);
        shown[from..]
            .lines()
            .take_while(|line| !line.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let lines = head(&report);
    assert_eq!(
        lines.get(1).map(String::as_str),
        Some(
            "  - each of `job0`, `job1` takes at most 5 min; turns at 6 min: time-table of `p`; `deadman` would"
        )
    );
    let last = lines.last().map(String::as_str);
    assert_eq!(
        last,
        Some("  - and 4 others: `--format json` has them all"),
        "{lines:#?}"
    );
    report.assumptions = assumed(14);
    let lines = head(&report);
    assert!(
        lines
            .last()
            .is_some_and(|line| line.contains("and 11 more that turn later, and 4 others")),
        "{lines:#?}"
    );
    report.ledger = true;
    let all = head(&report);
    assert_eq!(
        all.iter().filter(|line| line.starts_with("  - ")).count(),
        28
    );
}

#[test]
fn colours_come_only_when_asked_for() {
    let (report, sources) = common::rich();
    let plain = render(&report, &sources, Options::default());
    let colored = render(
        &report,
        &sources,
        Options {
            color: true,
            ..Options::default()
        },
    );
    assert!(!plain.contains('\u{1b}'));
    assert!(colored.contains("\u{1b}[1mdecided\u{1b}[0m"), "{colored}");
    assert_eq!(without_colours(&colored), plain);
}

#[test]
fn hostile_text_stays_text() {
    let (report, sources) = common::hostile();
    let shown = render(&report, &sources, Options::default());
    for forbidden in ['\u{1b}', '\u{7}', '\r', '\u{0}', '\u{202e}'] {
        assert!(!shown.contains(forbidden), "{forbidden:?} in {shown}");
    }
    let long = shown
        .lines()
        .map(|line| line.chars().count())
        .max()
        .unwrap();
    assert!(long < 200, "a line of {long} characters");
    insta::assert_snapshot!(shown);
}

#[test]
fn many_verdicts_are_cut_and_failures_come_first() {
    let verdict = |index: usize| {
        let said = Said {
            obligation: "copies".into(),
            engine: "evaluated".into(),
            holds: index != 150,
            note: format!("{index} copies").into(),
        };
        (format!("class{index}").into(), "t0".into(), said)
    };
    let report = Report {
        verdicts: (0..200).map(verdict).collect(),
        ..Report::default()
    };
    let shown = render(&report, &Default::default(), Options::default());
    let rows: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains("copies"))
        .collect();
    assert!(rows[0].contains("class150"), "{}", rows[0]);
    assert_eq!(rows.len(), 60);
    assert!(shown.contains("140 more rows"), "{shown}");
}

#[test]
fn many_findings_are_counted_at_the_end() {
    let finding = |code, severity| Diagnostic::new(Code(code), severity, "x");
    let mut report = Report {
        findings: vec![
            finding("T0401", Severity::Error),
            finding("T1201", Severity::Error),
            finding("T1202", Severity::Error),
            finding("T1202", Severity::Warning),
            finding("T1802", Severity::Unknown),
            finding("T2001", Severity::Note),
        ],
        ..Report::default()
    };
    let shown = |report: &Report| render(report, &SourceMap::default(), Options::default());
    assert!(!shown(&report).contains("found\n  -"));
    report.findings.push(finding("T1101", Severity::Error));
    let text = shown(&report);
    let (_, overview) = text.split_once("found\n").unwrap();
    assert_eq!(
        overview,
        "  - statements: 1 error (T0401)\n  \
         - copies: 1 error (T1101)\n  \
         - survival: 2 errors, 1 warning (T1201, T1202)\n  \
         - deletion: 1 unknown (T1802)\n\n\
         rejected: 4 errors, 1 unknown, 1 warning, 1 note\n"
    );
}

#[test]
fn many_names_are_counted() {
    let classes = || (0..5_000).map(|index| format!("class{index}"));
    let report = Report {
        verdicts: classes()
            .map(|subject| {
                let said = Said {
                    obligation: "copies".into(),
                    engine: "evaluated".into(),
                    holds: true,
                    note: "3 copies".into(),
                };
                (subject.into(), "t0".into(), said)
            })
            .collect(),
        only_live: classes().collect(),
        ..Report::default()
    };
    let shown = render(&report, &Default::default(), Options::default());
    assert!(
        shown.contains("class18, class19 and 4980 more: 3 copies"),
        "{shown}"
    );
    assert!(shown.contains("- class19\n  - and 4980 more\n"), "{shown}");
}

/// The text without SGR sequences.
fn without_colours(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(ch) = chars.next() {
        if ch == '\u{1b}' {
            chars.by_ref().find(|ch| *ch == 'm');
        } else {
            out.push(ch);
        }
    }
    out
}
