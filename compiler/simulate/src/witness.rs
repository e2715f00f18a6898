//! Which fields lie where, while steps are played.

use std::collections::BTreeMap;

use thrice_model::{HostId, StepId, Verb};
use thrice_plan::{CopyId, CopyKind, Plan};

use crate::fields::{Fields, Stage, add, seeded, whole};
use crate::verbs::Taken;

/// What has lain where.
pub(crate) struct Witness<'p> {
    plan: &'p Plan,
    /// From when on somebody looks.
    pub since: i64,
    /// What lies in a copy, if nobody has cleared it.
    now: BTreeMap<CopyId, Fields>,
    /// What a run has read and will leave in a copy.
    on_the_way: BTreeMap<CopyId, Fields>,
    /// All that has lain in a copy since somebody has looked.
    pub lay: BTreeMap<CopyId, Fields>,
    /// What syncs have taken away from a copy and put aside since somebody has looked.
    pub aside: BTreeMap<CopyId, Fields>,
    /// What a host read in clear for a copy since somebody has looked.
    pub handled: BTreeMap<(HostId, CopyId), Fields>,
}

impl<'p> Witness<'p> {
    pub(crate) const fn new(plan: &'p Plan, since: i64) -> Self {
        Self {
            plan,
            since,
            now: BTreeMap::new(),
            on_the_way: BTreeMap::new(),
            lay: BTreeMap::new(),
            aside: BTreeMap::new(),
            handled: BTreeMap::new(),
        }
    }

    /// The data itself lies where it lives.
    pub(crate) fn lives(&mut self, live: CopyId, at: i64) {
        let known = self.lay.contains_key(&live) || at < self.since;
        if known && self.now.contains_key(&live) {
            return;
        }
        let class = &self.plan.model.classes[self.plan.copies[live].class];
        self.lies(live, &whole(self.plan, class), at);
    }

    /// Whether anything has ever come to a copy.
    pub(crate) fn has_come(&self, copy: CopyId) -> bool {
        self.now.contains_key(&copy)
    }

    /// What came to a copy is still there while somebody looks.
    pub(crate) fn is_still_there(&mut self, copy: CopyId) {
        if let Some(fields) = self.now.get(&copy) {
            add(self.lay.entry(copy).or_default(), fields);
        }
    }

    fn lies(&mut self, copy: CopyId, fields: &Fields, at: i64) {
        add(self.now.entry(copy).or_default(), fields);
        if at >= self.since {
            add(self.lay.entry(copy).or_default(), fields);
        }
    }

    /// A run has begun: it reads, and a seed lays down what it has not changed yet.
    pub(crate) fn begins(&mut self, step: StepId, taken: &Taken) {
        if taken.pieces.is_empty() {
            return;
        }
        let step = &self.plan.model.steps[step];
        let source = &self.plan.copies[taken.source];
        if source.kind == CopyKind::Live {
            self.lives(taken.source, taken.start);
        }
        let read = self.now.get(&taken.source).cloned().unwrap_or_default();
        let seen = taken.start >= self.since;
        if let (Some(host), None, true) = (step.runner.host, source.key, seen) {
            add(self.handled.entry((host, taken.copy)).or_default(), &read);
        }
        if let Verb::Seed { rules, .. } = &step.verb {
            let class = &self.plan.model.classes[source.class];
            let arriving = seeded(&read, rules, class, Stage::Arriving);
            self.lies(taken.copy, &arriving, taken.start);
        }
        self.on_the_way.insert(taken.copy, read);
    }

    /// A run is done.
    pub(crate) fn ends(&mut self, step: StepId, copy: CopyId, at: i64) {
        let Some(read) = self.on_the_way.remove(&copy) else {
            return;
        };
        let step = &self.plan.model.steps[step];
        if let (Some(_), Some(before), true) =
            (step.puts_aside(), self.now.get(&copy), at >= self.since)
        {
            add(self.aside.entry(copy).or_default(), before);
        }
        match &step.verb {
            Verb::Seed { rules, .. } => {
                let class = &self.plan.model.classes[self.plan.copies[copy].class];
                let left = seeded(&read, rules, class, Stage::Done);
                if at >= self.since {
                    add(self.lay.entry(copy).or_default(), &left);
                }
                self.now.insert(copy, left);
            }
            _ => self.lies(copy, &read, at),
        }
    }
}
