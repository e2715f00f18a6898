//! The verdicts of a plan, in a table; what they are about, by number.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::EcoString;
use thrice_model::{ClassId, KeyId, Obligation, StoreId};
use thrice_plan::Plan;
use thrice_verdicts::{Names, Verdicts as Table};

use crate::engine::Engine;
use crate::groups::Groups;

/// Why nobody knows, where the simulator contradicts the solver.
pub(crate) const NOT_BORNE_OUT: &str = "its counterexample does not replay on the simulator";

/// One obligation about one subject in one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Which obligation.
    pub obligation: Obligation,
    /// What about: a class, a store, or the policy.
    pub subject: EcoString,
    /// In which period.
    pub period: EcoString,
    /// By what.
    pub engine: Engine,
    /// Whether it holds.
    pub holds: bool,
    /// The values attained, or the witness, in a few words.
    pub note: EcoString,
}

/// What a verdict says, whatever it is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Said {
    /// Which obligation.
    pub obligation: Obligation,
    /// By what.
    pub engine: Engine,
    /// Whether it holds.
    pub holds: bool,
    /// The values attained, or the witness, in a few words.
    pub note: EcoString,
}

impl Said {
    /// The same, if the case that speaks for it comes about on the simulator; else nobody knows.
    pub(crate) fn if_borne_out(self, borne_out: bool) -> Self {
        if borne_out {
            return self;
        }
        Self {
            engine: Engine::Unknown,
            note: NOT_BORNE_OUT.into(),
            ..self
        }
    }
}

/// Verdicts in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdicts(Table<Said>);

impl Verdicts {
    /// None yet, about the things of a plan.
    pub(crate) fn about(subjects: &Subjects) -> Self {
        Self(Table::about(Arc::clone(&subjects.names)))
    }

    /// Says the same of some subjects, one after the other, in a period.
    pub(crate) fn push(
        &mut self,
        subjects: impl IntoIterator<Item = impl Into<Subject>>,
        period: impl Into<When>,
        said: Said,
    ) {
        let subjects = subjects.into_iter().map(|subject| subject.into().0);
        self.0.push(subjects, period.into().0, said);
    }

    /// Takes something that is to be said of several subjects, here and there.
    pub(crate) fn word(&mut self, said: Said) -> Word {
        Word(self.0.word(said))
    }

    /// Says it of a subject in a period.
    pub(crate) fn push_one(
        &mut self,
        subject: impl Into<Subject>,
        period: impl Into<When>,
        Word(said): Word,
    ) {
        self.0.push_one(subject.into().0, period.into().0, said);
    }

    /// Adds verdicts about the same plan.
    pub(crate) fn append(&mut self, other: Self) {
        self.0.append(other.0);
    }

    /// Gives up the room that is left for more.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.0.shrink_to_fit();
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Verdict> {
        self.0.iter().map(|verdict| Verdict {
            obligation: verdict.said.obligation,
            subject: verdict.subject.into(),
            period: verdict.period.into(),
            engine: verdict.said.engine,
            holds: verdict.said.holds,
            note: verdict.said.note.clone(),
        })
    }

    /// Whether nothing was decided.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a table, whose rows are these verdicts.
    #[must_use]
    pub fn into_table(self) -> Table<Said> {
        self.0
    }
}

impl FromIterator<Verdict> for Verdicts {
    fn from_iter<V: IntoIterator<Item = Verdict>>(verdicts: V) -> Self {
        let parts = verdicts.into_iter().map(|verdict| {
            let said = Said {
                obligation: verdict.obligation,
                engine: verdict.engine,
                holds: verdict.holds,
                note: verdict.note,
            };
            (verdict.subject, verdict.period, said)
        });
        Self(parts.collect())
    }
}

/// What a verdict says, by number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word(u32);

/// What a verdict is about: a number that [`Subjects`] gives out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject(u32);

/// Classes come first.
impl From<ClassId> for Subject {
    fn from(class: ClassId) -> Self {
        Self(class.index())
    }
}

/// When: the place of a period, or, behind all of them, always.
#[derive(Clone, Copy, Debug)]
pub(crate) struct When(u32);

impl From<usize> for When {
    fn from(period: usize) -> Self {
        Self(number(period))
    }
}

/// All that verdicts of a plan can be about, and their names.
pub(crate) struct Subjects {
    names: Arc<Names>,
    /// The number of the first store, and of the first key.
    stores: u32,
    keys: u32,
    /// Classes with one that they must be restored with.
    pairs: BTreeMap<(ClassId, ClassId), Subject>,
    policy: Subject,
}

impl Subjects {
    pub(crate) fn of(plan: &Plan) -> Self {
        let model = &plan.model;
        let classes = model.classes.iter().map(|(_, class)| &class.named);
        let stores = model.stores.iter().map(|(_, store)| &store.named);
        let keys = model.keys.iter().map(|(_, key)| &key.named);
        let all = classes
            .chain(stores)
            .chain(keys)
            .chain([&model.policy.named]);
        let mut subjects: Vec<EcoString> = all.map(|named| named.name.clone()).collect();
        let first_store = number(model.classes.len());
        let first_key = first_store + number(model.stores.len());
        let policy = Subject(first_key + number(model.keys.len()));
        let mut pairs = BTreeMap::new();
        for (id, class) in model.classes.iter() {
            for need in &class.needs {
                pairs.entry((id, need.class)).or_insert_with(|| {
                    let (one, other) = (&class.named.name, &model.classes[need.class].named.name);
                    subjects.push(format!("{one} with {other}").into());
                    Subject(number(subjects.len() - 1))
                });
            }
        }
        let periods = plan.periods.iter().map(|period| period.name.as_str());
        Self {
            names: Arc::new(Names {
                subjects,
                periods: periods.chain(["all"]).map(EcoString::from).collect(),
            }),
            stores: first_store,
            keys: first_key,
            pairs,
            policy,
        }
    }

    /// The names, classes first.
    pub(crate) fn names(&self) -> Arc<Names> {
        Arc::clone(&self.names)
    }

    pub(crate) const fn store(&self, id: StoreId) -> Subject {
        Subject(self.stores + id.index())
    }

    pub(crate) const fn key(&self, id: KeyId) -> Subject {
        Subject(self.keys + id.index())
    }

    pub(crate) const fn policy(&self) -> Subject {
        self.policy
    }

    /// A class and one that it must be restored with; `None` where that is not so.
    pub(crate) fn pair(&self, class: ClassId, needed: ClassId) -> Option<Subject> {
        self.pairs.get(&(class, needed)).copied()
    }

    /// In all periods.
    pub(crate) fn always(&self) -> When {
        When(number(self.names.periods.len().saturating_sub(1)))
    }
}

/// A class in a period, and the group that it is decided with there.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    pub class: ClassId,
    /// The place of the period.
    pub period: u32,
    /// The place of the group.
    pub group: u32,
}

/// The classes of groups, each decided in a period: class by class, in the order of time. The groups are in that
/// order.
pub(crate) fn by_class<'c>(
    classes: usize,
    groups: impl Iterator<Item = (&'c [ClassId], usize)> + Clone,
) -> Vec<Cell> {
    let groups = groups.enumerate();
    let cells = groups.flat_map(|(group, (classes, period))| {
        classes.iter().map(move |class| {
            let cell = Cell {
                class: *class,
                period: number(period),
                group: number(group),
            };
            (*class, cell)
        })
    });
    Groups::new(classes, cells).into_all()
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
