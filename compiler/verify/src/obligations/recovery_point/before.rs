//! What is lost with damage, a mistaken deletion or hostile hands that somebody sees only later: all that came after the newest version from
//! before it that is still there then. Rules keep old versions further apart than new ones, so that it may be much more
//! than the age of the newest copy. Most want it so, and a warning says how much it is.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_model::{ClassId, Obligation, Target};
use thrice_plan::{CopyId, CopyKind, FOR_EVER};
use thrice_quantity::Seconds;

use super::super::history::{Past, Runs, has_versions, pasts};
use super::asker::Sets;
use super::borne::is_borne;
use crate::acceptance::Covered;
use crate::context::Context;
use crate::fault::Fault;
use crate::faults::strike;
use crate::indexed::Wanted;
use crate::verification::{Engine, Finding};
use crate::wording::some;
use thrice_plan::Period;

const BEFORE: Code = Code("T1305");

/// What is asked, until when somebody has acted, and how much may be lost: of which classes.
#[derive(Default)]
pub(super) struct Before {
    found: BTreeMap<(Span, Seconds, Seconds, Option<Seconds>), Told>,
    /// Who bears what would be told, of one loss.
    pub covered: Covered,
}

#[derive(Default)]
struct Told {
    classes: BTreeSet<ClassId>,
    /// By what: in the order of these words.
    by: BTreeSet<&'static str>,
}

impl Before {
    /// Looks at classes of which the same is asked, whose copies fall and age alike.
    pub(super) fn ask(
        &mut self,
        context: &Context<'_>,
        classes: &[ClassId],
        limit: (Seconds, Span),
        of: (&Sets, &Period),
    ) {
        let acceptances = &context.plan.model.acceptances;
        let of_credential = |fault: Option<Target>| matches!(fault, Some(Target::Credential(_)));
        match acceptances
            .iter()
            .any(|acceptance| of_credential(acceptance.fault))
        {
            // Somebody may bear it for one of them and not for another.
            true => classes
                .chunks(1)
                .for_each(|class| self.ask_alike(context, class, limit, of)),
            false => self.ask_alike(context, classes, limit, of),
        }
    }

    fn ask_alike(
        &mut self,
        context: &Context<'_>,
        classes: &[ClassId],
        (limit, span): (Seconds, Span),
        (sets, period): (&Sets, &Period),
    ) {
        let Some(class) = classes.first().copied() else {
            return;
        };
        let data = &context.plan.model.classes[class];
        if !has_versions(data.kind) || context.chosen().is_some() {
            return;
        }
        let home = data.home.store;
        let may_go_wrong = |fault: &Fault| match fault {
            Fault::Corruption | Fault::Compromise(_) | Fault::Loss(Target::Credential(_)) => true,
            Fault::Operator(store) | Fault::Rot(store) => *store == home,
            Fault::Loss(_) | Fault::LiveData => false,
        };
        let mut known: Option<(Vec<CopyId>, BTreeMap<CopyId, Past>)> = None;
        let mut worst: Option<Option<Seconds>> = None;
        let mut by: BTreeSet<&'static str> = BTreeSet::new();
        let noticed = context.noticed_after(class);
        for (set, struck) in sets.iter() {
            if !set.iter().any(may_go_wrong) {
                continue;
            }
            let (ids, pasts) = known.get_or_insert_with(|| {
                let ids = context.copies_in(class, period);
                let pasts = pasts(context, &ids, (Runs::Succeed, Wanted::From(period.from)));
                (ids, pasts)
            });
            let struck = struck.get_or_init(|| strike(context, set, period.from));
            let useless = struck.useless(context, ids);
            let live = |id: &CopyId| context.plan.copies[*id].kind == CopyKind::Live;
            // What backups go on with.
            let mut at_home = ids.iter().filter(|id| live(id));
            if !at_home.any(|id| struck.goes_wrong(&context.plan.copies[*id])) {
                continue;
            }
            let left = |id: &&CopyId| context.plan.copies[**id].counts && !useless.contains(**id);
            // The store of the data itself may keep what was there.
            if !ids.iter().any(|id| left(&id)) {
                continue;
            }
            let reach = |gap: Seconds| {
                let aside =
                    |id: &CopyId| context.kept_aside(&context.plan.copies[*id], period.from);
                let of = |id: &CopyId| match aside(id) {
                    // All that was replaced lies there.
                    Some(kept) if !live(id) => Some(kept),
                    _ => pasts.get(id)?.reach_with(gap),
                };
                ids.iter().filter(left).filter_map(of).max()
            };
            let enough = |gap: Seconds| reach(gap).is_some_and(|reach| reach >= noticed);
            if enough(limit) || is_borne(context, class, set, &mut self.covered) {
                continue;
            }
            by.extend(set.iter().filter(|fault| may_go_wrong(fault)).map(words));
            let lost = least(limit, &enough);
            worst = Some(match worst {
                None => lost,
                Some(before) => before.and_then(|before| lost.map(|lost| lost.max(before))),
            });
        }
        if let Some(lost) = worst {
            let told = self.found.entry((span, limit, noticed, lost)).or_default();
            told.classes.extend(classes);
            told.by.extend(by);
        }
    }

    /// One finding for all of which the same is true.
    pub(super) fn tell(self, context: &Context<'_>) -> impl Iterator<Item = Finding> {
        let found = self.found.into_iter();
        found.map(|((span, limit, noticed, lost), Told { classes, by })| {
            let names = || classes.iter().map(|class| context.class_name(*class));
            let how = match lost {
                Some(lost) => format!("can be {lost} older than it"),
                None => "can be of any age".to_owned(),
            };
            let message = format!(
                "after {} that is seen and put right within {noticed}, the newest version of {} from before it {how}; at most {limit} is \
                 asked for",
                by.into_iter().collect::<Vec<_>>().join(" or "),
                some(names())
            );
            let mut diagnostic = Diagnostic::warning(BEFORE, message)
                .by(Engine::Evaluated.word())
                .about(names().collect::<Vec<_>>().join(" "))
                .at(span, "asked for here");
            for class in classes.iter().take(3) {
                let named = &context.plan.model.classes[*class].named;
                diagnostic = diagnostic.at(named.span, "of its older versions only some are kept");
            }
            let diagnostic = diagnostic.help(
                "keep all versions for as long as that (`keep within` as many days, more `daily`), notice it sooner (`noticed \
                 within`), act sooner (`response time`), or accept it: `accept recovery-point for …`",
            );
            Finding {
                diagnostic,
                obligation: Obligation::RecoveryPoint,
                subjects: names().map(str::to_owned).collect(),
                classes: classes.into_iter().collect(),
                fault: None,
                floor: false,
            }
        })
    }
}

/// What goes wrong by one of the faults that backups go on after.
const fn words(fault: &Fault) -> &'static str {
    match fault {
        Fault::Operator(_) => "a mistaken deletion",
        Fault::Compromise(_) | Fault::Loss(_) => "what hostile hands do",
        Fault::Corruption | Fault::Rot(_) | Fault::LiveData => "damage",
    }
}

/// The least gap that is enough, if any is.
fn least(limit: Seconds, enough: &dyn Fn(Seconds) -> bool) -> Option<Seconds> {
    let (mut not, mut is) = (limit.0, FOR_EVER.0 - 1);
    if !enough(Seconds(is)) {
        return None;
    }
    while is - not > 1 {
        let middle = not + (is - not) / 2;
        match enough(Seconds(middle)) {
            true => is = middle,
            false => not = middle,
        }
    }
    Some(Seconds(is))
}
