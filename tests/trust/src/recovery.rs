//! How old the newest version gets in small random policies, by trying every run.
//!
//! Time goes in slots of four hours: all schedules, durations, jitters, graces and response times are whole
//! slots. From slot to slot every state that can be reached is worked out: each run that is due starts on
//! time or later, takes short or long, or is missed, as long as not too many in a row are. Nothing of what
//! the compiler knows about worst cases is used; what is asked of the states is how old the newest version
//! is in what faults leave, at every moment of a week, long after the start.

use std::fmt::Write as _;

use rand::RngExt as _;

use crate::Random;

/// Hours of a slot.
pub const SLOT_HOURS: i64 = 4;
/// Slots of a day.
const DAY: i64 = 24 / SLOT_HOURS;
/// Slots of a week; the first is on a Monday.
const WEEK: i64 = 7 * DAY;

/// No world has more places.
const MOST_PLACES: usize = 4;
/// Worlds of which more states can be reached at one moment are left out.
const MOST_STATES: usize = 30_000;

/// A step and the place that it fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// From which place.
    pub source: usize,
    /// The host of the place; machines are 0 and 1, object storages 2 and 3.
    pub host: usize,
    /// In which slots of the week it is due, in order.
    pub due: Vec<i64>,
    /// As the policy says it.
    pub schedule: String,
    /// Shortest and longest run, in slots.
    pub takes: (i64, i64),
    /// How much later than due it may start, in slots.
    pub jitter: i64,
}

/// A policy of one class, which lives on host 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// The steps; the n-th fills place n + 1.
    pub steps: Vec<Step>,
    /// Response time, in slots.
    pub response: i64,
    /// Grace of the monitor, in slots.
    pub grace: i64,
    /// So many hosts may be lost together.
    pub lost: usize,
}

/// How old the newest version gets, in slots; `None` where no fault leaves a copy without the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ages {
    /// While every run succeeds.
    pub nominal: Option<i64>,
    /// With missed runs.
    pub guaranteed: Option<i64>,
}

/// A step's present and the data in its place, as the slots in which they were read from the live data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    /// The newest published.
    newest: i64,
    missed: u32,
    /// Due, and will start then.
    starts: Option<i64>,
    /// Running: until when, with which data.
    runs: Option<(i64, i64)>,
}

type States = Vec<[State; MOST_PLACES]>;

impl Step {
    fn random(random: &mut Random, at: usize) -> Self {
        let slot = random.random_range(0..DAY);
        let hour = |slot: i64| format!("{:02}:00", slot * SLOT_HOURS);
        let daily = |slots: &[i64]| {
            (0..7)
                .flat_map(|day| slots.iter().map(move |slot| day * DAY + slot))
                .collect()
        };
        let (due, schedule): (Vec<i64>, String) = match random.random_range(0..5) {
            0 => {
                let day = random.random_range(0..2);
                let name = if day == 0 { "Monday" } else { "Sunday" };
                (
                    vec![day * 6 * DAY + slot],
                    format!("weekly on {name} at {}", hour(slot)),
                )
            }
            1 => {
                let other = (slot + 3) % DAY;
                let (first, second) = (slot.min(other), slot.max(other));
                (
                    daily(&[first, second]),
                    format!("daily at {}, {}", hour(first), hour(second)),
                )
            }
            _ => (daily(&[slot]), format!("daily at {}", hour(slot))),
        };
        let longest = random.random_range(1..=2);
        // A run is over before the next one is due.
        let apart = distances(&due).min().unwrap_or(WEEK);
        let jitter = i64::from(random.random_ratio(1, 4) && apart > longest + 1);
        let longest = longest.min(apart - 1 - jitter);
        Self {
            source: random.random_range(0..=at),
            host: random.random_range(0..MOST_PLACES),
            due,
            schedule,
            takes: (random.random_range(0..=longest), longest),
            jitter,
        }
    }

    fn is_due(&self, slot: i64) -> bool {
        self.due.contains(&slot.rem_euclid(WEEK))
    }
}

