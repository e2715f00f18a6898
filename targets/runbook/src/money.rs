//! What everything costs, and what changes when.

use serde::Serialize;
use thrice_model::Lifetime;
use thrice_plan::Plan;
use thrice_verify::{monthly, once};

/// The costs of one period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Costs {
    /// Its name.
    pub phase: String,
    /// Its first day.
    pub from: String,
    /// Each part and what it costs a month.
    pub parts: Vec<(String, String)>,
    /// The sum a month; `not stated` where nothing is.
    pub total: String,
    /// What comes once.
    pub once: String,
}

/// The costs of every period.
pub fn costs(plan: &Plan) -> Vec<Costs> {
    let periods = plan.periods.iter();
    periods
        .map(|period| {
            let cost = monthly(plan, period);
            let total = cost.total.map(|total| total.to_string());
            let parts = cost.parts.iter();
            Costs {
                phase: period.name.clone(),
                from: period.from.to_string(),
                parts: parts
                    .map(|(name, part, _)| (name.clone(), part.to_string()))
                    .collect(),
                total: total.unwrap_or_else(|| "not stated".to_owned()),
                once: once(plan, period).map_or_else(|| "none".to_owned(), |m| m.to_string()),
            }
        })
        .collect()
}

/// What begins and ends with a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The period's name.
    pub phase: String,
    /// Its first day.
    pub date: String,
    /// How much later it may come.
    pub slip: String,
    /// Hosts, data and steps that begin.
    pub begins: Vec<String>,
    /// Those that end.
    pub ends: Vec<String>,
}

/// The phases, and what changes with each.
pub fn timeline(plan: &Plan) -> Vec<Change> {
    let model = &plan.model;
    let hosts = model
        .hosts
        .iter()
        .map(|(_, x)| ("host", &x.named, x.lifetime));
    let classes = model
        .classes
        .iter()
        .map(|(_, x)| ("data", &x.named, x.lifetime));
    let steps = model
        .steps
        .iter()
        .map(|(_, x)| (x.verb.word(), &x.named, x.lifetime));
    let all: Vec<(&str, &thrice_model::Named, Lifetime)> =
        hosts.chain(classes).chain(steps).collect();
    let named = |test: &dyn Fn(&Lifetime) -> bool| -> Vec<String> {
        all.iter()
            .filter(|(_, _, life)| test(life))
            .map(|(what, named, _)| format!("{what} {}", named.name))
            .collect()
    };
    let periods = plan.periods.iter();
    periods
        .map(|period| {
            let slip = period
                .phase
                .map_or(0, |phase| model.phases[phase].slip_days);
            Change {
                phase: period.name.clone(),
                date: period.from.to_string(),
                slip: match slip {
                    0 => String::new(),
                    days => format!("may come {days} days late"),
                },
                begins: named(&|life| life.from == period.from),
                ends: named(&|life| life.until == Some(period.from)),
            }
        })
        .collect()
}
