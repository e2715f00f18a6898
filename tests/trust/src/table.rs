//! Whose runs meet in small random policies, minute by minute of a year on real clocks.
//!
//! A clock is walked through as cron does: what it jumps over is started after the jump, what comes twice is
//! started once, but by rules that repeat through the day. A step is at work in a minute if it is for some late
//! start and some length of a run. Of each pair it is looked at in which runs one finds the other at work.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

use crate::Random;

/// The policy's first day, that on which it is judged.
const START: Date = date(2026, 3, 1);
/// Days of the horizon: both changes of the clocks are in it.
const DAYS: usize = 365;
/// Minutes of a day.
const DAY: i64 = 24 * 60;
/// How many minutes are walked through: runs that begin within the horizon meet what begins after it.
const MINUTES: usize = (DAYS + 2) * 24 * 60;

/// The clocks of the three hosts.
const ZONES: [&str; 3] = ["UTC", "Europe/Paris", "America/New_York"];
const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// How long a script of restic 0.16 waits for restic's lock, and one for another script of its host, in minutes.
const WAITS_FOR_RESTIC: i64 = 30;
const WAITS_FOR_SCRIPT: i64 = 6 * 60;

/// When a step is due, in minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Hourly(i64),
    /// Each time so many minutes since midnight have passed; they divide a day.
    Every(i64),
    Daily(Vec<i64>),
    Weekly(i64, i64),
    Monthly(i8, i64),
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    /// A dump of a class of its own.
    Dump {
        atomic: bool,
    },
    /// Versions in a repository, of a dump or of a class of its own.
    Backup {
        to: usize,
        from: Option<usize>,
        keeps: bool,
        prunes: bool,
    },
    Prune(usize),
    Check(usize),
    /// Of all that lies where a repository does.
    Mirror(usize),
    /// Carries a dump elsewhere.
    Carry(usize),
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    does: Does,
    host: usize,
    /// A clock of its own, instead of its host's.
    utc: bool,
    when: When,
    /// In minutes, as all times here.
    jitter: i64,
    /// Shortest and longest run; what is not said is half of its period.
    takes: Option<(i64, i64)>,
    /// Whether it says that it comes after the dump that it reads.
    after: bool,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    steps: Vec<Step>,
    /// Whether restic waits for locks.
    waits: bool,
}

/// What is told: the code, whether it is an error, and who has to do with it.
pub type Told = BTreeSet<(&'static str, bool, Vec<String>)>;

/// What follows of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// What has to be told.
    pub exactly: Told,
    /// The same if it is not looked at how much is left of a run that is waited for.
    pub stricter: Told,
}

/// What a step does to a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Shares,
    /// Shares it, and forgets before it is done.
    Forgets,
    Alone,
    Mirrors,
}

impl When {
    fn random(random: &mut Random) -> Self {
        // Many of them meet in the night of a clock change.
        let minute = |random: &mut Random| match random.random_range(0..4) {
            0 => random.random_range(0..DAY),
            _ => random.random_range(0..5 * 12) * 5,
        };
        match random.random_range(0..10) {
            0 => Self::Hourly(random.random_range(0..60)),
            1 => Self::Every(*[15, 30, 120, 240, 360].choose(random).unwrap_or(&30)),
            2 | 3 => Self::Weekly(*[0, 5, 6, 6].choose(random).unwrap_or(&6), minute(random)),
            4 => Self::Monthly(random.random_range(1..=31), minute(random)),
            5 => {
                let (one, other) = (minute(random), random.random_range(0..DAY));
                let mut times = vec![one, other];
                times.sort_unstable();
                times.dedup();
                Self::Daily(times)
            }
            _ => Self::Daily(vec![minute(random)]),
        }
    }

    pub(crate) fn text(&self) -> String {
        let at = |minute: &i64| format!("{:02}:{:02}", minute / 60, minute % 60);
        match self {
            Self::Hourly(minute) => format!("hourly at minute {minute}"),
            Self::Every(minutes) if minutes % 60 == 0 => format!("every {} h", minutes / 60),
            Self::Every(minutes) => format!("every {minutes} min"),
            Self::Daily(times) => {
                let times: Vec<String> = times.iter().map(at).collect();
                format!("daily at {}", times.join(", "))
            }
            Self::Weekly(day, minute) => {
                let day = usize::try_from(*day).ok().and_then(|day| WEEKDAYS.get(day));
                format!("weekly on {} at {}", day.unwrap_or(&"Sunday"), at(minute))
            }
            Self::Monthly(day, minute) => format!("monthly on {day} at {}", at(minute)),
        }
    }

