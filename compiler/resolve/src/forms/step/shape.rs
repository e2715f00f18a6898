//! What the head of a verb is made of.

use thrice_model::Verb;

use super::Own;
use crate::clauses::Construct;

/// The parts of a verb's head, and how its own clauses are read.
pub struct Shape {
    /// Its name, form and clauses.
    pub form: &'static Construct,
    /// What `of` takes.
    pub of: Of,
    /// What `from` takes.
    pub from: From,
    /// What `to` takes.
    pub to: To,
    /// Whether the runner stands in the head; otherwise `by` names a clock, and a clause the runner.
    pub by_runner: bool,
    /// Reads the verb's own clauses.
    pub verb: for<'r, 'a> fn(&mut Own<'r, 'a>) -> Option<Verb>,
}

/// What must follow `of`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// `CLASS, …`
    Classes,
    /// `CLASS, …` or a place with all that lies there.
    ClassesOrPlace,
    /// A place.
    Place,
    /// A repository.
    Repository,
}

/// What may follow `from`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// There is no `from`.
    Nothing,
    /// What a step has left, or a place.
    StepOrPlace,
    /// A step, place or repository, and it must be said.
    Anything,
}

/// What must follow `to`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// There is no `to`.
    Nothing,
    /// A place.
    Place,
    /// A repository.
    Repository,
    /// A place, or a repository.
    PlaceOrRepository,
    /// An environment; then `via` may name a place on the way.
    Environment,
}

/// The words that parts of heads begin with.
const WORDS: [&str; 8] = ["of", "from", "to", "via", "after", "by", "since", "until"];

impl Shape {
    /// The words that its parts begin with.
    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        WORDS.into_iter().filter(|word| self.takes(word))
    }

    /// The word of a part of it that a text is, if any.
    pub fn word(&self, text: &str) -> Option<&'static str> {
        let word = WORDS.into_iter().find(|word| *word == text)?;
        self.takes(word).then_some(word)
    }

    /// Whether it has the part that begins with one of [`WORDS`].
    fn takes(&self, word: &str) -> bool {
        match word {
            "from" => self.from != From::Nothing,
            "to" => self.to != To::Nothing,
            "via" => self.to == To::Environment,
            "after" => !self.by_runner,
            "by" => self.by_runner,
            _ => true,
        }
    }

    /// The parts that must be there, and what they take.
    pub fn required(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let of = match self.of {
            Of::Classes => "CLASS, …",
            Of::ClassesOrPlace => "CLASS, …|PLACE",
            Of::Place => "PLACE",
            Of::Repository => "REPOSITORY",
        };
        let to = match self.to {
            To::Repository => "REPOSITORY",
            To::Environment => "ENVIRONMENT",
            To::PlaceOrRepository => "STORE:/PATH|REPOSITORY",
            To::Place | To::Nothing => "STORE:/PATH",
        };
        [
            ("of", of, true),
            ("from", "REPOSITORY|PLACE|STEP", self.from == From::Anything),
            ("to", to, self.to != To::Nothing),
            ("after", "AGE by CLOCK", !self.by_runner),
            ("by", "HOST.RUNNER", self.by_runner),
        ]
        .into_iter()
        .filter_map(|(word, takes, needed)| needed.then_some((word, takes)))
    }
}
