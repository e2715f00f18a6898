//! Model to plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use ecow::eco_format;
use jiff::civil::Date;
use smallvec::SmallVec;
use thin_vec::{ThinVec, thin_vec};
use thrice_diagnostics::Diagnostic;
use thrice_model::{
    AgeClock, Class, ClassId, ClassKind, Lifetime, Location, Model, Source, Step, StepId,
    StepTarget, StoreId, Table, Verb,
};
use thrice_quantity::{Interval, Seconds};

use crate::cadence::{Cadences, cadences};
use crate::calendar::{Calendars, Schedules};
use crate::copies::{Copy, CopyId, CopyKind, FOR_EVER, Leave, Move, is_part, takes_part};
use crate::ending;
use crate::order::{order, takes};
use crate::periods::periods;
use crate::places::{Places, read_by_place};
use crate::reach::{Histories, Kept};
use crate::snapshots::{OwnSnapshots, own_snapshots};
use crate::{Period, Plan};

/// Works out what follows from a model.
///
/// The second value holds what is wrong with the plan as a whole: steps that feed each other in a
/// circle. The plan then lacks the copies that those steps would make.
#[must_use]
pub fn plan(model: Model, as_of: Date) -> (Plan, Vec<Diagnostic>) {
    let (fixed, rest) = rayon::join(
        || (Keeping::of(&model), Schedules::of(&model)),
        || Rest::of(&model),
    );
    let (keeping, schedules) = fixed;
    let (copies, calendars) = rest.copies(&model, &keeping, schedules);
    rest.plan(model, as_of, keeping, copies, calendars)
}

/// The plan of a model that differs from another one's in nothing but when its things exist: what keep
/// rules leave in the long run is the same.
#[must_use]
pub fn replan(plan: &Plan, model: Model) -> (Plan, Vec<Diagnostic>) {
    let rest = Rest::of(&model);
    let keeping = Keeping {
        kept: plan.kept.clone(),
        snapshots: plan.snapshots.clone(),
    };
    let (copies, calendars) = rest.copies(&model, &keeping, Schedules::of(&model));
    rest.plan(model, plan.as_of, keeping, copies, calendars)
}

/// What keeps old versions, whenever its things exist.
struct Keeping {
    /// For each step, what its keep rules leave.
    kept: Table<StepId, Option<Arc<Kept>>>,
    /// For each store, what its own snapshots keep.
    snapshots: Table<StoreId, Option<OwnSnapshots>>,
}

/// What follows from a model before there are copies, keep rules and schedules apart.
struct Rest {
    cadences: Cadences,
    periods: Vec<Period>,
    /// Sources first.
    steps: Vec<StepId>,
    /// The stores of which some step reads a place.
    read: BTreeSet<StoreId>,
    mistakes: Vec<Diagnostic>,
}

impl Rest {
    fn of(model: &Model) -> Self {
        let read = read_by_place(model);
        let (steps, mistakes) = match order(model, &read) {
            Ok(steps) => (steps, Vec::new()),
            Err(circle) => (Vec::new(), vec![circle]),
        };
        Self {
            cadences: cadences(model),
            periods: periods(model),
            steps,
            read,
            mistakes,
        }
    }

    /// The copies, and the runs as far back as they rest on them.
    fn copies(
        &self,
        model: &Model,
        keeping: &Keeping,
        schedules: Schedules<'_>,
    ) -> (Table<CopyId, Copy>, Calendars) {
        let mut builder = Builder {
            model,
            cadences: &self.cadences,
            copies: Table::with_capacity(model.classes.len() + model.steps.len()),
            at: Places::default(),
            read: &self.read,
            made_by: vec![SmallVec::new(); model.steps.len()],
            live: Vec::with_capacity(model.classes.len()),
            keeping,
        };
        builder.live_copies();
        for step in &self.steps {
            builder.step(*step);
        }
        let copies = builder.copies;
        // Far enough back for what the oldest of the newest versions was made from.
        let bounded = copies.iter().map(|(_, copy)| copy.staleness);
        let reach = bounded.filter(|bound| *bound < FOR_EVER).max();
        let before = reach.unwrap_or_default().saturating_add(Seconds::days(2));
        (copies, schedules.listed(model, before))
    }

