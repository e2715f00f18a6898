//! What every reader needs: the texts, the names, and a place for messages.

use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ecow::EcoString;
use indexmap::IndexSet;
use rayon::iter::{
    IndexedParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _,
};
use rustc_hash::FxBuildHasher;
use thrice_diagnostics::{Diagnostic, FileId, SourceMap, Span};
use thrice_grammar::Statement;
use thrice_quantity::schedule::Schedule;
use thrice_retention::KeepRules;

use crate::names::Names;

/// So many statements are worth a second core.
const MANY: usize = 200;

/// Shared by all readers of one run.
pub struct Context<'a> {
    /// The texts.
    pub sources: &'a SourceMap,
    /// All declared names.
    pub names: Names,
    /// All schedules.
    pub schedules: Shared<Schedule>,
    /// All keep rules.
    pub rules: Shared<KeepRules>,
    reports: Mutex<Vec<Diagnostic>>,
}

/// Values that many statements say alike: each is there once.
pub struct Shared<T>(Mutex<IndexSet<Arc<T>, FxBuildHasher>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Hash + Eq> Shared<T> {
    /// The one that is like this.
    pub fn one(&self, value: T) -> Arc<T> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = known.get(&value) {
            return Arc::clone(one);
        }
        let one = Arc::new(value);
        known.insert(Arc::clone(&one));
        one
    }
}

impl<'a> Context<'a> {
    /// A context for texts whose names have been declared.
    #[must_use]
    pub fn new(sources: &'a SourceMap, names: Names) -> Self {
        Self {
            sources,
            names,
            schedules: Shared::default(),
            rules: Shared::default(),
            reports: Mutex::default(),
        }
    }

    /// The words of a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &'a str {
        self.sources.text(span)
    }

    /// All of a file.
    #[must_use]
    pub fn file(&self, file: FileId) -> &'a str {
        self.sources.get(file).map_or("", |source| &source.text)
    }

    /// Adds a message.
    pub fn report(&self, diagnostic: Diagnostic) {
        self.reports().push(diagnostic);
    }

    /// All messages so far, taken out.
    #[must_use]
    pub fn take_reports(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut *self.reports())
    }

    /// Whoever panics while holding it leaves a whole list behind.
    fn reports(&self) -> MutexGuard<'_, Vec<Diagnostic>> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads each of many statements, side by side. Where one of them has something to be said about,
    /// all are read again one by one, so that messages are the same in every run.
    pub fn each<I: Sync, T: Send>(
        &self,
        items: &[I],
        read: impl Fn(&I) -> Option<T> + Sync,
    ) -> Vec<Option<T>> {
        let (said, suggested) = (self.reports().len(), self.names.suggested());
        if items.len() >= MANY {
            let all = items.par_iter().with_min_len(MANY / 4).map(&read).collect();
            if self.reports().len() == said {
                return all;
            }
            self.reports().truncate(said);
            self.names.forget_suggestions(suggested);
        }
        items.iter().map(read).collect()
    }

    /// The lines of the `///` comment above a statement without their marks, joined by line feeds.
    #[must_use]
    pub fn doc(&self, statement: Statement<'_>) -> EcoString {
        let mut out = EcoString::new();
        for (nth, span) in statement.docs().enumerate() {
            if nth > 0 {
                out.push('\n');
            }
            let text = self.text(span);
            let text = text.strip_prefix("///").unwrap_or(text);
            out.push_str(text.strip_prefix(' ').unwrap_or(text).trim_end());
        }
        out
    }
}
