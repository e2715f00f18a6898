//! Plays the case of a violation on the simulator before anybody sees it.
//!
//! The simulator shares nothing with the evaluation but the plan: it runs the schedules from the beginning
//! on, run by run. Set up are the runs that the case names: those that the oldest newest version comes
//! through start on time, those after them are missed, and all others of these steps start late and take
//! long. Then the faults strike, just before a newer version would be there.
//!
//! Where that takes phases that come late, they come so late in the play.
//!
//! Not played is what has no single course: an age without bound, one that is only bounded (a step is
//! taken without its phase), and versions of what is written in place, half of which may be read in any run. Where
//! something may empty a place before it is read, or not, a newer age is no mismatch.
//! Faults that do their harm in the course of time (hostile hands, deletions that travel, damage) do not
//! strike on the simulator here: which copies they leave is what obligation 2 plays.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use thrice_model::{ClassId, StepId, Strike, Verb};
use thrice_plan::calendar::{going_on, midnight};
use thrice_plan::staleness::Known;
use thrice_plan::{CopyId, Missed, Period};
use thrice_quantity::Seconds;
use thrice_simulate::{Case, Choices, RunChoice, simulate};

use super::super::playing::{self, NO_DATES, Played, lost};
use super::asker::Asker;
use super::tell::passages;
use super::unwatched;
use super::{Violation, path};
use crate::context::Context;
use crate::faults::{Useless, Why, strike};

/// A case that can be played.
struct Setup {
    /// The copies that are counted on, the one first that has the oldest newest version.
    copies: Vec<CopyId>,
    /// Those of the class that may hold a newer version when it is judged.
    judged: BTreeSet<CopyId>,
    /// Those that do not if phases come so late: nothing has filled them yet.
    unfilled: BTreeSet<CopyId>,
    case: Case,
}

/// Whether the newest version is as old as a violation says; why not, if it is younger.
pub(super) fn confirm(context: &Context<'_>, violation: &Violation) -> Result<Played, String> {
    let oldest = &violation.attained.oldest;
    let Some(told) = oldest.age else {
        return Ok(Played::Not("ages without bound"));
    };
    let setup = match setup(context, violation) {
        Ok(setup) => setup,
        Err(rests_on) => return Ok(Played::Not(rests_on)),
    };
    let late = (!violation.late.is_empty()).then(|| playing::late(context.plan, &violation.late));
    let course = simulate(late.as_ref().unwrap_or(context.plan), &setup.case);
    let newest = |also: &BTreeSet<CopyId>| {
        let states = course.outcomes.iter().flat_map(|outcome| &outcome.copies);
        states
            .filter(|state| setup.judged.contains(&state.copy) || also.contains(&state.copy))
            .filter_map(|state| Some((state.newest?, state.copy)))
            .max()
    };
    let age = |at: Timestamp| Seconds(oldest.at.saturating_sub(at.as_second()));
    // Nothing at all is older than anything.
    let Some((_, copy)) = newest(&setup.unfilled).filter(|(at, _)| age(*at) < told) else {
        return Ok(Played::Out);
    };
    let Some((younger, _)) = newest(&BTreeSet::new()).filter(|(at, _)| age(*at) < told) else {
        return Ok(Played::Not("copies that may be filled sooner"));
    };
    let age = age(younger);
    if waits(context, &setup.copies) {
        return Ok(Played::Not("steps that wait for others"));
    }
    if may_be_gone(context, &setup.copies) {
        return Ok(Played::Not("what may be gone before it is read"));
    }
    let store = context.store_name(context.plan.copies[copy].location.store);
    Err(format!(
        "played, the newest version is on `{store}` and {age} old, not {told}"
    ))
}

