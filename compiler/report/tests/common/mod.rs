//! Reports to render: a rich one, and one made of what is awkward.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

use ecow::EcoString;
use thrice_diagnostics::{Code, Diagnostic, Diagnostics, FileId, Severity, SourceMap, Span};
use thrice_report::matrix::{Margin, Saved, Time};
use thrice_report::{Accepted, PhaseDate, Plays, Policy, Report, Said};
use thrice_verdicts::{Assumptions, Matrix, Sentence};

const POLICY: &str = r#"policy sample "Sample: nightly backups" { timezone "Europe/Berlin" }

use std/hetzner
use ../requirements

host vpai at ovh/gravelines {
    store local { medium nvme; capacity 80 GB }
}
class databases is state on vpai.local {
    size 150..600 MB
    churn 5..600 MB/day
    rpo 24h
}
class music is items on truenas.tank since nas { size 200..400 GB }

backup db_full of databases to vpai_restic by seko.zerobyte {
    daily at 03:00 UTC
}
accept copies for music because "can be ripped again" by "owner" until 2027-06-30
"#;

const REQUIREMENTS: &str = "require copies >= 3, media >= 2, offsite >= 1 for all since nas
require headroom 20 % on vpai.local
";

const STD: &str = "/// Falkenstein, https://docs.hetzner.com, 2026-08-01
fact object_lock none
";

/// The span of the `nth` (from 0) place in the file at which these words stand.
pub fn span(sources: &SourceMap, file: FileId, words: &str, nth: usize) -> Span {
    let text = &sources.get(file).unwrap().text;
    let (start, _) = text.match_indices(words).nth(nth).unwrap();
    Span::new(file, start as u32, (start + words.len()) as u32)
}

fn verdict(
    obligation: &'static str,
    subject: &str,
    phase: &str,
    engine: &'static str,
    holds: bool,
    note: &str,
) -> (EcoString, EcoString, Said) {
    let said = Said {
        obligation: obligation.into(),
        engine: engine.into(),
        holds,
        note: note.into(),
    };
    (subject.into(), phase.into(), said)
}

