//! What is decided for one of several classes that are alike holds for all of them: so they must be alike in all that
//! it rests on, and whoever is asked about must be asked about.

use thrice_model::Obligation;

use super::common::{judged, verdict};

/// Two hosts and a bucket, each elsewhere.
const PLACES: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
provider far { site one; site two; site three }
host h1 at far/one { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
host h2 at far/two { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
host h3 at far/three { runs cron; has restic 0.18.0, rclone 1.75.2; store disk }
network n { joins h1, h2, h3 }
vault safe at far/three
key k { held on safe; file "/etc/k" }
"#;

/// Whether survival holds of `a` and `b`, asked about each by itself: with both there, what is said of one must be
/// what is said of it alone.
fn survive(steps: &str) -> [bool; 2] {
    let found = judged(&[PLACES, steps].concat());
    ["a", "b"].map(|class| verdict(&found, Obligation::Survival, class).holds)
}

#[test]
fn a_requirement_need_not_name_the_first_of_classes_alike() {
    let asked = |of: &str| {
        survive(&format!(
            "class a is files on h1.disk:/a
            class b is files on h1.disk:/b
            copy ca of a to h2.disk:/a by h2.cron {{ daily at 03:00 }}
            copy cb of b to h2.disk:/b by h2.cron {{ daily at 03:00 }}
            require survive any 2 of host for {of}"
        ))
    };
    assert_eq!(asked("a"), [false, true]);
    assert_eq!(
        asked("b"),
        [true, false],
        "the first one is not asked about"
    );
    assert_eq!(asked("a, b"), [false, false]);
}
