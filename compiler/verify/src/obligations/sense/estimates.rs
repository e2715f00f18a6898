//! The figures of a document against what the plan comes to.

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::{ClassId, Estimate, EstimateOf, StoreId};
use thrice_plan::{CopyKind, Period};
use thrice_quantity::{Bytes, Interval};

use super::super::capacity::most;
use super::super::cost::{monthly, once};
use super::finding;
use crate::context::Context;
use crate::verification::Finding;
use crate::wording::during;

const MONEY: Code = Code("T2610");
const SIZE: Code = Code("T2611");
const TABLE: Code = Code("T2612");
const CHURN: Code = Code("T2613");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    for estimate in &context.plan.model.estimates {
        let periods: Vec<&Period> = context
            .plan
            .periods
            .iter()
            .filter(|p| Context::in_force(estimate.lifetime, p))
            .collect();
        let wrong = periods.iter().find_map(|p| differs(context, estimate, p));
        if let Some((code, message)) = wrong {
            let diagnostic = Diagnostic::warning(code, message)
                .at(estimate.span, "estimated here")
                .help("correct the estimate, or what it is about");
            out.push(finding(diagnostic, Vec::new(), Vec::new()));
        }
    }
}

fn differs(context: &Context<'_>, estimate: &Estimate, period: &Period) -> Option<(Code, String)> {
    let phase = during([period]);
    match &estimate.of {
        EstimateOf::Cost(said) => {
            let is = monthly(context.plan, period).total?;
            apart(*said, is).then(|| {
                (
                    MONEY,
                    format!("all together costs {is} a month{phase}, and the estimate says {said}"),
                )
            })
        }
        EstimateOf::Once(said) => {
            let is = once(context.plan, period)?;
            apart(*said, is).then(|| {
                (
                    MONEY,
                    format!("all together costs {is} once{phase}, and the estimate says {said}"),
                )
            })
        }
        EstimateOf::ClassSize(class, said) => {
            let class = &context.plan.model.classes[*class];
            let (is, _) = class.size?;
            apart(*said, is).then(|| {
                (
                    SIZE,
                    format!(
                        "`{}` has a size of {is}, and the estimate says {said}",
                        class.named.name
                    ),
                )
            })
        }
        EstimateOf::TotalSize(said) => {
            let classes = context.classes_in(period);
            let sizes = classes
                .iter()
                .map(|c| context.plan.model.classes[*c].size.map(|(s, _)| s));
            let is = sizes
                .collect::<Option<Vec<_>>>()?
                .into_iter()
                .reduce(|a, b| {
                    let low = a.low().saturating_add(b.low());
                    Interval::new(low, a.high().saturating_add(b.high()))
                        .unwrap_or(Interval::point(low))
                })?;
            apart(*said, is).then(|| (SIZE, format!("all classes together have a size of {is}{phase}, and the estimate says {said}")))
        }
        EstimateOf::Churn(said) => {
            let classes = context.classes_in(period);
            let high = classes
                .iter()
                .map(|c| {
                    context.plan.model.classes[*c]
                        .churn
                        .map(|(c, _)| c.high().bytes_per_day())
                })
                .sum::<Option<u64>>()?;
            let said_high = said.high().bytes_per_day();
            (high > said_high).then(|| {
                (
                    CHURN,
                    format!(
                        "up to {} are stored anew each day{phase}, and the estimate says {}",
                        Bytes(high).rounded(),
                        Bytes(said_high).rounded()
                    ),
                )
            })
        }
        EstimateOf::Copy {
            classes,
            store,
            offsite,
        } => table_row(context, classes, *store, *offsite, period),
        EstimateOf::StoreSize(store, said) => {
            let name = context.store_name(*store);
            let here = |copy: &thrice_plan::Copy| copy.location.store == *store;
            volume(name, most(context, period, &here).ok()?, *said, &phase)
        }
        EstimateOf::RepositorySize(repository, said) => {
            let name = &context.plan.model.repositories[*repository].named.name;
            let here = |copy: &thrice_plan::Copy| {
                copy.repository == Some(*repository)
                    && copy.location.store == context.plan.model.repositories[*repository].store
            };
            volume(name, most(context, period, &here).ok()?, *said, &phase)
        }
        EstimateOf::Period(_) => None,
    }
}

/// What is known of a volume is the most that it can come to: an estimate is wrong if it begins above
/// that, and not kept if it ends below.
fn volume(name: &str, most: Bytes, said: Interval<Bytes>, phase: &str) -> Option<(Code, String)> {
    let message = if most < said.low() {
        format!(
            "`{name}` holds no more than {}{phase}, and the estimate says {said}",
            most.rounded()
        )
    } else if most > said.high() {
        format!(
            "`{name}` can hold up to {}{phase}, and the estimate says {said}",
            most.rounded()
        )
    } else {
        return None;
    };
    Some((SIZE, message))
}

/// Whether two intervals have nothing in common.
fn apart<T: Copy + PartialOrd>(a: Interval<T>, b: Interval<T>) -> bool {
    a.intersection(&b).is_none()
}

/// A row of a 3-2-1 table: there is such a copy, and it is off site as the table says.
fn table_row(
    context: &Context<'_>,
    classes: &[ClassId],
    store: StoreId,
    offsite: bool,
    period: &Period,
) -> Option<(Code, String)> {
    let name = context.store_name(store);
    let here = context.plan.copies.iter().find(|(_, c)| {
        classes.contains(&c.class)
            && c.location.store == store
            && c.counts
            && c.kind != CopyKind::Seed
            && c.lifetime.contains(period.from)
    });
    let Some((_, copy)) = here else {
        return Some((
            TABLE,
            format!("no copy that counts lies on `{name}`{}", during([period])),
        ));
    };
    let home = context.plan.model.classes[copy.class].home.store;
    let is = context.site_of(home) != context.site_of(store);
    (is != offsite).then(|| {
        let (is, said) = if is {
            ("off site", "on site")
        } else {
            ("on site", "off site")
        };
        (
            TABLE,
            format!("the copy on `{name}` is {is}, the table calls it {said}"),
        )
    })
}
