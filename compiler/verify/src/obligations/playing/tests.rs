//! Places on days on which phases may come.

use jiff::civil::date;
use thrice_model::{Mishap, Strike, Target};
use thrice_simulate::{Case, Choices, simulate};

use super::*;
use crate::testing::plan_of;

const POLICY: &str = r#"
policy p "p" { horizon 6 months }
phase one = 2026-06-01
phase two = 2026-07-01 { slip 30 days }
provider home { site rack }
provider away { site one }
host vps at home/rack { runs cron; has rclone 1.75.2; store disk }
object_storage s3 at away/one until two { bucket main }
class db is state on vps.disk:/db
copy daily of db to s3.main:/daily by vps.cron { daily at 05:00 UTC; taking 1h..1h }
"#;

/// Whether anything is left of the class if its server is lost on a day.
fn is_left(plan: &Plan, day: Date) -> bool {
    let at = thrice_plan::calendar::midnight(day);
    let class = plan.model.classes.ids().next().unwrap();
    let server = plan.host_of(plan.model.classes[class].home.store);
    let case = Case {
        strikes: vec![Strike {
            at: timestamp(at).unwrap(),
            mishap: Mishap::Lose(Target::Host(server)),
            span: None,
        }],
        from: None,
        judged: timestamp(at).unwrap(),
        classes: [class].into(),
        choices: Choices::default(),
    };
    simulate(plan, &case)
        .outcomes
        .iter()
        .all(|o| o.recoverable())
}

/// A store that ends with a phase ends as late as that comes.
#[test]
fn places_end_as_late_as_their_phase_comes() {
    let plan = plan_of(POLICY);
    let (written, comes) = (date(2026, 7, 1), date(2026, 7, 21));
    assert!(is_left(&plan, date(2026, 6, 30)));
    assert!(!is_left(&plan, written));
    let late = late(&plan, &[(written, comes)].into());
    assert!(is_left(&late, date(2026, 7, 20)));
    assert!(!is_left(&late, comes));
}
