//! Classes that differ in nothing but their names.
//!
//! Classes come in few kinds: what is decided for one of a kind is decided for all. A kind is found once for
//! all time; in a period, kinds that differ only in what is not there then are one.

use indexmap::IndexMap;
use jiff::civil::Date;
use rustc_hash::FxBuildHasher;
use thrice_model::{ClassId, Location, Step, Table, Verb};
use thrice_plan::{Copy, CopyId, Leave, Plan};
use thrice_quantity::Seconds;

use super::aside::Asides;
use super::narrowed::Narrowed;
use super::noticing::{alarmed_after, alarmed_there, noticed};
use crate::groups::Groups;

/// What classes are made of, and which are alike.
pub(crate) struct Classes {
    /// Copies of each class, sources first.
    pub copies: Groups<ClassId, CopyId>,
    /// How long it takes until the first of each class's steps has fallen silent and somebody has acted.
    pub alarmed: Table<ClassId, Seconds>,
    narrowed: Narrowed,
    pub(super) asides: Asides,
    pub(crate) kinds: Kinds,
}

/// The kinds of a plan's classes.
#[derive(Default)]
pub(crate) struct Kinds {
    /// The kind of each class.
    pub of: Table<ClassId, usize>,
    /// The first class of each kind.
    pub firsts: Vec<ClassId>,
}

/// Signatures, numbered in the order in which they are met.
#[derive(Default)]
pub(crate) struct Numbers {
    known: IndexMap<Box<[i64]>, usize, FxBuildHasher>,
}

impl Numbers {
    /// The number of a signature; `new` if it has none yet.
    pub(crate) fn of(&mut self, signature: &[i64], new: usize) -> usize {
        if let Some(number) = self.known.get(signature) {
            return *number;
        }
        self.known.insert(signature.into(), new);
        new
    }
}

impl Classes {
    pub(super) fn of(plan: &Plan) -> Self {
        let model = &plan.model;
        let copies = plan.copies.iter().map(|(id, copy)| (copy.class, id));
        let copies = Groups::new(model.classes.len(), copies);
        let classes = model.classes.ids();
        let alarmed = classes.map(|class| alarmed_after(plan, copies.of(class)));
        let mut out = Self {
            alarmed: alarmed.collect::<Vec<_>>().into(),
            copies,
            narrowed: Narrowed::of(plan),
            asides: Asides::of(plan),
            kinds: Kinds::default(),
        };
        out.kinds = out.find_kinds(plan);
        out
    }

    /// What a class is and how its copies come and go is looked at once, not once a period.
    fn find_kinds(&self, plan: &Plan) -> Kinds {
        let classes = &plan.model.classes;
        let mut numbers = Numbers::default();
        let mut out = Kinds {
            of: Table::with_capacity(classes.len()),
            ..Kinds::default()
        };
        let mut signature = Vec::new();
        for class in classes.ids() {
            let copies = self.copies.of(class);
            self.signature(plan, class, copies, &mut signature);
            for copy in copies {
                let lifetime = plan.copies[*copy].lifetime;
                signature.push(day(lifetime.from));
                signature.push(lifetime.until.map_or(-1, day));
            }
            let kind = numbers.of(&signature, out.firsts.len());
            if kind == out.firsts.len() {
                out.firsts.push(class);
            }
            out.of.push(kind);
        }
        out
    }

