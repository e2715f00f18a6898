//! A capture that `keeps` leaves the newest of each part as `PART-latest.ENDING`, and gives it the name of its time when the
//! next one takes its place. So of patterns that take the two differently no version is brought as it is counted on:
//! a newest that comes alone is written over what was brought before, one that is left out comes when it is the newest no
//! more.

use std::collections::BTreeSet;

use thrice_diagnostics::Diagnostic;
use thrice_model::{ClassId, ClassKind, Step, StepId, Verb};

use super::super::{finding, point_at};
use super::{ANY, FORMER, Left, NOTHING_TAKEN, left, takes};
use crate::context::Context;
use crate::patterns::{is_pattern, leaves_out, may_name};
use crate::verification::Finding;
use crate::wording::{list, some};

/// Names of some times: with the first one each digit stands in each place where it may.
const TIMES: [&str; 10] = [
    FORMER,
    "20271112T131415Z",
    "20281223T222337Z",
    "20290304T094649Z",
    "20300506T185058Z",
    "20310708T101726Z",
    "20320929T053951Z",
    "20331030T214302Z",
    "20340615T160708Z",
    "20350827T233959Z",
];

/// What patterns take of a part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Takes {
    /// The newest, and nothing of those before.
    Newest,
    /// Those before, and nothing of the newest.
    Former,
    /// Some of those before.
    Some,
}

pub(super) fn check(
    context: &Context<'_>,
    (id, step): (StepId, &Step),
    patterns: &[String],
) -> Option<Finding> {
    // Which of them it takes its script knows, or is told elsewhere.
    if let Verb::Copy {
        latest_only: true, ..
    } = step.verb
    {
        return None;
    }
    let mut classes: BTreeSet<ClassId> = BTreeSet::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut first: Option<Takes> = None;
    for copy in context.made_by(id) {
        let copy = &context.plan.copies[*copy];
        let Some(left) = left(context, copy).filter(|left| left.keeps) else {
            continue;
        };
        // Each version of a state is whole with the newest.
        let is_backup = matches!(step.verb, Verb::Backup { .. });
        let is_state = context.plan.model.classes[copy.class].kind == ClassKind::State;
        let asked = Asked {
            context,
            step,
            left: &left,
            patterns,
            is_backup,
        };
        for part in asked.parts() {
            let Some(takes) = asked.of(&part) else {
                continue;
            };
            if is_backup && is_state && takes != Takes::Former {
                continue;
            }
            classes.insert(copy.class);
            let is_first = *first.get_or_insert(takes) == takes;
            names.extend(is_first.then(|| left.shown(&part)));
            // What holds of any part is said of no other one.
            if part == ANY {
                break;
            }
        }
    }
    first.map(|takes| tell(context, step, takes, (&classes, &names)))
}

/// What a step is told about what it finds.
struct Asked<'a> {
    context: &'a Context<'a>,
    step: &'a Step,
    left: &'a Left,
    patterns: &'a [String],
    is_backup: bool,
}

