//! What ceases to be on a day that the policy names: data where it lives, and all that lies in a store.

use std::collections::BTreeSet;

use jiff::civil::Date;
use thrice_model::{ClassId, StoreId};
use thrice_plan::{CopyId, CopyKind, Plan};

use crate::Sort;
use crate::calendar::midnight;
use crate::world::{World, aside};

/// What ceases to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    /// The data of a class, where it lives. Copies of it stay.
    Class(ClassId),
    /// A store, and what is in it: also what steps have left there that ended before it.
    Store(StoreId),
}

impl Ending {
    /// All that ceases to be which matters to some copies, and the first instant without it.
    pub(crate) fn all(plan: &Plan, copies: &BTreeSet<CopyId>) -> BTreeSet<(i64, Self)> {
        let mut out = BTreeSet::new();
        let mut add = |ending: Self| {
            let day = ending.day(plan);
            out.extend(day.map(|day| (midnight(day), ending)));
        };
        for copy in copies.iter().map(|id| &plan.copies[*id]) {
            add(Self::Store(copy.location.store));
            if copy.kind == CopyKind::Live {
                add(Self::Class(copy.class));
            }
            let by = copy.made_by.map(|by| &plan.model.steps[by]);
            if let Some(place) = by.and_then(|by| by.puts_aside()) {
                add(Self::Store(place.store));
            }
        }
        out
    }

    /// The first day without it.
    fn day(self, plan: &Plan) -> Option<Date> {
        match self {
            Self::Class(class) => plan.model.classes[class].lifetime.until,
            Self::Store(store) => plan.model.stores[store].lifetime.until,
        }
    }
}

impl World<'_> {
    /// The copies that something lies in and that cease to be.
    pub(crate) fn ending(&self, ending: Ending) -> Vec<CopyId> {
        let held = self.held.iter().filter(|(_, held)| !held.pieces.is_empty());
        let ends = held.filter(|(id, _)| match ending {
            Ending::Class(class) => self.live.get(&class) == Some(id),
            Ending::Store(store) => self.store_of(**id) == store,
        });
        ends.map(|(id, _)| *id).collect()
    }

    /// Something ceases to be.
    pub(crate) fn end(&mut self, ending: Ending, at: i64) {
        let plan = self.plan;
        let Some(day) = ending.day(plan) else { return };
        let gone = self.ending(ending);
        let all: Vec<CopyId> = match ending {
            Ending::Class(class) => self.live.get(&class).copied().into_iter().collect(),
            Ending::Store(store) => {
                self.ended.insert(store, day);
                let here = self.held.keys().copied();
                here.filter(|id| self.store_of(*id) == store).collect()
            }
        };
        for copy in all {
            if let Some(held) = self.held.get_mut(&copy) {
                held.clear();
            }
            let class = &plan.model.classes[plan.copies[copy].class].named.name;
            let store = self.store_name(copy);
            let (why, line) = match ending {
                Ending::Class(_) => (
                    format!("gone: its data is there until {day}"),
                    format!("`{class}` is there until {day}: what is on `{store}` of it goes"),
                ),
                Ending::Store(_) => (
                    format!("gone: its store is there until {day}"),
                    format!("`{store}` is there until {day}: what is on it of `{class}` goes"),
                ),
            };
            if gone.contains(&copy) {
                self.log(at, Sort::Loss, line);
            }
            self.fate.insert(copy, why);
        }
        if let Ending::Store(store) = ending {
            for (copy, held) in &mut self.held {
                if aside(plan, *copy).is_some_and(|place| place.store == store) {
                    held.past.retain(|past| !past.aside);
                }
            }
        }
    }
}
