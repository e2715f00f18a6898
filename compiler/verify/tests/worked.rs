//! Worked examples, from policy text to verdict: what counts as a copy, what falls with what.

#[path = "worked/adversary.rs"]
mod adversary;
#[path = "worked/ages.rs"]
mod ages;
#[path = "worked/alike.rs"]
mod alike;
#[path = "worked/asked.rs"]
mod asked;
#[path = "worked/by_hand.rs"]
mod by_hand;
#[path = "worked/carried.rs"]
mod carried;
#[path = "worked/changed.rs"]
mod changed;
mod common;
#[path = "worked/costs.rs"]
mod costs;
#[path = "worked/crossing.rs"]
mod crossing;
#[path = "worked/dumps.rs"]
mod dumps;
#[path = "worked/emptied.rs"]
mod emptied;
#[path = "worked/ended.rs"]
mod ended;
#[path = "worked/flow.rs"]
mod flow;
#[path = "worked/held.rs"]
mod held;
#[path = "worked/late.rs"]
mod late;
#[path = "worked/lines.rs"]
mod lines;
#[path = "worked/locked.rs"]
mod locked;
#[path = "worked/order.rs"]
mod order;
#[path = "worked/overwritten.rs"]
mod overwritten;
#[path = "worked/packs.rs"]
mod packs;
#[path = "worked/restored.rs"]
mod restored;
#[path = "worked/room.rs"]
mod room;
#[path = "worked/rules.rs"]
mod rules;
#[path = "worked/slow.rs"]
mod slow;
#[path = "worked/taken.rs"]
mod taken;
#[path = "worked/together.rs"]
mod together;
#[path = "worked/tools.rs"]
mod tools;
#[path = "worked/twice.rs"]
mod twice;
#[path = "worked/vacuous.rs"]
mod vacuous;
#[path = "worked/vaults.rs"]
mod vaults;

use common::{codes, help, judged, message, plan_of, verdict};
use thrice_diagnostics::Severity;
use thrice_model::Obligation;
use thrice_quantity::Seconds;
use thrice_verify::{Engine, Verification};

/// A server, an object storage and a NAS, each with its own provider; a key that is held elsewhere.
const PLACES: &str = r#"
policy p "p" { horizon 2 years; response time 72h }
phase t0 = 2026-02-15
provider ovh { site one }
provider cloud { site one; supports versioning, lifecycle }
provider home { site rack }
provider bank { site safe }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium nvme; capacity 80 GB } }
nas tower at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store tank { medium hdd; capacity 6 TB } }
network mesh { joins vps, tower }
vault envelope at bank/safe
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
"#;

const CLOUD: &str = r#"
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object } }
key k { held on envelope; file "/etc/k" }
credential writer { account s3; may read, write, delete on s3.main; held on vps; profile "w" }
repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer }
class db is state on vps.disk:/var/lib/db { size 150..200 MB; churn 5..30 MB/day }
"#;

const STEPS: &str = r#"
capture dump of db to vps.disk:/backups by vps.cron { daily at 02:00; method program; runs "/opt/dump"; atomic; taking 1m..4m; monitor deadman }
backup up of db from dump to r by vps.cron { daily at 03:00; after dump; keep 7 daily, 4 weekly, 6 monthly, 2 yearly; taking 1m..10m; monitor deadman }
"#;

const MIRROR: &str = r#"
sync mirror of s3.main to tower.tank:/mirror by tower.cron { monthly on 1 at 05:00; taking 1m..2h; max delete 1000; credential writer; monitor deadman }
"#;

fn policy(parts: &[&str]) -> String {
    [&[PLACES, CLOUD, STEPS], parts].concat().concat()
}

#[test]
fn data_and_its_dump_on_one_disk_are_one_copy() {
    let three = policy(&[
        MIRROR,
        "require copies >= 3, media >= 3, offsite >= 2 for all\n",
    ]);
    assert!(
        codes(&judged(&three)).is_empty(),
        "{:?}",
        codes(&judged(&three))
    );
    let four = policy(&[MIRROR, "require copies >= 4 for all\n"]);
    assert!(message(&judged(&four), "T1101").contains("has 3 copies"));
    let outside = policy(&[MIRROR, "require copies >= 1, offsite >= 3 for all\n"]);
    assert!(message(&judged(&outside), "T1103").contains("has 2 copies off site"));
}

