//! What a month costs.

use jiff::civil::Date;
use thrice_plan::Plan;
use thrice_quantity::Money;

/// What all that is there on a day costs a month at most. `None` if nothing has a price, if currencies differ, or if
/// it is more than can be said.
#[must_use]
pub fn bill(plan: &Plan, day: Date) -> Option<Money> {
    let mut total: Option<Money> = None;
    let mut add = |price: Money| {
        total = match total {
            None => Some(price),
            Some(sum) => Some(sum.checked_add(price)?),
        };
        Some(())
    };
    for (_, host) in plan.model.hosts.iter() {
        let there = host.lifetime.contains(day);
        if let Some((price, _)) = host.monthly.as_ref().filter(|_| there) {
            add(price.high())?;
        }
    }
    for other in &plan.model.costs {
        let there = other.lifetime.contains(day);
        if let Some(price) = other.monthly.filter(|_| there) {
            add(price.high())?;
        }
    }
    total
}
