//! A class that people browse has a raw copy where they can reach it.

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{Obligation, ServiceId};
use thrice_plan::{CopyKind, Period};

use crate::context::Context;
use crate::verification::{Engine, Finding};
use crate::wording::during;

const NOT_BROWSABLE: Code = Code("T2310");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    for (id, class) in context.plan.model.classes.iter() {
        for (service, span) in &class.browsed_by {
            let blind: Vec<&Period> = context
                .plan
                .periods
                .iter()
                .filter(|p| class.lifetime.contains(p.from))
                .filter(|p| {
                    context.plan.model.services[*service]
                        .lifetime
                        .contains(p.from)
                })
                .filter(|p| !reachable(context, id, *service, p))
                .collect();
            let Some(first) = blind.first() else { continue };
            let service = &context.plan.model.services[*service];
            let diagnostic = Diagnostic::error(
                NOT_BROWSABLE,
                format!("`{}` cannot show `{}`{}: no plain copy is in its reach", service.named.name, class.named.name, during([*first])),
            )
            .at(*span, "asked for here")
            .at(service.named.span, "the service")
            .by(Engine::Evaluated.word())
            .about(class.named.name.to_string())
            .help("a repository is not browsable: keep a plain copy on the service's host, or mount the store that holds one");
            out.push(Finding {
                diagnostic,
                obligation: Obligation::Capability,
                classes: vec![id],
                subjects: Vec::new(),
                fault: None,
                floor: false,
            });
        }
    }
}

fn reachable(
    context: &Context<'_>,
    class: thrice_model::ClassId,
    service: ServiceId,
    period: &Period,
) -> bool {
    let model = &context.plan.model;
    context.copies_in(class, period).iter().any(|id| {
        let copy = &context.plan.copies[*id];
        // What is on its way is taken away again, and of a part people see but a part.
        let plain = copy.kind != CopyKind::Versions && copy.key.is_none() && copy.counts;
        let beside = context.host(copy) == model.services[service].host;
        let mounted = model.mounts.iter().any(|m| {
            let shown = m.place();
            m.service == service
                && m.lifetime.contains(period.from)
                && shown.contains(&copy.location)
        });
        plain && (beside || mounted)
    })
}
