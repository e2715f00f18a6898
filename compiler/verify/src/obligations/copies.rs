//! Obligation 1: in every run of the plan, at every age from its settling time on, there are enough
//! copies in distinct stores, on enough media, and outside every site.
//!
//! The settling time is as soon as the copies' own chains can surely have delivered, or what
//! `within` says. For moved items the question is asked for every run, not for every copy: an item
//! that is always in one of two places has one copy, not none.

mod crossing;
mod slow;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ecow::EcoString;
use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{ClassId, Demand, Obligation, Requirement};
use thrice_plan::{CopyId, CopyKind, Period};
use thrice_presence::{Crossing, Question, Run};
use thrice_quantity::Seconds;

use self::crossing::{Missing, missing};
use self::slow::{AllSlow, Slow};
use super::lateness::{self, if_late, point_at_late};
use super::settling::{ages, claim, dependable, gone_before, last_filled, settling};
use super::split::{split, violated};
use super::story::{takers, tell_run};
use crate::context::Context;
use crate::hands::stays_locked;
use crate::replay::About;
use crate::systems::Symbolized;
use crate::verdicts::Said;
use crate::verification::{Engine, Finding, Verification};
use crate::wording::{age, during, has_have, is_are, some};

/// Too few of whatever is counted, where a phase is late.
pub(super) const LATE: Code = Code("T1105");

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Copies,
    Media,
    Offsite,
    Locked,
}

impl Kind {
    const fn code(self) -> Code {
        Code(match self {
            Self::Copies => "T1101",
            Self::Media => "T1102",
            Self::Offsite => "T1103",
            Self::Locked => "T1104",
        })
    }

    /// What so many classes do with what is counted.
    const fn verb(self, classes: usize) -> &'static str {
        match (self, classes) {
            (Self::Media, 1) => "lies on",
            (Self::Media, _) => "lie on",
            (_, classes) => has_have(classes),
        }
    }

    /// Fewer than so many.
    fn less_than(self, count: u32) -> String {
        if count == 1 {
            self.words(0)
        } else {
            format!("fewer than {}", self.words(count))
        }
    }

    /// So many, in words.
    fn words(self, count: u32) -> String {
        let (one, more) = match self {
            Self::Copies => ("copy", "copies"),
            Self::Media => ("medium", "media"),
            Self::Offsite => ("copy off site", "copies off site"),
            Self::Locked => ("locked or off-line copy", "locked or off-line copies"),
        };
        match count {
            0 => format!("no {one}"),
            1 => format!("1 {one}"),
            _ => format!("{count} {more}"),
        }
    }
}

/// A claim that does not hold for a class in a period.
#[derive(Clone)]
struct Violation {
    /// Classes alike: the first one is told of.
    classes: Vec<ClassId>,
    period: usize,
    kind: Kind,
    need: u32,
    have: u32,
    symbolized: Symbolized,
    /// The run that shows it, where it took one: some copies are there only at some ages.
    run: Option<Run>,
    unknown: Option<String>,
}

violated!(Violation);

/// What came out for classes alike in a period.
#[derive(Clone)]
struct Judged {
    engine: Engine,
    holds: bool,
    /// Whether it does so however late phases are.
    if_late: bool,
    /// What is attained.
    note: EcoString,
    /// What takes longest to be there, if nothing says how long it may.
    slow: Option<Slow>,
}

/// What holds of the first of classes alike, as long as its copies are this system.
type Known = BTreeMap<ClassId, (Rc<Symbolized>, Judged)>;

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    for requirement in &context.plan.model.requirements {
        if !matches!(requirement.demand, Demand::Copies { .. }) {
            continue;
        }
        let mut violations = Vec::new();
        let (mut known, mut slow) = (Known::default(), AllSlow::default());
        for (index, period) in context.plan.periods.iter().enumerate() {
            if !Context::in_force(requirement.lifetime, period) {
                continue;
            }
            let chosen = |class| requirement.selection.contains(class);
            for classes in context.kinds_among(period, chosen) {
                check(
                    context,
                    requirement,
                    &classes,
                    index,
                    period,
                    (&mut violations, &mut known, &mut slow),
                    out,
                );
            }
        }
        report(context, requirement, violations, out);
        out.findings.extend(slow.told(context, requirement));
    }
}

