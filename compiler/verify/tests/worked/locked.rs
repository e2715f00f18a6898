//! A lock holds on to what was written for so long, and no longer.

use thrice_model::Obligation;

use super::common::{codes, judged, verdict};

/// A server, and a bucket with a lock.
const PLACES: &str = r#"
policy p "p" { horizon 2 years; response time 1h }
provider far { site one; site two }
host h1 at far/one { runs cron; has rclone 1.75.2; store disk }
object_storage s3 at far/two { endpoint "s3.example.org"; bucket main "main-bucket" { LOCK } }
credential writer { account s3; may read, write on s3.main; held on h1 }
"#;

fn is_locked(lock: &str, steps: &str) -> bool {
    let text = [&PLACES.replace("LOCK", lock), steps].concat();
    let found = judged(&text);
    !codes(&found).contains(&"T1104")
}

#[test]
fn what_is_written_once_is_locked_as_long_as_anybody_asks_for_it() {
    for kind in ["items", "files"] {
        let kept = |lock: &str, kept: &str| {
            let lock = format!("lock compliance {lock}");
            let step = "copy up of a to s3.main:/a by h1.cron { daily at 03:00; taking 1m..1h; credential writer }";
            let class = format!("class a is {kind} on h1.disk:/a {{ {kept} }}\n");
            is_locked(
                &lock,
                &[&class, step, "\nrequire copies >= 2, locked >= 1 for a"].concat(),
            )
        };
        assert!(!kept("30d", ""), "it stays longer than it is locked");
        assert!(!kept("30d", "retain at least 60 days"));
        assert!(kept("60d", "retain at least 60 days"));
        assert!(kept("800d", ""));
    }
}

#[test]
fn a_dump_is_locked_until_the_next_one_is_there() {
    let weekly = |lock: &str| {
        is_locked(
            &format!("lock compliance {lock}"),
            r#"class a is state on h1.disk:/a
            capture dump of a to h1.disk:/dump by h1.cron { weekly on Sunday at 02:00; method program; runs "/d"; atomic; taking 1m..5m }
            copy up of a from dump to s3.main:/a by h1.cron { weekly on Sunday at 03:00; after dump; latest only; taking 1m..5m; credential writer }
            require copies >= 2, locked >= 1 for a"#,
        )
    };
    assert!(!weekly("7d"));
    assert!(weekly("40d"));
}

#[test]
fn a_lock_that_a_machine_can_lift_is_none() {
    let step = "class a is items on h1.disk:/a { retain at least 20 days }
        copy up of a to s3.main:/a by h1.cron { daily at 03:00; taking 1m..1h; credential writer }
        require copies >= 2, locked >= 1 for a\n";
    let root = "credential root { account s3; may administer on s3.main; held on h1 }";
    assert!(is_locked("lock governance 30d", step));
    assert!(!is_locked("lock governance 30d", &[step, root].concat()));
    assert!(is_locked("lock compliance 30d", &[step, root].concat()));
}

/// Whoever may administer a bucket deletes in it what no lock holds on to.
fn is_destroyed(kind: &str, lock: &str, kept: &str) -> bool {
    let lock = format!("lock compliance {lock}");
    let text = format!(
        "{}credential root {{ account s3; may read, write, delete, administer on s3.main; held on h1 }}\n\
         class a is {kind} on h1.disk:/a {{ noticed within 14 days; {kept} }}\n\
         copy up of a to s3.main:/a by h1.cron {{ daily at 03:00; taking 1m..1h; credential writer; immutable }}\n\
         require survive any 1 of compromise, credential for a\n",
        PLACES.replace("LOCK", &lock)
    );
    let found = judged(&text);
    let all = [Obligation::Survival, Obligation::Deletion];
    let [survives, is_kept] = all.map(|of| verdict(&found, of, "a").holds);
    assert_eq!(survives, is_kept, "{:?}", codes(&found));
    !survives
}

#[test]
fn what_is_locked_for_as_long_as_anybody_asks_for_it_cannot_be_destroyed() {
    assert!(!is_destroyed("items", "1000d", ""));
    assert!(!is_destroyed("items", "120d", "retain at least 90 days"));
    // Somebody must notice before the lock ends.
    assert!(is_destroyed("items", "95d", "retain at least 90 days"));
    assert!(is_destroyed("items", "120d", ""));
    // A file may lie there for longer, unchanged.
    assert!(is_destroyed("files", "120d", "retain at least 90 days"));
    assert!(!is_destroyed("files", "1000d", ""));
}
