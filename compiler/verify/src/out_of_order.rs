//! What fails only if a phase comes before an earlier one that is late, and of what ended steps have left also what fails
//! if one is late in order: then nobody takes it away meanwhile.
//!
//! Each such calendar is planned and decided as if it were the policy's own. A verdict that holds while phases come in
//! order, and not then, is a warning: one for each calendar, with the case of the first one that fails.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;
use jiff::civil::Date;
use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_model::{Class, ClassId, Lifetime, Obligation, Phase, Verb};
use thrice_plan::calendar::days_between;
use thrice_plan::{Leave, Overtaken, Plan};

use crate::acceptance;
use crate::obligations::IF_LATE;
use crate::verification::{Finding, Verification};
use crate::wording::list;

/// Something fails if phases come in another order.
const OUT_OF_ORDER: Code = Code("T1207");
/// Something fails of what steps have left if a phase comes late.
const LEFT_LONGER: Code = Code("T1209");
/// There are too many orders for all to be asked about.
const NOT_ALL: Code = Code("T1208");
/// Orders that are looked at.
const LOOKED_AT: usize = 5_000;
/// Orders in which all there is to decide is decided: each takes about as long as the whole policy.
const DECIDED: usize = 64;
/// Verdicts that are named besides the one whose case is told.
const NAMED: usize = 3;

/// What was found where phases come in other orders.
#[derive(Default)]
pub(crate) struct Found {
    /// In order, but late: what came of what steps have left.
    late: Vec<(Overtaken, Verification)>,
    on: Vec<(Overtaken, Verification)>,
    /// Whether there are orders that were not asked about.
    more: bool,
}

/// Decides on each calendar on which a phase comes before an earlier one, as far as anything can differ there.
pub(crate) fn out_of_order(
    plan: &Plan,
    mut decide: impl FnMut(&Plan, Option<BTreeSet<ClassId>>) -> Verification,
) -> Found {
    let (calendars, more) = Overtaken::some(&plan.model, LOOKED_AT);
    let mut out = Found {
        more,
        ..Found::default()
    };
    if calendars.is_empty() {
        return out;
    }
    let days = Days::of(plan);
    for calendar in calendars {
        let Some(classes) = days.concerned(&calendar) else {
            continue;
        };
        if out.on.len() == DECIDED {
            out.more = true;
            break;
        }
        let (other, _) = calendar.plan(plan);
        let only = match classes {
            Concerned::All => None,
            Concerned::Only(classes) => Some(classes),
        };
        out.on.push((calendar, decide(&other, only)));
    }
    out
}

/// Decides of what ended steps have left, on each calendar on which a phase is late in order. All else that can be
/// late its own obligation asks about.
pub(crate) fn left_longer(
    plan: &Plan,
    found: &mut Found,
    mut decide: impl FnMut(&Plan, &[Obligation]) -> Verification,
) {
    let steps = &plan.model.steps;
    let left = plan.copies.iter().any(|(_, copy)| {
        let by = copy.made_by.map(|by| steps[by].lifetime.until);
        by.flatten().is_some() || (copy.made_by.is_some() && copy.lifetime.until.is_some())
    });
    let mut classes = plan.model.classes.iter();
    let asks = |class: &Class| class.asked().retain_at_most.is_some() || !class.fields.is_empty();
    if !left || !classes.any(|(_, class)| asks(class)) {
        return;
    }
    for calendar in Overtaken::in_order(plan) {
        let (other, _) = calendar.plan(plan);
        let came = decide(&other, &[Obligation::Erasure, Obligation::Flow]);
        found.late.push((calendar, came));
    }
}

