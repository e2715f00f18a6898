//! First pass: which statements there are, and the names they declare.

use ecow::{EcoString, eco_format};
use indexmap::IndexMap;
use rayon::slice::ParallelSliceMut as _;
use rustc_hash::FxBuildHasher;
use thrice_diagnostics::{Diagnostic, SourceMap, Span, nearest, one_of};
use thrice_grammar::{Statement, TokenKind};

use crate::clauses::Construct;
use crate::codes::{MISSING, UNKNOWN_STATEMENT, WRONG_VALUE};
use crate::context::Context;
use crate::cursor::{Cursor, shown};
use crate::forms::FORMS;
use crate::load::Loaded;
use crate::names::{Kind, Names};

/// A statement of a known form: at the top level, or inside another as a store is in its host.
#[derive(Clone)]
pub struct Item<'a> {
    /// Its form.
    pub construct: &'static Construct,
    /// The full name it declares (`vpai.local`); empty if it declares none, or the name could not
    /// be read.
    pub name: EcoString,
    /// Where the name stands, otherwise the head of the statement.
    pub span: Span,
    /// Its place in the table of its kind; 0 where it declares nothing.
    pub index: u32,
    /// For what stands inside another statement: that one's place in the table of its kind.
    pub parent: u32,
    /// All of it.
    pub statement: Statement<'a>,
    declares: bool,
}

impl<'a> Item<'a> {
    /// Reads the head, from behind the keyword and the declared name.
    #[must_use]
    pub fn cursor(&self, cx: &'a Context<'a>) -> Cursor<'a> {
        let mut cursor = Cursor::new(cx, self.statement);
        cursor.advance();
        if self.declares && cursor.advance().is_none() {
            // That it has no name is said already.
            cursor.give_up();
        }
        cursor
    }

    /// Name, place and documentation for the model.
    #[must_use]
    pub fn named(&self, cx: &Context<'_>) -> thrice_model::Named {
        thrice_model::Named {
            name: self.name.clone(),
            span: self.span,
            doc: cx.doc(self.statement),
        }
    }

    /// The name without that of the statement it stands in.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.name.rsplit(['.', '/']).next().unwrap_or("")
    }
}

/// What the first pass yields.
#[derive(Default)]
pub struct Declared<'a> {
    /// The statements of each row of [`FORMS`], in their order.
    pub items: Vec<Vec<Item<'a>>>,
    /// All names.
    pub names: Names,
    /// What is wrong so far.
    pub reports: Vec<Diagnostic>,
}

/// Declares all statements of some files.
#[must_use]
pub fn declare<'a>(sources: &'a SourceMap, files: &'a [Loaded]) -> Declared<'a> {
    let rows = Rows::new();
    let mut declarer = Declarer {
        sources,
        rows: &rows,
        out: Declared {
            items: FORMS.iter().map(|_| Vec::new()).collect(),
            ..Declared::default()
        },
    };
    declarer.files(files);
    declarer.out
}

/// So many statements are sorted sooner by several cores.
const SORTED_TOGETHER: usize = 4_000;

struct Declarer<'a, 'r> {
    sources: &'a SourceMap,
    rows: &'r Rows,
    out: Declared<'a>,
}

/// Where the statements that begin with a keyword belong.
struct Rows {
    /// Those at the top level, in the order of their keywords.
    top: IndexMap<&'static str, Row, FxBuildHasher>,
    /// For each keyword, what may stand inside it.
    nested: IndexMap<&'static str, Vec<(&'static str, Row)>, FxBuildHasher>,
}

/// A row of [`FORMS`] and the form in it.
#[derive(Clone, Copy)]
struct Row {
    row: usize,
    kind: Option<Kind>,
    construct: &'static Construct,
}

