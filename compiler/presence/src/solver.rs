//! Who answers questions: Z3, in process.

use z3::ast::{Bool, Int};
use z3::{Params, SatResult};

/// What answers questions: Z3, or in tests something that gives up, lies or dies.
pub trait Solver {
    /// Opens a scope.
    fn push(&self);
    /// Closes it, with all that was asserted in it.
    fn pop(&self);
    /// Asserts something in the scope.
    fn assert(&self, what: &Bool);
    /// Whether all that is asserted can be so.
    fn check(&self) -> SatResult;
    /// Values for which it is so, after a check that found some.
    fn values(&self, of: &[&Int]) -> Option<Vec<i64>>;
    /// Why a check gave up.
    fn reason(&self) -> String;
}

/// Z3's deterministic budget for one question. Questions of real policies need some hundreds of
/// thousands; this is reached by nothing but nonsense, and then the answer is "unknown".
const RESOURCES: u32 = 20_000_000;

/// Z3 with a fixed seed and a deterministic limit.
struct Z3(z3::Solver);

/// A new Z3 for the present thread.
pub fn z3() -> Box<dyn Solver> {
    let solver = z3::Solver::new();
    let mut params = Params::new();
    params.set_u32("rlimit", RESOURCES);
    params.set_u32("random_seed", 0);
    solver.set_params(&params);
    Box::new(Z3(solver))
}

impl Solver for Z3 {
    fn push(&self) {
        self.0.push();
    }

    fn pop(&self) {
        self.0.pop(1);
    }

    fn assert(&self, what: &Bool) {
        self.0.assert(what);
    }

    fn check(&self) -> SatResult {
        self.0.check()
    }

    fn values(&self, of: &[&Int]) -> Option<Vec<i64>> {
        let model = self.0.get_model()?;
        let value = |term: &&Int| model.eval(*term, true).and_then(|v| v.as_i64());
        of.iter().map(value).collect()
    }

    fn reason(&self) -> String {
        let reason = self.0.get_reason_unknown();
        reason.unwrap_or_else(|| "no reason given".to_owned())
    }
}
