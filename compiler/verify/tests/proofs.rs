//! What proofs teach: the matrix, cores whose members are necessary, values at which verdicts turn.

mod common;

use std::collections::BTreeSet;

use common::{judged, plan_of, verdict};
use thrice_model::Obligation;
use thrice_quantity::Seconds;
use thrice_verify::{
    Chosen, Engine, NoCore, NoFault, SavedBy, holds_with, ledger, survival_matrix, why,
};

const TEXT: &str = r#"
policy p "p" { horizon 2 years; response time 24h }
phase t0 = 2026-02-15
provider ovh { site one }
provider cloud { site one; supports versioning, lifecycle }
provider home { site rack }
provider bank { site safe }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; link 2.5 MB/s; store disk { medium nvme; capacity 80 GB } }
nas tower at home/rack { runs cron; has rclone 1.75.2; link 2.5 MB/s; store tank { medium hdd; capacity 6 TB } }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object; quota 1 TB } }
vault envelope at bank/safe
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
key k { held on envelope, vps; file "/etc/k" }
credential writer { account s3; may read, write, delete on s3.main; held on vps; profile "w" }
repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer }
class db is state on vps.disk:/var/lib/db { size 6..6 GB; growth 0..0 %/month; churn 1..1 MB/day; rpo 26h, guaranteed 6 days; rto 30h; restore setup 30m; restore finish 0m }
class archives is items on s3.main:/archives { size 1..2 GB; growth 0..0 %/month }
class notes is files on vps.disk:/notes { size 1..1 GB; growth 0..0 %/month; churn 1..1 MB/day }
backup up of db to r by vps.cron { daily at 03:00; keep 7 daily, 4 weekly; taking 1m..10m; monitor deadman }
copy loose of notes to tower.tank:/notes by tower.cron { daily at 04:00; taking 1m..10m; monitor deadman }
move away of s3.main:/archives to tower.tank:/archives by tower.cron { monthly on 1 at 06:00; older than 90 days by upload; taking 1m..2h; credential writer; monitor deadman }
require survive any 1 of host, credential for db
require copies >= 1 for archives
accept survival for archives because "a test" by "owner", "household" until 2030-01-01
"#;

#[test]
fn the_matrix_says_which_copy_saves_what_and_how_old_it_is() {
    let matrix = survival_matrix(&plan_of(TEXT), None);
    let of = |class: &str, fault: &str| {
        let mut all = matrix.cells();
        let found = all.find(|cell| {
            cell.names().any(|name| name == class)
                && cell.faults.len() == 1
                && cell.faults.iter().all(|words| words.contains(fault))
        });
        found.unwrap().said.clone()
    };
    let lost = of("db", "host `vps` is lost");
    let bucket = SavedBy::Copy {
        store: "s3.main".to_owned(),
        step: "up".to_owned(),
    };
    assert_eq!(lost.by, bucket);
    // A day and the time that a run takes.
    assert_eq!(lost.nominal, Some(Seconds(86_400 + 600)));
    assert!(lost.guaranteed > lost.nominal);
    // 6 GB at 2.5 MB/s are 40 minutes, half an hour before; what is less urgent comes after.
    assert_eq!(lost.restore, Some(Seconds::minutes(70)));
    let margins: Vec<_> = lost.margins.iter().map(|m| (m.of, m.left)).collect();
    assert!(
        margins.contains(&("rpo", Seconds::minutes(110))),
        "{margins:?}"
    );
    assert!(
        margins.contains(&("rto", Seconds(30 * 3600 - 4200))),
        "{margins:?}"
    );
    assert_eq!(
        of("db", "host `tower` is lost").by,
        SavedBy::Copy {
            store: "s3.main".to_owned(),
            step: "up".to_owned(),
        }
    );
    assert_eq!(
        of("db", "credential `writer`").by,
        SavedBy::Live { copies: false }
    );
    assert_eq!(of("archives", "host `s3` is lost").by, SavedBy::Nothing);
}