impl Rows {
    fn new() -> Self {
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

impl<'a> Declarer<'a, '_> {
    /// Declares all statements of some files, sorted by the names that they declare. Ids then do not tell in
    /// which order or file they stand, nor does what follows from ids: which of several cases is told, what a
    /// list begins with, what is written to machines. What has no name keeps its place, and is sorted when it
    /// is read (`draft`).
    fn files(&mut self, files: &'a [Loaded]) {
        let statements = files.iter().flat_map(|file| {
            let statements = file.tree.statements();
            statements.map(|statement| (statement, file.library))
        });
        let mut statements: Vec<_> = statements.collect();
        let order = |(statement, _): &(Statement<'a>, bool)| self.order(*statement);
        if statements.len() < SORTED_TOGETHER {
            statements.sort_by_cached_key(order);
        } else {
            statements.par_sort_by_cached_key(order);
        }
        self.out.names.reserve(statements.len());
        for (statement, library) in statements {
            let Some(first) = statement.values().next() else {
                continue;
            };
            let word = self.sources.text(first.span);
            match self.rows.top.get(word).copied() {
                Some(row) => self.item(row, statement, None, library),
                // Read before this pass, where files are loaded.
                None if word == "use" => {}
                None if matches!(first.kind, TokenKind::Unknown | TokenKind::OpenText) => {}
                None => {
                    let found = self.unknown_statement(word, first.span);
                    self.out.reports.push(found);
                }
            }
        }
    }

    /// What statements are sorted by: their names. Of those that declare the same name the first stays the
    /// first. A name's first bytes as a number tell most of them apart without a look into the text.
    fn order(&self, statement: Statement<'_>) -> (u64, &'a str) {
        let mut values = statement
            .values()
            .map(|value| self.sources.text(value.span));
        let word = values.next().unwrap_or("");
        let name = values.next().filter(|_| self.rows.declares(word));
        let name = name.unwrap_or("");
        let mut first = [0; 8];
        for (byte, of_name) in first.iter_mut().zip(name.bytes()) {
            *byte = of_name;
        }
        (u64::from_be_bytes(first), name)
    }

    fn item(
        &mut self,
        row: Row,
        statement: Statement<'a>,
        outer: Option<&Item<'a>>,
        library: bool,
    ) {
        let mut item = Item {
            construct: row.construct,
            name: EcoString::new(),
            span: statement.head(),
            index: 0,
            parent: outer.map_or(0, |outer| outer.index),
            statement,
            declares: row.kind.is_some(),
        };
        if let Some(kind) = row.kind {
            item.index = self.out.names.place(kind);
            self.declare(&mut item, kind, outer, library);
        }
        let inner = self.rows.nested.get(row.construct.keyword);
        if let (Some(inner), Some(block)) = (inner, statement.block()) {
            let mut statements: Vec<_> = block.statements().collect();
            statements.sort_by_cached_key(|statement| self.order(*statement));
            for statement in statements {
                let Some(first) = statement.values().next() else {
                    continue;
                };
                let word = self.sources.text(first.span);
                if let Some((_, row)) = inner.iter().find(|(keyword, _)| *keyword == word) {
                    self.item(*row, statement, Some(&item), library);
                }
            }
        }
        if let Some(items) = self.out.items.get_mut(row.row) {
            items.push(item);
        }
    }

    /// Reads and declares the name behind the keyword.
    fn declare(
        &mut self,
        item: &mut Item<'a>,
        kind: Kind,
        outer: Option<&Item<'_>>,
        library: bool,
    ) {
        let keyword = item.construct.keyword;
        let Some(token) = item.statement.values().nth(1) else {
            let found = Diagnostic::error(MISSING, format!("this `{keyword}` has no name"))
                .at(item.span, "a name should follow");
            let form = format!("write `{}`", item.construct.form);
            self.out.reports.push(found.help(form));
            return;
        };
        let text = self.sources.text(token.span);
        if matches!(token.kind, TokenKind::Unknown | TokenKind::OpenText) {
            return;
        }
        if token.kind != TokenKind::Name
            || text.bytes().any(|b| matches!(b, b'.' | b'/' | b':' | b'*'))
        {
            let message = format!("`{}` cannot be the name of a {keyword}", shown(text));
            let found = Diagnostic::error(WRONG_VALUE, message)
                .at(token.span, "not a simple name")
                .help("a name begins with a letter and goes on with letters, digits, `_` and `-`");
            self.out.reports.push(found);
            return;
        }
        item.span = token.span;
        item.name = match outer {
            Some(outer) if outer.name.is_empty() => return,
            Some(outer) if kind == Kind::Site => eco_format!("{}/{text}", outer.name),
            Some(outer) => eco_format!("{}.{text}", outer.name),
            None => text.into(),
        };
        let declared = self
            .out
            .names
            .declare(&item.name, kind, item.index, token.span, library);
        self.out.reports.extend(declared.err().map(|found| *found));
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
