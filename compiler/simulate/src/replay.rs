//! One item or version through the plan, at chosen times: what a counterexample is held against.
//!
//! The verifier's counterexample says, for one item or version of a class, how long each step lets it
//! wait (a delay from nothing to the longest gap of the step, missed runs and all), when each deletion
//! reaches it, and when the faults strike. Here steps run **freely**: each at the instant that was
//! chosen, as long as it keeps within what the plan says of its rhythm. What each run then does is
//! played event by event: it takes what is in its source at that instant and nothing else, a move takes it
//! away there, a deletion travels along a sync.
//!
//! What this confirms: that runs at these instants, in this order, leave no more copies than the
//! counterexample says. What it does not confirm: that some calendar has runs at just these instants
//! (two steps one hour apart every day cannot be a week apart for one item: a counterexample that needs
//! that is pessimistic, never wrongly safe); and which copies a set of faults makes useless, which the
//! verifier works out and passes on. The calendar itself is what [`crate::simulate`] plays.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use jiff::civil::Date;
use thrice_model::{StepId, Verb};
use thrice_plan::{CopyId, Leave, Plan};

/// What is chosen for one copy. All in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// From the source having the item (and it being old enough) to it being here.
    pub delay: i64,
    /// The age from which the item is taken, for a step that waits for one.
    pub older_than: i64,
    /// For each way of leaving, in the order of the plan: how long after entering, at which age, or how long
    /// after it left the source. Ways that rest on a copy that is not played are left out.
    pub leaves: Vec<i64>,
}

/// What faults do to a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It is of no use; nothing can be taken from it.
    Useless,
    /// The same, and nothing can be brought there.
    Gone,
}

/// A life to be played: one item or version, from its creation on.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// The copies that exist, sources first, with what is chosen for each.
    pub copies: Vec<(CopyId, Chosen)>,
    /// What the faults do.
    pub effects: BTreeMap<CopyId, Effect>,
    /// The age at which they strike.
    pub struck: i64,
    /// The age at which it is judged.
    pub judged: i64,
    /// Steps that take nothing away, because their time has not come or is over.
    pub idle: BTreeSet<StepId>,
    /// The days on which steps begin or end while it is there, each with the age that it then has.
    pub changes: BTreeMap<Date, i64>,
    /// Places that cease to be while it is there, each with the age that it then has.
    pub gone: BTreeMap<CopyId, i64>,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// The copies in which it is at the age judged, and of use.
    pub usable: BTreeSet<CopyId>,
    /// When it came into each copy and left it, in seconds after its creation.
    pub stays: BTreeMap<CopyId, (i64, Option<i64>)>,
    /// How many runs in a row each copy's step must have missed for it to come so late.
    pub missed: BTreeMap<CopyId, u32>,
}

/// Why a life cannot be played at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotReplayed {
    /// In words.
    pub why: String,
}

/// What happens to the item. Of what happens at one instant, it leaves before it enters elsewhere, and
/// is moved before it is read: what mirrors the place that it was moved from loses it in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Leaves,
    Moves,
    Enters,
}

struct Player<'p> {
    plan: &'p Plan,
    life: &'p Life,
    chosen: BTreeMap<CopyId, &'p Chosen>,
    queue: BinaryHeap<Reverse<(i64, Happens, CopyId)>>,
    stays: BTreeMap<CopyId, (i64, Option<i64>)>,
    /// Copies that it left because it was moved.
    moved: BTreeSet<CopyId>,
    /// Deletions that came before it did: nothing older than that stays.
    swept: BTreeMap<CopyId, i64>,
}

/// Plays a life.
///
/// # Errors
/// [`NotReplayed`] where something is chosen that the plan does not allow.
pub fn replay(plan: &Plan, life: &Life) -> Result<Replayed, NotReplayed> {
    let mut player = Player {
        plan,
        life,
        chosen: life
            .copies
            .iter()
            .map(|(id, chosen)| (*id, chosen))
            .collect(),
        queue: BinaryHeap::new(),
        stays: BTreeMap::new(),
        moved: BTreeSet::new(),
        swept: BTreeMap::new(),
    };
    let mut missed = BTreeMap::new();
    for (id, chosen) in &life.copies {
        missed.insert(*id, player.allowed(*id, chosen)?);
        if plan.copies[*id].source.is_none() {
            player.queue.push(Reverse((0, Happens::Enters, *id)));
        }
        if let Some(at) = life.gone.get(id) {
            player.queue.push(Reverse((*at, Happens::Leaves, *id)));
        }
    }
    player.play();
    let usable = player
        .stays
        .iter()
        .filter(|(id, (entered, left))| {
            !life.effects.contains_key(id)
                && *entered <= life.judged
                && left.is_none_or(|at| life.judged < at)
        })
        .map(|(id, _)| *id)
        .collect();
    missed.retain(|id, count| *count > 0 && player.stays.contains_key(id));
    Ok(Replayed {
        usable,
        stays: player.stays,
        missed,
    })
}

