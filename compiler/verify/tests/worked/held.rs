//! What holds keys off line is lost with its site, also where nothing else stands there.

use super::*;

/// Copies of the database at two places, and a key that is held by some.
fn with(held: &str, require: &str) -> Verification {
    let second = "repository near in tower.tank:/restic { engine restic 0.18.0; key k }\n\
                  backup up_near of db from dump to near by vps.cron { daily at 05:00; keep 30 daily; taking 1m..10m; monitor deadman }\n";
    let text = policy(&[second, require, "\n"]);
    judged(&text.replace(
        "key k { held on envelope;",
        &format!("key k {{ held on {held};"),
    ))
}

fn lost(found: &Verification) -> Vec<String> {
    let all = found.findings.iter().map(|f| &f.diagnostic);
    let lost = all.filter(|d| d.code.0 == "T1201");
    lost.map(|d| d.message.clone()).collect()
}

#[test]
fn an_envelope_falls_with_its_site_and_provider() {
    let two = "require survive any 2 of site for db";
    assert_eq!(
        lost(&with("vps, envelope", two)),
        ["nothing of `db` is left in `t0` if site `bank/safe` is lost and site `ovh/one` is lost"]
    );
    assert!(lost(&with("vps, envelope, tower", two)).is_empty());
    let two = "require survive any 2 of provider for db";
    assert_eq!(
        lost(&with("vps, envelope", two)).len(),
        1,
        "the bank and the machine's provider"
    );
    assert!(lost(&with("vps, envelope, tower", two)).is_empty());
}

/// The only holder is gone while the data is there: what matters is what is left without the data.
#[test]
fn one_envelope_alone_is_one_place() {
    let asked = "require survive any 1 of site for db";
    assert_eq!(
        lost(&with("envelope", asked)),
        ["nothing of `db` is left in `t0` if site `bank/safe` is lost"]
    );
    assert!(lost(&with("vps, envelope", asked)).is_empty());
    // Nobody has asked: whoever holds one envelope has one key.
    assert!(codes(&with("envelope", "")).is_empty());
}
