//! Plays the case of a history that is too short on the simulator before anybody sees it.
//!
//! A hole is worked out on decades of runs, so the period in which it is told is played as if it lasted for
//! ever: what lives in it always did, and always will. The simulator runs the schedules as they are written
//! and forgets after each backup by a whole pass over all versions there are, from so long before that its own
//! beginning does not show; right after the run that the case names the versions must lie as it says.
//!
//! Not played is what has no single course: what missed runs come to, versions of a mirror (which has what
//! its source had at one of its own runs), holes that a rarer source widens, and what a store keeps by itself.
//! Of faults that do their harm in the course of time the simulator is told which copies they leave.

use jiff::Timestamp;
use jiff::civil::date;
use thrice_model::{ClassId, Lifetime, StepId, Strike, Verb};
use thrice_plan::calendar::midnight;
use thrice_plan::{CopyId, Period, Plan};
use thrice_quantity::Seconds;
use thrice_retention::{Hole, settling_time};
use thrice_simulate::{Case, Choices, CopyState, simulate};

use super::super::playing::{EMPTIED, NO_DATES, Played, leaves_by, lost, of_places};
use super::points::{Keeping, Past, Thinned, without_rarer};
use super::{Ask, Cause, Shortfall, thinning};
use crate::context::Context;
use crate::indexed::Wanted;

/// Of rules that never give anything up, what lies so long before a hole has no part in it.
const LONG_BEFORE: Seconds = Seconds::days(800);

/// How long a backup takes.
const FORGETS_AFTER: Seconds = Seconds(1);

/// Whether a shortfall comes about; why not, if it does not.
pub(super) fn confirm(
    context: &Context<'_>,
    cause: &Cause,
    shortfall: &Shortfall,
) -> Result<Played, String> {
    let (Some(ask), Some((class, index))) = (shortfall.asks.last(), shortfall.first) else {
        return Ok(Played::Not(NO_DATES));
    };
    let Some(period) = context.plan.periods.get(index) else {
        return Ok(Played::Not(NO_DATES));
    };
    let class = match cause {
        Cause::Needed(needed) | Cause::NeededAfter(needed) => *needed,
        _ => class,
    };
    let of = Told {
        context,
        class,
        period,
        ask: Ask {
            gap: Some(shortfall.gap),
            ..*ask
        },
    };
    match (cause, &shortfall.best) {
        (Cause::Missed, _) => Ok(Played::Not("missed runs")),
        (Cause::NoVersions, _) => of.without_versions(),
        (_, Some((copy, past))) => {
            let said = if past.head > of.ask.gap() {
                of.stale(*copy)
            } else {
                of.thinned(shortfall, *copy, past)
            };
            // Of what is written in place, a version may be torn, and then it is none.
            if said.is_err() && of.is_in_place(*copy) {
                return Ok(Played::Not("captures in place"));
            }
            // Played, what is forgotten is still there as an old version or in a snapshot; it is not counted on.
            if said.is_err() && of.is_kept_by_store(*copy) {
                return Ok(Played::Not("what stores keep of what is forgotten"));
            }
            // A run that finds nothing makes no version.
            if said.is_err() && of.is_emptied(*copy) {
                return Ok(Played::Not(EMPTIED));
            }
            said
        }
        (_, None) => Ok(Played::Not("copies without earlier versions")),
    }
}

/// A shortfall of one class in one period.
struct Told<'c, 'p> {
    context: &'c Context<'p>,
    class: ClassId,
    period: &'c Period,
    ask: Ask,
}

