//! What was built is found to be right; what was changed in meaning is found, and named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests: what goes wrong here is a failed test"
)]

mod policies;

use policies::{Choices, choices, plan_of};
use proptest::prelude::*;
use thrice_build::build;
use thrice_diagnostics::{Diagnostic, Severity, SourceMap};
use thrice_plan::Plan;
use thrice_readback::{Found, against};
use thrice_target::Artefact;

fn found(artefacts: &[Artefact]) -> Vec<Found> {
    let as_it_lies = |file: &Artefact| Found {
        path: file.path.clone(),
        content: Ok(file.bytes.clone()),
        mode: file.mode,
    };
    artefacts.iter().map(as_it_lies).collect()
}

fn findings(plan: &Plan, expected: &[Artefact], found: &[Found]) -> Vec<Diagnostic> {
    against(plan, expected, "out", found, &mut SourceMap::new())
}

fn errors(all: &[Diagnostic]) -> Vec<&Diagnostic> {
    all.iter()
        .filter(|d| d.severity == Severity::Error)
        .collect()
}

fn text(file: &Found) -> String {
    String::from_utf8(file.content.clone().unwrap()).unwrap()
}

/// A change of meaning: which kinds of file it is for, and how it changes a line, if it can.
type Change = (&'static str, &'static str, fn(&str) -> Option<String>);

/// The first digit that is not part of a name, one more.
fn count(line: &str, after: &str) -> Option<String> {
    let (before, rest) = line.split_once(after)?;
    let digit = rest.chars().next().filter(char::is_ascii_digit)?;
    let next = (digit.to_digit(10)? + 1) % 10;
    Some(format!("{before}{after}{next}{}", &rest[1..]))
}

fn in_text(line: &str, after: &str) -> Option<String> {
    let (before, rest) = line.split_once(after)?;
    Some(format!("{before}{after}x{rest}"))
}

