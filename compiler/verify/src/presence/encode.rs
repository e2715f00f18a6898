//! A system and a question as linear integer arithmetic: satisfiable where the claim fails.

use std::collections::BTreeMap;

use z3::ast::{Bool, Int};

use super::evaluate::{FOR_EVER, readers};
use super::{Leaving, Node, Question, System};

/// The open values, as Z3 knows them.
pub(super) struct Encoded {
    /// What holds in every run: the bounds of the open values.
    pub assumptions: Vec<Bool>,
    /// The negated claim: too little is left.
    pub fails: Bool,
    /// The age asked about.
    pub age: Int,
    /// The age at which the faults strike.
    pub struck: Int,
    /// For each node: delay, age rule, one value a leaving.
    pub nodes: Vec<(Int, Int, Vec<Int>)>,
}

impl Encoded {
    /// The values that are open.
    pub(super) fn open(&self) -> impl Iterator<Item = &Int> {
        let nodes = self.nodes.iter();
        let of_nodes =
            nodes.flat_map(|(delay, older, leaves)| [delay, older].into_iter().chain(leaves));
        [&self.age, &self.struck].into_iter().chain(of_nodes)
    }

    /// The question in SMT-LIB 2: first whether any run keeps to the bounds, then whether one refutes
    /// the claim.
    pub(super) fn smt(&self) -> String {
        let mut out = String::from("(set-logic QF_LIA)\n");
        for value in self.open() {
            out += &format!("(declare-const {value} Int)\n");
        }
        for assumption in &self.assumptions {
            out += &format!("(assert {assumption})\n");
        }
        out += "(check-sat)\n";
        out += &format!("(assert {})\n(check-sat)\n", self.fails);
        out
    }
}

/// Writes a question down.
pub(super) fn encode(system: &System, question: &Question) -> Encoded {
    let mut writer = Writer {
        constraints: Vec::new(),
        entered: Vec::new(),
        leaves: Vec::new(),
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
    writer.stays(system, &struck);
    let mut groups: BTreeMap<u32, Vec<Bool>> = BTreeMap::new();
    for (member, group) in &question.members {
        if system.nodes.get(*member).is_some_and(|n| n.alive) {
            let present = writer.present(*member, &age);
            groups.entry(*group).or_default().push(present);
        }
    }
    let one = Int::from_i64(1);
    let zero = Int::from_i64(0);
    // A sum or an alternative of one is no SMT-LIB.
    let counted = groups.into_values().map(|members| {
        let some = members.into_iter().reduce(|a, b| Bool::or(&[a, b]));
        some.map_or_else(|| zero.clone(), |some| some.ite(&one, &zero))
    });
    let count = counted
        .reduce(|a, b| Int::add(&[a, b]))
        .unwrap_or_else(|| zero.clone());
    Encoded {
        assumptions: writer.constraints,
        fails: count.lt(i64::from(question.need)),
        age,
        struck,
        nodes: writer.nodes,
    }
}

struct Writer {
    constraints: Vec<Bool>,
    /// When something enters each node and whether it does at all; sources first.
    entered: Vec<Option<(Int, Bool)>>,
    /// When it leaves.
    leaves: Vec<Int>,
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

    /// When something enters and leaves each node. Sources stand before what they feed, and before what
    /// leaves with them.
    fn stays(&mut self, system: &System, struck: &Int) {
        let readers = readers(system);
        self.entered = system
            .nodes
            .iter()
            .map(|node| {
                let live = node.source.is_none();
                live.then(|| (Int::from_i64(0), Bool::from_bool(true)))
            })
            .collect();
        for (at, node) in system.nodes.iter().enumerate() {
            let Some((there, arrived)) = self.entered.get(at).cloned().flatten() else {
                self.leaves.push(Int::from_i64(0));
                continue;
            };
            let deleted = self.deleted(at, node, &there);
            let tries: Vec<(usize, Int, Bool)> = readers
                .get(at)
                .into_iter()
                .flatten()
                .filter_map(|reader| {
                    let (age, can) = self.tried(system, *reader, &there, &deleted, struck)?;
                    Some((*reader, age, Bool::and(&[&arrived, &can])))
                })
                .collect();
            // The first of the moves that can takes it away.
            let moved = tries
                .iter()
                .filter(|(reader, ..)| node.leaves.contains(&Leaving::Into(*reader)))
                .map(|(_, age, can)| can.ite(age, &Int::from_i64(FOR_EVER)))
                .reduce(|a, b| min(&a, &b));
            for (reader, age, can) in tries {
                let can = match &moved {
                    Some(moved) => Bool::and(&[can, age.le(moved)]),
                    None => can,
                };
                if let Some(slot) = self.entered.get_mut(reader) {
                    *slot = Some((age, can));
                }
            }
            let left = match moved {
                Some(moved) => min(&deleted, &moved),
                None => deleted,
            };
            // What leaves with a node that never had it is gone as soon as may be.
            self.leaves.push(match node.source {
                Some(_) => arrived.ite(&left, &Int::from_i64(0)),
                None => left,
            });
        }
    }

    /// When a node's step would bring something, `max(source has it, old enough) + delay`, and whether it
    /// can: before it is deleted there, and before the faults or with a living source.
    fn tried(
        &self,
        system: &System,
        at: usize,
        there: &Int,
        deleted: &Int,
        struck: &Int,
    ) -> Option<(Int, Bool)> {
        let node = system.nodes.get(at)?;
        let (delay, older, _) = self.nodes.get(at)?;
        let from = if node.older_than.is_some() {
            max(there, older)
        } else {
            there.clone()
        };
        let age = Int::add(&[&from, delay]);
        let in_time = age.lt(deleted);
        let possible = if node.fed {
            Bool::from_bool(true)
        } else {
            age.le(struck)
        };
        Some((age, Bool::and(&[&in_time, &possible])))
    }

    /// When something is deleted from a node: the earliest of its ways, moves apart.
    fn deleted(&self, at: usize, node: &Node, own: &Int) -> Int {
        let never = Int::from_i64(FOR_EVER);
        let Some((_, _, values)) = self.nodes.get(at) else {
            return never;
        };
        let mut first = never.clone();
        for (leaving, value) in node.leaves.iter().zip(values) {
            let when = match *leaving {
                Leaving::AfterEntering(..) => Int::add(&[own, value]),
                Leaving::AtAge(..) => max(own, value),
                // Before this one stands what it leaves with; if not, it is gone at once.
                Leaving::With(other, ..) => self.leaves.get(other).map_or_else(
                    || own.clone(),
                    |gone| gone.ge(&never).ite(&never, &Int::add(&[gone, value])),
                ),
                Leaving::Into(_) => continue,
            };
            first = min(&when, &first);
        }
        first
    }

    fn present(&self, at: usize, age: &Int) -> Bool {
        match (self.entered.get(at), self.leaves.get(at)) {
            (Some(Some((entered, arrives))), Some(left)) => {
                Bool::and(&[arrives.clone(), entered.le(age), age.lt(left)])
            }
            _ => Bool::from_bool(false),
        }
    }
}

fn min(a: &Int, b: &Int) -> Int {
    a.lt(b).ite(a, b)
}

fn max(a: &Int, b: &Int) -> Int {
    a.ge(b).ite(a, b)
}