#[test]
fn off_site_counts_what_is_left_when_the_worst_site_is_lost() {
    let text = policy(&[MIRROR, "require copies >= 1, offsite >= 1 for all\n"]);
    let found = judged(&text.replace("nas tower at home/rack", "nas tower at ovh/one"));
    let copies = |v: &thrice_verify::Verdict| v.obligation == Obligation::Copies;
    let notes: Vec<_> = found
        .verdicts
        .iter()
        .filter(copies)
        .map(|v| v.note)
        .collect();
    // Without the object storage two are left, without the other site one.
    assert!(
        matches!(&notes[..], [note] if note.starts_with("3 copies, 1 copy off site")),
        "{notes:?}"
    );
}

#[test]
fn an_archive_that_was_moved_is_a_single_copy_and_nothing_is_off_site_then() {
    let text = format!(
        "{PLACES}{CLOUD}{STEPS}{}",
        r#"
class archives is items on s3.main:/archives { size 1..2 GB }
move away of s3.main:/archives to tower.tank:/archives by tower.cron { monthly on 1 at 06:00; older than 90 days by upload; taking 1m..2h; credential writer; monitor deadman }

require copies >= 1, offsite >= 1 for archives
accept survival for archives because "a test" by "owner", "household" until 2030-01-01
"#
    );
    let found = judged(&text);
    assert_eq!(
        codes(&found),
        ["T1103"],
        "one copy at every age, but never one outside every site"
    );
    let without = judged(&text.replace("copies >= 1, offsite >= 1", "copies >= 1"));
    let copies = without
        .verdicts
        .iter()
        .find(|v| v.obligation == Obligation::Copies && v.subject == "archives")
        .unwrap();
    assert_eq!(
        (copies.engine, copies.holds),
        (Engine::Proved, true),
        "no copy is certain by itself: it takes a proof"
    );
}

#[test]
fn a_stolen_credential_reaches_the_mirror_through_the_sync() {
    let require = "require survive any 1 of credential for all\n";
    let lost = "require survive loss of vps.disk for all\n";
    let mirror = judged(&policy(&[MIRROR, require, lost]));
    assert!(codes(&mirror).is_empty(), "the live data is left");
    let both = "require survive loss of vps.disk and writer for all\n";
    let found = judged(&policy(&[MIRROR, both]));
    assert!(message(&found, "T1201").contains("in hostile hands"));
    let told: Vec<_> = found
        .findings
        .iter()
        .flat_map(|f| &f.diagnostic.case)
        .map(|e| e.what.clone())
        .collect();
    assert!(
        told.iter()
            .any(|what| what.contains("carries the deletion")),
        "{told:?}"
    );
    let spared = MIRROR
        .replace("sync mirror of s3.main", "copy mirror of s3.main")
        .replace("max delete 1000; ", "");
    assert!(
        codes(&judged(&policy(&[&spared, both]))).is_empty(),
        "a copy deletes nothing"
    );
    let snapshots = policy(&[MIRROR, both]).replace(
        "capacity 6 TB",
        "capacity 6 TB; snapshots daily at 00:30 keep 30",
    );
    assert!(
        codes(&judged(&snapshots)).is_empty(),
        "snapshots of the destination spare what was deleted"
    );
}

#[test]
fn a_key_beside_the_data_it_opens_is_lost_with_it() {
    let beside = policy(&[]).replace("held on envelope", "held on vps");
    assert!(message(&judged(&beside), "T1202").contains("host `vps` is lost"));
    assert!(codes(&judged(&policy(&[]))).is_empty());
    let two = policy(&[]).replace("held on envelope", "held on vps, envelope");
    assert!(
        codes(&judged(&two)).is_empty(),
        "one living holder is enough"
    );
}

#[test]
fn an_orchestrator_that_alone_holds_the_key_counts_as_if_production_were_lost_too() {
    let text = policy(&["provider ionos { site de }\nhost seko at ionos/de { runs cron }\n"])
        .replace("held on envelope", "held on seko");
    assert!(message(&judged(&text), "T1202").contains("host `seko` is lost"));
}

#[test]
fn more_faults_never_help() {
    for parts in [vec![], vec![MIRROR]] {
        let with = |count: u32| {
            let ask = format!(
                "require survive any {count} of host, site, provider, key, credential for all\n"
            );
            judged(&policy(&[parts.as_slice(), &[&ask]].concat()))
                .findings
                .iter()
                .filter(|f| f.diagnostic.code.0 == "T1201")
                .count()
        };
        assert!(with(1) == 0 || with(2) > 0);
        assert!(with(2) > 0, "two faults together leave nothing");
    }
}

