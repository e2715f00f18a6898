//! Obligation 2: for every set of faults that the policy asks to survive, and at every moment, some
//! usable copy of the class and of all that it must be restored with.
//!
//! And the floor, which no policy need ask for: every class survives the loss of its own host, and
//! with it of any host that holds no copy (an orchestrator, a vault), through a copy elsewhere that a
//! deletion upstream spares.

use std::collections::{BTreeMap, BTreeSet};

use thrice_diagnostics::{Code, Diagnostic, Severity, Span};
use thrice_model::{ClassId, Demand, Obligation, Target};
use thrice_plan::{CopyId, CopyKind, Period};

use super::copies::{last_age, settling};
use crate::context::Context;
use crate::faults::{self, Fault, FaultSet, Struck, Why, strike};
use crate::presence::{Answer, Question, Run, Symbolized, symbolize};
use crate::verification::{Engine, Finding, Verdict, Verification};
use crate::wording::{age, list, moment, some};

const REQUIRED: Code = Code("T1201");
const FLOOR: Code = Code("T1202");
const NEEDED: Code = Code("T1203");
const VACUOUS: Code = Code("T1204");

/// What is asked, and who asks it.
struct Ask {
    faults: FaultSet,
    /// The words of the requirement; `None` for the floor.
    span: Option<Span>,
    /// Whether a copy must be spared by a deletion upstream to count.
    spared: bool,
}

/// Faults that leave nothing of a class.
struct Violation {
    /// Classes alike: the first one is told of.
    classes: Vec<ClassId>,
    period: usize,
    /// The class of which nothing is left: the class itself, or one it is restored with.
    lost: ClassId,
    symbolized: Symbolized,
    useless: BTreeMap<CopyId, Why>,
    run: Option<Run>,
    unknown: Option<String>,
}

pub(crate) fn decide(context: &Context<'_>, out: &mut Verification) {
    let mut state = Decider { context, symbols: BTreeMap::new(), groups: BTreeMap::new(), verdicts: BTreeMap::new() };
    for (index, period) in context.plan.periods.iter().enumerate() {
        let classes = context.classes_in(period);
        let alike = context.alike(&classes, period);
        state.symbols = symbols(context, &alike, period);
        for requirement in &context.plan.model.requirements {
            let Demand::Survive(survive) = &requirement.demand else { continue };
            if !Context::in_force(requirement.lifetime, period) {
                continue;
            }
            let sets = faults::sets(context, survive, period);
            if sets.is_empty() {
                out.findings.push(vacuous(requirement.span, &period.name));
            }
            for set in sets {
                let ask = Ask { faults: set, span: Some(requirement.span), spared: false };
                let chosen = within(&alike, &requirement.selection.classes);
                state.ask(&ask, &chosen, index);
            }
        }
        state.floor(&alike, index, period);
    }
    state.finish(out);
}

struct Decider<'c, 'p> {
    context: &'c Context<'p>,
    symbols: BTreeMap<ClassId, Symbolized>,
    /// Violations by root cause.
    groups: BTreeMap<(Option<Span>, FaultSet, String), (Ask, Vec<Violation>)>,
    verdicts: BTreeMap<(ClassId, usize), Attained>,
}

/// What came out for a class in a period, over all fault sets.
struct Attained {
    /// The weakest engine.
    engine: Engine,
    /// Whether all held.
    holds: bool,
    /// Faults after which the live data alone is left.
    only_live: BTreeSet<Fault>,
}

impl Default for Attained {
    fn default() -> Self {
        Self { engine: Engine::Evaluated, holds: true, only_live: BTreeSet::new() }
    }
}

