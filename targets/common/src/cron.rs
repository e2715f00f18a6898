//! Text in a line of Debian's cron.

/// Longest command that cron 3.0pl1 takes, in bytes; one byte more and it ignores the whole file.
pub const LONGEST_COMMAND: usize = 998;

/// A command as cron must read it to hand the same to the shell: in a command, `%` stands for a line
/// feed, and all after the first is standard input (crontab(5)).
///
/// # Errors
/// Says what is wrong with a command that no line can hold: a line feed, a carriage return, which
/// would become part of the last word, or more than [`LONGEST_COMMAND`] bytes.
pub fn escape(command: &str) -> Result<String, String> {
    if command.contains(['\n', '\r', '\0']) {
        return Err("a command of cron is one line".to_owned());
    }
    let escaped = command.replace('%', "\\%");
    if escaped.len() > LONGEST_COMMAND {
        return Err(format!(
            "a command of cron has at most {LONGEST_COMMAND} bytes, this one has {}",
            escaped.len()
        ));
    }
    Ok(escaped)
}

/// What the shell gets of a command as it stands in a crontab: the reverse of [`escape`].
#[must_use]
pub fn unescape(written: &str) -> String {
    written.replace("\\%", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_are_escaped_and_read_back() {
        let command = "echo 100%% '\\x'";
        assert_eq!(escape(command).unwrap(), "echo 100\\%\\% '\\x'");
        assert_eq!(unescape(&escape(command).unwrap()), command);
    }

    #[test]
    fn commands_that_make_cron_ignore_the_file_are_refused() {
        assert!(escape("a\nb").is_err());
        assert!(escape("a\r").is_err());
        assert!(escape(&"a".repeat(998)).is_ok());
        assert!(escape(&"%".repeat(500)).is_err(), "the escape counts");
    }
}