    /// Usual minutes between two runs.
    fn period(&self) -> i64 {
        match self {
            Self::Hourly(_) => 60,
            Self::Every(minutes) => *minutes,
            Self::Daily(times) => DAY / i64::try_from(times.len()).unwrap_or(1).max(1),
            Self::Weekly(..) => 7 * DAY,
            Self::Monthly(..) => 31 * DAY,
        }
    }

    /// Whether it repeats through the day: such a rule follows the clock wherever that jumps.
    const fn repeats(&self) -> bool {
        matches!(self, Self::Hourly(_) | Self::Every(_))
    }

    /// Whether it is due when the clock shows this, in minutes since 1970.
    fn is_due(&self, clock: i64) -> bool {
        let (day, minute) = (clock.div_euclid(DAY), clock.rem_euclid(DAY));
        match self {
            Self::Hourly(at) => minute % 60 == *at,
            Self::Every(minutes) => minute % minutes == 0,
            Self::Daily(times) => times.contains(&minute),
            // 1970 began on a Thursday.
            Self::Weekly(weekday, at) => minute == *at && (day + 3).rem_euclid(7) == *weekday,
            Self::Monthly(of, at) => {
                let shown = Timestamp::from_second(clock * 60).unwrap_or(Timestamp::UNIX_EPOCH);
                minute == *at && TimeZone::UTC.to_datetime(shown).day() == *of
            }
        }
    }
}

static CLOCKS: LazyLock<[Clock; 3]> = LazyLock::new(|| ZONES.map(|zone| Clock::of(zone, 1)));
static IN_HOURS: LazyLock<[Clock; 3]> = LazyLock::new(|| ZONES.map(|zone| Clock::of(zone, 60)));

/// The hours since the start of the horizon in which cron starts what is due at full hours, on the clock of a host.
pub(crate) fn hours(when: &When, host: usize) -> Vec<i64> {
    let clock = IN_HOURS.get(host);
    let steps = clock.map_or_else(Vec::new, |clock| clock.starts(when));
    let steps = steps.into_iter().map(i64::try_from);
    steps.map(|hour| hour.unwrap_or(i64::MAX)).collect()
}

/// The first minute of the horizon, since 1970.
pub(crate) fn start() -> i64 {
    let start = START.to_zoned(TimeZone::UTC);
    start.map_or(0, |start| start.timestamp().as_second() / 60)
}

/// What a clock shows in each minute or hour of the horizon, in minutes since 1970, and one before.
struct Clock {
    shown: Vec<i64>,
    /// Minutes from one to the next.
    apart: i64,
}

impl Clock {
    fn of(zone: &str, apart: i64) -> Self {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let (from, minutes) = (start(), i64::try_from(MINUTES).unwrap_or(0));
        let mut offset = 0;
        let shown = (-1..minutes / apart).map(|step| {
            let minute = from + step * apart;
            // Clocks change on quarters of an hour.
            if minute % 15 == 0 || step < 0 {
                let at = Timestamp::from_second(minute * 60).unwrap_or(Timestamp::UNIX_EPOCH);
                offset = i64::from(zone.to_offset(at).seconds()) / 60;
            }
            minute + offset
        });
        Self {
            shown: shown.collect(),
            apart,
        }
    }

    /// The minutes or hours in which cron starts something.
    fn starts(&self, when: &When) -> Vec<usize> {
        let mut out = Vec::new();
        let mut latest = i64::MIN;
        let width = usize::try_from(self.apart).unwrap_or(1);
        for (step, pair) in self.shown.windows(2).enumerate() {
            let [before, now] = *pair else { continue };
            let due = if when.repeats() {
                when.is_due(now)
            } else {
                // After a jump all that it skipped, and nothing for a second time.
                let skipped = before.min(now - self.apart) + self.apart..=now;
                let mut skipped = skipped.step_by(width);
                skipped.any(|clock| clock > latest && when.is_due(clock))
            };
            latest = latest.max(now);
            if due {
                out.push(step);
            }
        }
        out
    }
}

/// A step's year.
struct Year<'s> {
    starts: &'s [usize],
    jitter: usize,
    least: usize,
    most: usize,
    /// For each minute, the most that can be left of a run that is at work in it; 0 where none is.
    left: Vec<i64>,
}

