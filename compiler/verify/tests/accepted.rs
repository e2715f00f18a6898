//! What an acceptance covers, and what it leaves.

mod common;

use common::{PLACES, judged};
use thrice_diagnostics::Severity;
use thrice_verify::Verification;

/// The policy's places with more said of them.
fn with(more: &str) -> Verification {
    judged(&format!("{PLACES}{more}"))
}

/// Who accepts something for as long as it matters here.
fn accept(what: &str) -> String {
    format!("accept {what} because \"x\" by \"a\", \"b\" until 2027-06-30\n")
}

/// The messages of a code.
fn told(found: &Verification, code: &str) -> Vec<String> {
    let all = found.findings.iter().map(|f| &f.diagnostic);
    let told = all.filter(|d| d.code.0 == code);
    told.map(|d| d.message.clone()).collect()
}

/// How many findings each acceptance covers.
fn covers(found: &Verification) -> Vec<usize> {
    found.accepted.iter().map(|risk| risk.covers).collect()
}

/// Whether any acceptance is said to cover nothing.
fn is_empty(found: &Verification) -> bool {
    !told(found, "T2605").is_empty()
}

const CLASSES: &str = "
repository safe in s3.main:/ { engine restic 0.18.0; key k; credential writer }
class one is files on vps.disk:/one { noticed within 7 days; size 1..2 GB; churn 0..1 GB/day; growth 0..1 %/month }
class two is files on vps.disk:/two { noticed within 7 days; size 1..2 GB; churn 0..1 GB/day; growth 0..1 %/month }
class third is files on vps.disk:/third { noticed within 7 days; size 1..2 GB; churn 0..1 GB/day; growth 0..1 %/month }
";

/// Three backups, each with more in its block.
fn backups(more: [&str; 3]) -> String {
    let [a, b, c] = more;
    format!(
        "{CLASSES}\
         backup n of one to safe by vps.cron {{ daily at 03:00 UTC; keep 14 daily; taking 1m..30m; {a} }}\n\
         backup n2 of two to safe by vps.cron {{ daily at 05:00 UTC; keep 14 daily; taking 1m..30m; {b} }}\n\
         backup n3 of third to safe by vps.cron {{ daily at 07:00 UTC; keep 14 daily; taking 1m..30m; {c} }}\n"
    )
}

const WATCHED: &str = "monitor deadman";

#[test]
fn who_accepts_that_one_step_is_not_watched_accepts_it_of_no_other() {
    let policy = backups(["", "", WATCHED]);
    assert_eq!(
        told(&with(&policy), "T2501"),
        ["`n` and `n2` report to no monitor"]
    );
    let one = with(&(policy.clone() + &accept("alarm for step n")));
    assert_eq!(told(&one, "T2501"), ["`n2` reports to no monitor"]);
    assert_eq!(covers(&one), [1]);
    assert!(!is_empty(&one));
    // Who accepts both has accepted all of it: one finding, as it would be told.
    let both = with(&(policy.clone() + &accept("alarm for step n, step n2")));
    assert_eq!(told(&both, "T2501"), [""; 0]);
    assert_eq!(covers(&both), [1]);
    let two = accept("alarm for step n") + &accept("alarm for step n2");
    let apart = with(&(policy.clone() + &two));
    assert_eq!(told(&apart, "T2501"), [""; 0]);
    assert_eq!(covers(&apart), [1, 1]);
    assert!(!is_empty(&apart));
    // What covers nothing is told of it, as before.
    let other = with(&(policy + &accept("alarm for step n3")));
    assert!(is_empty(&other));
    assert_eq!(told(&other, "T2501").len(), 1);
}

#[test]
fn a_monitor_that_falls_with_two_steps_does_so_with_the_one_that_nobody_accepts() {
    let own = "monitor kuma { healthchecks at \"HC_PING_KEY\"; on vps }\n";
    let watched = "monitor kuma";
    let policy = backups([watched, watched, watched]) + own;
    let found = with(&(policy.clone() + &accept("alarm for step n")));
    assert_eq!(
        told(&with(&policy), "T2502"),
        ["`kuma` falls with the host on which `n`, `n2` and `n3` run"]
    );
    assert_eq!(
        told(&found, "T2502"),
        ["`kuma` falls with the host on which `n2` and `n3` run"]
    );
    assert_eq!(covers(&found), [1]);
}

