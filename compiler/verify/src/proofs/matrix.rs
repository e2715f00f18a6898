//! Which copy saves which class under which faults, how old it is then, how long it takes to be back.
//!
//! What saves a class depends on which of its copies the faults leave, and of those there are a few; what the faults
//! are matters no further, but for what else must come back over the same links. So each class is looked at once
//! for each kind of what is left, and most cells only point at what came out.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::rc::Rc;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;
use thrice_model::ClassId;
use thrice_plan::{Copy, CopyId, Period, Plan};
use thrice_quantity::Seconds;
use thrice_verdicts::Matrix;

use super::left::is_live;
use crate::context::Context;
use crate::fault::{Chosen, FaultSet, words};
use crate::faults::{Struck, Useless, strike};
use crate::obligations::recovery_point::{Ages, Newest, asked_of};
use crate::obligations::recovery_time::{Restore, Restores, Waiting};
use crate::obligations::survival::{self, Outcomes};
use crate::session::Session;

/// What saves a class.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SavedBy {
    /// The faults leave the live data alone; whether a copy would save it as well.
    Live {
        /// Whether a copy in another store is left too.
        copies: bool,
    },
    /// A copy: its store, and the step that makes it.
    Copy {
        /// Name of the store.
        store: String,
        /// Name of the step.
        step: String,
    },
    /// Nothing is left, or it is not there at every age.
    Nothing,
    /// The solver gave up.
    Undecided,
}

/// By how much something is within what is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Margin {
    /// What is asked: `rpo`, `rpo guaranteed` or `rto`.
    pub of: &'static str,
    /// How much is asked.
    pub asked: Seconds,
    /// How much less it is; less than nothing where it fails.
    pub left: Seconds,
}

/// What saves a class under one set of faults in one period.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Saved {
    /// What saves it. Of several copies the one with the newest version.
    pub by: SavedBy,
    /// The other stores in which a copy is left.
    pub also: Vec<String>,
    /// How old the newest version is at worst while every run succeeds; `None`: the live data, or no bound.
    pub nominal: Option<Seconds>,
    /// The same with as many missed runs as monitors and the response time allow.
    pub guaranteed: Option<Seconds>,
    /// From the fault to being in use again, at worst; `None`: nothing to restore, or not stated.
    pub restore: Option<Seconds>,
    /// The store it is restored from: of several the fastest.
    pub restored_from: Option<String>,
    /// What is asked of it, and what is left of that.
    pub margins: Vec<Margin>,
}

/// The survival matrix of a plan: all that obligation 2 asks, in the order of periods, classes and faults; or what
/// some faults leave that somebody chose.
#[must_use]
pub fn survival_matrix(plan: &Plan, chosen: Option<&Chosen>) -> Matrix<Saved> {
    let session = Session::under(chosen);
    let context = session.context(plan);
    let mut out = Matrix::about(context.subjects().names());
    survival::outcomes(&context, &mut |index, outcomes| {
        if let (Some(period), Ok(number)) = (plan.periods.get(index), u32::try_from(index)) {
            Filler::new(&context, period, &mut out).fill(number, &outcomes);
        }
    });
    out
}

/// Fills in one period.
struct Filler<'c, 'p, 'm> {
    context: &'c Context<'p>,
    period: &'c Period,
    ages: Ages<'c, 'p>,
    restores: Restores<'c, 'p>,
    kinds: Vec<Kind>,
    /// The kind of each class, and its place there; in the order of the classes.
    places: BTreeMap<ClassId, (usize, usize)>,
    /// How long what comes back together takes, by the fates of all kinds.
    times: BTreeMap<Vec<usize>, Rc<BTreeMap<ClassId, Seconds>>>,
    /// The numbers of what is said already.
    said: IndexMap<Told, u32, FxBuildHasher>,
    out: &'m mut Matrix<Saved>,
}

/// All that decides what is said of a class: its fate, by number, whether that is enough, and how long it takes to
/// be back.
#[derive(PartialEq, Eq, Hash)]
struct Told {
    class: ClassId,
    fate: usize,
    held: Option<bool>,
    time: Option<Seconds>,
}

/// Classes that any faults leave alike.
struct Kind {
    classes: Vec<ClassId>,
    /// The copies of the first one. Those of the others stand in the same order.
    copies: Vec<CopyId>,
    /// The copies that are of no use, in each case that has come up, and the keys that come later.
    fates: IndexSet<(Useless, Rc<Waiting>), FxBuildHasher>,
    /// For each of these cases how each of the classes comes back.
    restores: Vec<Vec<Option<Restore>>>,
}

