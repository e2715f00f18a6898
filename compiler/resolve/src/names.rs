//! What is declared under which name, and help with names that are not.
//!
//! Simple names share one namespace. Stores and services are `host.name`, sites `provider/name`.
//! Mounts and costs, to which nothing refers, have a namespace each, and the policy's own name is
//! in none.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use ecow::EcoString;
use indexmap::IndexMap;
use indexmap::map::Entry;
use rustc_hash::FxBuildHasher;
use thrice_diagnostics::{Diagnostic, Span, nearest, one_of};
use thrice_model::ServiceId;

use crate::codes::{DUPLICATE_NAME, UNKNOWN_NAME, WRONG_KIND};
pub use crate::kinds::Kind;

/// A declared name.
#[derive(Debug)]
pub struct Symbol {
    /// What it stands for.
    pub kind: Kind,
    index: AtomicU32,
    /// The words that declare it.
    pub span: Span,
    /// Whether the standard library declares it.
    pub library: bool,
    used: AtomicBool,
}

impl Symbol {
    /// From now on it counts as used. Written once: a place that two cores write to again and again goes
    /// back and forth between them.
    fn mark(&self) {
        if !self.used.load(Relaxed) {
            self.used.store(true, Relaxed);
        }
    }

    /// Its place in the table of its kind; phases get theirs when their dates are known.
    pub fn index(&self) -> u32 {
        self.index.load(Relaxed)
    }

    /// Gives it its place.
    pub fn set_index(&self, index: u32) {
        self.index.store(index, Relaxed);
    }
}

/// All declared names.
#[derive(Debug, Default)]
pub struct Names {
    /// What can be referred to, mounts, costs.
    symbols: [IndexMap<EcoString, Symbol, FxBuildHasher>; 3],
    services: BTreeMap<String, Vec<(ServiceId, String)>>,
    next: [u32; Kind::COUNT],
    /// Suggestions look at every name; past this many unknown names nobody reads them.
    suggested: AtomicU32,
}

const SUGGESTIONS: u32 = 50;

impl Names {
    /// The next free place in the table of a kind.
    pub fn place(&mut self, kind: Kind) -> u32 {
        let Some(next) = self.next.get_mut(kind as usize) else {
            return 0;
        };
        *next = next.saturating_add(1);
        *next - 1
    }

    /// Makes room for so many more at once.
    pub fn reserve(&mut self, count: usize) {
        let [shared, _, _] = &mut self.symbols;
        shared.reserve_exact(count);
    }

    /// Takes a full name (`vpai`, `vpai.local`) for the thing at `index` of its kind's table.
    ///
    /// # Errors
    /// The message about the other declaration, if the name is taken; then that one stays.
    pub fn declare(
        &mut self,
        name: &EcoString,
        kind: Kind,
        index: u32,
        span: Span,
        library: bool,
    ) -> Result<(), Box<Diagnostic>> {
        let [shared, mounts, costs] = &mut self.symbols;
        let space = match kind {
            Kind::Mount => mounts,
            Kind::Cost => costs,
            _ => shared,
        };
        let place = match space.entry(name.clone()) {
            Entry::Vacant(place) => place,
            Entry::Occupied(other) => {
                return Err(Box::new(declared_twice(name, kind, span, other.get())));
            }
        };
        place.insert(Symbol {
            kind,
            index: AtomicU32::new(index),
            span,
            library,
            used: AtomicBool::new(false),
        });
        if kind == Kind::Service
            && let Some((host, short)) = name.split_once('.')
        {
            let entry = (ServiceId::new(index), host.to_owned());
            self.services
                .entry(short.to_owned())
                .or_default()
                .push(entry);
        }
        Ok(())
    }

