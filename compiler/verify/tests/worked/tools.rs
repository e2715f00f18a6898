//! What restic and object storages of some version cannot be told.

use super::*;

fn with(restic: &str, engine: &str, clauses: &str) -> Verification {
    let text = [PLACES, CLOUD].concat();
    let text = text
        .replace("restic 0.18.0, rclone", &format!("restic {restic}, rclone"))
        .replace("engine restic 0.18.0; ", engine);
    let step = format!(
        "backup db_up of db to r by vps.cron {{ daily at 03:00; keep 7 daily; {clauses} taking 1m..10m; monitor deadman }}\n"
    );
    judged(&[text, step].concat())
}

#[test]
fn a_restic_that_is_older_than_what_is_counted_on_runs_nothing() {
    let found = with("0.12.1", "", "");
    assert_eq!(codes(&found), ["T2317"]);
    let says = "`db_up` runs restic 0.12.1, and `r` counts on 0.18.0";
    assert_eq!(message(&found, "T2317"), says);
    assert_eq!(
        codes(&with("0.14.0", "engine restic 0.18.0; ", "")),
        ["T2317"]
    );
    // What is newer runs; where the policy names another one, what keep rules keep is told of that one.
    let newer = with("0.18.0", "engine restic 0.14.0; ", "");
    assert!(codes(&newer).is_empty());
    let severity = finding_of(&newer, "T2317").map(|(severity, _)| severity);
    assert_eq!(severity, Some(Severity::Warning));
    assert!(finding_of(&with("0.19.1", "", ""), "T2317").is_none());
}

fn finding_of(found: &Verification, code: &str) -> Option<(Severity, String)> {
    let mut all = found.findings.iter().map(|f| &f.diagnostic);
    let diagnostic = all.find(|d| d.code.0 == code)?;
    Some((diagnostic.severity, diagnostic.message.clone()))
}

#[test]
fn a_flag_that_came_later_is_not_known() {
    let told = |restic: &str, clauses: &str| {
        let engine = format!("engine restic {restic}; ");
        finding_of(&with(restic, &engine, clauses), "T2315")
    };
    let says = "restic 0.12.1 does not know `--compression`".to_owned();
    assert_eq!(
        told("0.12.1", "flag \"--compression=max\";"),
        Some((Severity::Error, says))
    );
    for (flag, last, first) in [
        ("--pack-size=64", "0.13.1", "0.14.0"),
        ("--no-scan", "0.14.0", "0.15.0"),
        ("--read-concurrency=4", "0.14.0", "0.15.0"),
        ("--compression=better", "0.17.3", "0.18.0"),
    ] {
        let clause = format!("flag \"{flag}\";");
        assert!(told(last, &clause).is_some(), "{flag}");
        assert!(told(first, &clause).is_none(), "{flag}");
    }
    assert!(told("0.12.1", "flag \"--no-cache\"; prune;").is_none());
    assert!(told("0.11.0", "prune;").is_some() && told("0.11.0", "").is_none());
}

#[test]
fn a_rule_whose_prefix_may_be_dropped_takes_the_whole_bucket() {
    let rule = |form: &str, place: &str, supports: &str| {
        let text = [PLACES, CLOUD].concat();
        let text = text.replace("lifecycle }", &format!("lifecycle{supports} }}"));
        let steps = format!(
            "copy db_out of db to s3.main:/db by vps.cron {{ daily at 03:00; taking 1m..10m; credential writer; monitor deadman }}\n\
             expire old of s3.main:{place} after 30 days by upload {{ {form} }}\n"
        );
        finding_of(&judged(&[text, steps].concat()), "T2305")
    };
    let told = rule("deprecated prefix", "/exports", "");
    assert!(told.is_some_and(|(severity, _)| severity == Severity::Error));
    assert!(rule("deprecated prefix", "/exports", ", lifecycle-prefix").is_none());
    assert!(rule("", "/exports", "").is_none());
}