#[test]
fn the_room_of_a_repository_is_that_of_its_kept_versions() {
    let plan = plan_of(&policy(&[]));
    let (step, _) = plan
        .model
        .steps
        .iter()
        .find(|(_, s)| s.named.name == "up")
        .unwrap();
    let kept = plan.kept[step].as_ref().unwrap();
    assert_eq!(kept.reach.whole_days(), 121);
    let most = kept
        .fullest()
        .iter()
        .map(|ages| {
            let sizes = std::iter::repeat_n(thrice_quantity::Bytes(200_000_000), ages.len());
            thrice_retention::repository_bound(
                ages,
                sizes,
                thrice_quantity::BytesPerDay::new(30_000_000),
            )
            .0
        })
        .max()
        .unwrap();
    assert!(
        (1_900_000_000..=2_100_000_000).contains(&most),
        "about 2.01 GB, not {most}"
    );
}

#[test]
fn a_store_that_overflows_is_told_with_its_first_day_and_the_break_even() {
    let text = policy(&[
        "class films is items on tower.tank:/films { size 5..7 TB }\nskip films because \"can be bought again\"\n",
    ]);
    let found = judged(&text.replace(
        "skip films because \"can be bought again\"\n",
        "accept survival for films because \"a test\" by \"owner\" until 2030-01-01\n",
    ));
    let full = found
        .findings
        .iter()
        .find(|f| f.diagnostic.code.0 == "T2001")
        .unwrap();
    assert!(
        full.diagnostic.message.contains("from 2026-02-15 on"),
        "{}",
        full.diagnostic.message
    );
    assert!(
        full.diagnostic
            .help
            .as_ref()
            .unwrap()
            .contains("fits while `films` takes no more than")
    );
    let pinned = text.replace("5..7 TB", "5..5 TB").replace(
        "skip films because \"can be bought again\"\n",
        "accept survival for films because \"a test\" by \"owner\" until 2030-01-01\n",
    );
    let growing = judged(&pinned);
    let later = growing
        .findings
        .iter()
        .find(|f| f.diagnostic.code.0 == "T2001")
        .unwrap();
    assert!(
        !later.diagnostic.message.contains("from 2026-02-15 on"),
        "it takes growth to fill it: {}",
        later.diagnostic.message
    );
    let still = judged(&pinned.replace("size 5..5 TB", "size 5..5 TB; growth 0..0 %/month"));
    assert!(
        still
            .findings
            .iter()
            .all(|f| f.diagnostic.code.0 != "T2001")
    );
}

#[test]
fn an_ended_acceptance_lets_the_finding_return() {
    let with = |until: &str| {
        let accept = format!(
            "require copies >= 3 for all\naccept copies for db because \"a test\" by \"owner\" until {until}\n"
        );
        judged(&policy(&[&accept]))
    };
    let running = with("2027-01-01");
    assert!(codes(&running).is_empty());
    assert_eq!(
        running
            .accepted
            .iter()
            .map(|a| a.covers)
            .collect::<Vec<_>>(),
        [1]
    );
    assert_eq!(codes(&with("2026-02-20")), ["T1101"]);
}

/// What covers nothing hides the next finding of its kind; what ends soon is said before it does; on its day the
/// violation is back with its own severity.
#[test]
fn acceptances_are_dated_and_counted() {
    let with = |until: &str, what: &str| {
        let accept = format!(
            "require copies >= 3 for all\naccept {what} for db because \"a test\" by \"owner\" until {until}\n"
        );
        judged(&policy(&[&accept]))
    };
    let severities = |found: &Verification, code: &str| -> Vec<Severity> {
        let all = found.findings.iter().map(|f| &f.diagnostic);
        let mine = all.filter(|d| d.code.0 == code);
        mine.map(|d| d.severity).collect()
    };
    // Judged on 2026-03-01.
    let soon = with("2026-03-31", "copies");
    assert_eq!(severities(&soon, "T2606"), [Severity::Warning]);
    assert!(severities(&soon, "T1101").is_empty());
    assert!(severities(&with("2026-04-01", "copies"), "T2606").is_empty());
    let ended = with("2026-03-01", "copies");
    assert_eq!(severities(&ended, "T1101"), [Severity::Error]);
    assert_eq!(severities(&ended, "T2604"), [Severity::Warning]);
    assert!(
        ended.accepted.is_empty(),
        "what has ended is no accepted risk"
    );
    let idle = with("2027-01-01", "erasure");
    assert_eq!(severities(&idle, "T2605"), [Severity::Warning]);
    assert_eq!(
        idle.accepted.iter().map(|a| a.covers).collect::<Vec<_>>(),
        [0]
    );
    let owner = soon.accepted.first().unwrap();
    assert_eq!(
        (owner.by.as_str(), owner.until.as_str()),
        ("owner", "2026-03-31")
    );
    let trusted = |a: thrice_verify::Assumption<'_>| a.text().contains("`owner` may accept 1 risk");
    assert!(
        soon.assumptions.iter().any(trusted),
        "whose word is taken is said"
    );
}