    fn plan(
        self,
        model: Model,
        as_of: Date,
        keeping: Keeping,
        copies: Table<CopyId, Copy>,
        calendars: Calendars,
    ) -> (Plan, Vec<Diagnostic>) {
        let plan = Plan {
            model,
            as_of,
            periods: self.periods,
            copies,
            cadences: self.cadences,
            kept: keeping.kept,
            snapshots: keeping.snapshots,
            calendars,
            staleness: OnceLock::new(),
        };
        (plan, self.mistakes)
    }
}

impl Keeping {
    fn of(model: &Model) -> Self {
        let mut histories = Histories::default();
        let mut kept = Table::with_capacity(model.steps.len());
        for (_, step) in model.steps.iter() {
            kept.push(histories.of(model, step));
        }
        let stores = model.stores.ids();
        let snapshots: Vec<_> = stores.map(|store| own_snapshots(model, store)).collect();
        Self {
            kept,
            snapshots: snapshots.into(),
        }
    }
}

/// Copies that one step makes or reads: mostly one.
type Few = SmallVec<[CopyId; 4]>;

struct Builder<'m> {
    model: &'m Model,
    cadences: &'m Cadences,
    copies: Table<CopyId, Copy>,
    /// Copies by store, for steps that read places.
    at: Places<CopyId>,
    read: &'m BTreeSet<StoreId>,
    /// By step.
    made_by: Vec<Few>,
    /// By class.
    live: Vec<CopyId>,
    keeping: &'m Keeping,
}