/// What is told of a monitor and of those that no other listens to.
#[test]
fn who_accepts_it_of_a_monitor_accepts_it_of_all_that_report_to_it() {
    let own = "monitor kuma { healthchecks at \"HC_PING_KEY\"; on vps }\n\
               monitor other { healthchecks at \"HC_PING_KEY_2\"; on vps }\n";
    let policy = backups(["monitor kuma", "monitor kuma", "monitor other"]) + own;
    let other = "`other` falls with the host on which `n3` runs";
    let all = told(&with(&policy), "T2502");
    let mine = "`kuma` falls with the host on which `n` and `n2` run";
    assert_eq!(all, [mine, other]);
    let found = with(&(policy.clone() + &accept("alarm for monitor kuma")));
    assert_eq!(told(&found, "T2502"), [other]);
    assert_eq!(covers(&found), [1]);
    assert!(!is_empty(&found));
    // That a step reports to none is told of no monitor: then it is said what to name.
    let policy = backups([WATCHED, WATCHED, ""]);
    let found = with(&(policy + &accept("alarm for monitor deadman")));
    assert_eq!(told(&found, "T2501"), ["`n3` reports to no monitor"]);
    let mut all = found.findings.iter().map(|f| &f.diagnostic);
    let empty = all.find(|d| d.code.0 == "T2605");
    let help = empty.and_then(|d| d.help.as_deref()).unwrap_or_default();
    assert!(help.contains("accept alarm for step NAME"), "{help}");
}

#[test]
fn rights_that_one_step_may_lack_the_other_lacks_all_the_same() {
    let places = PLACES.replace("may read, write, delete", "may read, write");
    let policy = places + &backups([WATCHED; 3]);
    let all = told(&judged(&policy), "T2319");
    assert_eq!(
        all,
        ["`writer` may not delete on `s3.main`, as `n`, `n2` and `n3` must"]
    );
    let found = judged(&(policy.clone() + &accept("capability for step n, step n3")));
    assert_eq!(
        told(&found, "T2319"),
        ["`writer` may not delete on `s3.main`, as `n2` must"]
    );
    assert_eq!(covers(&found), [1]);
}

#[test]
fn a_program_that_is_missing_for_one_step_is_missing_for_the_others() {
    let places = PLACES.replacen("has restic 0.18.0, rclone 1.75.2; ", "", 1);
    let policy = places + &backups([WATCHED; 3]);
    let found = judged(&(policy.clone() + &accept("capability for step n")));
    assert_eq!(
        told(&found, "T2316"),
        ["`n2` and `n3` need restic, and nothing says that `vps` has it"]
    );
    // Of the host it is accepted for all that run there.
    let found = judged(&(policy + &accept("capability for host vps")));
    assert_eq!(told(&found, "T2316"), [""; 0]);
    assert_eq!(covers(&found), [1]);
}

/// Two that prune, and one that copies the repository meanwhile.
fn mirrored(first: &str, second: &str) -> String {
    let block = "keep 14 daily; prune; taking 1m..30m; monitor deadman";
    format!(
        "{CLASSES}\
         network mesh {{ joins vps, tower }}\n\
         credential rd {{ account s3; may read on s3.*; held on tower }}\n\
         backup n of one to safe by vps.cron {{ daily at {first} UTC; {block} }}\n\
         backup n2 of two to safe by vps.cron {{ daily at {second} UTC; {block} }}\n\
         sync m of s3.main to tower.tank:/m by tower.cron {{ daily at 03:10 UTC; credential rd; taking 5m..2h; monitor deadman }}\n"
    )
}

#[test]
fn a_pair_of_steps_that_meet_takes_no_other_pair_along() {
    let policy = mirrored("03:00", "03:40");
    let other = ["`m` may copy `safe` while `n2` deletes in it"];
    assert_eq!(told(&with(&policy), "T2101").len(), 1);
    // Each is mirrored while it deletes, and before it is done: two findings.
    let found = with(&(policy.clone() + &accept("time-table for step n")));
    assert_eq!(told(&found, "T2101"), other);
    assert_eq!(covers(&found), [2]);
    // Who accepts it of what both meet, or of where, has accepted both.
    for (both, count) in [
        ("step m", 2),
        ("repository safe", 1),
        ("step n, step n2", 2),
    ] {
        let found = with(&(policy.clone() + &accept(&format!("time-table for {both}"))));
        assert_eq!(told(&found, "T2101"), [""; 0], "{both}");
        assert_eq!(covers(&found), [count], "{both}");
    }
    // Of one manner: both at once.
    let found = with(&(mirrored("03:00", "03:00") + &accept("time-table for step n")));
    assert_eq!(told(&found, "T2101"), other);
}

