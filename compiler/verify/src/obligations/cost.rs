//! Obligation 14: what everything costs a month, in each phase, stays within the budget.

mod included;
mod played;

use std::collections::BTreeSet;

use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{Demand, Obligation};
use thrice_plan::{Period, Plan};
use thrice_quantity::{Interval, Money};

use crate::context::Context;
use crate::verdicts::Said;
use crate::verification::{Engine, Finding, Verification};
use crate::wording::during;
use played::{Month, is_borne_out};

const ABOVE: Code = Code("T2401");
const CURRENCIES: Code = Code("T2402");

/// What a period costs a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monthly {
    /// Each part by its name, with its words.
    pub parts: Vec<(String, Interval<Money>, Span)>,
    /// The sum; `None` where there is no cost, where currencies differ, or where it is too great to be counted.
    pub total: Option<Interval<Money>>,
}

/// Adds up the costs of what exists in a period.
#[must_use]
pub fn monthly(plan: &Plan, period: &Period) -> Monthly {
    let model = &plan.model;
    let hosts = model
        .hosts
        .iter()
        .filter(|(_, h)| h.lifetime.contains(period.from))
        .filter_map(|(_, h)| {
            h.monthly
                .as_ref()
                .map(|(cost, span)| (h.named.name.to_string(), *cost, *span))
        });
    let others = model
        .costs
        .iter()
        .filter(|c| c.lifetime.contains(period.from))
        .filter_map(|c| {
            c.monthly
                .map(|cost| (c.named.name.to_string(), cost, c.named.span))
        });
    let parts: Vec<_> = hosts.chain(others).collect();
    let total = sum(parts.iter().map(|(_, cost, _)| *cost));
    Monthly { parts, total }
}

/// What begins with a period costs once.
#[must_use]
pub fn once(plan: &Plan, period: &Period) -> Option<Interval<Money>> {
    let model = &plan.model;
    let hosts = model
        .hosts
        .iter()
        .filter(|(_, h)| h.lifetime.from == period.from)
        .filter_map(|(_, h)| h.once.as_ref().map(|(cost, _)| Interval::point(*cost)));
    let others = model
        .costs
        .iter()
        .filter(|c| c.lifetime.from == period.from)
        .filter_map(|c| c.once.map(Interval::point));
    sum(hosts.chain(others))
}

fn sum(costs: impl Iterator<Item = Interval<Money>>) -> Option<Interval<Money>> {
    costs
        .map(Some)
        .reduce(|a, b| {
            let (a, b) = (a?, b?);
            Interval::new(
                a.low().checked_add(b.low())?,
                a.high().checked_add(b.high())?,
            )
            .ok()
        })
        .flatten()
}

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let plan = context.plan;
    let mut above_included = included::Told::default();
    let mut apart: BTreeSet<Span> = BTreeSet::new();
    for (index, period) in plan.periods.iter().enumerate() {
        let cost = monthly(plan, period);
        if cost.parts.is_empty() {
            // Who asks for a budget where nothing is stated is told elsewhere that this asks for nothing.
            let mut asked = plan.model.requirements.iter().filter(|asked| {
                let is_budget = matches!(asked.demand, Demand::Cost(_));
                is_budget && Context::in_force(asked.lifetime, period)
            });
            if let Some(budget) = asked.next() {
                let dearer = above_included.ask(context, period, budget.span);
                out.findings.extend(dearer.into_iter().map(finding));
            }
            continue;
        }
        let Some(total) = cost.total else {
            out.findings.push(finding(no_sum(&cost)));
            return;
        };
        let budgets = plan
            .model
            .requirements
            .iter()
            .filter(|r| Context::in_force(r.lifetime, period));
        let mut holds = true;
        let mut compared = true;
        let mut least: Option<Money> = None;
        let mut asked = None;
        for requirement in budgets {
            let Demand::Cost(limit) = &requirement.demand else {
                continue;
            };
            asked = asked.or(Some(requirement.span));
            if limit.currency != total.high().currency {
                compared = false;
                if apart.insert(requirement.span) {
                    let differ = no_rate(&cost, total, *limit, requirement.span);
                    out.findings.push(finding(differ));
                }
                continue;
            }
            least = Some(least.map_or(*limit, |known| if *limit < known { *limit } else { known }));
            if total.high() <= *limit {
                continue;
            }
            holds = false;
            let month = Month {
                period,
                total: total.high(),
                limit: *limit,
            };
            if is_borne_out(context, out, month) {
                let above = above(&cost, total, *limit, period, requirement.span);
                out.findings.push(finding(above));
            }
        }
        if let Some(budget) = asked {
            let dearer = above_included.ask(context, period, budget);
            out.findings.extend(dearer.into_iter().map(finding));
        }
        let said = Said {
            obligation: Obligation::Cost,
            engine: match holds && !compared {
                true => Engine::Unknown,
                false => Engine::Evaluated,
            },
            holds: holds && compared,
            note: match least {
                _ if holds && !compared => {
                    format!("{total} a month, and a budget in another currency").into()
                }
                Some(limit) => format!("{total} a month, and at most {limit} asked for").into(),
                None => format!("{total} a month").into(),
            },
        };
        out.verdicts
            .push([context.subjects().policy()], index, said);
    }
}