/// Classes of which the same is asked.
struct Row<'o> {
    classes: &'o [ClassId],
    /// What came out of the sets of faults that are still to come.
    outcomes: Peekable<std::collections::btree_map::Iter<'o, FaultSet, Option<bool>>>,
    /// The sets that have been looked at, by number, and what is said under each of each class.
    sets: Vec<u32>,
    said: Vec<Vec<u32>>,
}

impl<'c, 'p, 'm> Filler<'c, 'p, 'm> {
    fn new(context: &'c Context<'p>, period: &'c Period, out: &'m mut Matrix<Saved>) -> Self {
        let restores = Restores::new(context, period);
        let kinds = context.alike(&restores.classes(), period).into_iter();
        let kinds: Vec<Kind> = kinds
            .map(|classes| Kind::new(context, classes, period))
            .collect();
        let places = kinds
            .iter()
            .enumerate()
            .flat_map(|(kind, Kind { classes, .. })| {
                let classes = classes.iter().enumerate();
                classes.map(move |(place, class)| (*class, (kind, place)))
            });
        Self {
            context,
            period,
            ages: Ages::new(context, period),
            places: places.collect(),
            restores,
            kinds,
            times: BTreeMap::new(),
            said: IndexMap::default(),
            out,
        }
    }

    /// One set of faults after the other, for all classes: what comes back at once shares links.
    fn fill(&mut self, period: u32, outcomes: &Outcomes) {
        let mut rows: Vec<Row<'_>> = outcomes
            .iter()
            .map(|(classes, outcomes)| Row {
                classes,
                outcomes: outcomes.iter().peekable(),
                sets: Vec::new(),
                said: vec![Vec::new(); classes.len()],
            })
            .collect();
        let next = |rows: &mut Vec<Row<'_>>| -> Option<FaultSet> {
            let sets = rows.iter_mut().filter_map(|row| row.outcomes.peek());
            sets.map(|(set, _)| *set).min().cloned()
        };
        while let Some(set) = next(&mut rows) {
            let struck = strike(self.context, &set, self.period.from);
            let waiting = Rc::new(self.restores.waiting(&struck));
            let fates: Vec<usize> = (0..self.kinds.len())
                .map(|kind| {
                    let copies = self.kinds.get(kind).map_or(&[][..], |kind| &kind.copies);
                    let useless = struck.useless(self.context, copies);
                    self.fate(kind, useless, &waiting)
                })
                .collect();
            let times = self.times(&fates, (&struck, &waiting));
            let words = set.iter().map(|fault| words(self.context, *fault));
            let number = self.out.number_of(words.collect());
            for row in &mut rows {
                let Some((_, held)) = row.outcomes.next_if(|(other, _)| **other == set) else {
                    continue;
                };
                row.sets.push(number);
                for (class, said) in row.classes.iter().zip(&mut row.said) {
                    said.push(self.say(*class, &fates, *held, times.get(class).copied()));
                }
            }
        }
        for row in rows {
            let classes = row.classes.iter().map(|class| class.index());
            let said = row.said.iter().map(Vec::as_slice);
            self.out.push(period, &row.sets, classes.zip(said));
        }
    }

    /// The number of a case of a kind.
    fn fate(&mut self, kind: usize, useless: Useless, waiting: &Rc<Waiting>) -> usize {
        let Some(kind) = self.kinds.get_mut(kind) else {
            return 0;
        };
        let fate = (useless, Rc::clone(waiting));
        if let Some(known) = kind.fates.get_index_of(&fate) {
            return known;
        }
        let useless = &fate.0;
        let classes = kind.classes.iter();
        let restores = classes.map(|class| {
            let copies = self.context.copies_there(*class, self.period);
            let useless = useless.of_others(&kind.copies, &copies);
            self.restores.of(*class, &useless, waiting)
        });
        kind.restores.push(restores.collect());
        kind.fates.insert_full(fate).0
    }

    /// How long everything takes to be back whose restore can be timed.
    fn times(
        &mut self,
        fates: &[usize],
        (struck, waiting): (&Struck, &Waiting),
    ) -> Rc<BTreeMap<ClassId, Seconds>> {
        // What comes back for others to be read hangs on more than what is left of each class.
        let known = self.times.get(fates).filter(|_| waiting.is_empty());
        if let Some(known) = known {
            return Rc::clone(known);
        }
        let restores = self
            .places
            .values()
            .filter_map(|(kind, place)| self.kinds.get(*kind)?.restore(*fates.get(*kind)?, *place));
        let restores = restores.cloned().collect();
        let found = Rc::new(self.restores.times(struck, waiting, restores));
        self.times.insert(fates.to_vec(), Rc::clone(&found));
        found
    }

    /// The number of what is said of a class.
    fn say(
        &mut self,
        class: ClassId,
        fates: &[usize],
        held: Option<bool>,
        time: Option<Seconds>,
    ) -> u32 {
        let Some((kind, place)) = self.places.get(&class).copied() else {
            return u32::MAX;
        };
        let fate = fates.get(kind).copied().unwrap_or(usize::MAX);
        let told = Told {
            class,
            fate,
            held,
            time,
        };
        if let Some(known) = self.said.get(&told) {
            return *known;
        }
        let said = self.saved(&told, (kind, place));
        let number = said.map_or(u32::MAX, |said| self.out.say(said));
        self.said.insert(told, number);
        number
    }

    fn saved(&mut self, told: &Told, (kind, place): (usize, usize)) -> Option<Saved> {
        let (context, class) = (self.context, told.class);
        let kind = self.kinds.get(kind)?;
        let copies = context.copies_there(class, self.period);
        let useless = kind
            .fates
            .get_index(told.fate)?
            .0
            .of_others(&kind.copies, &copies);
        let left: Vec<CopyId> = copies
            .iter()
            .copied()
            .filter(|id| context.plan.copies[*id].counts && !useless.contains(*id))
            .collect();
        let is_held = told.held == Some(true);
        let newest = self.ages.newest(&copies, &useless).filter(|_| is_held);
        let restore = kind.restore(told.fate, place).filter(|_| is_held);
        let time = restore.and(told.time);
        let by = match told.held {
            None => SavedBy::Undecided,
            Some(false) => SavedBy::Nothing,
            Some(true) if left.iter().any(|id| is_live(context, *id)) => SavedBy::Live {
                copies: elsewhere(context, class, &left),
            },
            Some(true) => match newest.map(|n| n.copy).or_else(|| left.first().copied()) {
                Some(copy) => saved_by(context, copy),
                None => SavedBy::Nothing,
            },
        };
        let asked = asked_of(context, class, self.period);
        let due = restore.and_then(|_| self.restores.due(class));
        Some(Saved {
            also: also(context, &left, &by),
            nominal: newest.and_then(|n| n.nominal),
            guaranteed: newest.and_then(|n| n.guaranteed),
            restore: time,
            restored_from: restore.map(|restore| {
                let copy: &Copy = &context.plan.copies[restore.copy];
                context.store_name(copy.location.store).to_owned()
            }),
            margins: margins(asked, newest, (due, time)),
            by,
        })
    }
}