#[test]
fn readers_that_come_too_early_do_so_each_for_its_own_writer() {
    let reader = |name: &str, of: &str, from: &str| {
        format!(
            "capture {from} of {of} to vps.disk:/dumps/{from} by vps.cron {{ daily at 02:00 UTC; method files; taking 1m..3h; monitor deadman }}\n\
             backup {name} of {of} from {from} to safe by vps.cron {{ daily at 03:00 UTC; keep 14 daily; taking 1m..30m; monitor deadman }}\n"
        )
    };
    let policy = CLASSES.to_owned() + &reader("n", "one", "d") + &reader("n2", "two", "d2");
    let codes = ["T2104", "T2105", "T2106"];
    let said = |found: &Verification| -> Vec<String> {
        codes.iter().flat_map(|code| told(found, code)).collect()
    };
    let all = said(&with(&policy));
    assert!(
        all.iter().all(|message| message.contains("`n` and `n2`")),
        "{all:?}"
    );
    assert!(!all.is_empty());
    let left = said(&with(&(policy + &accept("time-table for step d"))));
    assert_eq!(left.len(), all.len());
    let others = |message: &String| message.contains("`n2`") && !message.contains("`n`");
    assert!(left.iter().all(others), "{left:?}");
}

const OLD: &str = "
repository safe in s3.main:/ { engine restic 0.18.0; key k; credential writer }
class site is files on vps.disk:/srv { noticed within 7 days; fields { rest internal } }
class two is files on vps.disk:/two { noticed within 7 days; fields { rest internal } }
require rpo <= 12h for site, two
backup n of site, two to safe by vps.cron { daily at 03:00 UTC; keep 14 daily; prune; taking 1m..30m; monitor deadman }
";

#[test]
fn the_age_after_one_loss_is_accepted_as_it_is_told() {
    let found = with(OLD);
    let of = |names: &str, fault: &str| {
        format!(
            "the newest copy of {names} can be 1 d 30 min old in `t0` if {fault} is lost; at most 12 h is asked for"
        )
    };
    let all = told(&found, "T1301");
    assert_eq!(all, [of("`site` and `two`", "host `vps`")]);
    let found = with(&(OLD.to_owned() + &accept("recovery-point for site, two of host vps")));
    assert_eq!(told(&found, "T1301"), [""; 0]);
    assert!(!is_empty(&found));
    // Of one class, and of no other.
    let found = with(&(OLD.to_owned() + &accept("recovery-point for site of host vps")));
    assert_eq!(told(&found, "T1301"), [of("`two`", "host `vps`")]);
    assert_eq!(covers(&found), [1]);
    // Of one loss, and of no other: that of its disk alone is one more.
    let disk = OLD.to_owned() + "require survive any 1 of store for site, two\n";
    let found = with(&(disk.clone() + &accept("recovery-point for site, two of host vps")));
    assert_eq!(
        told(&found, "T1301"),
        [of("`site` and `two`", "store `vps.disk`")]
    );
    let found = with(&(disk.clone() + &accept("recovery-point for site, two of store vps.disk")));
    assert_eq!(
        told(&found, "T1301"),
        [of("`site` and `two`", "host `vps`")]
    );
    assert!(!is_empty(&found));
    let both = accept("recovery-point for site, two of store vps.disk")
        + &accept("recovery-point for site, two of host vps");
    let found = with(&(disk + &both));
    assert_eq!(told(&found, "T1301"), [""; 0]);
    assert!(!is_empty(&found));
    // Of what loses nothing here there is nothing to accept.
    let found = with(&(OLD.to_owned() + &accept("recovery-point for site of host tower")));
    assert_eq!(told(&found, "T1301"), all);
    assert!(is_empty(&found));
}

#[test]
fn what_was_accepted_of_one_loss_until_some_day_has_ended_and_is_not_empty() {
    let ended = "accept recovery-point for site of store vps.disk because \"x\" by \"a\" until 2026-02-20\n";
    let asked = "require survive any 1 of store for site\n";
    let found = with(&(OLD.to_owned() + asked + ended));
    assert!(!is_empty(&found));
    assert_eq!(told(&found, "T2604").len(), 1);
    assert!(!told(&found, "T1301").is_empty());
}

