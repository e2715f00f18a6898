//! A requirement that is fulfilled whatever the policy does proves nothing, and says so.

use super::common::{judged, message};

const PLACES: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
phase t0 = 2026-02-15
phase later = 2026-08-15
provider far { site one; site two }
host h1 at far/one { runs cron; has rclone 1.75.2; store disk }
host h2 at far/two { runs cron; has rclone 1.75.2; store disk; store large { capacity 1 TB } }
network n { joins h1, h2 }
class a is items on h1.disk:/a
class b is files on h1.disk:/b until later
copy up of a, b to h2.disk:/x by h1.cron { daily at 03:00 }
"#;

fn nothing(requirement: &str) -> Option<String> {
    let found = judged(&[PLACES, requirement].concat());
    let mut codes = found.findings.iter();
    let is_told = codes.any(|finding| finding.diagnostic.code.0 == "T2602");
    is_told.then(|| message(&found, "T2602"))
}

#[test]
fn what_asks_for_nothing_is_told() {
    for (requirement, why) in [
        (
            "require history of 28 days with gap 2 days for a",
            "has no earlier versions",
        ),
        (
            "require copies >= 9 for b since later",
            "none of its classes is there",
        ),
        ("require rpo <= 1h for all state", "no class is selected"),
        ("require headroom 20 % on h2.disk", "how much room there is"),
        ("require cost <= 4 EUR/month", "what anything costs a month"),
        (
            "cost setup { once 1 EUR }\nrequire cost <= 4 EUR/month",
            "what anything costs a month",
        ),
        (
            "cost dns until later { 1 EUR/month }\nrequire cost <= 4 EUR/month since later",
            "what anything costs a month",
        ),
    ] {
        let told = nothing(requirement);
        assert!(
            told.as_ref().is_some_and(|told| told.contains(why)),
            "{requirement}: {told:?}"
        );
    }
    for requirement in [
        "require history of 28 days with gap 2 days for a, b",
        "require copies >= 9 for b since t0",
        "require copies >= 9 for a, b since later",
        "require headroom 20 % on h2.large",
        "require headroom 20 % on h2",
        "cost dns { 1 EUR/month }\nrequire cost <= 4 EUR/month",
        "cost dns since later { 1 EUR/month }\nrequire cost <= 4 EUR/month",
    ] {
        assert_eq!(nothing(requirement), None, "{requirement}");
    }
}

#[test]
fn what_another_requirement_asks_for_as_well_is_told() {
    let adds_nothing = |one: &str, other: &str| {
        let text = format!("{PLACES}require {one} for a\nrequire {other} for a\n");
        let found = judged(&text);
        let mut codes = found.findings.iter();
        codes.any(|finding| finding.diagnostic.code.0 == "T2609")
    };
    for (more, less) in [
        ("rpo <= 26h", "rpo <= 50h"),
        (
            "rpo <= 26h, guaranteed <= 3 days",
            "rpo <= 26h, guaranteed <= 9 days",
        ),
        ("rpo <= 26h, guaranteed <= 3 days", "rpo <= 30h"),
        ("rto <= 4h", "rto <= 9h"),
        (
            "history of 28 days with gap 2 days",
            "history of 20 days with gap 2 days",
        ),
        (
            "history of 28 days with gap 2 days",
            "history of 28 days with gap 9 days",
        ),
        ("survive any 2 of host, key", "survive any 1 of key"),
        ("survive any 1 of host, key", "survive any 1 of key, host"),
    ] {
        assert!(adds_nothing(more, less), "{more}: {less}");
        assert!(adds_nothing(less, more), "{less}: {more}");
    }
    for (one, other) in [
        ("rpo <= 26h", "rpo <= 50h, guaranteed <= 9 days"),
        (
            "history of 28 days with gap 9 days",
            "history of 20 days with gap 2 days",
        ),
        ("survive any 2 of host", "survive any 1 of key"),
        ("rto <= 4h", "rpo <= 9h"),
    ] {
        assert!(!adds_nothing(one, other), "{one}: {other}");
    }
}
