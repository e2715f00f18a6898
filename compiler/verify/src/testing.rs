//! What tests inside this crate have in common.
#![allow(
    clippy::panic,
    reason = "a policy that a test cannot read is a failed test"
)]

use jiff::civil::date;
use thrice_diagnostics::SourceMap;
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
    let mut sources = SourceMap::new();
    let root = sources.add("policy.thrice", text);
    let day = date(2026, 2, 15);
    let (model, found) = resolve(&mut sources, &[root], "p", day, &NoFiles);
    let model = model.unwrap_or_else(|| panic!("{text}{found:#?}"));
    thrice_plan::plan(model, day).0
}