impl Told<'_, '_> {
    /// The copies at an instant. Runs take no time, but backups: what is forgotten is counted from the newest
    /// version that is older than the moment of forgetting.
    fn at(
        &self,
        plan: &Plan,
        (from, judged): (Option<Timestamp>, Timestamp),
        strikes: Vec<Strike>,
    ) -> Vec<CopyState> {
        let copies = plan.copies.iter().map(|(_, copy)| copy);
        let mine = copies.filter(|copy| copy.class == self.class);
        let steps = mine.filter_map(|copy| copy.made_by);
        let durations = steps.map(|step| match plan.model.steps[step].verb {
            Verb::Backup { .. } => (step, FORGETS_AFTER),
            _ => (step, Seconds::ZERO),
        });
        let case = Case {
            strikes,
            from,
            judged,
            classes: [self.class].into(),
            choices: Choices {
                durations: durations.collect(),
                ..Choices::default()
            },
        };
        let outcomes = simulate(plan, &case).outcomes;
        outcomes.into_iter().flat_map(|o| o.copies).collect()
    }

    /// Whether somebody takes away all that a step on the way to a copy reads.
    fn is_emptied(&self, copy: CopyId) -> bool {
        let plan = self.context.plan;
        let mut read = plan.way(copy).skip(1);
        let takes = |verb: &Verb| matches!(verb, Verb::Move { .. } | Verb::Expire { .. });
        read.any(|id| leaves_by(plan, id, takes))
    }

    /// At the end of the period no copy has more than one version, of those that are asked: what has ended is none any more,
    /// and what a sync puts aside, or is moved on, is no version that is counted on.
    fn without_versions(&self) -> Result<Played, String> {
        let end = midnight(self.period.until).saturating_sub(1);
        let Ok(end) = Timestamp::from_second(end) else {
            return Ok(Played::Not(NO_DATES));
        };
        let copies = self.at(self.context.plan, (None, end), Vec::new());
        let asked = self.context.copies_there(self.class, self.period);
        let is_asked = |state: &&CopyState| {
            let copy = &self.context.plan.copies[state.copy];
            let plan = self.context.plan;
            let mut on_the_way = plan.way_of(copy).filter_map(|copy| copy.made_by);
            let moves = |step: StepId| matches!(plan.model.steps[step].verb, Verb::Move { .. });
            asked.contains(&state.copy)
                && self.context.aside(copy).is_none()
                && !on_the_way.any(moves)
        };
        let mut asked = copies.iter().filter(is_asked);
        let several = asked.find(|state| state.versions.len() > 1);
        several.map_or(Ok(Played::Out), |state| {
            let store = self.context.plan.copies[state.copy].location.store;
            Err(format!(
                "played, there are {} versions on `{}`",
                state.versions.len(),
                self.context.store_name(store)
            ))
        })
    }

    /// Just before a version is made, the last one is too old.
    fn stale(&self, copy: CopyId) -> Result<Played, String> {
        let plan = self.context.plan;
        let what = &plan.copies[copy];
        let step = what.made_by.map(|by| (by, &plan.model.steps[by].verb));
        let Some((step, Verb::Backup { .. } | Verb::Capture(_))) = step else {
            return Ok(Played::Not("mirrors"));
        };
        if !without_rarer(self.context, copy) {
            return Ok(Played::Not("sources that are made more rarely"));
        }
        let Some((before, next)) = self.widest(step, what.lifetime) else {
            return Ok(Played::Not("runs outside of the calendar"));
        };
        let Ok(judged) = Timestamp::from_second(next - 1) else {
            return Ok(Played::Not(NO_DATES));
        };
        let copies = self.at(plan, (None, judged), Vec::new());
        let state = copies.iter().find(|state| state.copy == copy);
        let Some(newest) = state.and_then(|state| state.versions.last()) else {
            return Ok(Played::Out);
        };
        let age = Seconds(next - newest.as_second());
        if newest.as_second() <= before && age > self.ask.gap() {
            return Ok(Played::Out);
        }
        let store = self.context.store_name(what.location.store);
        Err(format!(
            "played, the newest version on `{store}` is {age} old before the next one"
        ))
    }

