//! What weakens a policy: rules about its words, the same for each statement.
//!
//! Each takes the head of a statement, without its block, and gives all changes of it.

/// How statements begin that say something for people only: no verdict or artefact could change.
const FOR_PEOPLE: [&str; 2] = ["tier ", "role "];

/// How statements begin that allow something: without them there is less to be afraid of.
const ALLOWS: [&str; 1] = ["readers "];

/// Whether a statement says something for people only.
pub(super) fn is_for_people(head: &str) -> bool {
    FOR_PEOPLE.iter().any(|word| head.starts_with(word))
}

/// Whether a policy is weaker without the statement.
pub(super) fn may_go(head: &str) -> bool {
    !ALLOWS.iter().any(|word| head.starts_with(word))
}

/// Whether a change asks for more, of the same plan: if that holds too, the promise has slack.
pub(super) fn asks_more(head: &str, what: &str) -> bool {
    let asks = head.starts_with("require ") || ASKED.iter().any(|word| head.starts_with(word));
    asks && !what.starts_with("without")
}

/// One change of a head.
pub(super) struct Change {
    /// From where to where in the head, in bytes.
    pub at: (usize, usize),
    /// What stands there instead.
    pub by: String,
    /// In words.
    pub what: String,
}

impl Change {
    fn new(at: (usize, usize), by: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            at,
            by: by.into(),
            what: what.into(),
        }
    }
}

/// All that makes a statement weaker, or what it asks harder to keep. `outer` is the head of the
/// statement around it.
pub(super) fn weakened(head: &str, outer: &str) -> Vec<Change> {
    let mut out = Vec::new();
    words(head, &mut out);
    field(head, outer, &mut out);
    rights(head, &mut out);
    anonymised(head, &mut out);
    versions(head, &mut out);
    clocks(head, &mut out);
    items(head, &mut out);
    numbers(head, &mut out);
    units(head, &mut out);
    skipped(head, outer, &mut out);
    out
}

/// A class is left out, and all that handles it stays: the policy contradicts itself.
fn skipped(head: &str, outer: &str, out: &mut Vec<Change>) {
    let class = head.strip_prefix("class ").filter(|_| outer.is_empty());
    if let Some(name) = class.and_then(|rest| rest.split_whitespace().next()) {
        let by = format!("skip {name} because \"it can be made anew\"\n");
        out.push(Change::new((0, 0), by, format!("`skip {name}`")));
    }
}

/// How a head begins, words in it, and what stands for them then. Nothing for the beginning: any.
const WEAKER: [(&str, &str, &str); 13] = [
    ("", "daily at", "weekly on Sunday at"),
    ("", "weekly on Sunday at", "monthly on 1 at"),
    ("copy ", "copy ", "sync "),
    ("", "versioning on", "versioning off"),
    ("anonymise ", " before leaving", ""),
    ("clearance ", "personal", "public"),
    ("clearance ", "credential", "public"),
    ("lock ", "compliance", "governance"),
    // Nothing is anywhere else than the production server.
    ("host ", " at ionos/de", " at ovh/gravelines"),
    ("host ", " at hetzner/nbg1", " at ovh/gravelines"),
    ("object_storage ", " at hetzner/fsn1", " at ovh/gravelines"),
    ("object_storage ", " at ionos/berlin", " at ovh/gravelines"),
    ("nas ", " at home/rack", " at ovh/gravelines"),
];

fn words(head: &str, out: &mut Vec<Change>) {
    for (beginning, inner, weaker) in WEAKER {
        let found = head.find(inner).filter(|_| head.starts_with(beginning));
        if let Some(at) = found {
            let what = format!("`{}` for `{}`", weaker.trim(), inner.trim());
            out.push(Change::new((at, at + inner.len()), weaker, what));
        }
    }
}

/// The label of a field is the highest.
fn field(head: &str, outer: &str, out: &mut Vec<Change>) {
    let label = head.rsplit(' ').next().unwrap_or("");
    if outer == "fields" && label != "credential" {
        let at = (head.len() - label.len(), head.len());
        out.push(Change::new(
            at,
            "credential",
            format!("`credential` for `{label}`"),
        ));
    }
}

