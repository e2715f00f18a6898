//! `thrice explain`.

mod common;

use common::{Desk, stdout};
use insta_cmd::assert_cmd_snapshot;

#[test]
fn a_code_is_explained_in_any_case() {
    let desk = Desk::new(&[]);
    assert_cmd_snapshot!("page", desk.thrice(&["explain", "t0003"]));
    assert_eq!(
        desk.run(&["explain", "t0003"]),
        desk.run(&["explain", "T0003"])
    );
}

#[test]
fn an_unknown_code_is_an_error() {
    let desk = Desk::new(&[]);
    let output = desk.run(&["explain", "T00\u{1b}3"]);
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.starts_with("error: there is no code `T00\\u{1b}3`"),
        "{complaint}"
    );
}

/// Every page begins with its own code, so that the list has a title for each.
#[test]
fn the_list_has_every_code_with_a_title() {
    let desk = Desk::new(&[]);
    let output = desk.run(&["explain"]);
    let lines: Vec<&str> = stdout(&output).lines().collect();
    assert!(
        lines.contains(&"T0001  a file or folder cannot be read"),
        "{lines:#?}"
    );
    assert!(lines.is_sorted(), "{lines:#?}");
    for line in lines {
        let (code, title) = line.split_once("  ").unwrap();
        assert!(
            code.len() == 5 && !title.is_empty() && !title.contains(code),
            "{line}"
        );
        let page = desk.run(&["explain", code]);
        assert!(
            stdout(&page).starts_with(&format!("# {code}: {title}\n")),
            "{line}"
        );
    }
}

/// A policy of one file that is safe.
const SITE: &str = r#"
policy p "p" { horizon 1 year; response time 24h }
phase t0 = 2026-02-15
provider ovh { site one }
provider cloud { site one }
provider bank { site safe }
host vps at ovh/one { runs cron; has restic 0.18.0; store disk { medium nvme } }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object } }
vault envelope at bank/safe
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
key k { held on envelope; file "/etc/k" }
credential writer { account s3; may read, write, delete on s3.main; held on vps; profile "w" }
repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer }
class db is state on vps.disk:/var/lib/db { size 1..2 GB; churn 1..1 MB/day; rpo 26h }
backup up of db to r by vps.cron { daily at 03:00; keep 7 daily, 4 weekly; taking 1m..10m; monitor deadman }
"#;

#[test]
fn a_verdict_is_explained_by_the_statements_that_it_rests_on() {
    let desk = Desk::new(&[("site/p.thrice", SITE)]);
    let why = |words: &[&str]| {
        let mut all = vec!["explain", "--as-of", "2026-03-01", "--why"];
        all.extend(words);
        desk.run(&all)
    };
    let output = why(&["survival", "db", "site"]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    for needed in [
        "survival of `db` in `t0` holds",
        "`up` runs",
        "`k` is held here",
    ] {
        assert!(text.contains(needed), "{needed}: {text}");
    }
    assert!(!text.contains("takes at most"), "{text}");
    let output = why(&["recovery-point", "db", "site"]);
    assert!(
        stdout(&output).contains("it takes at most 10 min"),
        "{}",
        stdout(&output)
    );
    for (words, said) in [
        (["survivel", "db", "site"], "there is `survival`"),
        (["survival", "dv", "site"], "there is `db`"),
        (
            ["recovery-time", "db", "site"],
            "nothing was decided about recovery-time\n  help: there is nothing in this policy that asks for it",
        ),
    ] {
        let output = why(&words);
        assert_eq!(output.status.code(), Some(2));
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(complaint.contains(said), "{complaint}");
    }
}

#[test]
fn a_phase_that_there_is_not_is_told_apart_from_its_subject() {
    let desk = Desk::new(&[("site/p.thrice", SITE)]);
    let output = desk.run(&[
        "explain",
        "--as-of",
        "2026-03-01",
        "--why",
        "survival",
        "db",
        "site",
        "--phase",
        "t1",
    ]);
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        complaint,
        "error: nothing was decided about survival of `db` in `t1`\n  help: there is `t0`\n"
    );
}

