//! A lock holds on to what was written for so long, and no longer.

use thrice_model::Obligation;

use super::common::{case, codes, judged, message, verdict};

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

/// A mirror that carries deletions on, in a bucket that keeps what they took for a week: who is mistaken sees it within
/// two days, and has a day to act.
const OLD_VERSIONS: &str = r#"
policy p "p" { horizon 2 years; response time 1 day }
provider far { site one; site two; supports versioning, lifecycle }
provider bank { site safe }
monitor deadman { healthchecks at "HC"; hosted by bank }
host h1 at far/one { link LINK; runs cron; has rclone 1.75.2; store disk }
object_storage s3 at far/two { endpoint "s3.example.org"; bucket main "main-bucket" { versioning on } }
credential writer { account s3; may read, write, delete on s3.main; held on h1 }
class a is files on h1.disk:/a { size 30..30 GB; churn 1..1 MB/day; noticed within 2 days; ASKED }
sync up of a to s3.main:/a by h1.cron { daily at 03:00 UTC; taking 1m..1h; credential writer; monitor deadman }
expire old of s3.main after 7 days by upload { noncurrent }
require survive any 1 of operator for a
"#;

#[test]
fn old_versions_are_there_until_the_restore_is_done() {
    let found = |link: &str, asked: &str| {
        let text = OLD_VERSIONS.replace("LINK", link).replace("ASKED", asked);
        judged(&text)
    };
    let is_safe = |link: &str, asked: &str| {
        let found = found(link, asked);
        assert!(
            !codes(&found).contains(&"T1401"),
            "{link} {asked} {}",
            message(&found, "T1401")
        );
        verdict(&found, Obligation::Survival, "a").holds
    };
    assert!(is_safe("100 MB/s", ""));
    assert!(is_safe("100 MB/s", "rto 2 days"));
    // The response is part of the time to restore: two days, then five of them.
    assert!(is_safe("400 kB/s", "rto 5 days"));
    assert!(!is_safe("400 kB/s", "rto 6 days"));
    let told = case(&found("400 kB/s", "rto 6 days"), "T1201");
    let told = told.join("\n");
    assert!(
        told.contains("reach back 7 d there, and it may take 8 d until what was lost is back"),
        "{told}"
    );
}

/// A rule for old versions below another prefix takes none of these.
#[test]
fn old_versions_go_by_the_rules_of_their_own_place() {
    let is_safe = |rules: &str| {
        let text = OLD_VERSIONS
            .replace("LINK", "100 MB/s")
            .replace("ASKED", "");
        let found = judged(&[&text, rules].concat());
        verdict(&found, Obligation::Survival, "a").holds
    };
    let other = |place: &str| {
        format!("expire more of s3.main:{place} after 1 days by upload {{ noncurrent }}\n")
    };
    assert!(is_safe(""));
    assert!(is_safe(&other("/b")));
    assert!(!is_safe(&other("/a")));
    assert!(!is_safe(&other("/")));
    // A part of what lies there is not kept for long enough.
    assert!(!is_safe(&other("/a/docs")));
}

/// A lock counts from the upload, a rule for old versions from when they become old: what was uploaded longer ago than
/// the lock lasts goes by the rule alone.
#[test]
fn a_lock_holds_no_old_version_of_what_was_uploaded_long_ago() {
    let judge = |class: &str, step: &str, (days, lock): (u32, &str), fault: &str| {
        let text = format!(
            r#"
policy p "p" {{ horizon 2 years; response time 72h }}
provider far {{ site one; site two; supports versioning, lifecycle, object-lock }}
provider bank {{ site safe }}
monitor deadman {{ healthchecks at "HC"; hosted by bank }}
vault envelope at bank/safe
key k {{ held on h1, envelope; file "/etc/k" }}
host h1 at far/one {{ runs cron; has restic 0.18.0, rclone 1.75.2; store disk }}
object_storage s3 at far/two {{ endpoint "s3.example.org"; bucket main "main-bucket" {{ versioning on; {lock} }} }}
credential writer {{ account s3; may read, write, delete on s3.main; held on h1; profile "w" }}
repository r in s3.main:/r {{ engine restic 0.18.0; key k; credential writer }}
class a is {class} on h1.disk:/a {{ size 1..2 GB; noticed within 7 days; retain at least 60 days }}
{step} {{ daily at 03:00 UTC; taking 1m..30m; credential writer; monitor deadman }}
expire old of s3.main after {days} days by upload {{ noncurrent }}
require survive any 1 of {fault} for a
"#
        );
        let found = judged(&text);
        // What goes by the rules and not in the play would be told.
        assert!(found.internal.is_empty(), "{:?}", found.internal);
        let survives = verdict(&found, Obligation::Survival, "a").holds;
        assert_eq!(
            survives,
            !codes(&found).contains(&"T1201"),
            "{:?}",
            codes(&found)
        );
        survives
    };
    let copy = "copy up of a to s3.main:/a by h1.cron";
    let sync = "sync up of a to s3.main:/a by h1.cron";
    let backup = "backup up of a to r by h1.cron";
    for (class, step, fault) in [
        ("items", copy, "compromise"),
        ("items", sync, "operator"),
        ("files", sync, "compromise"),
        ("files", sync, "operator"),
        ("files", sync, "corruption"),
        ("files", backup, "compromise"),
    ] {
        let is_safe = |days: u32, lock: &str| judge(class, step, (days, lock), fault);
        let told = format!("{class} {step} {fault}");
        assert!(is_safe(11, ""), "{told}");
        assert!(!is_safe(1, ""), "{told}");
        assert!(!is_safe(1, "lock compliance 30d"), "{told}");
        assert!(!is_safe(1, "lock governance 30d"), "{told}");
        assert!(is_safe(11, "lock compliance 30d"), "{told}");
        // As long as the policy looks ahead, whatever it is.
        assert!(is_safe(1, "lock compliance 800d"), "{told}");
        // Written once, and asked for for 60 days; a file lies there for as long as nobody changes it.
        let once = class == "items";
        assert_eq!(is_safe(1, "lock compliance 75d"), once, "{told}");
        assert_eq!(is_safe(1, "lock governance 75d"), once, "{told}");
        assert!(!is_safe(1, "lock compliance 65d"), "{told}");
    }
}