/// Findings of every severity over three files, and something in each other part.
pub fn rich() -> (Report, SourceMap) {
    let mut sources = SourceMap::new();
    let policy = sources.add("sample/policy.thrice", POLICY);
    let rules = sources.add("requirements.thrice", REQUIREMENTS);
    let library = sources.add("std/hetzner", STD);
    let at = |file, words, nth| span(&sources, file, words, nth);
    let mut findings = Diagnostics::new();
    findings.push(
        Diagnostic::error(
            Code("T1101"),
            "`databases` has 2 copies in phase `nas`, and 3 are required",
        )
        .at(at(policy, "databases", 0), "this class")
        .at(at(rules, "copies >= 3", 0), "3 are asked for here")
        .at(at(policy, "vpai_restic", 0), "the only copy besides the live data")
        .event("2026-08-15", "phase `nas` begins")
        .event("2026-09-30 03:00", "if Falkenstein is lost now, the newest copy of `databases` is 31 days and 4 hours old: `truenas.tank`")
        .help("add a `copy` of `vpai_restic` to a store at another site, or accept the risk with `accept copies for databases`")
        .about("databases")
        .by("evaluated"),
    );
    findings.push(
        Diagnostic::new(
            Code("T2001"),
            Severity::Unknown,
            "whether `vpai.local` ever fills up could not be decided",
        )
        .at(at(policy, "capacity 80 GB", 0), "")
        .at(at(library, "object_lock none", 0), "this fact has no date")
        .help("raise the limit, or state a narrower churn")
        .about("vpai.local")
        .by("unknown"),
    );
    findings.push(
        Diagnostic::warning(
            Code("T1301"),
            "a daily backup misses `rpo 24h` by its own run time",
        )
        .at(at(policy, "rpo 24h", 0), "asked for here")
        .at(at(policy, "daily at 03:00 UTC", 0), "runs once a day")
        .help("say `rpo 26h`"),
    );
    findings.push(
        Diagnostic::new(
            Code("T2002"),
            Severity::Note,
            "`vpai.local` is 71 % full at worst, on 2029-02-15",
        )
        .at(at(policy, "capacity 80 GB", 0), "")
        .about("vpai.local"),
    );
    let mut assumptions = Assumptions::default();
    let churns = assumptions.sentence(Sentence {
        after: Some(" churns at most 600 MB/day".into()),
        monitor: Some("deadman".into()),
        ..Sentence::default()
    });
    let acts = assumptions.sentence(Sentence {
        before: "somebody acts within 3 days of an alarm".into(),
        ..Sentence::default()
    });
    let fact = assumptions.sentence(Sentence {
        before: "object storage in Falkenstein has no object lock".into(),
        source: Some("https://docs.hetzner.com".into()),
        date: Some("2026-08-01".into()),
        ..Sentence::default()
    });
    let mut assume = |sentence, name, at| assumptions.push(sentence, name, at, None);
    assume(
        churns,
        "databases",
        Some(at(policy, "churn 5..600 MB/day", 0)),
    );
    assume(acts, "", None);
    assume(churns, "music", Some(at(policy, "size 200..400 GB", 0)));
    assume(fact, "", Some(at(library, "object_lock none", 0)));
    let report = Report {
        tool_version: "0.1.0".into(),
        language_version: 1,
        policy: Some(Policy {
            name: "sample".into(),
            title: "Sample: nightly backups".into(),
        }),
        hash: "3f786850e387550fdab836ed7e6dc881de23001b0a1b2c3d4e5f60718293a4b5".into(),
        as_of: "2026-08-20".into(),
        phases: vec![
            PhaseDate {
                name: "t0".into(),
                date: "2026-02-15".into(),
            },
            PhaseDate {
                name: "nas".into(),
                date: "2026-08-15".into(),
            },
        ],
        findings: findings.sorted(),
        verdicts: [
            verdict(
                "copies",
                "databases",
                "t0",
                "evaluated",
                true,
                "2 copies on 2 media",
            ),
            verdict(
                "copies",
                "databases",
                "nas",
                "refuted",
                false,
                "2 copies on 2 media, 3 asked",
            ),
            verdict("copies", "music", "nas", "evaluated", false, "1 copy"),
            verdict(
                "recovery-point",
                "databases",
                "t0",
                "evaluated",
                false,
                "nominal 1 d 15 min",
            ),
            verdict(
                "survival",
                "databases",
                "t0",
                "proved",
                true,
                "13 fault sets",
            ),
            verdict(
                "survival",
                "databases",
                "nas",
                "proved",
                true,
                "13 fault sets",
            ),
            verdict("capacity", "vpai.local", "nas", "unknown", false, ""),
            verdict(
                "cost",
                "policy",
                "",
                "evaluated",
                true,
                "45.31 of 46 EUR/month",
            ),
        ]
        .into_iter()
        .collect(),
        assumptions,
        accepted: vec![Accepted {
            obligation: "copies".into(),
            subject: "music".into(),
            why: "can be ripped again".into(),
            by: "owner".into(),
            until: "2027-06-30".into(),
            covers: 1,
        }],
        not_decided: vec!["recovery-time".into(), "flow".into()],
        only_live: vec!["music".into()],
        plays: vec![Plays {
            obligation: "recovery-point".into(),
            replayed: 1,
            rest_on: vec!["captures in place".into(), "ages without bound".into()],
        }],
        under: Vec::new(),
        survival: cells(),
        ledger: true,
        scope: vec![
            "2 classes, 1 steps".into(),
            "skipped: `tmp`, \"scratch\"".into(),
        ],
        strict: false,
    };
    (report, sources)
}

/// A cell about one class, as it is if nothing is known.
/// A class, a phase, faults and what is said.
type Cell = (Vec<EcoString>, EcoString, Vec<String>, Saved);

fn saved(by: &'static str) -> Saved {
    Saved {
        by,
        store: None,
        step: None,
        also: Vec::new(),
        nominal: None,
        guaranteed: None,
        restore: None,
        restored_from: None,
        margins: Vec::new(),
    }
}

fn cell(said: Saved, fault: &str) -> Cell {
    let classes = vec!["databases".into()];
    (classes, "t0".into(), vec![fault.into()], said)
}

