//! Lifecycle rules: which forms providers take, and what they leave.

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{Location, Source, StoreKind, Verb, Versioning};

use super::super::kept;
use super::finding;
use crate::context::Context;
use crate::verification::Finding;

const DEPRECATED: Code = Code("T2302");
const SUSPENDED: Code = Code("T2303");
const ONLY_MARKERS: Code = Code("T2304");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    for (_, step) in model.steps.iter() {
        let (
            Verb::Expire {
                deprecated_prefix,
                noncurrent,
                ..
            },
            Source::Location(place, _),
        ) = (&step.verb, &step.source)
        else {
            continue;
        };
        let store = &model.stores[place.store];
        if store.kind != StoreKind::Bucket {
            continue;
        }
        if *deprecated_prefix {
            out.push(finding(
                Diagnostic::warning(
                    DEPRECATED,
                    format!("`{}` uses the deprecated form of a lifecycle rule", step.named.name),
                )
                .at(step.named.span, "a `Prefix` beside `Status`, not inside `Filter`")
                .help("take `deprecated prefix` away: servers differ in what the old form covers, and one drops the prefix, so that the rule covers the whole bucket"),
                vec![step.named.name.to_string()],
            ));
        }
        match store.versioning {
            Versioning::Suspended => out.push(finding(
                Diagnostic::error(
                    SUSPENDED,
                    format!("`{}` never deletes anything: versioning of `{}` is suspended", step.named.name, store.named.name),
                )
                .at(step.named.span, "expires objects")
                .at(store.named.span, "Ceph up to 18 skips such buckets without an error")
                .help("turn versioning on or off"),
                vec![step.named.name.to_string()],
            )),
            Versioning::Off if *noncurrent && !store.keeps_versions() => out.push(finding(
                Diagnostic::warning(
                    SUSPENDED,
                    format!("`{}` never deletes anything: `{}` keeps no old versions", step.named.name, store.named.name),
                )
                .at(step.named.span, "expires old versions")
                .at(store.named.span, "versioning is off: what is deleted or overwritten is gone at once")
                .help("say `versioning on` if what is deleted is to stay for so long, or take the rule away"),
                vec![step.named.name.to_string()],
            )),
            _ if store.keeps_versions() && !noncurrent && !noncurrent_rule(context, place) => out.push(finding(
                Diagnostic::warning(
                    ONLY_MARKERS,
                    format!("what `{}` deletes stays as old versions for ever", step.named.name),
                )
                .at(step.named.span, "only adds a delete marker")
                .at(
                    store.named.span,
                    match store.versioning {
                        Versioning::On => "versioning is on",
                        _ => "a lock takes old versions",
                    },
                )
                .help(format!(
                    "add a step for old versions: `expire NAME of {} after 30 days by upload {{ noncurrent }}`",
                    written(&store.named.name, place)
                )),
                vec![step.named.name.to_string()],
            )),
            _ => {}
        }
    }
}

/// A place as it is written in a policy.
fn written(store: &str, place: &Location) -> String {
    format!("{store}:{}", place.path)
}

fn noncurrent_rule(context: &Context<'_>, place: &Location) -> bool {
    kept::rules(context, place).next().is_some()
}
