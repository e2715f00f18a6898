//! Programs newer than what is known of them.

use std::collections::BTreeMap;

use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{Version, newest_known};

use super::{SHOWN, finding};
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::some;

const NEWER: Code = Code("T2320");

/// Who names a version, and where.
type Place<'p> = (&'p str, Span);

/// One finding a program and version, however many hosts and repositories name it.
pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    let tools = model.hosts.iter().flat_map(|(_, host)| {
        let name = host.named.name.as_str();
        let said = host.tools.iter();
        said.filter_map(move |tool| Some((tool.name.as_str(), tool.version?, name, tool.span)))
    });
    let engines = model.repositories.iter().filter_map(|(_, repository)| {
        let name = repository.named.name.as_str();
        let version = Version::from(repository.restic);
        Some(("restic", version, name, repository.restic_stated?))
    });
    let mut named: BTreeMap<(&str, Version), Vec<Place<'_>>> = BTreeMap::new();
    for (program, version, subject, span) in tools.chain(engines) {
        let places = named.entry((program, version)).or_default();
        places.push((subject, span));
    }
    for ((program, version), places) in named {
        let Some(known) = newest_known(program, version) else {
            continue;
        };
        let names = || places.iter().map(|(name, _)| *name);
        let message = format!(
            "{program} {version} of {} is newer than {known}, the newest whose rules are known: those are assumed",
            some(names())
        );
        let mut diagnostic = Diagnostic::warning(NEWER, message);
        for (_, span) in places.iter().take(SHOWN) {
            diagnostic = diagnostic.at(*span, "newer than what is known");
        }
        let help = format!(
            "read what {program} changed since {known} in what it keeps, refuses and deletes; see that the version is no slip of the pen"
        );
        out.push(finding(
            diagnostic.help(help),
            names().map(str::to_owned).collect(),
        ));
    }
}