impl Kind {
    fn new(context: &Context<'_>, classes: Vec<ClassId>, period: &Period) -> Self {
        let first = classes.first();
        Self {
            copies: first.map_or_else(Vec::new, |first| context.copies_in(*first, period)),
            classes,
            fates: IndexSet::default(),
            restores: Vec::new(),
        }
    }

    fn restore(&self, fate: usize, place: usize) -> Option<&Restore> {
        self.restores.get(fate)?.get(place)?.as_ref()
    }
}

/// Whether one of some copies lies in another store than the data itself.
fn elsewhere(context: &Context<'_>, class: ClassId, copies: &[CopyId]) -> bool {
    let home = context.plan.model.classes[class].home.store;
    copies
        .iter()
        .any(|id| context.plan.copies[*id].location.store != home)
}

fn saved_by(context: &Context<'_>, copy: CopyId) -> SavedBy {
    let copy = &context.plan.copies[copy];
    let step = copy.made_by.map(|step| &context.plan.model.steps[step]);
    SavedBy::Copy {
        store: context.store_name(copy.location.store).to_owned(),
        step: step.map_or_else(String::new, |step| step.named.name.to_string()),
    }
}

/// The stores of the other copies that are left, each once, in the order of the plan.
fn also(context: &Context<'_>, left: &[CopyId], by: &SavedBy) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for id in left {
        let copy = &context.plan.copies[*id];
        let name = context.store_name(copy.location.store);
        let known = out.iter().any(|other| other == name)
            || is_live(context, *id)
            || matches!(by, SavedBy::Copy { store, .. } if store == name);
        if !known {
            out.push(name.to_owned());
        }
    }
    out
}

fn margins(
    [nominal, guaranteed]: [Option<Seconds>; 2],
    newest: Option<Newest>,
    (due, time): (Option<Seconds>, Option<Seconds>),
) -> Vec<Margin> {
    let margin = |of, asked: Option<Seconds>, is: Option<Seconds>| {
        let (asked, is) = (asked?, is?);
        Some(Margin {
            of,
            asked,
            left: asked.saturating_sub(is),
        })
    };
    [
        margin("rpo", nominal, newest.and_then(|n| n.nominal)),
        margin(
            "rpo guaranteed",
            guaranteed,
            newest.and_then(|n| n.guaranteed),
        ),
        margin("rto", due, time),
    ]
    .into_iter()
    .flatten()
    .collect()
}