/// With the members alone the verdict stands; without any one of them it does not.
#[test]
fn each_member_of_a_core_is_necessary() {
    let plan = plan_of(TEXT);
    let asked = [
        (Obligation::Survival, "db"),
        (Obligation::RecoveryPoint, "db"),
        (Obligation::RecoveryTime, "db"),
        (Obligation::Copies, "archives"),
        (Obligation::Keys, "k"),
        (Obligation::Capacity, "s3.main"),
    ];
    for (obligation, subject) in asked {
        let why = why(&plan, obligation, subject, None, None).unwrap();
        assert!(why.verdict.holds, "{obligation:?}");
        assert!(
            holds_with(&plan, &why.verdict, None, &why.members),
            "{obligation:?}"
        );
        for at in 0..why.members.len() {
            let mut fewer = why.members.clone();
            let without = fewer.remove(at);
            assert!(
                !holds_with(&plan, &why.verdict, None, &fewer),
                "{obligation:?} does without {without:?}"
            );
        }
    }
}

fn chosen(plan: &thrice_plan::Plan, faults: &[&str]) -> Result<Chosen, NoFault> {
    let faults: Vec<String> = faults.iter().map(|fault| (*fault).to_owned()).collect();
    Chosen::new(plan, &faults)
}

/// The same under faults that somebody chose, whether the policy asks about them or not: each has its own core.
#[test]
fn each_member_of_the_core_of_a_fault_is_necessary() {
    let plan = plan_of(TEXT);
    let mut seen = BTreeSet::new();
    for (obligation, subject, faults) in [
        (Obligation::Survival, "db", &["host `vps` is lost"][..]),
        (Obligation::Survival, "db", &["steal credential writer"]),
        (Obligation::Survival, "db", &["lose tower"]),
        (
            Obligation::Survival,
            "db",
            &["host vps is lost", "host tower is lost"],
        ),
        (Obligation::Survival, "db", &["corrupt"]),
        (Obligation::RecoveryPoint, "db", &["lose vps"]),
        (Obligation::RecoveryPoint, "notes", &["lose site ovh/one"]),
        (Obligation::RecoveryTime, "db", &["lose vps.disk"]),
        (Obligation::Deletion, "db", &["steal host tower"]),
        (Obligation::Keys, "k", &["lose vps"]),
    ] {
        let faults = chosen(&plan, faults).unwrap();
        let why = why(&plan, obligation, subject, None, Some(&faults)).unwrap();
        assert!(why.verdict.holds, "{faults:?}");
        assert!(
            holds_with(&plan, &why.verdict, Some(&faults), &why.members),
            "{faults:?}"
        );
        for at in 0..why.members.len() {
            let mut fewer = why.members.clone();
            let without = fewer.remove(at);
            assert!(
                !holds_with(&plan, &why.verdict, Some(&faults), &fewer),
                "{obligation:?} under {faults:?} does without {without:?}"
            );
        }
        let texts = why.members.iter().map(|member| member.text.clone());
        seen.insert(texts.collect::<Vec<_>>());
    }
    assert!(seen.len() > 1, "{seen:?}");
    let lost = chosen(&plan, &["host s3 is lost", "host vps is lost"]).unwrap();
    let lost = why(&plan, Obligation::Survival, "db", None, Some(&lost)).unwrap();
    assert!(!lost.verdict.holds && !lost.findings.is_empty());
}

