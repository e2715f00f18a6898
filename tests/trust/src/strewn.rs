//! What hostile hands leave of small random policies in which the files of keys and credentials, or the content of a vault,
//! lie among data, and go along with it: by the rules of the verifier's faults, and by playing it on the simulator. Each of the two finds out
//! by itself where a secret lies, who reads it there, and what that opens.

use std::fmt::Write as _;

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

use crate::policy::{Texts, plan};
use crate::thefts::{RESPONSE_HOURS, left_by_playing, left_by_rules, places, thefts};
use crate::{Random, random};

/// What came out of a series.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many policies were compared.
    pub policies: u64,
    /// How many thefts destroy more than they would if no file or content were named.
    pub found: u64,
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
        let unnamed = |line: &str| match line.split_once("; file") {
            Some((before, _)) => format!("{before} }}\n"),
            None => match line
                .split_once(" of ")
                .filter(|_| line.starts_with("vault"))
            {
                Some((before, _)) => format!("{before}\n"),
                None => format!("{line}\n"),
            },
        };
        let plain: String = text.lines().map(unnamed).collect();
        match (plan(&Texts::one(&text)), plan(&Texts::one(&plain))) {
            (Ok(plan), Ok(plain)) => {
                out.policies += 1;
                for mishaps in thefts(&plan, std::iter::empty(), &mut random) {
                    let by_rules = places(&plan, &left_by_rules(&plan, &mishaps));
                    let played = places(&plan, &left_by_playing(&plan, &mishaps));
                    let unnamed = places(&plain, &left_by_rules(&plain, &mishaps));
                    out.found += u64::from(by_rules != unnamed);
                    if by_rules != played {
                        let said = format!(
                            "case {case}: {mishaps:?}: left by rules {by_rules:?}, played {played:?}\n{text}"
                        );
                        out.mismatches.push(said);
                    }
                }
            }
            (Err(why), _) | (_, Err(why)) => {
                let said = format!("case {case} is no policy: {why}\n{text}");
                out.mismatches.push(said);
            }
        }
    }
    out
}

fn one_of<'t>(random: &mut Random, all: &[&'t str]) -> &'t str {
    all.choose(random).copied().unwrap_or_default()
}

/// A random policy: two classes on one of three machines, two repositories, four credentials, each with its file
/// somewhere.
pub(crate) fn text(random: &mut Random) -> String {
    let mut out =
        format!("policy small \"Small\" {{ horizon 1 year; response time {RESPONSE_HOURS}h }}\n");
    let _ = writeln!(out, "provider far {{ site s0; site s1; site s2; site s3 }}");
    let base = one_of(random, &["", "/srv"]);
    let mounted = match base {
        "" => String::new(),
        base => format!("; mounted at {base}"),
    };
    for host in 0..3 {
        let _ = writeln!(
            out,
            "host h{host} at far/s{host} {{ runs cron; has restic 0.18.0, rclone 1.75.2; store data {{ medium hdd{mounted} }} }}"
        );
    }
    let _ = writeln!(
        out,
        "object_storage o at far/s3 {{ bucket near {{ medium object }}; bucket deep {{ medium object }} }}"
    );
    let place = one_of(random, &["at far/s3", "on h2"]);
    let content = one_of(random, &["", " of box", " of papers", " of papers sealed"]);
    for class in ["box", "papers"] {
        let _ = writeln!(out, "class {class} is files on h0.data:/{class}");
    }
    let _ = writeln!(out, "vault v {place}{content}");
    for key in 0..2 {
        let held = one_of(random, &["h0", "h1", "v", "h0, v", "h1, h2"]);
        let _ = writeln!(out, "key k{key} {{ held on {held}{} }}", file(random, base));
        let store = one_of(random, &["o.near", "o.deep", "h2.data"]);
        let _ = writeln!(
            out,
            "repository r{key} in {store}:/r{key} {{ engine restic 0.18.0; key k{key} }}"
        );
    }
    for credential in 0..4 {
        let rights = one_of(
            random,
            &[
                "read",
                "read",
                "read, write",
                "read, write, delete",
                "read, delete",
            ],
        );
        let place = one_of(
            random,
            &[
                "o.near",
                "o.deep",
                "o.near of /p1",
                "o.deep of /p2",
                "h1.data",
                "h2.data of /p3",
            ],
        );
        let held = one_of(random, &["h0", "h0", "h0", "h1", "v", "v"]);
        let _ = writeln!(
            out,
            "credential c{credential} {{ may {rights} on {place}; held on {held}{} }}",
            file(random, base)
        );
    }
    steps(random, &mut out);
    out
}

/// Where a secret lies on the hosts that have it.
fn file(random: &mut Random, mounted: &str) -> String {
    let base = one_of(random, &[mounted, mounted, mounted, "", "/srv"]);
    let path = one_of(
        random,
        &[
            "/box/a/k",
            "/box/k",
            "/box/k.env",
            "/papers/k.env",
            "/etc/k",
            "/p1/k",
            "/p2/box/k",
            "/p3/a/k",
        ],
    );
    match random.random_bool(0.9) {
        true => format!("; file \"{base}{path}\""),
        false => String::new(),
    }
}

fn steps(random: &mut Random, out: &mut String) {
    let mut places = vec!["h0.data:/box".to_owned(), "h0.data:/papers".to_owned()];
    for step in 1..=random.random_range(3..=5) {
        let by = format!("h{}.cron", random.random_range(0..3));
        let with = match random.random_bool(0.4) {
            true => format!("; credential c{}", random.random_range(0..4)),
            false => String::new(),
        };
        let at = format!("daily at 0{step}:00 UTC; taking 1m..5m{with}");
        let class = one_of(random, &["box", "papers"]);
        let store = one_of(random, &["h1.data", "h2.data", "o.near", "o.deep"]);
        let to = format!("{store}:/p{step}");
        let from = places.choose(random).cloned().unwrap_or_default();
        let _ = match random.random_range(0..6) {
            0 | 1 => {
                let repository = random.random_range(0..2);
                let exclude = one_of(
                    random,
                    &[
                        "",
                        "",
                        "; exclude \"a\"",
                        "; exclude \"/srv/box/k\"",
                        "; exclude \"*.env\", \"/box/**\"",
                    ],
                );
                let of = match random.random_bool(0.5) {
                    true => class.to_owned(),
                    false => "box, papers".to_owned(),
                };
                writeln!(
                    out,
                    "backup b{step} of {of} to r{repository} by {by} {{ {at}{exclude} }}"
                )
            }
            2 => {
                places.push(to.clone());
                writeln!(out, "sync y{step} of {from} to {to} by {by} {{ {at} }}")
            }
            3 => {
                places.push(to.clone());
                writeln!(out, "copy y{step} of {class} to {to} by {by} {{ {at} }}")
            }
            _ => {
                places.push(to.clone());
                let include = one_of(
                    random,
                    &[
                        "",
                        "",
                        "; include \"k\"",
                        "; include \"*.env\"",
                        "; include \"/a/*\", \"x/k\"",
                    ],
                );
                writeln!(
                    out,
                    "copy y{step} of {from} to {to} by {by} {{ {at}{include} }}"
                )
            }
        };
    }
}
