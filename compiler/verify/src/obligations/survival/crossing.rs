//! What is left of what came to be in one period, when faults strike in a later one.

use thrice_model::{ClassId, Obligation};
use thrice_plan::Period;
use thrice_presence::{Crossing, Question};

use super::super::lateness::{Claimed, claim_however_late};
use super::super::settling::{self, Against, held_before};
use super::decider::{Alike, Decider};
use super::question::{after, members, question, useless};
use super::{Ask, Violation};
use crate::context::Context;
use crate::faults::{Struck, strike};
use crate::replay::About;
use crate::systems::Symbolized;

impl Decider<'_, '_> {
    /// Whether enough is left of what crosses into a period, where enough is left of what comes to be in it:
    /// of what was old when the period began all the time, if the period before left it as well; of
    /// all when new copies can surely have been filled.
    pub(super) fn across(
        &mut self,
        ask: &Ask,
        struck: &Struck,
        alike: &mut Alike,
        lost: ClassId,
        index: usize,
    ) -> Option<Violation> {
        let context = self.context;
        let across = context.across(lost, index)?;
        let symbolized = &across.symbolized;
        let now = self.symbolized(lost, index)?;
        let in_force = question(
            context,
            lost,
            &now.copies,
            &useless(context, ask, struck, &now.copies),
        )?;
        let useless = useless(context, ask, struck, &symbolized.copies);
        let known = self.crossed.entry(lost).or_default();
        if known.since != Some(across.since) {
            known.since = Some(across.since);
            known.held.clear();
        }
        if known.held.contains(&useless) {
            return None;
        }
        let from = in_force.from;
        let alone = across.alone.as_ref();
        let alone = alone.and_then(|alone| held(context, (ask, struck), lost, alone));
        if alone.is_some_and(|alone| alone <= from) {
            return None;
        }
        let system = after(symbolized, &useless);
        // Where new copies take no time, all is asked about from the change on anyway.
        let held = match from {
            0 => None,
            _ => across.held(ask.since, (from, in_force.window), |day| {
                let asked = |before: &Period| ask.since <= before.from;
                held_before(context, lost, day, asked, |before, symbolized| {
                    let struck = strike(context, &ask.faults, before.from);
                    held(context, (ask, &struck), lost, symbolized)
                })
            }),
        };
        let settled = Some((Crossing::Settled(from), from));
        let mut if_late = None;
        for (crossing, from) in [settled, held].into_iter().flatten() {
            let question = Question {
                members: members(context, &symbolized.copies, &useless),
                from,
                to: in_force.to.max(from),
                crossing,
                ..in_force.clone()
            };
            let period = context.plan.periods.get(index);
            let about = About {
                obligation: Obligation::Survival,
                period: period.map_or("", |period| period.name.as_str()),
            };
            let system = (symbolized, &system);
            let violation = |(run, unknown): Against| Violation {
                faults: ask.faults.clone(),
                classes: alike.classes.clone(),
                period: index,
                lost,
                own: alike.classes.contains(&lost),
                symbolized: symbolized.clone(),
                useless: useless.clone(),
                run,
                unknown,
            };
            match claim_however_late(context, about, lost, system, &question) {
                Claimed::Holds(by) => alike.attained.engine = alike.attained.engine.weaker(by),
                Claimed::OnTime(by, against) => {
                    if_late.get_or_insert_with(|| violation(against));
                    alike.attained.engine = alike.attained.engine.weaker(by);
                }
                Claimed::Fails(against) => return Some(violation(against)),
            }
        }
        if let Some(violation) = if_late {
            self.file_late(ask, violation);
            return None;
        }
        let known = self.crossed.entry(lost).or_default();
        known.held.insert(useless);
        None
    }
}

/// From which age on enough is left in a system that is always so, if it is.
fn held(
    context: &Context<'_>,
    (ask, struck): (&Ask, &Struck),
    lost: ClassId,
    symbolized: &Symbolized,
) -> Option<i64> {
    let useless = useless(context, ask, struck, &symbolized.copies);
    let system = after(symbolized, &useless);
    let question = question(context, lost, &symbolized.copies, &useless)?;
    settling::held(context, &system, &question)
}
