//! What is emitted, what is refused, and what is read back.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: a failure is a failed test"
)]

mod common;

use common::Seed;
use thrice_model::{Anonymise, CaptureMethod, RunnerKind, Source, StepTarget, Verb};
use thrice_target::fixture::{Fixture, span};
use thrice_target_seed::{Facts, emit, read};

fn seed() -> Seed {
    Seed::new(
        CaptureMethod::PgDump,
        "postgres",
        &["n8n", "litellm", "other"],
        "",
    )
    .rule("n8n", Anonymise::Keep)
    .rule("n8n.user.email", Anonymise::Prefix("it's ".to_owned()))
    .rule("litellm.keys", Anonymise::Hash)
    .rule("rest", Anonymise::Skip)
}

/// rclone before 1.75 fails with every object storage where `AWS_CA_BUNDLE` is set.
#[test]
fn what_is_sent_goes_with_the_authorities_that_the_environment_names() {
    let [_, leave, _] = seed().scripts();
    let text = leave.text();
    let (trusts, sends) = (
        text.find("\n  trust_authorities\n"),
        text.find("\n  upload\n"),
    );
    assert!(trusts.is_some() && trusts < sends, "{text}");
}

#[track_caller]
fn refused(seed: &Seed, code: &str, words: &str) {
    let mistakes = emit(&seed.fixture.plan()).unwrap_err();
    assert_eq!(mistakes.len(), 1);
    assert_eq!(mistakes[0].code.0, code, "{mistakes:?}");
    assert!(mistakes[0].message.contains(words), "{mistakes:?}");
    assert!(mistakes[0].help.is_some(), "{mistakes:?}");
}

#[test]
fn only_what_a_rule_lets_go_goes_and_it_is_read_back() {
    let seed = seed();
    let [_, leave, load] = seed.scripts();
    let rules = vec![
        "  (0, NULL, NULL, NULL, 'keep', NULL),\n  (2, NULL, 'user', 'email', 'prefix', 'it''s '),\n  (-2, NULL, NULL, NULL, 'skip', NULL)".to_owned(),
        "  (1, NULL, 'keys', NULL, 'hash', NULL),\n  (-2, NULL, NULL, NULL, 'skip', NULL)".to_owned(),
    ];
    let facts = Facts {
        policy: "p".to_owned(),
        step: "seed".to_owned(),
        parts: vec!["n8n".to_owned(), "litellm".to_owned()],
        files: Vec::new(),
        rules,
        destination: Some(seed.bench.path("via/seed")),
        services: Vec::new(),
    };
    assert_eq!(read(leave.text()), Some(facts.clone()));
    let facts = Facts {
        destination: None,
        services: vec!["unit:app".to_owned(), "unit:web".to_owned()],
        ..facts
    };
    assert_eq!(read(load.text()), Some(facts));
    assert_eq!(
        (leave.path.as_str(), load.path.as_str()),
        ("hosts/prod/bin/seed", "hosts/preprod/bin/seed")
    );
    assert_eq!(read("policy='p'\nstep='x'\n"), None);
}

#[test]
fn a_person_and_zerobyte_do_it_themselves() {
    let mut seed = seed();
    for kind in [RunnerKind::Hand, RunnerKind::Zerobyte] {
        seed.fixture.edit(seed.step, |step| step.runner.kind = kind);
        assert_eq!(emit(&seed.fixture.plan()), Ok(Vec::new()));
    }
}

#[test]
fn rules_that_say_nothing_certain_are_refused() {
    refused(
        &seed().rule("n9n.user.email", Anonymise::Null),
        "T2333",
        "which is no part of `data`",
    );
    refused(
        &seed().rule("n8n.a.b.c.d", Anonymise::Null),
        "T2333",
        "which is no column",
    );
    refused(
        &seed().rule("n8n..b", Anonymise::Null),
        "T2333",
        "which is no column",
    );
    refused(
        &seed().rule("n8n.two\nlines", Anonymise::Null),
        "T2331",
        "no script can hold",
    );
    refused(
        &seed().rule("n8n.a.b", Anonymise::Prefix("x\nTHRICE_SQL\n".to_owned())),
        "T2331",
        "no script can hold",
    );
    let nothing =
        Seed::new(CaptureMethod::PgDump, "postgres", &["n8n"], "").rule("rest", Anonymise::Skip);
    refused(&nothing, "T2333", "lets anything go");
    let unlisted =
        Seed::new(CaptureMethod::PgDump, "postgres", &[], "").rule("rest", Anonymise::Keep);
    refused(&unlisted, "T2333", "does not know the databases");
    let redis = Seed::new(CaptureMethod::RedisBgsave, "redis", &[], "");
    refused(&redis, "T2333", "lets anything go");
    let redis = redis
        .rule("data", Anonymise::Keep)
        .rule("rest", Anonymise::Redact);
    refused(&redis, "T2333", "goes as it is");
}

#[test]
fn ways_that_do_not_lead_there_are_refused() {
    let with = |change: &dyn Fn(&mut Seed)| {
        let mut seed = seed();
        change(&mut seed);
        seed
    };
    refused(
        &with(&|seed| {
            seed.fixture
                .edit(seed.step, |step| step.source = Source::Home);
        }),
        "T2333",
        "does not read a capture",
    );
    refused(
        &with(&|seed| {
            let (step, host) = (seed.step, seed.preprod);
            seed.fixture
                .edit(step, |step| step.runner.host = Some(host));
        }),
        "T2333",
        "runs on another host than `dump`",
    );
    refused(
        &with(&|seed| {
            seed.fixture.edit(seed.capture, |step| {
                if let Verb::Capture(parts) = &mut step.verb {
                    parts.method = CaptureMethod::QdrantSnapshot;
                }
            });
        }),
        "T2333",
        "whose files nobody can change here",
    );
    refused(
        &with(&|seed| {
            seed.fixture.edit(seed.step, |step| {
                if let StepTarget::Environment(id, ..) = step.target {
                    step.target = StepTarget::Environment(id, None, span());
                }
            });
        }),
        "T2333",
        "by which place it goes",
    );
    refused(
        &with(&|seed| {
            let (sync, host) = (seed.sync, seed.prod);
            seed.fixture
                .edit(sync, |step| step.runner.host = Some(host));
        }),
        "T2332",
        "nothing brings `seed`",
    );
    refused(
        &with(&|seed| {
            let elsewhere = seed.fixture.model.stores.ids().nth(1).unwrap();
            seed.fixture.edit(seed.sync, |step| {
                step.source = Fixture::reads(Fixture::location(elsewhere, "/"));
            });
        }),
        "T2332",
        "nothing brings `seed`",
    );
}
