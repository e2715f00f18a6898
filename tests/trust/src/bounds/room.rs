//! What lies in a store at any moment of a period.

use jiff::ToSpan as _;
use rand::RngExt as _;
use thrice_model::StoreId;
use thrice_plan::room;
use thrice_simulate::{Sizes, Weighing, weigh};

use super::drawn::{choices, within};
use super::{Came, Trial, second};
use crate::Random;

impl Trial<'_> {
    /// Whether a store never holds more than it may.
    pub(super) fn fits(&self, store: StoreId, random: &mut Random) -> Came {
        let day = self.period.from;
        let limit = room(&self.plan.model, store, |lifetime| lifetime.contains(day));
        let (Some(limit), Some(since), Some(until)) =
            (limit, second(day), second(self.period.until))
        else {
            return Came::NotPlayed;
        };
        let plan = within(self.plan, random);
        let stores = &plan.model.stores;
        let host = stores[store].host;
        let shares = |(id, other): &(StoreId, &thrice_model::Store)| {
            *id == store || (limit.shared && other.host == host)
        };
        let choices = match random.random_bool(0.2) {
            true => thrice_simulate::Choices::default(),
            false => choices(&plan, random),
        };
        let weighed = weigh(
            &plan,
            &Weighing {
                stores: stores.iter().filter(shares).map(|(id, _)| id).collect(),
                strikes: Vec::new(),
                choices,
                since,
                until: until - 1.second(),
                sizes: match random.random_bool(0.8) {
                    true => Sizes::Most,
                    false => Sizes::Least,
                },
                limit: limit.usable,
                until_over: false,
            },
        );
        match weighed.over_from {
            None => Came::AsSaid,
            Some(over) => Came::Otherwise(format!(
                "`{}` holds more than {} from {over} on, {} at most, on {}",
                stores[store].named.name, limit.usable, weighed.most, weighed.most_at
            )),
        }
    }
}
