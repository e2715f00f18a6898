//! How much room small random policies take, by playing them day by day at the corners of what is open.
//!
//! Data are blocks. Each day some of them are overwritten, added or deleted, as fast as the policy allows;
//! copies, dumps and snapshots are lists of blocks, and a repository holds each block once. What is played
//! is one run among many, so it shows what a store must have room for, never that this is enough; where
//! nothing is assumed of tools it is both.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rand::RngExt as _;

use crate::Random;

/// Days of the horizon.
const DAYS: i64 = 365;
/// Gigabytes of a block.
const BLOCK: i64 = 1;

/// What holds the data besides their home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A copy as large as the data.
    Mirror,
    /// A copy that keeps what was deleted.
    Files,
    /// Dumps, each so many days; made daily.
    Dumps(i64),
    /// A repository that keeps so many of the last snapshots, and prunes after each.
    Versions(i64),
}

/// A policy of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct World {
    /// Least and greatest size, in blocks.
    pub size: (i64, i64),
    /// Least and greatest growth in blocks a day.
    pub growth: (i64, i64),
    /// Least and greatest churn in blocks a day.
    pub churn: (i64, i64),
    /// What holds them.
    pub holds: Holds,
}

/// What was played at worst, in gigabytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Of the store that the data live in.
    pub home: i64,
    /// Of the store of the copy.
    pub away: i64,
}

fn interval(random: &mut Random, most: i64) -> (i64, i64) {
    let low = random.random_range(0..=most);
    (low, random.random_range(low..=most))
}

impl World {
    /// A random one.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let size = interval(random, 30);
        Self {
            size: (size.0 + 1, size.1 + 1),
            growth: interval(random, 2),
            churn: interval(random, 4),
            holds: match random.random_range(0..4) {
                0 => Holds::Mirror,
                1 => Holds::Files,
                2 => Holds::Dumps(random.random_range(2..=9)),
                _ => Holds::Versions(random.random_range(1..=9)),
            },
        }
    }

    /// As thrice reads it, with so much room in both stores.
    #[must_use]
    pub fn text(&self, room: Room) -> String {
        let mut out = format!(
            "policy small \"Small\" {{ horizon {DAYS} days }}\n\
             provider far \"Far\" {{ site a; site b; site c }}\n\
             host h at far/a {{ runs cron; has restic 0.18.0, rclone 1.75.2; store data {{ medium hdd; capacity {} GB }} }}\n\
             host o at far/b {{ store data {{ medium hdd; capacity {} GB }} }}\n\
             vault envelope at far/c\n\
             key k {{ held on envelope }}\n",
            room.home, room.away,
        );
        let kind = match self.holds {
            Holds::Dumps(_) => "state",
            _ => "files",
        };
        let block = |(low, high): (i64, i64)| format!("{}..{}", low * BLOCK, high * BLOCK);
        let _ = writeln!(
            out,
            "class c is {kind} on h.data:/c {{ size {} GB; growth {} GB/day; churn {} GB/day }}",
            block(self.size),
            block(self.growth),
            block(self.churn)
        );
        let _ = match self.holds {
            Holds::Mirror => writeln!(
                out,
                "sync m of c to o.data:/c by h.cron {{ daily at 03:00 UTC; taking 1m..1h }}"
            ),
            Holds::Files => writeln!(
                out,
                "copy f of c to o.data:/c by h.cron {{ daily at 03:00 UTC; taking 1m..1h }}"
            ),
            Holds::Dumps(days) => writeln!(
                out,
                "capture d of c to o.data:/c by h.cron {{ daily at 03:00 UTC; taking 1m..1h; atomic; keeps {days} days; runs \"/bin/dump\" }}"
            ),
            Holds::Versions(last) => writeln!(
                out,
                "repository r in o.data:/ {{ engine restic 0.18.0; key k }}\n\
                 backup b of c to r by h.cron {{ daily at 03:00 UTC; taking 1m..1h; keep {last} last; prune }}"
            ),
        };
        out
    }

    /// Plays all corners, and takes the worst of each store.
    #[must_use]
    pub fn played(&self) -> Room {
        let mut out = Room { home: 0, away: 0 };
        for corner in 0_u8..8 {
            let pick = |bit: u8, (low, high): (i64, i64)| {
                if corner >> bit & 1 == 1 { high } else { low }
            };
            let corner = (
                pick(0, self.size),
                pick(1, self.growth),
                pick(2, self.churn),
            );
            let room = self.play(corner);
            out.home = out.home.max(room.home);
            out.away = out.away.max(room.away);
        }
        out
    }

    fn play(&self, (size, growth, churn): (i64, i64, i64)) -> Room {
        let mut data: std::collections::VecDeque<i64> = (0..size).collect();
        let mut next = size;
        let mut away = Away::default();
        let mut out = Room { home: 0, away: 0 };
        for _ in 0..=DAYS {
            out.home = out.home.max(blocks(data.len()) * BLOCK);
            out.away = out
                .away
                .max(away.run(self.holds, data.iter().copied()) * BLOCK);
            for _ in 0..churn.min(blocks(data.len())) {
                // The oldest block gives way to a new one: no day's are like another's.
                data.pop_front();
                data.push_back(next);
                next += 1;
            }
            for _ in 0..growth {
                data.push_back(next);
                next += 1;
            }
        }
        out
    }
}

fn blocks(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What lies in the other store.
#[derive(Default)]
struct Away {
    /// Lists of blocks, oldest first.
    kept: Vec<BTreeSet<i64>>,
}

impl Away {
    /// A run of the step; how much lies there at most while it is going on.
    fn run(&mut self, holds: Holds, data: impl Iterator<Item = i64>) -> i64 {
        let new: BTreeSet<i64> = data.collect();
        match holds {
            Holds::Mirror => {
                self.kept = vec![new];
                self.each()
            }
            Holds::Files => {
                let mut all = self.kept.pop().unwrap_or_default();
                all.extend(new);
                self.kept = vec![all];
                self.each()
            }
            Holds::Dumps(days) => {
                self.kept.push(new);
                let most = self.each();
                let gone = blocks(self.kept.len()) - days;
                self.kept.drain(..usize::try_from(gone).unwrap_or(0));
                most
            }
            Holds::Versions(last) => {
                // The new snapshot is there before the oldest is forgotten and pruned.
                self.kept.push(new);
                let most = self.together();
                let gone = blocks(self.kept.len()) - last;
                self.kept.drain(..usize::try_from(gone).unwrap_or(0));
                most
            }
        }
    }

    fn each(&self) -> i64 {
        self.kept.iter().map(|list| blocks(list.len())).sum()
    }

    fn together(&self) -> i64 {
        let all: BTreeSet<&i64> = self.kept.iter().flatten().collect();
        blocks(all.len())
    }
}