impl<'p> Player<'p> {
    /// Whether the plan allows what is chosen for a copy, and how many runs must have been missed.
    fn allowed(&self, id: CopyId, chosen: &Chosen) -> Result<u32, NotReplayed> {
        let copy = &self.plan.copies[id];
        let refuse = |why: String| Err(NotReplayed { why });
        let leaves = self.leaves(id);
        if leaves.len() != chosen.leaves.len() {
            return refuse(format!(
                "copy {} has {} ways of leaving, not {}",
                id.index(),
                leaves.len(),
                chosen.leaves.len()
            ));
        }
        for (leave, value) in leaves.iter().zip(&chosen.leaves) {
            let step = &self.plan.model.steps[leave.by()];
            let bounds = match leave {
                Leave::AfterEntering { after, .. } => *after,
                Leave::AtAge { age, .. } => *age,
                Leave::AfterEnding { after, .. } => *after,
                Leave::With { delay, .. } => *delay,
                Leave::Into { .. } => continue,
            };
            if *value < bounds.low().0 || bounds.high().0 < *value {
                return refuse(format!(
                    "`{}` never deletes after {value} s",
                    step.named.name
                ));
            }
            if !deletes(&step.verb, leave) {
                return refuse(format!("`{}` does not delete in this way", step.named.name));
            }
        }
        let (Some(step), Some(_)) = (copy.made_by, copy.source) else {
            return Ok(0);
        };
        let name = &self.plan.model.steps[step].named.name;
        let bounds = copy.enter.delay;
        if chosen.delay < bounds.low().0 || bounds.high().0 < chosen.delay {
            return refuse(format!("`{name}` never takes {} s", chosen.delay));
        }
        let ages = copy.enter.older_than.as_deref();
        if ages
            .is_some_and(|age| chosen.older_than < age.low().0 || age.high().0 < chosen.older_than)
        {
            return refuse(format!(
                "`{name}` does not take what is {} s old",
                chosen.older_than
            ));
        }
        Ok(self.missed(step, chosen.delay))
    }

    /// How many runs in a row must have been missed for an item to wait so long.
    fn missed(&self, step: StepId, delay: i64) -> u32 {
        let cadence = self.plan.cadences[step];
        let Some(widest) = cadence.widest.filter(|widest| widest.0 > 0) else {
            return 0;
        };
        let waits = delay
            .saturating_sub(cadence.jitter.0)
            .saturating_sub(cadence.duration.high().0);
        let gaps = waits.max(0).saturating_add(widest.0 - 1) / widest.0;
        u32::try_from(gaps.saturating_sub(1).max(0)).unwrap_or(u32::MAX)
    }

