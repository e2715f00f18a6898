//! A system and a question as linear integer arithmetic: satisfiable where the claim fails.

use std::collections::BTreeMap;

use z3::ast::{Bool, Int};

use super::evaluate::FOR_EVER;
use super::{Leaving, Node, Question, System};

/// The open values, as Z3 knows them.
pub(super) struct Encoded {
    /// What must hold in every run, and the negated claim.
    pub constraints: Vec<Bool>,
    /// The age asked about.
    pub age: Int,
    /// The age at which the faults strike.
    pub struck: Int,
    /// For each node: delay, age rule, one value a leaving.
    pub nodes: Vec<(Int, Int, Vec<Int>)>,
}

/// Writes a question down.
pub(super) fn encode(system: &System, question: &Question) -> Encoded {
    let mut writer = Writer {
        constraints: Vec::new(),
        entered: Vec::new(),
        arrives: Vec::new(),
        nodes: Vec::new(),
    };
    let age = Int::new_const("age");
    let struck = Int::new_const("struck");
    writer.between(&age, (question.from, question.to));
    writer.constraints.push(struck.ge(question.from));
    writer.constraints.push(struck.le(&age));
    writer
        .constraints
        .push(Int::sub(&[&age, &struck]).le(question.window));
    for (at, node) in system.nodes.iter().enumerate() {
        writer.open(at, node);
    }
    for node in &system.nodes {
        writer.entry(system, node, &struck);
    }
    let mut groups: BTreeMap<u32, Vec<Bool>> = BTreeMap::new();
    for (member, group) in &question.members {
        if system.nodes.get(*member).is_some_and(|n| n.alive) {
            let present = writer.present(system, *member, &age);
            groups.entry(*group).or_default().push(present);
        }
    }
    let one = Int::from_i64(1);
    let zero = Int::from_i64(0);
    let counted: Vec<Int> = groups
        .values()
        .map(|some| Bool::or(some).ite(&one, &zero))
        .collect();
    let count = if counted.is_empty() {
        zero
    } else {
        Int::add(&counted)
    };
    writer.constraints.push(count.lt(i64::from(question.need)));
    Encoded {
        constraints: writer.constraints,
        age,
        struck,
        nodes: writer.nodes,
    }
}

struct Writer {
    constraints: Vec<Bool>,
    /// When something enters each node, if it arrives.
    entered: Vec<Int>,
    arrives: Vec<Bool>,
    nodes: Vec<(Int, Int, Vec<Int>)>,
}

impl Writer {
    fn between(&mut self, value: &Int, (low, high): (i64, i64)) {
        self.constraints.push(value.ge(low));
        self.constraints.push(value.le(high));
    }

    fn open(&mut self, at: usize, node: &Node) {
        let delay = Int::new_const(format!("delay{at}"));
        self.between(
            &delay,
            if node.source.is_some() {
                node.delay
            } else {
                (0, 0)
            },
        );
        let older = Int::new_const(format!("older{at}"));
        self.between(&older, node.older_than.unwrap_or((0, 0)));
        let mut leaves = Vec::new();
        for (n, leaving) in node.leaves.iter().enumerate() {
            let value = Int::new_const(format!("leave{at}_{n}"));
            self.between(
                &value,
                match *leaving {
                    Leaving::AfterEntering(low, high)
                    | Leaving::AtAge(low, high)
                    | Leaving::With(_, low, high) => (low, high),
                    Leaving::Into(_) => (0, 0),
                },
            );
            leaves.push(value);
        }
        self.nodes.push((delay, older, leaves));
    }

    /// When something enters the next node: `max(source has it, old enough) + delay`, if that is
    /// before the source loses it, and before the faults or with a living source.
    fn entry(&mut self, system: &System, node: &Node, struck: &Int) {
        let at = self.entered.len();
        let parts = node.source.and_then(|source| {
            let there = self.entered.get(source)?.clone();
            let arrived = self.arrives.get(source)?.clone();
            let (delay, older, _) = self.nodes.get(at)?.clone();
            let from = if node.older_than.is_some() {
                max(&there, &older)
            } else {
                there
            };
            let age = Int::add(&[&from, &delay]);
            let gone = self.leaving(system, source, true);
            let in_time = age.lt(&gone);
            let possible = if node.fed {
                Bool::from_bool(true)
            } else {
                age.le(struck)
            };
            Some((age, Bool::and(&[&arrived, &in_time, &possible])))
        });
        let (age, arrives) =
            parts.unwrap_or_else(|| (Int::from_i64(0), Bool::from_bool(node.source.is_none())));
        self.entered.push(age);
        self.arrives.push(arrives);
    }

    /// When something leaves a node: the earliest of its ways.
    fn leaving(&self, system: &System, at: usize, without_moves: bool) -> Int {
        let never = Int::from_i64(FOR_EVER);
        let (Some(node), Some((_, _, values))) = (system.nodes.get(at), self.nodes.get(at)) else {
            return never;
        };
        let own = self
            .entered
            .get(at)
            .cloned()
            .unwrap_or_else(|| Int::from_i64(0));
        let mut first = never.clone();
        for (leaving, value) in node.leaves.iter().zip(values) {
            let when = match *leaving {
                Leaving::AfterEntering(..) => Int::add(&[&own, value]),
                Leaving::AtAge(..) => max(&own, value),
                Leaving::With(other, ..) => {
                    let gone = self.leaving(system, other, without_moves);
                    gone.ge(&never).ite(&never, &Int::add(&[&gone, value]))
                }
                Leaving::Into(_) if without_moves => never.clone(),
                Leaving::Into(other) => match (self.arrives.get(other), self.entered.get(other)) {
                    (Some(arrives), Some(entered)) => arrives.ite(entered, &never),
                    _ => never.clone(),
                },
            };
            first = when.lt(&first).ite(&when, &first);
        }
        first
    }

    fn present(&self, system: &System, at: usize, age: &Int) -> Bool {
        let (Some(entered), Some(arrives)) = (self.entered.get(at), self.arrives.get(at)) else {
            return Bool::from_bool(false);
        };
        Bool::and(&[
            arrives.clone(),
            entered.le(age),
            age.lt(self.leaving(system, at, false)),
        ])
    }
}

fn max(a: &Int, b: &Int) -> Int {
    a.ge(b).ite(a, b)
}