/// A credential may do all that there is to do.
fn rights(head: &str, out: &mut Vec<Change>) {
    let Some(rest) = head.strip_prefix("may ") else {
        return;
    };
    let end = head.len() - rest.len() + rest.find(" on ").unwrap_or(0);
    let all = "read, write, delete, administer";
    out.push(Change::new((4, end), all, format!("`{all}`")));
}

/// A field goes as it is.
fn anonymised(head: &str, out: &mut Vec<Change>) {
    let mut words = head.split_whitespace();
    if let (Some("anonymise"), Some(field)) = (words.next(), words.next()) {
        out.push(Change::new(
            (0, head.len()),
            format!("keep {field}"),
            "`keep`",
        ));
    }
}

/// Programs are as old as they can be found.
fn versions(head: &str, out: &mut Vec<Change>) {
    for (tool, old) in [("restic ", "0.9.0"), ("rclone ", "1.40.0")] {
        let found = head.find(tool).map(|at| at + tool.len());
        let is_tool = head.starts_with("has ") || head.starts_with("engine ");
        if let Some(from) = found.filter(|_| is_tool) {
            let rest = head.get(from..).unwrap_or("");
            let to = from + rest.find([',', ' ']).unwrap_or(rest.len());
            out.push(Change::new((from, to), old, format!("{tool}{old}")));
        }
    }
}

/// Times of day are half an hour earlier or later.
fn clocks(head: &str, out: &mut Vec<Change>) {
    let is_schedule = [
        "daily at ",
        "weekly on ",
        "monthly on ",
        "schedule ",
        "snapshots ",
    ]
    .iter()
    .any(|word| head.starts_with(word));
    let Some(colon) = head.find(':').filter(|_| is_schedule) else {
        return;
    };
    let part = |from: usize, to: usize| head.get(from..to)?.parse::<u32>().ok();
    let from = colon.saturating_sub(2);
    if let (Some(hour), Some(minute)) = (part(from, colon), part(colon + 1, colon + 3)) {
        for (later, what) in [(1410, "half an hour earlier"), (30, "half an hour later")] {
            let then = (hour * 60 + minute + later) % 1440;
            let by = format!("{:02}:{:02}", then / 60, then % 60);
            out.push(Change::new((from, colon + 3), by, what));
        }
    }
}

/// Each member of a list is left out in turn.
fn items(head: &str, out: &mut Vec<Change>) {
    let commas: Vec<usize> = head.match_indices(", ").map(|(at, _)| at).collect();
    let Some(first) = commas.first() else {
        return;
    };
    if head.contains('"') {
        return;
    }
    let behind = |at: usize| {
        at + 1
            + head
                .get(at + 1..)
                .map_or(0, |r| r.len() - r.trim_start().len())
    };
    let end = |from: usize| {
        let rest = head.get(from..).unwrap_or("");
        let stops = [
            " for ",
            " on ",
            " to ",
            " from ",
            " of ",
            " because ",
            " with ",
        ];
        let stop = stops.iter().filter_map(|stop| rest.find(stop)).min();
        from + stop.unwrap_or(rest.len())
    };
    // The first member has as many words as the second.
    let second = head.get(behind(*first)..).unwrap_or("");
    let second = second.split(", ").next().unwrap_or("");
    let second = second.get(..end(0).min(second.len())).unwrap_or(second);
    let many = second.split_whitespace().count().max(1);
    let before = head.get(..*first).unwrap_or("");
    let start = before
        .rmatch_indices(' ')
        .nth(many - 1)
        .map(|(at, _)| at + 1);
    if let Some(start) = start {
        out.push(left_out(head, (start, behind(*first))));
    }
    for (number, comma) in commas.iter().enumerate() {
        let to = commas
            .get(number + 1)
            .copied()
            .unwrap_or_else(|| end(*comma));
        out.push(left_out(head, (*comma, to)));
    }
}