impl Asked<'_> {
    /// The parts; where nobody lists them those that patterns may mean.
    fn parts(&self) -> BTreeSet<String> {
        let mut out: BTreeSet<String> = self.left.parts.iter().cloned().collect();
        if !out.contains(ANY) {
            return out;
        }
        for names in self.patterns.iter().flat_map(|p| p.split('/')) {
            let plain = |sign: char| match sign {
                '*' | '?' | '[' | ']' | '{' | '}' | '!' | '\\' => 'x',
                sign => sign,
            };
            let name: String = names.trim_start_matches('!').chars().map(plain).collect();
            let ends = name.match_indices('-').filter_map(|(at, _)| name.get(..at));
            out.extend(ends.filter(|part| !part.is_empty()).map(str::to_owned));
        }
        out
    }

    /// What is taken of a part, if not all that it leaves alike.
    fn of(&self, part: &str) -> Option<Takes> {
        let end = self.left.ending;
        let newest = self.left.newest(part);
        let times = TIMES.map(|time| format!("{part}-{time}{end}"));
        let takes_newest = self.takes(&newest);
        let former = times.iter().filter(|name| self.takes(name)).count();
        let takes = match (takes_newest, former) {
            (true, 0) => Some(Takes::Newest),
            (false, 1..) => Some(Takes::Former),
            (true, _) if former < times.len() => Some(Takes::Some),
            _ => None,
        };
        takes.or_else(|| self.within(&newest, &times))
    }

    /// Whether what bears a name is taken, or what lies in a folder of this name and of which nothing is known.
    fn takes(&self, name: &str) -> bool {
        let name = match self.left.ending {
            "" => format!("{name}/{ANY}"),
            _ => name.to_owned(),
        };
        takes(self.context, self.left, self.step, &name)
    }

    /// The same of what lies in folders: patterns that mean the folder of the newest must mean the same in those of the
    /// others.
    fn within(&self, newest: &str, times: &[String]) -> Option<Takes> {
        if !self.left.ending.is_empty() {
            return None;
        }
        let all = || times.iter().map(String::as_str).chain([newest]);
        let telling = |name: &&str| {
            let met = all().filter(|other| self.names(name, other)).count();
            met > 0 && met < times.len() + 1
        };
        // What the patterns that tell them apart say about one of them.
        let said = |of: &str| -> BTreeSet<String> {
            let patterns = self.patterns.iter().filter(|pattern| {
                let mut telling = pattern.split('/').filter(telling).peekable();
                telling.peek().is_some() && telling.all(|name| self.names(name, of))
            });
            let rest = patterns.map(|pattern| {
                let names = pattern.split('/').map(|name| match telling(&name) {
                    true => ANY,
                    false => name,
                });
                names.collect::<Vec<_>>().join("/")
            });
            rest.collect()
        };
        let of_newest = said(newest);
        let mut others = times.iter().map(|name| said(name));
        if others.all(|other| other == of_newest) {
            return None;
        }
        Some(match (of_newest.is_empty(), self.is_backup) {
            (true, true) | (false, false) => Takes::Newest,
            (true, false) | (false, true) => Takes::Former,
        })
    }

    /// Whether a name in a pattern stands for that of a folder.
    fn names(&self, name: &str, folder: &str) -> bool {
        let name = name.trim_start_matches('!');
        match self.is_backup {
            true => !name.is_empty() && is_pattern(name) && leaves_out(name, &[folder]),
            false => may_name(name, folder),
        }
    }
}

fn tell(
    context: &Context<'_>,
    step: &Step,
    takes: Takes,
    (classes, names): (&BTreeSet<ClassId>, &BTreeSet<String>),
) -> Finding {
    let of = || classes.iter().map(|class| context.class_name(*class));
    let (name, of_them) = (&step.named.name, some(of()));
    let names = list(names.iter().map(String::as_str));
    let message = match takes {
        Takes::Newest => format!(
            "`{name}` takes {names} of {of_them} and none of those before: each one overwrites what was brought before it"
        ),
        Takes::Former => format!(
            "`{name}` leaves out {names} of {of_them}, and takes each of them only when the next one is there"
        ),
        Takes::Some => {
            format!("`{name}` takes {names} of {of_them}, and of those before some and not all")
        }
    };
    let diagnostic =
        Diagnostic::error(NOTHING_TAKEN, message).at(step.named.span, "what its patterns say");
    let text = "what its capture leaves bears such names";
    let diagnostic = point_at(context, diagnostic, classes, text);
    let help = match step.verb {
        Verb::Copy { .. } => {
            "a capture with `keeps` leaves `PART-latest.ENDING` of each part, and those before as `PART-TIME.ENDING`: let the \
             patterns take both, or say `latest only`, which takes the newest alone"
        }
        _ => {
            "a capture with `keeps` leaves `PART-latest.ENDING` of each part, and those before as `PART-TIME.ENDING`: let no \
             pattern leave out the newest of what must come back"
        }
    };
    let mut found = finding(diagnostic.help(help), of().map(str::to_owned).collect());
    found.classes = classes.iter().copied().collect();
    found
}