#[test]
fn a_fault_is_known_by_its_names_and_by_no_other() {
    let plan = plan_of(TEXT);
    let unknown = chosen(&plan, &["host vpz is lost"]);
    assert!(
        matches!(&unknown, Err(NoFault::Unknown(said, known))
            if said == "host vpz is lost" && known.contains(&"host vps is lost".to_owned())),
        "{unknown:?}"
    );
    let stolen = chosen(&plan, &["steal host vps", "steal vps"]).unwrap();
    assert_eq!(stolen.words(&plan), ["host `vps` is in hostile hands"]);
    let all = Chosen::all_names(&plan);
    assert_eq!(
        all.iter().collect::<BTreeSet<_>>().len(),
        all.len(),
        "{all:?}"
    );
    for name in all {
        let found = chosen(&plan, &[&name]);
        assert!(found.is_ok(), "{name}: {found:?}");
    }
}

/// Of a key that somebody says is lost it is not asked who still has it.
#[test]
fn a_key_that_is_lost_beside_something_else_is_no_question() {
    let plan = plan_of(TEXT);
    for beside in ["lose vps", "lose key k", "lose cloud"] {
        let faults = chosen(&plan, &[beside, "lose key k"]).unwrap();
        let found = thrice_verify::verify_under(&plan, &faults);
        assert!(found.internal.is_empty(), "{beside}: {:?}", found.internal);
        let mut keys = found.verdicts.iter();
        assert!(!keys.any(|v| v.obligation == Obligation::Keys));
    }
}

/// What is decided under one fault is what the matrix and the verdicts say of it, and nothing else.
#[test]
fn chosen_faults_are_asked_about_alone() {
    let plan = plan_of(TEXT);
    let faults = chosen(&plan, &["lose vps"]).unwrap();
    let matrix = survival_matrix(&plan, Some(&faults));
    assert!(
        matrix
            .cells()
            .all(|cell| cell.faults == ["host `vps` is lost"])
    );
    let whole = survival_matrix(&plan, None);
    for cell in matrix.cells() {
        let same = |other: &thrice_verdicts::Cell<'_, thrice_verify::Saved>| {
            other.faults == cell.faults && cell.names().all(|name| other.names().any(|n| n == name))
        };
        let asked = whole.cells().find(same);
        assert!(
            asked.is_none_or(|asked| asked.said == cell.said),
            "{cell:?}"
        );
    }
    let found = thrice_verify::verify_under(&plan, &faults);
    let of = |obligation| {
        found
            .verdicts
            .iter()
            .filter(move |v| v.obligation == obligation)
    };
    assert_eq!(
        of(Obligation::Copies).count() + of(Obligation::LastCopy).count(),
        0
    );
    let age = of(Obligation::RecoveryPoint)
        .find(|v| v.subject == "db")
        .unwrap();
    assert!(age.note.starts_with("nominal 1 d 10 min,"), "{age:?}");
    // Nobody hostile is among them.
    assert_eq!(of(Obligation::Deletion).count(), 0);
    let not_then = why(&plan, Obligation::Deletion, "db", None, Some(&faults));
    assert!(matches!(not_then, Err(NoCore::NotByFault)), "{not_then:?}");
    let copies = why(&plan, Obligation::Copies, "archives", None, Some(&faults));
    assert!(matches!(copies, Err(NoCore::NotByFault)), "{copies:?}");
    // Six days are exceeded with missed runs; nothing else of the policy is in this ledger.
    let turns = ledger(&plan, Some(&faults));
    let breaks = turns
        .iter()
        .filter_map(|a| a.turns)
        .flat_map(|turn| &turn.breaks);
    let breaks: BTreeSet<&String> = breaks.collect();
    assert!(
        breaks
            .iter()
            .any(|b| b.as_str() == "recovery-point of `db`"),
        "{breaks:?}"
    );
    assert!(
        !breaks.iter().any(|b| b.starts_with("capacity")),
        "{breaks:?}"
    );
}

