//! Small random policies, described twice: as text, which thrice reads, and as a handful of numbers,
//! which [`crate::runs`] tries out. Nothing of thrice is between the two.

use std::fmt::Write as _;

use jiff::ToSpan as _;
use jiff::civil::Date;
use rand::RngExt as _;

use crate::Random;

/// How something comes into a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// A copy is added.
    Copy,
    /// A mirror is made.
    Sync,
    /// It goes there and is no longer here, once it is so many days old; from a disk it may go earlier,
    /// since files bring their age along.
    Move(i64),
}

/// How people or rules delete in a place, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// At an age between these.
    AtAge(i64, i64),
    /// So long after it came there; what does it may be two days late. Only in buckets, which know when
    /// something came.
    AfterUpload(i64),
}

/// A place that the class is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its host: one of four, each in a site of its own; the first two are machines, the others object
    /// storages.
    pub host: usize,
    /// From which place, by which verb, and every how many days; `None` where the class lives.
    pub made: Option<(usize, Verb, i64)>,
    /// What is deleted there.
    pub expiry: Option<Expiry>,
}

/// A policy of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// Where it lives first, then in the order in which they are filled.
    pub places: Vec<Place>,
    /// So many copies are asked for …
    pub copies: i64,
    /// … from this age on, in days.
    pub within: i64,
    /// Up to this age, in days.
    pub kept: i64,
    /// From a fault until somebody has acted, in days.
    pub response: i64,
    /// Whether it is a state, of which only the newest version matters, and not items.
    pub state: bool,
    /// Hosts that hold nothing and can be lost.
    pub idle: Vec<usize>,
}

/// From which phase on, and before which one, something is there.
pub type Life = (usize, Option<usize>);

/// When each thing of a world is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lives {
    /// The day on which each phase begins, counted from the first one.
    pub days: Vec<i64>,
    /// How much later each phase may come, in days.
    pub slips: Vec<i64>,
    /// Of what fills each place.
    pub places: Vec<Life>,
    /// Of what deletes there.
    pub expiries: Vec<Life>,
    /// Of the demand for copies.
    pub copies: Life,
    /// Of each host, if it does not follow from what is there.
    pub hosts: Option<Vec<Life>>,
}

/// When phases begin, a season each.
const SEASONS: [i64; 3] = [0, 89, 198];

/// The first day of the first one.
const FIRST: Date = jiff::civil::date(2026, 2, 15);

/// Whether something is there in a phase.
#[must_use]
pub const fn lives((from, until): Life, phase: usize) -> bool {
    from <= phase
        && match until {
            Some(until) => phase < until,
            None => true,
        }
}

impl Lives {
    /// All there is, always.
    #[must_use]
    pub fn always(world: &World) -> Self {
        let count = world.places.len();
        Self {
            days: vec![0],
            slips: vec![92],
            places: vec![(0, None); count],
            expiries: vec![(0, None); count],
            copies: (0, None),
            hosts: None,
        }
    }

    /// Random ones, in one to three phases that are never late; where the class lives there is always a place.
    #[must_use]
    pub fn random(world: &World, random: &mut Random) -> Self {
        let phases = random.random_range(1..=SEASONS.len());
        let days = SEASONS.iter().take(phases).copied().collect();
        Self::in_phases(world, days, random)
    }

    /// Random ones in two or three phases that follow on each other so soon that what comes to be in one is
    /// still asked about in the next ones.
    #[must_use]
    pub fn in_short_phases(world: &World, random: &mut Random) -> Self {
        let mut days = vec![0];
        for _ in 0..random.random_range(1..=2) {
            let last = days.last().copied().unwrap_or(0);
            days.push(last + random.random_range(3..=12));
        }
        // Few days, since all of them are tried; but one phase may be so late that the next one is soon to come.
        let late = random.random_range(0..days.len());
        let slips = (0..days.len()).map(|phase| match random.random_bool(0.7) {
            _ if phase == late => random.random_range(1..=6),
            true => 0,
            false => random.random_range(1..=3),
        });
        let slips = slips.collect();
        Self {
            slips,
            ..Self::in_phases(world, days, random)
        }
    }