fn check(
    context: &Context<'_>,
    requirement: &Requirement,
    classes: &[ClassId],
    index: usize,
    period: &Period,
    (violations, known, slows): (&mut Vec<Violation>, &mut Known, &mut AllSlow),
    out: &mut Verification,
) {
    let Some(class) = classes.first().copied() else {
        return;
    };
    let symbolized = context.symbolized(class, period);
    let changed = context.across(class, index).is_some_and(|a| a.new);
    let before = known.get(&class);
    let before = before.filter(|(system, _)| Rc::ptr_eq(system, &symbolized) && !changed);
    let judged = match before {
        Some((_, judged)) => judged.clone(),
        None => {
            let judged = judge(
                context,
                requirement,
                classes,
                (index, &symbolized),
                violations,
            );
            if judged.holds && judged.if_late {
                known.insert(class, (symbolized, judged.clone()));
            } else {
                known.remove(&class);
            }
            judged
        }
    };
    let Judged {
        engine,
        holds,
        note,
        slow,
        ..
    } = judged;
    if let Some(slow) = slow.filter(|slow| holds && slow.is_long()) {
        slows.add(context, slow, classes, index);
    }
    let said = Said {
        obligation: Obligation::Copies,
        engine,
        holds,
        note,
    };
    out.verdicts.push(classes.iter().copied(), index, said);
}

/// Asks about the first of classes alike; adds what does not hold to the violations.
fn judge(
    context: &Context<'_>,
    requirement: &Requirement,
    classes: &[ClassId],
    (index, symbolized): (usize, &Symbolized),
    violations: &mut Vec<Violation>,
) -> Judged {
    let nothing = Judged {
        engine: Engine::Evaluated,
        holds: true,
        if_late: true,
        note: EcoString::new(),
        slow: None,
    };
    let (Some(class), Some(period)) = (classes.first(), context.plan.periods.get(index)) else {
        return nothing;
    };
    let class = *class;
    let Demand::Copies { within, .. } = &requirement.demand else {
        return nothing;
    };
    let ids = &symbolized.copies;
    let mut engine = Engine::Evaluated;
    let mut attained: Vec<(Kind, u32)> = Vec::new();
    let mut slow: Option<Slow> = None;
    let before = violations.len();
    for (kind, need) in counted(&requirement.demand) {
        let within = within.map(|(limit, _)| limit);
        for members in groupings(context, ids, kind, (within, Some(period.from))) {
            let have = dependable(context, ids, &members);
            let settle = within
                .map(|limit| limit.0)
                .or_else(|| settling(context, ids, &members, need));
            // Off site is asked about once a site: the least tells.
            match attained.last_mut().filter(|(of, _)| *of == kind) {
                Some((_, least)) => *least = have.min(*least),
                None => attained.push((kind, have)),
            }
            let violation = |run, unknown| Violation {
                classes: classes.to_vec(),
                period: index,
                kind,
                need,
                have,
                symbolized: symbolized.clone(),
                run,
                unknown,
            };
            let Some(from) = settle.filter(|_| have >= need) else {
                violations.push(violation(None, None));
                break;
            };
            if within.is_none() && slow.is_none_or(|slow| slow.from < from) {
                let last = last_filled(context, ids, &members, from);
                let later = last.map(|copy| Slow {
                    kind,
                    need,
                    from,
                    copy,
                });
                slow = later.or(slow);
            }
            if within.is_some() && gone_before(context, class, from) {
                // There is no such age: `sense` says so.
                continue;
            }
            let (from, to) = ages(context, class, from);
            let question = Question {
                members,
                need,
                from,
                to,
                window: 0,
                crossing: Crossing::default(),
            };
            let about = About {
                obligation: Obligation::Copies,
                period: &period.name,
            };
            let system = (symbolized, &symbolized.system);
            match claim(context, about, class, system, &question) {
                Ok(by) => engine = engine.weaker(by),
                Err((run, unknown)) => {
                    violations.push(violation(run, unknown));
                    break;
                }
            }
        }
    }
    let mut if_late = None;
    if violations.len() == before {
        let violation = |missing: Box<Missing>| Violation {
            classes: classes.to_vec(),
            period: index,
            kind: missing.kind,
            need: missing.need,
            have: missing.need,
            symbolized: missing.symbolized,
            run: missing.run,
            unknown: missing.unknown,
        };
        let crossed = missing(context, (requirement, class, index), symbolized);
        match crossed.on_time {
            Ok(by) => {
                engine = engine.weaker(by);
                if_late = crossed.if_late.map(violation);
            }
            Err(missing) => violations.push(violation(missing)),
        }
    }
    let holds = violations.len() == before;
    if !holds {
        engine = match violations.get(before) {
            Some(Violation {
                unknown: Some(_), ..
            }) => Engine::Unknown,
            Some(Violation { run: Some(_), .. }) => Engine::Refuted,
            _ => Engine::Evaluated,
        };
    }
    let attained: Vec<String> = attained
        .iter()
        .map(|(kind, have)| kind.words(*have))
        .collect();
    let is_late = if_late.is_some();
    violations.extend(if_late);
    Judged {
        engine,
        holds,
        if_late: !is_late,
        note: EcoString::from(attained.join(", ")),
        slow,
    }
}

