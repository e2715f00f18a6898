//! How soon what was lost is back in small random policies, played event by event.
//!
//! One transfer at a time comes over the line: of those that can begin the most urgent, at the speed of its own way,
//! until it is done or a more urgent one can begin. Of two that are as urgent either may come first.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

use crate::Random;

/// Hosts: two with the data, one machine and two object storages with the copies.
const HOSTS: usize = 5;
/// The hosts with the data.
const HOMES: usize = 2;
/// Megabytes of a gigabyte.
const GB: i64 = 1000;

/// A class.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Class {
    home: usize,
    /// Gigabytes.
    size: (i64, i64),
    /// Seconds, as all times here.
    rto: Option<i64>,
    setup: i64,
    finish: i64,
    /// Hosts of the copies.
    copies: Vec<usize>,
    needs: Option<usize>,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// The speeds of the hosts' lines, in megabytes a second; an object storage may state none.
    links: [Option<i64>; HOSTS],
    classes: Vec<Class>,
    /// How many hosts at once must be survived, as a requirement asks; none where nothing is required.
    at_once: usize,
}

/// What is lost.
#[derive(Clone, Debug)]
struct Loss {
    hosts: Vec<usize>,
    /// Whether that is only the store with the data on the first of them.
    disk: bool,
    /// Whether what it holds nothing of counts as lost with it.
    left_too: bool,
}

/// What has to come back.
#[derive(Clone, Copy, Debug)]
struct Transfer {
    begins: i64,
    urgency: i64,
    seconds: i64,
}

