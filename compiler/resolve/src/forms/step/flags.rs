//! Flags of restic that a policy may pass on.
//!
//! Only what changes speed, load or form. What changes which data is read, which snapshots stay or
//! who may read them has a clause of its own, which proofs look at.

use thin_vec::ThinVec;
use thrice_diagnostics::{Diagnostic, Span, nearest, one_of};

use super::Own;
use crate::codes::{REPEATED, WRONG_VALUE};

/// What may follow a flag's `=`.
#[derive(Clone, Copy)]
enum Takes {
    Nothing,
    Number,
    /// A number between two, in a unit.
    Between(u16, u16, &'static str),
    Word(&'static [&'static str]),
}

/// Flags of `restic backup` in its manual for 0.18. Not `--skip-if-unchanged`, which leaves a run
/// without a version, nor `--ignore-inode`, by which a change may go unseen.
const ALLOWED: [(&str, Takes); 7] = [
    ("--cleanup-cache", Takes::Nothing),
    (
        "--compression",
        Takes::Word(&["auto", "off", "fastest", "better", "max"]),
    ),
    ("--no-cache", Takes::Nothing),
    ("--no-scan", Takes::Nothing),
    ("--pack-size", Takes::Between(4, 128, "MiB")),
    ("--read-concurrency", Takes::Number),
    ("--with-atime", Takes::Nothing),
];

/// Reads all `flag` clauses.
pub fn read(own: &mut Own<'_, '_>) -> ThinVec<String> {
    let mut out: Vec<(String, Span)> = Vec::new();
    let cx = own.cx;
    for entry in own.entries.iter_mut().filter(|entry| entry.word == "flag") {
        let read = entry.cursor.list(|cursor| cursor.text("a flag"));
        entry.cursor.end();
        for (flag, span) in read {
            let name = name(&flag);
            let first = out
                .iter()
                .find(|(other, _)| self::name(other) == name)
                .map(|(_, at)| *at);
            match (first, mistake(&flag)) {
                (Some(first), _) => cx.report(
                    Diagnostic::error(REPEATED, format!("the flag `{name}` is said twice"))
                        .at(span, "said again")
                        .at(first, "first said here")
                        .help("keep the one that holds"),
                ),
                (None, Some((message, help))) => cx.report(
                    Diagnostic::error(WRONG_VALUE, message)
                        .at(span, "not passed on")
                        .help(help),
                ),
                (None, None) => out.push((flag, span)),
            }
        }
    }
    out.into_iter().map(|(flag, _)| flag).collect()
}

fn name(flag: &str) -> &str {
    flag.split_once('=').map_or(flag, |(name, _)| name)
}

/// What is wrong with a flag, and help.
fn mistake(flag: &str) -> Option<(String, String)> {
    let name = name(flag);
    let value = flag.split_once('=').map(|(_, value)| value);
    let Some((_, takes)) = ALLOWED.iter().find(|(allowed, _)| *allowed == name) else {
        let message = format!("`{name}` is not among the flags that are passed on");
        let all = || ALLOWED.iter().map(|(allowed, _)| *allowed);
        let near = nearest(name, all());
        return Some((
            message,
            match near.as_slice() {
                [] => format!("only tuning is: {}", one_of(all())),
                near => format!("did you mean {}?", one_of(near.iter().copied())),
            },
        ));
    };
    let form = match takes {
        Takes::Nothing if value.is_some() => name.to_owned(),
        Takes::Number if !value.is_some_and(is_number) => format!("{name}=4"),
        Takes::Between(least, most, unit) => {
            let number = value.filter(|value| is_number(value));
            let number = number.and_then(|value| value.parse::<u16>().ok());
            if number.is_some_and(|number| (*least..=*most).contains(&number)) {
                return None;
            }
            let help = format!("write `{name}=` and a number from {least} to {most}, in {unit}");
            return Some((format!("`{flag}` has no value that restic takes"), help));
        }
        Takes::Word(words) if !value.is_some_and(|value| words.contains(&value)) => {
            let help = format!("write it with `=` and {}", one_of(words.iter().copied()));
            return Some((format!("`{flag}` has no value that restic takes"), help));
        }
        _ => return None,
    };
    Some((
        format!("`{flag}` is not of the form that restic takes"),
        format!("write `{form}`"),
    ))
}

fn is_number(text: &str) -> bool {
    (1..=4).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_digit())
        && !text.starts_with('0')
}
