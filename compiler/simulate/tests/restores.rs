//! How soon what was lost is back: worked examples, by hand.

#![expect(
    clippy::panic,
    reason = "helpers of tests stop the test with what they know"
)]

mod common;

use std::collections::BTreeSet;

use common::planned;
use jiff::civil::{Date, date};
use thrice_model::{ClassId, Target};
use thrice_plan::Plan;
use thrice_quantity::{Bytes, Seconds};
use thrice_simulate::{Losses, Restored, Restoring, Sizes};

/// 9 GB an hour.
const PLACES: &str = r#"
policy p "p" { horizon 2 years; response time 5h }
phase t0 = 2026-02-15
phase later = 2027-02-15 { slip 100 days }
provider ovh { site one }
provider cloud { site one }
provider bank { site safe; site rack }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; link 2.5 MB/s; store disk; store spare }
host web at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; link 5 MB/s; store disk }
host mute at ovh/one { runs cron; has rclone 1.75.2; store disk }
nas tower at bank/rack { runs cron; has restic 0.18.0, rclone 1.75.2; link 10 MB/s; store tank }
object_storage s3 at cloud/one { bucket main }
network mesh { joins vps, web, mute, tower }
vault envelope at bank/safe
"#;

fn plan(policy: &str) -> Plan {
    planned(format!("{PLACES}{policy}")).0
}

fn class(plan: &Plan, name: &str) -> ClassId {
    let mut all = plan.model.classes.iter();
    let found = all.find(|(_, class)| class.named.name == name);
    found.unwrap_or_else(|| panic!("no `{name}`")).0
}

/// A store or host by its name.
fn target(plan: &Plan, name: &str) -> Target {
    let mut stores = plan.model.stores.iter();
    let mut hosts = plan.model.hosts.iter();
    let store = stores.find(|(_, store)| store.named.name == name);
    let host = hosts.find(|(_, host)| host.named.name == name);
    let store = store.map(|(id, _)| Target::Store(id));
    let found = store.or(host.map(|(id, _)| Target::Host(id)));
    found.unwrap_or_else(|| panic!("no `{name}`"))
}

fn losses(plan: &Plan, lost: &[&str], day: Date) -> Losses {
    let at = day.to_zoned(jiff::tz::TimeZone::UTC);
    Losses {
        at: at.unwrap_or_else(|why| panic!("{why}")).timestamp(),
        day,
        lost: lost.iter().map(|name| target(plan, name)).collect(),
        also: BTreeSet::new(),
        empty: BTreeSet::new(),
        classes: BTreeSet::new(),
        asking: BTreeSet::new(),
        sizes: Sizes::Most,
    }
}

const DAY: Date = date(2026, 3, 1);

/// What comes back after some places are lost, in the order of the classes: that of their names.
fn restored(plan: &Plan, lost: &[&str]) -> Vec<Restored> {
    Restoring::after(plan, &losses(plan, lost, DAY)).play(None)
}

/// The minutes after which all that is lost is in use.
fn minutes(restored: &[Restored]) -> Vec<Option<i64>> {
    let in_use = restored.iter().map(|restored| restored.in_use);
    in_use.map(|at| at.map(|Seconds(at)| at / 60)).collect()
}

/// A class of so much on a machine, copied to a place by one, and how it comes back.
fn copied(name: &str, from: &str, to: &str, gb: u64, rest: &str) -> String {
    let (host, by) = (
        from,
        if to.starts_with("tower") {
            "tower"
        } else {
            from
        },
    );
    format!(
        "class {name} is files on {host}.disk:/{name} {{ size {gb}..{gb} GB; growth 0..0 %/month; {rest} }}\n\
         copy of_{name}_{} of {name} to {to}:/{name} by {by}.cron {{ daily at 03:00 UTC; taking 1m..1h }}\n",
        to.replace('.', "_")
    )
}