impl World {
    /// A random one.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        // All sizes take whole seconds at all speeds.
        let one = *[1, 2, 5, 10, 20].choose(random).unwrap_or(&5);
        let alike = random.random_bool(0.5);
        let mut links = [None; HOSTS];
        for (host, link) in links.iter_mut().enumerate() {
            let speed = match alike {
                true => one,
                false => *[1, 2, 5, 10, 20].choose(random).unwrap_or(&5),
            };
            *link = (host < 3 || random.random_bool(0.5)).then_some(speed);
        }
        let classes = (0..random.random_range(1..=4)).map(|at| {
            let least = random.random_range(0..=20);
            let home = random.random_range(0..HOMES);
            let copies = random.random_range(1..=2);
            let mut copies: Vec<usize> = (0..copies)
                .map(|_| random.random_range(HOMES..HOSTS))
                .collect();
            copies.dedup();
            if random.random_bool(0.4) {
                copies.push(home);
            }
            Class {
                home,
                size: (least, least + random.random_range(1..=20)),
                rto: random
                    .random_bool(0.8)
                    .then(|| random.random_range(1..=12) * 3600),
                setup: random.random_range(0..=4) * 900,
                finish: random.random_range(0..=2) * 600,
                copies,
                needs: (at > 0 && random.random_ratio(1, 3)).then(|| random.random_range(0..at)),
            }
        });
        let mut out = Self {
            links,
            classes: classes.collect(),
            at_once: random.random_range(0..=2),
        };
        // Of two that are as fast it is not said from which one it comes.
        let alike = out.clone();
        for class in &mut out.classes {
            let mut speeds = BTreeSet::new();
            let home = class.home;
            class
                .copies
                .retain(|host| speeds.insert(alike.speed(home, *host)));
        }
        out
    }

    /// As thrice reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = "policy small \"Small\" { horizon 365 days }\n\
            provider far \"Far\" { site s0; site s1; site s2; site s3; site s4 }\n"
            .to_owned();
        if self.at_once > 0 {
            let _ = writeln!(out, "require survive any {} of host for all", self.at_once);
        }
        for (host, link) in self.links.iter().enumerate() {
            let link = link.map_or(String::new(), |speed| format!("link {speed} MB/s; "));
            let _ = match host {
                0..3 => writeln!(
                    out,
                    "host h{host} at far/s{host} {{ runs cron; has rclone 1.75.2; {link}store data {{ medium hdd }}; store spare {{ medium hdd }} }}"
                ),
                _ => writeln!(
                    out,
                    "object_storage h{host} at far/s{host} {{ {link}bucket data \"bucket-{host}\" {{ medium object }} }}"
                ),
            };
        }
        for (at, class) in self.classes.iter().enumerate() {
            let Class {
                home,
                size,
                rto,
                setup,
                finish,
                copies,
                needs,
            } = class;
            let rto = rto.map_or(String::new(), |rto| format!("; rto {rto}s"));
            let needs = needs.map_or(String::new(), |other| format!("; needs c{other}"));
            let _ = writeln!(
                out,
                "class c{at} is files on h{home}.data:/c{at} {{ size {}..{} GB; growth 0..0 GB/year; restore setup {setup}s; restore finish {finish}s{rto}{needs} }}",
                size.0, size.1
            );
            for host in copies {
                let store = if host == home { "spare" } else { "data" };
                let _ = writeln!(
                    out,
                    "copy k{at}-{host} of c{at} to h{host}.{store}:/c{at} by h{home}.cron {{ daily at 03:00 UTC; taking 1m..1h }}"
                );
            }
        }
        out
    }

    /// The same with another time in which a class must be back.
    #[must_use]
    pub fn due(&self, class: usize, rto: i64) -> Self {
        let mut out = self.clone();
        if let Some(class) = out.classes.get_mut(class) {
            class.rto = Some(rto);
        }
        out
    }

    /// A class of which something is asked.
    #[must_use]
    pub fn asked(&self) -> Option<usize> {
        self.classes.iter().position(|class| class.rto.is_some())
    }

    /// Whether all ways are as fast, so that it is no matter which counts.
    #[must_use]
    pub fn is_alike(&self) -> bool {
        let mut links = self.links.iter().flatten();
        let first = links.next();
        links.all(|link| Some(link) == first)
    }

    /// The speed of the way between two hosts.
    fn speed(&self, one: usize, other: usize) -> i64 {
        let ends = [one, other].map(|host| self.links.get(host).copied().flatten());
        ends.into_iter().flatten().min().unwrap_or(1)
    }

    /// What is asked about: of each class of which something is asked the loss of its store and of its host, which take
    /// what lies there and nothing else; and what the requirement asks. After that all of which nothing is hit is taken to
    /// be lost at the same time, so that no promise rests on that alone. Of two hosts that is so where both matter to one
    /// class or what that needs.
    fn losses(&self) -> Vec<Loss> {
        let mut out = Vec::new();
        for class in self.classes.iter().filter(|class| class.rto.is_some()) {
            out.extend([true, false].map(|disk| Loss {
                hosts: vec![class.home],
                disk,
                left_too: false,
            }));
        }
        let stakes: Vec<BTreeSet<usize>> =
            (0..self.classes.len()).map(|at| self.stakes(at)).collect();
        for one in (0..HOSTS).filter(|_| self.at_once > 0) {
            let alone = Loss {
                hosts: vec![one],
                disk: false,
                left_too: true,
            };
            out.push(alone);
            for other in (one + 1..HOSTS).filter(|_| self.at_once > 1) {
                let hosts = vec![one, other];
                let matter = |stakes: &BTreeSet<usize>| hosts.iter().all(|h| stakes.contains(h));
                out.push(Loss {
                    left_too: stakes.iter().any(matter),
                    disk: false,
                    hosts,
                });
            }
        }
        out
    }

    /// The hosts of a class, of its copies and of what it needs. That names only classes before it.
    fn stakes(&self, at: usize) -> BTreeSet<usize> {
        let mut out = BTreeSet::new();
        let mut next = self.classes.get(at);
        while let Some(class) = next {
            out.insert(class.home);
            out.extend(&class.copies);
            next = class.needs.and_then(|needs| self.classes.get(needs));
        }
        out
    }

    /// What comes back, by class, and between which hosts, after a loss.
    fn transfers(&self, lost: &Loss, due: &[Option<i64>]) -> Vec<(usize, Transfer, [usize; 2])> {
        let classes = self.classes.iter().zip(due).enumerate();
        let jobs = classes.filter_map(|(at, (class, due))| {
            let is_hit = |host: &usize| lost.hosts.contains(host);
            let untouched = !is_hit(&class.home) && !class.copies.iter().any(is_hit);
            if !(is_hit(&class.home) || (untouched && lost.left_too)) {
                return None;
            }
            let left = class
                .copies
                .iter()
                .filter(|host| lost.disk || !is_hit(host));
            let ways = left.map(|host| (self.speed(class.home, *host), *host));
            let (speed, from) = ways.max()?;
            let transfer = Transfer {
                begins: class.setup,
                urgency: (*due)? - class.finish,
                seconds: class.size.1 * GB / speed,
            };
            Some((at, transfer, [class.home, from]))
        });
        jobs.collect()
    }

    /// When each class is back at last whatever is lost, and when it must be; none of those of which nothing is asked.
    #[must_use]
    pub fn back(&self) -> Vec<Option<(i64, i64)>> {
        // What another one needs is due with it; that names only classes before it.
        let mut due: Vec<Option<i64>> = self.classes.iter().map(|class| class.rto).collect();
        for at in (0..self.classes.len()).rev() {
            let needs = self.classes.get(at).and_then(|class| class.needs);
            let own = due.get(at).copied().flatten();
            if let (Some(needs), Some(rto)) = (needs, own)
                && let Some(due) = due.get_mut(needs)
            {
                *due = Some(due.map_or(rto, |due| due.min(rto)));
            }
        }
        let mut out = vec![None; self.classes.len()];
        for lost in self.losses() {
            let jobs = self.transfers(&lost, &due);
            for (at, own, way) in &jobs {
                let mut shares: Vec<usize> = way.to_vec();
                for _ in 0..HOSTS {
                    let meets = |way: &&[usize; 2]| way.iter().any(|host| shares.contains(host));
                    let more = jobs.iter().map(|(.., way)| way).filter(meets).flatten();
                    let more: Vec<usize> = more.copied().collect();
                    shares.extend(more);
                }
                let others = jobs.iter().filter(|(other, _, way)| {
                    other != at && way.iter().any(|host| shares.contains(host))
                });
                let others: Vec<Transfer> = others.map(|(_, job, _)| *job).collect();
                let (class, due) = (self.classes.get(*at), due.get(*at).copied().flatten());
                let (Some(class), Some(due), Some(slot)) = (class, due, out.get_mut(*at)) else {
                    continue;
                };
                let back = comes(*own, &others) + class.finish;
                *slot = (*slot).max(Some((back, due)));
            }
        }
        out
    }

    /// The classes that are back too late, or need one that is not back when they must be, by their names.
    #[must_use]
    pub fn late(&self) -> BTreeSet<String> {
        let back = self.back();
        let is_back_by = |at: usize, due: i64| {
            let back = back.get(at).copied().flatten();
            back.is_none_or(|(back, _)| back <= due)
        };
        let classes = self.classes.iter().enumerate();
        let late = classes.filter(|(at, class)| {
            let own = back.get(*at).copied().flatten();
            let mut needed = std::iter::successors(Some(*at), |at| self.classes.get(*at)?.needs);
            own.is_some_and(|(back, due)| back > due)
                || class
                    .rto
                    .is_some_and(|rto| needed.any(|at| !is_back_by(at, rto)))
        });
        late.map(|(at, _)| format!("c{at}")).collect()
    }
}

/// When a transfer is done, if others that are as urgent come first.
fn comes(own: Transfer, others: &[Transfer]) -> i64 {
    let mut left: Vec<Transfer> = others
        .iter()
        .filter(|other| other.urgency <= own.urgency)
        .copied()
        .collect();
    left.push(own);
    let mine = left.len() - 1;
    let mut now = 0;
    loop {
        let ready = left.iter().enumerate();
        let ready = ready.filter(|(_, job)| job.seconds > 0 && job.begins <= now);
        let next = ready
            .min_by_key(|(at, job)| (job.urgency, *at))
            .map(|(at, _)| at);
        let event = left
            .iter()
            .map(|job| job.begins)
            .filter(|at| *at > now)
            .min();
        match (next, event) {
            (None, None) => return now,
            (None, Some(event)) => now = event,
            (Some(at), event) => {
                let Some(job) = left.get_mut(at) else {
                    return now;
                };
                let works = event.map_or(job.seconds, |event| job.seconds.min(event - now));
                job.seconds -= works;
                now += works;
                if at == mine && job.seconds == 0 {
                    return now;
                }
            }
        }
    }
}
