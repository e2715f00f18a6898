//! `require`, `accept`, `skip`, `cost`, `estimate`.

use insta::assert_snapshot;
use jiff::civil::date;
use thrice_model::{
    ClassKind, Demand, EstimateOf, FaultKind, Model, Obligation, Selection, Survive, Target,
};
use thrice_quantity::{Bytes, Ratio, Seconds};

use crate::support::{model, shown, with_places};

const INVENTORY: &str = "\
host vpai at ovh/gravelines since t0 { runs cron; store local; store more }
nas truenas at home/rack since nas { store tank }
object_storage s3 at hetzner/fsn1 { bucket backups \"b-b\"; bucket shared \"b-s\" }
key k { held on vpai }
credential writer { may write on s3.*; held on vpai }
monitor deadman { healthchecks at \"HC\"; on vpai }
repository repo in s3.backups:/ { engine restic 0.18.0; key k; credential writer }
class databases is state on vpai.local:/pg
class configs is files on vpai.local:/opt
class music is items on truenas.tank:/music
class metrics is state on vpai.local:/metrics
prune weekly of repo by vpai.cron { weekly on Sunday at 06:00 UTC }
";

fn with(source: &str) -> String {
    with_places(&format!("{INVENTORY}{source}"))
}

/// Messages alone, and the statements they are about.
fn refused(source: &str) -> String {
    let all = shown(&with(source));
    let messages = all.split_once("\n\n").map_or("", |(_, messages)| messages);
    let from = with("").lines().count();
    let lines = source.trim().lines().enumerate();
    let numbered: Vec<String> = lines
        .map(|(n, line)| format!("{:2} {line}", from + 1 + n))
        .collect();
    format!("{}\n\n{messages}", numbered.join("\n"))
}

#[expect(
    clippy::indexing_slicing,
    reason = "ids of the model index its own tables"
)]
fn selected<'m>(model: &'m Model, selection: &Selection) -> Vec<&'m str> {
    selection
        .classes
        .iter()
        .map(|id| model.classes[*id].named.name.as_str())
        .collect()
}

#[test]
fn demands_about_classes() {
    let model = model(&with(
        "require copies >= 3, media >= 2, offsite >= 1 for all since nas
require copies >= 1, locked >= 1 within 2 days for databases until nas
require survive any 2 of host, corruption for all state
require survive loss of vpai and truenas.tank and home and home/rack and writer and k for all except music, configs
require rpo <= 26h, guaranteed <= 6 days for all files
require rto <= 4h for all items
require history of 4 months with gap 31 days for music, databases
skip metrics because \"rebuilt\"",
    ));
    let mut all = model.requirements.clone();
    all.sort_by_key(|one| one.span);
    assert!(matches!(
        all[0].demand,
        Demand::Copies {
            copies: 3,
            media: 2,
            offsite: 1,
            locked: 0,
            within: None
        }
    ));
    assert_eq!(
        selected(&model, &all[0].selection),
        ["configs", "databases", "music"],
        "not what is skipped"
    );
    assert_eq!(all[0].lifetime.from, date(2026, 8, 15));
    assert!(
        matches!(all[1].demand, Demand::Copies { copies: 1, locked: 1, within: Some((t, _)), .. } if t == Seconds::days(2))
    );
    assert_eq!(all[1].lifetime.until, Some(date(2026, 8, 15)));
    let Demand::Survive(Survive::Any { count: 2, kinds }) = &all[2].demand else {
        panic!()
    };
    assert_eq!(kinds, &[FaultKind::Host, FaultKind::Corruption]);
    assert_eq!(all[2].selection.kind, Some(ClassKind::State));
    assert_eq!(selected(&model, &all[2].selection), ["databases"]);
    let Demand::Survive(Survive::Loss(targets)) = &all[3].demand else {
        panic!()
    };
    assert!(matches!(
        targets.as_slice(),
        [
            Target::Host(_),
            Target::Store(_),
            Target::Provider(_),
            Target::Site(_),
            Target::Credential(_),
            Target::Key(_)
        ]
    ));
    assert_eq!(selected(&model, &all[3].selection), ["databases"]);
    assert_eq!(
        all[4].demand,
        Demand::RecoveryPoint {
            nominal: Seconds::hours(26),
            guaranteed: Some(Seconds::days(6)),
        }
    );
    assert_eq!(all[5].demand, Demand::RecoveryTime(Seconds::hours(4)));
    assert!(!all[6].selection.all);
    assert_eq!(
        selected(&model, &all[6].selection),
        ["databases", "music"],
        "in the order of names"
    );
    assert_eq!(
        all[6].demand,
        Demand::History {
            reach: Seconds::days(123),
            gap: Seconds::days(31)
        }
    );
}

