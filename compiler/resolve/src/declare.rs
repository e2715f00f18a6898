//! First pass: which statements there are, and the names they declare.

use ecow::{EcoString, eco_format};
use indexmap::IndexMap;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSliceMut as _;
use rustc_hash::FxBuildHasher;
use thin_vec::ThinVec;
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
        reader: Reader {
            sources,
            rows: &rows,
        },
        out: Declared {
            items: FORMS.iter().map(|_| Vec::new()).collect(),
            ..Declared::default()
        },
    };
    declarer.files(files);
    declarer.out
}

/// So many statements are read and sorted sooner by several cores.
const MANY: usize = 4_000;

struct Declarer<'a, 'r> {
    reader: Reader<'a, 'r>,
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
        let reader = self.reader;
        let order = |(statement, _): &(Statement<'a>, bool)| reader.order(*statement);
        let read = |(statement, library)| reader.top(statement, library);
        // What stands in one statement does not depend on others, but for its place among them.
        let found: Vec<_> = if statements.len() < MANY {
            statements.sort_by_cached_key(order);
            statements.into_iter().map(read).collect()
        } else {
            statements.par_sort_by_cached_key(order);
            statements.into_par_iter().map(read).collect()
        };
        self.out.names.reserve(found.len());
        for found in found {
            match found {
                Ok(found) => self.take(found, 0),
                Err(report) => self.out.reports.extend(report.map(|report| *report)),
            }
        }
    }

    /// Gives a statement and all inside it their places, and their names to what is known.
    fn take(&mut self, found: Found<'a>, parent: u32) {
        let Found {
            mut item,
            row,
            inner,
            reports,
            library,
        } = found;
        item.parent = parent;
        self.out.reports.extend(reports);
        if let Some(kind) = row.kind {
            item.index = self.out.names.place(kind);
            if !item.name.is_empty() {
                let names = &mut self.out.names;
                let declared = names.declare(&item.name, kind, item.index, item.span, library);
                self.out.reports.extend(declared.err().map(|found| *found));
            }
        }
        for found in inner {
            self.take(found, item.index);
        }
        if let Some(items) = self.out.items.get_mut(row.row) {
            items.push(item);
        }
    }
}

/// Reads statements one by one.
#[derive(Clone, Copy)]
struct Reader<'a, 'r> {
    sources: &'a SourceMap,
    rows: &'r Rows,
}

/// A statement before it has its place among others.
struct Found<'a> {
    item: Item<'a>,
    row: Row,
    /// Those inside it that are of a known form, sorted.
    inner: ThinVec<Found<'a>>,
    /// What is wrong with its name.
    reports: ThinVec<Diagnostic>,
    /// Whether it is of the standard library.
    library: bool,
}

impl<'a> Reader<'a, '_> {
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

    /// A statement of a file; otherwise what is wrong with it, unless that is known.
    fn top(
        &self,
        statement: Statement<'a>,
        library: bool,
    ) -> Result<Found<'a>, Option<Box<Diagnostic>>> {
        let first = statement.values().next().ok_or(None)?;
        let word = self.sources.text(first.span);
        match self.rows.top.get(word) {
            Some(row) => Ok(self.statement(*row, statement, None, library)),
            // Read before this pass, where files are loaded.
            None if word == "use" => Err(None),
            None if matches!(first.kind, TokenKind::Unknown | TokenKind::OpenText) => Err(None),
            None => Err(Some(Box::new(self.unknown_statement(word, first.span)))),
        }
    }

    /// A statement with those inside it.
    fn statement(
        &self,
        row: Row,
        statement: Statement<'a>,
        outer: Option<&Item<'a>>,
        library: bool,
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
            inner: ThinVec::new(),
            reports: ThinVec::new(),
            library,
        };
        if let Some(kind) = row.kind {
            let wrong = self.name(&mut found.item, kind, outer);
            found.reports.extend(wrong);
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
                    let item = Some(&found.item);
                    found
                        .inner
                        .push(self.statement(*row, statement, item, library));
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
