//! The same policy in other words: other names, another order, other files, other units.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use thrice_diagnostics::FileId;
use thrice_grammar::{Statement, TokenKind, parse};
use thrice_model::Model;

use crate::Random;
use crate::policy::{Texts, read};

/// No name begins so; all that are renamed do.
pub const MARK: &str = "zz-";

/// With other names for all that is declared; the names of policies are kept.
#[must_use]
pub fn renamed(texts: &Texts) -> Texts {
    let (_, model, _) = read(texts);
    let names = model.as_ref().map(names).unwrap_or_default();
    each(texts, |text| {
        exchange(text, |kind, word| {
            if kind != TokenKind::Name {
                return None;
            }
            let (name, path) = word.split_at(word.find(':').unwrap_or(word.len()));
            let parts = name.split_inclusive(['.', '/']).map(|part| {
                let bare = part.trim_end_matches(['.', '/']);
                let mark = if names.contains(bare) { MARK } else { "" };
                format!("{mark}{part}")
            });
            Some(parts.collect::<String>() + path)
        })
    })
}

/// The names of classes and steps: they stand nowhere but where they are meant.
fn names(model: &Model) -> BTreeSet<String> {
    let classes = model.classes.iter().map(|(_, class)| &class.named);
    let steps = model.steps.iter().map(|(_, step)| &step.named);
    let hosts = model.hosts.iter().map(|(_, host)| &host.named);
    let named = classes.chain(steps).chain(hosts);
    let mut out: BTreeSet<String> = named.map(|named| named.name.to_string()).collect();
    // What is a word of the language too cannot be told by its looks.
    for word in [
        "s3",
        "local",
        "media",
        "truenas",
        "apps",
        "app",
        "databases",
        "prod",
        "a",
        "b",
    ] {
        out.remove(word);
    }
    out
}

/// The statements of all roots in another order and spread over several files.
#[must_use]
pub fn reordered(texts: &Texts, random: &mut Random) -> Texts {
    let mut all: Vec<String> = Vec::new();
    let mut folder = "";
    for (path, text) in &texts.roots {
        folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let (tree, _) = parse(FileId::new(0), text);
        let spans = tree.statements().map(Statement::span);
        all.extend(spans.map(|span| format!("{}\n", slice(text, span.start, span.end))));
    }
    all.shuffle(random);
    let mut roots: BTreeMap<String, String> = BTreeMap::new();
    for statement in all {
        let number = random.random_range(0..3);
        let name = format!("part{number}.thrice");
        let path = if folder.is_empty() {
            name
        } else {
            format!("{folder}/{name}")
        };
        *roots.entry(path).or_default() += &statement;
    }
    Texts {
        roots,
        shelf: texts.shelf.clone(),
    }
}

/// Days as hours, terabytes as gigabytes and so on, where the number stands right before.
#[must_use]
pub fn in_other_units(texts: &Texts) -> Texts {
    const UNITS: [(&str, u64, &str); 5] = [
        ("days", 24, "h"),
        ("TB", 1000, "GB"),
        ("GB", 1000, "MB"),
        ("MB", 1000, "kB"),
        ("h", 60, "m"),
    ];
    each(texts, |text| {
        let tokens = tokens(text);
        let mut changes: BTreeMap<usize, String> = BTreeMap::new();
        for pair in tokens.windows(4) {
            let [(_, a, b), (_, c, d), (_, e, f), (_, g, h)] = pair else {
                continue;
            };
            let word = |from: &usize, to: &usize| text.get(*from..*to).unwrap_or("");
            let (number, unit) = (word(e, f), word(g, h));
            // The two ends of an interval share a unit, and `keep within` counts days of the calendar.
            if word(c, d) == ".." || word(c, d) == "within" || word(a, b) == ".." {
                continue;
            }
            let found = UNITS.iter().find(|(name, ..)| *name == unit);
            if let (Some((_, factor, other)), Ok(count)) = (found, number.parse::<u64>()) {
                changes.insert(*e, (count * factor).to_string());
                changes.insert(*g, (*other).to_owned());
            }
        }
        let (mut out, mut done) = (String::new(), 0);
        for (_, start, end) in tokens {
            if let Some(new) = changes.get(&start) {
                out += text.get(done..start).unwrap_or("");
                out += new;
                done = end;
            }
        }
        out + text.get(done..).unwrap_or("")
    })
}

fn each(texts: &Texts, change: impl Fn(&str) -> String) -> Texts {
    let all = |files: &BTreeMap<String, String>| {
        let changed = files
            .iter()
            .map(|(path, text)| (path.clone(), change(text)));
        changed.collect()
    };
    Texts {
        roots: all(&texts.roots),
        shelf: all(&texts.shelf),
    }
}

fn tokens(text: &str) -> Vec<(TokenKind, usize, usize)> {
    let (tree, _) = parse(FileId::new(0), text);
    let values = tree.all_statements().flat_map(Statement::values);
    values
        .map(|t| (t.kind, t.span.start as usize, t.span.end as usize))
        .collect()
}

fn exchange(text: &str, change: impl Fn(TokenKind, &str) -> Option<String>) -> String {
    let (mut out, mut done) = (String::new(), 0);
    for (kind, start, end) in tokens(text) {
        if let Some(new) = text.get(start..end).and_then(|word| change(kind, word)) {
            out += text.get(done..start).unwrap_or("");
            out += &new;
            done = end;
        }
    }
    out + text.get(done..).unwrap_or("")
}

fn slice(text: &str, start: u32, end: u32) -> &str {
    text.get(start as usize..end as usize).unwrap_or("")
}
