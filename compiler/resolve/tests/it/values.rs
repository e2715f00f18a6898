//! Phases, quantities, schedules, retentions, texts and paths.

use insta::assert_snapshot;
use jiff::civil::date;
use thrice_quantity::schedule::ScheduleZone;

use crate::support::{codes, model, shown, with_places};

#[test]
fn phases_are_numbered_by_their_dates() {
    let model = model(
        "phase nas = app + 6 months { slip 2 weeks }\nphase app = t0 + 6 weeks\nphase t0 = 2026-02-15\nphase day = t0",
    );
    let phases: Vec<_> = model
        .phases
        .iter()
        .map(|(_, p)| (&*p.named.name, p.start, p.slip_days))
        .collect();
    assert_eq!(
        phases,
        [
            ("day", date(2026, 2, 15), 92),
            ("t0", date(2026, 2, 15), 92),
            ("app", date(2026, 3, 29), 92),
            ("nas", date(2026, 9, 29), 14),
        ]
        .map(|(name, start, slip)| (name, start, slip))
    );
    assert_eq!(model.policy.start, date(2026, 2, 15));
    assert_eq!(model.policy.end, date(2029, 2, 15));
}

#[test]
fn a_lifetime_names_its_phase() {
    let source = "phase nas = t0 + 1 month\nphase t0 = 2026-02-15\nprovider p { site s }
host h at p/s since nas";
    let model = model(source);
    let since = model.hosts.iter().next().unwrap().1.lifetime.since.unwrap();
    assert_eq!(model.phases[since].named.name, "nas");
}

#[test]
fn phases_refused() {
    assert_snapshot!(shown(
        "phase a = b + 1 month
phase b = c
phase c = a
phase d = 2026-02-30
phase e = 2026-02-15 + 3
phase f = 2026-02-15 { slip 5 MB }
phase g = d + 1 week
phase h = 2026-02-15 + 9999 years
phase i 2026-02-15
phase j = tomorrow
provider p { site s }
host x at p/s since a until d"
    ));
    assert_snapshot!(shown(
        "phase t0 = 2026-02-15
phase t1 = t0 + 1 day
phase far = t0 + 9000 years
provider p { site s }
host x at p/s since t1 until t0
host y at p/s until t0 since t0"
    ));
}

#[test]
fn years_that_no_policy_speaks_of() {
    assert_snapshot!(shown(
        "phase a = 0001-01-01
phase b = 1969-12-31
phase c = 1970-01-01
phase d = 2199-12-31
phase e = 2200-01-01
phase f = d + 1 day
provider p { site s }
scenario \"late\" { lose site p/s at 2199-12-31; lose site p/s a day later; judged at d }"
    ));
}

#[test]
fn a_policy_and_its_defaults() {
    let policy = model("policy vpai \"VPAI: all\" {\n language 1; timezone \"Europe/Paris\"\n horizon 5 years; response time 24h }").policy;
    assert_eq!((&*policy.named.name, &*policy.title), ("vpai", "VPAI: all"));
    assert_eq!(
        policy.start,
        date(2026, 11, 20),
        "the as-of date where there is no phase"
    );
    assert_eq!(policy.end, date(2031, 11, 20));
    assert!(policy.response_stated);
    let policy = model("").policy;
    assert_eq!((&*policy.named.name, &*policy.timezone), ("folder", "UTC"));
    assert_eq!(policy.response.to_string(), "3 d");
    assert!(!policy.response_stated);
}

#[test]
fn policies_refused() {
    assert_snapshot!(shown(
        "policy vpai \"VPAI\" { language 2; horizon 3 MB; response time 72; timezone Europe }
policy other { horizont 3 years; horizon 0 days }
policy \"no name\""
    ));
}

#[test]
fn secrets_are_refused() {
    assert_snapshot!(shown(
        "provider a \"password=hunter2\"
provider b \"https://hc-ping.com/2f1d9a34-1111-4c5e-9e1f-0a1b2c3d4e5f\"
provider c \"AKIAIOSFODNN7EXAMPLE\"
provider d \"-----BEGIN PRIVATE KEY-----\"
provider e \"bad \\q escape\""
    ));
}

#[test]
fn schedules_refused() {
    assert_snapshot!(shown(
        "schedule a = dayly at 03:00
schedule b = daily at 25:00
schedule c = yearly on 02-30 at 04:00
schedule d = monthly on 32 at 04:00
schedule e = every 7 min
schedule f = every 90 s
schedule g = weekly on Sonday at 03:00
schedule h = daily at 03:00 \"Europe/Pari\"
schedule i = daily at 03:00 Europe/Paris
schedule j = daily 03:00
schedule k = hourly at minute 60
schedule l = daily at 03:00 UTC sharp
schedule m = daily at
schedule n"
    ));
}

