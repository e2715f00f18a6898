//! What Debian's cron thinks of a file for `/etc/cron.d`, asked of `crontab -n`.
//!
//! That program only knows crontabs of users, without the user column: the column is checked here and
//! taken out. It says nothing about a name that cron passes over, about `%`, or about a date that
//! never comes: for those see [`crate::cron_daemon`].

use std::fs;
use std::process::Command;

use crate::command::finish;

/// Checks the text of a file for `/etc/cron.d`.
///
/// # Errors
/// What `crontab -n` says, or the line whose user does not exist on this machine. Any one of them
/// makes cron ignore the whole file.
///
/// # Panics
/// If `crontab` is not installed.
pub fn check(text: &str) -> Result<(), String> {
    let users = fs::read_to_string("/etc/passwd").expect("a machine has users");
    let mut stripped = String::new();
    for line in text.split_inclusive('\n') {
        match Job::read(line) {
            // `crontab -n` lets a line without a command pass; cron ignores its whole file.
            None if starts_a_job(line) => {
                return Err(format!(
                    "bad command: no user or no command in: {}",
                    line.trim_end()
                ));
            }
            None => stripped.push_str(line),
            Some(job) => {
                if !users
                    .lines()
                    .any(|entry| entry.split(':').next() == Some(job.user))
                {
                    return Err(format!(
                        "unknown user {:?} in: {}",
                        job.user,
                        line.trim_end()
                    ));
                }
                stripped.push_str(job.schedule);
                stripped.push(' ');
                stripped.push_str(job.command);
            }
        }
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("crontab");
    fs::write(&file, stripped).expect("the folder can be written");
    let finished = finish(Command::new("crontab").arg("-n").arg(&file));
    if finished.is_success() {
        Ok(())
    } else {
        Err(finished.stderr)
    }
}

/// The same file with each job's schedule replaced by `@reboot`: [`crate::cron_daemon::Daemon`]
/// then runs every job as soon as it starts. All else (user, environment, `%`, quoting) is as cron
/// will have it, so a test of what a job does need not wait for a minute to pass.
pub fn at_once(text: &str) -> String {
    let replace = |line: &str| match Job::read(line) {
        None => line.to_owned(),
        Some(job) => format!("@reboot {} {}", job.user, job.command),
    };
    text.split_inclusive('\n').map(replace).collect()
}

/// The three parts of a job's line; the command has the line's end.
struct Job<'a> {
    schedule: &'a str,
    user: &'a str,
    command: &'a str,
}

impl<'a> Job<'a> {
    /// `None` for what is no job, or lacks a part of one.
    fn read(line: &'a str) -> Option<Job<'a>> {
        if !starts_a_job(line) {
            return None;
        }
        let line = line.trim_start_matches([' ', '\t']);
        let fields = if line.starts_with('@') { 1 } else { 5 };
        let mut rest = line;
        for _ in 0..fields {
            rest = next_field(rest)?.1;
        }
        let schedule = line.get(..line.len() - rest.len())?.trim_end();
        let (user, command) = next_field(rest)?;
        if command.trim().is_empty() {
            return None;
        }
        Some(Job {
            schedule,
            user,
            command,
        })
    }
}

/// Names of the environment, comments and blank lines start otherwise.
fn starts_a_job(line: &str) -> bool {
    line.trim_start_matches([' ', '\t'])
        .starts_with(|first: char| "@*0123456789".contains(first))
}

/// The next word, and what follows it from the word after that.
fn next_field(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once([' ', '\t'])?;
    Some((word, rest.trim_start_matches([' ', '\t'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_accepts_a_right_file() {
        let text =
            "# nightly\nSHELL=/bin/bash\n\n0 3 * * * root /usr/bin/true 10\\%\n@daily root true\n";
        assert_eq!(check(text), Ok(()));
    }

    #[test]
    fn debian_rejects_what_would_make_it_ignore_the_file() {
        for (text, word) in [
            ("60 3 * * * root true\n", "bad minute"),
            ("0 3 * * * root true", "newline"),
            ("0 3 * * 8-9 root true\n", "bad day-of-week"),
            ("0 3 * * * nobody-at-all true\n", "unknown user"),
            ("0 3 * * *\n", "bad command"),
            ("0 3 * * * root\n", "bad command"),
            ("0 3 * * * true\n", "bad command"),
            ("A=1\n0 3 * root true\n", "bad"),
        ] {
            let error = check(text).expect_err(text);
            assert!(error.contains(word), "{text:?}: {error}");
        }
    }

    #[test]
    fn at_once_changes_schedules_only() {
        let text =
            "A=1 2 3 4 5 6\n# 1 2 3 4 5 root x\n5 4 1,2 * * root  cp 'a  b' c\n@weekly me x\n";
        let expected =
            "A=1 2 3 4 5 6\n# 1 2 3 4 5 root x\n@reboot root cp 'a  b' c\n@reboot me x\n";
        assert_eq!(at_once(text), expected);
    }
}