    /// Whatever has this name, without counting as a use.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Symbol> {
        let [shared, _, _] = &self.symbols;
        shared.get(name)
    }

    /// Services with this short name: id and name of their host.
    #[must_use]
    pub fn services(&self, short: &str) -> &[(ServiceId, String)] {
        self.services.get(short).map_or(&[], Vec::as_slice)
    }

    /// All names of a kind in alphabetical order.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&str, &Symbol)> {
        let all = self.symbols.iter().flatten();
        let mut all: Vec<_> = all
            .filter(|(_, s)| s.kind == kind)
            .map(|(name, s)| (name.as_str(), s))
            .collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        all.into_iter()
    }

    /// The thing of this kind with this name; from now on it counts as used.
    ///
    /// # Errors
    /// What to tell: an unknown name with its neighbours, or a name of another kind.
    pub fn look_up(&self, name: &str, kind: Kind, span: Span) -> Result<u32, Box<Diagnostic>> {
        self.look_up_any(name, &[kind], span)
            .map(|(_, index)| index)
    }

    /// The thing of one of these kinds with this name; from now on it counts as used.
    ///
    /// # Errors
    /// As [`Self::look_up`].
    pub fn look_up_any(
        &self,
        name: &str,
        kinds: &[Kind],
        span: Span,
    ) -> Result<(Kind, u32), Box<Diagnostic>> {
        let symbol = self.named(name, kinds, span)?;
        self.mark(name, symbol);
        Ok((symbol.kind, symbol.index()))
    }

    /// The thing of one of these kinds with this name, without counting as a use.
    ///
    /// # Errors
    /// As [`Self::look_up`].
    pub fn named(
        &self,
        name: &str,
        kinds: &[Kind],
        span: Span,
    ) -> Result<&Symbol, Box<Diagnostic>> {
        match self.find(name) {
            Some(symbol) if kinds.contains(&symbol.kind) => Ok(symbol),
            Some(symbol) => Err(Box::new(self.wrong_kind(name, symbol, kinds, span))),
            None => Err(Box::new(self.unknown(name, kinds, span))),
        }
    }

    /// Counts as used, and with it what it is a part of.
    fn mark(&self, name: &str, symbol: &Symbol) {
        if symbol.used.load(Relaxed) {
            return;
        }
        symbol.mark();
        if let Some(symbol) = whole(name, symbol.kind).and_then(|whole| self.find(whole)) {
            symbol.mark();
        }
    }

    /// A service by its short or full name counts as used.
    pub fn mark_service(&self, host: &str, short: &str) {
        let name = format!("{host}.{short}");
        if let Some(symbol) = self.find(&name) {
            self.mark(&name, symbol);
        }
    }

    fn is_used(&self, name: &str) -> bool {
        self.find(name)
            .is_some_and(|symbol| symbol.used.load(Relaxed))
    }

    /// Declarations of the policy itself, of kinds that exist to be referred to, to which nothing
    /// refers, in the order of their places. The parts of what is unused are not listed.
    #[must_use]
    pub fn unused(&self) -> Vec<(String, Span)> {
        let mut list: Vec<_> = self
            .symbols
            .iter()
            .flatten()
            .filter(|(_, s)| !s.library && !s.used.load(Relaxed) && is_for_reference(s.kind))
            .filter(|(name, s)| whole(name, s.kind).is_none_or(|whole| self.is_used(whole)))
            .map(|(name, s)| (name.to_string(), s.span))
            .collect();
        list.sort_by_key(|(_, span)| *span);
        list
    }

    /// Whether neighbours of one more unknown name may be looked for.
    #[must_use]
    pub fn may_suggest(&self) -> bool {
        self.suggested.fetch_add(1, Relaxed) < SUGGESTIONS
    }

    /// How many suggestions were asked for, to go back to.
    #[must_use]
    pub fn suggested(&self) -> u32 {
        self.suggested.load(Relaxed)
    }

    /// Forgets the suggestions since then.
    pub fn forget_suggestions(&self, since: u32) {
        self.suggested.store(since, Relaxed);
    }

    /// The message about a name that is not declared.
    #[must_use]
    pub fn unknown(&self, name: &str, kinds: &[Kind], span: Span) -> Diagnostic {
        let words = kinds_or(kinds, Kind::word);
        let found = Diagnostic::error(UNKNOWN_NAME, format!("no {words} is called `{name}`"))
            .at(span, "unknown name");
        if !self.may_suggest() {
            return found;
        }
        let all = || {
            kinds
                .iter()
                .flat_map(|kind| self.of_kind(*kind))
                .map(|(name, _)| name)
        };
        let near = nearest(name, all());
        if !near.is_empty() {
            return found.help(format!("did you mean {}?", one_of(near)));
        }
        let count = all().count();
        let declare = kinds.first().map_or("", |kind| kind.declared_by());
        if (1..=4).contains(&count) {
            return found.help(format!("declared: {}; or add `{declare}`", list(all())));
        }
        found.help(format!("declare it: `{declare}`"))
    }

    fn wrong_kind(&self, name: &str, symbol: &Symbol, kinds: &[Kind], span: Span) -> Diagnostic {
        let (is, wanted) = (
            symbol.kind.with_article(),
            kinds_or(kinds, Kind::with_article),
        );
        let found = Diagnostic::error(WRONG_KIND, format!("`{name}` is {is}, not {wanted}"))
            .at(span, format!("{wanted} is expected here"))
            .at(symbol.span, format!("`{name}` is declared here"));
        let parts = self.parts(name, symbol.kind, kinds);
        if !parts.is_empty() {
            return found.help(format!("did you mean {}?", one_of(parts)));
        }
        let all = || {
            kinds
                .iter()
                .flat_map(|kind| self.of_kind(*kind))
                .map(|(name, _)| name)
        };
        if !self.may_suggest() {
            return found;
        }
        match all().count() {
            0 => found.help(format!(
                "none is declared yet; for example: `{}`",
                declared(kinds)
            )),
            1..=4 => found.help(format!("declared: {}", list(all()))),
            _ => found,
        }
    }

    /// The stores of a host where a store is wanted, the sites of a provider, the repositories
    /// whose names begin alike: what was probably meant.
    fn parts(&self, name: &str, kind: Kind, wanted: &[Kind]) -> Vec<&str> {
        let (joint, part) = match kind {
            Kind::Host if wanted.contains(&Kind::Store) => ('.', Kind::Store),
            Kind::Host if wanted.contains(&Kind::Service) => ('.', Kind::Service),
            Kind::Provider if wanted.contains(&Kind::Site) => ('/', Kind::Site),
            _ => return Vec::new(),
        };
        let own = |full: &&str| {
            full.split_once(joint)
                .is_some_and(|(whole, _)| whole == name)
        };
        self.of_kind(part)
            .map(|(full, _)| full)
            .filter(own)
            .take(4)
            .collect()
    }
}

