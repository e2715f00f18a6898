//! How long a record outlives its deletion in small random policies, played hour by hour.
//!
//! A record is there for long, and is deleted at its source in some hour. From there on each place that reads it is
//! played with the runs that keep it longest: as many missed in a row as may be, the last of them before that as late
//! as it can still read it, the next ones late and long, or as early and short as they must be to come before the
//! record is old enough. What a repository keeps is played with every pattern of missed runs, by rules that are
//! written down here once more.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rand::RngExt as _;

use crate::Random;
use crate::recovery::most_within;
use crate::table::{self, When};

/// Hours of a day.
const DAY: i64 = 24;
/// When records are deleted, in hours since the start: when repositories have long been kept, and until after the
/// clocks have changed in autumn.
const DELETED: std::ops::Range<i64> = 90 * DAY..241 * DAY;
/// Worlds in whose repositories more can lie at one moment are left out.
const MOST_STATES: usize = 400;
/// By how much object storages are late to delete what their rules say, as thrice assumes.
const RULES_ARE_LATE: i64 = 2 * DAY;

/// A step's times, in hours.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Timing {
    when: When,
    /// On the clock of its host, in Paris; else UTC.
    paris: bool,
    jitter: i64,
    takes: (i64, i64),
    watched: bool,
}

/// What takes things away from a place to which they are only added.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Clears {
    /// A rule of the bucket, so many days after the upload.
    Rule(i64),
    /// A clean-up, so many hours after the record was written.
    Step(i64, Timing),
}

/// How many snapshots a repository keeps: the last ones, of days, weeks and months; and how many hours.
type Keep = ([usize; 4], i64);

/// What a step makes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Makes {
    /// Dumps, each kept for so many hours; else the newest.
    Dumps(Option<i64>),
    /// What its source has.
    Mirror,
    /// The newest of it.
    Latest,
    /// What its source had.
    Adds(Clears),
    /// Versions; removed by the backup itself or by a step.
    Versions(Keep, Option<Timing>),
}

/// What a store keeps of what was deleted in it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Keeps {
    Nothing,
    /// Snapshots of its own: when, on which clock, how many.
    Snapshots(When, bool, usize),
    /// Old versions for so many days, and a lock of so many, if any.
    Versions(i64, Option<i64>),
}

/// A step, and the place that it fills.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    /// The place that it reads: 0 is where the data lives, n what the n-th step fills.
    source: usize,
    makes: Makes,
    timing: Timing,
    keeps: Keeps,
}

/// A policy of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// Of a database; else files.
    is_state: bool,
    home: Keeps,
    steps: Vec<Step>,
    response: i64,
    grace: i64,
}

/// A step's runs, in hours since the start.
struct Runs {
    due: Vec<i64>,
    jitter: i64,
    takes: (i64, i64),
    /// So many in a row may be missed.
    missed: usize,
}

impl Timing {
    fn random(random: &mut Random) -> Self {
        // What is late may come after midnight.
        let hour = match random.random_ratio(1, 3) {
            true => random.random_range(21..24) * 60,
            false => random.random_range(0..24) * 60,
        };
        let when = match random.random_range(0..6) {
            0 => {
                let other = (hour + random.random_range(7..=13) * 60) % (24 * 60);
                When::Daily(vec![hour.min(other), hour.max(other)])
            }
            1 => When::Weekly(random.random_range(0..7), hour),
            2 => When::Monthly(random.random_range(1..=28), hour),
            _ => When::Daily(vec![hour]),
        };
        let longest = random.random_range(1..=2);
        Self {
            when,
            paris: random.random_ratio(1, 3),
            jitter: match random.random_ratio(1, 3) {
                true => random.random_range(1..=3),
                false => 0,
            },
            takes: (random.random_range(0..=longest), longest),
            watched: random.random_ratio(3, 4),
        }
    }

    fn text(&self) -> String {
        let clock = if self.paris { "" } else { " UTC" };
        let monitor = if self.watched { "; monitor watch" } else { "" };
        format!(
            "{}{clock}; taking {}h..{}h; jitter {}h{monitor}",
            self.when.text(),
            self.takes.0,
            self.takes.1,
            self.jitter
        )
    }
}

fn hours(when: &When, paris: bool) -> Vec<i64> {
    table::hours(when, usize::from(paris))
}

/// A place's runs, as they are played.
struct Played {
    runs: Runs,
    /// Of what clears it, if that is a step.
    clears: Option<Runs>,
    /// When its store's own snapshots are taken.
    taken: Vec<i64>,
    /// For each run, the oldest snapshot that may be there when it is over, missed or not.
    oldest: Vec<i64>,
}

