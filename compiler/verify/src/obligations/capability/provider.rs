//! What stores ask of their provider. What is not known to be there counts as absent.

use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{
    ProviderCapability as Can, Source, Step, Store, StoreId, StoreKind, Verb, Versioning,
};

use super::finding;
use crate::context::Context;
use crate::verification::Finding;

const LACKS: Code = Code("T2305");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    // Looked for once, and not again for each bucket: policies have many steps.
    let steps = model.steps.iter().map(|(_, step)| step);
    let rules: Vec<(StoreId, &Step)> = steps
        .filter_map(|step| match (&step.verb, &step.source) {
            (Verb::Expire { .. }, Source::Location(place, _)) => Some((place.store, step)),
            _ => None,
        })
        .collect();
    for (id, store) in model
        .stores
        .iter()
        .filter(|(_, s)| s.kind == StoreKind::Bucket)
    {
        let span = store.named.span;
        if store.versioning != Versioning::Off {
            need(context, store, Can::Versioning, "versioning", span, out);
        }
        if let Some(lock) = store.lock {
            need(
                context,
                store,
                Can::ObjectLock,
                "object lock",
                lock.span,
                out,
            );
        }
        if store.server_side_encryption {
            need(
                context,
                store,
                Can::ServerSideEncryption,
                "server-side encryption with the provider's keys",
                span,
                out,
            );
        }
        let of_store = || {
            rules
                .iter()
                .filter(|(of, _)| *of == id)
                .map(|(_, step)| *step)
        };
        if let Some(step) = of_store().next() {
            let span = step.named.span;
            need(context, store, Can::Lifecycle, "lifecycle rules", span, out);
        }
        // A server that drops the prefix makes a rule about the whole bucket of it.
        let deprecated = |step: &&Step| {
            matches!(
                &step.verb,
                Verb::Expire {
                    deprecated_prefix: true,
                    ..
                }
            ) && matches!(&step.source, Source::Location(place, _) if &*place.path != "/")
        };
        if let Some(step) = of_store().find(deprecated) {
            let what = "rules with the deprecated form of a prefix";
            let span = step.named.span;
            need(context, store, Can::LifecyclePrefix, what, span, out);
        }
    }
}

fn need(
    context: &Context<'_>,
    store: &Store,
    can: Can,
    what: &str,
    span: Span,
    out: &mut Vec<Finding>,
) {
    let model = &context.plan.model;
    let provider = &model.providers[context.provider_of(model.hosts[store.host].site)];
    let known = provider.capabilities.iter().find(|(c, _, _)| *c == can);
    let (message, place, says) = match known {
        Some((_, true, _)) => return,
        Some((_, false, span)) => (
            format!("`{}` has no {what}", provider.named.name),
            *span,
            "a fact of the provider",
        ),
        None => (
            format!("nothing says that `{}` has {what}", provider.named.name),
            provider.named.span,
            "none of its facts speaks of it",
        ),
    };
    out.push(finding(
        Diagnostic::error(
            LACKS,
            format!("{message}, and `{}` relies on it", store.named.name),
        )
        .at(span, "relies on it")
        .at(place, says)
        .help("do without it, choose another provider, or add the fact with its source and date"),
        vec![
            store.named.name.to_string(),
            provider.named.name.to_string(),
        ],
    ));
}