impl<'s> Year<'s> {
    fn new(step: &Step, starts: &'s [usize]) -> Self {
        let (least, most) = step.takes();
        let [jitter, least, most] =
            [step.jitter, least, most].map(|minutes| usize::try_from(minutes).unwrap_or(0));
        let mut left = vec![0; MINUTES + jitter + most + 1];
        for start in starts {
            let may_work = left.iter_mut().enumerate().skip(*start);
            for (minute, left) in may_work.take(jitter + most) {
                // The later it begins, the more is left: at the latest now.
                let began = minute.min(start + jitter);
                *left = i64::try_from(began + most - minute).unwrap_or(0).max(*left);
            }
        }
        Self {
            starts,
            jitter,
            least,
            most,
            left,
        }
    }

    /// For each run that is due within the horizon, the most that may be left of the other's when this one finds it
    /// at work: when it starts, or at any time until it is done. 0 where it never does.
    fn finds(&self, other: &Year<'_>, until_done: bool) -> Vec<i64> {
        let due = self
            .starts
            .iter()
            .take_while(|start| **start < DAYS * 24 * 60);
        due.map(|start| {
            let last = match until_done {
                true => self.jitter + self.most.max(1) - 1,
                false => self.jitter,
            };
            let then = other.left.iter().skip(*start).take(last + 1);
            then.copied().max().unwrap_or(0)
        })
        .collect()
    }
}

impl Year<'_> {
    /// For each run that is due within the horizon, whether the other one, none of whose runs it found due, may
    /// become due before it is done.
    fn is_overtaken(&self, other: &Year<'_>) -> Vec<bool> {
        let due = self
            .starts
            .iter()
            .take_while(|start| **start < DAYS * 24 * 60);
        due.map(|start| {
            (*start..=start + self.jitter).any(|begins| {
                let over = other.starts.partition_point(|other| *other <= begins);
                let next = other.starts.get(over);
                next.is_some_and(|next| *next < begins + self.most)
            })
        })
        .collect()
    }
}

impl Step {
    fn takes(&self) -> (i64, i64) {
        self.takes.unwrap_or((0, self.when.period() / 2))
    }

    fn role(&self, repository: usize) -> Option<Role> {
        match self.does {
            Does::Backup { to, keeps, .. } if to == repository => Some(match keeps {
                true => Role::Forgets,
                false => Role::Shares,
            }),
            Does::Prune(of) | Does::Check(of) if of == repository => Some(Role::Alone),
            Does::Mirror(of) if of == repository => Some(Role::Mirrors),
            _ => None,
        }
    }

    const fn deletes(&self) -> bool {
        matches!(
            self.does,
            Does::Prune(_) | Does::Backup { prunes: true, .. }
        )
    }
}

