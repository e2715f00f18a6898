//! One plan after the other, in one thread.

use std::collections::BTreeSet;
use std::rc::Rc;

use thrice_model::{ClassId, Obligation};
use thrice_plan::Plan;
use thrice_presence::{Answers, Asks};

use crate::Verification;
use crate::context::{Context, Known};
use crate::fault::{BY_FAULT, Chosen};
use crate::obligations::{DECIDED, Decide};

/// Decides plan after plan in the present thread, with one solver for all of them.
#[derive(Default)]
pub struct Session {
    known: Rc<Known>,
    /// The only faults that are asked about, by those obligations that ask about any.
    chosen: Option<Rc<Chosen>>,
}

impl Session {
    /// Whose questions are written down: [`Verification::queries`].
    #[must_use]
    pub fn writing_down() -> Self {
        Self {
            known: Known::with(Answers::here(Asks::WrittenDown)),
            chosen: None,
        }
    }

    /// Which knows something already.
    pub(crate) const fn with(known: Rc<Known>) -> Self {
        Self {
            known,
            chosen: None,
        }
    }

    /// Which asks about some faults alone, if any were chosen.
    pub(crate) fn under(chosen: Option<&Chosen>) -> Self {
        Self {
            chosen: chosen.map(|chosen| Rc::new(chosen.clone())),
            ..Self::default()
        }
    }

    /// The same, for who only wants to know whether something holds: nobody sees the cases.
    pub(crate) fn whether(chosen: Option<&Chosen>) -> Self {
        Self {
            known: Known::with(Answers::here(Asks::Whether)),
            ..Self::under(chosen)
        }
    }

    /// Decides some obligations about a plan: their findings, verdicts and queries, and nothing else.
    /// Nothing is known from the plans before.
    #[must_use]
    pub fn verify(&mut self, plan: &Plan, obligations: &[Obligation]) -> Verification {
        self.known.answers.forget();
        let context = self.context(plan);
        self.decided(&context, obligations)
    }

    /// A plan, to be asked about with the answers of the plans before.
    pub(crate) fn context<'p>(&self, plan: &'p Plan) -> Context<'p> {
        let mut context = Context::new(plan, Rc::clone(&self.known));
        context.chosen.clone_from(&self.chosen);
        context
    }

    /// What holds, with the answers of the plans before: they are known by the shapes of their questions.
    /// Cases that have dates are not played: nobody sees them.
    pub(crate) fn decide(&mut self, plan: &Plan, obligations: &[Obligation]) -> Verification {
        self.decide_about(plan, obligations, None)
    }

    /// The same, of certain classes alone by those obligations that are about classes.
    pub(crate) fn decide_about(
        &mut self,
        plan: &Plan,
        obligations: &[Obligation],
        only: Option<BTreeSet<ClassId>>,
    ) -> Verification {
        self.decided(&self.unseen(plan, only), obligations)
    }

    /// A plan whose cases nobody sees, to be asked about certain classes alone by those obligations that are about
    /// classes.
    pub(crate) fn unseen<'p>(
        &self,
        plan: &'p Plan,
        only: Option<BTreeSet<ClassId>>,
    ) -> Context<'p> {
        let mut context = self.context(plan);
        context.plays = false;
        context.only = only;
        context
    }

    /// All there is to say of a plan, of certain classes alone by those obligations that are about classes, with the
    /// answers of the plans before.
    pub(crate) fn verify_about(
        &mut self,
        plan: &Plan,
        only: Option<BTreeSet<ClassId>>,
    ) -> Verification {
        let mut context = self.context(plan);
        context.only = only;
        self.decided(&context, &Obligation::ALL)
    }

    /// What comes out of some obligations.
    pub(crate) fn decided(
        &self,
        context: &Context<'_>,
        obligations: &[Obligation],
    ) -> Verification {
        let mut out = Verification::default();
        let asked = |obligation: &Obligation| {
            obligations.contains(obligation)
                && (self.chosen.is_none() || BY_FAULT.contains(obligation))
        };
        for (_, decide) in DECIDED.iter().filter(|(o, _)| asked(o)) {
            out.append(decided(context, *decide));
        }
        out
    }
}

/// What comes out of one obligation.
pub(crate) fn decided(context: &Context<'_>, decide: Decide) -> Verification {
    let mut out = Verification::about(context.subjects());
    decide(context, &mut out);
    out.internal = context.mismatches.take();
    out.queries = context.queries.take();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::plan_of;

    /// 9 GB an hour: one of the two is back in time, both are not.
    const POLICY: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
provider far { site one; site two }
host web at far/one { runs cron; has rclone 1.75.2; link 2.5 MB/s; store disk }
host tower at far/two { runs cron; has rclone 1.75.2; link 100 MB/s; store disk }
class db is items on web.disk:/db { size 9..9 GB; growth 0..0 %/month; rto 3h; restore setup 1h }
class old is items on web.disk:/old { size 9..9 GB; growth 0..0 %/month; rto 2h; restore setup 1h }
network lan { joins web, tower }
copy one of db to tower.disk:/db by web.cron { daily at 03:00 }
copy other of old to tower.disk:/old by web.cron { daily at 03:00 }
require survive any 1 of host for db, old
"#;

    #[test]
    fn who_is_not_asked_about_stands_in_the_way_all_the_same() {
        let holds = |text: &str| {
            let plan = plan_of(text);
            let mut classes = plan.model.classes.iter();
            let db = classes.find(|(_, class)| class.named.name == "db");
            let only = db.map(|(id, _)| BTreeSet::from([id]));
            let of = Obligation::RecoveryTime;
            let found = Session::default().decide_about(&plan, &[of], only);
            let mut said = found.verdicts.iter();
            said.find(|v| v.subject == "db").unwrap().holds
        };
        assert!(holds(POLICY));
        let later = POLICY.replace("rto 3h", "rto 179m");
        assert!(!holds(&later), "`old` comes first");
        assert!(holds(
            &later.replace("9..9 GB; growth 0..0 %/month; rto 2h;", "9..9 GB;")
        ));
    }
}