impl Builder<'_> {
    fn add(&mut self, copy: Copy) -> CopyId {
        let id = CopyId::from(self.copies.len());
        if self.read.contains(&copy.location.store) {
            self.at.insert(&copy.location, id);
        }
        match copy.made_by {
            Some(step) => {
                if let Some(made) = self.made_by.get_mut(usize::from(step)) {
                    made.push(id);
                }
            }
            None => self.live.push(id),
        }
        self.copies.push(copy)
    }

    fn live_copies(&mut self) {
        for (class_id, class) in self.model.classes.iter() {
            self.add(Copy {
                class: class_id,
                kind: CopyKind::Live,
                location: class.home.clone(),
                repository: None,
                made_by: None,
                source: None,
                enter: Move {
                    delay: Interval::point(Seconds::ZERO),
                    older_than: None,
                },
                leaves: ThinVec::new(),
                older_by: ThinVec::new(),
                lifetime: class.lifetime,
                staleness: Seconds::ZERO,
                nominal_staleness: Seconds::ZERO,
                history: store_has_history(self.model, class.home.store),
                propagates: false,
                key: None,
                counts: true,
            });
        }
    }

    fn step(&mut self, id: StepId) {
        let step = &self.model.steps[id];
        match &step.verb {
            Verb::Expire { .. } => self.expire(id, step),
            Verb::Prune | Verb::Check(_) | Verb::Drill => {}
            _ => {
                for source in self.sources(id, step) {
                    self.derive(id, step, source);
                }
            }
        }
    }

    /// The copies that a step reads.
    fn sources(&self, id: StepId, step: &Step) -> Few {
        let mut found: Few = match &step.source {
            Source::Home => step
                .classes
                .iter()
                .filter_map(|(c, _)| self.live.get(usize::from(*c)).copied())
                .collect(),
            Source::Step(other, _) => {
                let made = self.made_by.get(usize::from(*other));
                made.cloned().unwrap_or_default()
            }
            Source::Location(place, _) => self.at.meeting(place).into(),
            Source::Repository(repository, _) => {
                let place = self.model.repositories[*repository].place();
                self.at.meeting(&place).into()
            }
        };
        if found.len() < 2 {
            let mine = |copy: &Copy| copy.made_by != Some(id) && takes(step, copy.class);
            found.retain(|copy| mine(&self.copies[*copy]));
            return found;
        }
        let named: BTreeSet<ClassId> = step.classes.iter().map(|(class, _)| *class).collect();
        let takes = |class| named.is_empty() || named.contains(&class);
        // Two at once in one place are one; of those that come one after the other each has its time.
        let mut known: BTreeMap<_, SmallVec<[Lifetime; 1]>> = BTreeMap::new();
        found.retain(|id_of_copy| {
            let copy = &self.copies[*id_of_copy];
            if copy.made_by == Some(id) || !takes(copy.class) {
                return false;
            }
            let there = known
                .entry((copy.class, &copy.location, copy.kind))
                .or_default();
            let alone = !there.iter().any(|other| other.meets(copy.lifetime));
            if alone {
                there.push(copy.lifetime);
            }
            alone
        });
        found
    }

    fn derive(&mut self, id: StepId, step: &Step, source_id: CopyId) {
        let Some(location) = self.destination(step, source_id) else {
            return;
        };
        let source = &self.copies[source_id];
        let class = &self.model.classes[source.class];
        let cadence = self.cadences[id];
        let worst = cadence.worst_delay().unwrap_or(FOR_EVER);
        let nominal = cadence.nominal_delay().unwrap_or(FOR_EVER);
        let takes_part = takes_part(step, source);
        let moves = matches!(step.verb, Verb::Move { .. });
        // Whether a thing lies in the part that is moved nobody knows: it comes at any time, or never.
        let comes = |delay: Seconds| if takes_part && moves { FOR_EVER } else { delay };
        let older_than = match &step.verb {
            Verb::Move {
                older_than: Some((age, clock, _)),
            } => Some(Box::new(match clock {
                // mtime travels with a file from wherever it was made, so what arrives today may
                // already be old enough.
                AgeClock::Mtime => interval(Seconds::ZERO, *age),
                _ => Interval::point(*age),
            })),
            _ => None,
        };
        let repository = match &step.target {
            StepTarget::Repository(repository, _) => Some(*repository),
            _ if source.repository.is_some() && location_keeps_form(&step.verb) => {
                source.repository
            }
            _ => None,
        };
        let propagates = matches!(step.verb, Verb::Sync { .. });
        let own_history = store_has_history(self.model, location.store)
            || matches!(
                step.verb,
                Verb::Sync {
                    backup_dir: Some(_),
                    ..
                }
            );
        let kind = copy_kind(step, source);
        let lifetime = meet(step.lifetime, source.lifetime);
        let leaves = self.leaves(id, step, class, source_id, worst);
        let copy = Copy {
            class: source.class,
            kind,
            location,
            repository,
            made_by: Some(id),
            source: Some(source_id),
            enter: Move {
                delay: interval(Seconds::ZERO, comes(worst)),
                older_than,
            },
            leaves,
            older_by: ThinVec::new(),
            lifetime,
            staleness: source.staleness.saturating_add(comes(worst)).min(FOR_EVER),
            nominal_staleness: source
                .nominal_staleness
                .saturating_add(comes(nominal))
                .min(FOR_EVER),
            history: kind == CopyKind::Versions
                || own_history
                || keeps_sources_history(step, source),
            propagates: propagates && !own_history,
            key: repository.and_then(|r| self.model.repositories[r].key.map(|(key, _)| key)),
            // What passed through transit counts where it arrives; what comes of a seed never does, nor does a part.
            counts: !matches!(kind, CopyKind::Transit | CopyKind::Seed)
                && (source.counts
                    || (source.kind == CopyKind::Transit
                        && !is_part(self.model, &self.copies, source)))
                && (moves || !takes_part),
        };
        let new = self.add(copy);
        if let (Verb::Move { .. }, Some(source)) = (&step.verb, self.copies.get_mut(source_id)) {
            source.leaves.push(Leave::Into { copy: new, by: id });
        }
    }

    /// Where the step puts what it took from a copy: the same path below its destination.
    fn destination(&self, step: &Step, source: CopyId) -> Option<Location> {
        let target = match &step.target {
            StepTarget::Location(location, _) => location.clone(),
            StepTarget::Repository(repository, _) => {
                return Some(self.model.repositories[*repository].place());
            }
            StepTarget::Environment(_, via, _) => via.as_deref()?.clone(),
            StepTarget::Nothing => return None,
        };
        let from = &self.copies[source].location.path;
        let base = match &step.source {
            Source::Location(place, _) => &place.path,
            _ => from,
        };
        let rest = from
            .strip_prefix(base.trim_end_matches('/'))
            .unwrap_or("")
            .trim_start_matches('/');
        let path = match rest {
            "" => target.path,
            rest => eco_format!("{}/{rest}", target.path.trim_end_matches('/')),
        };
        Some(Location {
            store: target.store,
            path,
        })
    }

    fn leaves(
        &self,
        id: StepId,
        step: &Step,
        class: &Class,
        source_id: CopyId,
        worst: Seconds,
    ) -> ThinVec<Leave> {
        match &step.verb {
            // Its clean-up comes when the next one is there, and not where that is missed: it never takes the newest of a state
            // (`targets/capture`).
            Verb::Capture(parts) => match &parts.keeps {
                Some((keeps, _)) if class.kind != ClassKind::State => {
                    thin_vec![Leave::AfterEntering {
                        after: *keeps,
                        by: id,
                    }]
                }
                _ => ThinVec::new(),
            },
            Verb::Sync { .. }
            | Verb::Copy {
                latest_only: true, ..
            } => {
                let spared = self.spared(step).unwrap_or(Seconds::ZERO);
                thin_vec![Leave::With {
                    source: source_id,
                    delay: interval(spared, worst.saturating_add(spared)),
                    by: id,
                }]
            }
            // What a mirror has is no older than what its backup has, and kept by the same rules: it may go as
            // soon as it has gone there.
            Verb::Backup {
                mirror: Some(_), ..
            } if class.kind != ClassKind::State => thin_vec![Leave::With {
                source: source_id,
                delay: interval(Seconds::ZERO, FOR_EVER),
                by: id,
            }],
            // A tree's deleted file stays in a repository only as long as its versions do; a state's
            // newest version stays for ever.
            Verb::Backup { keep: Some(_), .. } if class.kind != ClassKind::State => {
                let least = self.keeping.kept[id]
                    .as_ref()
                    .map_or(Seconds::ZERO, |k| k.reach);
                thin_vec![Leave::With {
                    source: source_id,
                    delay: interval(least, FOR_EVER),
                    by: id,
                }]
            }
            _ => ThinVec::new(),
        }
    }

    /// How long a store keeps what a sync deleted in it.
    fn spared(&self, step: &Step) -> Option<Seconds> {
        let StepTarget::Location(location, _) = &step.target else {
            return None;
        };
        let own = self.keeping.snapshots.get(location.store)?.as_ref();
        own.map(|own| own.reach)
    }

    fn expire(&mut self, id: StepId, step: &Step) {
        let (
            Verb::Expire {
                after,
                clock,
                noncurrent: false,
                ..
            },
            Source::Location(place, _),
        ) = (&step.verb, &step.source)
        else {
            return;
        };
        for copy_id in self.at.meeting(place) {
            let copy = &self.copies[copy_id];
            // Beside the files of a repository others may lie.
            if copy.kind == CopyKind::Versions && !place.meets_repository(&copy.location) {
                continue;
            }
            let class = &self.model.classes[copy.class];
            // One on demand may come as soon as it can, and never.
            let late = self.cadences.clears_within(id, step).unwrap_or(FOR_EVER);
            let bounds = interval(after.low(), after.high().saturating_add(late).min(FOR_EVER));
            let apart = ending::apart(&self.copies, &self.copies[copy_id]);
            // The newest version of a state is written anew before it is old enough, as long as there is who writes it.
            if class.kind == ClassKind::State && apart.is_some_and(|apart| apart < after.low()) {
                let bounds = match clock {
                    AgeClock::Use => *after,
                    _ => bounds,
                };
                self.after_ends(copy_id, (id, *clock), bounds);
                continue;
            }
            let leave = match clock {
                AgeClock::Upload | AgeClock::Snapshot => Leave::AfterEntering {
                    after: bounds,
                    by: id,
                },
                AgeClock::Mtime => Leave::AtAge {
                    age: interval(Seconds::ZERO, bounds.high()),
                    by: id,
                },
                AgeClock::Use => Leave::AtAge {
                    age: *after,
                    by: id,
                },
            };
            if let Some(copy) = self.copies.get_mut(copy_id) {
                copy.leaves.push(leave);
            }
        }
    }

    /// What a rule takes away of a copy whose newest version is made anew in time, once a step on the way has ended.
    fn after_ends(
        &mut self,
        copy_id: CopyId,
        (by, clock): (StepId, AgeClock),
        after: Interval<Seconds>,
    ) {
        let steps = &self.model.steps;
        let ends = |step: StepId| steps[step].lifetime.until.is_some();
        let came = matches!(clock, AgeClock::Upload | AgeClock::Snapshot);
        let copy = &self.copies[copy_id];
        let ends = ending::after_ends(&self.copies, copy, (after, came), ends);
        // What is deleted by its own age may come long after it was made.
        let stays = if came { after.low() } else { Seconds::ZERO };
        if let Some(copy) = self.copies.get_mut(copy_id) {
            let leaves = ends.into_iter().map(|(of, after)| Leave::AfterEnding {
                of,
                after,
                stays,
                by,
            });
            copy.leaves.extend(leaves);
            copy.older_by.push(by);
        }
    }
}