    /// The two runs in the period that lie furthest apart, and further than is asked for.
    fn widest(&self, step: StepId, lifetime: Lifetime) -> Option<(i64, i64)> {
        let from = midnight(self.period.from.max(lifetime.from));
        let until = midnight(self.period.until);
        let starts = self.context.plan.calendars.starts(step)?;
        let pairs = starts.windows(2).filter_map(|pair| match *pair {
            [a, b] if from <= a && b < until && b - a > self.ask.gap().0 => Some((a, b)),
            _ => None,
        });
        pairs.max_by_key(|(a, b)| (b - a, std::cmp::Reverse(*a)))
    }

    /// Right after the run that the case names, the versions lie as it says.
    fn thinned(&self, told: &Shortfall, copy: CopyId, past: &Past) -> Result<Played, String> {
        let Some(thinned) = thinning(past) else {
            return Ok(Played::Not("versions that no keep rules thin"));
        };
        let gap = self.ask.gap().saturating_sub(thinned.wider);
        let hole = thinned.profile.first_wider(gap);
        let case = hole.and_then(|hole| Some((hole, self.run(thinned, &hole)?)));
        let Some((hole, (from, run))) = case else {
            return Ok(Played::Not("runs outside of the calendar"));
        };
        let Some(origin) = self.origin(copy, thinned.step) else {
            return Ok(Played::Not("mirrors"));
        };
        let strikes = told.faults.first().and_then(|set| lost(set));
        let strikes = strikes.filter(|_| origin == copy).unwrap_or_default();
        let done = run.checked_add(FORGETS_AFTER.to_signed_duration());
        let done = done.unwrap_or(run);
        let strikes = strikes.into_iter().map(|mishap| Strike {
            at: done,
            mishap,
            span: None,
        });
        let plan = for_ever(self.context.plan, self.class, self.period);
        let copies = self.at(&plan, (Some(from), done), strikes.collect());
        let state = copies.iter().find(|state| state.copy == origin);
        let versions = state.map_or(&[][..], |state| &state.versions);
        let ages = versions.iter().rev();
        let ages = ages.map(|at| Seconds(run.as_second() - at.as_second()));
        self.lie_as_told(&ages.collect::<Vec<_>>(), &hole, gap)?;
        if origin != copy {
            return Ok(Played::Not("mirrors"));
        }
        if thinned.wider > Seconds::ZERO {
            return Ok(Played::Not("sources that are made more rarely"));
        }
        Ok(Played::Out)
    }

    /// The run after which the hole is there, and from when on to play for it. Without its time of day a
    /// rhythm is told of the day of its run.
    fn run(&self, thinned: &Thinned, hole: &Hole) -> Option<(Timestamp, Timestamp)> {
        let context = self.context;
        let step = &context.plan.model.steps[thinned.step];
        let keeping = Keeping::of(context, step)?;
        let (written, _) = step.timing.schedule.as_ref()?;
        let run = written.next_from(&keeping.zone, hole.at)?;
        let widest = context.plan.cadences[thinned.step].widest?;
        let settling = settling_time(keeping.rules, widest).unwrap_or(LONG_BEFORE);
        let before = settling.saturating_mul(2).max(
            hole.older
                .unwrap_or(hole.younger)
                .saturating_add(LONG_BEFORE),
        );
        let from = run.checked_sub(before.to_signed_duration()).ok()?;
        Some((from, run))
    }

    /// The copy that a step makes and another comes from.
    fn origin(&self, copy: CopyId, step: StepId) -> Option<CopyId> {
        let copies = &self.context.plan.copies;
        let mut path = self.context.plan.way(copy);
        path.find(|id| copies[*id].made_by == Some(step))
    }

    /// Whether a store on its way keeps by itself what is deleted there.
    fn is_kept_by_store(&self, copy: CopyId) -> bool {
        let copies = &self.context.plan.copies;
        let mut path = self.context.plan.way(copy);
        path.any(|id| {
            let copy = &copies[id];
            let wanted = Wanted::From(self.period.from);
            copy.made_by.is_some() && self.context.spared(copy, wanted).is_some()
        })
    }