#[test]
fn the_same_policy_in_another_order_gives_the_same_verdicts() {
    let a = judged(&policy(&[MIRROR, "require copies >= 4 for all\n"]));
    let text = [
        PLACES,
        MIRROR,
        "require copies >= 4 for all\n",
        STEPS,
        CLOUD,
    ]
    .concat();
    let b = judged(&text);
    assert_eq!(a.verdicts, b.verdicts);
    let told = |v: &Verification| {
        v.findings
            .iter()
            .map(|f| f.diagnostic.message.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&a), told(&b));
}

/// One who accepts what falls short of the floor does it for everybody; what a requirement asks is his own.
#[test]
fn two_names_stand_behind_what_falls_short_of_the_floor() {
    let policy = |by: &str, accepted: &str| {
        let class = "class music is items on vps.disk:/music { size 1..2 GB }\n";
        let accept =
            format!("accept {accepted} because \"can be ripped again\" by {by} until 2030-01-01\n");
        codes(&judged(&[PLACES, class, &accept].concat()))
            .into_iter()
            .filter(|code| *code != "T2601")
            .map(str::to_owned)
            .collect::<Vec<String>>()
    };
    for accepted in ["survival for music", "survival for music of host vps"] {
        for one in [
            "\"owner\"",
            "\"owner\", \" Owner \"",
            "\"Jo Doe\", \"jo  doe\"",
        ] {
            assert_eq!(policy(one, accepted), ["T2620"], "{accepted} {one}");
        }
        assert!(policy("\"owner\", \"household\"", accepted).is_empty());
    }
}

/// What the solver is asked ends with the policy's horizon. Where something happens to a class after that,
/// and nothing says how long it must be kept, the proof has a bound, which the verdict names.
#[test]
fn a_proof_says_up_to_which_age_it_goes() {
    let engine = |class: &str, rest: &str| {
        let photos = format!(
            "class photos is items on vps.disk:/photos {{ size 1..2 GB {class} }}
expire tidied of vps.disk:/photos after 7..60 days by use {{ by hand }}
copy kept of photos to tower.tank:/photos by tower.cron {{ daily at 03:00; taking 1m..10m; monitor deadman }}
{rest}"
        );
        let found = judged(&[PLACES, &photos].concat());
        let mut verdicts = found.verdicts.iter();
        let last = verdicts.find(|v| v.obligation == Obligation::LastCopy);
        last.map(|v| (v.engine, v.holds)).unwrap()
    };
    assert_eq!(
        engine("", ""),
        (Engine::Proved, true),
        "nothing happens later"
    );
    let expire = "expire old of tower.tank:/photos after 1100 days by use { by hand }\n";
    let bound = Engine::ProvedUpTo(Seconds::days(730));
    assert_eq!(engine("", expire), (bound, true), "the horizon");
    assert_eq!(bound.to_string(), "proved up to 730 d");
    assert_eq!(
        engine("; retain at least 1 year", expire),
        (Engine::Proved, true),
        "all that is promised"
    );
}

