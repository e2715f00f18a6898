//! What captures leave bears names that are known where their scripts are emitted: patterns of the steps that carry it on
//! must not pass by all of a part, and take the newest of it like those before.

use std::collections::BTreeSet;

mod apart;
mod beside;

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{CaptureMethod, ClassId, Location, Step, Verb};
use thrice_plan::Copy;

use super::{finding, point_at};
use crate::context::Context;
use crate::patterns::{is_glob, is_pattern, leaves_out, leaves_out_all, may_name};
use crate::verification::Finding;
use crate::wording::{list, some};

const NOTHING_TAKEN: Code = Code("T2321");

/// Stands for the name of a part that nobody lists: no pattern means it.
const ANY: &str = "\u{1}";

/// A name that a dump has once the next one is there.
pub(super) const FORMER: &str = "20260101T020000Z";

/// The names under which a capture leaves something.
struct Left {
    /// Where.
    place: Location,
    /// Of each part; [`ANY`] where none is listed.
    parts: Vec<String>,
    /// What they end in, with its dot; nothing for folders, in which names are not known.
    ending: &'static str,
    /// Whether those before stay beside the newest one.
    keeps: bool,
    /// What lies beside the parts, with what it holds: no part has it.
    beside: Option<(&'static str, &'static str)>,
}

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    for (id, step) in context.plan.model.steps.iter() {
        let patterns = match &step.verb {
            Verb::Backup { exclude, .. } => exclude,
            Verb::Copy { include, .. } => include,
            _ => continue,
        };
        if patterns.is_empty() {
            continue;
        }
        out.extend(apart::check(context, (id, step), patterns));
        // What begins with `!` takes back what was left out before it.
        let takes_back = patterns.iter().any(|pattern| pattern.starts_with('!'));
        if takes_back && matches!(step.verb, Verb::Backup { .. }) {
            out.extend(beside::check(context, id, step));
            continue;
        }
        let is_one = |pattern: &&String| match step.verb {
            Verb::Backup { .. } => is_pattern(pattern),
            _ => is_glob(pattern),
        };
        let (_, wrong): (Vec<_>, Vec<_>) = patterns.iter().partition(is_one);
        if !wrong.is_empty() {
            out.push(no_pattern(context, step, &wrong));
            continue;
        }
        let mut classes: BTreeSet<ClassId> = BTreeSet::new();
        let mut names: BTreeSet<String> = BTreeSet::new();
        for copy in context.made_by(id) {
            let copy = &context.plan.copies[*copy];
            let Some(left) = left(context, copy) else {
                continue;
            };
            let passed = left.parts.iter().filter(|part| match step.verb {
                Verb::Backup { .. } => left_out(context, &left, part, patterns),
                _ if left.ending.is_empty() => !left.may_lie_in(part, patterns),
                _ => !patterns
                    .iter()
                    .any(|pattern| left.may_be_named(part, pattern)),
            });
            let passed: Vec<String> = passed.map(|part| left.shown(part)).collect();
            if !passed.is_empty() {
                classes.insert(copy.class);
                names.extend(passed);
            }
        }
        if classes.is_empty() {
            out.extend(beside::check(context, id, step));
        } else {
            out.push(tell(context, step, &classes, &names));
        }
    }
}

/// What a step finds of a class, if that comes from a capture whose script is emitted.
fn left(context: &Context<'_>, copy: &Copy) -> Option<Left> {
    let plan = context.plan;
    let mut at = &plan.copies[copy.source?];
    let mut by = at.made_by?;
    let place = at.location.clone();
    // What is carried on as it is keeps its names.
    for _ in 0..plan.model.steps.len() {
        match &plan.model.steps[by].verb {
            Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. } => {
                at = &plan.copies[at.source?];
                by = at.made_by?;
            }
            _ => break,
        }
    }
    let Verb::Capture(parts) = &plan.model.steps[by].verb else {
        return None;
    };
    if parts.runs.is_some() {
        return None;
    }
    let fixed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let listed = || {
        let listed = plan.model.classes[copy.class].parts.iter();
        let listed: Vec<String> = listed.map(|(name, _)| name.clone()).collect();
        match listed.is_empty() {
            true => fixed(&[ANY]),
            false => listed,
        }
    };
    let (parts_left, ending) = match parts.method {
        CaptureMethod::PgDump => (listed(), ".dump"),
        CaptureMethod::RedisBgsave => (fixed(&["redis"]), ".rdb"),
        CaptureMethod::QdrantSnapshot => (listed(), ".snapshot"),
        CaptureMethod::N8nExport => (fixed(&["workflows", "credentials"]), ".json"),
        CaptureMethod::GrafanaExport => (fixed(&["grafana"]), ".json"),
        // Files that lie in several folders bear the names of these, too.
        CaptureMethod::Sqlite => (fixed(&[ANY]), ".sqlite"),
        CaptureMethod::Files => (listed(), ""),
        CaptureMethod::Program => return None,
    };
    let beside = match parts.method {
        CaptureMethod::PgDump => Some(("globals-latest.sql", "the roles and their rights")),
        CaptureMethod::QdrantSnapshot => Some(("aliases-latest.json", "the aliases")),
        _ => None,
    };
    Some(Left {
        place,
        parts: parts_left,
        ending,
        keeps: parts.keeps.is_some(),
        beside,
    })
}