impl Decider<'_, '_> {
    /// Asks about each kind of class alike once.
    fn ask(&mut self, ask: &Ask, alike: &[Vec<ClassId>], index: usize) {
        let struck = strike(self.context, &ask.faults);
        for classes in alike {
            let Some(class) = classes.first() else { continue };
            let needs: Vec<ClassId> = std::iter::once(*class)
                .chain(self.context.plan.model.classes[*class].needs.iter().map(|n| n.class))
                .collect();
            for lost in needs {
                let violation = self.decide_one(ask, &struck, classes, lost, index);
                let held = violation.is_none();
                let engine = match &violation {
                    None => Engine::Evaluated,
                    Some(v) if v.unknown.is_some() => Engine::Unknown,
                    Some(v) if v.run.is_some() => Engine::Refuted,
                    Some(_) => Engine::Evaluated,
                };
                for class in classes {
                    let entry = self.verdicts.entry((*class, index)).or_default();
                    entry.engine = entry.engine.max(engine);
                    entry.holds &= held;
                }
                if let Some(violation) = violation {
                    self.file(ask, violation);
                    break;
                }
            }
        }
    }

    fn decide_one(
        &mut self,
        ask: &Ask,
        struck: &Struck,
        classes: &[ClassId],
        lost: ClassId,
        index: usize,
    ) -> Option<Violation> {
        let context = self.context;
        let symbolized = self.symbols.get(&lost)?;
        let ids = &symbolized.copies;
        let useless = struck.useless(context, ids);
        let counts = |id: &CopyId| {
            let copy = &context.plan.copies[*id];
            let spared = !ask.spared || (copy.kind != CopyKind::Live && !copy.propagates && (copy.history || copy.kind != CopyKind::Mirror));
            copy.counts && spared && !useless.contains_key(id)
        };
        let members: Vec<(usize, u32)> =
            ids.iter().enumerate().filter(|(_, id)| counts(id)).map(|(i, _)| (i, 0)).collect();
        let violation = |run, unknown| Violation {
            classes: classes.to_vec(),
            period: index,
            lost,
            symbolized: symbolized.clone(),
            useless: useless.clone(),
            run,
            unknown,
        };
        // From the age on at which the fastest copy, spared or not, is surely made: what is lost of
        // younger data is the recovery point's.
        let elsewhere: Vec<(usize, u32)> = ids
            .iter()
            .enumerate()
            .filter(|(_, id)| context.plan.copies[**id].counts && context.plan.copies[**id].kind != CopyKind::Live)
            .map(|(i, _)| (i, 0))
            .collect();
        let live_there = members.iter().any(|(i, _)| {
            ids.get(*i).is_some_and(|id| context.plan.copies[*id].kind == CopyKind::Live)
        });
        let settle = if live_there { Some(0) } else { settling(context, ids, &members, 1).or_else(|| settling(context, ids, &elsewhere, 1)) };
        let Some(from) = settle.filter(|_| !members.is_empty()) else { return Some(violation(None, None)) };
        let class_data = &context.plan.model.classes[lost];
        let window = context
            .plan
            .model
            .policy
            .response
            .0
            .saturating_add(class_data.rto.map_or(0, |(t, _)| t.0));
        let question = Question { members, need: 1, from, to: last_age(context, lost), window };
        let system = symbolized.struck(|id| counts(&id));
        let only_live = question.members.iter().all(|(i, _)| {
            ids.get(*i).is_some_and(|id| context.plan.copies[*id].kind == CopyKind::Live)
        });
        match context.answers.ask(&system, &question) {
            answer @ (Answer::Evaluated | Answer::Proved) => {
                let engine = if answer == Answer::Proved { Engine::Proved } else { Engine::Evaluated };
                for class in classes {
                    let entry = self.verdicts.entry((*class, index)).or_default();
                    entry.engine = entry.engine.max(engine);
                    if only_live {
                        entry.only_live.extend(ask.faults.iter().copied());
                    }
                }
                None
            }
            Answer::Refuted(run) => Some(violation(Some(run), None)),
            Answer::Unknown(why) => Some(violation(None, Some(why))),
        }
    }

