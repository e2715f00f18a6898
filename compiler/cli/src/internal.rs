//! Mistakes of thrice itself.

use std::io::Write as _;
use std::panic::{self, PanicHookInfo};

/// Says in a line what went wrong and asks for a report; the whole story only to those who set
/// `RUST_BACKTRACE`. The exit code of a panic is 101.
pub fn install() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if crate::terminal::environment("RUST_BACKTRACE").is_some_and(|value| value != "0") {
            usual(info);
        }
        // Where even this cannot be written there is nobody to tell.
        let _ = std::io::stderr().write_all(message(info).as_bytes());
    }));
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let what = info.payload_as_str().unwrap_or("no reason given");
    let place = info
        .location()
        .map(|l| format!(" at {}:{}", l.file(), l.line()));
    format!(
        "internal error[T9001]: {what}{}\n\
         This is a mistake in thrice {}, not in your policy: please report it, with the policy if \
         you can. Nothing was written.\n",
        place.unwrap_or_default(),
        env!("CARGO_PKG_VERSION"),
    )
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    /// The hook belongs to the whole process, so the test runs itself as a child.
    #[test]
    fn a_panic_asks_for_a_report() {
        const CHILD: &str = "THRICE_TEST_PANIC";
        if crate::terminal::environment(CHILD).is_some() {
            super::install();
            panic!("the tape is torn");
        }
        let run = |backtrace: &str| {
            let test = "internal::tests::a_panic_asks_for_a_report";
            let out = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", test, "--nocapture"])
                .env(CHILD, "1")
                .env("RUST_BACKTRACE", backtrace)
                .output()
                .unwrap();
            assert_eq!(out.status.code(), Some(101));
            String::from_utf8(out.stderr).unwrap()
        };
        let short = run("0");
        assert!(
            short.starts_with("internal error[T9001]: the tape is torn at "),
            "{short}"
        );
        assert!(short.contains("please report"), "{short}");
        assert!(!short.contains("stack backtrace"), "{short}");
        assert!(run("1").contains("stack backtrace"));
    }
}
