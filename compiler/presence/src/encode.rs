//! A system and a question as linear integer arithmetic: satisfiable where the claim fails.

use std::collections::{BTreeMap, BTreeSet};

use z3::ast::{Bool, Int};

use crate::changes::DAY;
use crate::choices::{Choices, FOR_EVER, Open};
use crate::evaluate::readers;
use crate::solver::Solver;
use crate::symbols::{InZ3, Symbols};
use crate::terms::{Claim, Time, fewer_than};
use crate::{Crossing, Held, Leaving, Life, Node, Question, System};

/// Of a node: delay, age rule, one value a leaving.
type OfNode<S> = (Time<S>, Time<S>, Vec<Time<S>>);

/// The open values, as they are written.
pub(crate) struct Encoded<S: Symbols> {
    /// What holds in every run: the bounds of the open values.
    pub assumptions: Vec<S::Truth>,
    /// The negated claim: too little is left.
    pub fails: Claim<S>,
    /// The age asked about.
    age: Time<S>,
    /// The age at which the faults strike.
    struck: Time<S>,
    /// The age on the day of the first change, and then from each such day to the next one.
    gaps: Vec<Time<S>>,
    /// How many days late each change comes.
    late: Vec<Time<S>>,
    /// What is open about each node.
    nodes: Vec<OfNode<S>>,
}

impl<S: Symbols> Encoded<S> {
    /// What is written for one of the open values.
    pub(crate) fn of(&self, open: Open) -> Option<&Time<S>> {
        match open {
            Open::Age => Some(&self.age),
            Open::Struck => Some(&self.struck),
            Open::Gap(change) => self.gaps.get(change),
            Open::Late(change) => self.late.get(change),
            Open::Delay(at) => self.nodes.get(at).map(|(delay, ..)| delay),
            Open::OlderThan(at) => self.nodes.get(at).map(|(_, older, _)| older),
            Open::Leave(at, way) => self.nodes.get(at)?.2.get(way),
        }
    }

    fn times(&self) -> impl Iterator<Item = &Time<S>> {
        let nodes = self.nodes.iter();
        let of_nodes =
            nodes.flat_map(|(delay, older, leaves)| [delay, older].into_iter().chain(leaves));
        let changes = [&self.age, &self.struck].into_iter().chain(&self.gaps);
        changes.chain(&self.late).chain(of_nodes)
    }
}

impl Encoded<InZ3> {
    /// The values that a solver found, after a check that found some.
    pub(crate) fn read(&self, system: &System, solver: &dyn Solver) -> Option<Choices> {
        let open = Open::all(system);
        let times = open.iter().map(|open| Some(&self.of(*open)?.term));
        let values = solver.values(&times.collect::<Option<Vec<&Int>>>()?)?;
        let mut out = Choices::unset(system);
        for (at, open) in open.iter().enumerate() {
            open.set(&mut out, *values.get(at)?)?;
        }
        Some(out)
    }

    /// The negated claim, to be asserted.
    pub(crate) fn failing(&self) -> Bool {
        match &self.fails {
            Claim::Known(so) => InZ3::known(*so),
            Claim::Open(claim) => claim.clone(),
        }
    }

    /// The question in SMT-LIB 2: first whether any run keeps to the bounds, then whether one refutes
    /// the claim.
    pub(crate) fn smt(&self) -> String {
        let mut out = String::from("(set-logic QF_LIA)\n");
        let mut declared = BTreeSet::new();
        for value in self.times().filter(|time| !time.is_known()) {
            let name = value.term.to_string();
            if declared.insert(name.clone()) {
                out += &format!("(declare-const {name} Int)\n");
            }
        }
        for assumption in &self.assumptions {
            out += &format!("(assert {assumption})\n");
        }
        out += "(check-sat)\n";
        out += &format!("(assert {})\n(check-sat)\n", self.failing());
        out
    }
}