impl Keeps {
    fn random(random: &mut Random, bucket: bool) -> Self {
        match (random.random_range(0..4), bucket) {
            (0, false) => {
                let (hour, other) = (random.random_range(0..24), random.random_range(0..24));
                let when = match random.random_range(0..5) {
                    0 => When::Weekly(random.random_range(0..7), hour * 60),
                    1 => When::Monthly(random.random_range(1..=28), hour * 60),
                    2 if hour != other => {
                        When::Daily(vec![hour.min(other) * 60, hour.max(other) * 60])
                    }
                    _ => When::Daily(vec![hour * 60]),
                };
                let keep = match when {
                    When::Monthly(..) => random.random_range(1..=2),
                    _ => random.random_range(1..=7),
                };
                Self::Snapshots(when, random.random_bool(0.5), keep)
            }
            (0, true) => {
                let lock = random.random_ratio(1, 3);
                let lock = lock.then(|| random.random_range(1..=20));
                Self::Versions(random.random_range(1..=20), lock)
            }
            _ => Self::Nothing,
        }
    }

    fn taken(&self) -> Vec<i64> {
        match self {
            Self::Snapshots(when, paris, _) => hours(when, *paris),
            _ => Vec::new(),
        }
    }

    /// When what was deleted in an hour, and written at last in another one, is gone.
    fn gone(&self, deleted: i64, written: i64, taken: &[i64]) -> Option<i64> {
        match self {
            Self::Nothing => Some(deleted),
            Self::Snapshots(.., keep) => {
                let over = taken.partition_point(|taken| *taken <= deleted);
                // The last one that has it goes when so many newer ones are there.
                Some((*taken.get(over + keep - 1)?).max(deleted))
            }
            Self::Versions(days, lock) => {
                let unlocked = written + lock.unwrap_or(0) * DAY;
                Some((deleted + days * DAY).max(unlocked) + RULES_ARE_LATE)
            }
        }
    }
}

impl Runs {
    fn of(timing: &Timing, world: &World) -> Self {
        let due = hours(&timing.when, timing.paris);
        let pairs = due.iter().zip(due.iter().skip(1));
        let widest = pairs.map(|(at, next)| next - at).max().unwrap_or(1);
        // One that is due and goes well is heard of when it is done.
        let done = timing.jitter + timing.takes.1;
        let silent = widest + done + world.grace;
        let missed = match timing.watched {
            true => most_within(&due, done + silent + world.response),
            false => 0,
        };
        Self {
            due,
            jitter: timing.jitter,
            takes: timing.takes,
            missed,
        }
    }

    /// The number of the last run that may begin by then.
    fn last_by(&self, then: i64) -> Option<usize> {
        self.due.partition_point(|due| *due <= then).checked_sub(1)
    }

    /// When a run that reads what is there until then may be done at last.
    fn written(&self, until: i64) -> Option<i64> {
        let due = self.due.get(self.last_by(until)?)?;
        Some(until.min(due + self.jitter) + self.takes.1)
    }

    /// The end of the first run that may not be missed after one.
    fn end_after(&self, last: usize) -> Option<i64> {
        let due = self.due.get(last + self.missed + 1)?;
        Some(due + self.jitter + self.takes.1)
    }

    /// When something is done with by the latest that has to be done from some moment on: a run that begins by then
    /// does not yet do it.
    fn done_from(&self, from: i64) -> Option<i64> {
        self.end_after(self.last_by(from)?)
    }

    /// The same where a run does what has to be done in the very hour in which it begins.
    fn done_if_begun_from(&self, from: i64) -> Option<i64> {
        let before = self.due.partition_point(|due| *due < from);
        self.end_after(before.checked_sub(1)?)
    }

    /// The same of what is done at the end of a run: one that ends before then does not yet do it.
    fn done_at_end_from(&self, from: i64) -> Option<i64> {
        let before = self.due.partition_point(|due| due + self.takes.0 < from);
        self.end_after(before.checked_sub(1)?)
    }

