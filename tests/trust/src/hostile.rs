//! What hostile hands leave of small random policies: by the rules of the verifier's faults, and by playing
//! it on the simulator. The two find out separately who reaches what. And what the verifier tells of who can
//! destroy everything, on its own calendar: slower mirrors, stores that keep what is deleted for a while, data that
//! somebody looks at once in a while.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use thrice_model::{Mishap, Obligation};
use thrice_plan::Plan;
use thrice_verify::Session;

use crate::policy::{Texts, plan};
use crate::thefts::{RESPONSE_HOURS, elsewhere, left_by_playing, left_by_rules, places, thefts};
use crate::{Random, random};

/// What came out of a series.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many policies were compared.
    pub policies: u64,
    /// How many copies were left by both, and how many by none.
    pub left: u64,
    /// Copies that neither leaves.
    pub gone: u64,
    /// What is not the same, each with its policy.
    pub mismatches: Vec<String>,
}

/// Compares so many random policies, each with all that can fall into hostile hands, and some pairs of that.
#[must_use]
pub fn compare(seed: u64, policies: u64) -> Tally {
    let mut out = Tally::default();
    for case in 0..policies {
        let mut random = random(seed, case);
        let text = text(&mut random);
        match plan(&Texts::one(&text)) {
            Err(why) => {
                let said = format!("case {case} is no policy: {why}\n{text}");
                out.mismatches.push(said);
            }
            Ok(plan) => {
                out.policies += 1;
                for mishaps in thefts(&plan, mistakes(&plan), &mut random) {
                    one(&plan, &mishaps, &mut out, &format!("case {case}: {text}"));
                }
            }
        }
    }
    out
}

/// What came of the cases that the verifier tells.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// How many cases are told of who can destroy everything.
    pub told: usize,
    /// How many were played and came about.
    pub replayed: usize,
    /// What others rest on.
    pub rest_on: BTreeSet<&'static str>,
    /// Those that did not come about, each with its policy.
    pub mismatches: Vec<String>,
}

/// What is told of who can destroy everything in so many random policies.
#[must_use]
pub fn told(seed: u64, policies: u64) -> Told {
    let mut out = Told::default();
    for case in 0..policies {
        let mut random = random(seed, case);
        let text = slower(&text(&mut random), &mut random);
        let plan = match plan(&Texts::one(&text)) {
            Ok(plan) => plan,
            Err(why) => {
                let said = format!("case {case} is no policy: {why}\n{text}");
                out.mismatches.push(said);
                continue;
            }
        };
        let found = Session::default().verify(&plan, &[Obligation::Deletion]);
        let why = found.internal.iter().map(|said| &said.message);
        let why = why.map(|said| format!("case {case}: {said}\n{text}"));
        out.mismatches.extend(why);
        let codes = found.findings.iter().map(|f| f.diagnostic.code.0);
        out.told += codes
            .filter(|code| ["T1801", "T1802"].contains(code))
            .count();
        for plays in found.plays.into_values() {
            out.replayed += plays.replayed;
            out.rest_on.extend(plays.rest_on);
        }
    }
    out
}

/// A policy with steps that run more rarely, some of them for longer, stores that keep what is deleted for some
/// days, and data that somebody looks at now and then.
pub(crate) fn slower(text: &str, random: &mut Random) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut line = line.to_owned();
        if random.random_bool(0.4) {
            let rhythm = *[
                "weekly on Sunday at ",
                "weekly on Friday at ",
                "monthly on 9 at ",
            ]
            .choose(random)
            .unwrap_or(&"daily at ");
            line = line.replace("daily at ", rhythm);
        }
        if random.random_bool(0.2) {
            line = line.replace("1m..5m", "3h..9h");
        }
        if line.starts_with("host ") {
            line = line.replace("monthly on 9 at 00:30", "daily at 00:30");
        }
        if line.starts_with("class c") && random.random_bool(0.5) {
            let _ = write!(
                line,
                " {{ noticed within {} days }}",
                random.random_range(3..40)
            );
        }
        out.push_str(&line);
        out.push('\n');
    }
    if text.contains("versioning on") && random.random_bool(0.6) {
        let days = random.random_range(1..20);
        let _ = writeln!(
            out,
            "expire old of o.near after {days} days by upload {{ noncurrent }}"
        );
    }
    out
}

fn one(plan: &Plan, mishaps: &[Mishap], out: &mut Tally, case: &str) {
    let by_rules = places(plan, &left_by_rules(plan, mishaps));
    let played = places(plan, &left_by_playing(plan, mishaps));
    let all = places(plan, &elsewhere(plan).collect());
    let known = by_rules.union(&played);
    out.gone += (all.len() - known.count()) as u64;
    out.left += by_rules.intersection(&played).count() as u64;
    if by_rules != played {
        let said = format!("{mishaps:?}: left by rules {by_rules:?}, played {played:?}\n{case}");
        out.mismatches.push(said);
    }
}

/// A mistaken command where the data lives. One elsewhere is over when the next run has brought everything again, which
/// the rules do not count on.
fn mistakes(plan: &Plan) -> impl Iterator<Item = Mishap> {
    let homes = plan.model.classes.iter().map(|(_, class)| class.home.store);
    homes.map(Mishap::Delete)
}