#[test]
fn what_runs_miss_is_accepted_of_one_loss_as_well() {
    let policy = OLD.replace("rpo <= 12h", "rpo <= 30h, guaranteed <= 2 days");
    let found = with(&policy);
    assert_eq!(
        told(&found, "T1303").len(),
        1,
        "{:?}",
        told(&found, "T1303")
    );
    let found = with(&(policy + &accept("recovery-point for site, two of host vps")));
    assert_eq!(told(&found, "T1303"), [""; 0]);
    assert!(!is_empty(&found));
}

/// What hostile hands overwrite where it lives, and are seen late.
#[test]
fn what_a_credential_costs_is_accepted_of_that_credential() {
    let text = r#"
policy p "p" { horizon 2 years; response time 72h }
phase t0 = 2026-02-15
provider ovh { site two }
provider cloud { site one }
provider bank { site safe }
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
vault envelope at bank/safe
key k { held on box, envelope; file "/etc/k" }
host box at ovh/two { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium hdd } }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object } }
credential w { account s3; may read, write, delete on s3.main; held on box; profile "w" }
repository r in box.disk:/r { engine restic 0.18.0; key k }
class site is files on s3.main:/live { noticed within 2 days }
class two is files on s3.main:/two { noticed within 2 days }
copy c of site, two to box.disk:/c by box.cron { daily at 01:00, 07:00, 13:00, 19:00 UTC; taking 1m..30m; monitor deadman }
backup b of site, two from c to r by box.cron { daily at 02:00, 08:00, 14:00, 20:00 UTC; taking 1m..30m; keep 3 last, 8 weekly; prune; monitor deadman }
require survive any 1 of credential for site, two
require rpo <= 26h for site, two
"#;
    let of = |names: &str| {
        format!(
            "after what hostile hands do that is seen and put right within 5 d, the newest version of {names} from before \
             it can be 7 d older than it; at most 26 h is asked for"
        )
    };
    let told_with = |what: &str| {
        let found = judged(&(text.to_owned() + what));
        (told(&found, "T1305"), covers(&found), is_empty(&found))
    };
    let all = vec![of("`site` and `two`")];
    assert_eq!(told_with("").0, all);
    let mine = accept("recovery-point for site, two of credential w");
    assert_eq!(told_with(&mine), (Vec::new(), vec![2], false));
    // Of one class, and of no other.
    let one = accept("recovery-point for site of credential w");
    assert_eq!(told_with(&one), (vec![of("`two`")], vec![1], false));
    // Of another loss.
    let other = accept("recovery-point for site, two of host box");
    assert_eq!(told_with(&other), (all, vec![0], true));
}

/// What is said of several classes at once is said on, with a word about whose share is borne.
#[test]
fn who_accepts_it_for_one_class_leaves_it_for_the_others() {
    let policy = "class one is state on vps.disk:/one { parts a; size 1..2 GB }\n\
                  class two is state on vps.disk:/two { parts b; size 1..2 GB }\n\
                  capture d of one, two to vps.disk:/dumps by vps.cron { daily at 02:00; method pg_dump; atomic; taking 1m..5m; \
                  monitor deadman }\n\
                  copy n of one, two from d to tower.tank:/dumps by tower.cron { daily at 03:00; include \"*.sql\"; taking 1m..5m; \
                  monitor deadman }\n"
        .to_owned();
    let message = ["`n` leaves out `a-latest.dump` and `b-latest.dump` of `one` and `two`"];
    assert_eq!(told(&with(&policy), "T2321"), message);
    let found = with(&(policy.clone() + &accept("capability for one")));
    assert_eq!(told(&found, "T2321"), message);
    let mut left = found
        .findings
        .iter()
        .filter(|f| f.diagnostic.code.0 == "T2321");
    let left = &left.next().unwrap().diagnostic;
    assert_eq!(left.subject.as_deref(), Some("two"));
    let said: Vec<&str> = left
        .labels
        .iter()
        .map(|label| label.text.as_str())
        .collect();
    assert!(
        said.contains(&"accepted for `one`: what is left is about `two`"),
        "{said:?}"
    );
    assert_eq!(covers(&found), [1]);
    let both = with(&(policy + &accept("capability for one, two")));
    assert_eq!(told(&both, "T2321"), [""; 0]);
}