/// What to play; else what the case rests on.
fn setup(context: &Context<'_>, violation: &Violation) -> Result<Setup, &'static str> {
    let plan = context.plan;
    let oldest = &violation.attained.oldest;
    let missed = violation.missed;
    let period = plan.periods.get(violation.period);
    let (Some(class), Some(period), true) = (violation.classes.first(), period, oldest.exact)
    else {
        return Err("bounds of ages");
    };
    let class = *class;
    let struck = strike(context, &violation.attained.faults, period.from);
    let mut all = context.copies_in(class, period);
    all.extend(violation.ended.iter().flat_map(|ended| &ended.copies));
    let useless = struck.useless(context, &all);
    let (judged, unfilled) = judged(context, violation, (class, period), &useless);
    if judged
        .iter()
        .any(|copy| may_be_torn(context, *copy, missed))
    {
        return Err("captures in place");
    }
    let just_before = Timestamp::from_second(oldest.at.saturating_sub(1));
    let just_before = just_before.map_err(|_| NO_DATES)?;
    let data = |copy: &CopyId| plan.staleness().of(*copy, missed).data_at(oldest.at - 1);
    let made = |copy: &CopyId| plan.copies[*copy].made_by.is_some();
    let mut copies: Vec<CopyId> = judged.iter().copied().filter(made).collect();
    // What is lost has no say in when the steps run that it shares with what is left.
    copies.sort_by_key(|copy| {
        let last = useless.contains(*copy);
        (
            *copy != oldest.copy,
            last,
            std::cmp::Reverse(data(copy)),
            *copy,
        )
    });
    let strikes = lost(&violation.attained.faults).unwrap_or_default();
    let strikes = strikes.into_iter().map(|mishap| Strike {
        at: just_before,
        mishap,
        span: None,
    });
    Ok(Setup {
        case: Case {
            strikes: strikes.collect(),
            from: None,
            judged: just_before,
            classes: [class].into(),
            choices: choices(context, (&copies, &unfilled), violation),
        },
        copies,
        judged,
        unfilled,
    })
}

/// The copies whose newest version counts, and those that nothing has filled yet if phases come late. Where things are
/// lost at once, the simulator finds out by itself what is left; of other faults it is told.
fn judged(
    context: &Context<'_>,
    violation: &Violation,
    (class, period): (ClassId, &Period),
    useless: &Useless,
) -> (BTreeSet<CopyId>, BTreeSet<CopyId>) {
    let (at, missed) = (violation.attained.oldest.at, violation.missed);
    let mut copies = context.copies_in(class, period);
    if let Some(ended) = &violation.ended {
        let counts = |copy: &CopyId| {
            let copy = &context.plan.copies[*copy];
            copy.counts && copy.made_by.is_some()
        };
        let useful = |copy: &CopyId| useless.get(*copy).is_none() && counts(copy);
        let unfilled = copies.into_iter().filter(useful).collect();
        return (ended.copies.iter().copied().collect(), unfilled);
    }
    let at_once = lost(&violation.attained.faults).is_some();
    copies.retain(|copy| match useless.get(*copy) {
        None => true,
        // Faults that leave the data where it lives untouched are asked about as if it were lost as well.
        Some(Why::LiveDataLost) => false,
        Some(_) => at_once,
    });
    // Of these nothing is sure: made on demand, read half written, or failing unseen.
    copies.retain(|copy| context.plan.staleness().kept(*copy, missed).known != Known::Nothing);
    copies.retain(|copy| missed == Missed::Nominal || unwatched(context, *copy).is_none());
    // New ones count from when they are surely filled, unless none is in this period.
    let asker = Asker::new(context, period);
    let settled =
        |copy: &CopyId| asker.filled(*copy, missed, first(context, violation, *copy)) < at;
    let is_made = |copy: &CopyId| context.plan.copies[*copy].made_by.is_some();
    let mut unfilled = BTreeSet::new();
    if copies.iter().filter(|copy| is_made(copy)).any(settled) {
        if !violation.late.is_empty() {
            unfilled.extend(copies.iter().copied().filter(|copy| !settled(copy)));
        }
        copies.retain(settled);
    }
    (copies.into_iter().collect(), unfilled)
}

/// When a copy begins, in Unix seconds.
fn first(context: &Context<'_>, violation: &Violation, copy: CopyId) -> i64 {
    let written = context.plan.copies[copy].lifetime.from;
    midnight(*violation.late.get(&written).unwrap_or(&written))
}

/// The runs as the case has them. Where copies share a step, the first of them has its way: what it leaves
/// out is newer than what the others hold. What is new takes as long as it can to be filled.
fn choices(
    context: &Context<'_>,
    (copies, unfilled): (&[CopyId], &BTreeSet<CopyId>),
    violation: &Violation,
) -> Choices {
    let missed = violation.missed;
    let mut out = Choices::default();
    let mut decided: BTreeSet<StepId> = BTreeSet::new();
    for copy in copies {
        for step in steps(context, *copy) {
            let cadence = &context.plan.cadences[step];
            out.durations.insert(step, cadence.duration.high());
            out.late.insert(step, cadence.jitter);
        }
        for passage in passages(context, (*copy, violation.read_at()), missed) {
            if !decided.insert(passage.step) {
                continue;
            }
            let missed = passage.failing.iter().map(|run| (run, RunChoice::Missed));
            let runs = missed.chain([(&passage.run, RunChoice::OnTime)]);
            let runs = runs.filter_map(|(run, choice)| {
                let due = Timestamp::from_second(run.start()).ok()?;
                Some((due, choice))
            });
            let of_step: BTreeMap<Timestamp, RunChoice> = runs.collect();
            out.runs.insert(passage.step, of_step);
        }
    }
    for copy in unfilled {
        let first = first(context, violation, *copy);
        for step in steps(context, *copy).filter(|step| !decided.contains(step)) {
            let cadence = &context.plan.cadences[step];
            out.durations.insert(step, cadence.duration.high());
            out.late.insert(step, cadence.jitter);
            let fail = usize::try_from(cadence.missed).unwrap_or(usize::MAX);
            let fail = if missed == Missed::Nominal { 0 } else { fail };
            let starts = context.plan.calendars.starts(step);
            let starts = starts.into_iter().flat_map(|starts| starts.iter().copied());
            let runs = starts.filter(|start| *start >= first).take(fail);
            let runs = runs.filter_map(|start| Timestamp::from_second(start).ok());
            let of_step = out.runs.entry(step).or_default();
            of_step.extend(runs.map(|due| (due, RunChoice::Missed)));
        }
    }
    out
}

fn steps(context: &Context<'_>, copy: CopyId) -> impl Iterator<Item = StepId> {
    let path = path(context, copy).into_iter();
    path.filter_map(|id| context.plan.copies[id].made_by)
}

/// Versions of what is written in place: which of them are torn depends on when both sides run.
fn may_be_torn(context: &Context<'_>, copy: CopyId, missed: Missed) -> bool {
    let plan = context.plan;
    path(context, copy).into_iter().any(|id| {
        let copy = &plan.copies[id];
        let writer = copy.source.and_then(|source| plan.copies[source].made_by);
        let in_place = writer.is_some_and(|writer| {
            let verb = &plan.model.steps[writer].verb;
            matches!(verb, Verb::Capture(parts) if !parts.atomic)
        });
        let known = &plan.staleness().of(id, missed).known;
        in_place && copy.history && matches!(known, Known::Runs { .. })
    })
}

/// Whether a step waits for another one than that which fills its source, or for one that may not have begun yet when it
/// is due. Then it reads later than it is due, and so something newer than is counted on, or in the play does not wait and is
/// done sooner: the age is a bound of what can be played.
fn waits(context: &Context<'_>, copies: &[CopyId]) -> bool {
    let plan = context.plan;
    let paths = copies.iter().flat_map(|copy| path(context, *copy));
    paths.into_iter().any(|id| {
        let copy = &plan.copies[id];
        let writer = copy.source.and_then(|source| plan.copies[source].made_by);
        copy.made_by.is_some_and(|step| {
            let mut before = plan.comes_after(step);
            before.any(|other| Some(other) != writer || may_begin_later(context, other, step))
        })
    })
}

/// Whether something may empty the source of a copy on the way before it is read. Whether it does depends on when both run.
fn may_be_gone(context: &Context<'_>, copies: &[CopyId]) -> bool {
    let plan = context.plan;
    let mut paths = copies.iter().flat_map(|copy| path(context, *copy));
    paths.any(|id| plan.emptied_by(id).next().is_some())
}

/// Whether a run of a step may start so late that another step is due before.
fn may_begin_later(context: &Context<'_>, step: StepId, other: StepId) -> bool {
    let plan = context.plan;
    // The end of a backup begins its mirrors, however late that is.
    if plan.model.followed(&plan.model.steps[other]) == Some(step) {
        return false;
    }
    let late = plan.cadences[step].jitter;
    let starts = [step, other].map(|step| plan.calendars.starts(step));
    let [Some(starts), Some(others)] = starts else {
        return false;
    };
    let mut others = others.iter();
    others.any(|due| going_on(starts, late, *due, due.saturating_add(1)).is_some())
}

#[cfg(test)]
mod tests {

    use super::super::crossing::exceeded;
    use super::super::{alike, asked, borne_out, violations};
    use super::*;
    use crate::testing::{assert_refused, plan_of};
    use crate::verification::Verification;

    const PLACES: &str = r#"
policy p "p" { horizon 1 year; response time 60h }
phase t0 = 2026-02-15
phase t1 = 2026-09-01
use std/home
provider ovh { site one }
provider cloud { site one }
provider eye
monitor watch { healthchecks at "PING"; hosted by eye; grace 2h }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
nas tower at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store tank }
object_storage s3 at cloud/one { bucket near }
"#;

    /// A dump that two steps read at different times, and a mirror of one of them; a third copy comes later.
    const FORK: &str = r#"
class db is state on vps.disk:/db { rpo 1h, guaranteed 2h }
capture dump of db to tower.tank:/dump by vps.cron { daily at 02:55 "Europe/Paris"; method program; runs "/opt/dump"; atomic; taking 1m..40m; jitter 5m; monitor watch }
copy one of db from dump to s3.near:/one by tower.cron { daily at 04:00 UTC; taking 1m..2h; jitter 20m; monitor watch }
copy two of db from dump to vps.disk:/two by tower.cron { weekly on Sunday at 03:00 UTC; after dump; taking 1m..10m; monitor watch }
sync mirror of s3.near:/one to tower.tank:/mirror by tower.cron { monthly on 1 at 05:00 UTC; taking 1m..2h; max delete 1000; monitor watch }
copy new of db to s3.near:/new by vps.cron since t1 { daily at 12:00 UTC; taking 1m..2h; jitter 1h; monitor watch }
require survive loss of vps and cloud for all
require survive any 1 of host for all
"#;

    /// All violations of the only class, by each set of faults.
    fn each(text: &str, mut look: impl FnMut(&Context<'_>, Violation)) {
        let plan = plan_of(text);
        let context = Context::new(&plan, std::rc::Rc::default());
        let asked = asked(&context);
        for (index, period) in plan.periods.iter().enumerate() {
            let mut asker = Asker::new(&context, period);
            for (classes, limits) in alike(&context, &asked, period) {
                let sets = asker.sets(classes[0]);
                for set in sets.iter() {
                    let one = std::rc::Rc::new(vec![set.clone()]);
                    let outcome = asker.outcome(classes[0], one);
                    for violation in violations(&outcome, limits, &classes, index) {
                        look(&context, violation);
                    }
                }
            }
        }
    }

    /// What Zerobyte copies into another repository, and declared before the backup whose end begins it.
    const MIRRORED: &str = r#"
host orc at ovh/one { runs zerobyte, cron; store local }
key k { held on tower }
repository first in orc.local:/first { engine restic 0.18.0; key k }
repository second in s3.near:/second { engine restic 0.18.0; key k }
class db is files on vps.disk:/db { rpo 1h, guaranteed 2h }
copy again of db from up to second by orc.zerobyte { checked daily at 08:00 UTC; taking 1m..2h; monitor watch }
backup up of db to first by orc.zerobyte { daily at 02:30 UTC; taking 1m..40m; jitter 5m; keep 7 daily; monitor watch }
require survive any 1 of host for all
"#;

    /// To the second: the age that is told comes about, and not a second more. Returns how many were played.
    fn attained(text: &str) -> usize {
        let mut played = 0;
        each(text, |context, violation| {
            let told = violation.attained.oldest;
            let age = told.age.expect("each step is watched and has a schedule");
            assert!(told.exact);
            let (set, missed) = (&violation.attained.faults, violation.missed);
            let what = format!("{set:?} {missed:?} in {}: {age}", violation.period);
            assert_eq!(confirm(context, &violation), Ok(Played::Out), "{what}");
            let mut more = violation;
            more.attained.oldest.age = Some(Seconds(age.0 + 1));
            let refused = confirm(context, &more).expect_err(&what);
            assert!(refused.contains(&format!("{age} old")), "{what}: {refused}");
            played += 1;
        });
        played
    }

    #[test]
    fn the_age_that_is_told_is_attained_on_the_simulator() {
        assert_eq!(attained(&[PLACES, FORK].concat()), 12);
        assert_eq!(attained(&[PLACES, MIRRORED].concat()), 8);
    }

    /// Who comes after a step that starts late does not wait for it in the play.
    #[test]
    fn whoever_waits_for_what_starts_late_is_not_played() {
        const LATE: &str = r"
class db is files on vps.disk:/db { rpo 1h, guaranteed 2h }
copy first of db to tower.tank:/first by tower.cron { daily at 02:00 UTC; jitter 5h; taking 1m..5m; monitor watch }
sync then of db from first to s3.near:/then by tower.cron { weekly on Friday at 04:00 UTC; after first; taking 1m..3h; monitor watch }
require survive loss of vps and tower for all
";
        let late = [PLACES, LATE].concat();
        let mut rest = BTreeSet::new();
        each(&late, |context, violation| {
            if let Ok(Played::Not(on)) = confirm(context, &violation) {
                rest.insert(on);
            }
            assert!(confirm(context, &violation).is_ok());
        });
        assert_eq!(rest, BTreeSet::from(["steps that wait for others"]));
    }

    /// A dump is copied by one step until some day, and by another one from then on.
    const CHANGED: &str = r#"
class db is state on vps.disk:/db { rpo 1h, guaranteed 2h }
capture dump of db to vps.disk:/dump by vps.cron { daily at 02:55 "Europe/Paris"; method program; runs "/opt/dump"; atomic; taking 1m..40m; jitter 5m; monitor watch }
copy former of db from dump to s3.near:/one by vps.cron until t1 { daily at 04:00 UTC; taking 1m..2h; jitter 20m; monitor watch }
copy latter of db from dump to s3.near:/two by vps.cron since t1 { daily at 21:00 UTC; taking 1m..2h; jitter 1h; monitor watch }
copy third of db to tower.tank:/three by vps.cron since t1 { weekly on Friday at 08:00 UTC; taking 1m..2h; jitter 1h; monitor watch }
require survive any 1 of host for all
"#;

    /// To the second as well: what an ended step has left, until something new is filled.
    #[test]
    fn what_is_left_ages_so_long_on_the_simulator() {
        let plan = plan_of(&[PLACES, CHANGED].concat());
        let context = Context::new(&plan, std::rc::Rc::default());
        let asked = asked(&context);
        let mut played = 0;
        for (index, period) in plan.periods.iter().enumerate() {
            let mut asker = Asker::new(&context, period);
            for (classes, limits) in alike(&context, &asked, period) {
                for set in asker.sets(classes[0]).iter() {
                    let one = std::rc::Rc::new(vec![set.clone()]);
                    let outcome = asker.outcome(classes[0], one);
                    let of = (&classes[..], index);
                    for violation in exceeded(&asker, &outcome, limits, of, |_, _| false) {
                        assert!(violation.late.is_empty());
                        let age = violation.attained.oldest.age.expect("a calendar");
                        assert_eq!(confirm(&context, &violation), Ok(Played::Out), "{age}");
                        let mut more = violation;
                        more.attained.oldest.age = Some(Seconds(age.0 + 1));
                        let refused = confirm(&context, &more).expect_err("younger");
                        assert!(refused.contains(&format!("{age} old")), "{refused}");
                        played += 1;
                    }
                }
            }
        }
        assert_eq!(played, 4);
    }

    /// A moment at which the newest version is younger than is told: as if the evaluation were wrong.
    #[test]
    fn an_age_that_is_not_attained_is_no_verdict() {
        let text = [PLACES, FORK].concat();
        each(&text, |context, mut violation| {
            violation.attained.oldest.at -= 3600;
            assert!(!borne_out(
                context,
                &[violation],
                &mut Verification::default()
            ));
            assert_refused(context, "`db` does not replay");
        });
    }

    /// What is lost shares a step with what is left, and has a newer version than that.
    const SHARED: &str = r#"
class db is state on vps.disk:/db { rpo 1h, guaranteed 2h }
copy lost of vps.disk:/db to s3.near:/one by tower.cron { daily at 08:00 UTC; taking 4h..4h; monitor watch }
copy left of s3.near:/one to tower.tank:/two by tower.cron { daily at 00:00, 12:00 UTC; taking 4h..4h; monitor watch }
copy other of vps.disk:/db to tower.tank:/three by tower.cron { daily at 12:00 UTC; taking 1m..4h; jitter 4h; monitor watch }
require survive any 2 of host for all
"#;

    #[test]
    fn what_is_lost_has_no_say() {
        assert_eq!(attained(&[PLACES, SHARED].concat()), 16);
    }
}
