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

#[test]
fn versions_that_reach_back_less_far_are_not_alike() {
    let told = survive(
        "repository r in h2.disk:/r { engine restic 0.18.0; key k }
        class a is state on h1.disk:/a { noticed within 7 days }
        class b is state on h1.disk:/b { noticed within 7 days }
        backup ba of a to r by h1.cron { daily at 03:00; keep within 60d }
        backup bb of b to r by h1.cron { daily at 03:00; keep 2 last }
        require survive any 1 of corruption for a, b",
    );
    assert_eq!(told, [true, false]);
}

/// Under a lock lies the newest set of a state as long as that is the newest; a file that nobody changes any more does
/// not.
#[test]
fn classes_of_different_kinds_are_not_alike() {
    let told = survive(
        r#"object_storage s3 at far/two { endpoint "s3.example.org"; bucket main "main-bucket" { lock compliance 30d } }
        credential root { account s3; may read, write, delete, administer on s3.*; held on h1 }
        class a is state on h1.disk:/a { noticed within 7 days }
        class b is files on h1.disk:/b { noticed within 7 days }
        copy ca of a to s3.main:/a by h1.cron { daily at 03:00; credential root }
        copy cb of b to s3.main:/b by h1.cron { daily at 03:00; credential root }
        require survive any 1 of compromise for a, b"#,
    );
    assert_eq!(told, [true, false]);
}

#[test]
fn what_another_host_prunes_is_not_alike() {
    let told = survive(
        "repository ra in h2.disk:/ra { engine restic 0.18.0; key k }
        repository rb in h2.disk:/rb { engine restic 0.18.0; key k }
        class a is state on h1.disk:/a { noticed within 7 days }
        class b is state on h1.disk:/b { noticed within 7 days }
        backup ba of a to ra by h2.cron { daily at 03:00; keep within 60d }
        backup bb of b to rb by h2.cron { daily at 03:00; keep within 60d }
        prune pb of rb by h3.cron { daily at 12:00 }
        copy xa of a to h3.disk:/a by h3.cron { daily at 03:00; immutable }
        copy xb of b to h3.disk:/b by h3.cron { daily at 03:00; immutable }
        require survive any 2 of compromise for a, b",
    );
    assert_eq!(told, [true, false]);
}

/// The store keeps what is deleted in it, but not for as long as that stays unseen.
#[test]
fn what_a_mirror_puts_aside_is_not_alike() {
    let told = survive(
        "host h4 at far/two { runs cron; has rclone 1.75.2; store tank { snapshots daily at 00:30 keep 3 } }
        network v { joins h1, h4 }
        class a is files on h1.disk:/a { noticed within 30 days }
        class b is files on h1.disk:/b { noticed within 30 days }
        sync sa of a to h4.tank:/a by h4.cron { daily at 03:00; backup dir h4.tank:/aside }
        sync sb of b to h4.tank:/b by h4.cron { daily at 03:00 }
        require survive any 1 of operator for a, b",
    );
    assert_eq!(told, [true, false]);
}

/// What a requirement asks for is survival's; of the others this obligation tells.
#[test]
fn who_can_destroy_everything_is_told_of_all_that_no_requirement_names() {
    let told = |of: &str| {
        let found = judged(
            &[
                PLACES,
                &format!(
                    "class a is files on h1.disk:/a
                    class b is files on h1.disk:/b
                    copy ca of a to h2.disk:/a by h1.cron {{ daily at 03:00 }}
                    copy cb of b to h2.disk:/b by h1.cron {{ daily at 03:00 }}
                    require survive any 1 of compromise for {of}"
                ),
            ]
            .concat(),
        );
        let mut told = found
            .findings
            .iter()
            .filter(|f| f.diagnostic.code.0 == "T1801");
        told.find_map(|finding| finding.diagnostic.subject.clone())
    };
    assert_eq!(told("a").as_deref(), Some("b"));
    assert_eq!(told("b").as_deref(), Some("a"));
    assert_eq!(told("a, b"), None);
}