#[test]
fn demands_about_stores_and_money() {
    let model = model(&with(
        "require headroom 20 % on s3, truenas.tank, s3.shared
require headroom 5 % on all
require cost <= 46 EUR/month since t0",
    ));
    let mut all = model.requirements.clone();
    all.sort_by_key(|one| one.span);
    let Demand::Headroom { part, stores } = &all[0].demand else {
        panic!()
    };
    assert_eq!(*part, Ratio(200_000));
    let names: Vec<&str> = stores
        .iter()
        .map(|id| &*model.stores[*id].named.name)
        .collect();
    assert_eq!(
        names,
        ["s3.backups", "s3.shared", "truenas.tank"],
        "each once"
    );
    let Demand::Headroom { stores, .. } = &all[1].demand else {
        panic!()
    };
    assert_eq!(stores.len(), 5);
    assert!(matches!(all[2].demand, Demand::Cost(money) if money.to_string() == "46 EUR"));
    assert_eq!(all[2].selection.classes.len(), 4);
}

#[test]
fn risks_accepted() {
    let model = model(&with(
        "accept copies for music because \"can be ripped again\" by \"owner\" until 2027-06-30
accept survival for all state of site ovh/gravelines because \"…\" by \"owner\", \"household\" until nas
accept alarm for step weekly, store s3.shared, repository repo because \"seen\" by \"owner\" until 2027-06-30
accept cost until 2027-06-30 by \"owner\" because \"it is little\"",
    ));
    let mut all = model.acceptances.clone();
    all.sort_by_key(|one| one.span);
    assert_eq!(
        (all[0].obligation, all[0].until),
        (Obligation::Copies, date(2027, 6, 30))
    );
    assert_eq!(
        (all[0].why.as_str(), all[0].by.join("+")),
        ("can be ripped again", "owner".to_owned())
    );
    assert_eq!(
        selected(&model, all[0].selection.as_ref().unwrap()),
        ["music"]
    );
    assert_eq!(all[1].by, ["owner", "household"]);
    assert!(matches!(all[1].fault, Some(Target::Site(_))));
    assert_eq!(
        all[1].until,
        date(2026, 8, 15),
        "the first day of the phase"
    );
    let subjects: Vec<&str> = all[2]
        .subjects
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(subjects, ["weekly", "s3.shared", "repo"]);
    assert!(all[2].selection.is_none() && all[3].selection.is_none());
}

