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

#[test]
fn old_versions_that_go_by_another_rule_are_not_alike() {
    let told = |rule: &str| {
        survive(&format!(
            "object_storage s3 at far/three {{ endpoint \"s3.example.org\"; bucket main \"main-bucket\" {{ versioning on }} }}
            credential w {{ account s3; may read, write, delete on s3.main; held on h1; profile \"w\" }}
            class a is files on h1.disk:/a {{ noticed within 7 days }}
            class b is files on h1.disk:/b {{ noticed within 7 days }}
            sync sa of a to s3.main:/a by h1.cron {{ daily at 03:00; credential w }}
            sync sb of b to s3.main:/b by h1.cron {{ daily at 03:00; credential w }}
            expire old of s3.main:{rule} by upload {{ noncurrent }}
            require survive any 1 of operator for a, b"
        ))
    };
    assert_eq!(told("/b after 1 days"), [true, false]);
    assert_eq!(told("/a after 1 days"), [false, true]);
    assert_eq!(told("/ after 1 days"), [false, false]);
    assert_eq!(told("/b after 30 days"), [true, true]);
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

/// Who clears a place in a bucket can delete there.
#[test]
fn what_another_host_clears_is_not_alike() {
    let steps = |class: &str, by: &str| {
        format!(
            "class {class} is items on h1.disk:/{class} {{ retain at least 20 days }}
            copy c{class} of {class} to s3.main:/{class} by h2.cron {{ daily at 03:00; immutable }}
            expire e{class} of s3.main:/{class} after 60 days by upload {{ by {by}.cron; daily at 05:00 }}
            "
        )
    };
    let bucket = r#"object_storage s3 at far/two { endpoint "s3.example.org"; bucket main "main-bucket" }
        require survive any 1 of compromise for a, b
        "#;
    let told = |a: &str, b: &str| survive(&[bucket, &steps("a", a), &steps("b", b)].concat());
    assert_eq!(told("h1", "h3"), [false, true]);
    assert_eq!(told("h3", "h1"), [true, false]);
}

/// Each class is told of by itself, also where another one that is like it in some phases stood for it there.
#[test]
fn what_is_lost_is_the_class_and_not_one_that_is_like_it() {
    let told = |more: &str| {
        let found = judged(
            &[
                PLACES,
                "phase p0 = 2026-03-01
                phase p1 = p0 + 200 days
                class a is files on h1.disk:/a
                class b is files on h1.disk:/b
                copy ca of a to h2.disk:/a by h2.cron { daily at 03:00 }
                require survive any 1 of compromise for a, b
                ",
                more,
            ]
            .concat(),
        );
        let of_survival = found.findings.iter();
        let of_survival = of_survival.filter(|f| f.obligation == Obligation::Survival);
        let told = of_survival.map(|finding| {
            let case = finding.diagnostic.case.iter();
            let case: String = case.map(|event| event.what.clone()).collect();
            let subject = finding.diagnostic.subject.clone().unwrap_or_default();
            (
                finding.diagnostic.code.0,
                subject,
                case.contains("`ca`"),
                case.contains("`cb`"),
            )
        });
        told.collect::<Vec<_>>()
    };
    let found = told("copy cb of b to h2.disk:/b by h2.cron until p1 { daily at 03:00 }");
    assert!(found.iter().all(|(code, ..)| *code != "T1203"), "{found:?}");
    let of_b = found.iter().filter(|(_, subject, ..)| subject == "b");
    assert!(of_b.clone().count() > 0, "{found:?}");
    assert!(of_b.clone().all(|(_, _, with_a, _)| !with_a), "{found:?}");
    let accepted = told(
        "copy cb of b to h2.disk:/b by h2.cron { daily at 03:00 }
        require survive any 1 of host for a, b
        copy da of a to h2.disk:/xa by h2.cron { daily at 04:00 }
        accept survival for a of host h1 because \"so\" by \"x\", \"y\" until 2027-01-01",
    );
    assert!(
        accepted.iter().all(|(code, ..)| *code != "T1203"),
        "{accepted:?}"
    );
}

/// A copy that is new when a period begins is not filled then, though it ages as one that has been there for long.
#[test]
fn new_copies_are_not_as_old_as_others() {
    let steps = |class: &str, life: &str| {
        format!(
            "class {class} is files on h1.disk:/{class} {{ rpo 26h }}
            copy c{class} of {class} to h2.disk:/{class} by h2.cron since p1 {{ daily at 03:00; taking 1m..5m }}
            copy m{class} of {class} to h3.disk:/{class} by h3.cron{life} {{ monthly on 9 at 02:00; taking 1m..5m }}
            "
        )
    };
    let told = |classes: &[(&str, &str)]| {
        let all = classes.iter().map(|(class, life)| steps(class, life));
        let all: String = all.collect();
        let phases =
            "phase p0 = 2026-03-01 { slip 0 days }\nphase p1 = p0 + 90 days { slip 0 days }\n";
        let found = judged(&[PLACES, phases, &all].concat());
        let verdicts = found
            .verdicts
            .iter()
            .filter(|v| v.obligation == Obligation::RecoveryPoint && v.period == "p1");
        verdicts
            .map(|v| (v.subject.to_string(), v.note.to_string()))
            .collect::<Vec<_>>()
    };
    let (old, new) = (("a", ""), ("b", " since p1"));
    let alone = [told(&[old]), told(&[new])].concat();
    assert_ne!(
        alone.first().map(|(_, note)| note),
        alone.last().map(|(_, note)| note)
    );
    assert_eq!(told(&[old, new]), alone);
    let alone = [told(&[("a", " since p1")]), told(&[("b", "")])].concat();
    assert_eq!(told(&[("a", " since p1"), ("b", "")]), alone);
}

/// What one class must survive is nothing that another one lacks.
#[test]
fn a_history_fails_of_the_classes_that_must_survive_more() {
    let told = |of: &str| {
        let found = judged(
            &[
                PLACES,
                &format!(
                    "repository r in h2.disk:/r {{ engine restic 0.18.0; key k }}
                    class a is files on h1.disk:/a
                    class b is files on h1.disk:/b
                    backup x of a, b to r by h1.cron {{ daily at 03:00; keep 30 daily }}
                    copy ca of a to h3.disk:/a by h3.cron {{ daily at 04:00 }}
                    copy cb of b to h3.disk:/b by h3.cron {{ daily at 04:00 }}
                    require history of 7 days with gap 3 days for a, b
                    require survive loss of h2 and h1 for {of}"
                ),
            ]
            .concat(),
        );
        ["a", "b"].map(|class| verdict(&found, Obligation::History, class).holds)
    };
    assert_eq!(told("a"), [false, true]);
    assert_eq!(told("b"), [true, false]);
    assert_eq!(told("a, b"), [false, false]);
}
