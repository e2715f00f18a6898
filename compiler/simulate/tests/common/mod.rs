//! What these tests have in common.

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

/// The plan of a policy, judged on 2026-02-15, and what is said of it.
pub fn planned(text: String) -> (Plan, Vec<Diagnostic>) {
    let mut sources = SourceMap::new();
    let root = sources.add("policy.thrice", text);
    let day = date(2026, 2, 15);
    let (model, found) = resolve(&mut sources, &[root], "p", day, &NoFiles);
    thrice_plan::plan(model.unwrap_or_else(|| panic!("{found:#?}")), day)
}
