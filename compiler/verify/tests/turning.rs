//! Where evaluated verdicts turn: at the value that is told they do, and at the next lower one all of them hold.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests stop the test with what they know"
)]

mod common;

use std::collections::BTreeSet;

use common::judged;
use proptest::prelude::*;
use thrice_model::Obligation;
use thrice_verify::{Turn, Verification};

/// A policy with all that can be told of it left open.
#[derive(Clone, Debug)]
struct Case {
    /// Bytes.
    size: u64,
    /// Bytes a day.
    churn: u64,
    /// Tenths of a percent a month.
    growth: u64,
    /// Bytes a day.
    volume: u64,
    /// Minutes that steps may take.
    up: u64,
    prune: u64,
    mirror: u64,
    dump: u64,
    read: u64,
    /// When steps run, in minutes of their hour.
    at: [u64; 3],
    /// Gigabytes.
    quota: u64,
    /// Minutes.
    rto: u64,
}

impl Case {
    fn text(&self) -> String {
        let Self {
            size,
            churn,
            growth,
            volume,
            up,
            prune,
            mirror,
            dump,
            read,
            at: [one, two, three],
            quota,
            rto,
        } = self;
        let (whole, tenth) = (growth / 10, growth % 10);
        format!(
            r#"
policy p "p" {{ horizon 1 year; response time 24h }}
phase t0 = 2026-02-15
provider ovh {{ site one }}
provider cloud {{ site one }}
provider home {{ site rack }}
provider bank {{ site safe }}
host vps at ovh/one {{ runs cron; has restic 0.18.0, rclone 1.75.2; link 25 MB/s; store disk {{ medium nvme; capacity 4 TB }} }}
nas tower at home/rack {{ runs cron; has restic 0.18.0, rclone 1.75.2; link 25 MB/s; store tank {{ medium hdd; capacity 6 TB }} }}
object_storage s3 at cloud/one {{ endpoint "s3.example.org"; bucket main "main-bucket" {{ medium object; quota {quota} GB }} }}
vault envelope at bank/safe
monitor deadman {{ healthchecks at "HC_PING_KEY"; hosted by bank }}
key k {{ held on envelope; file "/etc/k" }}
credential writer {{ account s3; may read, write, delete on s3.main; held on vps, tower; profile "w" }}
repository r in s3.main:/restic {{ engine restic 0.18.0; key k; credential writer }}
class db is state on vps.disk:/var/lib/db {{ size 0 B..{size} B; growth 0 %/month..{whole}.{tenth} %/month; churn 0 B/day..{churn} B/day; rto {rto}m; restore setup 30m; restore finish 0m }}
class media is items on vps.disk:/media {{ size 1..2 GB; growth 0 B/day..{volume} B/day; rto 12h; restore setup 30m }}
capture dump of db to vps.disk:/dump by vps.cron {{ daily at 02:00; method pg_dump; taking 1m..{dump}m; monitor deadman }}
copy read of db from dump to tower.tank:/dump by tower.cron {{ daily at 02:{one:02}; taking 1m..{read}m; monitor deadman }}
backup up of media to r by vps.cron {{ daily at 03:{two:02}; keep 7 daily, 4 weekly; taking 1m..{up}m; monitor deadman }}
prune tidy of r by vps.cron {{ daily at 04:{three:02}; taking 1m..{prune}m; monitor deadman }}
check whole of r by tower.cron {{ daily at 05:30; read 1 of 13; taking 1m..20m; monitor deadman }}
copy mirror of s3.main:/restic to tower.tank:/mirror by tower.cron {{ weekly on Sunday at 10:00; taking 1m..{mirror}m; monitor deadman }}
"#
        )
    }

    /// The same with the quantity that a sentence is about at a value.
    fn with(&self, sentence: &str, value: u64) -> Option<Self> {
        let mut out = self.clone();
        let place = match sentence.split('`').collect::<Vec<_>>().as_slice() {
            ["", "db", rest, ..] if rest.starts_with(" measures") => &mut out.size,
            ["", "db", rest, ..] if rest.starts_with(" grows") => &mut out.growth,
            ["", "media", rest, ..] if rest.starts_with(" grows") => &mut out.volume,
            ["of ", "db", ..] => &mut out.churn,
            ["", "up", ..] => &mut out.up,
            ["", "tidy", ..] => &mut out.prune,
            ["", "mirror", ..] => &mut out.mirror,
            ["", "dump", ..] => &mut out.dump,
            ["", "read", ..] => &mut out.read,
            _ => return None,
        };
        *place = value;
        Some(out)
    }

    /// What the quantity is now.
    fn now(&self, sentence: &str) -> Option<u64> {
        let marked = self.with(sentence, u64::MAX)?;
        let values = |case: &Self| {
            [
                case.size,
                case.growth,
                case.volume,
                case.churn,
                case.up,
                case.prune,
                case.mirror,
                case.dump,
                case.read,
            ]
        };
        let both = values(self).into_iter().zip(values(&marked));
        both.filter(|(_, marked)| *marked == u64::MAX)
            .map(|(now, _)| now)
            .next()
    }
}