#[test]
fn a_rule_for_old_versions_needs_some() {
    let rule = |bucket: &str| {
        let text = [PLACES, CLOUD]
            .concat()
            .replace("{ medium object }", bucket);
        let text = text.replace("supports versioning", "supports object-lock, versioning");
        let step = "expire old of s3.main after 30 days by upload { noncurrent }\n";
        finding_of(&judged(&[&text, step].concat()), "T2303")
    };
    let told = rule("{ medium object }");
    assert_eq!(
        told,
        Some((
            Severity::Warning,
            "`old` never deletes anything: `s3.main` keeps no old versions".to_owned()
        ))
    );
    assert!(rule("{ medium object; versioning on }").is_none());
    assert!(rule("{ medium object; lock compliance 7d }").is_none());
}

/// Which codes are told of documents on a notebook that is off now and then, or that go there.
fn asleep(runner: &str, step: &str) -> Vec<String> {
    let text = format!(
        "host notebook at home/rack {{ runs {runner}; has restic 0.18.0, rclone 1.75.2; not always on; store ssd {{ medium ssd }} }}\n\
         network lan {{ joins notebook, vps, tower }}\n\
         class papers is files on notebook.ssd:/papers {{ fields {{ rest internal }} }}\n\
         class docs is files on vps.disk:/srv/docs {{ fields {{ rest internal }} }}\n\
         {step}\n"
    );
    let found = judged(&policy(&[&text]));
    let all = found.findings.iter().map(|f| &f.diagnostic);
    let ours = all.filter(|d| d.code.0 == "T2326");
    ours.map(|d| {
        assert_eq!(d.severity, Severity::Warning);
        d.message.clone()
    })
    .collect()
}

#[test]
fn nobody_makes_up_for_what_a_notebook_sleeps_through() {
    let up = |runner: &str, when: &str| {
        let step = format!(
            "backup papers_up of papers to r by notebook.{runner} {{ {when}; keep 7 daily; credential writer; taking 1m..10m; monitor deadman }}"
        );
        asleep(runner, &step)
    };
    let says = "`papers_up` starts at a time at which `notebook` may be off, and nothing makes up for a run there";
    assert_eq!(up("cron", "daily at 03:00"), [says]);
    assert_eq!(up("cron", "weekly on Sunday at 12:00"), [says]);
    assert!(up("cron", "every 4 h").is_empty());
    assert!(up("systemd", "daily at 03:00").is_empty());
    let to = |by: &str| {
        let step = format!(
            "copy docs_near of docs to notebook.ssd:/docs by {by} {{ daily at 03:00; taking 1m..10m; monitor deadman }}"
        );
        asleep("systemd", &step)
    };
    let says = "`docs_near` runs at a time at which `notebook` may be off, and no run is made up for when it is on again";
    assert_eq!(to("vps.cron"), [says]);
    assert!(to("notebook.systemd").is_empty());
    let snapshots = |when: &str| {
        asleep(
            "systemd",
            &format!(
                "host nightstand at home/rack {{ not always on; store tank {{ medium hdd; snapshots {when} keep 9 }} }}"
            ),
        )
    };
    let says = "`nightstand.tank` takes its snapshots at a time at which `nightstand` may be off, and nothing makes up for them";
    assert_eq!(snapshots("daily at 00:30"), [says]);
    assert!(snapshots("every 4 h").is_empty());
}

#[test]
fn a_backup_that_gives_up_versions_deletes() {
    let refused = |rights: &str, clauses: &str| {
        let text = [PLACES, CLOUD].concat();
        let text = text.replace(
            "may read, write, delete on s3.main",
            &format!("may {rights} on s3.main"),
        );
        let step = format!(
            "backup db_up of db to r by vps.cron {{ daily at 03:00; {clauses} taking 1m..10m; monitor deadman }}\n"
        );
        finding_of(&judged(&[text, step].concat()), "T2319").map(|(_, message)| message)
    };
    let says = "`writer` may not delete on `s3.main`, as `db_up` must";
    assert_eq!(
        refused("read, write", "keep 7 daily;").as_deref(),
        Some(says)
    );
    assert_eq!(refused("read, write, delete", "keep 7 daily; prune;"), None);
    assert_eq!(refused("read, write", ""), None);
}
