//! What is left open, chosen.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rand::RngExt as _;
use thrice_model::StepId;
use thrice_plan::Plan;
use thrice_quantity::{Bytes, BytesPerDay, Interval, Money, Ratio, RatioPerMonth, Seconds};
use thrice_simulate::{Choices, OneRun, RunChoice};

use crate::Random;

/// The plan with one value for each amount and each time of a restore that it leaves open.
pub(super) fn within(plan: &Plan, random: &mut Random) -> Plan {
    let mut out = plan.clone();
    for class in out.model.classes.values_mut() {
        if let Some((size, _)) = &mut class.size {
            *size = one(*size, random, |Bytes(bytes)| bytes, Bytes);
        }
        let per = class.growth.high().per;
        let ratio = |ratio| RatioPerMonth {
            ratio: Ratio(ratio),
            per,
        };
        class.growth = one(class.growth, random, |growth| growth.ratio.0, ratio);
        let volumes = class.growth_volume.iter_mut();
        for volume in volumes.chain(class.churn.iter_mut().map(|(churn, _)| churn)) {
            let per = volume.high().per;
            let of = |bytes| BytesPerDay {
                volume: Bytes(bytes),
                per,
            };
            *volume = one(*volume, random, |volume| volume.volume.0, of);
        }
        if class.asked.is_some() {
            let asked = class.asked_mut();
            // In which order things come back goes by how long each may take in the end, which stays as it is said.
            if let Some((time, _)) = &mut asked.restore_setup {
                *time = one(
                    *time,
                    random,
                    |time| time.0.unsigned_abs(),
                    |seconds| Seconds(seconds.try_into().unwrap_or(i64::MAX)),
                );
            }
        }
    }
    let hosts = out.model.hosts.values_mut();
    let prices = hosts.filter_map(|host| host.monthly.as_mut().map(|(price, _)| price));
    for price in prices.chain(
        out.model
            .costs
            .iter_mut()
            .filter_map(|c| c.monthly.as_mut()),
    ) {
        let currency = price.high().currency;
        let money = |amount: u64| Money {
            ten_thousandths: amount.try_into().unwrap_or(i64::MAX),
            currency,
        };
        *price = one(*price, random, |m| m.ten_thousandths.unsigned_abs(), money);
    }
    out
}

/// One of the values of an interval, its ends more often than others.
fn one<T: Copy + PartialOrd>(
    interval: Interval<T>,
    random: &mut Random,
    number: impl Fn(T) -> u64,
    of: impl Fn(u64) -> T,
) -> Interval<T> {
    let (low, high) = (interval.low(), interval.high());
    Interval::point(match random.random_range(0..10) {
        0..6 => high,
        6 => low,
        _ => of(random.random_range(number(low)..=number(high).max(number(low)))),
    })
}

/// How a step misses runs.
#[derive(Clone, Copy, Debug)]
enum Misses {
    Never,
    /// As many as may be, then one goes, and so on.
    Always,
    /// Some, with at least one that goes between.
    Some,
}

impl Misses {
    fn random(random: &mut Random) -> Self {
        match random.random_range(0..3) {
            0 => Self::Never,
            1 => Self::Always,
            _ => Self::Some,
        }
    }

    /// Those of some runs that are missed, never more in a row than may be.
    fn of(self, dues: &[i64], most: u32, random: &mut Random) -> Vec<i64> {
        let mut out = Vec::new();
        let mut in_a_row = random.random_range(0..=most);
        for due in dues {
            let missed = match self {
                Self::Never => false,
                Self::Always => true,
                Self::Some => random.random_bool(0.4),
            };
            if missed && in_a_row < most {
                in_a_row += 1;
                out.push(*due);
            } else {
                in_a_row = 0;
            }
        }
        out
    }
}

fn dues(plan: &Plan, step: StepId) -> &[i64] {
    plan.calendars.starts(step).map_or(&[], |starts| starts)
}

/// How long runs take, how late they start and which are missed. Those that others come after fail with them: they
/// miss no more than any of these may, which miss none by themselves.
pub(super) fn choices(plan: &Plan, random: &mut Random) -> Choices {
    let mut out = Choices::default();
    let mut most: BTreeMap<StepId, u32> = BTreeMap::new();
    for (step, cadence) in plan.cadences.iter() {
        most.insert(step, cadence.missed);
    }
    for (step, cadence) in plan.cadences.iter() {
        for other in plan.waits_for(step) {
            if let Some(other) = most.get_mut(&other) {
                *other = cadence.missed.min(*other);
            }
        }
    }
    for (step, cadence) in plan.cadences.iter() {
        out.durations.insert(step, some(cadence.duration, random));
        let late = some(Interval::point(Seconds::ZERO).to(cadence.jitter), random);
        out.late.insert(step, late);
        let waits = plan.waits_for(step).next().is_some();
        let most = most.get(&step).copied().filter(|_| !waits).unwrap_or(0);
        let missed = Misses::random(random).of(dues(plan, step), most, random);
        let runs = out.runs.entry(step).or_default();
        for due in missed {
            runs.extend(Timestamp::from_second(due).map(|due| (due, RunChoice::Missed)));
        }
    }
    out
}

trait To {
    fn to(self, high: Seconds) -> Self;
}

impl To for Interval<Seconds> {
    fn to(self, high: Seconds) -> Self {
        Self::new(self.low(), high).unwrap_or(self)
    }
}

fn some(time: Interval<Seconds>, random: &mut Random) -> Seconds {
    let (low, high) = (time.low(), time.high());
    match random.random_range(0..4) {
        0 | 1 => high,
        2 => low,
        _ => Seconds(random.random_range(low.0..=high.0.max(low.0))),
    }
}

/// How the runs of all steps go around the deletion of a record.
pub(super) fn runs(
    plan: &Plan,
    deleted: i64,
    random: &mut Random,
) -> BTreeMap<StepId, BTreeMap<Timestamp, OneRun>> {
    let mut out = BTreeMap::new();
    for (step, cadence) in plan.cadences.iter() {
        let dues = dues(plan, step);
        // Those before the deletion may be missed as well, but no more in a row than may be.
        let next = dues.partition_point(|due| *due <= deleted);
        let from = match random.random_range(0..3) {
            0 => next,
            1 => next.saturating_sub(random.random_range(0..9)),
            _ => 0,
        };
        let misses = Misses::random(random);
        let dues = dues.get(from..).unwrap_or_default();
        let missed = misses.of(dues, cadence.missed, random);
        let worst = random.random_bool(0.4);
        let mut of_step = BTreeMap::new();
        for due in dues {
            let goes = if missed.binary_search(due).is_ok() {
                OneRun::Missed
            } else if worst {
                OneRun::Goes {
                    late: cadence.jitter,
                    takes: cadence.duration.high(),
                }
            } else {
                OneRun::Goes {
                    late: some(Interval::point(Seconds::ZERO).to(cadence.jitter), random),
                    takes: some(cadence.duration, random),
                }
            };
            of_step.extend(Timestamp::from_second(*due).map(|due| (due, goes)));
        }
        out.insert(step, of_step);
    }
    out
}