/// A value as it is told, in bytes, minutes or tenths of a percent, and the next lower one that can be told.
fn told(words: &str) -> (u64, u64) {
    let parts: Vec<&str> = words.split([' ', '/']).collect();
    let number = |text: &str| text.parse::<f64>().unwrap();
    let factor = |unit: &str| match unit {
        "B" => 1.0,
        "KB" | "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        "PB" => 1e15,
        unit => panic!("{unit} in {words}"),
    };
    match parts.as_slice() {
        [share, "%", _] => {
            let tenths = (number(share) * 10.0).round() as u64;
            (tenths, tenths - 1)
        }
        [size, unit] | [size, unit, "day"] if unit.ends_with('B') => {
            let bytes = (number(size) * factor(unit)).round() as u64;
            let digits = bytes.ilog10();
            // 100 GB is followed downwards by 99.9 GB.
            let exact = bytes == 10_u64.pow(digits);
            (
                bytes,
                bytes - 10_u64.pow(digits.saturating_sub(2 + u32::from(exact))),
            )
        }
        parts => {
            let of = |pair: &[&str]| {
                let minutes = match pair[1] {
                    "d" => 1440,
                    "h" => 60,
                    "min" => 1,
                    unit => panic!("{unit} in {words}"),
                };
                pair[0].parse::<u64>().unwrap() * minutes
            };
            let minutes = parts.chunks(2).map(of).sum();
            (minutes, minutes - 1)
        }
    }
}

const EVALUATED: [Obligation; 3] = [
    Obligation::Capacity,
    Obligation::RecoveryTime,
    Obligation::TimeTable,
];

/// The evaluated verdicts that hold, or fail, as turns name them.
fn verdicts(found: &Verification, holds: bool) -> BTreeSet<String> {
    let all = found.verdicts.iter();
    let mine = all.filter(|v| EVALUATED.contains(&v.obligation) && v.holds == holds);
    mine.map(|v| format!("{} of `{}`", v.obligation.word(), v.subject))
        .collect()
}

fn turns(found: &Verification) -> Vec<(String, &Turn)> {
    let all = found.assumptions.iter();
    all.filter_map(|a| Some((a.text(), a.turns?))).collect()
}

/// Checks each turn of a case; which obligations they were about.
fn check(case: &Case) -> BTreeSet<String> {
    let found = judged(&case.text());
    let held = verdicts(&found, true);
    let mut seen = BTreeSet::new();
    for (sentence, turn) in turns(&found) {
        let sentence = sentence.as_str();
        let Some(now) = case.now(sentence) else {
            continue;
        };
        let (at, below) = told(&turn.at);
        let with = |value| judged(&case.with(sentence, value).unwrap().text());
        let failing = verdicts(&with(at), false);
        let broken: BTreeSet<String> = held.intersection(&failing).cloned().collect();
        let named: BTreeSet<String> = turn.breaks.iter().cloned().collect();
        assert!(
            named.is_subset(&broken) || turn.breaks.len() > 3,
            "at {} of {sentence}: {named:?}, {broken:?}\n{}",
            turn.at,
            case.text()
        );
        // Below it is what is assumed today, or a greater value.
        let still = verdicts(&with(below.max(now)), true);
        assert!(
            held.is_subset(&still),
            "below {} of {sentence}: {:?}\n{}",
            turn.at,
            held.difference(&still),
            case.text()
        );
        seen.extend(
            named
                .iter()
                .map(|n| n.split(' ').next().unwrap_or("").to_owned()),
        );
    }
    seen
}

fn cases() -> impl Strategy<Value = Case> {
    let bytes = 1_000_000_u64..40_000_000_000;
    let minutes = || 2_u64..200;
    (
        (bytes, 0_u64..5_000_000_000, 0_u64..80, 0_u64..2_000_000_000),
        (minutes(), minutes(), minutes(), minutes(), minutes()),
        [0_u64..60, 0..60, 0..60],
        (50_u64..12_000, 40_u64..200),
    )
        .prop_map(
            |((size, churn, growth, volume), (up, prune, mirror, dump, read), at, (quota, rto))| {
                Case {
                    size,
                    churn,
                    growth,
                    volume,
                    up,
                    prune,
                    mirror,
                    dump,
                    read,
                    at,
                    quota,
                    rto,
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn at_the_value_told_verdicts_turn_and_below_it_they_hold(case in cases()) {
        check(&case);
    }
}

/// One case in which each of the obligations turns on something.
#[test]
fn each_evaluated_obligation_has_its_turns() {
    let case = Case {
        size: 6_000_000_000,
        churn: 1_000_000_000,
        growth: 20,
        volume: 100_000_000,
        up: 30,
        prune: 60,
        mirror: 120,
        dump: 10,
        read: 10,
        at: [30, 0, 0],
        quota: 400,
        rto: 90,
    };
    let seen = check(&case);
    let all: BTreeSet<String> = EVALUATED.iter().map(|o| o.word().to_owned()).collect();
    assert_eq!(seen, all);
    let found = judged(&case.text());
    // A lock that is always taken, a mirror that may be torn, a reader that always comes too early.
    for step in ["`tidy`", "`mirror`", "`read`"] {
        assert!(
            turns(&found).iter().any(|(text, _)| text.starts_with(step)),
            "{step}"
        );
    }
    let told: Vec<String> = turns(&found)
        .into_iter()
        .map(|(text, turn)| {
            format!(
                "{text}: {} to {}: {}",
                turn.now,
                turn.at,
                turn.breaks.join(", ")
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}
