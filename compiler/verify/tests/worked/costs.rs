//! What cannot be added up.

use super::*;

fn costs(one: &str, other: &str) -> String {
    let text = format!("cost one {{ {one}/month }}\ncost other {{ {other}/month }}\n");
    let found = judged(&policy(&[&text]));
    message(&found, "T2402")
}

#[test]
fn why_costs_cannot_be_added_up_is_said() {
    assert!(costs("1 EUR", "1 USD").contains("different currencies"));
    let most = "900000000000000 EUR";
    assert!(costs(most, most).contains("too great"));
}

/// Costs of one currency and a budget of another cannot be compared; that is told once, and nothing replays wrongly.
#[test]
fn a_budget_in_another_currency_is_not_known_to_be_kept() {
    let found = |cost: &str, budgets: &str| {
        let text = format!("phase t1 = 2026-06-01\ncost domain {{ {cost}/month }}\n{budgets}\n");
        judged(&policy(&[&text]))
    };
    let other = found("10 USD", "require cost <= 15 EUR/month");
    assert_eq!(codes(&other), ["T2402"]);
    let told = other
        .findings
        .iter()
        .filter(|f| f.diagnostic.code.0 == "T2402");
    assert_eq!(told.count(), 1, "not again in each period");
    assert_eq!(
        message(&other, "T2402"),
        "costs in USD cannot be compared with a budget in EUR"
    );
    let engine = verdict(&other, Obligation::Cost, "p").engine;
    assert_eq!(engine, Engine::Unknown);
    assert!(codes(&found("10 EUR", "require cost <= 15 EUR/month")).is_empty());
    // The budget that can be compared still is.
    let two = "require cost <= LIMIT EUR/month\nrequire cost <= 15 USD/month";
    let two = |limit: &str| codes(&found("10 EUR", &two.replace("LIMIT", limit)));
    assert_eq!(two("15"), ["T2402"]);
    assert_eq!(two("9"), ["T2402", "T2401"]);
}

/// What lies above the volume that a price includes is paid for as well.
#[test]
fn what_is_above_the_included_volume_is_in_no_budget() {
    let told = |included: &str, size: &str, budget: &str| {
        let text = [PLACES, CLOUD].concat();
        let text = text.replace(
            "endpoint \"s3.example.org\"",
            &format!("endpoint \"s3.example.org\"; included {included}; cost 1..3 EUR/month"),
        );
        let steps = format!(
            "class scans is items on vps.disk:/scans {{ {size} growth 0..0 %/month }}\n\
             copy scans_up of scans to s3.main:/scans by vps.cron {{ daily at 04:00; taking 1m..1h; credential writer; monitor \
             deadman }}\n{budget}\n"
        );
        let found = judged(&[text, steps].concat());
        let mut all = found.findings.iter().map(|f| &f.diagnostic);
        let told = all.find(|d| d.code.0 == "T2403")?;
        let severity = match size {
            "" => Severity::Note,
            _ => Severity::Warning,
        };
        assert_eq!(told.severity, severity);
        Some(told.message.clone())
    };
    let budget = "require cost <= 10 EUR/month";
    assert_eq!(
        told("10 GB", "size 5..11 GB;", budget).as_deref(),
        Some("`s3` may hold 11 GB in `t0`, and its price includes 10 GB")
    );
    assert!(told("11 GB", "size 5..11 GB;", budget).is_none());
    assert!(told("10 GB", "size 5..11 GB;", "").is_none(), "nobody asks");
    let unknown = "whether `s3` holds more than its price includes is not known: no size of `scans` is stated";
    assert_eq!(told("10 GB", "", budget).as_deref(), Some(unknown));
    assert!(told("10 GB", "", "").is_none(), "nobody asks");
}

/// Nobody says what anything costs: what the storage's price includes is exceeded all the same.
#[test]
fn what_is_above_the_included_volume_is_told_where_no_cost_is_stated() {
    let told = |included: &str| {
        let text = [PLACES, CLOUD].concat();
        let text = text.replace(
            "endpoint \"s3.example.org\"",
            &format!("endpoint \"s3.example.org\"; included {included}"),
        );
        let steps = "class scans is items on vps.disk:/scans { size 5..11 GB; growth 0..0 %/month }\n\
             copy scans_up of scans to s3.main:/scans by vps.cron { daily at 04:00; taking 1m..1h; credential writer; monitor \
             deadman }\nrequire cost <= 10 EUR/month\n";
        let found = judged(&[&text, steps].concat());
        assert!(message(&found, "T2602").ends_with("nothing says what anything costs a month"));
        let mut codes = found.findings.iter().map(|f| f.diagnostic.code.0);
        codes.any(|code| code == "T2403")
    };
    assert!(told("10 GB"));
    assert!(!told("11 GB"));
}
