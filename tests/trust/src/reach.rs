//! How far back the versions of small random policies reach, by playing decades of them day by day.
//!
//! The rules that forget snapshots are written down here once more, from what restic says they do: newest
//! first, each rule keeps the first snapshot of each of its last so many periods, and the very oldest one as
//! long as it has any left. After each backup all that no rule keeps is gone for the next one.

use std::fmt::Write as _;

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

use crate::Random;

/// A Monday. Weekdays, months and leap days come together again after 28 years.
const START: Date = date(1973, 1, 1);
const CYCLE_DAYS: i64 = 28 * 366;

/// How often a backup runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Often {
    /// At 03:00 and 15:00.
    TwiceADay,
    /// At 03:00.
    Daily,
    /// On Sundays at 03:00.
    Weekly,
}

/// A policy of one class that is backed up, and how far back it must reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    often: Often,
    /// How many snapshots, days, weeks, months and years.
    keep: [u32; 5],
    /// In hours: how far apart versions may lie.
    gap: i64,
}

const WORDS: [&str; 5] = ["last", "daily", "weekly", "monthly", "yearly"];

/// A moment, in hours since the start.
type Hour = i64;

/// What tells the period of a moment from its neighbours, for each rule.
type Keys = [i64; 5];

impl World {
    /// A random one.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let often = *[Often::TwiceADay, Often::Daily, Often::Daily, Often::Weekly]
            .choose(random)
            .unwrap_or(&Often::Daily);
        let mut keep = [0; 5];
        for (count, most) in keep.iter_mut().zip([9, 14, 9, 14, 3]) {
            if random.random_bool(0.45) {
                *count = random.random_range(1..=most);
            }
        }
        if keep == [0; 5] {
            keep = [0, 7, 4, 0, 0];
        }
        let days = *[1, 2, 7, 8, 14, 28, 30, 31, 60, 200, 366, 800]
            .choose(random)
            .unwrap_or(&7);
        Self {
            often,
            keep,
            gap: days * 24 + random.random_range(-1..=1),
        }
    }

    /// As thrice reads it, with a reach asked for in hours.
    #[must_use]
    pub fn text(&self, reach: i64) -> String {
        let rules = self.keep.iter().zip(WORDS).filter(|(count, _)| **count > 0);
        let rules: Vec<String> = rules
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let when = match self.often {
            Often::TwiceADay => "daily at 03:00, 15:00",
            Often::Daily => "daily at 03:00",
            Often::Weekly => "weekly on Sunday at 03:00",
        };
        let mut out = "policy small \"Small\" { horizon 1 year }\n\
            provider far \"Far\" { site a; site b; site c }\n\
            host h at far/a { runs cron; has restic 0.18.0; store data { medium hdd } }\n\
            object_storage o at far/b { bucket data { medium object } }\n\
            vault envelope at far/c\n\
            key k { held on envelope }\n\
            repository r in o.data:/ { engine restic 0.18.0; key k }\n\
            class c is state on h.data:/c\n"
            .to_owned();
        let _ = writeln!(
            out,
            "backup b of c to r by h.cron {{ {when} UTC; taking 1m..10m; keep {} }}\n\
             require history of {reach}h with gap {}h for c",
            rules.join(", "),
            self.gap
        );
        out
    }

    /// For how many hours back the next older version is always near enough; `None` if not even the newest
    /// always is.
    #[must_use]
    pub fn reach(&self) -> Option<i64> {
        let apart = match self.often {
            Often::TwiceADay => 12,
            Often::Daily => 24,
            Often::Weekly => 7 * 24,
        };
        if apart > self.gap {
            return None;
        }
        // Longer than any rule counts back.
        let years = 2 + i64::from(self.keep.iter().max().copied().unwrap_or(0)).min(16);
        let mut least = i64::MAX;
        let mut kept: Vec<(Hour, Keys)> = Vec::new();
        for (hour, keys) in self.runs(years * 366 + CYCLE_DAYS) {
            kept.push((hour, keys));
            self.forget(&mut kept);
            if hour >= years * 366 * 24 {
                least = least.min(self.reach_now(&kept, hour));
            }
        }
        Some(least)
    }

    fn runs(&self, days: i64) -> impl Iterator<Item = (Hour, Keys)> {
        let hours: &[i64] = match self.often {
            Often::TwiceADay => &[3, 15],
            _ => &[3],
        };
        let every = if self.often == Often::Weekly { 7 } else { 1 };
        let all = (0..days).filter(move |day| day % every == every - 1 || every == 1);
        all.flat_map(move |day| hours.iter().map(move |hour| day * 24 + hour))
            .map(|hour| {
                let day = START.saturating_add((hour / 24).days());
                let (year, month) = (i64::from(day.year()), i64::from(day.month()));
                (
                    hour,
                    [hour, hour / 24, hour / (7 * 24), year * 12 + month, year],
                )
            })
    }

    fn forget(&self, kept: &mut Vec<(Hour, Keys)>) {
        let mut left = self.keep;
        let mut last: [Option<i64>; 5] = [None; 5];
        let oldest = kept.first().map(|(hour, _)| *hour);
        let mut stays: Vec<(Hour, Keys)> = Vec::new();
        for (hour, keys) in kept.drain(..).rev() {
            let mut keep = false;
            for ((left, last), key) in left.iter_mut().zip(&mut last).zip(keys) {
                if *left > 0 && (*last != Some(key) || Some(hour) == oldest) {
                    (*left, *last, keep) = (*left - 1, Some(key), true);
                }
            }
            if keep {
                stays.push((hour, keys));
            }
        }
        stays.reverse();
        *kept = stays;
    }

    /// Right after a run: until the next one all ages grow alike, and no hole begins at a lesser age.
    fn reach_now(&self, kept: &[(Hour, Keys)], now: Hour) -> i64 {
        let mut younger = 0;
        for (hour, _) in kept.iter().rev() {
            let age = now - hour;
            if age - younger > self.gap {
                return younger;
            }
            younger = age;
        }
        younger
    }
}