const CHANGES: [Change; 29] = [
    ("minute", "cron", |l| {
        l.starts_with(|c: char| c.is_ascii_digit()).then(|| {
            let (minute, rest) = l.split_once(' ').unwrap();
            let (first, others) = minute
                .split_once(',')
                .map_or((minute, None), |(a, b)| (a, Some(b)));
            let next = (first.parse::<u8>().unwrap() + 7) % 60;
            let others = others.map_or_else(String::new, |o| format!(",{o}"));
            format!("{next}{others} {rest}")
        })
    }),
    ("user", "cron", |l| {
        l.contains(" root ")
            .then(|| l.replace(" root ", " nobody "))
    }),
    ("script", "cron", |l| {
        l.contains(" root ").then(|| format!("{l} --dry-run"))
    }),
    ("switched off", "cron", |l| {
        l.contains(" root ").then(|| format!("#{l}"))
    }),
    ("search path", "cron", |l| in_text(l, "PATH=")),
    ("path", "script", |l| {
        l.starts_with("paths=").then(|| in_text(l, "/")).flatten()
    }),
    ("keep count", "script", |l| {
        l.starts_with("keep=")
            .then(|| count(l, "-daily' '").or_else(|| count(l, "--keep-daily=")))
            .flatten()
    }),
    ("no keep", "script", |l| {
        l.starts_with("keep=").then(|| "keep=()".to_owned())
    }),
    ("tag", "script", |l| in_text(l, "tag='thrice:")),
    ("exclude", "script", |l| {
        l.starts_with("excludes=")
            .then(|| l.replace(')', " '--exclude=/x')"))
    }),
    ("repository", "script", |l| {
        l.starts_with("repository=")
            .then(|| in_text(l, "'"))
            .flatten()
    }),
    ("source", "script", |l| in_text(l, "source='")),
    ("destination", "script", |l| in_text(l, "destination='")),
    ("endpoint", "script", |l| in_text(l, "_ENDPOINT='")),
    ("a call", "script", |l| {
        l.trim()
            .starts_with("on_repository backup")
            .then(|| in_text(l, "backup "))
            .flatten()
    }),
    ("a check", "script", |l| {
        l.trim().starts_with("mountpoint").then(String::new)
    }),
    ("age", "script", |l| count(l, "seconds=")),
    ("days", "lifecycle", |l| count(l, "Days\": ")),
    ("prefix", "lifecycle", |l| in_text(l, "\"Prefix\": \"")),
    ("status", "lifecycle", |l| {
        l.contains("\"Enabled\"")
            .then(|| l.replace("Enabled", "Disabled"))
    }),
    ("fields of cron", "executor", |l| {
        l.trim()
            .starts_with('"')
            .then(|| in_text(l, " * * *"))
            .flatten()
    }),
    ("script", "executor", |l| in_text(l, "\"path\": \"/")),
    ("hour", "truenas-plan", |l| in_text(l, "\"hour\": \"")),
    ("endpoint", "rclone-remotes", |l| in_text(l, "endpoint = ")),
    ("times", "zerobyte-api-plan", |l| {
        count(l, "\"cronExpression\": \"")
    }),
    ("keep count", "zerobyte-api-plan", |l| {
        count(l, "\"keepDaily\": ")
    }),
    ("switched off", "zerobyte-api-plan", |l| {
        l.contains("\"enabled\": true")
            .then(|| l.replace("true", "false"))
    }),
    ("repository", "zerobyte-api-plan", |l| {
        in_text(l, "\"repositoryId\": \"@REPOSITORY:")
    }),
    ("path", "zerobyte-provisioning", |l| {
        in_text(l, "\"path\": \"/")
    }),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn what_was_built_is_what_the_policy_says(choices in choices()) {
        let plan = plan_of(&choices);
        let built = build(&plan).unwrap();
        prop_assert_eq!(findings(&plan, &built, &found(&built)), Vec::new());
    }

    #[test]
    fn other_words_for_the_same_are_a_note(choices in choices(), at in any::<prop::sample::Index>()) {
        let plan = plan_of(&choices);
        let built = build(&plan).unwrap();
        let mut lies = found(&built);
        let same = |file: &Artefact| match file.kind {
            "script" => Some(file.text().replacen('\n', "\n\n# looked at\n", 1)),
            "cron" => Some(file.text().replace(" root ", "\troot   ")),
            "lifecycle" | "executor" | "truenas-plan" | "manifest" => Some(file.text().replace("\n  ", "\n")),
            _ => None,
        };
        let files: Vec<(usize, String)> = built.iter().enumerate()
            // The executor runs no script whose checksum is another.
            .filter(|(_, file)| file.kind != "script" || !choices.executor)
            .filter_map(|(i, file)| Some((i, same(file)?)))
            .collect();
        let (index, changed) = at.get(&files);
        lies[*index].content = Ok(changed.clone().into_bytes());
        let all = findings(&plan, &built, &lies);
        prop_assert!(errors(&all).is_empty(), "{:#?}", all);
        prop_assert!(all.iter().any(|d| d.message.contains(&built[*index].path)), "{:#?}", all);
    }

    #[test]
    fn a_change_of_meaning_is_found_and_named(choices in choices(), at in any::<prop::sample::Index>()) {
        let plan = plan_of(&choices);
        let built = build(&plan).unwrap();
        let possible = possible(&built);
        let (index, what, changed) = at.get(&possible);
        let mut lies = found(&built);
        lies[*index].content = Ok(changed.clone().into_bytes());
        let all = findings(&plan, &built, &lies);
        let path = format!("`{}`", built[*index].path);
        prop_assert!(
            errors(&all).iter().any(|d| d.message.contains(&path)),
            "{what} of {path} is not found: {:#?}", all
        );
    }

    #[test]
    fn no_line_of_a_program_goes_unseen(choices in choices(), at in any::<prop::sample::Index>(), line in any::<prop::sample::Index>()) {
        let plan = plan_of(&choices);
        let built = build(&plan).unwrap();
        let scripts: Vec<usize> = (0..built.len()).filter(|i| built[*i].kind == "script").collect();
        let index = *at.get(&scripts);
        let mut lies = found(&built);
        let text = text(&lies[index]);
        let says = |l: &&str| !l.trim().is_empty() && !l.trim().starts_with('#');
        let lines: Vec<&str> = text.lines().collect();
        let code: Vec<usize> = (0..lines.len()).filter(|i| says(&lines[*i])).collect();
        let gone = *line.get(&code);
        let rest: Vec<&str> = lines.iter().enumerate().filter(|(i, _)| *i != gone).map(|(_, l)| *l).collect();
        lies[index].content = Ok((rest.join("\n") + "\n").into_bytes());
        let all = findings(&plan, &built, &lies);
        prop_assert!(errors(&all).iter().any(|d| d.message.contains(&built[index].path)), "{}: {:#?}", lines[gone], all);
    }

    #[test]
    fn files_and_permissions_are_what_they_are(choices in choices(), at in any::<prop::sample::Index>(), how in 0..4usize) {
        let plan = plan_of(&choices);
        let built = build(&plan).unwrap();
        let mut lies = found(&built);
        let index = at.index(lies.len());
        let mut path = lies[index].path.clone();
        let code = match how {
            0 => { lies.remove(index); "T3002" }
            1 => { path.push_str(".old"); let old = Found { path: path.clone(), ..lies[index].clone() }; lies.push(old); "T3003" }
            2 => { lies[index].mode ^= 0o022; "T3005" }
            _ => { lies[index].content = Err("it is a symbolic link, not a file".to_owned()); "T3004" }
        };
        let all = findings(&plan, &built, &lies);
        prop_assert!(
            errors(&all).iter().any(|d| d.code.0 == code && d.message.contains(&path)),
            "{} {}: {:#?}", code, path, all
        );
    }
}

