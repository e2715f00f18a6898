//! Plays the case of a store that is too full on the simulator before anybody sees it.
//!
//! The simulator adds up what lies there run by run, from the beginning of the policy on, with sizes, growths
//! and churns at the ends that the case names. In the time that the case names there must come to be more than
//! the store may hold, and not before the day that is told.
//!
//! What is evaluated is a bound, and some of it is more than any run need attain: all prunes on a store at
//! their fullest at once, a dump that one run leaves for the next, what is deleted just after a lifecycle rule
//! has looked. Where the play stays below the room and the bound rests on such a sum, the case is told and
//! named as not replayed.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use thrice_model::{StoreId, Verb};
use thrice_plan::calendar::midnight;
use thrice_plan::{CopyId, CopyKind, FOR_EVER, Period, Plan, Room};
use thrice_quantity::{RatioPerMonth, Seconds};
use thrice_simulate::{Choices, Sizes, Weighing, weigh};

use super::super::kept::{Noncurrent, noncurrent};
use super::super::playing::{NO_DATES, Played};
use super::apart::is_stated;
use super::bound::Bounds;
use super::days::begun;
use super::piled::keeps_unknown;
use crate::context::Context;

/// A store that is said to be too full.
#[derive(Clone, Copy)]
pub(super) struct TooFull<'t> {
    pub store: StoreId,
    /// Until its end, late or not.
    pub period: &'t Period,
    pub copies: &'t [CopyId],
    pub limit: &'t Room,
    /// From when on it can be.
    pub day: Date,
    /// Only until what begins with the period has deleted.
    pub opens: bool,
}

/// Whether it comes about; why not, if it does not.
pub(super) fn confirm(
    context: &Context<'_>,
    plan: &Plan,
    bounds: &Bounds<'_, '_>,
    told: TooFull<'_>,
) -> Result<Played, String> {
    let stores = match told.limit.shared {
        true => {
            let host = context.plan.host_of(told.store);
            let stores = context.plan.model.stores.ids();
            stores
                .filter(|id| context.plan.host_of(*id) == host)
                .collect()
        }
        false => [told.store].into(),
    };
    let (from, end) = (midnight(told.period.from), midnight(told.period.until) - 1);
    let (Ok(since), Ok(until)) = (Timestamp::from_second(from), Timestamp::from_second(end)) else {
        return Ok(Played::Not(NO_DATES));
    };
    let weighed = weigh(
        plan,
        &Weighing {
            stores,
            strikes: Vec::new(),
            choices: Choices::default(),
            since,
            until,
            sizes: Sizes::Most,
            limit: told.limit.usable,
            until_over: true,
        },
    );
    if let Some(over) = weighed.over_from {
        // Within a day it makes no difference when something comes.
        let early = midnight(told.day).saturating_sub(Seconds::DAY.0);
        if over.as_second() < early.max(from) {
            let over = over.to_zoned(jiff::tz::TimeZone::UTC).date();
            return Err(format!("played, it is too full on {over} already"));
        }
        return Ok(Played::Out);
    }
    if told.opens {
        return Ok(Played::Not("what begins to delete with a phase"));
    }
    if told
        .copies
        .iter()
        .filter(|id| is_written_beside(context, **id))
        .count()
        > 1
    {
        return Ok(Played::Not("dumps that are written at once"));
    }
    let copies = told.copies.iter();
    if let Some(rests_on) = copies
        .filter_map(|copy| bounded(context, *copy, told.period.from))
        .min()
    {
        return Ok(Played::Not(rests_on));
    }
    // What is copied is as old as the copy: so long before the end it must have come already.
    let ages = told
        .copies
        .iter()
        .map(|id| context.plan.copies[*id].staleness);
    let days = ages.max().unwrap_or_default().whole_days();
    let last = days.saturating_mul(2).saturating_add(2).days();
    let before = told.period.until.checked_sub(last);
    let surely = before.is_ok_and(|day| {
        day >= told.period.from && bounds.total(told.copies, day) > told.limit.usable
    });
    match surely {
        true => Err(format!(
            "played, at most {} come together",
            weighed.most.rounded()
        )),
        false => Ok(Played::Not("the last days of a phase")),
    }
}