    /// The floor: the loss of the class's own host, alone and together with each host that holds none
    /// of its copies.
    fn floor(&mut self, alike: &[Vec<ClassId>], index: usize, period: &Period) {
        let model = &self.context.plan.model;
        let hosts: Vec<_> =
            model.hosts.iter().filter(|(_, h)| h.lifetime.contains(period.from)).map(|(id, _)| id).collect();
        for classes in alike {
            let Some(class) = classes.first() else { continue };
            let one = std::slice::from_ref(classes);
            let home = self.context.plan.host_of(model.classes[*class].home.store);
            let own = Fault::Loss(Target::Host(home));
            let before = self.groups.values().map(|(_, v)| v.len()).sum::<usize>();
            self.ask(&Ask { faults: vec![own], span: None, spared: true }, one, index);
            if self.groups.values().map(|(_, v)| v.len()).sum::<usize>() > before {
                continue;
            }
            for other in &hosts {
                let holds = self.symbols.get(class).is_some_and(|s| {
                    s.copies.iter().any(|id| self.context.host(&self.context.plan.copies[*id]) == *other)
                });
                if !holds {
                    let mut faults = vec![own, Fault::Loss(Target::Host(*other))];
                    faults.sort_unstable();
                    self.ask(&Ask { faults, span: None, spared: false }, one, index);
                }
            }
        }
    }

    fn file(&mut self, ask: &Ask, violation: Violation) {
        let cause: Vec<String> = violation
            .useless
            .values()
            .map(|why| format!("{why:?}"))
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        let whose = if violation.classes.contains(&violation.lost) { "own" } else { "needed" };
        let key = (ask.span, ask.faults.clone(), format!("{whose} {} {}", violation.run.is_some(), cause.join(" ")));
        let copy = Ask { faults: ask.faults.clone(), span: ask.span, spared: ask.spared };
        self.groups.entry(key).or_insert_with(|| (copy, Vec::new())).1.push(violation);
    }

    fn finish(self, out: &mut Verification) {
        for ((class, index), attained) in &self.verdicts {
            let period = self.context.plan.periods.get(*index).map_or("", |p| p.name.as_str());
            let name = self.context.class_name(*class);
            let only: Vec<String> =
                attained.only_live.iter().map(|f| faults::words(self.context, *f)).collect();
            if attained.holds && !only.is_empty() {
                out.only_live.push(format!("`{name}` in `{period}` if {}", only.join(", or ")));
            }
            out.verdicts.push(Verdict {
                obligation: Obligation::Survival,
                subject: name.to_owned(),
                period: period.to_owned(),
                engine: attained.engine,
                holds: attained.holds,
                note: if only.is_empty() { String::new() } else { "partly through the live data alone".to_owned() },
            });
        }
        for (ask, violations) in self.groups.values() {
            if let Some(finding) = tell(self.context, ask, violations) {
                out.findings.push(finding);
            }
        }
    }
}

/// The systems of the first class of each group, and of those that any class needs.
fn symbols(context: &Context<'_>, alike: &[Vec<ClassId>], period: &Period) -> BTreeMap<ClassId, Symbolized> {
    let firsts = alike.iter().filter_map(|group| group.first().copied());
    let needed = alike.iter().filter_map(|group| group.first()).flat_map(|class| {
        context.plan.model.classes[*class].needs.iter().map(|n| n.class)
    });
    let wanted: BTreeSet<ClassId> = firsts.chain(needed).collect();
    wanted.into_iter().map(|c| (c, symbolize(context, &context.copies_in(c, period)))).collect()
}

/// The classes of each group that are selected; groups stay apart.
fn within(alike: &[Vec<ClassId>], selected: &[ClassId]) -> Vec<Vec<ClassId>> {
    let selected: BTreeSet<ClassId> = selected.iter().copied().collect();
    alike
        .iter()
        .map(|group| group.iter().copied().filter(|c| selected.contains(c)).collect::<Vec<_>>())
        .filter(|group| !group.is_empty())
        .collect()
}

fn vacuous(span: Span, period: &str) -> Finding {
    Finding {
        diagnostic: Diagnostic::warning(VACUOUS, format!("this requirement names no fault that can happen in `{period}`"))
            .at(span, "nothing of these kinds is there")
            .help("declare what it is about, or take it away"),
        obligation: Obligation::Survival,
        classes: Vec::new(),
        subjects: Vec::new(),
        fault: None,
    }
}