/// One fault, or several at once, as the matrix names them; each has a core of its own.
#[test]
fn survival_of_chosen_faults_is_explained_by_what_it_rests_on() {
    let desk = Desk::new(&[("site/p.thrice", SITE)]);
    let why = |faults: &[&str], of: &str| {
        let mut all = vec![
            "explain",
            "--as-of",
            "2026-03-01",
            "--why",
            of,
            "db",
            "site",
        ];
        all.extend(faults.iter().flat_map(|fault| ["--fault", *fault]));
        desk.run(&all)
    };
    let machine = why(&["host `vps` is lost"], "survival");
    assert_eq!(machine.status.code(), Some(0));
    let text = stdout(&machine);
    for needed in [
        "if host `vps` is lost, holds",
        "`up` runs",
        "`k` is held here",
    ] {
        assert!(text.contains(needed), "{needed}: {text}");
    }
    // The matrix says it too.
    let check = ["check", "site", "--as-of", "2026-03-01", "--proofs"];
    assert!(stdout(&desk.run(&check)).contains("host `vps` is lost"));
    let both = why(&["host vps is lost", "host s3 is lost"], "survival");
    assert_eq!(both.status.code(), Some(1));
    let text = stdout(&both);
    assert!(
        text.contains("if host `s3` is lost and host `vps` is lost, does not hold"),
        "{text}"
    );
    assert!(text.contains("T12"), "{text}");
    let age = why(&["lose vps"], "recovery-point");
    assert_eq!(age.status.code(), Some(0));
    let text = stdout(&age);
    for needed in [
        "recovery-point of `db` in `t0`, if host `vps` is lost, holds",
        "it takes at most 10 min",
    ] {
        assert!(text.contains(needed), "{needed}: {text}");
    }
    for (faults, of, said) in [
        (&["host vpz is lost"][..], "survival", "`host vps is lost`"),
        (&["loose vps"], "keys", "`lose vps`"),
        (&["host vpz is lost"], "recovery-point", "T0201"),
        (
            &["lose vps"],
            "copies",
            "does not depend on whether host `vps` is lost",
        ),
        (
            &["lose vps"],
            "deletion",
            "does not depend on whether host `vps` is lost",
        ),
    ] {
        let output = why(faults, of);
        assert_eq!(output.status.code(), Some(2), "{faults:?}");
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(complaint.contains(said), "{complaint}");
    }
}

/// All that depends on faults is about the one that was chosen; the rest is named and left out.
#[test]
fn a_check_is_narrowed_to_a_fault() {
    let desk = Desk::new(&[("site/p.thrice", SITE)]);
    let check = |more: &[&str]| {
        let check = ["check", "site", "--as-of", "2026-03-01"];
        desk.run(&[&check[..], more].concat())
    };
    let output = check(&["--proofs", "--fault", "lose vps"]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    for needed in [
        ", if host `vps` is lost",
        "only if host `vps` is lost; left out is what does not depend on that",
        "`s3.main` by `up`: 1 d 10 min old",
    ] {
        assert!(text.contains(needed), "{needed}: {text}");
    }
    assert!(!text.contains("key `k` is lost"), "{text}");
    assert!(check(&["--proofs"]).stdout.len() > text.len());
    let both = check(&[
        "--format", "json", "--fault", "lose vps", "--fault", "lose s3",
    ]);
    assert_eq!(both.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_str(stdout(&both)).unwrap();
    let obligations = |list: &str, key: &str| -> std::collections::BTreeSet<String> {
        let all = report[list].as_array().unwrap().iter();
        all.map(|row| row[key].as_str().unwrap().to_owned())
            .collect()
    };
    let decided = obligations("verdicts", "obligation");
    assert!(
        decided.contains("survival") && !decided.contains("copies"),
        "{decided:?}"
    );
    let found = obligations("findings", "area");
    assert!(
        found.contains("survival") && !found.contains("sense"),
        "{found:?}"
    );
    let unknown = check(&["--fault", "lose vpz"]);
    assert_eq!(unknown.status.code(), Some(2));
    let complaint = String::from_utf8(unknown.stderr).unwrap();
    assert!(
        complaint.contains("T0201") && complaint.contains("`lose vps`"),
        "{complaint}"
    );
}

#[test]
fn proofs_are_shown_where_somebody_asks_for_them() {
    let desk = Desk::new(&[("site/p.thrice", SITE)]);
    let check = ["check", "site", "--as-of", "2026-03-01"];
    let plain = desk.run(&check);
    assert!(!stdout(&plain).contains("what saves what"));
    let human = desk.run(&[&check[..], &["--proofs"]].concat());
    let text = stdout(&human);
    for needed in [
        "what saves what in t0",
        "`s3.main` by `up`: 1 d 10 min old",
        "turns at",
    ] {
        assert!(text.contains(needed), "{needed}: {text}");
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
    let json = |more: &[&str]| -> serde_json::Value {
        let output = desk.run(&[&check[..], &["--format", "json"], more].concat());
        serde_json::from_str(stdout(&output)).unwrap()
    };
    let turns = |report: &serde_json::Value| {
        let all = report["assumptions"].as_array().unwrap();
        all.iter().filter(|a| !a["turns"].is_null()).count()
    };
    let (plain, proofs) = (json(&[]), json(&["--proofs"]));
    // Nothing here has a capacity, a time to restore or an exclusive step.
    assert_eq!(
        (plain["survival"].as_array().unwrap().len(), turns(&plain)),
        (0, 0)
    );
    assert!(!proofs["survival"].as_array().unwrap().is_empty());
    assert_eq!(turns(&proofs), 1, "{proofs}");
}