/// A database of 6 GB due in an hour and a half, media of 300 GB due in 72.
#[test]
fn the_most_urgent_goes_first() {
    let media = copied("media", "vps", "s3.main", 300, "rto 72h; restore setup 30m");
    let db = copied("db", "vps", "s3.main", 6, "rto 90m; restore setup 30m");
    let two = plan(&[media.as_str(), &db].concat());
    let found = restored(&two, &["vps"]);
    assert_eq!(minutes(&found), [Some(70), Some(30 + 306 * 60 / 9)]);
    assert_eq!(found[1].bytes, Bytes(300_000_000_000));
    assert_eq!(found[0].due, Some(Seconds::minutes(90)));
    assert_eq!(found[0].begins, Seconds::minutes(30));
    assert!(restored(&two, &["web"]).is_empty(), "nothing is lost there");
    // Two such databases: the one that comes last is too late.
    let other = copied("other", "vps", "s3.main", 6, "rto 90m; restore setup 30m");
    let three = plan(&[media, db, other].concat());
    let restoring = Restoring::after(&three, &losses(&three, &["vps.disk"], DAY));
    let of = |last| minutes(&restoring.play(Some(class(&three, last))));
    let media = Some(30 + 312 * 60 / 9);
    assert_eq!(of("db"), [Some(110), media, Some(70)]);
    assert_eq!(of("other"), [Some(70), media, Some(110)]);
    // Those of which nothing is asked wait for all others; what was not lost keeps nobody waiting.
    let later = plan(
        &[
            copied("a", "vps", "s3.main", 9, "restore setup 0m"),
            copied(
                "b",
                "vps",
                "s3.main",
                9,
                "restore setup 1h; rto 90m; restore finish 10m",
            ),
            copied("c", "web", "s3.main", 9, "restore setup 0m; rto 10m"),
        ]
        .concat(),
    );
    assert_eq!(minutes(&restored(&later, &["vps"])), [Some(60), Some(130)]);
    let long = copied("a", "vps", "s3.main", 18, "restore setup 0m");
    let b = copied("b", "vps", "s3.main", 9, "restore setup 1h; rto 90m");
    let interrupted = plan(&[long, b].concat());
    let found = minutes(&restored(&interrupted, &["vps"]));
    assert_eq!(found, [Some(180), Some(120)]);
}

#[test]
fn what_is_needed_is_as_urgent_and_waited_for() {
    let policy = [
        copied("base", "vps", "s3.main", 9, "restore setup 0m"),
        copied(
            "conf",
            "vps",
            "s3.main",
            9,
            "restore setup 0m; needs base; rto 9h",
        ),
        copied("free", "vps", "s3.main", 9, "restore setup 0m; rto 8h"),
        copied(
            "app",
            "vps",
            "s3.main",
            9,
            "restore setup 0m; needs conf; rto 7h",
        ),
    ];
    let plan = plan(&policy.concat());
    let found = restored(&plan, &["vps"]);
    let dues = found.iter().map(|restored| restored.due);
    let hours = [7, 7, 7, 8].map(|hours| Some(Seconds::hours(hours)));
    assert!(dues.eq(hours));
    assert_eq!(minutes(&found), [60, 120, 180, 240].map(Some));
    // In use with all that it needs.
    let last = Restoring::after(&plan, &losses(&plan, &["vps"], DAY));
    let found = last.play(Some(class(&plan, "base")));
    assert_eq!(minutes(&found), [60, 180, 120, 240].map(Some));
    let back = found.iter().map(|restored| restored.back);
    assert!(back.eq([180, 180, 180, 240].map(|at| Some(Seconds::minutes(at)))));
    // Nobody asks, or only for something else.
    let mut asking = losses(&plan, &["vps"], DAY);
    asking.asking = [class(&plan, "conf")].into();
    let due = Restoring::after(&plan, &asking).play(None);
    let due: Vec<bool> = due.iter().map(|restored| restored.due.is_some()).collect();
    assert_eq!(due, [false, true, true, false]);
}