fn declared_twice(name: &str, kind: Kind, span: Span, other: &Symbol) -> Diagnostic {
    let message = format!("`{name}` is declared twice");
    let help = format!("one of the two needs another name: names are shared by {SHARED}");
    Diagnostic::error(DUPLICATE_NAME, message)
        .at(span, format!("declared again, as {}", kind.with_article()))
        .at(
            other.span,
            format!("first declared here, as {}", other.kind.with_article()),
        )
        .help(help)
}

/// The name of what a store, service or site is a part of.
fn whole(name: &str, kind: Kind) -> Option<&str> {
    let parts = match kind {
        Kind::Store | Kind::Service => name.split_once('.'),
        Kind::Site => name.split_once('/'),
        _ => None,
    };
    parts.map(|(whole, _)| whole)
}

const SHARED: &str = "hosts, classes, steps, phases and all other declarations";

fn is_for_reference(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Service | Kind::Class | Kind::Step | Kind::Mount | Kind::Network | Kind::Cost
    )
}

fn declared(kinds: &[Kind]) -> &'static str {
    kinds.first().map_or("", |kind| kind.declared_by())
}

fn kinds_or<W: ToString>(kinds: &[Kind], word: impl Fn(Kind) -> W) -> String {
    let words: Vec<String> = kinds.iter().map(|kind| word(*kind).to_string()).collect();
    words.join(" or ")
}

/// "`a`, `b` and `c`".
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    one_of(names).replace(" or ", " and ")
}
