//! What all classes share: hosts, storages, repositories, keys, credentials; and what is asked of them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, SliceRandom as _};

use super::world::Says;
use crate::{FAULTS, Random};

/// One of several texts.
pub fn one_of(random: &mut Random, all: &[&'static str]) -> &'static str {
    all.choose(random).copied().unwrap_or_default()
}

/// A text or none.
pub fn some(random: &mut Random, chance: f64, text: &'static str) -> &'static str {
    if random.random_bool(chance) { text } else { "" }
}

/// Who uses what in steps of any class: a host and a repository or a credential.
pub type Users = BTreeSet<(&'static str, &'static str)>;

/// The places, and a class `z` in each store where data lives, which is there whatever others are. Whoever opens a
/// repository or uses a credential for any class does so for it as well, or is said to hold it: what hosts own and what faults there are depends
/// on no other class.
pub fn places(users: &Users, phases: bool, secret: Option<&str>, random: &mut Random) -> Vec<Says> {
    let mut out = String::from("policy small \"Small\" { horizon 1 year; response time 12h }\n");
    if phases {
        let slip = one_of(random, &["0 days", "0 days", "9 days"]);
        let _ = writeln!(
            out,
            "phase p0 = 2026-03-01 {{ slip 0 days }}\nphase p1 = p0 + 90 days {{ slip {slip} }}\nphase p2 = p0 + 200 days {{ slip 0 days }}"
        );
    }
    // Where each key pair opens all buckets, a credential of one class opens those of others.
    let own = users.iter().any(|(_, used)| *used == "own@");
    let supports = if own {
        ""
    } else {
        some(random, 0.2, ", one-key-all-buckets")
    };
    let _ = writeln!(
        out,
        "provider far {{ site s0; site s1; site s2; supports versioning, object-lock, lifecycle, lifecycle-prefix{supports} }}\nprovider near {{ site t0 }}"
    );
    for (host, site) in ["far/s0", "far/s1", "near/t0", "far/s2"].iter().enumerate() {
        let snapshots = match host {
            1 | 2 => some(random, 0.2, "; snapshots daily at 00:30 keep 9"),
            _ => "",
        };
        let second = if host == 0 {
            "store disk { medium nvme }; "
        } else {
            ""
        };
        let deploys = match host {
            3 => some(random, 0.1, "deploys to h1; "),
            _ => "",
        };
        let off = if host == 2 {
            some(random, 0.1, "not always on; ")
        } else {
            ""
        };
        let clearance = some(random, 0.3, "clearance internal; ");
        let _ = writeln!(
            out,
            "host h{host} at {site} {{ runs cron; has restic 0.18.0, rclone 1.75.2; link 12 MB/s; {deploys}{off}{clearance}{second}store data {{ medium hdd{snapshots}; mounted at /data }}; service web{host} }}"
        );
    }
    let versioned = some(random, 0.3, "; versioning on");
    let locked = one_of(
        random,
        &["", "", "; lock compliance 30d", "; lock governance 30d"],
    );
    let _ = writeln!(
        out,
        "object_storage o at far/s2 {{ endpoint \"o.example.org\"; bucket near \"near-b\" {{ medium object{versioned} }}; bucket deep \"deep-b\" {{ medium object{locked} }} }}"
    );
    if !versioned.is_empty() && random.random_bool(0.5) {
        let part = one_of(random, &["", ":/y1", ":/y2"]);
        let days = random.random_range(1..20);
        let _ = writeln!(
            out,
            "expire old of o.near{part} after {days} days by upload {{ noncurrent }}"
        );
    }
    let _ = writeln!(
        out,
        "vault v at near/t0\nmonitor m {{ healthchecks at \"HC\"; hosted by far }}\nmonitor slow {{ healthchecks at \"HC\"; hosted by near; grace 4 days }}\nnetwork n {{ joins h0, h1, h2, h3 }}"
    );
    let held = |random: &mut Random, what: &str| {
        let mut all: BTreeSet<&str> = users
            .iter()
            .filter(|(_, used)| *used == what)
            .map(|(host, _)| *host)
            .collect();
        all.insert(one_of(random, &["h0", "h1", "v", "v"]));
        all.into_iter().collect::<Vec<_>>().join(", ")
    };
    for (at, place) in ["o.deep:/r0", "h1.data:/r1", "h2.data:/r2"]
        .iter()
        .enumerate()
    {
        let file = match secret {
            Some(path) if at == 0 => format!("; file \"{path}\""),
            _ => String::new(),
        };
        let holders = held(random, &format!("r{at}"));
        let _ = writeln!(
            out,
            "key q{at} {{ held on {holders}{file} }}\nrepository r{at} in {place} {{ engine restic 0.18.0; key q{at} }}"
        );
        if random.random_bool(0.3) {
            let by = random.random_range(0..4);
            let _ = writeln!(
                out,
                "prune x{at} of r{at} by h{by}.cron {{ weekly on Monday at 15:00 UTC; taking 1m..5m; monitor m }}"
            );
        }
    }
    for credential in 0..3 {
        let rights = one_of(
            random,
            &[
                "read",
                "read, write",
                "read, write, delete",
                "read, administer",
            ],
        );
        let place = one_of(
            random,
            &[
                "o.near",
                "o.deep",
                "o.*",
                "o.near of /y1",
                "h1.data of /y2",
                "o.deep of /y2",
            ],
        );
        let may = some(random, 0.8, "may ");
        let may = if may.is_empty() {
            String::new()
        } else {
            format!("{may}{rights} on {place}; ")
        };
        let account = some(random, 0.5, "account o; ");
        let holders = held(random, &format!("k{credential}"));
        let _ = writeln!(
            out,
            "credential k{credential} {{ {account}{may}held on {holders} }}"
        );
    }
    for (at, home) in ["h0.disk:/d/z0", "h0.data:/d/z1"].iter().enumerate() {
        let _ = writeln!(out, "class z{at} is files on {home}");
    }
    let opened = users
        .iter()
        .filter(|(_, used)| used.starts_with('r'))
        .enumerate();
    for (at, (host, repository)) in opened {
        let _ = writeln!(
            out,
            "backup zb{at} of z0 to {repository} by {host}.cron {{ daily at 10:00 UTC; taking 1m..5m; monitor m }}"
        );
    }
    if random.random_bool(0.25) {
        let from = one_of(
            random,
            &[
                "o.near",
                "o.near:/y1",
                "h1.data",
                "h0.disk:/d",
                "h0.data:/d",
                "o.deep",
            ],
        );
        let by = random.random_range(1..4);
        let verb = one_of(random, &["sync", "copy"]);
        let _ = writeln!(
            out,
            "copy zy of z1 to o.near:/y1/z by h0.cron {{ daily at 08:00 UTC; taking 1m..5m; monitor m }}"
        );
        let _ = writeln!(
            out,
            "{verb} zw of {from} to h3.data:/w by h{by}.cron {{ daily at 11:00 UTC; taking 1m..5m; monitor m }}"
        );
    }
    out.lines()
        .map(|line| Says::Always(line.to_owned()))
        .collect()
}

/// Something that is asked, behind which the classes stand.
pub fn demand(random: &mut Random) -> String {
    match random.random_range(0..10) {
        0 | 1 => {
            let mut out = format!("require copies >= {}", random.random_range(2..4));
            out += some(random, 0.2, ", media >= 2");
            out += some(random, 0.3, ", offsite >= 1");
            out += some(random, 0.2, ", locked >= 1");
            out + one_of(random, &["", " within 2 days", " within 9 days"])
        }
        2 => format!(
            "require rpo <= {}",
            one_of(random, &["26h", "3 days", "9 days, guaranteed <= 20 days"])
        ),
        3 => format!("require rto <= {}", one_of(random, &["14h", "30h"])),
        4 => format!(
            "require history of {} with gap {}",
            one_of(random, &["7 days", "30 days"]),
            one_of(random, &["2 days", "8 days"])
        ),
        5 => format!(
            "require survive loss of {}",
            one_of(
                random,
                &["h0 and h1", "h0 and h2", "h1 and o", "h0 and o.near"]
            )
        ),
        _ => {
            let mut kinds = FAULTS;
            kinds.shuffle(random);
            let many = random.random_range(1..=2);
            let kinds = kinds
                .get(..random.random_range(1..=3))
                .unwrap_or_default()
                .join(", ");
            format!("require survive any {many} of {kinds}")
        }
    }
}
