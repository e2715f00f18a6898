//! First pass: which statements there are, and the names they declare.

use ecow::{EcoString, eco_format};
use indexmap::IndexMap;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSliceMut as _;
use rustc_hash::FxBuildHasher;
use thin_vec::ThinVec;
use thrice_diagnostics::{Diagnostic, SourceMap, Span, nearest, one_of};
use thrice_grammar::{Statement, Statements, TokenKind};

use crate::both;
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

/// Declares all statements of some files, sorted by the names that they declare. Ids then do not tell in
/// which order or file they stand, nor does what follows from ids: which of several cases is told, what a
/// list begins with, what is written to machines. What has no name keeps its place, and is sorted when it
/// is read (`draft`). Where there is `much`, on several cores.
#[must_use]
pub fn declare<'a>(sources: &'a SourceMap, files: &'a [Loaded], much: bool) -> Declared<'a> {
    let rows = Rows::new();
    let reader = Reader {
        sources,
        rows: &rows,
    };
    let runs = files.iter().flat_map(|file| {
        let runs = file.tree.runs();
        runs.map(|statements| (statements, file.library))
    });
    let runs: Vec<_> = runs.collect();
    let read = |(statements, library)| reader.run(statements, library);
    // What is said in one statement does not depend on others, but for its place among them.
    let mut runs: Vec<Run<'a>> = if much {
        runs.into_par_iter().map(read).collect()
    } else {
        runs.into_iter().map(read).collect()
    };
    let order = order(&runs, much);
    let mut declarer = Declarer::default();
    for &(_, _, run, at) in &order {
        let run = runs.get_mut(run as usize);
        if let Some(found) = run.and_then(|run| run.found.get_mut(at as usize)) {
            declarer.place(found, 0);
        }
    }
    let sorted = || {
        let find = |&(_, _, run, at): &Order| runs.get(run as usize)?.found.get(at as usize);
        order.iter().filter_map(find)
    };
    let Declarer { names, counts } = declarer;
    let ((names, mut reports), items) = both(
        much,
        || declare_all(names, sorted()),
        || {
            let mut items: Vec<_> = counts.iter().map(|n| Vec::with_capacity(*n)).collect();
            sorted().for_each(|found| found.list(&mut items));
            items
        },
    );
    reports.extend(runs.into_iter().flat_map(|run| run.reports));
    Declared {
        items,
        names,
        reports,
    }
}

/// Some statements of a file, one behind the other.
#[derive(Default)]
struct Run<'a> {
    found: Vec<Found<'a>>,
    /// What is wrong with the first words of them, and of those that are of no known form.
    reports: Vec<Diagnostic>,
}

/// What statements of files are sorted by: their names, and where they stand: run, and place in it. A name's
/// first bytes as a number tell most of them apart without a look into the text.
type Order<'a> = (u64, &'a str, u32, u32);

fn order<'a>(runs: &[Run<'a>], much: bool) -> Vec<Order<'a>> {
    let all = (0..).zip(runs).flat_map(|(run, Run { found, .. })| {
        let places = (0..).zip(found);
        places.map(move |(at, found)| (first_bytes(found.sorted_by), found.sorted_by, run, at))
    });
    let mut order: Vec<Order<'a>> = all.collect();
    if much {
        order.par_sort_unstable();
    } else {
        order.sort_unstable();
    }
    order
}

fn first_bytes(name: &str) -> u64 {
    let mut first = [0; 8];
    for (byte, of_name) in first.iter_mut().zip(name.bytes()) {
        *byte = of_name;
    }
    u64::from_be_bytes(first)
}

/// Gives places in tables.
struct Declarer {
    names: Names,
    /// How many statements there are of each row of [`FORMS`].
    counts: Vec<usize>,
}

impl Default for Declarer {
    fn default() -> Self {
        Self {
            names: Names::default(),
            counts: vec![0; FORMS.len()],
        }
    }
}

impl Declarer {
    /// Gives a statement and all inside it their places.
    fn place(&mut self, found: &mut Found<'_>, parent: u32) {
        found.item.parent = parent;
        if let Some(kind) = found.row.kind {
            found.item.index = self.names.place(kind);
        }
        if let Some(count) = self.counts.get_mut(found.row.row) {
            *count += 1;
        }
        for inner in &mut found.inner {
            self.place(inner, found.item.index);
        }
    }
}

/// Declares the names of statements; says which are declared twice.
fn declare_all<'f, 'a: 'f>(
    mut names: Names,
    sorted: impl Iterator<Item = &'f Found<'a>>,
) -> (Names, Vec<Diagnostic>) {
    let (least, most) = sorted.size_hint();
    names.reserve(most.unwrap_or(least));
    let mut reports = Vec::new();
    sorted.for_each(|found| found.declare(&mut names, &mut reports));
    (names, reports)
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
    /// Its place in [`FORMS`].
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

/// Reads statements one by one.
#[derive(Clone, Copy)]
struct Reader<'a, 'r> {
    sources: &'a SourceMap,
    rows: &'r Rows,
}

/// A statement, and what stands inside it.
struct Found<'a> {
    item: Item<'a>,
    row: Row,
    /// The name that it declares, as it is written.
    sorted_by: &'a str,
    /// Those inside it that are of a known form, sorted.
    inner: ThinVec<Found<'a>>,
    /// Whether it is of the standard library.
    library: bool,
}

impl<'a> Found<'a> {
    /// Its name is known from now on, and those inside it.
    fn declare(&self, names: &mut Names, reports: &mut Vec<Diagnostic>) {
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
    fn list(&self, items: &mut [Vec<Item<'a>>]) {
        for inner in &self.inner {
            inner.list(items);
        }
        if let Some(items) = items.get_mut(self.row.row) {
            items.push(self.item.clone());
        }
    }
}

impl<'a> Reader<'a, '_> {
    /// Statements of a file.
    fn run(&self, statements: Statements<'a>, library: bool) -> Run<'a> {
        let mut run = Run::default();
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
