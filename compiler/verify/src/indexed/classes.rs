//! Classes that differ in nothing but their names.
//!
//! Classes come in few kinds: what is decided for one of a kind is decided for all. A kind is found once for
//! all time; in a period, kinds that differ only in what is not there then are one.

use ecow::EcoString;
use indexmap::IndexMap;
use jiff::civil::Date;
use rustc_hash::FxBuildHasher;
use thrice_model::{ClassId, Location, Model, StoreId, Table};
use thrice_plan::{Copy, CopyId, Leave, Plan};
use thrice_quantity::Seconds;

use super::noticing::{alarmed_after, noticed};
use crate::groups::Groups;

/// What classes are made of, and which are alike.
pub(crate) struct Classes {
    /// Copies of each class, sources first.
    pub copies: Groups<ClassId, CopyId>,
    /// How long it takes until the first of each class's steps has fallen silent and somebody has acted.
    pub alarmed: Table<ClassId, Seconds>,
    narrowed: Narrowed,
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

/// The parts of stores that credentials or mounts narrow, each with its number.
type Narrowed = Groups<StoreId, (usize, EcoString)>;

/// The places that narrowed rights are about, by store.
fn narrowed(model: &Model) -> Narrowed {
    let granted = model.credentials.iter().flat_map(|(_, c)| &c.rights);
    let places = granted
        .flat_map(|g| g.stores.iter().map(|store| (*store, &g.path)))
        .chain(model.mounts.iter().map(|m| (m.store, &m.path)));
    let parts = places.enumerate().filter(|(_, (_, path))| *path != "/");
    let parts = parts.map(|(number, (store, path))| (store, (number, path.clone())));
    let parts: Vec<(StoreId, (usize, EcoString))> = parts.collect();
    Groups::new(model.stores.len(), parts.into_iter())
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
            narrowed: narrowed(model),
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
            noticed(class, self.alarmed.get(id).copied().unwrap_or_default()).0,
        ]);
        out.push(number(class.needs.len()));
        out.extend(class.needs.iter().map(|n| i64::from(n.class.index())));
        for copy_id in copies {
            let copy = &plan.copies[*copy_id];
            let older = copy
                .enter
                .older_than
                .as_deref()
                .map_or((-1, -1), |o| (o.low().0, o.high().0));
            out.extend([
                i64::from(copy.location.store.index()),
                copy.kind as i64,
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
                number(copy.leaves.len()),
            ]);
            self.reached_by(plan, copy, out);
            for leave in &copy.leaves {
                let lifetime = plan.model.steps[leave.by()].lifetime;
                out.extend([day(lifetime.from), lifetime.until.map_or(-1, day)]);
                out.extend(match leave {
                    Leave::AfterEntering { after, .. } => [0, 0, after.low().0, after.high().0],
                    Leave::AtAge { age, .. } => [1, 0, age.low().0, age.high().0],
                    Leave::With { source, delay, .. } => {
                        [2, index(*source), delay.low().0, delay.high().0]
                    }
                    Leave::Into { copy, .. } => [3, index(*copy), 0, 0],
                });
            }
        }
    }

    /// What decides who can reach a copy: the runner and the credential of its step, and the narrowed
    /// rights that meet its place.
    fn reached_by(&self, plan: &Plan, copy: &Copy, out: &mut Vec<i64>) {
        let step = copy.made_by.map(|id| &plan.model.steps[id]);
        let runner = step.and_then(|s| s.runner.host);
        let credential = step.and_then(|s| s.credential);
        out.extend([
            runner.map_or(-1, |h| i64::from(h.index())),
            credential.map_or(-1, |(c, _)| i64::from(c.index())),
        ]);
        let before = out.len();
        let store = copy.location.store;
        for (index, path) in self.narrowed.of(store) {
            let place = Location {
                store,
                path: path.clone(),
            };
            if place.meets(&copy.location) {
                out.push(number(*index));
            }
        }
        out.push(number(out.len() - before));
    }
}

/// A date as a number.
pub(crate) fn day(date: Date) -> i64 {
    i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