/// Adds a warning for each calendar on which something fails that does not if phases come in order.
pub(crate) fn tell(plan: &Plan, found: Found, out: &mut Verification) {
    let failing = out.findings.iter().filter(|finding| fails(finding));
    let known: Vec<Claim> = failing
        .flat_map(|finding| Claim::all(plan, finding))
        .collect();
    let mut known: BTreeSet<Claim> = known.into_iter().collect();
    out.findings.extend(found.more.then(|| not_all(plan)));
    for (calendar, verification) in found.late.into_iter().chain(found.on) {
        out.internal.extend(verification.internal);
        // What is accepted of single faults fails nowhere, and on this calendar alone it may be that it is needed.
        for (acceptance, count) in verification.covered {
            out.covered.entry(acceptance).or_insert(count);
        }
        out.floor_covered.extend(verification.floor_covered);
        let is_new = |finding: &Finding| {
            fails(finding)
                && finding.obligation != Obligation::Sense
                && !Claim::all(plan, finding)
                    .iter()
                    .all(|claim| known.contains(claim))
        };
        // What somebody accepts takes nothing else along that fails with it.
        let mut new: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
        for finding in verification.findings.into_iter().filter(is_new) {
            let same = new.entry(acceptance::rank_of(plan, &finding));
            same.or_default().push(finding);
        }
        let mut all = BTreeSet::new();
        for new in new.into_values() {
            let claims = new.iter().flat_map(|finding| Claim::all(plan, finding));
            let claims: BTreeSet<Claim> = claims.filter(|claim| !known.contains(claim)).collect();
            out.findings.extend(warning(plan, &calendar, &claims, new));
            all.extend(claims);
        }
        // What one late phase brings about is not told of several again.
        known.extend(all);
    }
}

/// What fails: an obligation of a class or of another thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    obligation: Obligation,
    of: EcoString,
}

impl Claim {
    /// Those that a finding says do not hold.
    fn all(plan: &Plan, finding: &Finding) -> Vec<Self> {
        let classes = finding.classes.iter();
        let classes = classes.map(|id| plan.model.classes[*id].named.name.clone());
        let subjects = finding.subjects.iter().map(EcoString::from);
        let mut of: Vec<EcoString> = classes.chain(subjects).collect();
        if of.is_empty() {
            of.push(EcoString::from(finding.diagnostic.code.0));
        }
        let claim = |of| Self {
            obligation: finding.obligation,
            of,
        };
        of.into_iter().map(claim).collect()
    }

    fn words(&self) -> String {
        format!("{} of `{}`", self.obligation.word(), self.of)
    }
}

/// Whether a finding says that something fails, or would if a phase came late.
fn fails(finding: &Finding) -> bool {
    let diagnostic = &finding.diagnostic;
    matches!(diagnostic.severity, Severity::Error | Severity::Unknown)
        || IF_LATE.contains(&diagnostic.code)
}

