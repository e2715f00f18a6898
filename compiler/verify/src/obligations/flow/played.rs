//! Plays how data comes to be seen on the simulator before anybody sees the case.
//!
//! The steps on the way to a copy run for as long as the chain takes, and the simulator follows each field: a seed
//! changes it when its run is done, or before it leaves its host. It finds out by itself who reads where. Confirmed is
//! that somebody then has come to see what the case says: a field above the clearance, or one that is as it was. Of
//! the copies that a case names, the one that is filled first is played.

use std::collections::{BTreeMap, BTreeSet};

use thrice_model::{Anonymise, CredentialId, HostId, Label, Named, Obligation, Verb};
use thrice_plan::CopyId;
use thrice_plan::calendar::midnight;
use thrice_simulate::{Choices, Fields, Looking, Onlooker, Shown, shown};

use super::super::playing::{
    ENDS_BEFORE, Filled, ON_DEMAND, Played, UNFILLED, delay, may_be_told, on_demand, timestamp,
};
use super::{Reading, is_filled, labels};
use crate::context::Context;
use crate::hands::By;
use crate::verification::Verification;

/// What a case rests on where somebody clears the place of what a step has left, and may have done so by then.
const CLEARED: &str = "places that are cleared late";

/// What a case rests on where no run takes anything away that a sync would put aside.
const NOT_ASIDE: &str = "what syncs put aside";

/// How long after a copy is filled somebody looks: data that lives there has begun to grow by then.
const LOOKS_AFTER: i64 = 60;

/// What somebody is said to see.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) by: Onlooker,
    /// The copies, each with a period in which it is seen, and with what it is read, if a credential is named.
    pub(super) copies: BTreeMap<CopyId, Sight>,
    pub(super) sees: Sees,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    pub(super) period: usize,
    pub(super) with: Option<CredentialId>,
    /// The host of an environment that is not asked what it reads.
    pub(super) but: Option<HostId>,
    /// It is what a sync puts aside that is seen.
    pub(super) aside: bool,
}

impl Sight {
    pub(super) fn of(period: usize, reading: Option<&Reading>) -> Self {
        let with = match reading.map(|reading| reading.by) {
            Some(By::Credential(id)) => Some(id),
            _ => None,
        };
        Self {
            period,
            with,
            but: None,
            aside: reading.is_some_and(|reading| reading.aside),
        }
    }

    pub(super) const fn but(self, but: Option<HostId>) -> Self {
        Self { but, ..self }
    }

    pub(super) const fn aside(self, aside: bool) -> Self {
        Self { aside, ..self }
    }