/// Every change that a file of these can take: its index, what is changed, and its text then.
fn possible(built: &[Artefact]) -> Vec<(usize, &'static str, String)> {
    let mut out = Vec::new();
    for (index, file) in built.iter().enumerate() {
        for (what, _, change) in CHANGES.iter().filter(|(_, kind, _)| *kind == file.kind) {
            let mut done = false;
            let lines = file
                .text()
                .lines()
                .map(|line| match change(line).filter(|_| !done) {
                    Some(other) => {
                        done = true;
                        other
                    }
                    None => line.to_owned(),
                });
            let text = lines.collect::<Vec<_>>().join("\n") + "\n";
            if done {
                out.push((index, *what, text));
            }
        }
    }
    out
}

/// Each change is tried by some policy, so that none of the above is about nothing.
#[test]
fn every_change_can_be_made() {
    let mut seen = std::collections::BTreeSet::new();
    for executor in [false, true] {
        let built = build(&plan_of(&Choices {
            executor,
            ..Choices::default()
        }))
        .unwrap();
        for (index, what, _) in possible(&built) {
            seen.insert((what, built[index].kind));
        }
    }
    let all: std::collections::BTreeSet<_> = CHANGES
        .iter()
        .map(|(what, kind, _)| (*what, *kind))
        .collect();
    let missing: Vec<_> = all.difference(&seen).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_wrong_checksum_in_the_manifest_is_found() {
    let plan = plan_of(&Choices::default());
    let built = build(&plan).unwrap();
    let mut lies = found(&built);
    let index = built
        .iter()
        .position(|f| f.path == "manifest.json")
        .unwrap();
    let text = text(&lies[index]);
    let at = text.find("\"sha256\": \"").unwrap();
    let at = at + text[at + 20..].find("\"sha256\": \"").unwrap() + 20 + 11;
    let mut bytes = text.into_bytes();
    bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
    lies[index].content = Ok(bytes);
    let all = findings(&plan, &built, &lies);
    assert!(
        errors(&all)
            .iter()
            .any(|d| d.message.contains("wrong checksum")),
        "{all:#?}"
    );
}

#[test]
fn another_day_is_told_as_such() {
    let mut plan = plan_of(&Choices::default());
    let built = build(&plan).unwrap();
    let later = plan.as_of.tomorrow().unwrap();
    let step = plan.model.steps.ids().next().unwrap();
    plan.model.steps.get_mut(step).unwrap().lifetime.until = Some(later);
    plan.as_of = later;
    let all = findings(&plan, &build(&plan).unwrap(), &found(&built));
    let stale: Vec<_> = errors(&all)
        .into_iter()
        .filter(|d| d.code.0 == "T3003")
        .collect();
    let ended = |d: &&&Diagnostic| d.labels.iter().any(|l| l.text == "ended on 2026-06-02");
    let script = stale.iter().find(ended).unwrap();
    assert!(script.message.contains("bin/db_out"), "{stale:#?}");
    assert!(
        script
            .help
            .as_ref()
            .unwrap()
            .contains("was built for 2026-06-01")
    );
}
