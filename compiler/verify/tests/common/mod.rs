//! From policy text to what the verifier says.

#![expect(
    clippy::panic,
    reason = "helpers of tests stop the test with what they know"
)]
#![allow(dead_code, reason = "each test file uses a part of this")]

use jiff::civil::date;
use thrice_diagnostics::{Diagnostic, Severity, SourceMap};
use thrice_model::Obligation;
use thrice_plan::Plan;
use thrice_resolve::{Loader, resolve};
use thrice_verify::{Verdict, Verification, verify};

/// A server, a bucket and a NAS, each with its own provider; a key that is held elsewhere.
pub const PLACES: &str = r#"
policy p "p" { horizon 3 years; response time 72h }
phase t0 = 2026-02-15
provider ovh { site one }
provider cloud { site one; supports versioning, lifecycle }
provider home { site rack }
provider bank { site safe }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium nvme } }
nas tower at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store tank { medium hdd } }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object } }
vault envelope at bank/safe
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
key k { held on envelope; file "/etc/k" }
credential writer { account s3; may read, write, delete on s3.main; held on vps; profile "w" }
"#;

struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _: &str, _: &str) -> Result<(String, String), String> {
        Err("no files here".to_owned())
    }
}

/// The plan of a policy without mistakes.
pub fn plan_of(text: &str) -> Plan {
    let mut sources = SourceMap::new();
    let file = sources.add("policy.thrice", text);
    let day = date(2026, 3, 1);
    let (model, mistakes) = resolve(&mut sources, &[file], "policy", day, &NoFiles);
    let errors: Vec<_> = mistakes
        .iter()
        .filter(|m| m.severity == Severity::Error)
        .map(|m| {
            let words = m.span().map(|s| sources.text(s).to_owned());
            (m.code.0, &m.message, words)
        })
        .collect();
    let (plan, circles) = thrice_plan::plan(model.unwrap_or_else(|| panic!("{errors:?}")), day);
    assert!(circles.is_empty(), "{circles:?}");
    plan
}

/// What is found in a policy.
pub fn judged(text: &str) -> Verification {
    verify(&plan_of(text))
}

/// The codes of its errors, each once.
pub fn codes(found: &Verification) -> Vec<&'static str> {
    let mut codes: Vec<_> = found
        .findings
        .iter()
        .filter(|f| f.diagnostic.severity == Severity::Error)
        .map(|f| f.diagnostic.code.0)
        .collect();
    codes.dedup();
    codes
}

/// The first finding of a code.
pub fn finding<'v>(found: &'v Verification, code: &str) -> &'v Diagnostic {
    let hit = found.findings.iter().find(|f| f.diagnostic.code.0 == code);
    let all = || found.findings.iter().map(|f| &f.diagnostic.message);
    &hit.unwrap_or_else(|| panic!("no {code} in {:?}", all().collect::<Vec<_>>()))
        .diagnostic
}

/// Its message.
pub fn message(found: &Verification, code: &str) -> String {
    finding(found, code).message.clone()
}

/// Its help; empty where there is none.
pub fn help(found: &Verification, code: &str) -> String {
    finding(found, code).help.clone().unwrap_or_default()
}

/// Its case, each event with its time.
pub fn case(found: &Verification, code: &str) -> Vec<String> {
    let case = finding(found, code).case.iter();
    case.map(|event| format!("{} {}", event.when, event.what))
        .collect()
}

/// Its severity.
pub fn severity(found: &Verification, code: &str) -> Severity {
    finding(found, code).severity
}

/// What was decided about a subject.
pub fn verdict(found: &Verification, of: Obligation, subject: &str) -> Verdict {
    let mut all = found.verdicts.iter();
    all.find(|v| v.obligation == of && v.subject == subject)
        .unwrap_or_else(|| panic!("no verdict about {subject}"))
}