    /// Random ones in four phases a few days apart.
    #[must_use]
    pub fn in_close_phases(world: &World, random: &mut Random) -> Self {
        let mut days = vec![0];
        for _ in 0..3 {
            let last = days.last().copied().unwrap_or(0);
            days.push(last + random.random_range(1..=4));
        }
        Self::in_phases(world, days, random)
    }

    /// The same for a world of [`World::handing_over`]: in the last of three phases the first copy goes, and in the one
    /// before, or with it, the second one begins.
    #[must_use]
    pub fn handing_over(world: &World, random: &mut Random) -> Self {
        let first = random.random_range(2..=6);
        let together = random.random_range(1..=5);
        let mut lives = Self::in_phases(world, vec![0, first, first + together], random);
        let begins = if random.random_bool(0.8) { 1 } else { 2 };
        for (place, life) in lives
            .places
            .iter_mut()
            .zip([(0, None), (0, Some(2)), (begins, None)])
        {
            *place = life;
        }
        for (expiry, place) in lives.expiries.iter_mut().zip(&lives.places) {
            *expiry = *place;
        }
        if random.random_bool(0.7) {
            lives.copies = (0, None);
        }
        // The phase with which the second copy begins may come as late as the one with which the first one goes.
        lives.slips = vec![
            0,
            random.random_range(1..=together),
            random.random_range(0..=1),
        ];
        lives
    }

    /// The same for a world of [`World::state`]: places and what deletes there stay when steps end.
    #[must_use]
    pub fn of_state(world: &World, random: &mut Random) -> Self {
        let lives = match random.random_bool(0.7) {
            true => Self::handing_over(world, random),
            false => Self::in_short_phases(world, random),
        };
        let mut out = Self {
            hosts: Some(vec![(0, None); MOST_PLACES]),
            ..lives
        };
        for expiry in &mut out.expiries {
            if random.random_bool(0.8) {
                *expiry = (0, None);
            }
        }
        out
    }

    fn in_phases(world: &World, days: Vec<i64>, random: &mut Random) -> Self {
        let phases = days.len();
        let mut life = |from: usize, until: Option<usize>| {
            let end = until.unwrap_or(phases);
            let first = if random.random_bool(0.5) {
                from
            } else {
                random.random_range(from..end)
            };
            let last = (first + 1 < phases && random.random_bool(0.4))
                .then(|| random.random_range(first + 1..end.max(first + 2)));
            (first, last.filter(|last| *last < phases).or(until))
        };
        let mut places: Vec<Life> = Vec::new();
        for place in &world.places {
            places.push(match place.made {
                None => (0, None),
                Some(_) => life(0, None),
            });
        }
        let expiries = places.iter().map(|(from, until)| life(*from, *until));
        let expiries = expiries.collect();
        let copies = life(0, None);
        Self {
            days,
            slips: vec![0; phases],
            places,
            expiries,
            copies,
            hosts: None,
        }
    }

    /// The day on which a phase begins, counted from the first one.
    #[must_use]
    pub fn day(&self, phase: usize) -> i64 {
        self.days.get(phase).copied().unwrap_or(0)
    }

    /// Of a host, that of all that is filled there or from there; where things run, always.
    #[must_use]
    pub fn host(&self, world: &World, host: usize) -> Life {
        if let Some(life) = self.hosts.as_ref().and_then(|hosts| hosts.get(host)) {
            return *life;
        }
        let on = |at: usize| world.places.get(at).is_some_and(|place| place.host == host);
        let from = |place: &Place| place.made.is_some_and(|(source, ..)| on(source));
        let here = world.places.iter().zip(&self.places);
        let here = here.filter(|(place, _)| place.host == host || from(place));
        let here: Vec<Life> = here.map(|(_, life)| *life).collect();
        let from = here.iter().map(|(from, _)| *from).min().unwrap_or(0);
        let until = here
            .iter()
            .map(|(_, until)| until.unwrap_or(usize::MAX))
            .max()
            .filter(|until| *until < self.slips.len());
        if host == 0 { (0, None) } else { (from, until) }
    }