/// What is asked for, and how many of it.
fn counted(demand: &Demand) -> Vec<(Kind, u32)> {
    let Demand::Copies {
        copies,
        media,
        offsite,
        locked,
        ..
    } = demand
    else {
        return Vec::new();
    };
    let all = [
        (Kind::Copies, *copies),
        (Kind::Media, *media),
        (Kind::Offsite, *offsite),
        (Kind::Locked, *locked),
    ];
    all.into_iter().filter(|(_, need)| *need > 0).collect()
}

/// The nodes that may count, each with its group: one list, or one a site for "outside every site". They are counted
/// from an age on, if that is said; on a day, if some steps may have ended by then.
fn groupings(
    context: &Context<'_>,
    ids: &[CopyId],
    kind: Kind,
    (within, day): (Option<Seconds>, Option<Date>),
) -> Vec<Vec<(usize, u32)>> {
    let model = &context.plan.model;
    let counting: Vec<(usize, &thrice_plan::Copy)> = ids
        .iter()
        .enumerate()
        .map(|(i, id)| (i, &context.plan.copies[*id]))
        .filter(|(_, copy)| copy.counts && !matches!(copy.kind, CopyKind::Transit | CopyKind::Seed))
        .collect();
    let store = |copy: &thrice_plan::Copy| copy.location.store;
    match kind {
        Kind::Copies => vec![
            counting
                .iter()
                .map(|(i, c)| (*i, store(c).index()))
                .collect(),
        ],
        Kind::Media => {
            let medium = |copy: &thrice_plan::Copy| model.stores[store(copy)].medium.as_ref();
            let all = counting.iter().filter_map(|(_, copy)| medium(copy));
            let numbers: BTreeMap<_, u32> =
                all.collect::<BTreeSet<_>>().into_iter().zip(0..).collect();
            let group = |copy: &thrice_plan::Copy| numbers.get(medium(copy)?).copied();
            vec![
                counting
                    .iter()
                    .filter_map(|(i, copy)| Some((*i, group(copy)?)))
                    .collect(),
            ]
        }
        Kind::Offsite => {
            let sites: BTreeSet<_> = counting
                .iter()
                .map(|(_, c)| context.site_of(store(c)))
                .collect();
            sites
                .into_iter()
                .map(|site| {
                    counting
                        .iter()
                        .filter(|(_, c)| context.site_of(store(c)) != site)
                        .map(|(i, c)| (*i, store(c).index()))
                        .collect()
                })
                .collect()
        }
        Kind::Locked => {
            // A laptop that is switched off now and then is no copy off line of what lives on it.
            let locked = |c: &thrice_plan::Copy| {
                let s = &model.stores[store(c)];
                let home = model.stores[model.classes[c.class].home.store].host;
                let oldest = Seconds(context.last_age(c.class)).max(within.unwrap_or_default());
                let made_anew = day.is_none_or(|day| c.lifetime.contains(day));
                stays_locked(context, c, (oldest, made_anew))
                    || (!model.hosts[s.host].always_on && s.host != home)
            };
            vec![
                counting
                    .iter()
                    .filter(|(_, c)| locked(c))
                    .map(|(i, c)| (*i, store(c).index()))
                    .collect(),
            ]
        }
    }
}

