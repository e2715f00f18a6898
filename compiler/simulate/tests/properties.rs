//! What holds of every case: another copy never loses more, a further fault at the end never helps, and the
//! same case gives the same course.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test with what they know"
)]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use common::planned;
use proptest::prelude::*;
use thrice_model::{Mishap, Strike, Target};
use thrice_plan::Plan;
use thrice_quantity::Seconds;
use thrice_simulate::{Case, Choices, Outcome, simulate};

/// A policy whose steps run at some hours of the day, with some of the copies that there could be.
fn policy(kind: &str, hours: &[u8; 4], mirrors: bool, extra: bool) -> String {
    let mut text = format!(
        "use std/home\nuse std/hetzner\nuse std/ovh\n\
         policy p \"P\" {{ timezone \"UTC\"; response time 36h }}\nphase t0 = 2026-02-15\n\
         host prod at ovh/gravelines {{ runs cron; has restic 0.18.0, rclone 1.75.2; store disk {{ medium nvme }} }}\n\
         nas attic at home/rack {{ runs cron; has rclone 1.75.2; store tank {{ medium hdd }}; store spare {{ medium hdd }} }}\n\
         object_storage s3 at hetzner/fsn1 {{ bucket backups {{ medium object }} }}\n\
         credential writer {{ account s3; may read, write, delete on s3.*; held on prod }}\n\
         key k {{ held on prod, attic }}\n\
         repository repo in s3.backups:/ {{ engine restic 0.18.0; key k; credential writer }}\n\
         class data is {kind} on prod.disk:/data\n\
         backup up of data to repo by prod.cron {{ daily at {:02}:00 UTC; keep 3 daily, 2 weekly; taking 1h..2h }}\n",
        hours[0]
    );
    if mirrors {
        writeln!(text, "sync mirror of s3.backups to attic.tank:/m by attic.cron {{ daily at {:02}:00 UTC; taking 1h..1h }}", hours[1]).unwrap();
    }
    if extra {
        writeln!(text, "copy extra of data to attic.spare:/x by prod.cron {{ daily at {:02}:30 UTC; taking 5m..5m }}", hours[2]).unwrap();
    }
    text
}

fn plan(text: &str) -> Plan {
    planned(text.to_owned()).0
}

/// What may go wrong in these policies.
fn mishap(plan: &Plan, number: u8) -> Mishap {
    let m = &plan.model;
    let store = |name: &str| {
        m.stores
            .iter()
            .find(|(_, s)| s.named.name == name)
            .unwrap()
            .0
    };
    let host = |name: &str| {
        m.hosts
            .iter()
            .find(|(_, h)| h.named.name == name)
            .unwrap()
            .0
    };
    match number {
        0 => Mishap::Lose(Target::Host(host("prod"))),
        1 => Mishap::Lose(Target::Host(host("attic"))),
        2 => Mishap::Lose(Target::Store(store("s3.backups"))),
        3 => Mishap::Lose(Target::Key(m.keys.ids().next().unwrap())),
        4 => Mishap::Lose(Target::Credential(m.credentials.ids().next().unwrap())),
        5 => Mishap::Delete(store("attic.tank")),
        6 => Mishap::Rot(store("s3.backups")),
        _ => Mishap::Corrupt(m.classes.ids().next().unwrap()),
    }
}

/// Noon of 10 May and so many minutes.
fn strike(plan: &Plan, (number, minutes): (u8, i64)) -> Strike {
    Strike {
        at: jiff::Timestamp::from_second(1_778_414_400 + minutes * 60).unwrap(),
        mishap: mishap(plan, number),
        span: None,
    }
}

fn outcome(plan: &Plan, mut strikes: Vec<Strike>, minutes: i64) -> Outcome {
    strikes.sort_by_key(|strike| strike.at);
    let case = Case {
        strikes,
        from: None,
        judged: jiff::Timestamp::from_second(1_778_414_400 + minutes * 60).unwrap(),
        classes: BTreeSet::new(),
        choices: Choices::default(),
    };
    let (one, other) = (simulate(plan, &case), simulate(plan, &case));
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
    one.outcomes.into_iter().next().unwrap()
}

/// How much is lost, all of it being worse than any time.
fn lost(outcome: &Outcome) -> Seconds {
    outcome.loss.unwrap_or(Seconds(i64::MAX))
}