    /// What is there of a world in a phase: what is filled from what is there.
    #[must_use]
    pub fn during(&self, world: &World, phase: usize) -> World {
        let mut kept: Vec<Option<usize>> = Vec::new();
        let mut places: Vec<Place> = Vec::new();
        let lives_of = self.places.iter().zip(&self.expiries);
        for (place, (life, expiry)) in world.places.iter().zip(lives_of) {
            let made = match place.made {
                None => Some(None),
                Some((source, verb, every)) => kept
                    .get(source)
                    .copied()
                    .flatten()
                    .map(|source| Some((source, verb, every))),
            };
            let made = made.filter(|_| lives(*life, phase));
            kept.push(made.map(|_| places.len()));
            if let Some(made) = made {
                places.push(Place {
                    host: place.host,
                    made,
                    expiry: place.expiry.filter(|_| lives(*expiry, phase)),
                });
            }
        }
        let mut idle = world.hosts();
        idle.retain(|host| {
            lives(self.host(world, *host), phase) && places.iter().all(|p| p.host != *host)
        });
        World {
            places,
            idle,
            ..world.clone()
        }
    }

    /// "since t1 until t2".
    fn words(&self, (from, until): Life) -> String {
        let since = if self.slips.len() > 1 || from > 0 {
            format!(" since t{from}")
        } else {
            String::new()
        };
        let until = until.map_or_else(String::new, |until| format!(" until t{until}"));
        since + &until
    }
}

/// How many places a random world has at most.
pub const MOST_PLACES: usize = 4;

