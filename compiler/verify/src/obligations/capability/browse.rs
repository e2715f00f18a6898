//! A class that people browse has a raw copy where they can reach it.

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{ClassId, Obligation, ServiceId};
use thrice_plan::{CopyId, CopyKind, Period};

use super::super::settling::comes_by_itself;
use crate::context::Context;
use crate::verification::{Engine, Finding};
use crate::wording::during;

const NOT_BROWSABLE: Code = Code("T2310");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    for (id, class) in context.plan.model.classes.iter() {
        for (service, span) in &class.browsed_by {
            let by_itself = |id| comes_by_itself(context, id);
            let mut blind = context
                .plan
                .periods
                .iter()
                .filter(|p| class.lifetime.contains(p.from))
                .filter(|p| {
                    context.plan.model.services[*service]
                        .lifetime
                        .contains(p.from)
                })
                .filter(|p| !plain(context, id, *service, p).any(by_itself));
            let Some(first) = blind.next() else { continue };
            // Who makes one when he thinks of it need never do so.
            let asked = plain(context, id, *service, first).next();
            let service = &context.plan.model.services[*service];
            let why = match asked {
                Some(_) => "the only plain copy in its reach is made on demand, and may never be",
                None => "no plain copy is in its reach",
            };
            let mut diagnostic = Diagnostic::error(
                NOT_BROWSABLE,
                format!(
                    "`{}` cannot show `{}`{}: {why}",
                    service.named.name,
                    class.named.name,
                    during([first])
                ),
            )
            .at(*span, "asked for here")
            .at(service.named.span, "the service");
            if let Some(copy) = asked.map(|id| &context.plan.copies[id]) {
                diagnostic = diagnostic.at(context.plan.span_of(copy), "nobody need ever do it");
            }
            let diagnostic = diagnostic.by(Engine::Evaluated.word())
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

/// The plain copies of a class that a service reaches.
fn plain<'c>(
    context: &'c Context<'_>,
    class: ClassId,
    service: ServiceId,
    period: &'c Period,
) -> impl Iterator<Item = CopyId> + 'c {
    let model = &context.plan.model;
    let copies = context.copies_in(class, period);
    copies.into_iter().filter(move |id| {
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
