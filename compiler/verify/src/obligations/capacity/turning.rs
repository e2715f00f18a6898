//! The value at which a verdict turns: which interval decides, and from where in it.

use jiff::civil::Date;
use thrice_model::{Class, ClassId};
use thrice_plan::CopyId;
use thrice_quantity::{Bytes, BytesPerDay, Interval, Ratio, RatioPerMonth};

use super::bound::Bounds;

/// For each open interval of a class the least value of its upper end at which these copies take more
/// than the limit, in words: where its lower end would do and its upper end does not. The others stay at
/// their worst.
pub(super) fn turning(
    bounds: &Bounds<'_, '_>,
    copies: &[CopyId],
    id: ClassId,
    (day, limit): (Date, Bytes),
) -> Vec<String> {
    let class = bounds.class(id);
    let name = &class.named.name;
    let too_much = |changed: Class| bounds.with(id, &changed).total(copies, day) > limit;
    let mut out = Vec::new();
    if let Some((size, span)) = class.size.filter(|(size, _)| !size.is_point()) {
        let with = |high: u64| Class {
            size: Some((Interval::point(Bytes(high)), span)),
            ..class.clone()
        };
        let found = least(size.low().0, size.high().0, |high| too_much(with(high)));
        out.extend(found.map(|at| format!("a size of `{name}` of {}", Bytes(at).rounded())));
    }
    if let Some((churn, span)) = class.churn.filter(|(churn, _)| !churn.is_point()) {
        let with = |high: u64| Class {
            churn: Some((Interval::point(BytesPerDay::new(high)), span)),
            ..class.clone()
        };
        let (low, high) = (churn.low().bytes_per_day(), churn.high().bytes_per_day());
        let found = least(low, high, |high| too_much(with(high)));
        out.extend(found.map(|at| format!("a churn of `{name}` of {}/day", Bytes(at).rounded())));
    }
    if let Some(growth) = class.growth_volume.filter(|growth| !growth.is_point()) {
        let with = |high: u64| Class {
            growth_volume: Some(Interval::point(BytesPerDay::new(high))),
            ..class.clone()
        };
        let (low, high) = (growth.low().bytes_per_day(), growth.high().bytes_per_day());
        let found = least(low, high, |high| too_much(with(high)));
        out.extend(found.map(|at| format!("a growth of `{name}` of {}/day", Bytes(at).rounded())));
    } else if !class.growth.is_point() {
        let per_month = |high: u64| RatioPerMonth::new(high);
        let with = |high: u64| Class {
            growth: Interval::point(per_month(high)),
            ..class.clone()
        };
        let (low, high) = (class.growth.low().ratio.0, class.growth.high().ratio.0);
        let found = least(low, high, |high| too_much(with(high)));
        out.extend(found.map(|at| format!("a growth of `{name}` of {} a month", Ratio(at))));
    }
    out
}

/// The least value for which it fails, by halving: use only grows. `None` if it fails at the lower end
/// already, or never.
fn least(low: u64, high: u64, fails: impl Fn(u64) -> bool) -> Option<u64> {
    if fails(low) || !fails(high) {
        return None;
    }
    let (mut fits, mut full) = (low, high);
    while full - fits > 1 {
        let middle = fits + (full - fits) / 2;
        if fails(middle) {
            full = middle
        } else {
            fits = middle
        }
    }
    Some(full)
}
