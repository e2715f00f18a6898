//! Which classes are alike in a period.

use std::rc::Rc;

use thrice_model::ClassId;
use thrice_plan::Period;

use super::Context;
use crate::indexed::{Numbers, day};

impl Context<'_> {
    /// For each kind, the first of those that are like it in a period.
    fn numbers_in(&self, period: &Period) -> Rc<[usize]> {
        let mut known = self.kinds.borrow_mut();
        let found = known.entry(period.from).or_insert_with(|| {
            let mut numbers = Numbers::default();
            let mut signature = Vec::new();
            let firsts = self.classes().kinds.firsts.iter().enumerate();
            firsts
                .map(|(kind, first)| {
                    let copies = self.copies_there(*first, period);
                    self.classes()
                        .signature(self.plan, *first, &copies, &mut signature);
                    self.past(*first, period, &mut signature);
                    numbers.of(&signature, kind)
                })
                .collect()
        });
        Rc::clone(found)
    }

    /// Classes that differ in nothing but their names: whose copies lie in the same stores and come
    /// and go at the same times. What is decided for one of them is decided for all. In the order of
    /// the first class of each group.
    pub(crate) fn alike(&self, classes: &[ClassId], period: &Period) -> Vec<Vec<ClassId>> {
        let numbers = self.numbers_in(period);
        let mut places: Vec<Option<usize>> = vec![None; numbers.len()];
        let mut out: Vec<Vec<ClassId>> = Vec::new();
        for class in classes {
            let kind = self.classes().kinds.of.get(*class).copied();
            let number = kind.and_then(|kind| numbers.get(kind).copied());
            let Some(place) = number.and_then(|number| places.get_mut(number)) else {
                continue;
            };
            match place.and_then(|place| out.get_mut(place)) {
                Some(group) => group.push(*class),
                None => {
                    *place = Some(out.len());
                    out.push(vec![*class]);
                }
            }
        }
        out
    }

    /// What else a class has had, where that bears on a period: classes alike by then need not have been so
    /// before.
    fn past(&self, id: ClassId, period: &Period, out: &mut Vec<i64>) {
        let place = self.plan.periods.iter().position(|p| p.from == period.from);
        let Some(across) = place.and_then(|place| self.across(id, place)) else {
            return;
        };
        let mut before = Vec::new();
        let copies = &across.symbolized.copies;
        self.classes().signature(self.plan, id, copies, &mut before);
        out.push(-2);
        out.append(&mut before);
        for copy in copies {
            let copy = &self.plan.copies[*copy];
            let steps = &self.plan.model.steps;
            let fed = copy
                .made_by
                .map_or(copy.lifetime, |step| steps[step].lifetime);
            out.extend([day(fed.from), fed.until.map_or(-1, day)]);
        }
    }
}