    /// Whether somebody may read it while it is written.
    fn is_in_place(&self, copy: CopyId) -> bool {
        let plan = self.context.plan;
        let mut path = plan.way(copy);
        path.any(|id| {
            let step = plan.copies[id].made_by.map(|by| &plan.model.steps[by].verb);
            matches!(step, Some(Verb::Capture(parts)) if !parts.atomic)
        })
    }

    /// Whether versions of these ages, youngest first, have just this hole, and reach back no further.
    fn lie_as_told(&self, ages: &[Seconds], hole: &Hole, gap: Seconds) -> Result<(), String> {
        let after = ages.partition_point(|age| *age <= hole.younger);
        let younger = after.checked_sub(1).and_then(|at| ages.get(at));
        if younger != Some(&hole.younger) {
            return Err(format!("played, no version is {} old", hole.younger));
        }
        let older = ages.get(after).copied();
        if older != hole.older {
            let said = |age: Option<Seconds>| {
                age.map_or_else(|| "missing".to_owned(), |age| format!("{age} old"))
            };
            return Err(format!(
                "played, the version before the one that is {} old is {}, not {}",
                hole.younger,
                said(older),
                said(hole.older)
            ));
        }
        let next = ages.iter().skip(1).map(Some).chain([None]);
        let wide = |(age, next): &(&Seconds, Option<&Seconds>)| {
            next.is_none_or(|next| next.saturating_sub(**age) > gap)
        };
        let reach = ages.iter().zip(next).find(wide).map(|(age, _)| *age);
        match reach {
            Some(reach) if reach >= self.ask.reach => {
                Err(format!("played, versions reach back {reach}"))
            }
            _ => Ok(()),
        }
    }
}

