//! What a step is told to leave out, and what it refuses: a backup whose patterns leave out all that it is
//! there for, and a copy that never takes what has changed.
//!
//! Patterns that leave out a part are an assumption: nothing here knows the names of a class's files.

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{ClassKind, Step, StepId, Verb};
use thrice_plan::{Copy, CopyKind};

use super::finding;
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

const NOTHING_TAKEN: Code = Code("T2321");
const NEVER_AGAIN: Code = Code("T2322");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    for (id, step) in context.plan.model.steps.iter() {
        match &step.verb {
            // What begins with `!` takes back what was left out before it.
            Verb::Backup { exclude, .. } if !exclude.iter().any(|p| p.starts_with('!')) => {
                left_out(context, (id, step), exclude, out);
            }
            Verb::Copy {
                immutable: true,
                include,
                ..
            } => refused(context, (id, step), include.is_empty(), out),
            _ => {}
        }
    }
}

/// What a step makes, each with what it makes it from.
fn made<'c>(
    context: &'c Context<'_>,
    id: StepId,
) -> impl Iterator<Item = (&'c Copy, &'c Copy)> + use<'c> {
    let copies = &context.plan.copies;
    copies
        .iter()
        .filter(move |(_, copy)| copy.made_by == Some(id))
        .filter_map(|(_, copy)| Some((copy, copies.get(copy.source?)?)))
}

fn left_out(
    context: &Context<'_>,
    (id, step): (StepId, &Step),
    patterns: &[String],
    out: &mut Vec<Finding>,
) {
    let model = &context.plan.model;
    for pattern in patterns {
        let mut classes: Vec<_> = made(context, id)
            .filter(|(_, source)| {
                let place = &source.location;
                let mounted = &model.stores[place.store].mounted_at;
                leaves_out_all(pattern, &[mounted, &place.path])
            })
            .map(|(copy, _)| copy.class)
            .collect();
        classes.sort_unstable();
        classes.dedup();
        if classes.is_empty() {
            continue;
        }
        let names = || {
            let classes = classes.iter();
            classes.map(|class| model.classes[*class].named.name.as_str())
        };
        let message = format!(
            "`{}` leaves out all of {}: `{pattern}` matches the whole of it",
            step.named.name,
            some(names())
        );
        let mut diagnostic =
            Diagnostic::error(NOTHING_TAKEN, message).at(step.named.span, "the step");
        for class in classes.iter().take(super::SHOWN) {
            diagnostic = diagnostic.at(
                model.classes[*class].named.span,
                "nothing of it is ever taken",
            );
        }
        out.push(finding(
            diagnostic.help(
                "a pattern leaves out what it matches with all that lies below; without `/` at its beginning it matches \
                 at any depth, the folders above the data too: narrow it, or take it away",
            ),
            names().map(str::to_owned).collect(),
        ));
    }
}

/// `all_names`: whether it takes whatever lies there. Dumps that are named by their time are never written again,
/// and only patterns can pick them out.
fn refused(
    context: &Context<'_>,
    (id, step): (StepId, &Step),
    all_names: bool,
    out: &mut Vec<Finding>,
) {
    let model = &context.plan.model;
    let mut classes: Vec<_> = made(context, id)
        .filter(|(copy, source)| match model.classes[copy.class].kind {
            ClassKind::Items => false,
            ClassKind::Files => source.kind != CopyKind::Versions,
            ClassKind::State => source.kind != CopyKind::Versions && all_names,
        })
        .map(|(copy, _)| copy.class)
        .collect();
    classes.sort_unstable();
    classes.dedup();
    if classes.is_empty() {
        return;
    }
    let names = || {
        let classes = classes.iter();
        classes.map(|class| model.classes[*class].named.name.as_str())
    };
    let name = &step.named.name;
    let message = format!(
        "`{name}` never takes what has changed of {}: it is `immutable`",
        some(names())
    );
    let mut diagnostic = Diagnostic::error(NEVER_AGAIN, message).at(step.named.span, "the step");
    for class in classes.iter().take(super::SHOWN) {
        let class = &model.classes[*class];
        let why = match class.kind {
            ClassKind::State => "each set overwrites the one before",
            _ => "files that people change",
        };
        diagnostic = diagnostic.at(class.named.span, why);
    }
    let diagnostic = diagnostic
        .event("first", format!("`{name}` brings a file there"))
        .event("later", "the file is changed where it lives")
        .event(
            "then",
            format!(
                "each run of `{name}` refuses the change and fails; the copy stays as it was at first"
            ),
        )
        .help(
            "leave `immutable` to what is written once (`items`); what changes needs versions: a backup, or a copy to a \
             store with `versioning on` or `snapshots`",
        );
    out.push(finding(diagnostic, names().map(str::to_owned).collect()));
}