/// Whether a step takes what bears a name in the folder that it reads.
fn takes(context: &Context<'_>, left: &Left, step: &Step, name: &str) -> bool {
    match &step.verb {
        Verb::Copy { include, .. } => {
            let path = format!("/{name}");
            include.iter().any(|pattern| may_name(pattern, &path))
        }
        Verb::Backup { exclude, .. } => {
            let mounted = &context.plan.model.stores[left.place.store].mounted_at;
            let path = format!("{}/{name}", left.place.path);
            // The last one that matches decides.
            let last = exclude.iter().rev().find(|pattern| {
                let pattern = pattern.trim_start_matches('!');
                leaves_out(pattern, &[mounted, &path])
            });
            last.is_none_or(|pattern| pattern.starts_with('!'))
        }
        _ => true,
    }
}

impl Left {
    fn newest(&self, part: &str) -> String {
        format!("{part}-latest{}", self.ending)
    }

    fn shown(&self, part: &str) -> String {
        self.newest(if part == ANY { "*" } else { part })
    }

    /// Whether a pattern of rclone may name something in the folder of a part. One that begins with the name of such a folder is
    /// meant for that one, and one that is nothing but this name for nothing that lies in it.
    fn may_lie_in(&self, part: &str, patterns: &[String]) -> bool {
        let is_of = |pattern: &str, part: &str| {
            let former = format!("{part}-{FORMER}");
            may_name(pattern, &self.newest(part)) || self.keeps && may_name(pattern, &former)
        };
        patterns.iter().any(|pattern| {
            let below = pattern.trim_start_matches('/').split_once('/');
            let (first, rest) = below.unwrap_or((pattern, ""));
            let meant = |part: &String| first != "*" && !first.contains("**") && is_of(first, part);
            if !self.parts.iter().any(meant) {
                // Of an anchored one its folder is none of these.
                return !(pattern.starts_with('/') && below.is_some()) || is_of(first, part);
            }
            is_of(first, part) && !rest.is_empty()
        })
    }

    /// Whether a pattern of rclone may name a part, or what was one.
    fn may_be_named(&self, part: &str, pattern: &str) -> bool {
        if may_name(pattern, &format!("/{}", self.newest(part))) {
            return true;
        }
        // Of the names of those before only the ending is sure, and of what nobody lists as well.
        let open = part == ANY || self.keeps && !pattern.contains("latest");
        let end = pattern.rsplit(['*', '?', '/']).next().unwrap_or_default();
        open && (self.ending.ends_with(end) || end.ends_with(self.ending))
    }
}

/// Whether patterns of restic surely leave out all there is of a part.
fn left_out(context: &Context<'_>, left: &Left, part: &str, patterns: &[String]) -> bool {
    let mounted = &context.plan.model.stores[left.place.store].mounted_at;
    // Of what leaves out the whole place is told with that.
    let place = [mounted, left.place.path.as_str()];
    let narrow = || patterns.iter().filter(|p| !leaves_out_all(p, &place));
    let is_out = |name: &str| {
        let path = format!("{}/{name}", left.place.path);
        narrow().any(|pattern| match left.ending {
            "" => leaves_out_all(pattern, &[mounted, &path]),
            _ => leaves_out(pattern, &[mounted, &path]),
        })
    };
    let former = format!("{part}-{FORMER}{}", left.ending);
    is_out(&left.newest(part)) && (!left.keeps || is_out(&former))
}

fn no_pattern(context: &Context<'_>, step: &Step, wrong: &[&String]) -> Finding {
    let program = match step.verb {
        Verb::Backup { .. } => "restic",
        _ => "rclone",
    };
    let message = format!(
        "{program} takes {} for no pattern, and no run of `{}` does anything",
        list(wrong.iter().map(|pattern| pattern.as_str())),
        step.named.name
    );
    let diagnostic = Diagnostic::error(NOTHING_TAKEN, message)
        .at(step.named.span, "its patterns end each run")
        .help("brackets and braces come in pairs, `\\` before one makes it a sign like any other");
    let of = step
        .classes
        .iter()
        .map(|(class, _)| context.class_name(*class).to_owned());
    finding(diagnostic, of.collect())
}

fn tell(
    context: &Context<'_>,
    step: &Step,
    classes: &BTreeSet<ClassId>,
    names: &BTreeSet<String>,
) -> Finding {
    let of = || classes.iter().map(|class| context.class_name(*class));
    let names = list(names.iter().map(String::as_str));
    let message = format!("`{}` leaves out {names} of {}", step.named.name, some(of()));
    let diagnostic =
        Diagnostic::error(NOTHING_TAKEN, message).at(step.named.span, "its patterns pass by that");
    let text = "what its capture leaves bears that name";
    let diagnostic = point_at(context, diagnostic, classes, text);
    let diagnostic = diagnostic.help(
        "a capture leaves `PART-latest.ENDING` of each part (and `PART-TIME.ENDING` with `keeps`): let the patterns name what \
         must go along, or take them away",
    );
    let mut found = finding(diagnostic, of().map(str::to_owned).collect());
    found.classes = classes.iter().copied().collect();
    found
}
