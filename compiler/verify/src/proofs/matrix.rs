//! Which copy saves which class under which faults, how old it is then, how long it takes to be back.

use std::collections::BTreeMap;
use std::rc::Rc;

use thrice_model::ClassId;
use thrice_plan::{CopyId, Period, Plan};
use thrice_quantity::Seconds;

use super::left::{Left, is_live, left};
use crate::context::Context;
use crate::faults::{FaultSet, strike, words};
use crate::obligations::recovery_point::{Ages, Newest, asked_of};
use crate::obligations::recovery_time::{Back, back};
use crate::obligations::survival;

/// What saves a class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Margin {
    /// What is asked: `rpo`, `rpo guaranteed` or `rto`.
    pub of: &'static str,
    /// How much is asked.
    pub asked: Seconds,
    /// How much less it is; less than nothing where it fails.
    pub left: Seconds,
}

/// One class, or classes alike, under one set of faults in one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The classes.
    pub classes: Vec<String>,
    /// The period.
    pub period: String,
    /// The faults that strike together, in words.
    pub faults: Vec<String>,
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

/// The survival matrix of a plan: all that obligation 2 asks, in the order of periods, classes and faults.
#[must_use]
pub fn survival_matrix(plan: &Plan) -> Vec<Cell> {
    let context = Context::new(plan, Rc::default());
    let mut outcomes: BTreeMap<(usize, Vec<ClassId>, FaultSet), Option<bool>> = BTreeMap::new();
    for cell in survival::cells(&context) {
        let key = (cell.period, cell.classes, cell.faults);
        let held = outcomes.entry(key).or_insert(cell.held);
        // The floor and a requirement may ask about the same faults: the worse of them counts.
        *held = match (*held, cell.held) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (None, _) | (_, None) => None,
            _ => Some(true),
        };
    }
    let mut out = Vec::with_capacity(outcomes.len());
    for (index, period) in plan.periods.iter().enumerate() {
        let mut asker = Asker {
            context: &context,
            period,
            ages: Ages::new(&context, period),
            backs: BTreeMap::new(),
        };
        let here = outcomes.iter().filter(|((at, ..), _)| *at == index);
        out.extend(
            here.flat_map(|((_, classes, faults), held)| asker.cells(classes, faults, *held)),
        );
    }
    out
}

struct Asker<'c, 'p> {
    context: &'c Context<'p>,
    period: &'c Period,
    ages: Ages<'c, 'p>,
    backs: BTreeMap<FaultSet, BTreeMap<ClassId, Back>>,
}

impl Asker<'_, '_> {
    /// The cells of classes that survive alike; what they are asked, and how big they are, may differ.
    fn cells(&mut self, classes: &[ClassId], faults: &FaultSet, held: Option<bool>) -> Vec<Cell> {
        let mut out: Vec<Cell> = Vec::new();
        for class in classes {
            let mut cell = self.cell(*class, faults, held);
            let same = out.iter_mut().find(|other| {
                let named = Cell {
                    classes: other.classes.clone(),
                    ..cell.clone()
                };
                **other == named
            });
            match same {
                Some(same) => same.classes.append(&mut cell.classes),
                None => out.push(cell),
            }
        }
        out
    }

    fn cell(&mut self, class: ClassId, faults: &FaultSet, held: Option<bool>) -> Cell {
        let (context, period) = (self.context, self.period);
        let plan = context.plan;
        let struck = strike(context, faults, period.from);
        let Left { copies: left, .. } = left(context, &struck, class, period);
        let live = left.iter().any(|id| is_live(context, *id));
        let newest = self
            .ages
            .newest(class, faults)
            .filter(|_| held == Some(true));
        let by = match held {
            None => SavedBy::Undecided,
            Some(false) => SavedBy::Nothing,
            Some(true) if live => SavedBy::Live {
                copies: elsewhere(context, class, &left),
            },
            Some(true) => match newest.map(|n| n.copy).or_else(|| left.first().copied()) {
                Some(copy) => saved_by(context, copy),
                None => SavedBy::Nothing,
            },
        };
        let back = self.back(class, faults).filter(|_| held == Some(true));
        Cell {
            classes: vec![context.class_name(class).to_owned()],
            period: period.name.clone(),
            faults: faults.iter().map(|fault| words(context, *fault)).collect(),
            also: also(context, &left, &by),
            nominal: newest.and_then(|n| n.nominal),
            guaranteed: newest.and_then(|n| n.guaranteed),
            restore: back.and_then(|b| b.time),
            restored_from: back.map(|b| {
                context
                    .store_name(plan.copies[b.copy].location.store)
                    .to_owned()
            }),
            margins: margins(asked_of(context, class, period), newest, back),
            by,
        }
    }

    fn back(&mut self, class: ClassId, faults: &FaultSet) -> Option<Back> {
        let (context, period) = (self.context, self.period);
        self.backs
            .entry(faults.clone())
            .or_insert_with(|| back(context, faults, period))
            .get(&class)
            .copied()
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
    back: Option<Back>,
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
        margin("rto", back.and_then(|b| b.due), back.and_then(|b| b.time)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