/// Writes a question down.
pub(crate) fn encode<S: Symbols>(system: &System, question: &Question) -> Encoded<S> {
    let mut writer = Writer::<S> {
        constraints: Vec::new(),
        entered: Vec::new(),
        leaves: Vec::new(),
        nodes: Vec::new(),
        changes: Vec::new(),
    };
    let age = writer.between("age", (question.from, question.to));
    let struck = writer.struck(&age, question);
    let (gaps, late) = writer.change(system, question, (&age, &struck));
    for (at, node) in system.nodes.iter().enumerate() {
        writer.open(at, node);
    }
    writer.stays(system, &struck);
    let mut groups: BTreeMap<u32, Claim<S>> = BTreeMap::new();
    for (member, group) in &question.members {
        if system.nodes.get(*member).is_some_and(|n| n.alive) {
            let present = writer.present(*member, &age);
            let some = groups.remove(group).unwrap_or(Claim::Known(false));
            groups.insert(*group, some.or(present));
        }
    }
    Encoded {
        assumptions: writer.constraints,
        fails: fewer_than(question.need, groups.into_values()),
        age,
        struck,
        gaps,
        late,
        nodes: writer.nodes,
    }
}

/// That a change comes no sooner than so long after the one before it. How old the item is has no part in it.
fn apart<S: Symbols>(gaps: &[Time<S>], late: &[Time<S>], change: usize, long: i64) -> Claim<S> {
    let before = change.checked_sub(1).and_then(|before| late.get(before));
    let (Some(before), Some(gap), Some(days)) = (before, gaps.get(change), late.get(change)) else {
        return Claim::Known(true);
    };
    let soonest = before.times(DAY).plus(&Time::at(long));
    soonest.at_most(&gap.plus(&days.times(DAY)))
}

struct Writer<S: Symbols> {
    constraints: Vec<S::Truth>,
    /// When something enters each node and whether it does at all; sources first.
    entered: Vec<Option<(Time<S>, Claim<S>)>>,
    /// When it leaves.
    leaves: Vec<Time<S>>,
    nodes: Vec<OfNode<S>>,
    /// The age at each change.
    changes: Vec<Time<S>>,
}

impl<S: Symbols> Writer<S> {
    fn between(&mut self, name: &str, bounds: (i64, i64)) -> Time<S> {
        let time = Time::between(name, bounds);
        if !time.is_known() {
            self.constraints.extend(time.bounds());
        }
        time
    }

    /// When the faults strike: no earlier than is asked about, and no longer before the age asked about
    /// than the window.
    fn struck(&mut self, age: &Time<S>, question: &Question) -> Time<S> {
        if question.window == 0 {
            return age.clone();
        }
        let struck = self.between("struck", (question.from, question.to));
        if !struck.is_known() {
            self.constraints.push(S::at_most(&struck.term, &age.term));
            let since = S::difference(&age.term, &struck.term);
            let window = S::number(question.window);
            self.constraints.push(S::at_most(&since, &window));
        }
        struck
    }

    /// When the system changes: what is asked about is after it.
    fn change(
        &mut self,
        system: &System,
        question: &Question,
        (age, struck): (&Time<S>, &Time<S>),
    ) -> (Vec<Time<S>>, Vec<Time<S>>) {
        let (mut gaps, mut late) = (Vec::new(), Vec::new());
        let mut day = Time::at(0);
        for (n, (bounds, most)) in system.gaps().iter().zip(system.late()).enumerate() {
            let gap = self.between(&format!("change{n}"), *bounds);
            let days = self.between(&format!("late{n}"), (0, *most));
            day = day.plus(&gap);
            self.changes.push(day.plus(&days.times(DAY)));
            gaps.push(gap);
            late.push(days);
            if n > 0 {
                self.hold(apart(&gaps, &late, n, 0));
            }
        }
        let Some(last) = self.changes.last().cloned() else {
            return (gaps, late);
        };
        match &question.crossing {
            Crossing::Old => {
                self.hold(Time::at(question.from).at_most(&last));
                self.hold(last.at_most(age));
            }
            Crossing::Held(all) => {
                let held = all.iter().map(|held| self.held(held, &gaps, &late, struck));
                let some = held.fold(Claim::Known(false), Claim::or);
                self.hold(some);
                self.hold(last.at_most(age));
            }
            Crossing::Settled(after) => self.hold(last.plus(&Time::at(*after)).at_most(struck)),
        }
        (gaps, late)
    }

