//! The language reference says what the resolver does.
//!
//! `grammar/REFERENCE.md` is prose, but for what stands between `<!-- WHAT -->` and `<!-- end -->`:
//! that is written here, from the tables that the resolver reads statements by.
//! `UPDATE_REFERENCE=1 cargo test -p thrice-resolve --test reference` rewrites it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests stop the test with what they know"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::civil::date;
use thrice_diagnostics::{FileId, SourceMap};
use thrice_grammar::{LANGUAGE_VERSION, format, parse};
use thrice_model::Obligation;
use thrice_quantity::{Dimension, all_unit_names};
use thrice_resolve::{AMOUNT, Clause, Construct, Loader, RETENTION, SCHEDULE, constructs, resolve};

const PAGE: &str = include_str!("../../../grammar/REFERENCE.md");
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../grammar/REFERENCE.md");
/// What begins an example.
const FENCE: &str = "```thrice\n";
/// Where the verifier lists what it decides.
const DECIDED: &str = include_str!("../../verify/src/obligations/mod.rs");

const VERBS: [&str; 10] = [
    "capture", "backup", "copy", "sync", "move", "expire", "seed", "prune", "check", "drill",
];

#[test]
fn generated_parts_are_up_to_date() {
    let page = regenerated(PAGE);
    if page == PAGE {
        return;
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the page is written here, on demand"
    )]
    if std::env::var("UPDATE_REFERENCE").is_ok() {
        std::fs::write(FILE, page).unwrap();
        return;
    }
    let mut lines = page.lines().zip(PAGE.lines());
    let (new, old) = lines
        .find(|(new, old)| new != old)
        .unwrap_or(("more lines", "fewer lines"));
    panic!(
        "grammar/REFERENCE.md differs from what the resolver reads; set UPDATE_REFERENCE=1 to \
         rewrite it\n  it says     {old}\n  it should say {new}"
    );
}

/// The page with its generated parts written anew, and its examples in the one style.
fn regenerated(page: &str) -> String {
    let page = between(page, "<!-- ", "<!-- end -->", |part| {
        let (what, _) = part.split_once(" -->\n").expect("a marker has an end");
        format!("{what} -->\n{}", generated(what))
    });
    between(&page, FENCE, "```\n", |example| {
        let (tree, _) = parse(FileId::new(0), example);
        format(&tree, example).expect("an example has no mistakes of form")
    })
}

/// The page with each part from `open` to `close` exchanged.
fn between(page: &str, open: &str, close: &str, change: impl Fn(&str) -> String) -> String {
    let (mut out, mut rest) = (String::new(), page);
    while let Some((before, part)) = rest.split_once(open) {
        let (inner, after) = part.split_once(close).expect("what is opened is closed");
        out += &[before, open, &change(inner), close].concat();
        rest = after;
    }
    out + rest
}

fn generated(what: &str) -> String {
    match what {
        "units" => units(),
        "obligations" => obligations(),
        "clauses of all steps" => table(&common()),
        _ => {
            let keyword = what.strip_prefix("clauses: ").expect("a known marker");
            construct(named(keyword))
        }
    }
}

fn named(keyword: &str) -> &'static Construct {
    constructs()
        .find(|construct| construct.keyword == keyword)
        .unwrap_or_else(|| panic!("there is no statement `{keyword}`"))
}

/// The clauses that every verb takes.
fn common() -> Vec<&'static Clause> {
    let everywhere = |clause: &&Clause| {
        let says = |verb: &&str| named(verb).clauses.iter().any(|c| c.word == clause.word);
        VERBS.iter().all(says)
    };
    named("drill").clauses.iter().filter(everywhere).collect()
}

/// Form, meaning and clauses.
fn construct(construct: &Construct) -> String {
    let is_step = VERBS.contains(&construct.keyword);
    let shared: BTreeSet<&str> = match is_step {
        true => common().iter().map(|clause| clause.word).collect(),
        false => BTreeSet::new(),
    };
    let own: Vec<&Clause> = construct
        .clauses
        .iter()
        .filter(|clause| !shared.contains(clause.word))
        .collect();
    let clauses = match (own.as_slice(), is_step) {
        ([], true) => "It takes the clauses of all steps, and no others.\n".to_owned(),
        ([], false) => "It has no block.\n".to_owned(),
        (own, true) => format!("{}\nAnd the clauses of all steps.\n", table(own)),
        (own, false) => table(own),
    };
    let inside = match construct.inside {
        [] => String::new(),
        outer => format!("Stands inside `{}`. ", outer.join("` and `")),
    };
    format!(
        "```text\n{}\n```\n\n{inside}{}\n\n{clauses}",
        construct.form, construct.text
    )
}