#[test]
fn schedules_that_are_warned_about() {
    assert_snapshot!(shown(&with_places(
        "schedule a = monthly on 31 at 04:00
schedule b = monthly on 29 at 04:00
schedule c = yearly on 02-29 at 04:00
schedule harmless = daily at 02:30 UTC
nas n at home/rack { timezone \"Europe/Paris\"; store tank { snapshots daily at 02:30 keep 30 } }
nas o at home/rack { timezone \"Europe/Paris\"; store tank { snapshots harmless keep 30 } }"
    )));
}

#[test]
fn every_form_of_schedule_is_accepted() {
    let forms = [
        "hourly at minute 15",
        "every 15 min",
        "every 2 hours UTC",
        "daily at 03:00",
        "daily at 03:00, 15:00 UTC",
        "weekly on Sunday at 03:00",
        "monthly on 1 at 05:00 \"Europe/Paris\"",
        "yearly on 01-01 at 04:00",
        "on demand",
    ];
    for form in forms {
        let source = format!("schedule s = {form}");
        let store = with_places(&format!(
            "{source}\nnas n at home/rack {{ store t {{ snapshots s keep 3 }}; store u {{ snapshots {form} keep 3 }} }}"
        ));
        let model = model(&store);
        let schedules: Vec<_> = model
            .stores
            .iter()
            .map(|(_, s)| s.snapshots.clone().unwrap().0)
            .collect();
        assert_eq!(schedules[0], schedules[1], "{form}");
        let zone = &schedules[0].zone;
        assert_eq!(*zone == ScheduleZone::Utc, form.ends_with("UTC"), "{form}");
        assert_eq!(
            *zone == ScheduleZone::Named("Europe/Paris".into()),
            form.contains("Paris")
        );
    }
}

#[test]
fn retentions_refused() {
    assert_snapshot!(shown(
        "retention a = keep 7 dayly
retention b = keep 0 daily
retention c = keep 7 daily, 3 daily
retention d = keep within 30
retention e = keep within 90 min
retention f = 7 daily
retention g = keep unlimited
retention h = keep 3 last, within 7d daily, within 1 year monthly, unlimited yearly"
    ));
    assert_eq!(
        codes(
            "retention ok = keep 3 last, 24 hourly, unlimited daily, within 30d, within 7d daily"
        ),
        [""; 0]
    );
}

#[test]
fn paths_refused() {
    assert_snapshot!(shown(&with_places(
        "host h at home/rack { store s { mounted at /a/../b; readers \"x\" of \"docs\" } }
key k { file relative }
key l { file \"/a/./b\" }
repository r in h.s:/a/.. { key k }
repository q in h.s:\"/with space/\" { key l }"
    )));
}

#[test]
fn quantities_refused() {
    assert_snapshot!(shown(&with_places(
        "host h at home/rack {
    store a { capacity 80 }
    store b { capacity 80 mb }
    store c { capacity 80 days }
    store d { capacity 90..80 GB }
    store e { capacity 99999999999 TB }
    store f { capacity 0.5 B }
    store g { capacity large }
    store h { capacity 80 GB..1 day }
    cost 1..2 EUR
    once 1..2 EUR
}"
    )));
}

#[test]
fn a_slip_ends_within_a_century() {
    let phase = |slip: &str| codes(&format!("phase t0 = 2026-02-15 {{ slip {slip} }}"));
    assert_eq!(phase("36525 days"), [""; 0]);
    for longer in ["36526 days", "101 years", "99999999999999 days"] {
        assert_eq!(phase(longer), ["T0305"], "{longer}");
    }
}

#[test]
fn no_time_is_longer_than_a_century() {
    let response = |time: &str| codes(&format!("policy p {{ response time {time} }}"));
    assert_eq!(response("36525 days"), [""; 0]);
    for longer in ["36526 days", "4294967296m", "9999999999999 weeks"] {
        assert_eq!(response(longer), ["T0305"], "{longer}");
    }
}

/// Nothing would be looked at of it, and all that is asked for in it would seem to hold.
#[test]
fn no_phase_begins_after_the_horizon() {
    let phases = |horizon: &str, second: &str| {
        codes(&format!(
            "policy p {{ {horizon} }}\nphase t0 = 2026-02-15\nphase t1 = {second}"
        ))
    };
    assert_eq!(phases("horizon 1 year", "2027-02-15"), [""; 0]);
    assert_eq!(phases("horizon 1 year", "t0 + 366 days"), ["T0305"]);
    assert_eq!(phases("", "2029-06-01"), ["T0305"]);
    assert_eq!(phases("horizon 4 years", "2029-06-01"), [""; 0]);
}