/// What is said of a calendar on which some claims fail that hold if phases come in order.
fn warning(
    plan: &Plan,
    calendar: &Overtaken,
    claims: &BTreeSet<Claim>,
    findings: Vec<Finding>,
) -> Option<Finding> {
    let obligation = findings.first()?.obligation;
    // Who accepts another obligation of a class accepts nothing of this one.
    let same = || findings.iter().filter(|f| f.obligation == obligation);
    let classes: BTreeSet<ClassId> = same().flat_map(|f| &f.classes).copied().collect();
    let subjects: BTreeSet<String> = same().flat_map(|f| &f.subjects).cloned().collect();
    let floor = findings.iter().any(|finding| finding.floor);
    let first = findings.into_iter().next()?;
    let phases = |on: &dyn Fn(Date) -> bool| -> Vec<&Phase> {
        let phases = plan.model.phases.iter().map(|(_, phase)| phase);
        phases.filter(|phase| on(phase.start)).collect()
    };
    let late = phases(&|day| calendar.comes.contains_key(&day));
    let by = phases(&|day| calendar.by.contains(&day));
    let names = |phases: &[&Phase]| list(phases.iter().map(|phase| phase.named.name.as_str()));
    let own = Claim::all(plan, &first);
    let mut others: Vec<String> = claims
        .iter()
        .filter(|claim| !own.contains(claim))
        .map(Claim::words)
        .collect();
    if others.len() > NAMED {
        let more = others.split_off(NAMED).len();
        others.push(format!("{more} more"));
    }
    let also = match others.is_empty() {
        true => String::new(),
        false => format!(" (and so {})", others.join(", ")),
    };
    let (late_names, by_names) = (names(&late), names(&by));
    let told = first.diagnostic;
    let first_late = late.iter().min_by_key(|phase| phase.start)?;
    let comes = |phase: &Phase| {
        calendar
            .comes
            .get(&phase.start)
            .copied()
            .unwrap_or(phase.start)
    };
    let (code, when) = match by.is_empty() {
        true => {
            let days = days_between(first_late.start, comes(first_late));
            let unit = if days == 1 { "day" } else { "days" };
            let name = &first_late.named.name;
            (LEFT_LONGER, format!("`{name}` comes {days} {unit} late"))
        }
        false => {
            let verb = if late.len() == 1 { "comes" } else { "come" };
            (
                OUT_OF_ORDER,
                format!("{late_names} {verb} only after {by_names}"),
            )
        }
    };
    let message = format!("if {when}: {}{also}", told.message);
    let mut diagnostic = Diagnostic::warning(code, message);
    for phase in &late {
        let comes = comes(phase);
        diagnostic = diagnostic.at(phase.named.span, format!("may come as late as {comes}"));
    }
    for phase in &by {
        let day = phase.start;
        diagnostic = diagnostic.at(phase.named.span, format!("comes on {day} all the same"));
    }
    for label in told.labels {
        diagnostic = diagnostic.at(label.span, label.text);
    }
    diagnostic.case = told.case;
    let help = match by.first() {
        None => format!(
            "promise a smaller `slip` for `{}`, or let somebody clear what is left who does not wait for it",
            first_late.named.name
        ),
        Some(first_by) => format!(
            "promise a smaller `slip` for `{}`, or let the other wait for it: a phase whose date is counted from another \
         one, as in `phase {} = {} + 1 month`, never comes before that one",
            late.first()?.named.name,
            first_by.named.name,
            late.first()?.named.name,
        ),
    };
    Some(Finding {
        diagnostic: diagnostic.help(help),
        obligation,
        classes: classes.into_iter().collect(),
        subjects: subjects.into_iter().collect(),
        fault: first.fault,
        floor,
    })
}

/// What is said where not all orders were asked about.
fn not_all(plan: &Plan) -> Finding {
    let phases = plan.model.phases.iter().map(|(_, phase)| phase);
    let free = phases.skip(1).filter(|phase| phase.waits_for.is_none());
    let message = format!(
        "phases may come in more than {DECIDED} orders that matter: not all were asked about"
    );
    let diagnostic = free
        .take(NAMED)
        .fold(Diagnostic::warning(NOT_ALL, message), |told, phase| {
            told.at(phase.named.span, "may be late, and waits for no other one")
        });
    let help = "count phases from those that they wait for (`phase later = earlier + 1 month`), or promise smaller slips";
    Finding {
        diagnostic: diagnostic.help(help),
        obligation: Obligation::Survival,
        classes: Vec::new(),
        subjects: Vec::new(),
        fault: None,
        floor: false,
    }
}

/// Of whom to decide anew.
enum Concerned {
    All,
    Only(BTreeSet<ClassId>),
}

/// The days on which anything begins or ends, as far as it matters in which order they come.
struct Days {
    /// Of what many rest on: where things are, who may do what, what is asked for, what is paid.
    shared: BTreeSet<Date>,
    /// On which something ends.
    ends: BTreeSet<Date>,
    /// On which something begins or ends that is done to whatever lies in a place.
    in_place: BTreeSet<Date>,
    /// Of steps.
    steps: BTreeSet<Date>,
    /// Whether keys come back with data, or are held by whoever runs a step that uses them.
    keys: bool,
    /// The classes for which there are copies, steps and stores of the same days.
    classes: BTreeMap<BTreeSet<Date>, BTreeSet<ClassId>>,
}

