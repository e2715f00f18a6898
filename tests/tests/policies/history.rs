//! What keep rules leave, worked out by the iterated forget of restic, against what is asked for.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]
#![expect(
    clippy::indexing_slicing,
    reason = "ids index the tables of their own model"
)]

use jiff::tz::TimeZone;
use thrice_model::{ClassId, Demand, StepTarget, Verb};
use thrice_retention::{Regular, steady_history};

use crate::judge::read;

/// The backups of classes whose keep rules leave a wider hole than the policy asks for, or reach less
/// far back.
fn short_histories(folder: &str) -> Vec<String> {
    let (_, model, _) = read(folder, |_, text| text);
    let model = model.unwrap();
    let mut out = Vec::new();
    for requirement in &model.requirements {
        let Demand::History { reach, gap } = requirement.demand else {
            continue;
        };
        let asked = |class: &ClassId| requirement.selection.classes.contains(class);
        for (_, step) in model
            .steps
            .iter()
            .filter(|(_, s)| s.classes.iter().any(|(c, _)| asked(c)))
        {
            let (
                Verb::Backup {
                    keep: Some((rules, _)),
                    ..
                },
                StepTarget::Repository(repository, _),
            ) = (&step.verb, &step.target)
            else {
                continue;
            };
            let (schedule, _) = step.timing.schedule.as_ref().unwrap();
            let regular = Regular {
                schedule,
                zone: &TimeZone::UTC,
                stored: &TimeZone::UTC,
            };
            let history =
                steady_history(rules, model.repositories[*repository].restic, regular).unwrap();
            let widest = history.unwrap().widest_gap_within(reach);
            if widest.is_none_or(|widest| widest > gap) {
                let widest = widest.map_or("less".to_owned(), |w| w.to_string());
                out.push(format!("{} {reach}: {widest}", step.named.name));
            }
        }
    }
    out
}

/// Nobody gets two years from `2 yearly`, nor six months from `6 monthly`, nor four weeks from `4 weekly`.
#[test]
fn keep_rules_reach_as_far_as_promised() {
    assert_eq!(short_histories("vpai/hardened"), Vec::<String>::new());
    insta::assert_snapshot!(short_histories("vpai/as-written").join("\n"));
}