/// Whoever renews an acceptance before it ends is not told that the new one covers nothing.
#[test]
fn an_acceptance_that_goes_on_where_another_one_ends_covers_what_that_one_does() {
    let policy = backups(["", WATCHED, WATCHED]);
    let until = |day: &str| accept("alarm for step n").replace("2027-06-30", day);
    let renewed = with(&(policy.clone() + &until("2027-01-01") + &until("2027-06-30")));
    assert!(!is_empty(&renewed) && told(&renewed, "T2501").is_empty());
    assert_eq!(covers(&renewed), [1, 0]);
    // In whichever order they stand.
    let twice = with(&(policy.clone() + &until("2027-06-30") + &until("2027-01-01")));
    assert_eq!(covers(&twice), [1, 0]);
    // What ends on the same day covers nothing that is not covered anyway.
    let same = with(&(policy + &until("2027-06-30") + &until("2027-06-30")));
    assert!(is_empty(&same));
}

#[test]
fn being_accepted_is_no_use() {
    let idle = "host idle at home/rack { }\n";
    let policy = backups([WATCHED; 3]) + idle;
    let told = |found: &Verification, code: &str| {
        let mut all = told(found, code);
        all.retain(|message| !message.contains("`t0`") && !message.contains("`tower`"));
        all
    };
    assert_eq!(told(&with(&policy), "T2601"), ["nothing uses `idle`"]);
    let found = with(&(policy.clone() + &accept("sense for host idle")));
    assert_eq!(told(&found, "T2601"), [""; 0]);
    assert_eq!(covers(&found), [1]);
    assert!(!is_empty(&found));
    // Nor is it to be one of whose loss something is accepted.
    let found = with(&(policy + &accept("survival for one of host idle")));
    assert_eq!(told(&found, "T2601"), ["nothing uses `idle`"]);
    assert!(is_empty(&found));
    let severity = |found: &Verification| {
        found
            .findings
            .iter()
            .all(|f| f.diagnostic.severity != Severity::Error)
    };
    assert!(severity(&found));
}

/// An `rto` is asked of all that a class needs: who accepts that of what is needed has not accepted it of who needs it.
#[test]
fn that_what_is_needed_comes_late_is_late_for_who_needs_it() {
    let pics = |size: &str| {
        let places = PLACES.replacen("store disk {", "link 12 MB/s; store disk {", 1);
        format!(
            "{places}repository safe in s3.main:/ {{ engine restic 0.18.0; key k; credential writer }}\n\
             class shop is files on vps.disk:/shop {{ size 1..1 GB; growth 0..0 %/month; churn 0..1 GB/day; rto 5h; restore setup 30m; \
             needs pics }}\n\
             class pics is files on vps.disk:/pics {{ {size} growth 0..0 %/month; churn 0..1 GB/day; restore setup 30m }}\n\
             backup ns of shop, pics to safe by vps.cron {{ daily at 03:00 UTC; keep 14 daily; taking 1m..1h; monitor deadman }}\n"
        )
    };
    let asked = |size: &str, more: &str| {
        let found = judged(&(pics(size) + more));
        let (late, unknown) = (told(&found, "T1401"), told(&found, "T1402"));
        let holds = found
            .verdicts
            .iter()
            .any(|v| v.obligation.word() == "recovery-time" && v.subject == "shop" && v.holds);
        (late.len(), unknown.len(), holds)
    };
    assert_eq!(asked("size 1..1 GB;", ""), (0, 0, true));
    assert_eq!(asked("size 1000..1000 GB;", ""), (1, 0, false));
    let needed = accept("recovery-time for pics");
    assert_eq!(asked("size 1000..1000 GB;", &needed), (1, 0, false));
    let both = accept("recovery-time for pics, shop");
    assert_eq!(asked("size 1000..1000 GB;", &both), (0, 0, false));
    assert_eq!(asked("", &needed), (0, 1, false));
    assert_eq!(asked("", &both), (0, 0, false));
}

/// What three have in common two of them have, whoever accepts it of the third.
#[test]
fn of_three_that_stand_in_each_others_way_two_still_do() {
    let dump = |name: &str, of: &str| {
        format!(
            "capture {name} of {of} to vps.disk:/dumps/{name} by vps.cron {{ daily at 01:00 UTC; method files; runs \"/opt/dump\"; taking 1m..5m; monitor deadman }}\n"
        )
    };
    let three = backups([WATCHED; 3]) + &dump("a", "one") + &dump("b", "two") + &dump("c", "third");
    assert_eq!(
        told(&with(&three), "T2505"),
        ["`a`, `b` and `c` fail together: all of them are `/opt/dump`"]
    );
    let found = with(&(three.clone() + &accept("alarm for step a")));
    assert_eq!(
        told(&found, "T2505"),
        ["`b` and `c` fail together: all of them are `/opt/dump`"]
    );
    assert_eq!(covers(&found), [1]);
    // Of one nobody is left with whom it would fail.
    let two = accept("alarm for step a") + &accept("alarm for step b");
    let found = with(&(three + &two));
    assert_eq!(told(&found, "T2505"), [""; 0]);
    assert_eq!(covers(&found), [1, 1]);

    let one_place = "host box at home/rack { store a { medium hdd }; store b { medium hdd }; store c { medium hdd } }\n";
    let found = with(&(backups([WATCHED; 3]) + one_place + &accept("sense for store box.a")));
    let names = told(&found, "T2622");
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(
        names[0].starts_with("`box.b` and `box.c` are mounted"),
        "{names:?}"
    );
    assert_eq!(covers(&found), [1]);
}