impl Days {
    fn of(plan: &Plan) -> Self {
        let model = &plan.model;
        let hosts = model.hosts.iter().map(|(_, host)| host.lifetime);
        let services = model.services.iter().map(|(_, service)| service.lifetime);
        let vaults = model.vaults.iter().map(|(_, vault)| vault.lifetime);
        let mounts = model.mounts.iter().map(|mount| mount.lifetime);
        let asked = model.requirements.iter().map(|asked| asked.lifetime);
        let costs = model.costs.iter().map(|cost| cost.lifetime);
        let steps = model.steps.iter().map(|(_, step)| step);
        let in_place = steps.clone().filter(|step| {
            matches!(
                step.verb,
                Verb::Expire { .. }
                    | Verb::Move { .. }
                    | Verb::Prune
                    | Verb::Check(_)
                    | Verb::Drill
            )
        });
        let mut ends: BTreeSet<Date> = model.lifetimes().filter_map(|life| life.until).collect();
        let copies = plan.copies.iter().map(|(_, copy)| copy);
        ends.extend(copies.filter_map(|copy| copy.lifetime.until));
        let unsaid = model.keys.iter().any(|(_, key)| key.held.is_empty());
        let with_data = model.vaults.iter().any(|(_, vault)| vault.data.is_some());
        Self {
            shared: days(
                hosts
                    .chain(services)
                    .chain(vaults)
                    .chain(mounts)
                    .chain(asked)
                    .chain(costs),
            ),
            ends,
            in_place: days(in_place.map(|step| step.lifetime)),
            steps: days(steps.map(|step| step.lifetime)),
            keys: unsaid || with_data,
            classes: by_days(plan),
        }
    }

    /// Whom it can matter to that phases come in another order: those of which something begins or ends both with
    /// a phase that is late and with one that comes before it. What ends late is there beside what has begun
    /// meanwhile, and can be in the way of anybody.
    fn concerned(&self, calendar: &Overtaken) -> Option<Concerned> {
        let late = |days: &BTreeSet<Date>| days.iter().any(|day| calendar.comes.contains_key(day));
        let early = |days: &BTreeSet<Date>| !days.is_disjoint(&calendar.by);
        let any = |of: &dyn Fn(&BTreeSet<Date>) -> bool| {
            of(&self.shared) || of(&self.steps) || self.classes.keys().any(of)
        };
        if !any(&late) || !any(&early) {
            return None;
        }
        if late(&self.ends)
            || late(&self.shared)
            || early(&self.shared)
            || late(&self.in_place)
            || self.keys && late(&self.steps)
        {
            return Some(Concerned::All);
        }
        let both = self
            .classes
            .iter()
            .filter(|(days, _)| late(days) && early(days));
        let classes: BTreeSet<ClassId> = both.flat_map(|(_, classes)| classes).copied().collect();
        (!classes.is_empty()).then_some(Concerned::Only(classes))
    }
}

fn days(lives: impl Iterator<Item = Lifetime>) -> BTreeSet<Date> {
    lives
        .flat_map(|life| [Some(life.from), life.until])
        .flatten()
        .collect()
}

/// The classes by the days of all that their copies rest on, and of what they are restored with.
fn by_days(plan: &Plan) -> BTreeMap<BTreeSet<Date>, BTreeSet<ClassId>> {
    let model = &plan.model;
    let mut of: BTreeMap<ClassId, BTreeSet<Date>> = BTreeMap::new();
    for (_, copy) in plan.copies.iter() {
        let steps = copy
            .made_by
            .into_iter()
            .chain(copy.leaves.iter().map(Leave::by));
        let steps = steps.map(|step| model.steps[step].lifetime);
        let store = model.stores[copy.location.store].lifetime;
        let class = model.classes[copy.class].lifetime;
        let lives = steps.chain([copy.lifetime, store, class]);
        of.entry(copy.class).or_default().extend(days(lives));
    }
    // What a class is restored with may need something in turn.
    loop {
        let mut more: Vec<(ClassId, BTreeSet<Date>)> = Vec::new();
        for (class, own) in &of {
            let needs = model.classes[*class].needs.iter();
            let theirs = needs.filter_map(|need| of.get(&need.class)).flatten();
            let theirs: BTreeSet<Date> = theirs.copied().collect();
            if !theirs.is_subset(own) {
                more.push((*class, theirs));
            }
        }
        if more.is_empty() {
            break;
        }
        for (class, theirs) in more {
            of.entry(class).or_default().extend(theirs);
        }
    }
    let mut out: BTreeMap<BTreeSet<Date>, BTreeSet<ClassId>> = BTreeMap::new();
    for (class, days) in of {
        out.entry(days).or_default().insert(class);
    }
    out
}
