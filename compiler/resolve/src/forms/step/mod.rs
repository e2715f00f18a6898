//! Steps: the ten verbs, one file each, and what they share.
//!
//! A step's head is read by its [`Shape`], its common clauses by [`common`], and the rest by its
//! verb. Then steps are looked at together: each exists while what it sits on exists, and reads
//! what another has left.

mod backup;
mod capture;
mod chains;
mod check;
mod common;
mod copy;
mod drill;
mod expire;
mod flags;
mod head;
pub mod lifetimes;
mod move_;
mod prune;
mod runner;
mod seed;
mod settle;
mod shape;
mod sync;

use std::sync::Arc;

use thin_vec::ThinVec;
use thrice_diagnostics::{Diagnostic, Span};
use thrice_model::{Application, Runner, RunnerKind, Step, Verb};
use thrice_quantity::schedule::Schedule;

use crate::clauses::{self, Construct, Entry};
use crate::codes::{MISSING, REPEATED, WRONG_VALUE};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::item::Item;
use crate::values::WrittenLifetime;

use head::Head;
use shape::{From, Of, Shape, To};

/// A verb's own clauses, with all that reading them may depend on.
struct Own<'r, 'a> {
    cx: &'a Context<'a>,
    draft: &'r Draft,
    head: &'r Head,
    entries: Vec<Entry<'a>>,
    runner: Option<Runner>,
}

const SHAPES: [&Shape; 10] = [
    &capture::SHAPE,
    &backup::SHAPE,
    &copy::SHAPE,
    &sync::SHAPE,
    &move_::SHAPE,
    &expire::SHAPE,
    &seed::SHAPE,
    &prune::SHAPE,
    &check::SHAPE,
    &drill::SHAPE,
];

/// The ten verbs.
pub const CONSTRUCTS: &[&Construct] = &[
    capture::SHAPE.form,
    backup::SHAPE.form,
    copy::SHAPE.form,
    sync::SHAPE.form,
    move_::SHAPE.form,
    expire::SHAPE.form,
    seed::SHAPE.form,
    prune::SHAPE.form,
    check::SHAPE.form,
    drill::SHAPE.form,
];

/// A step that has been read, but not yet settled among the others.
struct Pending {
    step: Step,
    written: WrittenLifetime,
}

/// Reads all steps: they rest on each other.
pub fn read_all<'a>(cx: &'a Context<'a>, draft: &mut Draft, items: &[Item<'a>]) {
    // Each has its place in the table of steps, in their order.
    let mut pending = cx.each(items, |item| {
        let mut shapes = SHAPES.iter();
        let shape = shapes.find(|shape| shape.form.keyword == item.construct.keyword)?;
        read(cx, draft, item, shape)
    });
    chains::settle_all(cx, draft, &mut pending);
    let steps = pending.into_iter().map(|pending| Some(pending?.step));
    draft.steps = steps.collect::<Vec<_>>().into();
}

fn read<'a>(cx: &'a Context<'a>, draft: &Draft, item: &Item<'a>, shape: &Shape) -> Option<Pending> {
    let mut cursor = item.cursor(cx);
    let block = cursor.block();
    let head = head::read(&mut cursor, draft, shape, item);
    cursor.end();
    let mut entries = clauses::read(cx, shape.form, block, head.span);
    let runner = match shape.by_runner {
        true => head.runner,
        false => expire::runner(draft, &head, &mut entries),
    };
    let mut common = common::read(draft, runner, &mut entries);
    if common::begun_by_backup(&head, item, runner) {
        common.check_unscheduled(cx, item);
    } else {
        common.check_schedule(cx, item, runner);
    }
    let verb = (shape.verb)(&mut Own {
        cx,
        draft,
        head: &head,
        entries,
        runner,
    });
    let (verb, runner) = (verb?, runner?);
    let step = Step {
        named: item.named(cx),
        application: application(&verb, runner.kind),
        classes: head.classes,
        source: head.source?,
        target: head.target?,
        runner,
        timing: common.timing(runner.kind),
        monitor: common.monitor,
        credential: common.credential,
        lifetime: head.written.on(&[], draft.start),
        pace: common.pace,
        verb,
    };
    let mut pending = Pending {
        step,
        written: head.written,
    };
    settle::settle_one(cx, draft, &mut pending);
    Some(pending)
}

