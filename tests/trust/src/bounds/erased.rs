//! How long a record that is deleted at some moment is still somewhere.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan as _};
use rand::RngExt as _;
use thrice_model::{ClassId, ClassKind, Obligation};
use thrice_plan::CopyId;
use thrice_quantity::Seconds;
use thrice_simulate::{Erasure, erased};

use super::drawn::runs;
use super::{Came, Trial, second};
use crate::Random;

const DAY: i64 = 86_400;

impl Trial<'_> {
    /// Whether a record is gone everywhere in time: as if the period lasted for ever, or on the days that are written, where
    /// it is promised in all periods from then on.
    pub(super) fn is_gone(&self, class: ClassId, period: usize, random: &mut Random) -> Came {
        let plan = self.plan;
        let data = &plan.model.classes[class];
        let Some((most, _)) = data.asked().retain_at_most else {
            return Came::NotPlayed;
        };
        let after = plan.periods.get(period..).unwrap_or_default();
        // Also when it lives no more, if anything of it is left.
        let all = after.iter().all(|later| {
            let of = Obligation::Erasure;
            !self.kept.refuses(of, class, &later.name, plan)
        });
        let as_written = all && random.random_bool(0.5);
        let (start, end) = (
            second(plan.model.policy.start),
            second(plan.model.policy.end),
        );
        let lives = match as_written {
            true => (self.period.from, self.period.until),
            false => (plan.model.policy.start, plan.model.policy.end),
        };
        let lives = (
            lives.0.max(data.lifetime.from),
            data.lifetime
                .until
                .map_or(lives.1, |until| lives.1.min(until)),
        );
        let (Some(start), Some(end), Some(first), Some(last)) =
            (start, end, second(lives.0), second(lives.1))
        else {
            return Came::NotPlayed;
        };
        // Beyond the policy's years nothing is promised, and runs may lie further apart.
        let first = first.as_second() + 1;
        let last = last.as_second().min(end.as_second() - most.0 - 2 * DAY);
        if first >= last {
            return Came::NotPlayed;
        }
        let deleted = random.random_range(first..last);
        let items = data.kind == ClassKind::Items;
        let lasts = match random.random_range(0..3) {
            0 => 1,
            1 => random.random_range(1..4 * DAY),
            _ => random.random_range(1..400 * DAY),
        };
        let written = (deleted - lasts).max(first - 1).max(start.as_second());
        let until = deleted + most.0 + DAY;
        let instant = |at| Timestamp::from_second(at).ok();
        let (Some(written), Some(at), Some(until)) = (
            instant(if items { deleted } else { written }),
            instant(deleted),
            instant(until),
        ) else {
            return Came::NotPlayed;
        };
        let copies = plan.copies.iter().filter(|(_, copy)| copy.class == class);
        let erasure = Erasure {
            copies: copies.map(|(id, _)| id).collect(),
            on: self.period.from,
            as_written,
            from: start.checked_sub(1.hour()).unwrap_or(start).min(written),
            written,
            deleted: (!items).then_some(at),
            until,
            runs: match random.random_bool(0.2) {
                true => BTreeMap::new(),
                false => runs(plan, deleted, random),
            },
        };
        let stays = match erased(plan, &erasure, &mut { u64::MAX }) {
            Ok(stays) => stays,
            Err(why) => return Came::Otherwise(format!("{why:?}")),
        };
        let longest = stays.iter().filter_map(|(id, stay)| {
            let gone = match stay.gone {
                Some(gone) => gone,
                None if stay.came.is_some() => until,
                None => return None,
            };
            Some((gone.as_second() - deleted, *id))
        });
        match longest.max() {
            None => Came::NotPlayed,
            Some((age, copy)) if age > most.0 => {
                let how = if as_written { "as written" } else { "for ever" };
                let seconds = Seconds(age);
                Came::Otherwise(format!(
                    "`{}`, written {written}, deleted {at}, is in {} for {seconds}, not {most}, {how}",
                    data.named.name,
                    self.place(copy),
                ))
            }
            Some(_) => Came::AsSaid,
        }
    }

    /// A copy in words.
    pub(super) fn place(&self, copy: CopyId) -> String {
        let copy = &self.plan.copies[copy];
        let store = &self.plan.model.stores[copy.location.store].named.name;
        let by = copy.made_by.map(|by| &self.plan.model.steps[by].named.name);
        format!("{store}:{} by {by:?}", copy.location.path)
    }
}