    /// Who looks.
    const fn by(&self, onlooker: Onlooker) -> Onlooker {
        match (onlooker, self.but) {
            (Onlooker::Environment(id), Some(but)) => Onlooker::Beside(id, but),
            _ => onlooker,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Sees {
    /// Something that is more sensitive than this.
    Above(Label),
    /// These fields as they are where they live.
    Unchanged(BTreeSet<String>),
}

/// Whether what is told may be told.
pub(super) fn is_borne_out(context: &Context<'_>, out: &mut Verification, case: &Case) -> bool {
    let about = (subject(context, case.by), "seen here");
    may_be_told(context, out, Obligation::Flow, about, || {
        confirm(context, case)
    })
}

fn subject<'c>(context: &'c Context<'_>, by: Onlooker) -> Option<&'c Named> {
    let model = &context.plan.model;
    Some(match by {
        Onlooker::Environment(id) | Onlooker::Beside(id, _) => &model.environments[id].named,
        Onlooker::Credential(id) => &model.credentials[id].named,
        Onlooker::Store(id) => &model.stores[id].named,
        Onlooker::Host(id) => &model.hosts[id].named,
        Onlooker::Service(id) => &model.services[id].named,
        Onlooker::Seed(id) => &model.steps[id].named,
    })
}

/// When a case is played.
#[derive(Clone, Copy, Debug)]
struct When {
    /// From when on steps run.
    from: i64,
    /// From when on what lies somewhere is looked at.
    since: i64,
    /// Until when.
    until: i64,
}

impl When {
    /// When a copy has been filled in a period; or, of one that is filled no more, when the period begins, or what it
    /// is made from then has come. `None` where no moment of the period comes after that.
    fn of(context: &Context<'_>, id: CopyId, sight: Sight) -> Option<Self> {
        let plan = context.plan;
        let at = sight.period;
        let period = plan.periods.get(at)?;
        let next = plan.periods.get(at + 1).map(|period| period.from);
        let ends = midnight(next.unwrap_or(plan.model.policy.end));
        if is_filled(context, id, period) {
            let filled = Filled::of(context, &[id], at)?;
            // What is put aside is taken away first, by the next run.
            let again = sight.aside.then(|| delay(context, id).0);
            let until = filled.from.saturating_add(LOOKS_AFTER);
            return Some(Self {
                from: filled.begin(),
                since: filled.begin(),
                until: until.saturating_add(again.unwrap_or(0)),
            })
            .filter(|when| !sight.aside || when.until < ends);
        }
        let stay = |id: CopyId| midnight(context.left().stay(plan, id).from);
        let since = midnight(period.from);
        let filled = stay(id).saturating_add(delay(context, id).0);
        let until = since.max(filled).saturating_add(LOOKS_AFTER);
        Some(Self {
            from: plan.way(id).map(stay).min()?,
            since,
            until,
        })
        .filter(|when| when.until < ends)
    }
}

/// Whether it is seen; why not, if it is not.
fn confirm(context: &Context<'_>, case: &Case) -> Result<Played, String> {
    let made = case
        .copies
        .iter()
        .filter(|(id, _)| !on_demand(context, **id));
    let mut made: Vec<(CopyId, Sight)> = made.map(|(id, sight)| (*id, *sight)).collect();
    let starts = |step| context.plan.calendars.starts(step);
    let waits = matches!(case.by, Onlooker::Seed(step) if starts(step).is_none());
    if made.is_empty() || waits {
        return Ok(Played::Not(ON_DEMAND));
    }
    made.sort_by_key(|(id, _)| (delay(context, *id), *id));
    let first = made.into_iter().find_map(|(id, sight)| {
        let when = When::of(context, id, sight)?;
        Some((id, sight, when))
    });
    let Some((id, sight, when)) = first else {
        return Ok(Played::Not(ENDS_BEFORE));
    };
    let plan = context.plan;
    let look = |by: Onlooker| -> Result<Shown, String> {
        let looking = Looking {
            by,
            copies: [id].into(),
            aside: sight.aside,
            from: timestamp(when.from)?,
            since: timestamp(when.since)?,
            until: timestamp(when.until)?,
            choices: Choices::default(),
        };
        Ok(shown(plan, &looking))
    };
    let seen = look(sight.by(case.by))?;
    let copy = &plan.copies[id];
    let store = context.store_name(copy.location.store);
    if !seen.filled.contains(&id) {
        return Ok(Played::Not(UNFILLED));
    }
    if !seen.there.contains(&id) {
        if sight.aside {
            return Ok(Played::Not(NOT_ASIDE));
        }
        return match context.left().may_be_cleared(plan, id) {
            true => Ok(Played::Not(CLEARED)),
            false => Err(format!("played, nothing is left on `{store}`")),
        };
    }
    let Some(fields) = seen.fields.get(&id) else {
        return Err(format!("played, what is on `{store}` cannot be read"));
    };
    // Whoever has the credential alone has no key.
    if let Some(credential) = sight.with.filter(|_| copy.key.is_none())
        && look(Onlooker::Credential(credential))?.fields.is_empty()
    {
        let name = &plan.model.credentials[credential].named.name;
        return Err(format!("played, `{name}` does not read `{store}`"));
    }
    match case.sees.is_in(fields) {
        true => Ok(Played::Out),
        false if is_changed_late(context, id) => {
            Ok(Played::Not("seeds that are read while they are at work"))
        }
        false => Err(format!("played, what is on `{store}` is {}", told(fields))),
    }
}

impl Sees {
    fn is_in(&self, fields: &Fields) -> bool {
        match self {
            Self::Above(cleared) => fields.values().any(|content| content.label > *cleared),
            Self::Unchanged(names) => {
                // What is said of the rest of something is not said of what is declared in it.
                let means = |name: &str, other: &String| match fields.contains_key(other) {
                    true => name == other,
                    false => labels::is_in(name, other),
                };
                let named = fields.iter().filter(|(name, _)| {
                    let mut names = names.iter();
                    names.any(|other| means(name, other))
                });
                let mut named = named.map(|(_, content)| content.unchanged).peekable();
                // What nobody declares is a part of what there is.
                match named.peek() {
                    Some(_) => named.all(|unchanged| unchanged),
                    None => fields.values().all(|content| content.unchanged),
                }
            }
        }
    }
}

/// Whether a copy is made of what a seed brings and changes only when it has brought it: until then whoever comes early
/// reads it as it was.
fn is_changed_late(context: &Context<'_>, id: CopyId) -> bool {
    let plan = context.plan;
    let mut before = plan.way(id).skip(1);
    before.any(|id| {
        let step = plan.copies[id]
            .made_by
            .map(|step| &plan.model.steps[step].verb);
        let Some(Verb::Seed { rules, .. }) = step else {
            return false;
        };
        rules.iter().any(|rule| {
            !rule.before_leaving && !matches!(rule.action, Anonymise::Keep | Anonymise::Skip)
        })
    })
}

/// "`a` (internal) and `b` (personal, changed)"
fn told(fields: &Fields) -> String {
    let all = fields.iter().map(|(name, content)| {
        let changed = match content.unchanged {
            true => "",
            false => ", changed",
        };
        format!("`{name}` ({}{changed})", labels::word(content.label))
    });
    let all: Vec<String> = all.collect();
    all.join(", ")
}

#[cfg(test)]
mod onlookers;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod seeds;
#[cfg(test)]
mod tests;