/// The plan if a period had always been and never ended, as far as one class is concerned.
fn for_ever(plan: &Plan, class: ClassId, period: &Period) -> Plan {
    let mut out = plan.clone();
    let stretch = |lifetime: &mut Lifetime| {
        if lifetime.contains(period.from) {
            lifetime.from = date(1970, 1, 1);
            lifetime.until = None;
        } else {
            lifetime.until = Some(lifetime.from);
        }
    };
    of_places(&mut out, stretch);
    if let Some(class) = out.model.classes.get_mut(class) {
        stretch(&mut class.lifetime);
    }
    for id in plan.copies.ids() {
        let mine = out.copies.get_mut(id).filter(|copy| copy.class == class);
        if let Some(copy) = mine {
            stretch(&mut copy.lifetime);
        }
    }
    for id in plan.model.steps.ids() {
        if let Some(step) = out.model.steps.get_mut(id) {
            stretch(&mut step.lifetime);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use thrice_retention::{Count, KeepRules};

    use super::super::points::Points;
    use super::super::{decide, shortfalls};
    use super::*;
    use crate::testing::plan_of;
    use crate::verification::Verification;

    const PLACES: &str = r#"
policy p "p" { horizon 1 year }
phase t0 = 2026-02-15
phase t1 = 2026-09-01
use std/home
provider ovh { site one }
provider cloud { site one }
host vps at ovh/one { HOST runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
nas tower at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store tank }
object_storage s3 at cloud/one { bucket near }
vault envelope at home/safe
key k { held on envelope }
repository r in s3.near:/r { engine restic 0.18.0; key k }
repository q in tower.tank:/q { engine restic 0.16.4; key k }
class db is state on vps.disk:/db
"#;

    fn each(text: &str, mut look: impl FnMut(&Context<'_>, &Cause, Shortfall)) -> Verification {
        let plan = plan_of(text);
        let context = Context::new(&plan, std::rc::Rc::default());
        for ((_, cause, _), shortfall) in shortfalls(&context, &mut Verification::default()).0 {
            look(&context, &cause, shortfall);
        }
        let mut out = Verification::default();
        decide(&context, &mut out);
        out.internal = context.mismatches.take();
        out
    }

    /// Rules, rhythms and clocks, with a history that none of them gives.
    fn policies() -> impl Iterator<Item = String> {
        let paris = r#"timezone "Europe/Paris";"#;
        let kept = [
            (
                "7 daily, 4 weekly, 6 monthly, 2 yearly",
                "daily at 03:00 UTC",
                "",
            ),
            ("3 last", "daily at 12:00, 23:30 UTC", paris),
            ("12 weekly", "weekly on Sunday at 03:00 UTC", ""),
            ("within 20d", r#"daily at 04:30 "Europe/Paris""#, ""),
            (
                "within 3d, within 60d weekly, 2 monthly",
                "daily at 04:30",
                paris,
            ),
            ("5 daily, unlimited yearly", "daily at 03:00 UTC", ""),
            ("4 monthly", "monthly on 1 at 00:30", paris),
        ];
        kept.into_iter().map(move |(rules, rhythm, host)| {
            PLACES.replace("HOST", host)
                + &format!("backup up of db to r by vps.cron {{ {rhythm}; keep {rules} }}\n")
                + "require history of 3000 days with gap 400 days for db\n\
                   require history of 200 days with gap 8 days for db\n"
        })
    }

    #[test]
    fn holes_are_there_on_the_simulator() {
        let mut played = 0;
        for text in policies() {
            let out = each(&text, |context, cause, shortfall| {
                let said = confirm(context, cause, &shortfall);
                let whose = match cause {
                    Cause::Rules | Cause::Stale(_) => Ok(Played::Out),
                    _ => panic!("{cause:?}"),
                };
                assert_eq!(said, whose, "{cause:?}\n{text}");
                played += 1;
            });
            assert!(
                out.internal.is_empty() && out.plays.values().all(|plays| plays.rest_on.is_empty()),
                "{text}"
            );
            assert!(out.findings.iter().any(|f| f.diagnostic.code.0 == "T1601"));
        }
        assert!(played >= 10, "{played}");
    }

    /// What is forgotten stays in such a bucket for a while, and the play shows it: that is no mistake of the
    /// evaluation, which does not count on it.
    #[test]
    fn what_a_bucket_keeps_of_what_is_forgotten_is_no_mismatch() {
        for text in policies() {
            let versions = "bucket near { versioning on }";
            let text = text.replace("bucket near", versions)
                + "expire old of s3.near after 60 days by upload { noncurrent }\n";
            let out = each(&text, |_, _, _| {});
            assert!(out.internal.is_empty(), "{:?}\n{text}", out.internal);
            assert!(out.findings.iter().any(|f| f.diagnostic.code.0 == "T1601"));
        }
    }

    /// Holes as other rules leave them: as if the evaluation were wrong.
    #[test]
    fn a_hole_that_is_not_there_is_no_verdict() {
        let others = KeepRules {
            daily: Some(Count::N(9)),
            ..KeepRules::default()
        };
        let mut refused = 0;
        for text in policies() {
            each(&text, |context, cause, mut shortfall| {
                let Some((_, past)) = &mut shortfall.best else {
                    panic!("{text}");
                };
                let Some(Points::Thinned(thinned)) = past.points.first_mut() else {
                    panic!("{text}");
                };
                if *cause != Cause::Rules {
                    return;
                }
                let step = &context.plan.model.steps[thinned.step];
                let keeping = Keeping::of(context, step).unwrap();
                thinned.profile = Arc::new(keeping.profile_of(&others).unwrap());
                let said = confirm(context, cause, &shortfall);
                assert!(said.is_err(), "{said:?}\n{text}");
                refused += 1;
            });
        }
        assert!(refused >= 7, "{refused}");
    }
}
