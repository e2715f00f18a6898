//! Statements as they are found: of which form each is, what it declares, and what stands inside it.

use ecow::{EcoString, eco_format};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use thin_vec::ThinVec;
use thrice_diagnostics::{Diagnostic, SourceMap, Span, nearest, one_of};
use thrice_grammar::{Statement, Statements, TokenKind};

use crate::clauses::Construct;
use crate::codes::{MISSING, UNKNOWN_STATEMENT, WRONG_VALUE};
use crate::cursor::shown;
use crate::forms::FORMS;
use crate::item::Item;
use crate::names::{Kind, Names};

/// Some statements of a file, one behind the other.
pub struct Run<'a> {
    /// Those of a known form.
    pub found: Vec<Found<'a>>,
    /// What is wrong with the first words of them, and of those that are of no known form.
    pub reports: Vec<Diagnostic>,
}

/// Reads statements one by one.
#[derive(Clone, Copy)]
pub struct Reader<'a, 'r> {
    sources: &'a SourceMap,
    rows: &'r Rows,
}

/// A statement, and what stands inside it.
pub struct Found<'a> {
    item: Item<'a>,
    row: Row,
    /// The name that it declares, as it is written.
    pub sorted_by: &'a str,
    /// Those inside it that are of a known form, sorted.
    inner: ThinVec<Found<'a>>,
    /// Whether it is of the standard library.
    library: bool,
}

impl<'a> Found<'a> {
    /// Gives it and all inside it their places in the tables of their kinds. `counts` says how many statements
    /// there are of each row of [`FORMS`].
    pub fn place(&mut self, parent: u32, names: &mut Names, counts: &mut [usize]) {
        self.item.parent = parent;
        if let Some(kind) = self.row.kind {
            self.item.index = names.place(kind);
        }
        if let Some(count) = counts.get_mut(self.row.row) {
            *count += 1;
        }
        for inner in &mut self.inner {
            inner.place(self.item.index, names, counts);
        }
    }

    /// Its name is known from now on, and those inside it.
    pub fn declare(&self, names: &mut Names, reports: &mut Vec<Diagnostic>) {
        let Item {
            name, index, span, ..
        } = &self.item;
        if let (Some(kind), false) = (self.row.kind, name.is_empty()) {
            let declared = names.declare(name, kind, *index, *span, self.library);
            reports.extend(declared.err().map(|found| *found));
        }
        for inner in &self.inner {
            inner.declare(names, reports);
        }
    }

    /// Adds it to the statements of its row, behind those inside it.
    pub fn list(&self, items: &mut [Vec<Item<'a>>]) {
        for inner in &self.inner {
            inner.list(items);
        }
        if let Some(items) = items.get_mut(self.row.row) {
            items.push(self.item.clone());
        }
    }
}

impl<'a, 'r> Reader<'a, 'r> {
    /// Reads statements of these texts.
    pub const fn new(sources: &'a SourceMap, rows: &'r Rows) -> Self {
        Self { sources, rows }
    }

