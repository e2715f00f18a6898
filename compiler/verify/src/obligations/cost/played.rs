//! Adds up the month of a period whose budget is said to be too small with code of the simulator's own, before anybody
//! sees it.

use thrice_model::Obligation;
use thrice_plan::Period;
use thrice_quantity::Money;
use thrice_simulate::bill;

use super::super::playing::{Played, may_be_told};
use crate::context::Context;
use crate::verification::Verification;

/// A month that is said to cost more than is allowed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Month<'p> {
    pub(super) period: &'p Period,
    /// What it is said to cost at most.
    pub(super) total: Money,
    pub(super) limit: Money,
}

/// Whether what is told may be told.
pub(super) fn is_borne_out(
    context: &Context<'_>,
    out: &mut Verification,
    month: Month<'_>,
) -> bool {
    let about = (Some(&context.plan.model.policy.named), "this policy");
    may_be_told(context, out, Obligation::Cost, about, || {
        confirm(context, month)
    })
}

/// Whether it costs so much, and that is too much; why not, if it is not so.
fn confirm(context: &Context<'_>, month: Month<'_>) -> Result<Played, String> {
    let said = || month.period.from.to_string();
    let Some(bill) = bill(context.plan, month.period.from) else {
        return Err(format!("added up, nothing has a price on {}", said()));
    };
    if bill != month.total {
        return Err(format!(
            "added up, it is {bill} a month on {}, and not {}",
            said(),
            month.total
        ));
    }
    match bill > month.limit {
        true => Ok(Played::Out),
        false => Err(format!(
            "added up, {bill} a month on {} are allowed",
            said()
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use thrice_plan::Plan;
    use thrice_quantity::Currency;

    use super::super::decide;
    use super::*;
    use crate::testing::{self, assert_refused, plan_of};

    const POLICY: &str = r#"
phase t0 = 2026-02-15
phase t1 = 2026-06-01
use std/home
host web at home/rack { runs cron; store disk; cost 4..8 EUR/month }
host more at home/rack since t1 { runs cron; store disk; cost 5 EUR/month }
cost domain { 1..2 EUR/month; once 9 EUR }
class db is state on web.disk:/db
require cost <= BUDGET EUR/month
"#;

    fn plan(budget: &str) -> Plan {
        plan_of(&POLICY.replace("BUDGET", budget))
    }

    /// How many budgets are said to be too small, and how many of them were played.
    fn told(budget: &str) -> (usize, usize) {
        let plan = plan(budget);
        let (codes, replayed, rest_on) = testing::told(&plan, Obligation::Cost, decide);
        assert!(rest_on.is_empty());
        (codes.len(), replayed)
    }

    fn euros(amount: i64) -> Money {
        Money {
            ten_thousandths: amount * 10_000,
            currency: Currency::Eur,
        }
    }

    #[test]
    fn a_month_that_is_too_dear_is_added_up() {
        assert_eq!(told("15"), (0, 0));
        assert_eq!(told("14"), (1, 1), "from the second phase on");
        assert_eq!(told("9"), (2, 2));
    }

    #[test]
    fn a_month_that_is_not_is_an_internal_error() {
        let plan = plan("14");
        let context = Context::new(&plan, Rc::default());
        let said = |index: usize, total: i64, limit: i64| {
            let month = Month {
                period: &plan.periods[index],
                total: euros(total),
                limit: euros(limit),
            };
            (confirm(&context, month), month)
        };
        assert_eq!(said(1, 15, 14).0, Ok(Played::Out));
        let other = "added up, it is 10 EUR a month on 2026-02-15, and not 15 EUR";
        assert_eq!(said(0, 15, 14).0, Err(other.to_owned()));
        let (allowed, month) = said(0, 10, 10);
        let why = "added up, 10 EUR a month on 2026-02-15 are allowed";
        assert_eq!(allowed, Err(why.to_owned()));
        let mut out = Verification::default();
        assert!(!is_borne_out(&context, &mut out, month));
        assert_refused(&context, "are allowed");
    }
}
