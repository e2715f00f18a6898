//! The values of a quantity that can be told, and how one is put in the place of what is assumed.

use thrice_model::{Class, Model, Obligation};
use thrice_plan::Plan;
use thrice_quantity::{Bytes, BytesPerDay, Interval, Ratio, RatioPerMonth, Seconds};
use thrice_verdicts::Turn;

use crate::assumptions::Knob;

/// Digits that a size is told with.
const DIGITS: u32 = 3;

/// The value of today (0), and the greater ones that can be told, in order: a value in words is one that was
/// tried, and so is the next lower one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    now: i64,
    /// Beyond this nothing is tried.
    limit: i64,
    step: Step,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Whole multiples.
    Multiples(i64),
    /// As many digits as are told.
    Digits,
}

impl Scale {
    /// The value at a place; that of today at 0.
    pub(super) fn value(&self, place: i64) -> i64 {
        match self.step {
            _ if place <= 0 => self.now,
            Step::Multiples(step) => (self.now / step).saturating_add(place).saturating_mul(step),
            Step::Digits => spelled(place_of(self.now).saturating_add(place)),
        }
    }

    /// The place of the first value that is not below the limit.
    pub(super) fn last(&self) -> i64 {
        match self.step {
            Step::Multiples(step) => (self.limit / step).saturating_sub(self.now / step),
            Step::Digits => place_of(self.limit).saturating_sub(place_of(self.now)),
        }
        .max(1)
    }

    /// The first place at which something fails, by halving between one at which it holds and one at which
    /// it is known to fail, until the gap is `fine` enough.
    pub(super) fn turn(
        &self,
        (mut holds, mut fails): (i64, i64),
        fine: impl Fn(i64, i64) -> bool,
        mut broken: impl FnMut(i64) -> bool,
    ) -> i64 {
        while fails - holds > 1 && !fine(self.value(holds), self.value(fails)) {
            let middle = holds + (fails - holds) / 2;
            if broken(self.value(middle)) {
                fails = middle;
            } else {
                holds = middle;
            }
        }
        fails
    }
}

/// Which of the numbers of three digits, of any magnitude, is the last one not above a value; those below 100
/// have none.
fn place_of(value: i64) -> i64 {
    let Some(digits) = value.checked_ilog10().map(|digits| digits + 1) else {
        return -1;
    };
    let Some(more) = digits.checked_sub(DIGITS) else {
        return -1;
    };
    i64::from(more) * 900 + value / 10_i64.pow(more) - 100
}

/// The number at a place.
fn spelled(place: i64) -> i64 {
    let magnitude = u32::try_from(place.max(0) / 900).unwrap_or(0);
    (place.max(0) % 900 + 100).saturating_mul(10_i64.saturating_pow(magnitude))
}