fn tell(context: &Context<'_>, ask: &Ask, violations: &[Violation]) -> Option<Finding> {
    let first = violations.first()?;
    let mut classes: Vec<ClassId> = violations.iter().flat_map(|v| v.classes.iter().copied()).collect();
    classes.sort_unstable();
    classes.dedup();
    let mut periods: Vec<usize> = violations.iter().map(|v| v.period).collect();
    periods.sort_unstable();
    periods.dedup();
    let plan = context.plan;
    let names = some(classes.iter().map(|c| context.class_name(*c)));
    let phases = list(periods.iter().filter_map(|p| plan.periods.get(*p)).map(|p| p.name.as_str()));
    let what: Vec<String> = ask.faults.iter().map(|f| faults::words(context, *f)).collect();
    let what = what.join(", ");
    let class_id = *first.classes.first()?;
    let code = if first.lost != class_id {
        NEEDED
    } else if ask.span.is_none() {
        FLOOR
    } else {
        REQUIRED
    };
    let message = match (&first.unknown, first.lost == class_id) {
        (Some(why), _) => format!("not decided whether {names} survive if {what}: {why}"),
        (None, true) => format!("nothing of {names} is left in {phases} if {what}"),
        (None, false) => format!(
            "{names} cannot be restored in {phases} if {what}: nothing of `{}`, which it needs, is left",
            context.class_name(first.lost)
        ),
    };
    let severity = if first.unknown.is_some() { Severity::Unknown } else { Severity::Error };
    let engine = match (&first.unknown, &first.run) {
        (Some(_), _) => Engine::Unknown,
        (None, Some(_)) => Engine::Refuted,
        (None, None) => Engine::Evaluated,
    };
    let mut diagnostic = Diagnostic::new(code, severity, message).by(engine.word());
    if let Some(span) = ask.span {
        diagnostic = diagnostic.at(span, "asked for here");
    }
    for fault in &ask.faults {
        if let Some(span) = faults::place(context, *fault) {
            diagnostic = diagnostic.at(span, faults::words(context, *fault));
        }
    }
    let class = &plan.model.classes[class_id];
    diagnostic = diagnostic.at(class.named.span, format!("`{}` lives on `{}`", class.named.name, context.store_name(class.home.store)));
    let period = plan.periods.get(first.period)?;
    diagnostic = match &first.run {
        Some(run) => {
            let told = |id: CopyId| first.useless.get(&id).map(|why| why_words(context, *why));
            let diagnostic = diagnostic.event(moment(period.from, run.struck), what.clone());
            tell_run(context, &first.symbolized, run, period, diagnostic, &told)
        }
        None => useless_copies(context, first, diagnostic),
    };
    diagnostic = diagnostic.help(advice(ask, first));
    let fault = match ask.faults.as_slice() {
        [Fault::Loss(target)] => Some(*target),
        _ => None,
    };
    let subject = classes.iter().map(|c| context.class_name(*c)).collect::<Vec<_>>().join(" ");
    Some(Finding {
        diagnostic: diagnostic.about(subject),
        obligation: Obligation::Survival,
        classes,
        subjects: Vec::new(),
        fault,
    })
}

fn advice(ask: &Ask, violation: &Violation) -> &'static str {
    let whys = || violation.useless.values();
    if whys().any(|w| matches!(w, Why::KeyLost(_))) {
        "hold the key in a second place that does not fall with the first: `held on …, VAULT`"
    } else if whys().any(|w| *w == Why::Propagated) {
        "a sync carries deletions: give its destination versions of its own (`snapshots`, `versioning on`, `backup dir`)"
    } else if ask.span.is_none() {
        "every class needs a restorable copy on another host that a deletion upstream spares, and a key that outlives both hosts"
    } else {
        "make a copy that these faults do not reach, or accept the risk with a reason, a name and an end"
    }
}