fn table(clauses: &[&Clause]) -> String {
    let mut out = String::from("| clause | times | unless said | meaning |\n|---|---|---|---|\n");
    for clause in clauses {
        let times = match (clause.required, clause.repeatable) {
            (true, _) => "1",
            (false, false) => "0..1",
            (false, true) => "any",
        };
        let written = match clause.word {
            SCHEDULE => "[a schedule](#schedules)".to_owned(),
            RETENTION => "[a retention](#retention-rules)".to_owned(),
            AMOUNT => "`MONEY/month`".to_owned(),
            word => format!("`{}`", format!("{word} {}", clause.takes).trim_end()),
        };
        let (meaning, default) = split(clause.text);
        writeln!(
            out,
            "| {} | {times} | {} | {} |",
            cell(&written),
            cell(&default),
            cell(&meaning)
        )
        .unwrap();
    }
    out
}

/// A bar would end the cell, even inside a code span.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// What a clause means, and what holds where it is not said: tables write the latter behind the
/// last `;`.
fn split(text: &str) -> (String, String) {
    let Some((meaning, last)) = text.rsplit_once("; ") else {
        return (text.to_owned(), String::new());
    };
    let without = |mark: &str| {
        last.contains(mark)
            .then(|| last.replacen(mark, "", 1).trim().to_owned())
    };
    let default = [
        "unsaid, ",
        " where it is not said",
        " where nothing is said",
        " unless said",
    ]
    .into_iter()
    .find_map(without);
    match default {
        Some(default) => (meaning.to_owned(), default),
        None => (text.to_owned(), String::new()),
    }
}

fn units() -> String {
    let rows = [
        ("`SIZE`", Dimension::Size),
        ("`DURATION`", Dimension::Duration),
        ("`SPAN`", Dimension::Span),
        ("`MONEY`", Dimension::Money),
        ("`MONEY/month`", Dimension::MonthlyCost),
        ("`SHARE`", Dimension::Ratio),
        ("`SPEED`", Dimension::Bandwidth),
        ("`SIZE/day`, `SIZE/year`", Dimension::VolumePerTime),
        ("`SHARE/month`", Dimension::RelativeGrowth),
    ];
    let mut out = String::from("| in tables | what | for example | units |\n|---|---|---|---|\n");
    for (shown, dimension) in rows {
        let (what, example) = (dimension.name(), dimension.example());
        let units = short(&all_unit_names(dimension));
        writeln!(out, "| {shown} | {what} | `{example}` | {units} |").unwrap();
    }
    out
}

/// Units of the form `A/B` by their halves, if every A goes with every B.
fn short(names: &[String]) -> String {
    let halves: Vec<(&str, &str)> = names.iter().filter_map(|n| n.split_once('/')).collect();
    let once = |all: &mut dyn Iterator<Item = &str>| {
        let mut seen: Vec<String> = Vec::new();
        for one in all {
            let code = format!("`{one}`");
            if !seen.contains(&code) {
                seen.push(code);
            }
        }
        seen
    };
    let over = once(&mut halves.iter().map(|(over, _)| *over));
    let under = once(&mut halves.iter().map(|(_, under)| *under));
    if halves.len() == names.len() && over.len() * under.len() == names.len() {
        let joined = (over.join(" "), under.join(" "));
        return format!("{} by `/` and {}", joined.0, joined.1);
    }
    once(&mut names.iter().map(String::as_str)).join(" ")
}

fn obligations() -> String {
    let mut out = String::from("| obligation | asks | in this version |\n|---|---|---|\n");
    for obligation in Obligation::ALL {
        let listed = format!("(Obligation::{obligation:?},");
        let decided = match DECIDED.contains(&listed) {
            true => "decided",
            false => "not decided yet",
        };
        let (word, asks) = (obligation.word(), asks(obligation));
        writeln!(out, "| `{word}` | {asks} | {decided} |").unwrap();
    }
    out
}

