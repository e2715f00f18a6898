//! Of all counterexamples the one that is told: the youngest item, then the earliest faults, then as little delay
//! as will do, of phases and of steps. It is the same one, whatever the solver came upon first.

use std::collections::BTreeSet;

use z3::SatResult;
use z3::ast::Int;

use crate::changes::Ages;
use crate::choices::{Choices, FOR_EVER, Open};
use crate::encode::Encoded;
use crate::evaluate::{refutes, stays_of};
use crate::solver::Solver;
use crate::symbols::InZ3;
use crate::{Crossing, Question, System};

/// How often just a little less is asked for, before halves are.
const QUICK: usize = 8;

/// Counterexamples to the claim of a question.
#[derive(Clone, Copy)]
pub(crate) struct Cases<'a> {
    pub system: &'a System,
    pub question: &'a Question,
}

/// The same, with a solver that has been asked for them.
pub(crate) struct Search<'a> {
    pub cases: Cases<'a>,
    pub solver: &'a dyn Solver,
    pub encoded: &'a Encoded<InZ3>,
}

impl Search<'_> {
    /// The least counterexample in the order of [`Open::all`]. Where the solver gives up, the least that was found.
    pub(crate) fn least(&self, mut found: Choices) -> Choices {
        let open = Open::all(self.cases.system);
        let mut rest = open.as_slice();
        while let Some((open, after)) = rest.split_first() {
            self.lower(&mut found, *open, after);
            rest = after;
        }
        found
    }

    /// Makes one value as small as it can be, and keeps it so; those that come after it may be any.
    fn lower(&self, best: &mut Choices, open: Open, after: &[Open]) -> Option<()> {
        let time = self.encoded.of(open)?;
        if time.is_known() {
            return None;
        }
        let mut least = self.cases.least(open, best)?;
        for round in 0.. {
            self.cases.lower(best, open, after, least);
            let value = open.of(best)?;
            if value <= least {
                break;
            }
            // Mostly it is just as small as it can be.
            let asked = match round {
                0..QUICK => value - 1,
                _ => least + (value - least) / 2,
            };
            match self.at_most(&time.term, asked) {
                (SatResult::Sat, Some(mut found)) if open.of(&found)? <= asked => {
                    self.cases.lower_all(&mut found, after);
                    *best = found;
                }
                (SatResult::Unsat, _) => least = asked + 1,
                (SatResult::Sat | SatResult::Unknown, _) => break,
            }
        }
        self.solver.assert(&time.term.eq(open.of(best)?));
        Some(())
    }

    /// Whether there is a counterexample in which a value is at most so much, and one.
    fn at_most(&self, term: &Int, value: i64) -> (SatResult, Option<Choices>) {
        self.solver.push();
        self.solver.assert(&term.le(value));
        let result = self.solver.check();
        let found = match result {
            SatResult::Sat => self.encoded.read(self.cases.system, self.solver),
            SatResult::Unsat | SatResult::Unknown => None,
        };
        self.solver.pop();
        (result, found.filter(|found| self.cases.have(found)))
    }
}

