//! Random policies that ask for a history: of a class whose versions lie in several repositories, by rules of their own,
//! from the data or a mirror of it, some only since or until a phase, and mirrors of repositories.

use std::fmt::Write as _;

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

use crate::among::places::{one_of, some};
use crate::{FAULTS, Random};

/// Repositories, and the host of each.
const PLACES: [(&str, &str); 3] = [
    ("o.deep:/r0", "h1"),
    ("h1.data:/r1", "h1"),
    ("h2.data:/r2", "h2"),
];

/// A random one. About half of them promise what they ask for.
pub(super) fn text(random: &mut Random) -> String {
    let mut out = "policy small \"Small\" { horizon 3 years; response time 12h }\n\
        provider far { site s0; site s1; site s2 }\n\
        provider near { site t0 }\n\
        object_storage o at far/s2 { bucket deep { medium object } }\n\
        vault v at near/t0\n\
        monitor m { healthchecks at \"HC\"; hosted by far }\n\
        credential k { may read, write, delete on o.deep; held on h1, h2 }\n"
        .to_owned();
    for (host, site) in ["far/s0", "far/s1", "near/t0"].iter().enumerate() {
        let _ = writeln!(
            out,
            "host h{host} at {site} {{ runs cron; has restic 0.18.0, rclone 1.75.2; store data {{ medium hdd }} }}"
        );
    }
    let phases = random.random_bool(0.5);
    if phases {
        let days = random.random_range(100..400);
        let slip = one_of(random, &["0 days", "0 days", "9 days"]);
        let _ = writeln!(
            out,
            "phase p0 = 2026-03-01\nphase p1 = p0 + {days} days {{ slip {slip} }}"
        );
    }
    let life = |random: &mut Random| match phases {
        true => one_of(random, &["", "", "", " since p1", " until p1"]),
        false => "",
    };
    let kind = one_of(random, &["state", "state", "files"]);
    let _ = writeln!(out, "class c is {kind} on h0.data:/c");
    if random.random_bool(0.3) {
        out.push_str("sync y of c to h1.data:/y by h1.cron { daily at 00:00 UTC; taking 1m..5m; monitor m }\n");
    }
    let from = if out.contains("sync y") {
        " from y"
    } else {
        ""
    };
    let mut most = 0;
    for (at, (place, host)) in PLACES.iter().enumerate() {
        let _ = writeln!(
            out,
            "key q{at} {{ held on v, {host} }}\nrepository r{at} in {place} {{ engine restic 0.18.0; key q{at} }}"
        );
        if at > 0 && random.random_bool(0.2) {
            continue;
        }
        let (keep, days) = rules(random);
        most = most.max(days);
        let hour = at + 1;
        let when = match random.random_range(0..5) {
            0 => format!("weekly on Sunday at 0{hour}:00"),
            1 => format!("daily at 0{hour}:00, 13:00"),
            _ => format!("daily at 0{hour}:00"),
        };
        let source = some(random, 0.3, from);
        let life = life(random);
        let _ = writeln!(
            out,
            "backup b{at} of c{source} to r{at} by {host}.cron{life} {{ {when} UTC; taking 1m..5m; keep {keep}; monitor m }}"
        );
        if random.random_bool(0.5) {
            let _ = writeln!(
                out,
                "prune x{at} of r{at} by {host}.cron {{ weekly on Monday at 15:00 UTC; taking 1m..5m; monitor m }}"
            );
        }
    }
    if random.random_bool(0.4) {
        let when = one_of(random, &["daily", "weekly on Monday", "monthly on 9"]);
        let life = life(random);
        let _ = writeln!(
            out,
            "sync z of o.deep:/r0 to h2.data:/z by h2.cron{life} {{ {when} at 06:00 UTC; taking 1m..5m; credential k; monitor m }}"
        );
    }
    for _ in 0..random.random_range(1..=2) {
        let reach = match random.random_bool(0.7) {
            true => (most * random.random_range(5..=90) / 100).max(1),
            false => random.random_range(1..60),
        };
        let gap = *[1, 2, 2, 8, 8, 32].choose(random).unwrap_or(&2);
        let life = life(random);
        let _ = writeln!(
            out,
            "require history of {reach} days with gap {gap} days for c{life}"
        );
    }
    // A history must be there after whatever is to be survived: mostly losses, one at a time.
    let many = if random.random_bool(0.8) { 1 } else { 2 };
    let losses = ["host", "store", "site", "key"];
    let kind = match random.random_bool(0.8) {
        true => losses.choose(random),
        false => FAULTS.choose(random),
    };
    let kind = kind.copied().unwrap_or("host");
    let _ = writeln!(out, "require survive any {many} of {kind} for c");
    out
}

/// Keep rules, and how many days they reach back at most.
fn rules(random: &mut Random) -> (String, i64) {
    let mut days = 0;
    let mut rules = Vec::new();
    for (word, of_each, most) in [
        ("last", 1, 9),
        ("daily", 1, 40),
        ("weekly", 7, 9),
        ("monthly", 30, 8),
    ] {
        if random.random_bool(0.5) {
            let count = random.random_range(1..=most);
            days = days.max(of_each * (count - 1));
            rules.push(format!("{count} {word}"));
        }
    }
    if rules.is_empty() || random.random_bool(0.2) {
        let span = random.random_range(2..60);
        days = days.max(span);
        rules.push(format!("within {span}d"));
    }
    (rules.join(", "), days)
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::policy::{Texts, judge};
    use crate::random;

    #[test]
    fn each_is_a_policy() {
        for case in 0..40 {
            let text = text(&mut random(7, case));
            let judged = judge(&Texts::one(&text));
            let codes: Vec<_> = judged.findings.iter().map(|found| found.code.0).collect();
            assert!(judged.verified.is_some(), "{codes:?}\n{text}");
        }
    }
}
