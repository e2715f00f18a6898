//! A policy as data, from which the text of any of its classes can be written, and random ones of which most classes are
//! made from one recipe.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rand::RngExt as _;
use rand::seq::SliceRandom as _;

use super::places::{self, Users, one_of};
use super::recipe::{Recipe, Verb};
use crate::Random;

/// A statement, and the classes that it is there for.
#[derive(Clone, Debug)]
pub enum Says {
    /// It is there whatever classes are.
    Always(String),
    /// It is there with a class, whose name stands for `@`.
    Of(usize, String),
    /// It is there with any of some classes, whose names stand for `@`, in this order.
    Among(Vec<usize>, String),
    /// It is about all but some classes, whose names stand for `@`.
    Except(Vec<usize>, String),
}

/// A policy, statement by statement.
#[derive(Clone, Debug)]
pub struct World {
    /// How many classes it has.
    pub classes: usize,
    /// What it says.
    pub says: Vec<Says>,
    /// What each class is never without: what it needs, and what lies where others would find it.
    pub with: Vec<BTreeSet<usize>>,
}

/// The name of a class.
#[must_use]
pub fn name(class: usize) -> String {
    format!("c{class}")
}

fn list(classes: impl IntoIterator<Item = usize>) -> String {
    let names: Vec<String> = classes.into_iter().map(name).collect();
    names.join(", ")
}