#[test]
fn each_comes_over_its_own_lines() {
    let policy = [
        copied("near", "vps", "tower.tank", 9, "restore setup 0m; rto 2h"),
        copied("far", "web", "tower.tank", 18, "restore setup 0m; rto 3h"),
        copied("third", "web", "s3.main", 9, "restore setup 0m; rto 9h"),
    ]
    .concat();
    // The tower gives both machines as much as they take; what is less urgent waits for the line of its own machine.
    let both = ["vps", "web"];
    assert_eq!(
        minutes(&restored(&plan(&policy), &both)),
        [60, 60, 90].map(Some)
    );
    // Over a network of 4 MB/s it gives the first one 2.5, the second one 1.5 for an hour and then 4, which it needs for
    // 12.6 GB; the third one takes from the storage what that leaves of the line of `web`: 3.5 for 9 GB.
    let narrow = "network narrow { joins vps, web, tower; speed 4 MB/s }\n";
    let slow = policy.clone() + narrow;
    let found = minutes(&restored(&plan(&slow), &both));
    assert_eq!(found, [60 + 12_600 / 4 / 60, 60, 42].map(Some));
    // From several copies the fastest; where it is lost too, what is left.
    let two = copied("a", "web", "tower.tank", 18, "restore setup 0m; rto 9h")
        + "copy slowly of a to vps.spare:/a by web.cron { daily at 04:00 UTC }\n";
    let two = plan(&two);
    assert_eq!(minutes(&restored(&two, &["web"])), [Some(60)]);
    assert_eq!(minutes(&restored(&two, &["web", "tower"])), [Some(120)]);
    assert_eq!(
        minutes(&restored(&two, &["web", "tower", "vps.spare"])),
        [None]
    );
    let nothing = &restored(&two, &["web", "tower", "vps"])[0];
    assert_eq!((nothing.from, nothing.back), (None, None));
    // Nothing says how fast the line of a machine is.
    let mute = plan(&copied("a", "mute", "s3.main", 9, "rto 9h"));
    assert_eq!(minutes(&restored(&mute, &["mute"])), [None]);
}

/// As long as the response time until it begins, and an hour until a database is in use, where nothing is said.
#[test]
fn sizes_and_times_are_at_the_ends_that_are_chosen() {
    let plan = plan(
        "class db is state on vps.disk:/db { size 9..18 GB; growth 0..9 GB/day; rto 9h }\n\
         class files is files on web.disk:/web { size 0..9 GB; growth 0..0 %/month; restore setup 1h..2h; restore finish 3m..5m }\n\
         copy a of db to s3.main:/db by vps.cron { daily at 03:00 UTC }\n\
         copy b of files to s3.main:/web by web.cron { daily at 03:00 UTC }\n",
    );
    let both = ["vps", "web"];
    let after = |day: Date, least: bool| {
        let mut losses = losses(&plan, &both, day);
        if least {
            losses.sizes = Sizes::Least;
        }
        minutes(&Restoring::after(&plan, &losses).play(None))
    };
    let first = date(2026, 2, 15);
    assert_eq!(after(first, true), [Some(60 * 7), Some(63)]);
    assert_eq!(after(first, false), [Some(60 * 8), Some(155)]);
    assert_eq!(after(date(2026, 2, 16), false), [Some(60 * 9), Some(155)]);
    assert_eq!(after(date(2026, 2, 16), true), [Some(60 * 7), Some(63)]);
}

/// If the next phase is late there is what there was before, and more of it.
#[test]
fn what_there_is_and_how_much_may_be_of_two_days() {
    let plan = plan(
        "class db is files on vps.disk:/db until later { size 0..0 GB; growth 0..9 GB/day; restore setup 0m }\n\
         copy a of db to s3.main:/db by vps.cron { daily at 03:00 UTC }\n\
         require rto <= 9h for db until later\n",
    );
    let mut case = losses(&plan, &["vps"], date(2026, 2, 15));
    let later = losses(&plan, &["vps"], date(2027, 2, 25));
    case.at = later.at;
    let found = Restoring::after(&plan, &case).play(None);
    assert_eq!(minutes(&found), [Some(375 * 60)]);
    assert_eq!(found[0].due, Some(Seconds::hours(9)));
    assert!(Restoring::after(&plan, &later).play(None).is_empty());
}