    /// That enough had been there for long when a change came and when faults strike.
    fn held(&self, held: &Held, gaps: &[Time<S>], late: &[Time<S>], struck: &Time<S>) -> Claim<S> {
        let (Some(at), Some(days)) = (self.changes.get(held.change), late.get(held.change)) else {
            return Claim::Known(false);
        };
        let old = Time::at(held.from).at_most(at);
        let asked = Time::at(held.asked).at_most(&days.times(DAY));
        let written = gaps.iter().take(held.change + 1);
        let written = written.fold(Time::at(0), |day, gap| day.plus(gap));
        let asked = asked.and(written.plus(&Time::at(held.asked)).at_most(struck));
        let Some(before) = held.change.checked_sub(1) else {
            return old.and(asked);
        };
        let long = self
            .changes
            .get(before)
            .map_or(Claim::Known(true), |before| {
                before.plus(&Time::at(held.long)).at_most(struck)
            });
        let apart = apart(gaps, late, held.change, held.long);
        old.and(asked).and(apart).and(long)
    }

    /// What is so in every run that is asked about.
    fn hold(&mut self, claim: Claim<S>) {
        match claim {
            Claim::Known(true) => {}
            Claim::Known(false) => self.constraints.push(S::known(false)),
            Claim::Open(claim) => self.constraints.push(claim),
        }
    }

    /// From which age on something is there, and up to which one; `None`: all the time.
    fn life(&self, life: Life) -> (Option<&Time<S>>, Option<&Time<S>>) {
        let age = |change: Option<usize>| change.and_then(|change| self.changes.get(change));
        (age(life.from), age(life.until))
    }

    fn open(&mut self, at: usize, node: &Node) {
        let delay = node.source.map_or((0, 0), |_| node.delay);
        let delay = self.between(&format!("delay{at}"), delay);
        let older = node.older_than.unwrap_or((0, 0));
        let older = self.between(&format!("older{at}"), older);
        let mut leaves = Vec::new();
        for (n, leaving) in node.leaves.iter().enumerate() {
            leaves.push(self.between(&format!("leave{at}_{n}"), leaving.bounds()));
        }
        self.nodes.push((delay, older, leaves));
    }

    /// When something enters and leaves each node. Sources stand before what they feed, and before what
    /// leaves with them.
    fn stays(&mut self, system: &System, struck: &Time<S>) {
        let readers = readers(system);
        self.entered = system
            .nodes
            .iter()
            .map(|node| {
                let live = node.source.is_none();
                live.then(|| (Time::at(0), Claim::Known(true)))
            })
            .collect();
        for (at, node) in system.nodes.iter().enumerate() {
            let Some((there, arrived)) = self.entered.get(at).cloned().flatten() else {
                self.leaves.push(Time::at(0));
                continue;
            };
            let mut deleted = self.deleted(system, at, &there);
            let gone = system.life(at).and_then(|life| life.gone);
            if let Some(gone) = gone.and_then(|change| self.changes.get(change)) {
                deleted = deleted.min(gone);
            }
            let tries: Vec<(usize, Time<S>, Claim<S>)> = readers
                .get(at)
                .into_iter()
                .flatten()
                .filter_map(|reader| {
                    let (age, can) = self.tried(system, *reader, &there, &deleted, struck)?;
                    Some((*reader, age, arrived.clone().and(can)))
                })
                .collect();
            // The first of the moves that can takes it away.
            let moved = tries
                .iter()
                .filter(|(reader, ..)| node.leaves.contains(&Leaving::Into(*reader)))
                // What can be taken is there, and nothing is after for ever.
                .map(|(_, age, can)| can.choose(age, &Time::at(FOR_EVER)).at_latest(FOR_EVER))
                .reduce(|a, b| a.min(&b));
            for (reader, age, can) in tries {
                let can = match &moved {
                    Some(moved) => can.and(age.at_most(moved)),
                    None => can,
                };
                if let Some(slot) = self.entered.get_mut(reader) {
                    *slot = Some((age, can));
                }
            }
            let left = match moved {
                Some(moved) => deleted.min(&moved),
                None => deleted,
            };
            // What leaves with a node that never had it is gone as soon as may be.
            self.leaves.push(arrived.choose(&left, &Time::at(0)));
        }
    }

