//! What lies in an object storage above the volume that its price includes costs more, and nothing in a policy says how much:
//! a budget that is kept by the price alone is not known to be kept then.

use std::collections::BTreeSet;

use thrice_diagnostics::{Code, Diagnostic, Severity, Span};
use thrice_model::{ClassId, Host, HostId};
use thrice_plan::Period;

use super::super::capacity::most;
use crate::context::Context;
use crate::verification::Engine;
use crate::wording::{during, some};

const MORE: Code = Code("T2403");

/// Classes that are pointed at.
const NAMED: usize = 4;

/// The object storages of which it is told already.
#[derive(Default)]
pub(super) struct Told {
    /// Above what is included.
    above: BTreeSet<HostId>,
    /// Of which it is not known.
    unknown: BTreeSet<HostId>,
}

impl Told {
    /// Those that may hold more than is included in a period in which a budget is asked for, and those of which nobody
    /// knows.
    pub(super) fn ask(
        &mut self,
        context: &Context<'_>,
        period: &Period,
        budget: Span,
    ) -> Vec<Diagnostic> {
        let plan = context.plan;
        let hosts = plan.model.hosts.iter();
        let there = hosts.filter(|(_, host)| host.lifetime.contains(period.from));
        let mut out = Vec::new();
        for (id, host) in there {
            let Some((included, span)) = host.included else {
                continue;
            };
            let held = most(context, period, &|copy| {
                plan.host_of(copy.location.store) == id
            });
            let held = match held {
                Ok(held) if held > included => held,
                Err(unknown) if !unknown.is_empty() => {
                    let is_new = self.unknown.insert(id);
                    out.extend(is_new.then(|| not_known(context, (host, span), budget, &unknown)));
                    continue;
                }
                _ => continue,
            };
            if !self.above.insert(id) {
                continue;
            }
            let name = &host.named.name;
            let message = format!(
                "`{name}` may hold {}{}, and its price includes {}",
                held.rounded(),
                during([period]),
                included.rounded()
            );
            out.push(
                Diagnostic::warning(MORE, message)
                    .by(Engine::Evaluated.word())
                    .about(name.to_string())
                    .at(span, "what is above that costs more, and nothing says how much")
                    .at(budget, "the budget")
                    .help(
                        "write what that comes to at most as a cost of its own (`cost NAME { 0..9 EUR/month }`) and the volume \
                         that both pay for as `included`; or keep less",
                    ),
            );
        }
        out
    }
}

fn not_known(
    context: &Context<'_>,
    (host, included): (&Host, Span),
    budget: Span,
    classes: &BTreeSet<ClassId>,
) -> Diagnostic {
    let name = &host.named.name;
    let message = format!(
        "whether `{name}` holds more than its price includes is not known: no size of {} is stated",
        some(classes.iter().map(|class| context.class_name(*class)))
    );
    let mut out = Diagnostic::new(MORE, Severity::Note, message)
        .by(Engine::Evaluated.word())
        .about(name.to_string())
        .at(
            included,
            "what is above that costs more, and nothing says how much",
        )
        .at(budget, "the budget");
    for class in classes.iter().take(NAMED) {
        out = out.at(context.plan.model.classes[*class].named.span, "no `size`");
    }
    out.help("write `size 10..40 GB`; a wide interval is better than none")
}
