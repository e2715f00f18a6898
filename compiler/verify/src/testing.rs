//! What tests inside this crate have in common.
#![allow(
    clippy::panic,
    reason = "a policy that a test cannot read is a failed test"
)]

use std::rc::Rc;

use jiff::civil::date;
use thrice_diagnostics::{Diagnostic, SourceMap};
use thrice_model::Obligation;
use thrice_plan::Plan;
use thrice_resolve::{Loader, resolve};

use crate::context::Context;
use crate::verification::Verification;

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

/// The codes that an obligation tells, how many of its cases were replayed, and what the others rest on.
pub(crate) type Told = (Vec<&'static str>, usize, Vec<&'static str>);

/// What an obligation tells of a plan; no case may be an internal error.
pub(crate) fn told(
    plan: &Plan,
    of: Obligation,
    decide: impl Fn(&Context<'_>, &mut Verification),
) -> Told {
    let context = Context::new(plan, Rc::default());
    let mut out = Verification::default();
    decide(&context, &mut out);
    let mismatches = context.mismatches.take();
    assert!(mismatches.is_empty(), "{mismatches:#?}");
    let plays = out.plays.remove(&of).unwrap_or_default();
    let codes = out.findings.iter().map(|found| found.diagnostic.code.0);
    (
        codes.collect(),
        plays.replayed,
        plays.rest_on.into_iter().collect(),
    )
}

/// That a case was an internal error, for a reason that has these words.
pub(crate) fn assert_refused(context: &Context<'_>, why: &str) {
    let found = context.mismatches.take();
    assert_eq!(found[0].code.0, "T9002");
    assert!(found[0].message.contains(why), "{found:?}");
}