    /// All that obligations about copies look at in a class with these copies, as numbers.
    pub(crate) fn signature(
        &self,
        plan: &Plan,
        id: ClassId,
        copies: &[CopyId],
        out: &mut Vec<i64>,
    ) {
        let class = &plan.model.classes[id];
        let time = |t: Option<(Seconds, thrice_diagnostics::Span)>| t.map_or(-1, |(t, _)| t.0);
        let index = |wanted: CopyId| copies.binary_search(&wanted).map_or(-1, number);
        out.clear();
        out.extend([
            time(class.asked().rto),
            time(class.asked().retain_at_least),
            time(class.asked().retain_at_most),
            noticed(
                class,
                self.alarmed.get(id).copied().unwrap_or_default(),
                plan.model.policy.response,
            )
            .0,
            class.kind as i64,
            number(class.needs.len()),
        ]);
        let needs = class.needs.iter();
        out.extend(needs.flat_map(|n| [i64::from(n.class.index()), n.within.map_or(-1, |t| t.0)]));
        for copy_id in copies {
            let copy = &plan.copies[*copy_id];
            let alarmed = alarmed_there(plan, copies, copy);
            let older = copy
                .enter
                .older_than
                .as_deref()
                .map_or((-1, -1), |o| (o.low().0, o.high().0));
            out.extend([
                i64::from(copy.location.store.index()),
                copy.kind as i64,
                alarmed.map_or(-1, |time| time.0),
                copy.staleness.0,
                i64::from(copy.history),
                i64::from(copy.propagates),
                i64::from(copy.counts),
                copy.key.map_or(-1, |k| i64::from(k.index())),
                copy.source.map_or(-1, index),
                copy.enter.delay.low().0,
                copy.enter.delay.high().0,
                older.0,
                older.1,
                plan.older_go(copy).0,
                number(copy.leaves.len()),
                number(copy.older_by.len()),
            ]);
            let older = copy.older_by.iter();
            out.extend(older.map(|by| i64::from(by.index())));
            self.reached_by(plan, copy, out);
            out.extend(keeping(plan, copy));
            for leave in &copy.leaves {
                let lifetime = plan.model.steps[leave.by()].lifetime;
                out.extend([day(lifetime.from), lifetime.until.map_or(-1, day)]);
                out.extend(match leave {
                    Leave::AfterEntering { after, .. } => [0, 0, after.low().0, after.high().0],
                    Leave::AtAge { age, .. } => [1, 0, age.low().0, age.high().0],
                    Leave::AfterEnding { of, after, .. } => {
                        let until = plan.model.steps[*of].lifetime.until;
                        [4, until.map_or(-1, day), after.low().0, after.high().0]
                    }
                    Leave::With { source, delay, .. } => {
                        [2, index(*source), delay.low().0, delay.high().0]
                    }
                    Leave::Into { copy, .. } => [3, index(*copy), 0, 0],
                });
                if let Leave::AfterEnding { stays, .. } = leave {
                    out.push(stays.0);
                }
            }
        }
    }

    /// What decides who can reach a copy, and how long old versions stay there: the runner and the credential of its step,
    /// and the rights and rules on a part of its store that meet its place.
    fn reached_by(&self, plan: &Plan, copy: &Copy, out: &mut Vec<i64>) {
        let step = copy.made_by.map(|id| &plan.model.steps[id]);
        let runner = step.and_then(|s| s.runner.host);
        let credential = step.and_then(|s| s.credential);
        out.extend([
            runner.map_or(-1, |h| i64::from(h.index())),
            credential.map_or(-1, |(c, _)| i64::from(c.index())),
        ]);
        let mut reached = |place: &Location| {
            let narrowed = self.narrowed.meeting(place);
            out.push(number(narrowed.len()));
            out.extend(narrowed.into_iter().map(number));
        };
        reached(&copy.location);
        if let Some(aside) = step.and_then(Step::puts_aside) {
            reached(aside);
            let clearing = copy.made_by.map_or(&[][..], |by| self.asides.clearing(by));
            out.push(number(clearing.len()));
            for clearing in clearing {
                let until = clearing.life.until.map_or(-1, day);
                out.extend([day(clearing.life.from), until, clearing.left.0]);
            }
        }
    }
}

/// What decides how far a copy's versions reach back, who can push them out, and what of its source comes to it.
fn keeping(plan: &Plan, copy: &Copy) -> [i64; 4] {
    let Some(id) = copy.made_by else {
        return [0; 4];
    };
    let kept = plan.kept.get(id).and_then(Option::as_ref);
    let (verb, how) = match &plan.model.steps[id].verb {
        Verb::Backup { keep, .. } => {
            let rules = keep.as_ref().map(|(rules, _)| rules);
            (1, i64::from(rules.is_some_and(|r| r.within.is_none())))
        }
        Verb::Capture(parts) => {
            let keeps = parts.keeps.as_ref();
            (2, keeps.map_or(-1, |(keeps, _)| keeps.low().0))
        }
        Verb::Copy {
            latest_only,
            immutable,
            ..
        } => (3, 2 * i64::from(*latest_only) + i64::from(*immutable)),
        Verb::Sync { .. } => (4, 0),
        Verb::Move { .. } => (5, 0),
        _ => (0, 0),
    };
    let repository = copy.repository.map_or(-1, |r| i64::from(r.index()));
    let reach = kept.map_or(-1, |kept| kept.reach.0);
    [repository, reach, verb, how]
}

/// A date as a number.
pub(crate) fn day(date: Date) -> i64 {
    i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
