//! What is emitted, word by word, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: what goes wrong here is a failed test"
)]

use thrice_model::{AgeClock, HostKind, Location, RunnerKind, StepId, StoreId, Verb};
use thrice_quantity::{Interval, Seconds};
use thrice_target::fixture::Fixture;
use thrice_target_s3_lifecycle::{emit, read};

struct Stage {
    fixture: Fixture,
    bucket: StoreId,
}

impl Stage {
    fn new() -> Self {
        let mut fixture = Fixture::new("fixture");
        let storage = fixture.host("s3", HostKind::ObjectStorage);
        let bucket = fixture.bucket(storage, "shared", "vpai-shared");
        Self { fixture, bucket }
    }

    fn expire(
        &mut self,
        name: &str,
        path: &str,
        after: Interval<Seconds>,
        edit: impl FnOnce(&mut Verb),
    ) -> StepId {
        let mut verb = Verb::Expire {
            after,
            clock: AgeClock::Upload,
            deprecated_prefix: false,
            noncurrent: false,
        };
        edit(&mut verb);
        let storage = self.fixture.model.stores[self.bucket].host;
        let id = self.fixture.step(name, verb, storage);
        let place = Fixture::location(self.bucket, path);
        self.fixture.edit(id, |step| {
            step.source = Fixture::reads(place);
            step.runner.kind = RunnerKind::Lifecycle;
        })
    }

    fn days(&mut self, name: &str, path: &str, days: i64) -> StepId {
        self.expire(name, path, Interval::point(Seconds::days(days)), |_| {})
    }
}

fn noncurrent(verb: &mut Verb) {
    if let Verb::Expire { noncurrent, .. } = verb {
        *noncurrent = true;
    }
}

#[test]
fn the_rules_of_a_bucket() {
    let mut stage = Stage::new();
    stage.days("logs", "/logs/a b/ünï", 14);
    stage.days("exports", "/exports", 30);
    stage.expire(
        "old_versions",
        "/",
        Interval::point(Seconds::days(60)),
        noncurrent,
    );
    stage.expire(
        "seed",
        "/seed-data",
        Interval::point(Seconds::days(7)),
        |verb| {
            if let Verb::Expire {
                deprecated_prefix, ..
            } = verb
            {
                *deprecated_prefix = true;
            }
        },
    );
    let all = emit(&stage.fixture.plan()).unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].path, "buckets/vpai-shared/lifecycle.json");
    insta::assert_snapshot!(all[0].text());
    let facts = read(all[0].text()).unwrap();
    assert_eq!(facts.len(), 5, "one a step, and one for unfinished uploads");
    assert!(
        facts
            .iter()
            .all(|rule| rule.enabled && rule.other.is_empty())
    );
    assert!(
        facts
            .iter()
            .all(|rule| rule.prefix.is_empty() || rule.prefix.ends_with('/'))
    );
    assert_eq!(all, emit(&stage.fixture.plan()).unwrap());
}

#[test]
fn buckets_of_the_same_name_do_not_meet() {
    let mut stage = Stage::new();
    stage.days("here", "/x", 3);
    let other = stage.fixture.host("elsewhere", HostKind::ObjectStorage);
    stage.bucket = stage.fixture.bucket(other, "shared", "vpai-shared");
    stage.days("there", "/x", 3);
    let all = emit(&stage.fixture.plan()).unwrap();
    let paths: Vec<&str> = all.iter().map(|artefact| artefact.path.as_str()).collect();
    assert_eq!(paths.len(), 2);
    assert_ne!(paths[0], paths[1]);
    assert_eq!(all[0].step.as_deref(), Some("here"));
}

#[test]
fn what_cannot_be_a_rule_is_refused_all_at_once() {
    let mut stage = Stage::new();
    let key = stage.fixture.key("k", None);
    let repository = Location {
        store: stage.bucket,
        path: "/backups/repo".into(),
    };
    stage
        .fixture
        .repository("repo", repository, (0, 18), key, None);
    stage.days("all", "/", 30);
    stage.days("within", "/backups/repo/data", 30);
    stage.days("beside", "/backups/repository", 30);
    stage.expire(
        "versions",
        "/backups",
        Interval::point(Seconds::days(30)),
        noncurrent,
    );
    stage.expire("hours", "/x", Interval::point(Seconds::hours(36)), |_| {});
    stage.expire(
        "some_day",
        "/x",
        Interval::new(Seconds::days(1), Seconds::days(9)).unwrap(),
        |_| {},
    );
    stage.expire(
        "by_mtime",
        "/x",
        Interval::point(Seconds::days(1)),
        |verb| {
            if let Verb::Expire { clock, .. } = verb {
                *clock = AgeClock::Mtime;
            }
        },
    );
    stage.days("control", "/a\u{7}b", 3);
    let mistakes = emit(&stage.fixture.plan()).unwrap_err();
    let said: Vec<String> = mistakes
        .iter()
        .map(|m| format!("{} {}", m.code, m.message))
        .collect();
    insta::assert_debug_snapshot!(said);
}

#[test]
fn what_is_read_back_shows_what_is_not_ours() {
    let text = r#"{"Rules":[{"ID":"a","Status":"Disabled","Filter":{"And":{"Prefix":"p/","Tags":[]}},
        "Expiration":{"Date":"2027-01-01"},"Transitions":[]}]}"#;
    let facts = read(text).unwrap();
    assert_eq!(
        (
            facts[0].enabled,
            facts[0].prefix.as_str(),
            facts[0].expiration_days
        ),
        (false, "p/", None)
    );
    let other: Vec<&str> = facts[0].other.iter().map(String::as_str).collect();
    assert_eq!(other, ["Expiration.Date", "Filter.And", "Transitions"]);
    assert!(read("{}").is_err() && read("nonsense").is_err());
}