const FOUR_DAYS: i64 = 4 * 1440;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn another_copy_never_loses_more(
        kind in prop::sample::select(vec!["state", "files", "items"]),
        hours in prop::array::uniform4(0u8..24),
        mirrors in any::<bool>(),
        strikes in prop::collection::vec((0u8..8, 0i64..FOUR_DAYS), 1..4),
    ) {
        let judged = |extra: bool| {
            let plan = plan(&policy(kind, &hours, mirrors, extra));
            let strikes = strikes.iter().map(|s| strike(&plan, *s)).collect();
            outcome(&plan, strikes, FOUR_DAYS)
        };
        let (less, more) = (judged(false), judged(true));
        prop_assert!(lost(&more) <= lost(&less), "{less:#?}\n{more:#?}");
        prop_assert!(more.recoverable() || !less.recoverable());
    }

    /// At the end: earlier it may stop what would have carried a deletion or damage further.
    #[test]
    fn a_further_fault_at_the_end_never_helps(
        kind in prop::sample::select(vec!["state", "files", "items"]),
        hours in prop::array::uniform4(0u8..24),
        mirrors in any::<bool>(),
        strikes in prop::collection::vec((0u8..8, 0i64..FOUR_DAYS), 0..3),
        further in 0u8..8,
    ) {
        let plan = plan(&policy(kind, &hours, mirrors, true));
        let before: Vec<Strike> = strikes.iter().map(|s| strike(&plan, *s)).collect();
        let mut after = before.clone();
        after.push(strike(&plan, (further, FOUR_DAYS)));
        let (less, more) = (outcome(&plan, before, FOUR_DAYS), outcome(&plan, after, FOUR_DAYS));
        // Where the data lives it goes on until it is lost: what is lost is counted to then.
        prop_assert!(less.recoverable() || !more.recoverable());
        if let (Some((_, newest)), Some((_, left))) = (less.newest, more.newest) {
            prop_assert!(left <= newest, "{less:#?}\n{more:#?}");
        }
    }
}

/// Why the verifier says that faults are "may": here a second fault stops the mirror that would have
/// carried the first one's deletion.
#[test]
fn a_second_fault_may_spare_what_the_first_would_have_taken() {
    let hours = [2, 5, 0, 0];
    let mut text = policy("state", &hours, true, false);
    // The mirror is run by production: it stops with it.
    text = text.replace("attic.tank:/m by attic.cron", "attic.tank:/m by prod.cron");
    let plan = plan(&text);
    let stolen = strike(&plan, (4, 0));
    let lost_host = strike(&plan, (0, 1));
    let lost_later = strike(&plan, (0, 1440));
    assert!(outcome(&plan, vec![stolen, lost_host], 1440).recoverable());
    assert!(!outcome(&plan, vec![stolen, lost_later], 1440).recoverable());
}

/// A clean-up on demand may come at any time: what it may have deleted is lost.
#[test]
fn a_clean_up_on_demand_deletes_what_it_may() {
    let lost = |how: &str| {
        let rule = format!("expire old of attic.spare:/x after 30 days by mtime {{ {how} }}\n");
        let text = policy("items", &[3, 4, 5, 6], false, true) + &rule;
        let plan = plan(&text.replace("keep 3 daily, 2 weekly; ", ""));
        // The server, and what it backs up to, on 10 May.
        let strikes = [0, 2].map(|number| strike(&plan, (number, 0)));
        let case = Case {
            strikes: strikes.to_vec(),
            from: Some("2026-02-15T00:00:00Z".parse().unwrap()),
            judged: "2026-05-11T00:00:00Z".parse().unwrap(),
            classes: BTreeSet::new(),
            choices: Choices::default(),
        };
        let old = "2026-03-20T00:00:00Z".parse().unwrap();
        let holes = simulate(&plan, &case).outcomes[0].holes.clone();
        holes.iter().any(|(from, to)| *from < old && old < *to)
    };
    assert!(lost("by attic.cron; daily at 07:00 UTC; taking 1m..1m"));
    assert!(lost("by attic.cron; on demand"));
    assert!(lost("by hand"));
    assert!(!lost("by attic.cron; yearly on 12-01 at 04:00 UTC"));
}
