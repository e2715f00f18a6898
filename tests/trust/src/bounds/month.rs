//! What a month costs on any day of a period.

use jiff::ToSpan as _;
use rand::RngExt as _;
use thrice_model::Demand;
use thrice_simulate::bill;

use super::drawn::within;
use super::{Came, Trial};
use crate::Random;

impl Trial<'_> {
    /// Whether no more is paid a month than is allowed.
    pub(super) fn costs(&self, random: &mut Random) -> Came {
        let plan = within(self.plan, random);
        let days = self.period.from.until(self.period.until);
        let days = days.map_or(1, |span| i64::from(span.get_days())).max(1);
        let day = self
            .period
            .from
            .checked_add(random.random_range(0..days).days());
        let Ok(day) = day else {
            return Came::NotPlayed;
        };
        let budgets = plan.model.requirements.iter();
        let budgets = budgets.filter(|required| required.lifetime.contains(day));
        let mut out = Came::NotPlayed;
        for required in budgets {
            let Demand::Cost(limit) = &required.demand else {
                continue;
            };
            match bill(&plan, day) {
                Some(bill) if bill <= *limit => out = Came::AsSaid,
                bill => {
                    let why = format!("a month costs {bill:?} on {day}, more than {limit}");
                    return Came::Otherwise(why);
                }
            }
        }
        out
    }
}
