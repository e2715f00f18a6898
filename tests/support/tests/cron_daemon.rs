//! The cron harness must see what cron does, and what it leaves undone.
#![expect(
    clippy::disallowed_methods,
    reason = "tests of the outside world: they write files, and a failure is a failed test"
)]

use std::fs;
use std::time::Duration;

use thrice_test_support::cron::at_once;
use thrice_test_support::cron_daemon::Setting;
use thrice_test_support::until;

const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_job_runs_within_a_minute_with_its_arguments_and_changed_files_are_read_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("said");
    let line = format!(
        "* * * * * root printf '\\%s|' one 'two  words' >{}\n",
        file.display()
    );
    let daemon = Setting::new().file("job", "# none yet\n").start();
    daemon.put("job", &line);
    daemon.put("added", "* * * * * root echo added\n");
    daemon.put("with.dot", "* * * * * root echo passed over\n");
    assert!(daemon.reloads("job"), "{:#?}", daemon.log());
    let said = until(SOON, || {
        let text = fs::read_to_string(&file).ok()?;
        text.ends_with("words|").then_some(text)
    });
    let log = || format!("{:#?}", daemon.log());
    assert_eq!(said.as_deref(), Some("one|two  words|"), "{}", log());
    assert!(
        daemon.wait_for(SOON, "CMD (echo added)").is_some(),
        "{}",
        log()
    );
    assert!(daemon.wait_for(SOON, "passed over").is_none(), "{}", log());
    assert_eq!(daemon.complaints(), Vec::<String>::new());
}

#[test]
fn a_fast_clock_shows_when_jobs_run() {
    // The Sunday on which 02:00 is followed by 03:00: cron(8) says that what was due in the hour that
    // is left out runs right after it.
    let daemon = Setting::new()
        .file("jobs", "30 2 * * * root echo skipped\n15 3 * * 7 root echo late\n15 3 29 * * root echo never\n")
        .clock("2027-03-28 01:50:30", "Europe/Berlin", 600)
        .start();
    daemon
        .wait_for(SOON, "CMD (echo late)")
        .unwrap_or_else(|| panic!("{:#?}", daemon.log()));
    let jobs = daemon.jobs();
    let commands: Vec<&str> = jobs.iter().map(|job| job.command.as_str()).collect();
    assert_eq!(commands, ["echo skipped", "echo late"]);
    let minutes: Vec<u64> = jobs.iter().map(|job| job.after.as_secs() / 60).collect();
    assert!(matches!(minutes[..], [8..=14, 23..=32]), "{minutes:?}");
}

#[test]
fn jobs_made_to_run_at_once_do_so_in_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(
        folder.path().join("hello"),
        "echo \"$GREETING $(cat)\" >/etc/thrice/conf/said\n",
    )
    .expect("the folder can be written");
    let text = "GREETING=bonjour\n0 3 1 1 * root sh /etc/thrice/conf/hello %a line\n";
    let daemon = Setting::new()
        .file("job", &at_once(text))
        .folder_at(folder.path(), "/etc/thrice/conf".as_ref())
        .start();
    let said = until(SOON, || {
        fs::read_to_string(folder.path().join("said"))
            .ok()
            .filter(|t| !t.is_empty())
    });
    assert_eq!(
        said.as_deref(),
        Some("bonjour a line\n"),
        "{:#?}",
        daemon.log()
    );
    assert!(
        !std::path::Path::new("/etc/thrice/conf").exists(),
        "the machine's own folders are untouched"
    );
}

#[test]
fn files_that_cron_ignores_are_told_of() {
    for (text, mode, words) in [
        ("61 * * * * root true\n", 0o644, "ignored"),
        ("* * * * * nobody-at-all true\n", 0o644, "ignored"),
        ("* * * * *\n", 0o644, "ignored"),
        ("* * * * * root\n", 0o644, "ignored"),
        ("* * * * * root true", 0o644, "Missing newline"),
        ("* * * * * root true\n", 0o664, "INSECURE"),
    ] {
        let daemon = Setting::new().file_with_mode("job", text, mode).start();
        let complaints = daemon.complaints();
        assert!(
            complaints.iter().any(|line| line.contains(words)),
            "{text:?}: {:#?}",
            daemon.log()
        );
    }
}

#[test]
fn a_right_file_gives_no_complaint() {
    let daemon = Setting::new().file("job", "0 3 * * * root true\n").start();
    assert_eq!(daemon.complaints(), Vec::<String>::new());
}