const fn asks(obligation: Obligation) -> &'static str {
    match obligation {
        Obligation::Copies => "are there as many copies, on as many media and sites, as asked?",
        Obligation::Survival => "is a copy left after each set of faults?",
        Obligation::RecoveryPoint => "is the newest copy that is left no older than `rpo`?",
        Obligation::RecoveryTime => "is it read back within `rto`?",
        Obligation::LastCopy => "does no move, expiry, sync or clean-up take the last copy?",
        Obligation::History => "do restore points reach as far back as asked, without gaps?",
        Obligation::Erasure => "is all of it gone after `retain … at most`?",
        Obligation::Deletion => "can no one host or credential destroy all copies?",
        Obligation::Keys => "does a key survive with each copy that is relied on?",
        Obligation::Capacity => "does everything fit, up to the horizon?",
        Obligation::TimeTable => "do runs that exclude each other never meet?",
        Obligation::Flow => "does no label reach a place without clearance for it?",
        Obligation::Capability => "can provider, runner and tool do what is asked of them?",
        Obligation::Cost => "does it cost no more than the budget?",
        Obligation::Alarm => "does every failed run raise an alarm, in time?",
        Obligation::Sense => "is nothing empty, unused, contradictory or left out unsaid?",
    }
}

#[test]
fn every_statement_has_one_section() {
    for construct in constructs() {
        let keyword = construct.keyword;
        let heading = format!("\n### `{keyword}`\n");
        assert_eq!(PAGE.matches(&heading).count(), 1, "sections of `{keyword}`");
        let section = PAGE.split(&heading).nth(1).unwrap();
        let section = section.split("\n### ").next().unwrap();
        let section = section.split("\n## ").next().unwrap();
        assert!(section.contains(&format!("<!-- clauses: {keyword} -->")));
        let examples = fenced(section);
        assert_eq!(examples.len(), 1, "examples of `{keyword}`");
        let said = |line: &str| line.split([' ', '{', ';']).any(|word| word == keyword);
        assert!(examples[0].lines().any(said), "the example of `{keyword}`");
    }
    let sections = PAGE.matches("\n### `").count();
    assert_eq!(sections, constructs().count(), "sections of no statement");
    let title = format!("language version {LANGUAGE_VERSION}");
    assert!(PAGE.lines().next().unwrap().contains(&title));
}

/// What a reference says of defaults is in a column of its own.
#[test]
fn defaults_are_told_apart() {
    let all = constructs().flat_map(|construct| construct.clauses.iter());
    for clause in all {
        let (meaning, _) = split(clause.text);
        let left = ["unsaid", "not said", "unless said", "nothing is said"];
        let left = left.iter().find(|mark| meaning.contains(**mark));
        assert_eq!(left, None, "`{}`: {}", clause.word, clause.text);
    }
    assert_eq!(
        split("who; a rule where it is not said, or two"),
        ("who".to_owned(), "a rule, or two".to_owned())
    );
}

/// The texts of the page's examples.
fn fenced(page: &str) -> Vec<&str> {
    page.split(FENCE)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

struct Folder;

impl Loader for Folder {
    fn load(&self, _from: &str, path: &str) -> Result<(String, String), String> {
        match path {
            "../requirements.thrice" => Ok((path.to_owned(), String::new())),
            _ => Err("no such file".to_owned()),
        }
    }
}

/// The first example is the prologue of all others; each of them is accepted without a word.
#[test]
fn every_example_is_accepted() {
    let examples = fenced(PAGE);
    let (prologue, others) = examples.split_first().unwrap();
    assert!(others.len() >= constructs().count());
    for example in std::iter::once(&"").chain(others) {
        let mut sources = SourceMap::new();
        let text = format!("{prologue}\n{example}");
        let root = sources.add("policy.thrice", text.as_str());
        let (_, found) = resolve(&mut sources, &[root], "page", date(2026, 11, 20), &Folder);
        let found: Vec<String> = found
            .iter()
            .map(|d| {
                format!(
                    "{} {}: `{}`",
                    d.code,
                    d.message,
                    sources.text(d.span().unwrap())
                )
            })
            .collect();
        assert!(found.is_empty(), "{example}\n{}", found.join("\n"));
    }
}
