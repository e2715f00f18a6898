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

/// What takes two faults is not told of each of them.
#[test]
fn of_faults_that_strike_together_it_is_said_that_they_do() {
    let text = PLACES.to_owned()
        + "class docs is files on vps.disk:/docs { size 1..2 GB }\n\
           copy near of docs to tower.tank:/docs by tower.cron { daily at 02:00; taking 1m..5m; monitor deadman }\n";
    let only = |count: u32| {
        judged(&format!(
            "{text}require survive any {count} of site for docs\n"
        ))
        .only_live
    };
    assert_eq!(only(1), ["`docs` in `t0` if site `home/rack` is lost"]);
    let third = "provider far { site off }\nhost far_box at far/off { runs cron; has rclone 1.75.2; store d { medium hdd } }\n\
                 network both { joins vps, far_box }\n\
                 copy wide of docs to far_box.d:/docs by far_box.cron { daily at 02:00; taking 1m..5m; monitor deadman }\n";
    let found = judged(&format!(
        "{text}{third}require survive any 2 of site for docs\n"
    ));
    assert_eq!(
        found.only_live,
        ["`docs` in `t0` if site `far/off` is lost and site `home/rack` is lost"]
    );
}