/// Who brings a step into force. Zerobyte and TrueNAS keep their jobs in databases of their own: what is
/// emitted for them puts them there through the API and reads them back.
fn application(verb: &Verb, runner: RunnerKind) -> Application {
    match (verb, runner) {
        (Verb::Capture(parts), _) if parts.runs.is_some() => Application::ByHand,
        (_, RunnerKind::Cron | RunnerKind::Systemd | RunnerKind::Executor) => Application::Emitted,
        (_, RunnerKind::Lifecycle | RunnerKind::Zerobyte | RunnerKind::TrueNas) => Application::Api,
        (_, RunnerKind::Hand) => Application::ByHand,
    }
}

impl Own<'_, '_> {
    /// Whether there is such a clause.
    fn says(&self, word: &str) -> bool {
        self.entries.iter().any(|entry| entry.word == word)
    }

    /// Where a clause stands, if it does.
    fn span(&self, word: &str) -> Option<Span> {
        let entry = self.entries.iter().find(|entry| entry.word == word)?;
        Some(entry.span())
    }

    /// Reads the one clause with this word that is a schedule, on the clock of the step's host.
    fn schedule(&mut self, word: &str) -> Option<(Arc<Schedule>, Span)> {
        let (draft, runner) = (self.draft, self.runner);
        self.once(word, |cursor| {
            let (schedule, span) = cursor.schedule(draft)?;
            if let Some(zone) = common::zone(draft, runner?) {
                cursor.warn_of_clock_changes(draft, &schedule, zone, span);
            }
            Some((schedule, span))
        })
    }

    /// Reports that the step lacks something.
    fn missing(&self, what: &str, help: &str) {
        let found = Diagnostic::error(MISSING, format!("this step needs {what}"))
            .at(self.head.span, format!("{what} is missing"))
            .help(help);
        self.cx.report(found);
    }

    /// Reports something about the step that contradicts itself.
    fn wrong(&self, span: Span, message: impl Into<String>, label: &str, help: &str) {
        self.cx.report(
            Diagnostic::error(WRONG_VALUE, message)
                .at(span, label)
                .help(help),
        );
    }

    /// Reports that two flags exclude each other, if both are said.
    fn exclude(&self, one: &str, other: &str) {
        let find = |word: &str| self.entries.iter().find(|entry| entry.word == word);
        let (Some(first), Some(second)) = (find(one), find(other)) else {
            return;
        };
        let found = Diagnostic::error(
            REPEATED,
            format!("`{one}` and `{other}` exclude each other"),
        )
        .at(second.span(), format!("`{other}` here"))
        .at(first.span(), format!("`{one}` here"))
        .help("keep the one that holds");
        self.cx.report(found);
    }

    /// Whether a flag is said; nothing may follow it.
    fn flag(&mut self, word: &str) -> bool {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.word == word) else {
            return false;
        };
        entry.cursor.end();
        true
    }

    /// Reads the one clause with this word, if it is said.
    fn once<T>(
        &mut self,
        word: &str,
        read: impl FnOnce(&mut Cursor<'_>) -> Option<T>,
    ) -> Option<T> {
        let entry = self.entries.iter_mut().find(|entry| entry.word == word)?;
        let value = read(&mut entry.cursor);
        entry.cursor.end();
        value
    }

    /// Reads every clause with this word: texts, in lists or one by one.
    fn texts(&mut self, word: &str, what: &str) -> ThinVec<String> {
        let mut out = ThinVec::new();
        for entry in self.entries.iter_mut().filter(|entry| entry.word == word) {
            let texts = entry.cursor.list(|cursor| cursor.text(what));
            entry.cursor.end();
            out.extend(texts.into_iter().map(|(text, _)| text));
        }
        out
    }
}