    /// Statements of a file.
    pub fn run(&self, statements: Statements<'a>, library: bool) -> Run<'a> {
        // Counting them takes less than moving them each time there are more.
        let mut run = Run {
            found: Vec::with_capacity(statements.clone().count()),
            reports: Vec::new(),
        };
        for statement in statements {
            let Some(first) = statement.values().next() else {
                continue;
            };
            let word = self.sources.text(first.span);
            match self.rows.top.get(word) {
                Some(row) => {
                    let found = self.statement(*row, statement, None, library, &mut run.reports);
                    run.found.push(found);
                }
                // Read before this pass, where files are loaded.
                None if word == "use" => {}
                None if matches!(first.kind, TokenKind::Unknown | TokenKind::OpenText) => {}
                None => run.reports.push(self.unknown_statement(word, first.span)),
            }
        }
        run
    }

    /// The name that a statement declares, as it is written, by which it is sorted. Of those that declare the
    /// same name the first stays the first.
    fn sorted_by(&self, statement: Statement<'_>) -> &'a str {
        let mut values = statement.values();
        let word = values
            .next()
            .map_or("", |word| self.sources.text(word.span));
        let name = values.next().filter(|_| self.rows.declares(word));
        name.map_or("", |name| self.sources.text(name.span))
    }

    /// A statement with those inside it.
    fn statement(
        &self,
        row: Row,
        statement: Statement<'a>,
        outer: Option<&Item<'a>>,
        library: bool,
        reports: &mut Vec<Diagnostic>,
    ) -> Found<'a> {
        let mut found = Found {
            item: Item {
                construct: row.construct,
                name: EcoString::new(),
                span: statement.head(),
                index: 0,
                parent: 0,
                statement,
                declares: row.kind.is_some(),
            },
            row,
            sorted_by: self.sorted_by(statement),
            inner: ThinVec::new(),
            library,
        };
        if let Some(kind) = row.kind {
            reports.extend(self.name(&mut found.item, kind, outer));
        }
        let inner = self.rows.nested.get(row.construct.keyword);
        if let (Some(inner), Some(block)) = (inner, statement.block()) {
            let mut statements: Vec<_> = block.statements().collect();
            statements.sort_by_cached_key(|statement| self.sorted_by(*statement));
            for statement in statements {
                let Some(first) = statement.values().next() else {
                    continue;
                };
                let word = self.sources.text(first.span);
                if let Some((_, row)) = inner.iter().find(|(keyword, _)| *keyword == word) {
                    let outer = Some(&found.item);
                    let inner = self.statement(*row, statement, outer, library, reports);
                    found.inner.push(inner);
                }
            }
        }
        found
    }

    /// Reads the name behind the keyword; otherwise says what is wrong with it, unless that is known.
    fn name(
        &self,
        item: &mut Item<'a>,
        kind: Kind,
        outer: Option<&Item<'_>>,
    ) -> Option<Diagnostic> {
        let keyword = item.construct.keyword;
        let Some(token) = item.statement.values().nth(1) else {
            let found = Diagnostic::error(MISSING, format!("this `{keyword}` has no name"))
                .at(item.span, "a name should follow");
            let form = format!("write `{}`", item.construct.form);
            return Some(found.help(form));
        };
        let text = self.sources.text(token.span);
        if matches!(token.kind, TokenKind::Unknown | TokenKind::OpenText) {
            return None;
        }
        if token.kind != TokenKind::Name
            || text.bytes().any(|b| matches!(b, b'.' | b'/' | b':' | b'*'))
        {
            let message = format!("`{}` cannot be the name of a {keyword}", shown(text));
            let found = Diagnostic::error(WRONG_VALUE, message)
                .at(token.span, "not a simple name")
                .help("a name begins with a letter and goes on with letters, digits, `_` and `-`");
            return Some(found);
        }
        item.span = token.span;
        item.name = match outer {
            Some(outer) if outer.name.is_empty() => return None,
            Some(outer) if kind == Kind::Site => eco_format!("{}/{text}", outer.name),
            Some(outer) => eco_format!("{}.{text}", outer.name),
            None => text.into(),
        };
        None
    }

    fn unknown_statement(&self, word: &str, span: Span) -> Diagnostic {
        let word = shown(word);
        let found = Diagnostic::error(UNKNOWN_STATEMENT, format!("there is no statement `{word}`"))
            .at(span, "unknown statement");
        let near = nearest(&word, self.rows.top.keys().copied().chain(["use"]));
        if !near.is_empty() {
            return found.help(format!("did you mean {}?", one_of(near)));
        }
        let outer: Vec<&str> = FORMS
            .iter()
            .flat_map(|form| form.constructs)
            .filter(|construct| construct.clauses.iter().any(|clause| clause.word == word))
            .map(|construct| construct.keyword)
            .collect();
        if !outer.is_empty() {
            let outer = one_of(outer.iter().copied().take(4));
            return found.help(format!("`{word}` stands inside the block of {outer}"));
        }
        found.help("a statement begins with a word such as `host`, `class` or `backup`")
    }
}

/// Where the statements that begin with a keyword belong.
pub struct Rows {
    /// Those at the top level, in the order of their keywords.
    top: IndexMap<&'static str, Row, FxBuildHasher>,
    /// For each keyword, what may stand inside it.
    nested: IndexMap<&'static str, Vec<(&'static str, Row)>, FxBuildHasher>,
}

/// A row of [`FORMS`] and the form in it.
#[derive(Clone, Copy)]
struct Row {
    /// Its place in [`FORMS`].
    row: usize,
    kind: Option<Kind>,
    construct: &'static Construct,
}

impl Rows {
    /// Those of [`FORMS`].
    pub fn new() -> Self {
        let mut top = IndexMap::default();
        let mut nested: IndexMap<_, Vec<_>, _> = IndexMap::default();
        for (row, form) in FORMS.iter().enumerate() {
            for construct in form.constructs {
                let entry = Row {
                    row,
                    kind: form.kind,
                    construct,
                };
                for outer in construct.inside {
                    let inner = nested.entry(*outer).or_default();
                    inner.push((construct.keyword, entry));
                }
                if construct.inside.is_empty() {
                    top.insert(construct.keyword, entry);
                }
            }
        }
        top.sort_unstable_keys();
        Self { top, nested }
    }

    /// Whether statements that begin with this word declare a name.
    fn declares(&self, word: &str) -> bool {
        let inner = || {
            let all = self.nested.values().flatten();
            all.filter(|(keyword, _)| *keyword == word)
                .map(|(_, row)| row)
        };
        let outer = self.top.get(word);
        outer
            .into_iter()
            .chain(inner())
            .any(|row| row.kind.is_some())
    }
}