/// Whether a copy is a dump that is written, or brought, beside the one before it.
fn is_written_beside(context: &Context<'_>, id: CopyId) -> bool {
    let copy = &context.plan.copies[id];
    let by = copy.made_by.map(|by| &context.plan.model.steps[by].verb);
    let writes = matches!(by, Some(Verb::Capture(parts)) if parts.keeps.is_none());
    writes || context.plan.replaces(copy)
}

/// On which sum a copy's bound rests that no run need attain; `None` where one does.
fn bounded(context: &Context<'_>, id: CopyId, from: Date) -> Option<&'static str> {
    let plan = context.plan;
    let copy = &plan.copies[id];
    let is_left = copy.lifetime.until.is_some_and(|until| until <= from);
    if is_left || begun(context, copy) < copy.lifetime.from {
        return Some("what steps have left that have ended");
    }
    let path = || plan.way(id);
    if path().any(|id| plan.copies[id].goes_by_age()) {
        return Some("deletions by age");
    }
    if copy.staleness >= FOR_EVER {
        return Some("copies on demand");
    }
    let store = &plan.model.stores[copy.location.store];
    let keeps = noncurrent(context, &copy.location, None) != Noncurrent::Gone
        || store.snapshots.is_some()
        || store.lock.is_some();
    if keeps {
        return Some("old versions, snapshots or locks");
    }
    if path().any(|id| context.aside(&plan.copies[id]).is_some()) {
        return Some("what syncs put aside");
    }
    if keeps_unknown(context, id) {
        return Some("what copies keep of what is deleted");
    }
    let verb = |id: CopyId| plan.copies[id].made_by.map(|by| &plan.model.steps[by].verb);
    let piles = |id| matches!(verb(id), Some(Verb::Capture(parts)) if parts.keeps.is_some());
    if copy.kind != CopyKind::Versions && path().any(piles) {
        return Some("dumps that pile up");
    }
    let class = &plan.model.classes[copy.class];
    let grows = class.growth_volume.is_some() || class.growth.high() > RatioPerMonth::new(0);
    if copy.kind == CopyKind::Versions && grows && !is_stated(class) {
        return Some("what grows while all of it is new each day");
    }
    let thinned = |id| matches!(verb(id), Some(Verb::Backup { keep: Some(_), .. }));
    (copy.kind == CopyKind::Versions && path().any(thinned)).then_some("what prunes may leave")
}

#[cfg(test)]
mod tests {
    use thrice_quantity::Bytes;

    use super::super::super::lateness::last_day;
    use super::super::lying::Lying;
    use super::super::{first_full, limit};
    use super::*;
    use crate::testing::plan_of;
    use crate::verification::Verification;

    const PLACES: &str = r#"
policy p "p" { horizon 1 year; response time 24h }
phase t0 = 2026-02-15
phase t1 = 2026-09-01 { slip 60 days }
use std/home
provider ovh { site one }
provider cloud { site one; supports versioning, lifecycle }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium nvme; capacity 1 TB } }
nas tower at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store tank { medium hdd; capacity 1 TB SNAPSHOTS } }
object_storage s3 at cloud/one { bucket near { medium object; quota 1 TB VERSIONS }; bucket far { medium object; quota 1 TB } }
vault envelope at home/safe
key k { held on envelope }
credential writer { account s3; may read, write, delete on s3.*; held on vps; profile "w" }
repository r in s3.near:/r { engine restic 0.18.0; key k; credential writer }
class db is state on vps.disk:/db { size 1..2 GB; growth 0..3 %/month; churn 50..300 MB/day }
class web is files on vps.disk:/web { size 10..20 GB; growth 0..10 MB/day; churn 0..200 MB/day }
class scans is items on vps.disk:/scans { size 5..6 GB; growth 0..50 MB/day }
"#;

    /// What lies where, each in as many ways as it can be kept.
    const KEPT: &[&str] = &[
        "backup up of db, web to r by vps.cron { daily at 03:00 UTC; taking 1m..1h; keep 7 daily, 4 weekly; prune }\n\
         sync mirror of s3.near:/r to tower.tank:/r by tower.cron { weekly on Sunday at 12:00 UTC; taking 1m..1h; max delete 1000 }\n\
         copy more of s3.near:/r to s3.far:/r by tower.cron { weekly on Monday at 12:00 UTC; taking 1m..1h }\n",
        "backup up of db, web, scans to r by vps.cron { daily at 03:00 UTC; taking 1m..1h; keep 7 daily, 6 monthly }\n\
         prune weekly of r by vps.cron { weekly on Sunday at 20:00 UTC; taking 1m..1h }\n",
        "backup up of db to r by vps.cron { daily at 03:00 UTC; taking 1m..1h }\n\
         copy out of web to s3.far:/web by vps.cron { daily at 04:00 UTC; taking 1m..1h }\n\
         sync over of web to tower.tank:/web by tower.cron { daily at 05:00 UTC; taking 1m..1h; max delete 1000 }\n\
         copy add of scans to s3.near:/scans by vps.cron { daily at 06:00 UTC; taking 1m..1h }\n",
        "capture dump of db to vps.disk:/dump by vps.cron { daily at 02:00 UTC; taking 1m..1h; atomic; method program; runs \"/bin/d\"; keeps 7 days }\n\
         sync dumps of vps.disk:/dump to tower.tank:/dump by tower.cron { daily at 05:00 UTC; taking 1m..1h; max delete 1000 }\n\
         copy all of vps.disk:/dump to s3.near:/dump by vps.cron { daily at 06:00 UTC; taking 1m..1h }\n",
        "capture dump of db to vps.disk:/dump by vps.cron { daily at 02:00 UTC; taking 1m..1h; atomic; method program; runs \"/bin/d\" }\n\
         copy one of db from dump to s3.near:/dump by vps.cron { daily at 06:00 UTC; taking 1m..1h }\n",
    ];

    fn with(text: &str, look: impl FnOnce(&Context<'_>)) {
        let plan = plan_of(text);
        look(&Context::new(&plan, std::rc::Rc::default()));
    }

    /// Policies in which stores keep in various ways what is deleted.
    fn policies() -> impl Iterator<Item = String> {
        let plain = ("", "", "");
        let expires = "expire old of s3.near after 20 days by upload { noncurrent }\n";
        let keeping = (
            "; snapshots daily at 00:30 keep 30",
            "; versioning on",
            expires,
        );
        let all = KEPT.iter().map(move |kept| (kept, plain));
        let all = all.chain(KEPT.iter().step_by(3).map(move |kept| (kept, keeping)));
        all.map(|(kept, (snapshots, versions, rule))| {
            let places = PLACES.replace("SNAPSHOTS", snapshots);
            places.replace("VERSIONS", versions) + kept + rule
        })
    }

    /// The most that is played in the last period on each store, and the copies there.
    fn each(context: &Context<'_>, mut look: impl FnMut(StoreId, Bytes, &[CopyId])) {
        let period = context.plan.periods.last().unwrap();
        for store in context.plan.model.stores.ids() {
            let bounds = Bounds::new(context, period.from);
            let copies = Lying::on(context, store).in_period(&bounds, period);
            let second = |day| Timestamp::from_second(midnight(day)).unwrap();
            let weighing = Weighing {
                stores: [store].into(),
                strikes: Vec::new(),
                choices: Choices::default(),
                since: second(period.from),
                until: second(period.until) - 1.second(),
                sizes: Sizes::Most,
                limit: Bytes(u64::MAX),
                until_over: false,
            };
            look(store, weigh(context.plan, &weighing).most, &copies);
        }
    }

    /// Never does more lie there than is counted with; and where the bound rests on nothing else, as much.
    #[test]
    fn what_is_played_takes_what_is_counted_with_and_never_more() {
        let (mut exact, mut all) = (0, 0);
        for text in policies() {
            with(&text, |context| {
                let period = context.plan.periods.last().unwrap();
                let last = last_day(period, 0);
                each(context, |store, most, copies| {
                    let bound = Bounds::new(context, period.from).total(copies, last);
                    let what = format!("{}: {most} of {bound}\n{text}", context.store_name(store));
                    assert!(most <= bound, "{what}");
                    all += 1;
                    if copies
                        .iter()
                        .all(|copy| bounded(context, *copy, period.from).is_none())
                    {
                        assert!(bound.0 - most.0 <= bound.0 / 100, "{what}");
                        exact += 1;
                    }
                });
            });
        }
        assert!(exact >= 12 && all == 28, "{exact} of {all}");
    }

    fn first_day(context: &Context<'_>) -> Date {
        context.plan.periods.last().unwrap().from
    }

    /// What is said of a store in the last period if it may hold so much.
    fn told(
        context: &Context<'_>,
        bounds: &Bounds<'_, '_>,
        (store, usable, copies): (StoreId, u64, &[CopyId]),
        later: i64,
    ) -> (Result<Played, String>, Vec<thrice_diagnostics::Diagnostic>) {
        let period = context.plan.periods.last().unwrap();
        let limit = Room {
            usable: Bytes(usable),
            ..limit(context, store, period).unwrap()
        };
        let day = first_full(bounds, period, copies, limit.usable);
        let case = TooFull {
            store,
            period,
            copies,
            limit: &limit,
            day: day.checked_add(later.days()).unwrap(),
            opens: false,
        };
        let said = confirm(context, context.plan, bounds, case);
        let mut out = Verification::default();
        let tells = super::super::tell(context, bounds, case, None, &mut out);
        assert_eq!(tells, said.is_ok());
        assert_eq!(tells, out.findings.len() == 1);
        (said, context.mismatches.take())
    }

    #[test]
    fn a_store_that_is_too_full_is_so_on_the_simulator() {
        for text in policies().step_by(2) {
            with(&text, |context| {
                each(context, |store, most, copies| {
                    if most > Bytes::ZERO {
                        let case = (store, most.0 - 1, copies);
                        let (said, mismatches) =
                            told(context, &Bounds::new(context, first_day(context)), case, 0);
                        assert_eq!(said, Ok(Played::Out), "{text}");
                        assert!(mismatches.is_empty());
                    }
                });
            });
        }
    }

    /// More that comes together than can, or a day that is too late: as if the evaluation were wrong.
    #[test]
    fn a_store_that_is_not_too_full_is_no_verdict() {
        let text = policies().nth(2).unwrap();
        with(&text, |context| {
            let mut classes = context.plan.model.classes.iter();
            let web = classes.find(|(_, class)| class.named.name == "web");
            let (id, web) = web.unwrap();
            let mut larger = web.clone();
            larger.size = larger
                .size
                .map(|(size, span)| (size.map(|Bytes(b)| Bytes(2 * b)), span));
            each(context, |store, most, copies| {
                if !copies
                    .iter()
                    .any(|copy| context.plan.copies[*copy].class == id)
                {
                    return;
                }
                let case = (store, most.0 + most.0 / 100, copies);
                let bounds = Bounds::new(context, first_day(context)).with(id, &larger);
                let (said, mismatches) = told(context, &bounds, case, 0);
                let why = format!("played, at most {} come together", most.rounded());
                assert_eq!(said, Err(why));
                assert_eq!(mismatches[0].code.0, "T9002");
                let case = (store, most.0 - most.0 / 20, copies);
                let (said, mismatches) =
                    told(context, &Bounds::new(context, first_day(context)), case, 3);
                assert!(said.is_err_and(|why| why.ends_with("already")));
                let message = &mismatches[0].message;
                let name = context.store_name(store);
                assert!(
                    message.contains(&format!("`{name}` does not replay")),
                    "{message}"
                );
            });
        });
    }

    /// No dump needs to be left for the next run just so: what rests on that is not called replayed.
    #[test]
    fn what_only_a_bound_exceeds_is_not_called_replayed() {
        let text = policies().nth(3).unwrap();
        with(&text, |context| {
            each(context, |store, most, copies| {
                if context.store_name(store) == "vps.disk" {
                    let case = (store, most.0 + 1, copies);
                    let (said, _) =
                        told(context, &Bounds::new(context, first_day(context)), case, 0);
                    assert_eq!(said, Ok(Played::Not("dumps that pile up")));
                }
            });
        });
    }
}