#[test]
fn a_core_names_what_a_verdict_rests_on_and_nothing_else() {
    let plan = plan_of(TEXT);
    let texts = |obligation, subject| -> BTreeSet<String> {
        let why = why(&plan, obligation, subject, None, None).unwrap();
        why.members.into_iter().map(|member| member.text).collect()
    };
    let survival = texts(Obligation::Survival, "db");
    assert!(survival.contains("`up` runs"), "{survival:?}");
    assert!(
        survival.iter().all(|text| !text.contains("loose")),
        "{survival:?}"
    );
    let time = texts(Obligation::RecoveryTime, "db");
    for needed in [
        "`db` measures 6 GB",
        "the line of `vps`: 2.5 MB/s",
        "a restore begins within 30 min",
    ] {
        assert!(time.contains(needed), "{needed}: {time:?}");
    }
}

#[test]
fn what_does_not_hold_is_told_by_its_counterexample_accepted_or_not() {
    let why = why(&plan_of(TEXT), Obligation::Survival, "archives", None, None).unwrap();
    assert!(!why.verdict.holds && why.members.is_empty());
    assert!(why.findings.iter().any(|f| f.code.0.starts_with("T12")));
    let nobody = thrice_verify::why(&plan_of(TEXT), Obligation::Survival, "nobody", None, None);
    let Err(NoCore::Subject(known)) = nobody else {
        panic!("{nobody:?}");
    };
    assert!(known.iter().any(|(subject, _)| subject == "db"));
}

/// At the value that is told the verdict fails; at the value of today it holds.
#[test]
fn a_verdict_turns_at_the_value_that_is_told() {
    let found = ledger(&plan_of(TEXT), None);
    let turn = |begins: &str| {
        let hit = found.iter().find(|a| a.text().starts_with(begins));
        hit.and_then(|a| a.turns.cloned())
    };
    let response = turn("somebody acts within").unwrap();
    assert!(
        response
            .breaks
            .iter()
            .any(|b| b.contains("recovery-point of `db`")),
        "{response:?}"
    );
    let hours: i64 = 24 * 6;
    // Six days are exceeded before as many days of silence can pass.
    let at = judged(&TEXT.replace("response time 24h", &format!("response time {hours}h")));
    assert!(!verdict(&at, Obligation::RecoveryPoint, "db").holds);
    let up = turn("`up` runs").unwrap();
    assert!(up.at.contains("h") || up.at.contains("min"), "{up:?}");
    let size = turn("`db` measures").unwrap();
    assert_eq!(
        size.breaks,
        ["capacity of `vps.disk`"],
        "80 GB are its room"
    );
    let full = judged(&TEXT.replace("size 6..6 GB", "size 6..81 GB"));
    assert!(!verdict(&full, Obligation::Capacity, "vps.disk").holds);
    let least = found.iter().filter(|a| a.turns.is_some()).count();
    assert!(least >= 4, "{least}");
    // Nothing rests on how big the notes are: their store holds thousands of them.
    assert!(
        !found
            .iter()
            .any(|a| a.text().starts_with("`notes` grows") && a.turns.is_none()),
        "what no verdict turns on is left out"
    );
}

/// What an application does by itself, or a person, is never better than proved if it is done.
#[test]
fn what_is_done_by_hand_is_proved_if_it_is_done() {
    let by_hand = TEXT.replace(
        "copy loose of notes to tower.tank:/notes by tower.cron { daily at 04:00; taking 1m..10m; monitor deadman }",
        "copy loose of notes to tower.tank:/notes by hand { daily at 04:00; taking 1m..10m; monitor deadman }",
    );
    let found = judged(&by_hand);
    let notes = verdict(&found, Obligation::Survival, "notes");
    assert_eq!(
        (notes.engine, notes.holds),
        (Engine::ProvedIf, true),
        "{notes:?}"
    );
    assert!(notes.note.contains("`loose`"));
    let db = verdict(&found, Obligation::Survival, "db");
    assert_eq!(db.engine, Engine::Evaluated, "{db:?}");
    let found = judged(TEXT);
    assert_eq!(
        verdict(&found, Obligation::Survival, "notes").engine,
        Engine::Evaluated
    );
}
