//! Whether what somebody leaves is there at every age: a copy from which everything goes after some weeks saves nothing
//! that is older. Asked as survival asks it.

use std::collections::BTreeMap;
use std::rc::Rc;

use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{ClassId, Obligation, Target};
use thrice_plan::{CopyId, Leave, Period};
use thrice_presence::Run;

use super::super::playing::Played;
use super::super::settling::{claim, comes_by_itself};
use super::super::story::tell_run;
use super::super::survival::tell::why_words;
use super::super::survival::{after, question};
use super::tell::{finding, phases, pointed, who};
use super::{Group, Root};
use crate::context::Context;
use crate::fault::{self, Fault};
use crate::faults::Useless;
use crate::hands::Principal;
use crate::replay::About;
use crate::systems::{BySystem, Symbolized};
use crate::verification::{Engine, Finding};
use crate::wording::some;

const AT_SOME_AGE: Code = Code("T1806");

/// An age at which nothing is left.
#[derive(Clone)]
pub(super) struct Gap {
    period: usize,
    symbolized: Rc<Symbolized>,
    useless: Useless,
    /// `None` where no age is known from which on there surely is something.
    run: Option<Run>,
    /// Why it is not known, if it is not.
    unknown: Option<String>,
}

impl Gap {
    /// A case that the solver has found comes about on the simulator, or is told as an error of this program.
    pub(super) fn played(&self) -> Result<Played, String> {
        Ok(match &self.run {
            Some(_) => Played::Out,
            None => Played::Not("ages from which on nothing surely is there"),
        })
    }

    /// By what it is known.
    pub(super) const fn engine(&self) -> Engine {
        match (&self.unknown, &self.run) {
            (Some(_), _) => Engine::Unknown,
            (None, Some(_)) => Engine::Refuted,
            (None, None) => Engine::Evaluated,
        }
    }
}

/// What was asked before, by the copies that are of no use, and what came out.
#[derive(Default)]
pub(super) struct Asked(BySystem<BTreeMap<Useless, Result<Engine, Gap>>>);

/// Whether a copy is there for good once it has come, and surely comes: nothing is taken from it, nor from what it is made of
/// before it is.
pub(super) fn stays(context: &Context<'_>, copy: CopyId) -> bool {
    let goes_alone = |leave: &Leave| !matches!(leave, Leave::With { .. });
    let mut way = context.plan.way(copy);
    comes_by_itself(context, copy)
        && !way.any(|id| context.plan.copies[id].leaves.iter().any(goes_alone))
}

impl Asked {
    /// Whether something is left of a class at every age; with the engine that says so.
    pub(super) fn about(
        &mut self,
        context: &Context<'_>,
        class: ClassId,
        symbolized: &Rc<Symbolized>,
        useless: &Useless,
        (period, index): (&Period, usize),
    ) -> Result<Engine, Gap> {
        let answer = self.0.of(class, symbolized).entry(useless.clone());
        let answer = answer.or_insert_with(|| {
            let against = |(run, unknown)| Gap {
                period: index,
                symbolized: Rc::clone(symbolized),
                useless: useless.clone(),
                run,
                unknown,
            };
            let ids = &symbolized.copies;
            let Some(question) = question(context, class, ids, useless) else {
                return Err(against((None, None)));
            };
            let system = after(symbolized, useless);
            let about = About {
                obligation: Obligation::Deletion,
                period: &period.name,
            };
            claim(context, about, class, (symbolized, &system), &question).map_err(against)
        });
        answer.clone()
    }
}

/// One finding for a root.
pub(super) fn tell(context: &Context<'_>, root: Root, group: &Group) -> Option<Finding> {
    let gap = group.gap.as_ref()?;
    let names = some(group.classes.iter().map(|class| context.class_name(*class)));
    let period = context.plan.periods.get(gap.period)?;
    let (who, phases) = (who(context, root, group), phases(context, group));
    let diagnostic = match &gap.unknown {
        Some(why) => {
            let message = format!(
                "not decided whether {who} can destroy every copy of {names} that there is at some age{phases}: {why}"
            );
            let unknown = Diagnostic::new(AT_SOME_AGE, Severity::Unknown, message);
            unknown.by(Engine::Unknown.word())
        }
        None => {
            let message = format!(
                "{who} can destroy every copy of {names} that there is at some age{phases}"
            );
            Diagnostic::warning(AT_SOME_AGE, message).by(gap.engine().word())
        }
    };
    let mut diagnostic = pointed(context, root, group, diagnostic);
    if let Some(run) = &gap.run {
        let why = |id: CopyId| Some(why_words(context, gap.useless.get(id)?));
        let falls = match group.by?.0 {
            Principal::Credential(id) => fault::words(context, Fault::Loss(Target::Credential(id))),
            Principal::Host(id) => fault::words(context, Fault::Compromise(id)),
        };
        let (symbolized, falls) = (&gap.symbolized, Some(falls));
        diagnostic = tell_run(context, symbolized, run, period, diagnostic, falls, &why);
    }
    let diagnostic = diagnostic.help(
        "keep what is old in a copy that is out of its reach for as long as it is asked for: let nothing expire there \
         sooner, or say that it need not be kept for longer (`retain at least`)",
    );
    Some(finding(context, root, group, diagnostic))
}