#[test]
fn what_is_left_is_what_can_be_read_and_is_filled() {
    let repositories = "class db is files on vps.disk:/db { size 9..9 GB; growth 0..0 %/month; restore setup 0m }\n\
        key k { held on vps }\n\
        key k2 { held on envelope }\n\
        repository r in s3.main:/r { engine restic 0.18.0; key k }\n\
        repository r2 in tower.tank:/r { engine restic 0.18.0; key k2 }\n\
        backup up of db to r by vps.cron { daily at 03:00 UTC; keep 7 daily }\n";
    let one = plan(repositories);
    assert_eq!(
        minutes(&restored(&one, &["vps"])),
        [None],
        "the key is gone"
    );
    assert_eq!(minutes(&restored(&one, &["vps.disk"])), [Some(60)]);
    let up = "backup up2 of db to r2 by vps.cron { daily at 04:00 UTC; keep 7 daily }\n";
    let two = plan(&[repositories, up].concat());
    assert_eq!(minutes(&restored(&two, &["vps"])), [Some(60)]);
    // What is told: nothing is in a copy, or the data is lost though nothing else is.
    let mut case = losses(&two, &["vps"], DAY);
    let on_tower = two
        .copies
        .iter()
        .filter(|(_, copy)| Target::Store(copy.location.store) == target(&two, "tower.tank"));
    case.empty = on_tower.map(|(id, _)| id).collect();
    assert_eq!(minutes(&Restoring::after(&two, &case).play(None)), [None]);
    let mut case = losses(&two, &[], DAY);
    assert!(Restoring::after(&two, &case).play(None).is_empty());
    case.also = [class(&two, "db")].into();
    case.classes.clone_from(&case.also);
    assert_eq!(
        minutes(&Restoring::after(&two, &case).play(None)),
        [Some(60)]
    );
    // What nobody feeds any more is too old: it counts for nothing.
    let ended = up.replace("2 by vps.cron", "2 by vps.cron until later");
    let ended = plan(&[repositories, &ended].concat());
    let later = losses(&ended, &["vps"], date(2027, 3, 1));
    assert_eq!(
        minutes(&Restoring::after(&ended, &later).play(None)),
        [None]
    );
}

/// A database in a repository whose key lies in a vault on the same machine; the vault's content is copied open, or to a
/// repository whose key lies in another vault.
fn locked(held: &str, content: &str) -> Plan {
    plan(&format!(
        "key rk {{ held on vps, {held} }}\nkey inner {{ held on vps, small }}\n\
         credential w {{ account s3; may read, write, delete on s3.*; held on vps }}\n\
         repository safe in s3.main:/safe {{ engine restic 0.18.0; key rk; credential w }}\n\
         repository within in s3.main:/within {{ engine restic 0.18.0; key inner; credential w }}\n\
         vault passwords on vps of pw\nvault small on vps of tiny\n\
         class tiny is files on vps.disk:/tiny {{ size 1.5..1.5 GB; growth 0..0 %/month; restore setup 10m; restore finish 5m }}\n\
         copy of_tiny of tiny to s3.main:/tiny by vps.cron {{ daily at 02:00 UTC; taking 1m..1h; credential w }}\n\
         class pw is files on vps.disk:/pw {{ size 9..9 GB; growth 0..0 %/month; restore setup 30m; restore finish 10m }}\n\
         {content}\n\
         class site is files on vps.disk:/site {{ size 18..18 GB; growth 0..0 %/month; restore setup 20m; rto 8h }}\n\
         backup of_site of site to safe by vps.cron {{ daily at 03:00 UTC; taking 1m..1h }}\n"
    ))
}