/// One finding for each root cause: the same shortage of the same requirement, for all its classes
/// and periods.
fn report(
    context: &Context<'_>,
    requirement: &Requirement,
    violations: Vec<Violation>,
    out: &mut Verification,
) {
    let mut groups: BTreeMap<(Kind, u32, String), Vec<Violation>> = BTreeMap::new();
    for violation in violations {
        let cause = match (&violation.unknown, &violation.run) {
            (Some(why), _) => format!("unknown {why}"),
            (None, None) => "always".to_owned(),
            (None, Some(run)) => {
                let steps = leaving_steps(context, &violation.symbolized, run);
                if run.is_late() {
                    format!("late {steps}")
                } else {
                    steps
                }
            }
        };
        groups
            .entry((violation.kind, violation.have, cause))
            .or_default()
            .push(violation);
    }
    let parts = groups.into_values().flat_map(|group| split(&group));
    out.findings
        .extend(parts.filter_map(|part| tell(context, requirement, &part)));
}

/// Which steps take the item away in a run: violations with the same culprits have one cause.
fn leaving_steps(context: &Context<'_>, symbolized: &Symbolized, run: &Run) -> String {
    let mut steps: BTreeSet<&str> = BTreeSet::new();
    for node in (0..symbolized.copies.len())
        .filter(|node| run.leaves(*node).is_some_and(|at| at <= run.age))
    {
        let by = takers(context, symbolized, run, node);
        steps.extend(
            by.into_iter()
                .map(|step| context.plan.model.steps[step].named.name.as_str()),
        );
    }
    steps.into_iter().collect::<Vec<_>>().join(" ")
}