fn why_words(context: &Context<'_>, why: Why) -> String {
    match why {
        Why::StoreLost => "gone with its store".to_owned(),
        Why::Deleted => "deleted".to_owned(),
        Why::Propagated => "the sync carries the deletion here".to_owned(),
        Why::KeyLost(key) => {
            format!("unreadable: every holder of key `{}` is gone", context.plan.model.keys[key].named.name)
        }
        Why::Damaged => "holds the damage: no version from before it".to_owned(),
        Why::LiveDataLost => "not counted: what matters is what is left without it".to_owned(),
    }
}

fn useless_copies(context: &Context<'_>, violation: &Violation, mut diagnostic: Diagnostic) -> Diagnostic {
    for id in &violation.symbolized.copies {
        let copy = &context.plan.copies[*id];
        let store = context.store_name(copy.location.store);
        let why = match (violation.useless.get(id), copy.kind) {
            (_, CopyKind::Transit) => "in transit, never counts".to_owned(),
            (_, CopyKind::Seed) => "a seed, never counts".to_owned(),
            (Some(why), _) => why_words(context, *why),
            (None, _) if copy.propagates => "a deletion upstream reaches it".to_owned(),
            (None, _) => "made too late, or by hand at no stated time".to_owned(),
        };
        let what = match copy.made_by {
            None => format!("the data on `{store}`: {why}"),
            Some(step) => format!("copy on `{store}` by `{}`: {why}", context.plan.model.steps[step].named.name),
        };
        diagnostic = diagnostic.event("", what);
    }
    if violation.symbolized.copies.len() == 1 {
        diagnostic = diagnostic.event("", "there is no other copy");
    }
    diagnostic
}

/// Tells a run in the order of time: when the item enters and leaves each copy up to the age asked.
pub(super) fn tell_run(
    context: &Context<'_>,
    symbolized: &Symbolized,
    run: &Run,
    period: &Period,
    mut diagnostic: Diagnostic,
    why: &dyn Fn(CopyId) -> Option<String>,
) -> Diagnostic {
    let plan = context.plan;
    let mut events: Vec<(i64, usize, String)> = Vec::new();
    for (node, id) in symbolized.copies.iter().enumerate() {
        let copy = &plan.copies[*id];
        let store = context.store_name(copy.location.store);
        let step = copy.made_by.map_or("", |s| plan.model.steps[s].named.name.as_str());
        match run.stay(node) {
            None => events.push((run.age, node, format!("it never reaches `{store}`: `{step}` came too late"))),
            Some((entered, _)) if entered > run.age => {
                events.push((entered, node, format!("only now `{step}` would bring it to `{store}`")));
            }
            Some((entered, _)) => {
                let text = if copy.made_by.is_none() {
                    format!("something is written on `{store}`")
                } else {
                    format!("`{step}` has brought it to `{store}`")
                };
                events.push((entered, node, text));
            }
        }
        if let Some(left) = run.leaves(node).filter(|at| *at <= run.age) {
            let by: Vec<&str> = copy.leaves.iter().map(|l| plan.model.steps[l.by()].named.name.as_str()).collect();
            events.push((left, node, format!("it leaves `{store}` ({})", list(by))));
        }
        if let Some(why) = why(*id).filter(|_| run.is_in(node)) {
            events.push((run.struck, node, format!("on `{store}`: {why}")));
        }
    }
    events.sort();
    for (at, _, what) in events {
        diagnostic = diagnostic.event(moment(period.from, at), what);
    }
    let left: Vec<&str> = symbolized
        .copies
        .iter()
        .enumerate()
        .filter(|(node, id)| run.is_in(*node) && plan.copies[**id].counts && why(**id).is_none())
        .map(|(_, id)| context.store_name(plan.copies[*id].location.store))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let left = if left.is_empty() { "nothing is left".to_owned() } else { format!("left: {}", list(left)) };
    diagnostic.event(moment(period.from, run.age), format!("at the age of {}: {left}", age(run.age)))
}