/// A copy that is surely there after a week, of data that must be kept for a day: nothing is asked before the
/// week is over, and then the copy is there. Of data that must be gone by then it never is a copy.
#[test]
fn data_that_is_kept_for_less_than_its_copies_take() {
    let found = |kept: &str, within: &str| {
        let text = format!(
            "class notes is items on vps.disk:/notes {{ size 1..2 GB; retain {kept} }}
copy kept of notes to tower.tank:/notes by tower.cron {{ weekly on Sunday at 03:00; taking 1m..10m; monitor deadman }}
require copies >= 2 {within} for notes
require survive any 1 of host for notes
"
        );
        judged(&[PLACES, &text].concat())
    };
    let least = found("at least 1 day", "");
    assert!(codes(&least).is_empty(), "{:?}", codes(&least));
    assert_eq!(
        codes(&found("at least 1 day, at most 2 days", ""))
            .into_iter()
            .filter(|code| ["T1101", "T1201"].contains(code))
            .collect::<Vec<_>>(),
        ["T1101", "T1201"]
    );
    // Who says by when he wants them is asked about that age, and told where there is none.
    let early = found("at least 1 day", "within 3 days");
    assert_eq!(codes(&early), ["T1101"]);
    let late = found("at least 1 day, at most 2 days", "within 3 days");
    assert!(!codes(&late).contains(&"T1101"), "{:?}", codes(&late));
    assert!(message(&late, "T2602").contains("ages from 3 d on"));
}

#[test]
fn what_a_runner_cannot_do_is_an_error_with_a_way_round_it() {
    let with = |step: &str| {
        let text = policy(&[step]).replace("runs cron;", "runs cron, zerobyte, systemd;");
        judged(&text)
    };
    let across = r#"
object_storage other at bank/safe { endpoint "o.example.org"; bucket main "other-bucket" { medium object } }
sync across of s3.main to other.main by vps.zerobyte { daily at 05:00; taking 1m..2h; max delete 1000; monitor deadman }
"#;
    let mirror = with(across);
    assert!(codes(&mirror).contains(&"T2343"), "{:?}", codes(&mirror));
    let said = message(&mirror, "T2343");
    assert!(
        said.contains("`across` is a sync of a repository's files by Zerobyte"),
        "{said}"
    );
    let help = help(&mirror, "T2343");
    assert!(
        help.contains("write a second `backup` by Zerobyte"),
        "{help}"
    );
    let second = across.replace("sync across of s3.main to other.main", "repository copied in other.main:/r { engine restic 0.18.0; key k; credential writer }\nbackup across of db to copied")
        .replace("max delete 1000", "keep 7 daily");
    let second = with(&second);
    assert!(!codes(&second).contains(&"T2343"), "{:?}", codes(&second));

    let on_nas = with(&MIRROR.replace("tower.cron", "tower.systemd"));
    assert!(codes(&on_nas).contains(&"T2318"), "{:?}", codes(&on_nas));
    assert!(message(&on_nas, "T2318").contains("systemd of the NAS `tower`"));
    assert!(!codes(&with(MIRROR)).contains(&"T2318"));
}

/// Who verifies many plans side by side does it on the threads that decide each of them: none may wait for the others.
#[test]
fn many_plans_are_verified_side_by_side() {
    use rayon::prelude::*;
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let plan = plan_of(&format!("{PLACES}{CLOUD}"));
        let all = 0..2 * rayon::current_num_threads();
        let all = all.into_par_iter().map(|_| thrice_verify::verify(&plan));
        let all: Vec<Verification> = all.collect();
        tell.send(all).unwrap();
    });
    let all = told.recv_timeout(std::time::Duration::from_secs(120));
    let all = all.expect("somebody waits for ever");
    let verdicts =
        |found: &Verification| format!("{:?}", found.verdicts.iter().collect::<Vec<_>>());
    assert!(all.iter().all(|found| verdicts(found) == verdicts(&all[0])));
}

/// A step that waits for another one is due before that is done, and told of in that order.
#[test]
fn a_case_is_told_in_the_order_of_time() {
    let text = policy(&["require rpo <= 1h for db\nrequire survive loss of vps for db\n"])
        .replace("taking 1m..4m", "taking 1m..80m");
    let found = judged(&text);
    let finding = found
        .findings
        .iter()
        .find(|f| f.diagnostic.code.0 == "T1301");
    let case = &finding.unwrap().diagnostic.case;
    let told: Vec<(&str, &str)> = case.iter().map(|e| (&*e.when, &*e.what)).collect();
    let Some((_, last)) = told.split_last() else {
        panic!("{told:?}")
    };
    let waits = "`up` is due, waits for `dump`, and takes the data of 2026-02-15 02:00 UTC";
    let expected = [
        ("2026-02-15 02:00 UTC", "`dump` starts"),
        ("2026-02-15 03:00 UTC", waits),
        ("2026-02-15 03:20 UTC", "`dump` is done"),
        ("2026-02-15 03:30 UTC", "`up` is done"),
    ];
    assert_eq!(*last, expected);
}
