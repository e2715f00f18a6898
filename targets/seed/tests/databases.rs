//! Seeds from one real PostgreSQL server to another.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;

use std::fs;
use std::process::Stdio;

use common::Seed;
use thrice_model::{Anonymise, CaptureMethod};
use thrice_test_support::postgres::Postgres;
use thrice_test_support::shell::shellcheck;

const SCHEMA: &str = r#"
CREATE TABLE workflow (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE credentials_entity (id int PRIMARY KEY, name text, data text NOT NULL);
CREATE TABLE webhook (path varchar(20) PRIMARY KEY, workflow int REFERENCES workflow);
CREATE TABLE "User" (id int PRIMARY KEY, "eMail" text UNIQUE, password varchar(30), notes jsonb, max_tokens int);
CREATE TABLE audit (at timestamptz DEFAULT now(), old text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (old) VALUES (OLD.data); RETURN NEW; END $$;
CREATE TRIGGER noted BEFORE UPDATE ON credentials_entity FOR EACH ROW EXECUTE FUNCTION note();
INSERT INTO workflow SELECT i, 'flow ' || i FROM generate_series(1, 20) i;
INSERT INTO credentials_entity SELECT i, 'key ' || i, 'the secret of ' || i FROM generate_series(1, 20) i;
INSERT INTO webhook SELECT 'hook-' || i, i FROM generate_series(1, 20) i;
INSERT INTO "User" SELECT i, 'person' || i || '@real.example', 'pw-hash-' || i, '{"of": "the person"}', 7 FROM generate_series(1, 20) i;
"#;

fn prod() -> Postgres {
    let server = Postgres::start();
    for name in ["n8n", "litellm"] {
        server.sql("postgres", &format!("CREATE DATABASE {name}"));
    }
    server.sql("n8n", SCHEMA);
    server.sql("litellm", "CREATE TABLE route (id int); INSERT INTO route VALUES (1); CREATE TABLE spend (who text); INSERT INTO spend VALUES ('somebody')");
    server
}

fn seed(server: &Postgres) -> Seed {
    let settings = format!("PGHOST={}\nPGUSER=postgres\n", server.host());
    Seed::new(
        CaptureMethod::PgDump,
        "postgres",
        &["n8n", "litellm"],
        &settings,
    )
}

fn with_rules(seed: Seed) -> Seed {
    seed.rule("n8n.workflow", Anonymise::Keep)
        .rule("n8n.credentials_entity.id", Anonymise::Keep)
        .rule("n8n.credentials_entity.name", Anonymise::Keep)
        .rule("n8n.credentials_entity.data", Anonymise::Redact)
        .rule("n8n.webhook", Anonymise::Keep)
        .rule("n8n.webhook.path", Anonymise::Prefix("test-".to_owned()))
        .rule("n8n.User", Anonymise::Keep)
        .rule("n8n.User.eMail", Anonymise::Hash)
        .rule("n8n.User.password", Anonymise::Null)
        .rule("n8n.public.User.notes", Anonymise::Redact)
        .rule("n8n.audit", Anonymise::Keep)
        .rule("litellm.route", Anonymise::Keep)
        .rule("rest", Anonymise::Skip)
}

const SYSTEMCTL: &str = "#!/bin/bash\necho \"$*\" >>\"$HOME/systemctl.log\"\n";

#[test]
fn what_arrives_is_changed_and_proved_before_anything_starts() {
    let (prod, preprod) = (prod(), Postgres::start());
    preprod.sql("postgres", "CREATE ROLE app LOGIN");
    preprod.sql("postgres", "CREATE DATABASE n8n OWNER app");
    preprod.sql("n8n", "CREATE TABLE of_before (i int)");
    let mut seed = with_rules(seed(&prod));
    seed.dump();
    let finished = seed.leave();
    assert!(finished.is_success(), "{finished}");
    assert_eq!(
        seed.sent(),
        ["litellm-latest.dump", "n8n-latest.dump", "seed.manifest"]
    );
    assert_eq!(
        prod.sql(
            "postgres",
            "SELECT count(*) FROM pg_database WHERE datname LIKE 'thrice%'"
        ),
        "0"
    );
    assert!(
        prod.dump("n8n").contains("@real.example"),
        "the source is as it was"
    );

    seed.pull();
    seed.program("systemctl", SYSTEMCTL);
    let settings = [("PGHOST", preprod.host()), ("PGUSER", "postgres")];
    let finished = seed.load(&settings);
    assert!(finished.is_success(), "{finished}");
    let log = fs::read_to_string(seed.bench.path("systemctl.log")).unwrap();
    assert_eq!(
        log,
        "stop -- web\nstop -- app\nstart -- app\nstart -- web\n"
    );

    let text = preprod.dump("n8n");
    for secret in ["real.example", "the secret of", "pw-hash", "the person"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let ask = |sql: &str| preprod.sql("n8n", sql);
    assert_eq!(
        ask("SELECT count(*) FROM workflow WHERE name LIKE 'flow %'"),
        "20"
    );
    assert_eq!(
        ask("SELECT DISTINCT data FROM credentials_entity"),
        "***REDACTED***"
    );
    assert_eq!(
        ask("SELECT count(*) FROM webhook WHERE path ~ '^test-hook-'"),
        "20"
    );
    assert_eq!(
        ask("SELECT count(DISTINCT \"eMail\") FROM \"User\" WHERE length(\"eMail\") = 64"),
        "20"
    );
    assert_eq!(
        ask(
            "SELECT count(*) FROM \"User\" WHERE password IS NULL AND notes = '\"***REDACTED***\"'"
        ),
        "20"
    );
    assert_eq!(
        ask("SELECT count(*) FROM audit"),
        "0",
        "a trigger has noted nothing"
    );
    assert_eq!(
        ask("SELECT tableowner FROM pg_tables WHERE tablename = 'workflow'"),
        "app"
    );
    assert_eq!(
        preprod.sql(
            "litellm",
            "SELECT (SELECT count(*) FROM route), (SELECT count(*) FROM spend)"
        ),
        "1|0"
    );
    assert_eq!(
        preprod.sql(
            "postgres",
            "SELECT count(*) FROM pg_database WHERE datname LIKE 'thrice%'"
        ),
        "0"
    );

    a_seed_that_was_touched_changes_nothing(&mut seed, &preprod);
    a_second_seed_takes_the_place_of_the_first(&mut seed, &prod, &preprod);
    an_exchange_that_fails_leaves_what_was(&mut seed, &preprod);
    for script in &seed.scripts() {
        assert_eq!(shellcheck(&seed.bench.install(script)), Ok(()));
    }
}

fn a_seed_that_was_touched_changes_nothing(seed: &mut Seed, preprod: &Postgres) {
    let before = preprod.dump("n8n");
    let path = seed.bench.folder().join("pulled/seed/n8n-latest.dump");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    fs::remove_file(seed.bench.path("systemctl.log")).unwrap();
    let finished = seed.load(&[]);
    assert!(finished.stderr.contains("not as it was left"), "{finished}");

    // Somebody has put a raw dump there, and a list that names it.
    let raw = fs::read(seed.bench.folder().join("dumps/n8n-latest.dump")).unwrap();
    fs::write(&path, &raw).unwrap();
    let list = seed.bench.folder().join("pulled/seed/seed.manifest");
    let text = fs::read_to_string(&list).unwrap();
    let line = |line: &str| match line.ends_with("n8n-latest.dump") {
        true => format!(
            "{} {} 0 n8n-latest.dump\n",
            thrice_target::sha256(&raw),
            raw.len()
        ),
        false => format!("{line}\n"),
    };
    fs::write(&list, text.lines().map(line).collect::<String>()).unwrap();
    let finished = seed.load(&[]);
    assert!(
        finished.stderr.contains("n8n is not as the policy says"),
        "{finished}"
    );

    assert!(
        !seed.bench.folder().join("systemctl.log").exists(),
        "nothing was stopped or started"
    );
    assert_eq!(preprod.dump("n8n"), before);
    assert_eq!(
        preprod.sql(
            "postgres",
            "SELECT count(*) FROM pg_database WHERE datname LIKE 'thrice%'"
        ),
        "0"
    );
}

fn a_second_seed_takes_the_place_of_the_first(
    seed: &mut Seed,
    prod: &Postgres,
    preprod: &Postgres,
) {
    prod.sql("n8n", "INSERT INTO workflow VALUES (21, 'flow 21')");
    seed.dump();
    assert!(seed.leave().is_success());
    seed.pull();
    // Somebody is working in the database that goes.
    let mut busy = preprod.program("psql");
    let mut busy = busy
        .args(["-d", "n8n", "-c", "SELECT pg_sleep(600)"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let finished = seed.load(&[]);
    assert!(finished.is_success(), "{finished}");
    busy.wait().unwrap();
    assert_eq!(preprod.sql("n8n", "SELECT count(*) FROM workflow"), "21");
}

fn an_exchange_that_fails_leaves_what_was(seed: &mut Seed, preprod: &Postgres) {
    let before = preprod.dump("n8n");
    fs::remove_file(seed.bench.path("systemctl.log")).unwrap();
    seed.program(
        "psql",
        "#!/bin/bash\n[[ $* != *RENAME* ]] || { echo 'no exchange' >&2; exit 3; }\nexec /usr/bin/psql \"$@\"\n",
    );
    let finished = seed.load(&[]);
    assert!(
        finished
            .stderr
            .contains("those of before are in place, and the services stopped"),
        "{finished}"
    );
    let log = fs::read_to_string(seed.bench.path("systemctl.log")).unwrap();
    assert_eq!(log, "stop -- web\nstop -- app\n");
    assert_eq!(preprod.dump("n8n"), before);
    assert_eq!(
        preprod.sql(
            "postgres",
            "SELECT count(*) FROM pg_database WHERE datname LIKE 'thrice%' OR NOT datallowconn AND datname <> 'template0'"
        ),
        "0"
    );
}

/// The seed must not leave, with these words; nothing of it is at the place in between.
#[track_caller]
fn stays(seed: &Seed, prod: &Postgres, words: &str) {
    seed.dump();
    let finished = seed.leave();
    assert!(
        !finished.is_success() && finished.stderr.contains(words),
        "wanted: {words}\n{finished}"
    );
    assert!(
        !finished.stderr.contains("real.example") && !finished.stderr.contains("the secret of"),
        "{finished}"
    );
    assert_eq!(seed.sent(), Vec::<String>::new());
    assert_eq!(
        prod.sql(
            "postgres",
            "SELECT count(*) FROM pg_database WHERE datname LIKE 'thrice%'"
        ),
        "0"
    );
}

#[test]
fn what_is_not_sure_stays() {
    let prod = prod();
    // A database is kept as a whole, and holds what looks sensitive.
    let all = seed(&prod)
        .rule("n8n", Anonymise::Keep)
        .rule("rest", Anonymise::Skip);
    stays(&all, &prod, "these look sensitive");
    // The policy has another name for the table than the database has.
    let named = with_rules(seed(&prod)).rule("n8n.credential_entity.data", Anonymise::Redact);
    stays(
        &named,
        &prod,
        "the policy has a rule for what is not there: credential_entity.data",
    );
    // A table goes whose row points at one that does not.
    let pointing = seed(&prod)
        .rule("n8n.webhook", Anonymise::Keep)
        .rule("rest", Anonymise::Skip);
    stays(
        &pointing,
        &prod,
        "cannot truncate a table referenced in a foreign key",
    );
    // A number is no text.
    let number = with_rules(seed(&prod)).rule("n8n.User.max_tokens", Anonymise::Hash);
    stays(&number, &prod, "these are no texts");
    // Without a rule for the rest, a column that came later stops it.
    let mut open = with_rules(seed(&prod));
    open.fixture.edit(open.step, |step| {
        if let thrice_model::Verb::Seed { rules, .. } = &mut step.verb {
            rules.retain(|rule| rule.field != "rest");
        }
    });
    stays(
        &open,
        &prod,
        "no rule of the policy says what becomes of: public.",
    );
    // A value of a changed column stands in one that is kept.
    prod.sql(
        "n8n",
        "UPDATE workflow SET name = 'mail person7@real.example' WHERE id = 3",
    );
    stays(
        &with_rules(seed(&prod)),
        &prod,
        "1 lines of the dump of n8n still hold a value",
    );
    prod.sql("n8n", "UPDATE workflow SET name = 'flow 3' WHERE id = 3");
    // The dump is not what the capture has left.
    let changed = with_rules(seed(&prod));
    changed.dump();
    let dump = changed.bench.folder().join("dumps/n8n-latest.dump");
    let mut bytes = fs::read(&dump).unwrap();
    bytes[100] ^= 1;
    fs::write(&dump, bytes).unwrap();
    let finished = changed.leave();
    assert!(finished.stderr.contains("not as it was left"), "{finished}");
    assert_eq!(changed.sent(), Vec::<String>::new());
}