#[test]
fn what_a_vault_opens_that_comes_back_itself_waits_for_it() {
    let open = "copy of_pw of pw to s3.main:/pw by vps.cron { daily at 02:00 UTC; taking 1m..1h; credential w }";
    let sealed = "backup of_pw of pw to within by vps.cron { daily at 02:30 UTC; taking 1m..1h }";
    let times = |held: &str, content: &str, lost: &[&str]| {
        let plan = locked(held, content);
        let found = restored(&plan, lost);
        let names = ["pw", "site", "tiny"].map(|name| class(&plan, name));
        names.map(|id| {
            let of = found.iter().find(|restored| restored.class == id);
            of.map(|of| (of.begins.0 / 60, of.in_use.map(|at| at.0 / 60)))
        })
    };
    // Somebody has the key: the site is asked for and goes first.
    assert_eq!(
        times("envelope, passwords", open, &["vps"]),
        [
            Some((30, Some(140 + 60 + 10))),
            Some((20, Some(20 + 120))),
            Some((10, Some(25)))
        ]
    );
    // Nobody but the vault: its content goes first, and the site begins when that is in use.
    assert_eq!(
        times("passwords", open, &["vps"])[..2],
        [Some((30, Some(100))), Some((100, Some(220)))]
    );
    // What opens that lies in another vault.
    assert_eq!(
        times("passwords", sealed, &["vps"]),
        [
            Some((30, Some(100))),
            Some((100, Some(220))),
            Some((10, Some(25)))
        ]
    );
    // Of two vaults the one that is back first.
    assert_eq!(
        times("passwords, small", open, &["vps"])[1],
        Some((25, Some(145)))
    );
    // The vault is there.
    assert_eq!(times("passwords", open, &["vps.spare"]), [None; 3]);
    let plan = locked("passwords", open);
    let mut site = losses(&plan, &[], DAY);
    site.also = [class(&plan, "site")].into();
    let found = Restoring::after(&plan, &site).play(None);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].begins, Seconds::minutes(20));
    // Only what is asked for, and what that waits for.
    let mut site = losses(&plan, &["vps"], DAY);
    site.classes = [class(&plan, "site")].into();
    let found = Restoring::after(&plan, &site).play(None);
    let classes: Vec<_> = found.iter().map(|restored| restored.class).collect();
    assert_eq!(classes, [class(&plan, "pw"), class(&plan, "site")]);
}

/// Nobody knows how soon a vault is back of whose content no size is stated: what needs no key of its is sooner.
#[test]
fn what_waits_for_what_nothing_is_said_of_comes_from_elsewhere() {
    let plan = plan(
        "key rk { held on passwords }\n\
         credential w { account s3; may read, write, delete on s3.*; held on vps }\n\
         repository safe in s3.main:/safe { engine restic 0.18.0; key rk; credential w }\n\
         class pw is files on vps.disk:/pw { restore setup 30m }\n\
         vault passwords on vps of pw\n\
         copy of_pw of pw to s3.main:/pw by vps.cron { daily at 02:00 UTC; taking 1m..1h; credential w }\n\
         class site is files on vps.disk:/site { size 18..18 GB; growth 0..0 %/month; restore setup 1h }\n\
         backup of_site of site to safe by vps.cron { daily at 03:00 UTC; taking 1m..1h }\n\
         copy plain of site to s3.main:/site by vps.cron { daily at 04:00 UTC; taking 1m..1h; credential w }\n",
    );
    let found = restored(&plan, &["vps"]);
    let [pw, site] = ["pw", "site"].map(|name| class(&plan, name));
    let of = |id: ClassId| found.iter().find(|restored| restored.class == id);
    assert_eq!(of(pw).map(|pw| pw.in_use), Some(None));
    assert_eq!(
        of(site).map(|site| site.in_use),
        Some(Some(Seconds::minutes(60 + 120)))
    );
}
