//! Random policies: several classes on one set of places, with more said of what may be seen, of monitors, keys, seeds and times.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rand::RngExt as _;

use crate::Random;
use crate::among::places::one_of;
use crate::among::world::World;
use crate::policy::Texts;

/// A random policy of those in which somebody may see too much, keys are lost, monitors are silent and runs meet.
#[must_use]
pub fn policy(random: &mut Random) -> Texts {
    let text = match random.random_range(0..8) {
        0 => crate::hostile::text(random),
        1 => crate::strewn::text(random),
        2 => return Texts::one(&crate::table::World::random(random).text()),
        _ => {
            let world = World::random(random);
            let all: BTreeSet<usize> = (0..world.classes).collect();
            let text = world.text(&all, random);
            let text = places(&text, random);
            return Texts::one(&times(&more(text, world.classes, random), random));
        }
    };
    Texts::one(&times(&text, random))
}

/// With clearances of places and services, labels of data, and monitors elsewhere.
fn places(text: &str, random: &mut Random) -> String {
    let labelled = random.random_bool(0.6);
    let cleared = ["public", "internal", "personal", "credential"];
    let mut out = String::new();
    for line in text.lines() {
        let mut line = line.to_owned();
        if labelled && line.starts_with("class ") && !line.contains("fields {") {
            let label = one_of(random, &["public", "public", "internal", "personal"]);
            line = match line.strip_suffix('}') {
                Some(open) => format!("{open}fields {{ rest {label} }}; }}"),
                None => format!("{line} {{ fields {{ rest {label} }} }}"),
            };
        }
        for place in ["medium object", "medium hdd"] {
            if random.random_bool(0.25) {
                let label = one_of(random, &cleared);
                line = line.replacen(place, &format!("{place}; clearance {label}"), 1);
            }
        }
        if line.starts_with("host ") && random.random_bool(0.4) {
            let label = one_of(random, &cleared);
            if let Some(open) = line.strip_suffix(" }") {
                line = format!("{open} {{ clearance {label} }} }}");
            }
        }
        if line.starts_with("object_storage ") && random.random_bool(0.4) {
            let path = one_of(random, &["/y1", "/y2", "/s1", "/", "/aside"]);
            let who = one_of(random, &["test", "web1", "web3"]);
            let reads = format!("medium object; readers {who} of {path}");
            line = line.replacen("medium object", &reads, 1);
        }
        if line.starts_with("monitor ") && random.random_bool(0.2) {
            let host = one_of(random, &["on h3", "on h1", "on h2", "hosted by near"]);
            line = line.replace("hosted by far", host);
        }
        if line.starts_with("key ") && random.random_bool(0.3) {
            line = line.replace(
                "held on ",
                one_of(random, &["held on h3, ", "held on v, ", "held on h2, "]),
            );
            line = line
                .replace("v, v", "v")
                .replace("h3, h3", "h3")
                .replace("h2, h2", "h2");
        }
        if line.starts_with("vault v at") && random.random_bool(0.3) {
            line = format!(
                "vault v at near/t0 of c{}{}",
                random.random_range(0..2),
                one_of(random, &["", " sealed"])
            );
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// With environments, seeds, mounts, readers, checks and credentials that read.
fn more(mut out: String, classes: usize, random: &mut Random) -> String {
    let label = one_of(random, &["public", "internal", "personal", "credential"]);
    let on = one_of(random, &["h3", "h2", "h1, h3"]);
    let phases = out.contains("phase p1");
    let life = |random: &mut Random| match phases {
        true => one_of(random, &["", "", " since p1", " until p2"]),
        false => "",
    };
    let _ = writeln!(out, "environment test {{ on {on}; clearance {label} }}");
    if random.random_bool(0.4) {
        let place = one_of(
            random,
            &[
                "o.near of /y1",
                "o.near",
                "o.deep of /y2",
                "h1.data of /y1",
                "o.near of /s1",
            ],
        );
        let _ = writeln!(
            out,
            "credential look {{ account o; may read on {place}; held on {} }}",
            one_of(random, &["h3", "h2", "v"])
        );
    }
    for mount in 0..random.random_range(0..3) {
        let place = one_of(
            random,
            &[
                "h1.data:/y1",
                "h1.data:/y2",
                "h2.data:/y1",
                "h0.data:/y1",
                "o.near:/y1",
                "o.near:/",
            ],
        );
        // A bucket is shown anywhere.
        let host = match place.get(..1) {
            Some("o") => one_of(random, &["1", "2", "3"]),
            _ => place.get(1..2).unwrap_or("1"),
        };
        let life = life(random);
        let _ = writeln!(
            out,
            "mount look{mount} of {place} in web{host}{life} {{ for all users; read only }}"
        );
    }
    for seed in 1..=random.random_range(0..3) {
        let class = random.random_range(0..classes);
        let via = match random.random_bool(0.75) {
            true => format!(
                " via {}:/s{seed}",
                one_of(random, &["o.near", "o.deep", "h1.data"])
            ),
            false => String::new(),
        };
        let rules = one_of(
            random,
            &[
                "rest keep",
                "rest skip",
                "rest redact",
                "keep main.t.u; rest skip",
                "anonymise main.t.f redact before leaving; rest keep",
                "anonymise main.t.f hash before leaving; rest keep",
                "anonymise main.t.f redact; rest keep",
                "skip main.t.f; rest keep",
                "anonymise main.t.f null before leaving; keep main; rest skip",
            ],
        );
        let life = life(random);
        let checked = one_of(random, &["; verified", "; verified", ""]);
        let _ = writeln!(
            out,
            "seed s{seed} of c{class} to test{via} by h0.cron{life} {{ daily at 1{seed}:00 UTC; {rules}{checked}; taking 1m..9m; monitor m }}"
        );
        if !via.is_empty() && random.random_bool(0.4) {
            let to = one_of(random, &["o.near", "h2.data", "o.deep"]);
            let _ = writeln!(
                out,
                "copy on{seed} of c{class} from s{seed} to {to}:/on{seed} by h1.cron{life} {{ daily at 1{seed}:30 UTC; taking 1m..9m; monitor m }}"
            );
        }
    }
    for check in 0..random.random_range(0..3) {
        let repository = random.random_range(0..3);
        let by = random.random_range(0..4);
        let hour = random.random_range(2..6);
        let what = one_of(random, &["check", "prune"]);
        let _ = writeln!(
            out,
            "{what} w{check} of r{repository} by h{by}.cron {{ {} at 0{hour}:30 UTC; taking 1m..9m; monitor {} }}",
            one_of(random, &["daily", "weekly on Sunday", "monthly on 9"]),
            one_of(random, &["m", "slow"])
        );
    }
    out
}

/// With steps that take long, start late, or come after others.
fn times(text: &str, random: &mut Random) -> String {
    let mut out = String::new();
    let calm = random.random_bool(0.3);
    for line in text.lines() {
        let mut line = line.to_owned();
        if !calm && line.contains("taking 1m..") && random.random_bool(0.3) {
            let takes = one_of(
                random,
                &[
                    "taking 20m..50m",
                    "taking 1m..70m",
                    "taking 1m..3h",
                    "taking 10m..26h",
                    "taking 2h..4h",
                ],
            );
            line = line
                .replace("taking 1m..5m", takes)
                .replace("taking 1m..9m", takes);
        }
        if line.contains("taking ") && random.random_bool(0.3) {
            let jitter = one_of(
                random,
                &[
                    "; jitter 10m; taking ",
                    "; jitter 1h; taking ",
                    "; jitter 5h; taking ",
                ],
            );
            line = line.replacen("; taking ", jitter, 1);
        }
        if line.starts_with("capture ") && random.random_bool(0.4) {
            let program = one_of(
                random,
                &[
                    "runs \"/bin/one\"; in place",
                    "runs \"/bin/one\"; atomic",
                    "method pg_dump; in place",
                ],
            );
            line = line.replace("method pg_dump; atomic", program);
        }
        if let (Some((_, after)), true) = (line.split_once(" from "), random.random_bool(0.5)) {
            let from = after.split(' ').next().unwrap_or_default().to_owned();
            if line.contains("; taking ") && !from.contains('.') {
                line = line.replacen("; taking ", &format!("; after {from}; taking "), 1);
            }
        }
        if random.random_bool(0.3) {
            line = line.replace(":00 UTC", one_of(random, &[":00", ":15 UTC", ":30"]));
        }
        out.push_str(&line);
        out.push('\n');
    }
    if random.random_bool(0.5) {
        out = out.replace(
            "response time 12h",
            one_of(
                random,
                &[
                    "response time 1h",
                    "response time 23h",
                    "response time 3 days",
                ],
            ),
        );
    }
    out
}