impl World {
    /// A random one.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let count = random.random_range(2..=4);
        let mut steps: Vec<Step> = Vec::new();
        for _ in 0..count {
            let dumps: Vec<usize> = steps
                .iter()
                .enumerate()
                .filter(|(_, step)| matches!(step.does, Does::Dump { .. }))
                .map(|(at, _)| at)
                .collect();
            let dump = dumps.choose(random).copied();
            let repository = usize::from(random.random_ratio(1, 5));
            let does = match (random.random_range(0..8), dump) {
                (0 | 1, _) => Does::Dump {
                    atomic: random.random_bool(0.6),
                },
                (2, Some(dump)) => Does::Carry(dump),
                (0..=4, from) => {
                    let keeps = random.random_bool(0.6);
                    Does::Backup {
                        to: repository,
                        from: from.filter(|_| random.random_bool(0.8)),
                        keeps,
                        prunes: keeps && random.random_bool(0.5),
                    }
                }
                (5, _) => Does::Prune(repository),
                (6, _) => Does::Check(repository),
                _ => Does::Mirror(repository),
            };
            let when = When::random(random);
            let reads = matches!(does, Does::Carry(_) | Does::Backup { from: Some(_), .. });
            let most = when
                .period()
                .min(*[20, 60, 90, 400].choose(random).unwrap_or(&60));
            let longest = random.random_range(1..=most);
            steps.push(Step {
                does,
                host: random.random_range(0..ZONES.len()),
                utc: random.random_ratio(1, 4),
                jitter: match random.random_ratio(1, 3) {
                    true => random.random_range(1..=most),
                    false => 0,
                },
                takes: (!random.random_ratio(1, 12))
                    .then(|| (random.random_range(0..=longest), longest)),
                when,
                after: reads && random.random_bool(0.5),
            });
        }
        Self {
            steps,
            waits: random.random_bool(0.7),
        }
    }

    /// As thrice reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let restic = if self.waits { "0.18.0" } else { "0.14.0" };
        let mut out = format!(
            "policy small \"Small\" {{ horizon {DAYS} days }}\n\
             provider far \"Far\" {{ site s0; site s1; site s2; site s3 }}\n\
             object_storage o at far/s3 {{ bucket one0 {{ medium object }}; bucket one1 {{ medium object }} }}\n\
             vault envelope at far/s3\n\
             key k {{ held on envelope }}\n"
        );
        for repository in 0..2 {
            let _ = writeln!(
                out,
                "repository r{repository} in o.one{repository}:/ {{ engine restic {restic}; key k }}"
            );
        }
        for (host, zone) in ZONES.iter().enumerate() {
            let _ = writeln!(
                out,
                "host h{host} at far/s{host} {{ runs cron; timezone \"{zone}\"; has restic {restic}, rclone 1.75.2; store data {{ medium hdd }} }}"
            );
        }
        for (at, step) in self.steps.iter().enumerate() {
            self.tell(&mut out, at, step);
        }
        out
    }

    fn tell(&self, out: &mut String, at: usize, step: &Step) {
        let own_class = format!("class c{at} is state on h0.data:/c{at}\n");
        let by = format!("by h{}.cron", step.host);
        let (head, more) = match step.does {
            Does::Dump { atomic } => (
                format!("{own_class}capture s{at} of c{at} to h0.data:/d{at} {by}"),
                match atomic {
                    true => "runs \"/bin/dump\"; atomic; ",
                    false => "runs \"/bin/dump\"; in place; ",
                },
            ),
            Does::Backup {
                to,
                from,
                keeps,
                prunes,
            } => (
                match from {
                    Some(dump) => format!("backup s{at} of c{dump} from s{dump} to r{to} {by}"),
                    None => format!("{own_class}backup s{at} of c{at} to r{to} {by}"),
                },
                match (keeps, prunes) {
                    (true, true) => "keep 7 daily; prune; ",
                    (true, false) => "keep 7 daily; ",
                    _ => "",
                },
            ),
            Does::Prune(of) => (format!("prune s{at} of r{of} {by}"), ""),
            Does::Check(of) => (format!("check s{at} of r{of} {by}"), ""),
            Does::Mirror(of) => (
                format!("sync s{at} of o.one{of} to h2.data:/m{at} {by}"),
                "",
            ),
            Does::Carry(dump) => (
                format!("copy s{at} of c{dump} from s{dump} to h1.data:/k{at} {by}"),
                "",
            ),
        };
        let utc = if step.utc { " UTC" } else { "" };
        let _ = write!(out, "{head} {{ {}{utc}; {more}", step.when.text());
        if let Some((least, most)) = step.takes {
            let _ = write!(out, "taking {least}m..{most}m; ");
        }
        if step.jitter > 0 {
            let _ = write!(out, "jitter {}m; ", step.jitter);
        }
        if let (true, Some(dump)) = (step.after, self.dump_of(step)) {
            let _ = write!(out, "after s{dump}; ");
        }
        out.push_str("}\n");
    }

    const fn dump_of(&self, step: &Step) -> Option<usize> {
        match step.does {
            Does::Carry(dump) => Some(dump),
            Does::Backup { from, .. } => from,
            _ => None,
        }
    }

    /// How long a step may take at most, in minutes.
    #[must_use]
    pub fn longest(&self, step: usize) -> Option<i64> {
        Some(self.steps.get(step)?.takes?.1)
    }

    /// The same with another longest run.
    #[must_use]
    pub fn lasting(&self, step: usize, longest: i64) -> Self {
        let mut out = self.clone();
        let takes = out.steps.get_mut(step).and_then(|step| step.takes.as_mut());
        if let Some((least, most)) = takes {
            (*least, *most) = ((*least).min(longest), longest);
        }
        out
    }

    /// How many steps there are.
    #[must_use]
    pub const fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Walks through the year: the minutes in which each step is due.
    #[must_use]
    pub fn walk(&self) -> Vec<Vec<usize>> {
        let due = |step: &Step| {
            let host = if step.utc { 0 } else { step.host };
            let clock = CLOCKS.get(host);
            clock.map_or_else(Vec::new, |clock| clock.starts(&step.when))
        };
        self.steps.iter().map(due).collect()
    }

    /// Who meets whom, where the steps are due in these minutes.
    #[must_use]
    pub fn met(&self, due: &[Vec<usize>]) -> Met {
        let years = self.steps.iter().zip(due);
        let years: Vec<Year<'_>> = years.map(|(step, due)| Year::new(step, due)).collect();
        let mut exactly = self.read_early(&years);
        exactly.extend(self.still_at_work(&years));
        let mut stricter = exactly.clone();
        for repository in 0..2 {
            exactly.extend(self.share(repository, &years, false));
            stricter.extend(self.share(repository, &years, true));
        }
        Met { exactly, stricter }
    }

    fn name(at: usize) -> String {
        format!("s{at}")
    }

    /// Whose next run is due while one goes on, perhaps in the second in which it ends.
    fn still_at_work(&self, years: &[Year<'_>]) -> Told {
        let mut out = Told::new();
        for (at, year) in years.iter().enumerate() {
            let apart = year.starts.windows(2).filter_map(|pair| match pair {
                [one, next] => Some(next - one),
                _ => None,
            });
            let Some(apart) = apart.min() else { continue };
            if year.jitter + year.most >= apart {
                out.insert(("T2107", year.least >= apart, vec![Self::name(at)]));
            }
        }
        out
    }

    /// Who reads what is being written.
    fn read_early(&self, years: &[Year<'_>]) -> Told {
        let mut found: BTreeMap<_, (bool, BTreeSet<String>)> = BTreeMap::new();
        for (at, (step, year)) in self.steps.iter().zip(years).enumerate() {
            for (other, (writer, writes)) in self.steps.iter().zip(years).enumerate() {
                let fills = match (step.does, writer.does) {
                    (Does::Mirror(of), Does::Backup { to, .. }) => of == to,
                    _ => self.dump_of(step) == Some(other),
                };
                if !fills {
                    continue;
                }
                let in_place = writer.does == (Does::Dump { atomic: false });
                let looks = step.after && step.host == writer.host;
                let code = match (looks, in_place) {
                    (true, _) => "T2106",
                    (false, true) => "T2105",
                    (false, false) => "T2104",
                };
                let finds = year.finds(writes, code == "T2105");
                let finds = finds.iter().map(|left| *left > 0).collect();
                let mut hits: Vec<(&str, Vec<bool>)> = vec![(code, finds)];
                if looks && in_place {
                    hits.push(("T2105", year.is_overtaken(writes)));
                }
                for (code, hits) in hits {
                    if !hits.contains(&true) {
                        continue;
                    }
                    // A reader that looks and one that does not have a cause of their own.
                    let key = (code, looks, writer.host, step.host);
                    let (error, names) = found.entry(key).or_default();
                    *error |= code != "T2104" && !hits.contains(&false);
                    names.extend([Self::name(at), Self::name(other)]);
                }
            }
        }
        let all = found.into_iter();
        all.map(|((code, ..), (error, names))| (code, error, names.into_iter().collect()))
            .collect()
    }

    /// Who finds a repository taken.
    fn share(&self, repository: usize, years: &[Year<'_>], stricter: bool) -> Told {
        let mut found: BTreeMap<&'static str, (bool, BTreeSet<String>)> = BTreeMap::new();
        for (at, (step, year)) in self.steps.iter().zip(years).enumerate() {
            for (other, (taker, takes)) in self.steps.iter().zip(years).enumerate() {
                let (Some(role), Some(taken)) = (step.role(repository), taker.role(repository))
                else {
                    continue;
                };
                let one_host = step.host == taker.host;
                let nothing = match (role, taken) {
                    (Role::Mirrors, _) => !taker.deletes() || one_host,
                    (_, Role::Mirrors) => true,
                    (Role::Shares, Role::Shares) => true,
                    _ => at == other,
                };
                if nothing {
                    continue;
                }
                let finds = year.finds(takes, matches!(role, Role::Mirrors | Role::Forgets));
                let most = finds.iter().copied().max().unwrap_or(0);
                if most == 0 {
                    continue;
                }
                let waits = match (one_host, self.waits) {
                    (true, _) => WAITS_FOR_SCRIPT,
                    (false, true) => WAITS_FOR_RESTIC,
                    (false, false) => 0,
                };
                let needs = match stricter {
                    true => i64::try_from(takes.jitter + takes.most).unwrap_or(i64::MAX),
                    false => most,
                };
                let enough = waits >= needs || (waits > 0 && taker.takes.is_none());
                let always = finds.iter().all(|left| *left > 0);
                let (code, error) = match role {
                    Role::Mirrors => ("T2101", true),
                    _ if enough => ("T2103", false),
                    _ => ("T2102", always),
                };
                let (is_error, names) = found.entry(code).or_default();
                *is_error |= error;
                names.extend([Self::name(at), Self::name(other)]);
            }
        }
        let all = found.into_iter();
        all.map(|(code, (error, names))| {
            let names = std::iter::once(format!("r{repository}")).chain(names);
            (code, error, names.collect())
        })
        .collect()
    }
}