impl World {
    /// A random one.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let count = random.random_range(2..=MOST_PLACES);
        let mut places: Vec<Place> = vec![Place {
            host: 0,
            made: None,
            expiry: expiry(random, 3, false),
        }];
        for at in 1..count {
            let source = random.random_range(0..at);
            let verb = match random.random_range(0..6) {
                0..=2 => Verb::Copy,
                3 => Verb::Sync,
                _ => Verb::Move(random.random_range(1..=2)),
            };
            let every = if random.random_bool(0.15) { 7 } else { 1 };
            let host = random.random_range(0..4);
            places.push(Place {
                host,
                made: Some((source, verb, every)),
                expiry: expiry(random, 4, !machine(host)),
            });
        }
        Self {
            places,
            copies: random.random_range(1..=3),
            within: random.random_range(0..=6),
            kept: random.random_range(4..=20),
            response: random.random_range(0..=2),
            state: false,
            idle: Vec::new(),
        }
    }

    /// A random one of which one copy is to take another one's place: little is deleted, mostly nothing is moved,
    /// and what is asked for is mostly there.
    #[must_use]
    pub fn handing_over(random: &mut Random) -> Self {
        let mut hosts = [1, 2, 3];
        hosts.rotate_left(random.random_range(0..3));
        let mut places = vec![Place {
            host: 0,
            made: None,
            expiry: expiry(random, 12, false),
        }];
        for (at, host) in hosts
            .into_iter()
            .take(if random.random_bool(0.8) { 2 } else { 3 })
            .enumerate()
        {
            let source = if random.random_bool(0.7) { 0 } else { at };
            let verb = match random.random_range(0..8) {
                0..=5 => Verb::Copy,
                6 => Verb::Sync,
                _ => Verb::Move(random.random_range(1..=2)),
            };
            let every = if random.random_bool(0.2) { 7 } else { 1 };
            places.push(Place {
                host,
                made: Some((source, verb, every)),
                expiry: expiry(random, 12, !machine(host)),
            });
        }
        Self {
            places,
            copies: random.random_range(1..=2),
            within: random.random_range(1..=4),
            kept: random.random_range(2..=8),
            response: random.random_range(0..=2),
            state: false,
            idle: Vec::new(),
        }
    }

    /// The same of a state, in places where rules delete what is old: mostly later than a newer version comes.
    #[must_use]
    pub fn state(random: &mut Random) -> Self {
        let mut world = Self::handing_over(random);
        world.state = true;
        for place in &mut world.places {
            let dated = !machine(place.host);
            let low = random.random_range(2..=6);
            place.expiry = match place.made {
                Some(_) if random.random_bool(0.7) => match dated && random.random_bool(0.6) {
                    true => Some(Expiry::AfterUpload(low)),
                    false => Some(Expiry::AtAge(low, low + random.random_range(0..=1))),
                },
                _ => None,
            };
        }
        world
    }

    /// The hosts that can be lost, each once, in order.
    #[must_use]
    pub fn hosts(&self) -> Vec<usize> {
        let used = self.places.iter().map(|place| place.host);
        let mut hosts: Vec<usize> = used.chain(self.idle.iter().copied()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    /// As thrice reads it.
    #[must_use]
    pub fn text(&self) -> String {
        self.text_with(&Lives::always(self))
    }

    /// The same with phases.
    #[must_use]
    pub fn text_with(&self, lives: &Lives) -> String {
        let mut out = format!(
            "policy small \"Small\" {{ horizon 1 year; response time {} days }}\n\
             provider far \"Far\" {{ site s0; site s1; site s2; site s3 }}\n",
            self.response
        );
        if lives.slips.len() > 1 {
            for ((at, day), slip) in lives.days.iter().enumerate().zip(&lives.slips) {
                let begins = FIRST.saturating_add(day.days());
                let _ = writeln!(out, "phase t{at} = {begins} {{ slip {slip} days }}");
            }
        }
        for host in self.hosts() {
            let life = lives.words(lives.host(self, host));
            let _ = match machine(host) {
                true => writeln!(
                    out,
                    "host h{host} at far/s{host}{life} {{ runs cron; has rclone 1.75.2; store data {{ medium hdd }} }}"
                ),
                false => writeln!(
                    out,
                    "object_storage h{host} at far/s{host}{life} {{ bucket data {{ medium object }} }}"
                ),
            };
        }
        for (at, place) in self.places.iter().enumerate() {
            let here = self.location(at);
            let of = |all: &[Life]| {
                all.get(at)
                    .map_or_else(String::new, |life| lives.words(*life))
            };
            let (life, deletes) = (of(&lives.places), of(&lives.expiries));
            match place.made {
                None => {
                    let kind = if self.state { "state" } else { "items" };
                    let _ = writeln!(
                        out,
                        "class c is {kind} on {here} {{ retain at least {} days }}",
                        self.kept
                    );
                }
                Some((source, verb, every)) => {
                    let (word, age) = match verb {
                        Verb::Copy => ("copy", String::new()),
                        Verb::Sync => ("sync", String::new()),
                        Verb::Move(days) => {
                            let clock = if self.dated(source) {
                                "upload"
                            } else {
                                "mtime"
                            };
                            ("move", format!("older than {days} days by {clock}; "))
                        }
                    };
                    let when = if every == 1 {
                        "daily"
                    } else {
                        "weekly on Sunday"
                    };
                    let from = self.location(source);
                    let _ = writeln!(
                        out,
                        "{word} k{at} of {from} to {here} by h0.cron{life} {{ {when} at 03:00 UTC; {age}taking 0s }}"
                    );
                }
            }
            let _ = match place.expiry {
                None => Ok(()),
                Some(Expiry::AtAge(low, high)) => writeln!(
                    out,
                    "expire e{at} of {here} after {low}..{high} days by use{deletes} {{ by hand }}"
                ),
                Some(Expiry::AfterUpload(days)) => writeln!(
                    out,
                    "expire e{at} of {here} after {days} days by upload{deletes} {{ by hand }}"
                ),
            };
        }
        let _ = writeln!(
            out,
            "require copies >= {} within {} days for c{}\nrequire survive any 1 of host for c",
            self.copies,
            self.within,
            lives.words(lives.copies)
        );
        out
    }

    /// Whether a place knows when something came there.
    #[must_use]
    pub fn dated(&self, at: usize) -> bool {
        self.places
            .get(at)
            .is_some_and(|place| !machine(place.host))
    }

    fn location(&self, at: usize) -> String {
        let host = self.places.get(at).map_or(0, |place| place.host);
        format!("h{host}.data:/p{at}")
    }
}

/// Whether a host is a machine with a disk.
const fn machine(host: usize) -> bool {
    host < 2
}

fn expiry(random: &mut Random, one_in: u32, dated: bool) -> Option<Expiry> {
    if !random.random_ratio(1, one_in) {
        return None;
    }
    let low = random.random_range(1..=4);
    Some(if !dated || random.random_bool(0.5) {
        Expiry::AtAge(low, low + random.random_range(0..=1))
    } else {
        Expiry::AfterUpload(low)
    })
}