    /// See [`Played::oldest`].
    fn oldest(&self, keep: &Keep) -> Option<Vec<i64>> {
        let mut states: BTreeSet<(Vec<i64>, usize)> = [(Vec::new(), 0)].into();
        let mut out = Vec::new();
        for due in &self.due {
            let mut next = BTreeSet::new();
            for (kept, missed) in states {
                for late in [0, self.jitter] {
                    let mut kept = kept.clone();
                    kept.push(due + late);
                    next.insert((forget(&kept, keep), 0));
                }
                if missed < self.missed {
                    next.insert((kept, missed + 1));
                }
            }
            if next.len() > MOST_STATES {
                return None;
            }
            let oldest = next.iter().filter_map(|(kept, _)| kept.first().copied());
            out.push(oldest.min().unwrap_or(i64::MAX));
            states = next;
        }
        Some(out)
    }
}

/// What restic leaves: newest first, each rule keeps the first snapshot of each of its last so many periods, and the
/// very oldest one as long as it has any left; and all that is younger than so many hours before the newest.
fn forget(snapshots: &[i64], (counts, within): &Keep) -> Vec<i64> {
    let mut left = *counts;
    let mut last: [Option<i64>; 4] = [None; 4];
    let newest = snapshots.last().copied().unwrap_or(0);
    let oldest = snapshots.first().copied();
    let mut out = Vec::new();
    for at in snapshots.iter().rev() {
        let mut keep = *within > 0 && *at > newest - within;
        for ((left, last), period) in left.iter_mut().zip(&mut last).zip(periods(*at)) {
            if *left > 0 && (*last != Some(period) || Some(*at) == oldest) {
                (*left, *last, keep) = (*left - 1, Some(period), true);
            }
        }
        if keep {
            out.push(*at);
        }
    }
    out.reverse();
    out
}

/// What tells the snapshots, days, weeks and months of two moments apart.
fn periods(hour: i64) -> [i64; 4] {
    let second = table::start() * 60 + hour * 3600;
    let day = second.div_euclid(86_400);
    let shown = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
    let shown = TimeZone::UTC.to_datetime(shown);
    let month = i64::from(shown.year()) * 12 + i64::from(shown.month());
    // 1970 began on a Thursday.
    [hour, day, (day + 3).div_euclid(7), month]
}

