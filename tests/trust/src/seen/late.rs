//! A plan whose phases come late.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use rand::RngExt as _;
use rand::seq::IteratorRandom as _;
use thrice_model::Lifetime;
use thrice_plan::Plan;

use crate::Random;
use crate::policy::{Texts, plan};

/// One phase is as late as may be or less, and holds up those that would come before it. `None` where none may be.
pub(super) fn late(plan: &Plan, random: &mut Random) -> Option<(Plan, BTreeMap<Date, Date>)> {
    let days = || plan.periods.iter().map(|period| period.from);
    let written = days()
        .filter(|day| plan.late_days(*day) > 0)
        .choose(random)?;
    let by = random.random_range(1..=plan.late_days(written));
    let comes = written.checked_add(by.days()).ok()?;
    let waiting = days().filter(|day| (written..comes).contains(day));
    let moved: BTreeMap<Date, Date> = waiting.map(|day| (day, comes)).collect();
    let mut out = plan.clone();
    let on = |day: Date| moved.get(&day).copied().unwrap_or(day);
    let shift = |lifetime: &mut Lifetime| {
        lifetime.from = on(lifetime.from);
        lifetime.until = lifetime.until.map(on);
    };
    for id in plan.model.steps.ids() {
        if let Some(step) = out.model.steps.get_mut(id) {
            shift(&mut step.lifetime);
        }
    }
    for id in plan.copies.ids() {
        if let Some(copy) = out.copies.get_mut(id) {
            shift(&mut copy.lifetime);
        }
    }
    Some((out, moved))
}

/// A policy of which a phase that may be late has a later day.
pub(super) fn written_late(texts: &Texts, random: &mut Random) -> Option<Plan> {
    const MAY_BE_LATE: &str = "phase p1 = p0 + 90 days { slip 9 days }";
    let (path, text) = texts
        .roots
        .iter()
        .find(|(_, text)| text.contains(MAY_BE_LATE))?;
    let days = 90 + random.random_range(1..=9);
    let later = format!("phase p1 = p0 + {days} days");
    plan(&texts.with(path, text.replace(MAY_BE_LATE, &later))).ok()
}
