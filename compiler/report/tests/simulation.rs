//! A simulation for programs fits its schema, and for people nothing in it acts on a terminal.

use serde_json::Value;
use thrice_report::simulation::{
    Back, Class, Copy, Event, FORMAT, Hole, Newest, Room, Simulation, human, json, schema,
};

fn simulation() -> Simulation {
    Simulation {
        format: FORMAT,
        policy: "vpai".to_owned(),
        sha256: "00".to_owned(),
        timezone: "UTC".to_owned(),
        from: "2026-02-15 00:00".to_owned(),
        judged: "2026-10-03 02:58".to_owned(),
        trace: vec![Event {
            at: "2026-09-30 02:58".to_owned(),
            sort: "strike",
            what: "host `a\u{1b}[31m` is lost".to_owned(),
        }],
        classes: vec![Class {
            name: "photos".to_owned(),
            live: false,
            live_until: "2026-09-30 02:58".to_owned(),
            recoverable: true,
            newest: Some(Newest {
                store: "s3.backups".to_owned(),
                reaches: "2026-09-29 03:00".to_owned(),
            }),
            loss_seconds: Some(86_280),
            loss: "the last 23 h 58 min are lost".to_owned(),
            holes: vec![Hole {
                from: "2026-09-29 03:00".to_owned(),
                to: "2026-09-30 02:58".to_owned(),
            }],
            lacks: None,
            back: Some(Back {
                least_seconds: 3600,
                most_seconds: 5400,
                due_seconds: Some(7200),
                words: "1 h to 1 h 30 min after the loss".to_owned(),
            }),
            copies: vec![Copy {
                store: "a.disk".to_owned(),
                step: None,
                reaches: None,
                why_not: Some("gone with its store".to_owned()),
            }],
        }],
        rooms: vec![Room {
            store: "s3.backups".to_owned(),
            least_bytes: 1_000_000_000,
            most_bytes: 2_500_000_000,
            usable_bytes: 800_000_000_000,
            taken: "1 GB to 2.5 GB of 800 GB".to_owned(),
        }],
        left_out: Vec::new(),
    }
}

#[test]
fn json_fits_its_schema() {
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema()).unwrap()).unwrap();
    let mut document: Value = serde_json::from_str(&json(&simulation())).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|e| format!("{} {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    document["trace"][0]["sort"] = "luck".into();
    assert!(
        !validator.is_valid(&document),
        "the schema accepts a sort that there is not"
    );
}

#[test]
fn the_checked_in_schema_is_current() {
    assert!(
        include_str!("../schema/simulation.schema.json") == schema(),
        "run `cargo run -p thrice-report --example simulation_schema > compiler/report/schema/simulation.schema.json`"
    );
}

#[test]
fn people_are_told_what_happens_and_nothing_acts_on_their_terminal() {
    insta::assert_snapshot!(human(&simulation(), true));
    assert!(human(&simulation(), false).is_ascii());
}