/// The distances between the slots of a week in which something is due.
fn distances(due: &[i64]) -> impl Iterator<Item = i64> + '_ {
    let first = due.first().map(|first| first + WEEK);
    let next = due.iter().copied().skip(1).chain(first);
    due.iter().zip(next).map(|(slot, next)| next - slot)
}

/// How many runs are due at most in so long a time after another one.
pub(crate) fn most_within(due: &[i64], time: i64) -> usize {
    let after = due.iter().enumerate().map(|(at, first)| {
        let last = due.partition_point(|other| *other <= first + time);
        last.saturating_sub(at + 1)
    });
    after.max().unwrap_or(0)
}

fn widest(due: &[i64]) -> i64 {
    distances(due).max().unwrap_or(WEEK)
}

impl World {
    /// A random one.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let count = random.random_range(1..MOST_PLACES);
        Self {
            steps: (0..count).map(|at| Step::random(random, at)).collect(),
            response: random.random_range(0..=3),
            grace: random.random_range(1..=2),
            lost: random.random_range(1..=2),
        }
    }

    /// As thrice reads it, with recovery points asked for in slots.
    #[must_use]
    pub fn text(&self, nominal: i64, guaranteed: i64) -> String {
        let hours = |slots: i64| slots * SLOT_HOURS;
        let mut out = format!(
            "policy small \"Small\" {{ horizon 1 year; response time {}h }}\n\
             provider far \"Far\" {{ site s0; site s1; site s2; site s3 }}\n\
             provider eye \"Eye\"\n\
             monitor watch {{ healthchecks at \"PING\"; hosted by eye; grace {}h }}\n",
            hours(self.response),
            hours(self.grace),
        );
        for host in 0..MOST_PLACES {
            let _ = match host {
                0 | 1 => writeln!(
                    out,
                    "host h{host} at far/s{host} {{ runs cron; has rclone 1.75.2; store data {{ medium hdd }} }}"
                ),
                _ => writeln!(
                    out,
                    "object_storage h{host} at far/s{host} {{ bucket data {{ medium object }} }}"
                ),
            };
        }
        let _ = writeln!(
            out,
            "class c is state on h0.data:/p0 {{ rpo {}h, guaranteed {}h }}",
            hours(nominal),
            hours(guaranteed)
        );
        for (at, step) in self.steps.iter().enumerate() {
            let _ = writeln!(
                out,
                "copy k{at} of h{}.data:/p{} to h{}.data:/p{} by h0.cron {{ {} UTC; taking {}h..{}h; jitter {}h; monitor watch }}",
                self.host(step.source),
                step.source,
                step.host,
                at + 1,
                step.schedule,
                hours(step.takes.0),
                hours(step.takes.1),
                hours(step.jitter),
            );
        }
        let _ = writeln!(out, "require survive any {} of host for c", self.lost);
        out
    }

    fn host(&self, place: usize) -> usize {
        let step = place.checked_sub(1).and_then(|step| self.steps.get(step));
        step.map_or(0, |step| step.host)
    }

    /// How many runs in a row may be missed: as many as are due at most in the time from when one is due that goes well
    /// until that is done, its silence is an alarm and somebody has acted.
    fn missed(&self, step: &Step) -> u32 {
        let done = step.jitter + step.takes.1;
        let silent = widest(&step.due) + done + self.grace;
        let time = done + silent + self.response;
        let weeks = (0..time / WEEK + 2).map(|week| week * WEEK);
        let due: Vec<i64> = weeks
            .flat_map(|week| step.due.iter().map(move |due| due + week))
            .collect();
        let most = most_within(&due, time);
        u32::try_from(most).unwrap_or(0)
    }

    /// The places that each set of faults leaves, where it takes the data itself. Hosts that hold nothing
    /// tell nothing about the others: then, too, the data is taken to be lost.
    fn left(&self) -> Vec<Vec<usize>> {
        let places: Vec<usize> = (1..=self.steps.len()).collect();
        let mut out: Vec<Vec<usize>> = Vec::new();
        for set in 0_u32..1 << MOST_PLACES {
            let lost = |host: usize| set >> host & 1 == 1;
            let holds = places
                .iter()
                .chain(&[0])
                .any(|place| lost(self.host(*place)));
            if set.count_ones() as usize > self.lost || (holds && !lost(0)) {
                continue;
            }
            // With the data goes all that lies in the same store.
            let alive = |place: &usize| self.host(*place) != 0 && !lost(self.host(*place));
            let left: Vec<usize> = places.iter().copied().filter(alive).collect();
            if !left.is_empty() && !out.contains(&left) {
                out.push(left);
            }
        }
        out
    }

    /// Tries every run; `None` where too many states can be reached.
    #[must_use]
    pub fn ages(&self) -> Option<Ages> {
        let none = vec![0; self.steps.len()];
        let some: Vec<u32> = self.steps.iter().map(|step| self.missed(step)).collect();
        Some(Ages {
            nominal: self.oldest(&none)?,
            guaranteed: self.oldest(&some)?,
        })
    }

    /// The oldest that the newest version in what faults leave gets.
    #[expect(clippy::option_option, reason = "too many states, and nothing left")]
    fn oldest(&self, missed: &[u32]) -> Option<Option<i64>> {
        let left = self.left();
        // By then every place was filled from what was filled.
        let settled: i64 = self
            .steps
            .iter()
            .zip(missed)
            .map(|(step, missed)| {
                (i64::from(*missed) + 2) * widest(&step.due) + step.jitter + step.takes.1
            })
            .sum();
        let start = -(settled / WEEK + 2) * WEEK;
        let never = State {
            newest: start * 4,
            ..State::default()
        };
        let mut states: States = vec![[never; MOST_PLACES]];
        let mut oldest = None;
        for now in start..=WEEK {
            if now >= 0 {
                for (state, left) in states.iter().flat_map(|s| left.iter().map(move |l| (s, l))) {
                    let newest = left.iter().filter_map(|place| state.get(place - 1));
                    let newest = newest.map(|state| state.newest).max();
                    oldest = oldest.max(newest.map(|newest| now - newest));
                }
            }
            states = self.after(&states, now, missed);
            if states.len() > MOST_STATES {
                return None;
            }
        }
        Some(oldest)
    }

    /// What can follow in a slot: what is done is published, then runs become due, then they start.
    fn after(&self, states: &States, now: i64, missed: &[u32]) -> States {
        let mut out = states.clone();
        for state in out.iter_mut().flatten() {
            if let Some((_, data)) = state.runs.filter(|(until, _)| *until == now) {
                (state.newest, state.runs) = (data, None);
            }
        }
        for (at, (step, most)) in self.steps.iter().zip(missed).enumerate() {
            out = out
                .into_iter()
                .flat_map(|states| self.next(states, at, step, now, *most))
                .collect();
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    fn next(
        &self,
        states: [State; MOST_PLACES],
        at: usize,
        step: &Step,
        now: i64,
        most: u32,
    ) -> Vec<[State; MOST_PLACES]> {
        let Some(mine) = states.get(at).copied() else {
            return Vec::new();
        };
        let mut due = vec![mine];
        if step.is_due(now) {
            let late = (0..=step.jitter).map(|late| State {
                starts: Some(now + late),
                ..mine
            });
            due = late.collect();
            if mine.missed < most {
                due.push(State {
                    missed: mine.missed + 1,
                    ..mine
                });
            }
        }
        let source = step
            .source
            .checked_sub(1)
            .and_then(|source| states.get(source));
        let data = source.map_or(now, |source| source.newest);
        let mut out = Vec::new();
        for state in due {
            if state.starts != Some(now) {
                out.push(state);
                continue;
            }
            for takes in step.takes.0..=step.takes.1 {
                let started = State {
                    missed: 0,
                    starts: None,
                    ..state
                };
                out.push(match takes {
                    0 => State {
                        newest: data,
                        ..started
                    },
                    _ => State {
                        runs: Some((now + takes, data)),
                        ..started
                    },
                });
            }
        }
        let with = |state: State| {
            let mut all = states;
            if let Some(slot) = all.get_mut(at) {
                *slot = state;
            }
            all
        };
        out.into_iter().map(with).collect()
    }
}