    /// The ways of leaving a copy among the copies that are played.
    fn leaves(&self, id: CopyId) -> Vec<&'p Leave> {
        let there = |leave: &&Leave| match leave {
            leave if self.life.idle.contains(&leave.by()) => false,
            Leave::With { source, .. } => self.chosen.contains_key(source),
            Leave::Into { copy, .. } => self.chosen.contains_key(copy),
            Leave::AfterEntering { .. } | Leave::AtAge { .. } => true,
            Leave::AfterEnding { of, .. } => self.ended(*of).is_some(),
        };
        self.plan.copies[id].leaves.iter().filter(there).collect()
    }

    fn play(&mut self) {
        while let Some(Reverse((now, what, id))) = self.queue.pop() {
            match what {
                Happens::Moves | Happens::Enters => self.enter(id, now),
                Happens::Leaves => self.leave(id, now, false),
            }
        }
    }

    fn enter(&mut self, id: CopyId, now: i64) {
        let copy = &self.plan.copies[id];
        if self.stays.contains_key(&id) || !self.can_be_taken(id, now) {
            return;
        }
        self.stays.insert(id, (now, None));
        if self.swept.get(&id).is_some_and(|at| *at <= now) {
            self.leave(id, now, false);
            return;
        }
        let Some(chosen) = self.chosen.get(&id) else {
            return;
        };
        for (leave, value) in self.leaves(id).into_iter().zip(&chosen.leaves) {
            let at = match leave {
                Leave::AfterEntering { .. } => now.saturating_add(*value),
                Leave::AtAge { .. } => now.max(*value),
                Leave::AfterEnding { of, stays, .. } => {
                    let Some(ended) = self.ended(*of) else {
                        continue;
                    };
                    let stays = now.saturating_add(stays.0);
                    stays.max(ended.saturating_add(*value))
                }
                Leave::With { .. } | Leave::Into { .. } => continue,
            };
            self.deletes(leave.by(), at, id);
        }
        for (other, chosen) in &self.life.copies {
            let fed = &self.plan.copies[*other];
            if fed.source != Some(id) {
                continue;
            }
            let from = if fed.enter.older_than.is_some() {
                now.max(chosen.older_than)
            } else {
                now
            };
            let what = match self.moves(*other) {
                true => Happens::Moves,
                false => Happens::Enters,
            };
            let (begins, ends) = fed
                .made_by
                .map_or((0, i64::MAX), |step| self.in_force(step));
            let at = from.max(begins).saturating_add(chosen.delay);
            if at <= ends {
                self.queue.push(Reverse((at, what, *other)));
            }
        }
        // Moved: it is taken away where it came from.
        if let Some(source) = copy.source.filter(|_| self.moves(id)) {
            self.leave(source, now, true);
        }
    }

    /// The ages between which a step is there.
    fn in_force(&self, step: StepId) -> (i64, i64) {
        let from = self.plan.model.steps[step].lifetime.from;
        let begins = self.life.changes.get(&from).copied();
        let ends = self.ended(step);
        (begins.unwrap_or(0), ends.unwrap_or(i64::MAX))
    }

    /// The age at which a step ends, if it does so while the item is there.
    fn ended(&self, step: StepId) -> Option<i64> {
        let until = self.plan.model.steps[step].lifetime.until?;
        self.life.changes.get(&until).copied()
    }

    /// A step deletes what is due at some age: at the earliest when it begins, and not once it has ended.
    fn deletes(&mut self, step: StepId, due: i64, id: CopyId) {
        let (begins, ends) = self.in_force(step);
        let at = due.max(begins);
        if at < ends {
            self.queue.push(Reverse((at, Happens::Leaves, id)));
        }
    }

    /// Whether what comes into a copy is taken away where it came from.
    fn moves(&self, id: CopyId) -> bool {
        let source = self.plan.copies[id].source;
        source.is_some_and(|source| {
            let mut leaves = self.plan.copies[source].leaves.iter();
            leaves.any(|leave| matches!(leave, Leave::Into { copy, .. } if *copy == id))
        })
    }

    /// Whether a run that is done now finds the item in its source, and can bring it.
    fn can_be_taken(&self, id: CopyId, now: i64) -> bool {
        let Some(source) = self.plan.copies[id].source else {
            return true;
        };
        let there = self.stays.get(&source).is_some_and(|(_, left)| match left {
            None => true,
            // Two runs at one instant: the one that moves it does not keep the other from reading it.
            Some(at) => *at == now && self.moved.contains(&source),
        });
        let hit = now > self.life.struck
            && (self.life.effects.contains_key(&source)
                || self.life.effects.get(&id) == Some(&Effect::Gone));
        there && !hit
    }

    fn leave(&mut self, id: CopyId, now: i64, moved: bool) {
        match self.stays.get_mut(&id) {
            Some((_, left)) if left.is_none() => *left = Some(now),
            Some(_) => return,
            None => {
                let at = self.swept.entry(id).or_insert(now);
                *at = now.min(*at);
                return;
            }
        }
        if moved {
            self.moved.insert(id);
        }
        for (other, chosen) in &self.life.copies {
            for (leave, value) in self.leaves(*other).into_iter().zip(&chosen.leaves) {
                if matches!(leave, Leave::With { source, .. } if *source == id) {
                    self.deletes(leave.by(), now.saturating_add(*value), *other);
                }
            }
        }
    }
}

/// Whether a verb makes items leave in this way at all.
const fn deletes(verb: &Verb, leave: &Leave) -> bool {
    match leave {
        Leave::AfterEntering { .. } => matches!(verb, Verb::Capture(_) | Verb::Expire { .. }),
        Leave::AtAge { .. } | Leave::AfterEnding { .. } => matches!(verb, Verb::Expire { .. }),
        Leave::With { .. } => matches!(
            verb,
            Verb::Sync { .. }
                | Verb::Backup { .. }
                | Verb::Copy {
                    latest_only: true,
                    ..
                }
        ),
        Leave::Into { .. } => matches!(verb, Verb::Move { .. }),
    }
}