fn above(
    cost: &Monthly,
    total: Interval<Money>,
    limit: Money,
    period: &Period,
    span: Span,
) -> Diagnostic {
    let mut out = Diagnostic::error(
        ABOVE,
        format!(
            "all together may cost {} a month{}, and {limit} are allowed",
            total.high(),
            during([period])
        ),
    )
    .at(span, "the budget")
    .by(Engine::Evaluated.word())
    .about(period.name.clone());
    for (name, part, span) in &cost.parts {
        out = out.event("", format!("`{name}`: {part} a month"));
        if out.labels.len() < 6 && !part.is_point() {
            out = out.at(*span, "an interval: its upper end counts");
        }
    }
    out.help("lower a cost, narrow an interval, or raise the budget")
}

/// Why there is no sum: costs in several currencies, or more than can be counted.
fn no_sum(cost: &Monthly) -> Diagnostic {
    let mut used = cost.parts.iter().map(|(_, part, _)| part.low().currency);
    let first = used.next();
    let (what, help) = match used.all(|currency| Some(currency) == first) {
        true => (
            "these costs are too great to be added up",
            "write what they cost: nobody pays as much",
        ),
        false => (
            "costs in different currencies cannot be added up",
            "write all costs in one currency",
        ),
    };
    let mut out = Diagnostic::error(CURRENCIES, what)
        .by(Engine::Evaluated.word())
        .help(help);
    for (name, part, span) in &cost.parts {
        out = out.at(*span, format!("`{name}`: {part} a month"));
    }
    out
}

/// Why nobody knows whether a budget is kept: the costs are in another currency.
fn no_rate(cost: &Monthly, total: Interval<Money>, limit: Money, span: Span) -> Diagnostic {
    let currency = total.high().currency;
    let message = format!(
        "costs in {currency} cannot be compared with a budget in {}",
        limit.currency
    );
    let mut out = Diagnostic::error(CURRENCIES, message)
        .at(span, "the budget")
        .by(Engine::Evaluated.word())
        .help(format!(
            "write the budget in {currency}, or all costs in {}",
            limit.currency
        ));
    for (name, part, span) in cost.parts.iter().take(6) {
        out = out.at(*span, format!("`{name}`: {part} a month"));
    }
    out
}

fn finding(diagnostic: Diagnostic) -> Finding {
    Finding {
        diagnostic,
        obligation: Obligation::Cost,
        classes: Vec::new(),
        subjects: Vec::new(),
        fault: None,
        floor: false,
    }
}