impl Cases<'_> {
    /// Whether this is one.
    pub(crate) fn have(&self, choices: &Choices) -> bool {
        refutes(self.system, self.question, choices)
    }

    /// Makes all values as small as can be seen without a solver.
    pub(crate) fn settle(&self, best: &mut Choices) {
        let open = Open::all(self.system);
        let mut rest = open.as_slice();
        while let Some((open, after)) = rest.split_first() {
            if let Some(least) = self.least(*open, best) {
                self.lower(best, *open, after, least);
            }
            rest = after;
        }
    }

    /// The least that a value may be.
    fn least(&self, open: Open, best: &Choices) -> Option<i64> {
        open.least(self.system, self.question, best.age)
    }

    /// Gives values their least, each that can have it.
    fn lower_all(&self, best: &mut Choices, all: &[Open]) {
        for open in all {
            if let Some(least) = self.least(*open, best)
                && open.of(best) != Some(least)
            {
                self.set(best, *open, least);
            }
        }
    }

    /// Makes a value as small as can be seen without a solver: by halving, as if less were as good until it is too
    /// little.
    fn lower(&self, best: &mut Choices, open: Open, after: &[Open], mut least: i64) -> Option<()> {
        if open == Open::Age {
            self.younger(best, after);
        }
        let mut asked = least;
        while least < open.of(best)? {
            if !(self.set(best, open, asked) || self.set_slow(best, open, after, asked)) {
                least = asked + 1;
            }
            asked = least + (open.of(best)? - least) / 2;
        }
        Some(())
    }

    /// Gives a value, if what comes of it is a counterexample as well.
    fn set(&self, best: &mut Choices, open: Open, value: i64) -> bool {
        let mut tried = best.clone();
        let set = open.set(&mut tried, value);
        let so = set.is_some() && self.have(&tried);
        if so {
            *best = tried;
        }
        so
    }

    /// The same with those that come after it as slow as may be: what comes too late often does so because of several
    /// steps.
    fn set_slow(&self, best: &mut Choices, open: Open, after: &[Open], value: i64) -> bool {
        let mut slow = best.clone();
        for open in after {
            if let Some(most) = open.slowest(self.system) {
                open.set(&mut slow, most);
            }
        }
        let so = self.set(&mut slow, open, value);
        if so {
            *best = slow;
        }
        so
    }

    /// Makes the item younger, as long as it becomes so by letting other values be small.
    fn younger(&self, best: &mut Choices, others: &[Open]) {
        loop {
            let before = best.clone();
            if let Some(youngest) = self.youngest(best) {
                *best = youngest;
            }
            for open in others {
                let mut tried = best.clone();
                self.least(*open, best)
                    .and_then(|least| open.set(&mut tried, least));
                if tried == *best {
                    continue;
                }
                if let Some(younger) = self.youngest(&tried)
                    && younger.age <= best.age
                {
                    *best = younger;
                }
            }
            if before.age <= best.age {
                break;
            }
        }
    }

    /// The least age, and for it the earliest faults, at which a run refutes. Something changes only where
    /// an item enters or leaves, so only those ages need a look.
    fn youngest(&self, choices: &Choices) -> Option<Choices> {
        let question = self.question;
        let mut found: Option<Choices> = None;
        // Faults matter when something enters, or so late that what is left just lasts until somebody acts.
        let ends = self.moments(choices);
        let last = ends
            .iter()
            .chain([&choices.age])
            .map(|age| age - question.window);
        let mut struck_at: BTreeSet<i64> = [question.from, choices.struck].into();
        struck_at.extend(ends.iter().copied());
        struck_at.extend(last);
        for struck in struck_at.into_iter().filter(|s| *s >= question.from) {
            let mut tried = Choices {
                struck,
                ..choices.clone()
            };
            let mut ages: BTreeSet<i64> = [struck, choices.age].into();
            let moments = self.moments(&tried);
            ages.extend(moments.into_iter().filter(|age| *age >= struck));
            for age in ages {
                tried.age = age;
                if self.have(&tried) {
                    if found
                        .as_ref()
                        .is_none_or(|f| (age, struck) < (f.age, f.struck))
                    {
                        found = Some(tried.clone());
                    }
                    break;
                }
            }
        }
        found
    }

    /// When something changes: an item enters or leaves, or what there is is another.
    fn moments(&self, choices: &Choices) -> Vec<i64> {
        let changes = Ages::of(self.system, choices).last();
        let changes = changes.map(|at| match self.question.crossing {
            Crossing::Old | Crossing::Held(_) => at,
            Crossing::Settled(after) => at.saturating_add(after),
        });
        stays_of(self.system, choices)
            .into_iter()
            .flatten()
            .flat_map(|(entered, left)| [entered, left])
            .chain(changes)
            .filter(|at| *at < FOR_EVER)
            .collect()
    }
}