fn left_out(head: &str, at: (usize, usize)) -> Change {
    let gone = head
        .get(at.0..at.1)
        .unwrap_or("")
        .trim_matches([',', ' ', '\n']);
    Change::new(at, "", format!("without `{gone}`"))
}

/// What is done with the numbers in heads that begin so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Number {
    /// It becomes 1: counts that promise, times that wait.
    One,
    /// Ten times as much: what is deleted later, what costs.
    More,
    /// One more: what is asked for at least.
    Another,
    /// Half of it: what is asked for at most.
    Half,
}

/// Numbers behind these words mean so, in heads that begin with those.
const NUMBERS: [(&str, &str, Number); 20] = [
    ("keep ", " ", Number::One),
    ("retention ", " ", Number::One),
    ("keeps ", "keeps ", Number::One),
    ("keeps ", "keeps ", Number::More),
    ("snapshots ", "keep ", Number::One),
    ("older than ", "older than ", Number::One),
    ("expire ", "after ", Number::One),
    ("expire ", "after ", Number::More),
    ("cost ", "cost ", Number::More),
    ("cost ", "..", Number::More),
    ("once ", "once ", Number::More),
    ("require ", ">= ", Number::Another),
    ("require ", "any ", Number::Another),
    ("require ", "<= ", Number::Half),
    ("require ", "headroom ", Number::More),
    ("require ", "history of ", Number::More),
    ("require ", "gap ", Number::One),
    ("lock ", "compliance ", Number::One),
    ("layout ", "x ", Number::One),
    ("taking ", "..", Number::More),
];

fn numbers(head: &str, out: &mut Vec<Change>) {
    for (beginning, before, how) in NUMBERS {
        if !head.starts_with(beginning) {
            continue;
        }
        for (at, _) in head.match_indices(before) {
            let from = at + before.len();
            let rest = head.get(from..).unwrap_or("");
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            // The lesser end of an interval, raised, promises more.
            let lesser = rest
                .get(digits..)
                .is_some_and(|rest| rest.starts_with(".."));
            if lesser && how == Number::More {
                continue;
            }
            let Some(number) = rest.get(..digits).and_then(|n| n.parse::<u64>().ok()) else {
                continue;
            };
            let by = match how {
                Number::One => 1,
                Number::More => number * 10,
                Number::Another => number + 1,
                Number::Half => number / 2,
            };
            if by != number {
                let what = format!("{by} for {number}");
                out.push(Change::new((from, from + digits), by.to_string(), what));
            }
        }
    }
}

/// Units that are exchanged in heads that begin so: data grows, room and lines shrink, times that are
/// asked for get short.
const UNITS: [(&[&str], &str, &str); 9] = [
    (&["size ", "churn ", "growth "], "MB", "TB"),
    (&["size ", "churn ", "growth "], "GB", "TB"),
    (&["capacity ", "quota ", "layout ", "included "], "TB", "MB"),
    (&["capacity ", "quota ", "layout ", "included "], "GB", "MB"),
    (&["link ", "speed ", "limit "], "Mbit/s", "kbit/s"),
    (&["link ", "speed ", "limit "], "MB/s", "kB/s"),
    (ASKED, " days", " h"),
    (ASKED, " day", " min"),
    (ASKED, "h", " min"),
];

/// How statements begin that ask for a time.
const ASKED: &[&str] = &[
    "needs ",
    "expect ",
    "rpo ",
    "rto ",
    "retain at most ",
    "require rpo",
    "require rto",
];

fn units(head: &str, out: &mut Vec<Change>) {
    for (beginnings, unit, other) in UNITS {
        if !beginnings
            .iter()
            .any(|beginning| head.starts_with(beginning))
        {
            continue;
        }
        let word = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphabetic());
        let number = |before: &str| before.trim_end().ends_with(|c: char| c.is_ascii_digit());
        let found = head.match_indices(unit).find(|(at, _)| {
            word(head.get(at + unit.len()..).unwrap_or("")) && number(head.get(..*at).unwrap_or(""))
        });
        if let Some((at, _)) = found {
            let what = format!("{} for {}", other.trim(), unit.trim());
            out.push(Change::new((at, at + unit.len()), other, what));
        }
    }
}
