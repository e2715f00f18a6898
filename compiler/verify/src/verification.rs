//! What the verifier says.

use thrice_diagnostics::Diagnostic;
use thrice_model::{ClassId, Obligation, Target};
use thrice_verdicts::Assumptions;

pub use crate::engine::Engine;
use crate::verdicts::{Subjects, Verdicts};

/// A violated obligation, with what an acceptance needs to know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is said.
    pub diagnostic: Diagnostic,
    /// Which obligation.
    pub obligation: Obligation,
    /// The classes it is about, if it is about classes.
    pub classes: Vec<ClassId>,
    /// The other things it is about, by name.
    pub subjects: Vec<String>,
    /// The single fault that makes it so, if one does.
    pub fault: Option<Target>,
    /// Whether it falls short of the floor, which holds for a policy that requires nothing: two people
    /// must stand behind an acceptance of that.
    pub floor: bool,
}

/// An accepted risk and how many findings it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Which obligation.
    pub obligation: Obligation,
    /// What for.
    pub subject: String,
    /// Why.
    pub why: String,
    /// Who.
    pub by: String,
    /// First day on which it no longer holds, ISO.
    pub until: String,
    /// How many findings it covers.
    pub covers: usize,
}

/// What came of the cases of an obligation on the simulator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plays {
    /// How many came about.
    pub replayed: usize,
    /// What those rest on that have no course to be played, such as `missed runs`.
    pub rest_on: std::collections::BTreeSet<&'static str>,
}

/// A question that was put to the solver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// On behalf of which obligation.
    pub obligation: Obligation,
    /// About which class; those that are like it were not asked about.
    pub subject: String,
    /// In which period.
    pub period: String,
    /// What the solver said to the last `check-sat`: `sat` (refuted), `unsat` (proved) or `unknown`.
    pub answer: &'static str,
    /// In SMT-LIB 2, logic QF_LIA. The first `check-sat` asks for any run that keeps to the bounds, which
    /// must be `sat`; the second for one that refutes the claim.
    pub text: String,
}

/// The whole answer.
#[derive(Clone, Debug, Default)]
pub struct Verification {
    /// Violations and remarks that no acceptance covers.
    pub findings: Vec<Finding>,
    /// All verdicts, held or not, in the order of obligations.
    pub verdicts: Verdicts,
    /// What they rest on. Turns are those of verdicts that are evaluated at a worst case; [`crate::ledger`] has
    /// those of all verdicts.
    pub assumptions: Assumptions,
    /// Risks that somebody accepted.
    pub accepted: Vec<Accepted>,
    /// Obligations that this version does not decide.
    pub not_decided: Vec<Obligation>,
    /// Classes and periods where the live data alone is what saves it.
    pub only_live: Vec<String>,
    /// Of obligations whose cases are worked out and then played on the simulator, what came of that.
    pub plays: std::collections::BTreeMap<Obligation, Plays>,
    /// Counterexamples that the simulator does not bear out: mistakes of this program, never verdicts.
    pub internal: Vec<Diagnostic>,
    /// What the solver was asked, in order, if that was wanted: each question once for each obligation.
    pub queries: Vec<Query>,
    /// How many findings acceptances of single faults have already covered, by their index.
    pub covered: std::collections::BTreeMap<usize, usize>,
    /// Those of them that cover something that falls short of the floor.
    pub floor_covered: std::collections::BTreeSet<usize>,
}

impl Verification {
    /// Nothing yet, about the things of a plan.
    pub(crate) fn about(subjects: &Subjects) -> Self {
        Self {
            verdicts: Verdicts::about(subjects),
            ..Self::default()
        }
    }

    /// Adds what was found about other obligations.
    pub(crate) fn append(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.verdicts.append(other.verdicts);
        self.only_live.extend(other.only_live);
        self.internal.extend(other.internal);
        for query in other.queries {
            let same =
                |known: &Query| known.obligation == query.obligation && known.text == query.text;
            if !self.queries.iter().any(same) {
                self.queries.push(query);
            }
        }
        self.floor_covered.extend(other.floor_covered);
        for (obligation, others) in other.plays {
            let plays = self.plays.entry(obligation).or_default();
            plays.replayed += others.replayed;
            plays.rest_on.extend(others.rest_on);
        }
        for (acceptance, count) in other.covered {
            *self.covered.entry(acceptance).or_default() += count;
        }
    }
}