fn cells() -> Matrix<Saved> {
    let time = |seconds: i64, words: &str| Time {
        seconds,
        words: words.into(),
    };
    let mut out: Vec<Cell> = (0..30)
        .map(|store| {
            let said = Saved {
                store: Some(format!("s3.b{store}")),
                step: Some("up".into()),
                ..saved("copy")
            };
            cell(said, &format!("store `s{store}` is lost"))
        })
        .collect();
    let late = Saved {
        store: Some("s3.backups".into()),
        step: Some("db_full".into()),
        also: vec!["nas.tank".into()],
        nominal: Some(time(87_000, "1 d 10 min")),
        guaranteed: Some(time(433_000, "5 d 17 min")),
        restore: Some(time(4200, "70 min")),
        restored_from: Some("nas.tank".into()),
        margins: vec![Margin {
            of: "rpo",
            asked: time(86_400, "24 h"),
            left: time(-600, "-10 min"),
        }],
        ..saved("copy")
    };
    let (_, phase, faults, late) = cell(late, "host `vpai` is lost");
    out.extend([
        cell(saved("live"), "host `nas` is lost"),
        cell(saved("live alone"), "key `k` is lost"),
        cell(saved("nothing"), "site `home` is lost"),
        cell(saved("undecided"), "provider `p` is lost"),
        (
            vec!["databases".into(), "music".into()],
            phase,
            faults,
            late,
        ),
    ]);
    out.into_iter().collect()
}

/// Text that tries to leave its field, in every field; places that are odd; no places at all.
pub fn hostile() -> (Report, SourceMap) {
    let evil = "a`%0A\r\n::error::x\u{1b}[31m\u{202e}\"<&>'\u{0}]]>,:\tb";
    let mut sources = SourceMap::new();
    let long = format!("{}needle{}\nlast\n", "é".repeat(500), "x".repeat(70_000));
    let long = sources.add("odd name,:%\u{1b}[2J\".thrice", long);
    let crlf = sources.add("crlf.thrice", "one\r\n\u{1b}]0;title\u{7}two\r\n");
    let empty = sources.add("empty.thrice", "");
    let tall = sources.add("tall.thrice", "x {\n".repeat(400));
    let error = |code, message: &str| Diagnostic::error(Code(code), message);
    let mut assumptions = Assumptions::default();
    let fact = assumptions.sentence(Sentence {
        before: evil.into(),
        source: Some(evil.into()),
        monitor: Some(evil.into()),
        ..Sentence::default()
    });
    assumptions.push(fact, "", Some(Span::new(FileId::new(77), 3, 4)), None);
    let report = Report {
        tool_version: "0.1.0".into(),
        language_version: 1,
        policy: Some(Policy {
            name: evil.into(),
            title: evil.into(),
        }),
        as_of: "2026-08-20".into(),
        phases: vec![PhaseDate {
            name: evil.into(),
            date: "2026-02-15".into(),
        }],
        findings: vec![
            error("T0001", "nothing to point at"),
            error("T0201", evil)
                .at(span(&sources, long, "needle", 0), evil)
                .event(evil, evil)
                .help(evil)
                .about(evil),
            error("T0007", "a place on a carriage return")
                .at(span(&sources, crlf, "\r", 1), "here"),
            error("T0003", "a place in an empty file").at(Span::new(empty, 0, 0), "here"),
            error("T0103", "a place at the end, after the last line feed")
                .at(Span::new(crlf, 20, 20), "the file ends"),
            error("T0104", "a place that runs over the whole file")
                .at(Span::new(tall, 0, 1600), "all of it"),
            error("T0105", "places that fit no file")
                .at(Span::new(crlf, 15, 999), "too long")
                .at(Span::new(FileId::new(77), 3, 4), "no such file")
                .at(Span::new(long, 1, 2), "inside a character"),
        ],
        verdicts: [verdict("copies", evil, evil, "evaluated", true, evil)]
            .into_iter()
            .collect(),
        assumptions,
        accepted: vec![Accepted {
            obligation: "copies".into(),
            subject: evil.into(),
            why: evil.into(),
            by: evil.into(),
            until: "2027-06-30".into(),
            covers: 0,
        }],
        only_live: vec![evil.into()],
        plays: vec![Plays {
            obligation: evil.into(),
            replayed: 1,
            rest_on: vec![evil.into()],
        }],
        scope: vec![evil.into()],
        survival: [(
            vec![evil.into()],
            evil.into(),
            vec![evil.into()],
            Saved {
                store: Some(evil.into()),
                step: Some(evil.into()),
                also: vec![evil.into()],
                ..saved("copy")
            },
        )]
        .into_iter()
        .collect(),
        ..Report::default()
    };
    (report, sources)
}