impl World {
    /// A random one.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let is_state = random.random_bool(0.4);
        let mut steps: Vec<Step> = Vec::new();
        for at in 0..random.random_range(1..=3) {
            let timing = Timing::random(random);
            let source: usize = match (is_state, at) {
                (true, 0) | (false, 0) => 0,
                (true, _) => 1,
                (false, _) => random.random_range(0..=at),
            };
            let of_versions = source
                .checked_sub(1)
                .and_then(|source| steps.get(source))
                .is_some_and(|source| matches!(source.makes, Makes::Versions(..)));
            let makes = match random.random_range(0..3) {
                _ if is_state && at == 0 => Makes::Dumps(
                    random
                        .random_bool(0.6)
                        .then(|| random.random_range(1..=5) * DAY + random.random_range(-2..=2)),
                ),
                _ if of_versions => Makes::Mirror,
                0 => Makes::random_versions(random),
                1 if is_state => Makes::Latest,
                1 => Makes::Adds(Clears::random(random)),
                _ if is_state => Makes::random_versions(random),
                _ => Makes::Mirror,
            };
            let bucket = makes.in_bucket(at);
            let keeps = Keeps::random(random, bucket);
            steps.push(Step {
                source,
                makes,
                timing,
                keeps,
            });
        }
        Self {
            is_state,
            home: Keeps::random(random, false),
            steps,
            response: random.random_range(0..=12),
            grace: random.random_range(1..=2),
        }
    }

    /// As thrice reads it, with all of it gone after so many hours.
    #[must_use]
    pub fn text(&self, most: i64) -> String {
        let mut out = format!(
            "policy small \"Small\" {{ horizon 365 days; response time {}h }}\n\
             provider far \"Far\" {{ site s; site v }}\n\
             provider eye \"Eye\"\n\
             monitor watch {{ healthchecks at \"PING\"; hosted by eye; grace {}h }}\n\
             vault envelope at far/v\n\
             key k {{ held on envelope }}\n",
            self.response, self.grace,
        );
        let snapshots = |keeps: &Keeps| match keeps {
            Keeps::Snapshots(when, paris, keep) => {
                let zone = if *paris { "Europe/Paris" } else { "UTC" };
                let when = when.text();
                (format!("snapshots {when} \"{zone}\" keep {keep}")).replace("\"UTC\"", "UTC")
            }
            _ => String::new(),
        };
        let _ = writeln!(
            out,
            "host h at far/s {{ runs cron; timezone \"Europe/Paris\"; has restic 0.18.0, rclone 1.75.2; store data {{ medium hdd; {} }} }}\n\
             class c is {} on h.data:/c {{ retain at most {most}h }}",
            snapshots(&self.home),
            if self.is_state { "state" } else { "files" },
        );
        for (at, step) in self.steps.iter().enumerate() {
            let _ = match (&step.keeps, step.makes.in_bucket(at)) {
                (Keeps::Versions(days, lock), _) => {
                    let lock =
                        lock.map_or(String::new(), |days| format!("lock compliance {days}d"));
                    writeln!(
                        out,
                        "object_storage o{at} at far/s {{ bucket data \"bucket-{at}\" {{ medium object; versioning on; {lock} }} }}\n\
                         expire e{at} of o{at}.data after {days} days by upload {{ noncurrent }}"
                    )
                }
                (_, true) => writeln!(
                    out,
                    "object_storage o{at} at far/s {{ bucket data \"bucket-{at}\" {{ medium object }} }}"
                ),
                (keeps, false) => writeln!(
                    out,
                    "host o{at} at far/s {{ store data {{ medium hdd; {} }} }}",
                    snapshots(keeps)
                ),
            };
            self.tell(&mut out, at, step);
        }
        out
    }

    fn tell(&self, out: &mut String, at: usize, step: &Step) {
        let from = match step.source {
            0 => String::new(),
            source => format!(" from s{}", source - 1),
        };
        let timing = step.timing.text();
        let _ = match &step.makes {
            Makes::Dumps(keeps) => {
                let keeps = keeps.map_or(String::new(), |hours| format!("keeps {hours}h; "));
                writeln!(
                    out,
                    "capture s{at} of c to o{at}.data:/p by h.cron {{ {timing}; atomic; {keeps}runs \"/bin/dump\" }}"
                )
            }
            Makes::Mirror if self.is_of_versions(step) => writeln!(
                out,
                "sync s{at} of o{}.data:/p to o{at}.data:/p by h.cron {{ {timing} }}",
                step.source - 1
            ),
            Makes::Mirror => {
                writeln!(
                    out,
                    "sync s{at} of c{from} to o{at}.data:/p by h.cron {{ {timing} }}"
                )
            }
            Makes::Latest => writeln!(
                out,
                "copy s{at} of c{from} to o{at}.data:/p by h.cron {{ {timing}; latest only }}"
            ),
            Makes::Adds(clears) => {
                let _ = writeln!(
                    out,
                    "copy s{at} of c{from} to o{at}.data:/p by h.cron {{ {timing} }}"
                );
                match clears {
                    Clears::Rule(days) => {
                        writeln!(
                            out,
                            "expire x{at} of o{at}.data:/p after {days} days by upload"
                        )
                    }
                    Clears::Step(hours, timing) => writeln!(
                        out,
                        "expire x{at} of o{at}.data:/p after {hours}h by mtime {{ by h.cron; {} }}",
                        timing.text()
                    ),
                }
            }
            Makes::Versions((counts, within), removed) => {
                let words = ["last", "daily", "weekly", "monthly"];
                let rules = counts.iter().zip(words).filter(|(count, _)| **count > 0);
                let mut rules: Vec<String> = rules
                    .map(|(count, word)| format!("{count} {word}"))
                    .collect();
                if *within > 0 {
                    rules.push(format!("within {within}h"));
                }
                let prune = if removed.is_none() { "; prune" } else { "" };
                let _ = writeln!(
                    out,
                    "repository r{at} in o{at}.data:/p {{ engine restic 0.18.0; key k }}\n\
                     backup s{at} of c{from} to r{at} by h.cron {{ {timing}; keep {}{prune} }}",
                    rules.join(", ")
                );
                match removed {
                    Some(timing) => writeln!(
                        out,
                        "prune x{at} of r{at} by h.cron {{ {} }}",
                        timing.text()
                    ),
                    None => Ok(()),
                }
            }
        };
    }

    fn is_of_versions(&self, step: &Step) -> bool {
        let source = step.source.checked_sub(1);
        let source = source.and_then(|source| self.steps.get(source));
        source.is_some_and(|source| matches!(source.makes, Makes::Versions(..)))
    }

    /// Whether thrice's sum can be what was played: nothing on the way has times that must fit to those of
    /// something else.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        let [step] = self.steps.as_slice() else {
            return self.steps.is_empty();
        };
        let plain = match &step.makes {
            Makes::Mirror | Makes::Latest | Makes::Dumps(None) | Makes::Adds(Clears::Rule(_)) => {
                true
            }
            Makes::Dumps(_) | Makes::Adds(_) | Makes::Versions(..) => false,
        };
        // A rule for old versions acts so late after any moment; snapshots come when they come.
        let keeps = matches!(step.keeps, Keeps::Nothing | Keeps::Versions(_, None));
        plain && keeps && self.home == Keeps::Nothing && !step.timing.paris
    }

    /// For how many hours at most a record is somewhere after its deletion; `None` where that is too much to play.
    #[must_use]
    pub fn played(&self) -> Option<i64> {
        let mut places = Vec::new();
        for step in &self.steps {
            let runs = Runs::of(&step.timing, self);
            let (clears, oldest) = match &step.makes {
                Makes::Versions(keep, removed) => (removed.as_ref(), runs.oldest(keep)?),
                Makes::Adds(Clears::Step(_, timing)) => (Some(timing), Vec::new()),
                _ => (None, Vec::new()),
            };
            places.push(Played {
                runs,
                clears: clears.map(|timing| Runs::of(timing, self)),
                taken: step.keeps.taken(),
                oldest,
            });
        }
        let taken = self.home.taken();
        // Whoever reads it does so at the last moment.
        let mut moments: BTreeSet<i64> = taken.iter().copied().collect();
        for (step, place) in self.steps.iter().zip(&places) {
            if step.source == 0 {
                for late in 0..=place.runs.jitter {
                    moments.extend(place.runs.due.iter().map(|due| due + late));
                }
            }
        }
        let mut most = None;
        for deleted in moments.range(DELETED) {
            let mut gone = self.home.gone(*deleted, *deleted, &taken)?;
            // Until when each place has it to be read; what its store keeps is not read.
            let mut there = vec![*deleted];
            for (step, place) in self.steps.iter().zip(&places) {
                let until = *there.get(step.source)?;
                let (emptied, written) = step.emptied(place, until, *deleted)?;
                there.push(emptied);
                gone = gone.max(step.keeps.gone(emptied, written, &place.taken)?);
            }
            most = most.max(Some(gone - deleted));
        }
        most
    }
}