    /// When a node's step would bring something, `max(source has it, old enough) + delay`, and whether it
    /// can: before it is deleted there, and before the faults or with a living source.
    fn tried(
        &self,
        system: &System,
        at: usize,
        there: &Time<S>,
        deleted: &Time<S>,
        struck: &Time<S>,
    ) -> Option<(Time<S>, Claim<S>)> {
        let node = system.nodes.get(at)?;
        let (delay, older, _) = self.nodes.get(at)?;
        let from = if node.older_than.is_some() {
            there.max(older)
        } else {
            there.clone()
        };
        let life = system.life(at);
        let (begins, ends) = life.map(|life| self.life(life.fed)).unwrap_or_default();
        let gone = life.and_then(|life| self.changes.get(life.gone?));
        let from = begins.map_or_else(|| from.clone(), |begins| from.max(begins));
        let age = from.plus(delay);
        let mut in_time = age.below(deleted);
        if let Some(ends) = ends {
            in_time = in_time.and(age.at_most(ends));
        }
        if let Some(gone) = gone {
            in_time = in_time.and(age.below(gone));
        }
        let possible = if node.fed {
            Claim::Known(true)
        } else {
            age.at_most(struck)
        };
        Some((age, in_time.and(possible)))
    }

    /// When something is deleted from a node: the earliest of its ways, moves apart.
    fn deleted(&self, system: &System, at: usize, own: &Time<S>) -> Time<S> {
        let never = Time::at(FOR_EVER);
        let (Some((_, _, values)), Some(node)) = (self.nodes.get(at), system.nodes.get(at)) else {
            return never;
        };
        let mut first = never.clone();
        for (way, (leaving, value)) in node.leaves.iter().zip(values).enumerate() {
            let due = match *leaving {
                Leaving::AfterEntering(..) => own.plus(value),
                Leaving::AtAge(..) => own.max(value),
                Leaving::AfterChange { change, stays, .. } => {
                    let Some(ended) = self.changes.get(change) else {
                        continue;
                    };
                    own.plus(&Time::at(stays)).max(&ended.plus(value))
                }
                // Before this one stands what it leaves with; if not, it is gone at once.
                Leaving::With(other, ..) => self.leaves.get(other).map_or_else(
                    || own.clone(),
                    |gone| never.at_most(gone).choose(&never, &gone.plus(value)),
                ),
                Leaving::Into(_) => continue,
            };
            let life = system.life(at).and_then(|life| life.leaves.get(way));
            let (begins, ends) = life.map(|life| self.life(*life)).unwrap_or_default();
            let when = begins.map_or_else(|| due.clone(), |begins| due.max(begins));
            let when = ends.map_or_else(
                || when.clone(),
                |ends| when.below(ends).choose(&when, &never),
            );
            first = when.min(&first);
        }
        first
    }

    fn present(&self, at: usize, age: &Time<S>) -> Claim<S> {
        match (self.entered.get(at), self.leaves.get(at)) {
            (Some(Some((entered, arrives))), Some(left)) => arrives
                .clone()
                .and(entered.at_most(age))
                .and(age.below(left)),
            _ => Claim::Known(false),
        }
    }
}