#[test]
fn skips_costs_and_estimates() {
    let model = model(&with(
        "/// Not worth it.
skip metrics, logs because \"rebuilt from scratch\"
cost domain { 0.67..1 EUR/month; once 10 EUR }
cost power since nas { 5 EUR/month }
estimate size of s3.shared 20..80 GB since nas
estimate size of repo 15..30 GB
estimate size of databases 50..200 MB
estimate size of all 200..800 MB
estimate churn of all 20..90 MB/day
estimate cost 39..45 EUR/month
estimate once 300 EUR since nas
estimate copy of databases in truenas.tank not offsite
estimate copy of databases in s3.backups offsite",
    ));
    assert_eq!(model.skips.len(), 2);
    assert_eq!(
        (&*model.skips[0].named.name, &*model.skips[0].why),
        ("logs", "rebuilt from scratch")
    );
    assert_eq!(model.skips[0].named.doc, "Not worth it.");
    assert_eq!(model.costs[0].monthly.unwrap().high().to_string(), "1 EUR");
    assert_eq!(model.costs[0].once.unwrap().to_string(), "10 EUR");
    assert_eq!(
        (model.costs[1].once, model.costs[1].lifetime.from),
        (None, date(2026, 8, 15))
    );
    let mut estimates = model.estimates.clone();
    estimates.sort_by_key(|one| one.span);
    let of: Vec<&EstimateOf> = estimates.iter().map(|e| &e.of).collect();
    assert!(
        matches!(of[0], EstimateOf::StoreSize(_, size) if size.high() == Bytes(80_000_000_000))
    );
    assert!(
        matches!(of[1], EstimateOf::RepositorySize(..))
            && matches!(of[2], EstimateOf::ClassSize(..))
    );
    assert!(matches!(of[3], EstimateOf::TotalSize(_)) && matches!(of[4], EstimateOf::Churn(_)));
    assert!(matches!(of[5], EstimateOf::Cost(cost) if cost.low().to_string() == "39 EUR"));
    assert!(matches!(of[6], EstimateOf::Once(_)));
    assert!(matches!(of[7], EstimateOf::Copy { offsite: false, .. }));
    assert!(matches!(of[8], EstimateOf::Copy { offsite: true, .. }));
    assert_eq!(estimates[0].lifetime.from, date(2026, 8, 15));
    assert_eq!(
        estimates[7].lifetime.from,
        date(2026, 8, 15),
        "that of the store"
    );
}

#[test]
fn requirements_refused() {
    assert_snapshot!(refused(
        "require
require backups >= 3 for all
require copies <= 3 for all
require copies >= 0 for all
require copies = 3 for all
require copies >= 3, media >= 2, media >= 2 for all
require copies >= 3, tapes >= 1 for all
require copies >= 3
require copies >= 3 for all states
require copies >= 3 for databses, music, music
require copies >= 3 for vpai
require survive any host for all
require survive any 0 of host for all
require survive any 1 of host, host, disk for all
require survive vpai for all
require survive loss of vpai and vpai and databases for all
require headroom 100 % on s3
require headroom 20 on s3
require headroom 20 % on databases
require cost <= 46 EUR
require cost >= 46 EUR/month
require cost <= 46 EUR/month for all
require rpo <= 26 for all
require rpo <= 26h, 6 days for all
require rpo <= 26h, guaranteed <= 25h for all
require history of 120 days for all
require copies >= 3 for all since nas until t0"
    ));
}

#[test]
fn acceptances_refused() {
    assert_snapshot!(refused(
        "accept
accept copy for music because \"x\" by \"owner\" until nas
accept copies for music by \"owner\" until nas
accept copies for music because \" \" by \"owner\" until nas
accept copies for music because \"x\" because \"y\" by \"owner\" until nas
accept copies for music because \"x\" by owner until nas
accept copies for music because \"x\" by \"owner\" until someday
accept copies for music because \"x\" by \"owner\" until 2027-02-30
accept copies for step wekly because \"x\" by \"owner\" until nas
accept copies for music of tank because \"x\" by \"owner\" until nas
accept copies for music of host vpia because \"x\" by \"owner\" until nas
accept copies for music why \"x\" by \"owner\" until nas
accept copies for music because \"x\" by \"owner\", \"owner\" until nas"
    ));
}

#[test]
fn others_refused() {
    assert_snapshot!(refused(
        "skip logs
skip vpai because \"x\"
skip logs, logs because \"x\"
skip logs because \"\"
cost a
cost b { }
cost c { 3 EUR }
cost d { 1 EUR/month; 2 EUR/month; once 5 EUR/month }
cost d { 1 EUR/month }
estimate size of all 3 GB/day
estimate size of vpai 3 GB
estimate churn of databases 3 GB/day
estimate copy of databases in truenas offsite
estimate copy of databases in truenas.tank
estimate weight of all 3 GB
estimate cost 300 EUR"
    ));
}