/// Each of three fits through the line, and no two of them do.
#[test]
fn who_is_left_is_too_much_for_a_line_without_those_that_somebody_accepts() {
    let places = PLACES.replacen("store disk {", "link 5 MB/s; store disk {", 1);
    let copy = |name: &str| {
        format!(
            "class c_{name} is items on vps.disk:/{name} {{ size 10..10 GB; growth 0..0 %/month; churn 10..10 GB/day }}\n\
             copy {name} of c_{name} to s3.main:/{name} by vps.cron {{ daily at 03:00 UTC; taking 1m..1h; monitor deadman }}\n"
        )
    };
    let policy = [places, copy("a"), copy("b"), copy("c")].concat();
    let slow = |more: &str| {
        let found = judged(&(policy.clone() + more));
        let mut all = told(&found, "T2108");
        for message in &mut all {
            let end = message.find([':']).unwrap_or(message.len());
            message.truncate(end);
        }
        all
    };
    let all = "all be done in time";
    assert_eq!(slow(""), [format!("`a`, `b` and `c` cannot {all}")]);
    assert_eq!(
        slow(&accept("time-table for step a")),
        [format!("`b` and `c` cannot {all}")]
    );
    // Those that somebody accepts carry on all the same.
    let two = accept("time-table for step a") + &accept("time-table for step b");
    assert_eq!(slow(&two), ["`c` may not be done in time beside `b`"]);
    let three = two + &accept("time-table for step c");
    assert_eq!(slow(&three), [""; 0]);
}

/// What fails where phases come in another order is one warning; what is accepted of it is told apart.
#[test]
fn of_what_fails_out_of_order_that_is_left_which_nobody_accepts() {
    let policy = "
policy p \"p\" { horizon 2 years; response time 24h }
phase t0 = 2026-01-01 { slip 0 days }
phase spring = 2026-03-01 { slip 32 days }
phase summer = 2026-04-01 { slip 0 days }
provider ovh { site one }
provider new { site one }
provider eye
monitor watch { healthchecks at \"PING\"; hosted by eye; grace 2h }
host vps at ovh/one { runs cron; has rclone 1.75.2; store disk { medium nvme; capacity 100 GB } }
host web at ovh/one { runs cron; has rclone 1.75.2; store disk { medium nvme; capacity 100 GB }; store near { medium hdd; capacity 100 GB } }
object_storage latter at new/one { bucket main { medium object } }
class media is items on vps.disk:/media since summer
class other is items on web.disk:/other since summer
copy away of media to latter.main:/media by vps.cron since spring { daily at 04:00; taking 1m..1h; monitor watch }
copy beside of other to web.near:/other by web.cron since summer { daily at 05:00; taking 1m..1h; monitor watch }
copy off of other to latter.main:/other by web.cron since spring { daily at 04:00; taking 1m..1h; monitor watch }
";
    let of = |class: &str, host: &str| {
        format!(
            "if `spring` comes only after `summer`: nothing of `{class}` is left in `summer` if host `{host}` is lost"
        )
    };
    let all = told(&judged(policy), "T1207");
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(all[0].contains(&of("media", "vps")), "{all:?}");
    assert!(all[0].contains("survival of `other`"), "{all:?}");
    // By the class alone, and by the one loss that does it, which is nowhere else.
    for what in ["survival for media", "survival for media of host vps"] {
        let found = judged(&(policy.to_owned() + &accept(what)));
        let left = told(&found, "T1207");
        assert_eq!(left.len(), 1, "{what}: {left:?}");
        assert!(left[0].contains(&of("other", "web")), "{what}: {left:?}");
        assert!(!left[0].contains("`media`"), "{what}: {left:?}");
        assert!(!is_empty(&found), "{what}");
    }
}