fn copy_kind(step: &Step, source: &Copy) -> CopyKind {
    match &step.verb {
        Verb::Capture(_) => CopyKind::Dump,
        Verb::Backup { .. } => CopyKind::Versions,
        Verb::Copy { transit: true, .. } | Verb::Sync { transit: true, .. } => CopyKind::Transit,
        Verb::Seed { .. } => CopyKind::Seed,
        Verb::Sync { .. } => match source.kind {
            CopyKind::Versions => CopyKind::Versions,
            CopyKind::Seed => CopyKind::Seed,
            _ => CopyKind::Mirror,
        },
        _ => match source.kind {
            CopyKind::Versions => CopyKind::Versions,
            CopyKind::Seed => CopyKind::Seed,
            _ => CopyKind::Files,
        },
    }
}

/// Whether a step leaves what it takes in its form: a repository stays one.
const fn location_keeps_form(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::Sync { .. } | Verb::Copy { .. } | Verb::Move { .. }
    )
}

/// Whether a copy inherits old versions: a repository that is copied has them, and a deletion
/// upstream reaches them only where the step propagates it.
fn keeps_sources_history(step: &Step, source: &Copy) -> bool {
    source.kind == CopyKind::Versions && location_keeps_form(&step.verb)
}

fn store_has_history(model: &Model, store: StoreId) -> bool {
    let store = &model.stores[store];
    store.keeps_versions() || store.snapshots.is_some()
}

fn meet(a: Lifetime, b: Lifetime) -> Lifetime {
    let until = match (a.until, b.until) {
        (Some(x), Some(y)) => Some(x.min(y)),
        (x, y) => x.or(y),
    };
    if a.from >= b.from {
        Lifetime { until, ..a }
    } else {
        Lifetime { until, ..b }
    }
}

/// The interval between two times, whichever is the less.
fn interval(a: Seconds, b: Seconds) -> Interval<Seconds> {
    Interval::new(a, b).unwrap_or_else(|_| Interval::point(a.max(b)))
}