impl World {
    /// A random one.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let classes = random.random_range(2..=5);
        let phases = random.random_bool(0.4);
        let first = Recipe::random(random, phases);
        let mut recipes = vec![first.clone()];
        while recipes.len() < classes {
            let mut next = match random.random_bool(0.9) {
                true => first.clone(),
                false => Recipe::random(random, phases),
            };
            for _ in 0..random.random_range(0..=2) {
                next.change(random, phases);
            }
            recipes.push(next);
        }
        recipes.shuffle(random);
        let mut out = Self {
            classes,
            says: Vec::new(),
            with: vec![BTreeSet::new(); classes],
        };
        out.data(&recipes, random);
        out.steps(&recipes, random);
        for _ in 0..random.random_range(2..=5) {
            out.demand(phases, random);
        }
        let secret = random
            .random_bool(0.1)
            .then(|| random.random_range(0..classes));
        let path =
            secret.and_then(|class| recipes.get(class).map(|recipe| recipe.path(&name(class))));
        // What lies among data lies there for all.
        out.with.iter_mut().for_each(|with| with.extend(secret));
        out.says.extend(places::places(
            &users(&recipes),
            phases,
            path.as_deref(),
            random,
        ));
        out
    }

    /// The classes, some of which need others, and the credentials of their own.
    fn data(&mut self, recipes: &[Recipe], random: &mut Random) {
        for (class, (recipe, with)) in recipes.iter().zip(&mut self.with).enumerate() {
            let mut needs = String::new();
            if class > 0 && random.random_bool(0.2) {
                let needed = random.random_range(0..class);
                let within = one_of(random, &["", " within 1 day", " within 9 days"]);
                let _ = write!(needs, "needs {}{within}; ", name(needed));
                with.insert(needed);
            }
            self.says.push(Says::Of(class, recipe.class(&needs)));
            if recipe.steps.iter().any(|made| made.with == "own@") {
                let own = "credential own@ { may read, write on o.near of /y1/@; may read, write, delete on o.deep of /y2/@; held on h0 }";
                self.says.push(Says::Of(class, own.to_owned()));
            }
            if random.random_bool(0.1) {
                let accepted = one_of(
                    random,
                    &[
                        "survival",
                        "deletion",
                        "copies",
                        "history",
                        "last-copy",
                        "erasure",
                        "recovery-point",
                    ],
                );
                let of = match accepted {
                    "survival" => one_of(random, &["", " of host h0", " of credential k0"]),
                    _ => "",
                };
                let accepted = format!(
                    "accept {accepted} for @{of} because \"known\" by \"owner\", \"other\" until 2027-06-30"
                );
                self.says.push(Says::Of(class, accepted));
            }
        }
    }

    /// The steps: backups of several classes that are made alike are one now and then.
    fn steps(&mut self, recipes: &[Recipe], random: &mut Random) {
        let mut shared: BTreeSet<(usize, usize)> = BTreeSet::new();
        let most = recipes.iter().map(|recipe| recipe.steps.len()).max();
        for number in 0..most.unwrap_or(0) {
            let mut groups: Vec<(&Recipe, Vec<usize>)> = Vec::new();
            for (class, recipe) in recipes.iter().enumerate() {
                let Some(made) = recipe.steps.get(number) else {
                    continue;
                };
                let can = made.verb == Verb::Backup && made.from == 0 && made.with != "own@";
                // A step begins and ends with its classes.
                let known = groups.iter_mut().find(|(other, _)| {
                    other.life == recipe.life && other.steps.get(number) == Some(made)
                });
                match known {
                    Some((_, classes)) if can && random.random_bool(0.7) => classes.push(class),
                    _ => groups.push((recipe, vec![class])),
                }
            }
            for (at, (recipe, mut classes)) in groups.into_iter().enumerate() {
                let Some(made) = recipe.steps.get(number) else {
                    continue;
                };
                match classes.as_slice() {
                    [class] => {
                        let text = made.text(&format!("y{}@", number + 1));
                        self.says.push(Says::Of(*class, text));
                    }
                    _ => {
                        shared.extend(classes.iter().map(|class| (*class, number)));
                        classes.shuffle(random);
                        let text = made.text(&format!("sh{}-{at}", number + 1));
                        self.says.push(Says::Among(classes, text));
                    }
                }
            }
            for (class, recipe) in recipes.iter().enumerate() {
                let rule = recipe.steps.get(number).and_then(|made| made.clearing());
                self.says.extend(rule.map(|rule| Says::Of(class, rule)));
            }
        }
    }

    /// Something that is asked of some classes.
    fn demand(&mut self, phases: bool, random: &mut Random) {
        let mut text = format!("{} for ", places::demand(random));
        let life = if phases {
            one_of(random, &["", "", " since p1", " until p1"])
        } else {
            ""
        };
        let mut some: Vec<usize> = (0..self.classes).collect();
        some.shuffle(random);
        some.truncate(random.random_range(1..=self.classes));
        self.says.push(match random.random_bool(0.75) {
            true => Says::Among(some, format!("{text}@{life}")),
            false => {
                text += one_of(
                    random,
                    &["all", "all", "all state", "all files", "all items"],
                );
                some.truncate(self.classes / 2);
                Says::Except(some, format!("{text}|{life}"))
            }
        });
    }

    /// Some classes with all that they are never without.
    #[must_use]
    pub fn closed(&self, some: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut out = BTreeSet::new();
        let mut waiting: Vec<usize> = some.into_iter().collect();
        while let Some(class) = waiting.pop() {
            if out.insert(class) {
                waiting.extend(self.with.get(class).into_iter().flatten());
            }
        }
        out
    }

    /// The text of some classes, its statements in random order.
    #[must_use]
    pub fn text(&self, some: &BTreeSet<usize>, random: &mut Random) -> String {
        let chosen =
            |classes: &[usize]| list(classes.iter().copied().filter(|class| some.contains(class)));
        let lines = self.says.iter().filter_map(|says| match says {
            Says::Always(text) => Some(text.clone()),
            Says::Of(class, text) => some
                .contains(class)
                .then(|| text.replace('@', &name(*class))),
            Says::Among(classes, text) => match chosen(classes) {
                none if none.is_empty() => None,
                names => Some(text.replace('@', &names)),
            },
            Says::Except(classes, text) => Some(match chosen(classes) {
                none if none.is_empty() => text.replace('|', ""),
                names => text.replace('|', &format!(" except {names}")),
            }),
        });
        let mut lines: Vec<String> = lines.collect();
        lines.shuffle(random);
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The same with a copy of a class that is asked, done and accepted whatever the class is.
    #[must_use]
    pub fn twice(&self, class: usize) -> Self {
        let mut out = self.clone();
        let copy = self.classes;
        out.classes += 1;
        out.with.extend(self.with.get(class).cloned());
        for says in &mut out.says {
            if let Says::Among(classes, _) | Says::Except(classes, _) = says
                && let Some(at) = classes.iter().position(|other| *other == class)
            {
                classes.insert(at, copy);
            }
        }
        let own = self.says.iter().filter_map(|says| match says {
            Says::Of(of, text) if *of == class => Some(Says::Of(copy, text.clone())),
            _ => None,
        });
        out.says.extend(own);
        out
    }
}

/// Who opens which repositories and uses which credentials.
fn users(recipes: &[Recipe]) -> Users {
    let made = recipes.iter().flat_map(|recipe| &recipe.steps);
    made.flat_map(|made| [(made.by, made.to), (made.by, made.with)])
        .collect()
}
