//! What tests inside this crate have in common.
#![allow(
    clippy::panic,
    reason = "a policy that a test cannot read is a failed test"
)]

use jiff::civil::date;
use thrice_diagnostics::{Diagnostic, SourceMap};
use thrice_plan::Plan;
use thrice_resolve::{Loader, resolve};

struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _from: &str, _path: &str) -> Result<(String, String), String> {
        Err("no such file".to_owned())
    }
}

/// The plan of a policy, judged on 2026-02-15.
pub(crate) fn plan_of(text: &str) -> Plan {
    planned(text).unwrap_or_else(|found| panic!("{text}{found:#?}"))
}

/// The same, or what is wrong with it.
pub(crate) fn planned(text: &str) -> Result<Plan, Vec<Diagnostic>> {
    let mut sources = SourceMap::new();
    let root = sources.add("policy.thrice", text);
    let day = date(2026, 2, 15);
    let (model, found) = resolve(&mut sources, &[root], "p", day, &NoFiles);
    Ok(thrice_plan::plan(model.ok_or(found)?, day).0)
}