fn tell(context: &Context<'_>, requirement: &Requirement, group: &[Violation]) -> Option<Finding> {
    let first = group.first()?;
    let plan = context.plan;
    let mut classes: Vec<ClassId> = group
        .iter()
        .flat_map(|v| v.classes.iter().copied())
        .collect();
    classes.sort_unstable();
    classes.dedup();
    let mut periods: Vec<usize> = group.iter().map(|v| v.period).collect();
    periods.sort_unstable();
    periods.dedup();
    let names = some(classes.iter().map(|c| context.class_name(*c)));
    let phases = during(periods.iter().filter_map(|p| plan.periods.get(*p)));
    let asked = first.kind.words(first.need);
    let code = first.kind.code();
    if let Some(why) = &first.unknown {
        let text = format!(
            "not decided whether {names} {} {asked}: {why}",
            has_have(classes.len())
        );
        let diagnostic = Diagnostic::new(code, Severity::Unknown, text)
            .at(requirement.span, "asked for here")
            .by(Engine::Unknown.word());
        return Some(finding(diagnostic, classes, context));
    }
    let period = plan.periods.get(first.period)?;
    let late = if_late(context, &first.symbolized, first.run.as_ref());
    let mut diagnostic = match &first.run {
        None => {
            let have = first.kind.words(first.have);
            Diagnostic::error(
                code,
                format!(
                    "{names} {} {have}{phases}, and {} {} asked for",
                    first.kind.verb(classes.len()),
                    first.need,
                    is_are(first.need)
                ),
            )
            .by(Engine::Evaluated.word())
        }
        Some(run) => {
            let (code, severity) = match late {
                Some(_) => (LATE, Severity::Warning),
                None => (code, Severity::Error),
            };
            let less = first.kind.less_than(first.need);
            let verb = first.kind.verb(classes.len());
            let if_late = late.as_ref().map(|late| format!(" if {late}"));
            let text = format!(
                "{names} {verb} {less} at the age of {}{phases}{}",
                age(run.age),
                if_late.unwrap_or_default()
            );
            Diagnostic::new(code, severity, text).by(Engine::Refuted.word())
        }
    };
    diagnostic = diagnostic.at(requirement.span, "asked for here");
    let class = &plan.model.classes[*first.classes.first()?];
    diagnostic = diagnostic.at(
        class.named.span,
        format!(
            "`{}` lives on `{}`",
            class.named.name,
            context.store_name(class.home.store)
        ),
    );
    diagnostic = match &first.run {
        None => standing(context, first, diagnostic),
        Some(run) => {
            let run_of = &first.symbolized;
            diagnostic = point_at_late(context, run_of, run, diagnostic);
            tell_run(context, run_of, run, period, diagnostic, None, &|_| None)
        }
    };
    diagnostic = diagnostic.help(match late {
        Some(_) => lateness::ADVICE,
        None => advice(first.kind),
    });
    Some(finding(diagnostic, classes, context))
}

/// The copies there are, and how long each takes to be made.
fn standing(
    context: &Context<'_>,
    violation: &Violation,
    mut diagnostic: Diagnostic,
) -> Diagnostic {
    for id in &violation.symbolized.copies {
        let copy = &context.plan.copies[*id];
        let store = context.store_name(copy.location.store);
        let what = match copy.kind {
            CopyKind::Live => format!("`{store}`: the data itself"),
            CopyKind::Transit => format!("`{store}`: in transit, never counts"),
            CopyKind::Seed => format!("`{store}`: a seed for another environment, never counts"),
            _ => {
                let step = copy
                    .made_by
                    .map_or("", |s| context.plan.model.steps[s].named.name.as_str());
                let late = match copy.staleness {
                    t if t >= thrice_plan::FOR_EVER => "on demand: cannot be counted on".to_owned(),
                    t => format!("within {}", Seconds(t.0)),
                };
                format!("`{store}`: by `{step}`, {late}")
            }
        };
        diagnostic = diagnostic.event("", what);
        if copy.made_by.is_some() && diagnostic.labels.len() < 6 {
            diagnostic = diagnostic.at(
                context.plan.span_of(copy),
                format!("makes the copy on `{store}`"),
            );
        }
    }
    diagnostic
}

const fn advice(kind: Kind) -> &'static str {
    match kind {
        Kind::Copies => {
            "add a step that makes a copy in another store; copies on one disk, and the data beside its dump, count as one"
        }
        Kind::Media => "put one copy on another medium; a store without `medium` counts on none",
        Kind::Offsite => {
            "off site means outside every site: whichever site is lost, a copy must lie elsewhere"
        }
        Kind::Locked => {
            "lock a bucket that holds a copy for as long as that is asked for: for a repository as long as the policy looks \
             ahead, for files and items until nobody asks for them any more (`retain`), for dumps until the next one is \
             there; or keep one on a host that is not always on"
        }
    }
}

fn finding(diagnostic: Diagnostic, classes: Vec<ClassId>, context: &Context<'_>) -> Finding {
    let subject = classes
        .iter()
        .map(|c| context.class_name(*c))
        .collect::<Vec<_>>()
        .join(" ");
    Finding {
        diagnostic: diagnostic.about(subject),
        obligation: Obligation::Copies,
        classes,
        subjects: Vec::new(),
        fault: None,
        floor: false,
    }
}
