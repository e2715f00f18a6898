//! Small random policies, described twice: as text, which thrice reads, and as a handful of numbers,
//! which [`crate::runs`] tries out. Nothing of thrice is between the two.

use std::fmt::Write as _;

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
        }
    }

    /// The hosts that hold something, each once, in order.
    #[must_use]
    pub fn hosts(&self) -> Vec<usize> {
        let mut hosts: Vec<usize> = self.places.iter().map(|place| place.host).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    /// As thrice reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!(
            "policy small \"Small\" {{ horizon 1 year; response time {} days }}\n\
             provider far \"Far\" {{ site s0; site s1; site s2; site s3 }}\n",
            self.response
        );
        for host in self.hosts() {
            let _ = match machine(host) {
                true => writeln!(
                    out,
                    "host h{host} at far/s{host} {{ runs cron; has rclone 1.75.2; store data {{ medium hdd }} }}"
                ),
                false => writeln!(
                    out,
                    "object_storage h{host} at far/s{host} {{ bucket data {{ medium object }} }}"
                ),
            };
        }
        for (at, place) in self.places.iter().enumerate() {
            let here = self.location(at);
            match place.made {
                None => {
                    let _ = writeln!(
                        out,
                        "class c is items on {here} {{ retain at least {} days }}",
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
                        "{word} k{at} of {from} to {here} by h0.cron {{ {when} at 03:00 UTC; {age}taking 0s }}"
                    );
                }
            }
            let _ = match place.expiry {
                None => Ok(()),
                Some(Expiry::AtAge(low, high)) => writeln!(
                    out,
                    "expire e{at} of {here} after {low}..{high} days by use {{ by hand }}"
                ),
                Some(Expiry::AfterUpload(days)) => writeln!(
                    out,
                    "expire e{at} of {here} after {days} days by upload {{ by hand }}"
                ),
            };
        }
        let _ = writeln!(
            out,
            "require copies >= {} within {} days for c\nrequire survive any 1 of host for c",
            self.copies, self.within
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
