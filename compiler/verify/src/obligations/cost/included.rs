//! What lies in an object storage above the volume that its price includes costs more, and nothing in a policy says how much:
//! a budget that is kept by the price alone is not known to be kept then.

use std::collections::BTreeSet;

use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::HostId;
use thrice_plan::Period;

use super::super::capacity::most;
use crate::context::Context;
use crate::verification::Engine;
use crate::wording::during;

const MORE: Code = Code("T2403");

/// The object storages of which it is told already.
#[derive(Default)]
pub(super) struct Told(BTreeSet<HostId>);

impl Told {
    /// Those that may hold more than is included in a period in which a budget is asked for. Where no size is stated, that
    /// is told as room that is not checked.
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
            let Some(held) = held.filter(|held| *held > included) else {
                continue;
            };
            if !self.0.insert(id) {
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
