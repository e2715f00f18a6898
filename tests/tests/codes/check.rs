//! Judges the examples of pages, and shows what came of it.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::{Date, date};
use thrice_diagnostics::{Diagnostic, Diagnostics, SourceMap, all_codes, explain};
use thrice_plan::Plan;
use thrice_report::human::{Options, findings};
use thrice_resolve::{Loader, resolve};

/// The day at which examples are judged; those that speak of dates name it.
pub const DAY: Date = date(2026, 12, 1);

/// "A step reports to no monitor".
const NO_MONITOR: &str = "T2501";

/// Examples have no other files.
struct Nothing;

impl Loader for Nothing {
    fn load(&self, _from: &str, _path: &str) -> Result<(String, String), String> {
        Err("there is no such file or folder".to_owned())
    }
}

/// What the targets refuse in a policy that is safe otherwise.
fn refused(plan: &Plan) -> Vec<Diagnostic> {
    let emit = [
        thrice_target_cron::emit(plan),
        thrice_target_rclone::emit(plan),
        thrice_target_s3_lifecycle::emit(plan),
    ];
    emit.into_iter().filter_map(Result::err).flatten().collect()
}

/// All that is found in a policy of one file, as `thrice check` finds it, and `thrice build` where a
/// page is about what cannot be emitted.
///
/// Examples leave monitors out, so as to be short: that is told on the page of its own code only.
pub fn check(code: &str, text: &str, build: bool) -> (SourceMap, Vec<Diagnostic>) {
    let mut sources = SourceMap::new();
    let root = sources.add("example.thrice", text);
    let (model, mistakes) = resolve(&mut sources, &[root], "example", DAY, &Nothing);
    let mut found = Diagnostics::new();
    found.extend(mistakes);
    if let Some(model) = model {
        let (plan, mistakes) = thrice_plan::plan(model, DAY);
        found.extend(mistakes);
        let mistaken = found.has_errors();
        if !mistaken {
            let verified = thrice_verify::verify(&plan);
            let told = verified.findings.into_iter().map(|f| f.diagnostic);
            found.extend(told.filter(|f| f.code.0 != NO_MONITOR || code == NO_MONITOR));
            // Each case that is told replays.
            found.extend(verified.internal);
        }
        if !mistaken {
            found.extend(thrice_simulate::findings(&plan));
        }
        if build && !found.has_errors() {
            found.extend(refused(&plan));
        }
    }
    (sources, found.sorted())
}

/// Codes of what a safe policy asks for and no target can do.
pub fn is_about_building(code: &str) -> bool {
    ("T2330".."T2340").contains(&code)
}

/// The fenced blocks of a page in a language, each with whether it stands before "What to do".
pub fn fenced(page: &str, language: &str) -> Vec<(String, bool)> {
    let mut out: Vec<(String, bool)> = Vec::new();
    let (mut inside, mut before) = (false, true);
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line.trim_start_matches('`') == language;
            if inside {
                out.push((String::new(), before));
            }
        } else if let (true, Some((block, _))) = (inside, out.last_mut()) {
            block.push_str(line);
            block.push('\n');
        } else {
            before &= !line.starts_with("What to do:");
        }
    }
    out
}

/// The example of each page that has one.
pub fn examples() -> BTreeMap<&'static str, String> {
    let mut out = BTreeMap::new();
    for code in all_codes() {
        let blocks = fenced(explain(code).unwrap(), "thrice");
        if let Some((example, _)) = blocks.into_iter().find(|(_, before)| *before) {
            out.insert(code.0, example);
        }
    }
    out
}

/// The findings of a code in full; of others, which the example cannot do without, a line each.
pub fn shown(code: &str, sources: &SourceMap, found: &[Diagnostic]) -> String {
    let (own, others): (Vec<_>, Vec<_>) = found.iter().cloned().partition(|f| f.code.0 == code);
    let mut out = findings(&own, sources, Options::default());
    for other in others {
        writeln!(
            out,
            "\nalso {}[{}]: {}",
            other.severity.word(),
            other.code,
            other.message
        )
        .unwrap();
    }
    out
}