impl Knob {
    /// What this value can matter to.
    pub(super) const fn obligations(self) -> &'static [Obligation] {
        use Obligation as O;
        match self {
            Self::Response => &[
                O::Copies,
                O::Survival,
                O::RecoveryPoint,
                O::RecoveryTime,
                O::LastCopy,
                O::History,
                O::Erasure,
                O::Deletion,
                O::Alarm,
            ],
            Self::Duration(_) => &[
                O::Copies,
                O::Survival,
                O::RecoveryPoint,
                O::LastCopy,
                O::History,
                O::Erasure,
                O::Deletion,
                O::TimeTable,
                O::Alarm,
            ],
            Self::Size(_) | Self::Growth(_) | Self::Volume(_) | Self::Churn(_) => {
                &[O::RecoveryTime, O::Capacity, O::TimeTable, O::Cost]
            }
            Self::Slip(_) => &[O::RecoveryPoint, O::RecoveryTime, O::Capacity, O::Cost],
        }
    }

    /// The values that are tried.
    pub(super) fn scale(self, plan: &Plan) -> Scale {
        let model = &plan.model;
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX / 4096);
        let (now, least, factor, step) = match self {
            Self::Response => {
                let now = model.policy.response.0;
                (now, 60 * 86_400, 16, Step::Multiples(3600))
            }
            Self::Duration(id) => {
                let period = plan.cadences[id].widest.map_or(86_400, |widest| widest.0);
                let now = model.steps[id].timing.duration.high().0;
                (now, 2 * period, 8, Step::Multiples(60))
            }
            Self::Size(id) => {
                let high = model.classes[id].size.map_or(0, |(size, _)| size.high().0);
                (whole(high), 1_000_000_000_000, 1024, Step::Digits)
            }
            Self::Growth(id) => {
                let high = model.classes[id].growth.high().ratio.0;
                (whole(high), 1_000_000, 2, Step::Multiples(1000))
            }
            Self::Volume(id) => {
                let volume = model.classes[id].growth_volume;
                let high = volume.map_or(0, |volume| volume.high().bytes_per_day());
                (whole(high), 1_000_000_000_000, 1024, Step::Digits)
            }
            Self::Churn(id) => {
                let churn = model.classes[id].churn;
                let high = churn.map_or(0, |(churn, _)| churn.high().bytes_per_day());
                (whole(high), 1_000_000_000_000, 1024, Step::Digits)
            }
            Self::Slip(id) => {
                let now = model.phases[id].slip_days;
                (now, 3 * 366, 4, Step::Multiples(1))
            }
        };
        Scale {
            now,
            limit: now.saturating_mul(factor).max(least),
            step,
        }
    }

    /// Puts a value in the place of the one that is assumed.
    pub(super) fn set(self, model: &mut Model, value: i64) {
        match self {
            Self::Response => model.policy.response = Seconds(value),
            Self::Duration(id) => {
                let low = model.steps[id].timing.duration.low();
                if let Ok(reach) = Interval::new(low, Seconds(value)) {
                    model.set_duration(id, reach);
                }
            }
            Self::Slip(id) => {
                if let Some(phase) = model.phases.get_mut(id) {
                    phase.slip_days = value;
                }
            }
            Self::Size(id) | Self::Growth(id) | Self::Volume(id) | Self::Churn(id) => {
                if let Some(class) = model.classes.get_mut(id) {
                    self.set_in(class, value);
                }
            }
        }
    }

    /// The same in the class that the quantity is one of.
    pub(super) fn set_in(self, class: &mut Class, value: i64) {
        let whole = u64::try_from(value).unwrap_or(0);
        match self {
            Self::Size(_) => {
                if let Some((size, _)) = &mut class.size {
                    *size = Interval::new(size.low(), Bytes(whole)).unwrap_or(*size);
                }
            }
            Self::Growth(_) => {
                let high = RatioPerMonth {
                    ratio: Ratio(whole),
                    ..class.growth.high()
                };
                let growth = Interval::new(class.growth.low(), high);
                class.growth = growth.unwrap_or(class.growth);
            }
            Self::Volume(_) => {
                if let Some(volume) = &mut class.growth_volume {
                    let high = BytesPerDay::new(whole);
                    *volume = Interval::new(volume.low(), high).unwrap_or(*volume);
                }
            }
            Self::Churn(_) => {
                if let Some((churn, _)) = &mut class.churn {
                    let high = BytesPerDay::new(whole);
                    *churn = Interval::new(churn.low(), high).unwrap_or(*churn);
                }
            }
            Self::Response | Self::Duration(_) | Self::Slip(_) => {}
        }
    }

    /// That verdicts turn at a place of the scale.
    pub(super) fn turned(self, plan: &Plan, scale: &Scale, at: i64, breaks: Vec<String>) -> Turn {
        let (now, at) = (scale.now, scale.value(at));
        Turn {
            now: self.words(&plan.model, now),
            at: self.words(&plan.model, at),
            breaks,
            permille: permille(now, at),
        }
    }

    /// A value, as a policy writes it.
    pub(super) fn words(self, model: &Model, value: i64) -> String {
        let whole = u64::try_from(value).unwrap_or(0);
        match self {
            Self::Response | Self::Duration(_) => Seconds(value).to_string(),
            Self::Size(_) => Bytes(whole).rounded().to_string(),
            Self::Churn(_) | Self::Volume(_) => format!("{}/day", Bytes(whole).rounded()),
            Self::Growth(id) => {
                let now = model.classes[id].growth.high();
                RatioPerMonth {
                    ratio: Ratio(whole),
                    ..now
                }
                .to_string()
            }
            Self::Slip(_) => format!("{value} days"),
        }
    }
}

/// How far a value is from that of today, in thousandths of it.
fn permille(now: i64, at: i64) -> u64 {
    let times = i128::from(at).saturating_mul(1000) / i128::from(now.max(1));
    u64::try_from(times).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_was_tried() {
        for value in [
            100,
            101,
            999,
            1000,
            1234,
            99_950,
            1_000_000,
            234_000_000_000,
        ] {
            let told = spelled(place_of(value));
            assert!(
                told <= value && value < spelled(place_of(value) + 1),
                "{value}"
            );
            let words = u64::try_from(told).unwrap();
            assert_eq!(Bytes(words).rounded().0, words);
        }
        assert_eq!((place_of(0), place_of(99), place_of(100)), (-1, -1, 0));
    }

    #[test]
    fn a_scale_begins_above_today_and_ends_at_its_limit() {
        for (now, limit, step) in [
            (0, 1000, Step::Digits),
            (1234, 99_900, Step::Digits),
            (330, 7200, Step::Multiples(60)),
            (0, 7200, Step::Multiples(60)),
        ] {
            let scale = Scale { now, limit, step };
            assert_eq!(scale.value(0), now);
            assert!(scale.value(1) > now);
            assert_eq!(scale.value(scale.last()), limit);
            for wanted in [1, 2, scale.last()] {
                let found = scale.turn(
                    (0, scale.last()),
                    |_, _| false,
                    |value| value >= scale.value(wanted),
                );
                assert_eq!(found, wanted);
            }
        }
    }
}