/// Whether a pattern of restic matches a folder, one of those above it, or all that lies in it. Only where
/// that is certain: character classes and escapes are taken to match nothing.
fn leaves_out_all(pattern: &str, folder: &[&str]) -> bool {
    let parts = |text: &'_ str| -> Vec<String> {
        let parts = text
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".");
        parts.map(str::to_owned).collect()
    };
    let anchored = pattern.starts_with('/');
    let wanted = parts(pattern);
    if wanted.is_empty() && !anchored {
        return false;
    }
    // Of what lies in the folder, no name is known: only a pattern for any name matches all of it.
    let path: Vec<Option<String>> = folder
        .iter()
        .flat_map(|part| parts(part))
        .map(Some)
        .chain([None])
        .collect();
    let starts = if anchored { 1 } else { path.len() };
    (0..starts).any(|from| reaches(&wanted, path.get(from..).unwrap_or_default()))
}

/// Whether a pattern matches the beginning of a path; `**` is any number of names.
fn reaches(pattern: &[String], path: &[Option<String>]) -> bool {
    let meets = |wanted: &&String, at: usize| {
        path.get(at)
            .is_some_and(|name| is_like(wanted, name.as_deref()))
    };
    let ends = ends(pattern.iter(), path.len(), |wanted| *wanted == "**", meets);
    !ends.is_empty()
}

/// Whether a name matches a pattern of `*` and `?`; no name stands for any.
fn is_like(pattern: &str, name: Option<&str>) -> bool {
    let Some(name) = name else {
        return !pattern.is_empty() && pattern.chars().all(|sign| sign == '*');
    };
    if pattern.contains(['[', ']', '\\']) {
        return false;
    }
    let name: Vec<char> = name.chars().collect();
    let meets = |sign: &char, at: usize| name.get(at).is_some_and(|is| *sign == '?' || is == sign);
    let ends = ends(pattern.chars(), name.len(), |sign| *sign == '*', meets);
    ends.contains(&name.len())
}

/// Where the beginnings end that a pattern matches of something so long. `any` is what stands for any number of
/// its parts; all else `meets` one part or does not. Each part of the pattern is looked at once.
fn ends<W>(
    pattern: impl Iterator<Item = W>,
    length: usize,
    any: impl Fn(&W) -> bool,
    meets: impl Fn(&W, usize) -> bool,
) -> Vec<usize> {
    pattern.fold(vec![0], |ends, wanted| match ends.first() {
        Some(first) if any(&wanted) => (*first..=length).collect(),
        _ => {
            let met = ends.into_iter().filter(|end| meets(&wanted, *end));
            met.map(|end| end + 1).collect()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tried with restic 0.14 and 0.18 on `/tmp/adv/srv/docs`, which held `a.txt` and `sub/b`.
    #[test]
    fn patterns_leave_out_all_where_restic_takes_nothing() {
        let all = [
            "*",
            "**",
            "docs",
            "srv",
            "adv/srv",
            "/",
            "/tmp/adv",
            "/tmp/adv/srv/docs",
            "/tmp/adv/srv/docs/*",
            "/tmp/adv/srv/**",
            "s?v",
            "d*s",
            "docs/*",
            "**/docs",
            "/tmp/**/docs",
        ];
        let some = [
            "*.txt",
            "a.txt",
            "sub",
            "DOCS",
            "/srv/docs",
            "docs/a.txt",
            "doc",
            "srv/sub",
            "/tmp/adv/srv/docs2",
            "",
            "d[o]cs",
            "/tmp/*/docs",
            "?",
        ];
        let leaves = |pattern: &str| leaves_out_all(pattern, &["/", "/tmp/adv/srv/docs"]);
        assert_eq!(all.map(leaves), all.map(|_| true));
        assert_eq!(some.map(leaves), some.map(|_| false));
        assert!(leaves_out_all("mnt", &["/mnt/nas", "/docs"]));
    }
}