impl Step {
    /// When a record is in its place no more that can be read at its source until some hour, and when it was
    /// written there at last.
    fn emptied(&self, place: &Played, until: i64, deleted: i64) -> Option<(i64, i64)> {
        let Played {
            runs,
            clears,
            oldest,
            ..
        } = place;
        let written = runs.written(until)?;
        let emptied = match &self.makes {
            Makes::Mirror | Makes::Latest | Makes::Dumps(None) => runs.done_from(until)?,
            Makes::Dumps(Some(keeps)) => runs.done_at_end_from(written + keeps)?,
            Makes::Adds(Clears::Rule(days)) => written + days * DAY + RULES_ARE_LATE,
            // It may have been written right before it was deleted.
            Makes::Adds(Clears::Step(hours, _)) => clears
                .as_ref()?
                .done_if_begun_from((deleted + hours).max(written))?,
            Makes::Versions(..) => {
                let last = oldest.iter().rposition(|oldest| *oldest <= until)?;
                let forgotten = runs.due.get(last + 1)? + runs.jitter + runs.takes.1;
                match clears {
                    None => forgotten,
                    Some(prunes) => prunes.done_from(forgotten)?,
                }
            }
        };
        Some((emptied, written))
    }
}

impl Makes {
    fn random_versions(random: &mut Random) -> Self {
        let mut counts = [0; 4];
        let mut within = 0;
        for _ in 0..random.random_range(1..=2) {
            match random.random_range(0..5) {
                0 => counts[0] = random.random_range(1..=4),
                1 => counts[1] = random.random_range(1..=3),
                2 => counts[2] = random.random_range(1..=2),
                3 => counts[3] = random.random_range(1..=2),
                _ => within = random.random_range(12..=240),
            }
        }
        let removed = random.random_bool(0.5).then(|| Timing::random(random));
        Self::Versions((counts, within), removed)
    }

    /// Whether the place that the n-th step fills is in an object storage.
    const fn in_bucket(&self, at: usize) -> bool {
        match self {
            Self::Dumps(_) => false,
            Self::Adds(Clears::Rule(_)) => true,
            Self::Adds(Clears::Step(..)) => false,
            Self::Mirror | Self::Latest | Self::Versions(..) => at.is_multiple_of(2),
        }
    }
}

impl Clears {
    fn random(random: &mut Random) -> Self {
        match random.random_bool(0.5) {
            true => Self::Rule(random.random_range(1..=30)),
            false => Self::Step(random.random_range(12..=300), Timing::random(random)),
        }
    }
}
