//! Long policies are read with a small stack: nothing recurses over their length.

use std::fmt::Write as _;
use std::thread;

use crate::resolved;

/// As small as threads get.
const STACK: usize = 512 * 1024;

const HEAD: &str = "provider p { site one; site two }
host h at p/one { runs cron; has restic 0.18.0; store disk { medium nvme } }
object_storage s at p/two { endpoint \"s.example.org\"; bucket b \"long-b\" { medium object } }
vault v at p/two
key k { held on v; file \"/etc/k\" }
credential c { account s; may read, write on s.b; profile \"c\" }
repository r in s.b:/ { engine restic 0.18.0; key k; credential c }
monitor m { healthchecks at \"HC_PING_KEY\"; hosted by p }
";

/// Steps that each wait for the one before, and a list of all classes: two statements each.
fn long(count: usize) -> String {
    let mut text = HEAD.to_owned();
    let mut all = String::new();
    for n in 0..count {
        let after = match n {
            0 => String::new(),
            _ => format!("; after b{}", n - 1),
        };
        let _ = write!(
            text,
            "class c{n} is files on h.disk:/data/c{n}\n\
             backup b{n} of c{n} to r by h.cron {{ daily at 03:00 UTC; keep 7 daily; monitor m{after} }}\n"
        );
        let _ = write!(all, "{}c{n}", if n == 0 { "" } else { ", " });
    }
    let _ = writeln!(text, "require copies >= 2 for {all}");
    text
}

fn on_a_small_stack(text: String) -> (usize, Vec<&'static str>) {
    let work = move || {
        let done = resolved(&[&text]);
        let steps = done.model.map_or(0, |model| model.steps.len());
        (steps, done.found.iter().map(|found| found.code.0).collect())
    };
    let thread = thread::Builder::new().stack_size(STACK).spawn(work);
    thread.unwrap().join().unwrap()
}

#[test]
fn twenty_thousand_statements_need_no_deep_stack() {
    let (steps, found) = on_a_small_stack(long(10_000));
    assert_eq!((steps, found.as_slice()), (10_000, [].as_slice()));
}

/// A circle through all steps is found without recursion, and a mistake in each statement is said.
#[test]
fn long_circles_and_many_mistakes_need_no_deep_stack_either() {
    let circle = long(2_000).replacen("monitor m }", "monitor m; after b1999 }", 1);
    let (steps, found) = on_a_small_stack(circle);
    assert_eq!((steps, found.as_slice()), (0, ["T0204"].as_slice()));
    let wrong = long(2_000).replace("keep 7 daily", "keep 7 dayly");
    let (steps, found) = on_a_small_stack(wrong);
    assert_eq!((steps, found.len()), (0, 2_000));
}
