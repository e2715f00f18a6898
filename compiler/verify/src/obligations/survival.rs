//! Obligation 2: for every set of faults that the policy asks to survive, and at every moment, some
//! usable copy of the class and of all that it must be restored with.
//!
//! And the floor, which no policy need ask for: every class survives the loss of its own host, and
//! with it of any host that holds no copy (an orchestrator, a vault), through a copy elsewhere that a
//! deletion upstream spares.

mod apart;
mod asks;
mod crossing;
mod decider;
mod filing;
mod matching;
mod needs;
mod question;
pub(super) mod tell;

pub(super) use question::{after, question};
pub(super) use tell::LATE;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use thrice_diagnostics::Span;
use thrice_model::ClassId;
use thrice_presence::Run;

use self::decider::Decider;
use super::split::violated;
use crate::context::Context;
use crate::fault::FaultSet;
use crate::faults::Useless;
use crate::systems::Symbolized;
use crate::verification::Verification;

/// What is asked, and who asks it.
#[derive(Clone)]
struct Ask {
    faults: FaultSet,
    /// The words of the requirement; `None` for the floor.
    span: Option<Span>,
    /// Whether a copy must be spared by a deletion upstream to count.
    spared: bool,
    /// Since when it is asked for.
    since: Date,
}

/// Faults that leave nothing of a class.
#[derive(Clone)]
struct Violation {
    /// Classes alike: the first one is told of.
    classes: Vec<ClassId>,
    period: usize,
    /// The class of which nothing is left: the one that was asked about, or one that all of them are restored with.
    lost: ClassId,
    /// Whether it is the classes themselves of which nothing is left.
    own: bool,
    symbolized: Symbolized,
    useless: Useless,
    run: Option<Run>,
    unknown: Option<String>,
    /// After which.
    faults: FaultSet,
}

violated!(Violation);

impl Violation {
    /// The first day of the period in which it happens.
    fn day(&self, context: &Context<'_>) -> Date {
        context.first_day(self.period)
    }

    /// The case of the first of its classes, if the one that was asked about is no longer among them: what others
    /// of its kind have in other phases, or have accepted, is told apart.
    fn of_its_own(self, context: &Context<'_>) -> Self {
        let first = self.classes.first().copied();
        let Some(first) = first.filter(|first| self.own && *first != self.lost) else {
            return self;
        };
        let Some(symbolized) = context.of_another(&self.symbolized, first, self.period) else {
            return self;
        };
        let useless = self
            .useless
            .of_others(&self.symbolized.copies, &symbolized.copies);
        Self {
            lost: first,
            symbolized,
            useless,
            ..self
        }
    }
}

/// Violations with one root cause: the same copies are of no use for the same reasons.
#[derive(Clone, Default)]
struct Group {
    /// The requirements that ask for it.
    spans: BTreeSet<Span>,
    /// Whether the floor asks for it, whatever requirements do.
    floor: bool,
    violations: Vec<Violation>,
}

impl Group {
    /// The fault sets that bring it about, each once.
    fn faults(&self) -> BTreeSet<&FaultSet> {
        self.violations.iter().map(|one| &one.faults).collect()
    }
}

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    decided(context, None, out);
    if context.chosen().is_none() {
        needs::decide(context, out);
    }
}

/// For the classes that were asked about together, and each set of faults, whether something usable is left;
/// `None`: not decided.
pub(crate) type Outcomes = BTreeMap<Vec<ClassId>, BTreeMap<FaultSet, Option<bool>>>;

/// Who wants to know what came out of every question in a period, which is given by its place.
type Told<'t> = &'t mut dyn FnMut(usize, Outcomes);

/// Tells, period after period, what came out of each question of this obligation.
pub(crate) fn outcomes(context: &Context<'_>, told: Told<'_>) {
    decided(context, Some(told), &mut Verification::default());
}

fn decided(context: &Context<'_>, mut told: Option<Told<'_>>, out: &mut Verification) {
    let mut state = Decider::new(context, told.is_some());
    for (index, period) in context.plan.periods.iter().enumerate() {
        let alike = context.kinds_in(period);
        state.begin();
        match context.chosen() {
            Some(faults) => state.under(faults, &alike, index),
            None => {
                state.required(&alike, index, period, out);
                state.floor(&alike, index, period);
            }
        }
        if let (Some(told), Some(outcomes)) = (&mut told, &mut state.outcomes) {
            told(index, std::mem::take(outcomes));
        }
    }
    state.finish(out);
}