/// A random policy: three machines and a storage with two buckets, credentials and keys that lie here and
/// there, jobs that run anywhere.
pub(crate) fn text(random: &mut Random) -> String {
    let mut out =
        format!("policy small \"Small\" {{ horizon 1 year; response time {RESPONSE_HOURS}h }}\n");
    let supports = if random.random_bool(0.3) {
        "supports one-key-all-buckets"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "provider far {{ site s0; site s1; site s2; site s3; {supports} }}"
    );
    for host in 0..3 {
        let snapshots = some(random, 0.2, "; snapshots daily at 00:30 keep 9");
        let deploys = random.random_range(0..3);
        let deploys = match deploys != host && random.random_bool(0.2) {
            true => format!("deploys to h{deploys}; "),
            false => String::new(),
        };
        let _ = writeln!(
            out,
            "host h{host} at far/s{host} {{ runs cron; has restic 0.18.0, rclone 1.75.2; {deploys}store data {{ medium hdd{snapshots} }}; service web{host} }}"
        );
    }
    let versioned = some(random, 0.3, "; versioning on");
    let _ = writeln!(
        out,
        "object_storage o at far/s3 {{ bucket near {{ medium object{versioned} }}; bucket deep {{ medium object }} }}"
    );
    let vault = if random.random_bool(0.5) {
        "at far/s3"
    } else {
        "on h2"
    };
    let _ = writeln!(out, "vault v {vault}");
    let _ = writeln!(out, "monitor m {{ healthchecks at \"HC\"; hosted by far }}");
    let holder = |random: &mut Random| {
        *["h0", "h1", "h2", "v", "h1, v"]
            .choose(random)
            .unwrap_or(&"v")
    };
    let _ = writeln!(out, "key k {{ held on {} }}", holder(random));
    for credential in 0..3 {
        let account = some(random, 0.5, "account o; ");
        let rights = [
            "read",
            "read, write",
            "read, write, delete",
            "read, administer",
        ];
        let places = [
            "o.near",
            "o.deep",
            "o.*",
            "o.near of /p1",
            "h1.data",
            "o.deep of /p2",
            "h2.data of /aside2",
        ];
        let may = match random.random_bool(0.6) {
            true => format!(
                "may {} on {}; ",
                rights.choose(random).unwrap_or(&"read"),
                places.choose(random).unwrap_or(&"o.near")
            ),
            false => String::new(),
        };
        let _ = writeln!(
            out,
            "credential c{credential} {{ {account}{may}held on {} }}",
            holder(random)
        );
    }
    let _ = writeln!(
        out,
        "repository r in o.deep:/r {{ engine restic 0.18.0; key k{} }}",
        opened(random)
    );
    if random.random_bool(0.4) {
        let read_only = some(random, 0.5, "; read only");
        let by = opened(random);
        let _ = writeln!(
            out,
            "mount shown of o.near:/p1 in web{} {{ for all users{by}{read_only} }}",
            random.random_range(0..3)
        );
    }
    let kind = *["state", "items", "files"]
        .choose(random)
        .unwrap_or(&"state");
    let _ = writeln!(out, "class c is {kind} on h0.data:/p0");
    steps(random, kind, &mut out);
    out
}

fn steps(random: &mut Random, kind: &str, out: &mut String) {
    let mut places = vec!["h0.data:/p0".to_owned()];
    for step in 1..=random.random_range(2..=4) {
        let from = places.choose(random).cloned().unwrap_or_default();
        let by = format!("h{}.cron", random.random_range(0..3));
        let at = format!("daily at 0{step}:00 UTC; taking 1m..5m{}", opened(random));
        let store = *["h1.data", "h2.data", "o.near", "o.deep"]
            .choose(random)
            .unwrap_or(&"o.near");
        let to = format!("{store}:/p{step}");
        let immutable = match kind {
            "state" => "",
            _ => some(random, 0.25, "; immutable"),
        };
        let _ = match random.random_range(0..5) {
            0 => {
                let keep = ["", "; keep 1 last", "; keep 3 last", "; keep 7 last"];
                let keep = keep.choose(random).unwrap_or(&"");
                writeln!(out, "backup b{step} of c to r by {by} {{ {at}{keep} }}")
            }
            1 if step == 1 && kind == "state" => {
                places.push(format!("h0.data:/p{step}"));
                let keeps = ["", "; keeps 60 days"];
                let keeps = keeps.choose(random).unwrap_or(&"");
                writeln!(
                    out,
                    "capture d{step} of c to h0.data:/p{step} by h0.cron {{ {at}; method pg_dump; monitor m{keeps} }}"
                )
            }
            1 | 2 => {
                places.push(to.clone());
                let aside = match random.random_bool(0.3) {
                    true => format!("; backup dir {store}:/aside{step}"),
                    false => String::new(),
                };
                writeln!(
                    out,
                    "sync y{step} of {from} to {to} by {by} {{ {at}{aside} }}"
                )
            }
            _ => {
                places.push(to.clone());
                writeln!(
                    out,
                    "copy y{step} of {from} to {to} by {by} {{ {at}{immutable} }}"
                )
            }
        };
    }
}

fn some(random: &mut Random, chance: f64, text: &'static str) -> &'static str {
    if random.random_bool(chance) { text } else { "" }
}

fn opened(random: &mut Random) -> String {
    match random.random_bool(0.5) {
        true => format!("; credential c{}", random.random_range(0..3)),
        false => String::new(),
    }
}
