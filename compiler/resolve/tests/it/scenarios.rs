//! Cases to play: moments, and what can be said wrong.

use thrice_model::{Expected, Mishap, Target};
use thrice_quantity::Seconds;

use crate::support::{model, shown};

const PLACES: &str = "\
policy p \"P\" { timezone \"Europe/Paris\"; response time 24h }
phase t0 = 2026-02-15
provider home { site rack }
host server at home/rack since t0 { runs cron; store disk { medium nvme }; store usb { medium hdd } }
credential writer { may write on server.usb }
class documents is files on server.disk:/documents
";

fn instants(clauses: &str) -> Vec<String> {
    let model = model(&format!("{PLACES}scenario \"case\" {{\n{clauses}\n}}"));
    let strikes = model.scenarios.iter().flat_map(|case| &case.strikes);
    strikes.map(|strike| strike.at.to_string()).collect()
}

#[test]
fn moments_are_read_on_the_clock_of_the_policy() {
    assert_eq!(
        instants(
            "lose server at 2026-06-01\nlose server at 2026-06-01 14:30\n\
             lose server on 2026-06-01 at 14:30\nlose server at t0 + 1 month\n\
             lose server at t0 + 1 month at 06:00"
        ),
        [
            "2026-03-14T23:00:00Z",
            "2026-03-15T05:00:00Z",
            "2026-05-31T22:00:00Z",
            "2026-06-01T12:30:00Z",
            "2026-06-01T12:30:00Z",
        ],
        "in the order of time"
    );
}

#[test]
fn later_is_later_than_what_stands_before() {
    // 29 March is the day on which the clocks go forward: a day later is the same time of the day.
    assert_eq!(
        instants(
            "lose server at 2026-03-28 12:00\nrot server.usb a day later\nrot server.disk 2 weeks later"
        ),
        [
            "2026-03-28T11:00:00Z",
            "2026-03-29T10:00:00Z",
            "2026-04-12T10:00:00Z"
        ]
    );
}

#[test]
fn it_is_judged_after_the_response_time_unless_said() {
    let judged = |clause: &str| {
        let text = format!(
            "{PLACES}scenario \"case\" {{\nlose store server.usb at 2026-06-01 02:00\n{clause}\nexpect documents recoverable losing at most 3 days\n}}"
        );
        let model = model(&text);
        let scenario = &model.scenarios[0];
        assert!(matches!(
            scenario.strikes[0].mishap,
            Mishap::Lose(Target::Store(_))
        ));
        assert_eq!(
            scenario.expectations[0].outcome,
            Expected::Recoverable(Some(Seconds::days(3)))
        );
        scenario.judged.to_string()
    };
    assert_eq!(judged(""), "2026-06-02T00:00:00Z");
    assert_eq!(judged("judged 3 days later"), "2026-06-04T00:00:00Z");
}

#[test]
fn mistakes_in_scenarios() {
    insta::assert_snapshot!(shown(&format!(
        "{PLACES}\
scenario \"no name\" {{ lose host servr at 2026-06-01; rot server.usb a day later }}
scenario \"no moment\" {{ lose host server; corrupt documents tomorrow }}
scenario \"later than what\" {{ lose host server 2 days later }}
scenario \"too early\" {{ lose host server at 2026-06-01; judged at 2026-05-31 }}
scenario \"nothing\" {{ expect documents lost }}
scenario \"what then\" {{ lose host server at 2026-06-01; expect documents fine }}
scenario \"no such time\" {{ lose host server at 2026-06-31; steal credential writer at 2026-06-01 25:00 }}
scenario \"key and credential\" {{ steal key writer at 2026-06-01; destroy server.usb at 2026-06-01 }}
scenario burn {{ lose server at 2026-06-01 }}"
    )));
}
