//! What comes back over one line, after what is asked about.

use super::*;
use crate::common::{finding, verdict};

/// Three machines with lines of 5 MB/s each, to which the storage gives less: 2.5 MB/s are 9 GB an hour.
const MACHINES: &str = r#"
policy p "p" { horizon 2 years; response time 72h }
phase t0 = 2026-02-15
provider ovh { site one; site two; site three }
provider cloud { site one }
provider bank { site safe }
host vps at ovh/one { runs cron; has restic 0.18.0, rclone 1.75.2; link 5 MB/s; store disk { medium nvme }; store spare { medium hdd } }
host web at ovh/two { runs cron; has restic 0.18.0, rclone 1.75.2; link 5 MB/s; store disk { medium nvme }; store spare { medium hdd } }
host app at ovh/three { runs cron; has restic 0.18.0, rclone 1.75.2; link 5 MB/s; store disk { medium nvme }; store spare { medium hdd } }
object_storage s3 at cloud/one { LINKendpoint "s3.example.org"; bucket main "main-bucket" { medium object } }
vault envelope at bank/safe
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
credential writer { account s3; may read, write on s3.main; held on vps, web, app; profile "w" }
"#;

/// A class that is copied to the machine's other disk and to the storage, and is to be back in so many minutes.
fn class(name: &str, host: &str, gb: u64, rto: &str) -> String {
    format!(
        "class {name} is files on {host}.disk:/{name} {{ size {gb}..{gb} GB; growth 0..0 %/month; {rto}restore setup 30m }}\n\
         copy beside_{name} of {name} to {host}.spare:/{name} by {host}.cron {{ daily at 03:00; taking 1m..2h; monitor deadman }}\n\
         copy away_{name} of {name} to s3.main:/{name} by {host}.cron {{ daily at 04:00; taking 1m..2h; monitor deadman }}\n"
    )
}

fn found(link: &str, rest: &[&str]) -> Verification {
    judged(&[&MACHINES.replace("LINK", link), &rest.concat() as &str].concat())
}

/// The classes that are back too late.
fn late(found: &Verification) -> Vec<String> {
    let all = found.verdicts.iter();
    let late = all.filter(|v| v.obligation == Obligation::RecoveryTime && !v.holds);
    let mut late: Vec<String> = late.map(|v| v.subject.to_string()).collect();
    late.sort_unstable();
    late
}

/// Nobody requires anything. The other disk of the machine is near, and gone with it: then the storage is left.
#[test]
fn the_loss_of_its_own_host_is_asked_about_without_a_requirement() {
    let near = class("db", "vps", 6, "rto 90m; ");
    let of = |link: &str| found(link, &[&near]);
    let slow = of("link 1 MB/s; ");
    assert_eq!(late(&slow), ["db"]);
    let told = message(&slow, "T1401");
    assert_eq!(
        told,
        "`db` cannot be back in time in `t0` if host `vps` is lost: 6 GB at 1 MB/s take 1 h 40 min, from 30 min after it on, and must be there after 1 h 30 min"
    );
    assert!(slow.plays[&Obligation::RecoveryTime].rest_on.is_empty());
    assert_eq!(slow.plays[&Obligation::RecoveryTime].replayed, 1);
    assert!(late(&of("link 2 MB/s; ")).is_empty());
    // Who has accepted it is not asked.
    let accepted = "accept recovery-time for db of host vps because \"a test\" by \"owner\" until 2027-12-31\n";
    let accepted = found("link 1 MB/s; ", &[&near, accepted]);
    assert!(!codes(&accepted).contains(&"T1401"));
}

/// Two that share a machine share its line when it is lost, though each by itself is in time; what lies on another machine
/// is still there.
#[test]
fn what_is_lost_with_the_host_comes_over_the_same_line() {
    let db = class("db", "vps", 6, "rto 90m; ");
    let spare = |host: &str| {
        class("other", host, 6, "rto 90m; ")
            .replace(".disk:/other {", ".spare:/other {")
            .replace(".spare:/other by", ".disk:/other by")
    };
    let both = found("link 2.5 MB/s; ", &[&db, &spare("vps")]);
    assert_eq!(late(&both), ["db", "other"]);
    let told = message(&both, "T1401");
    assert!(
        told.contains("`db` and `other` cannot all be back in time in `t0` if host `vps` is lost"),
        "{told}"
    );
    assert_eq!(both.plays[&Obligation::RecoveryTime].replayed, 1);
    let apart = found("link 2.5 MB/s; ", &[&db, &spare("web")]);
    assert!(late(&apart).is_empty(), "{:?}", apart.findings);
    // Who asks about every host counts the data of the others as lost with it, so that nothing rests on that alone: it comes
    // from beside it, over its own line.
    let asked = "require survive any 1 of host for all\n";
    let apart = found("link 2.5 MB/s; ", &[&db, &spare("web"), asked]);
    assert!(late(&apart).is_empty());
}

/// Each has a copy beside it, so that one machine by itself keeps nobody waiting. Of two that are lost at once all comes
/// from the storage.
#[test]
fn two_that_are_lost_at_once_share_the_line_of_what_is_left() {
    let db = class("db", "vps", 6, "rto 90m; ");
    let other = class("other", "web", 6, "rto 90m; ");
    for kinds in ["host", "site"] {
        let asks = |count: usize| format!("require survive any {count} of {kinds} for all\n");
        let one = found("link 2.5 MB/s; ", &[&db, &other, &asks(1)]);
        assert!(late(&one).is_empty(), "{:?}", one.findings);
        let two = found("link 2.5 MB/s; ", &[&db, &other, &asks(2)]);
        assert_eq!(late(&two), ["db", "other"]);
        let told = message(&two, "T1401");
        let places = if kinds == "host" {
            "host `vps` is lost and host `web` is lost"
        } else {
            "site `ovh/one` is lost and site `ovh/two` is lost"
        };
        assert!(
            told.starts_with("`db` and `other` cannot all be back in time in `t0` if ")
                && told.contains(places)
                && told.contains("12 GB at 2.5 MB/s take 1 h 20 min"),
            "{told}"
        );
        let plays = &two.plays[&Obligation::RecoveryTime];
        assert_eq!((plays.replayed, plays.rest_on.len()), (1, 0));
        // Over a line that carries both in time.
        let faster = found("link 3.4 MB/s; ", &[&db, &other, &asks(2)]);
        assert!(late(&faster).is_empty());
    }
}

/// Where stores are lost nothing else counts as lost with them: that of another machine matters only for the line.
#[test]
fn two_stores_that_are_lost_at_once_share_the_line_of_what_is_left() {
    let without = |text: String| {
        let all = text.lines().filter(|line| !line.contains("beside_"));
        all.map(|line| format!("{line}\n")).collect::<String>()
    };
    let db = without(class("db", "vps", 6, "rto 90m; "));
    let other = without(class("other", "web", 6, "rto 90m; "));
    let asks = |count: usize, of: &str| format!("require survive any {count} of store for {of}\n");
    let said = |rest: &[&str]| late(&found("link 2.5 MB/s; ", rest));
    assert!(said(&[&db, &other, &asks(1, "all")]).is_empty());
    assert_eq!(said(&[&db, &other, &asks(2, "all")]), ["db", "other"]);
    // Asked of one, the other one keeps it waiting, and is not asked itself.
    assert_eq!(said(&[&db, &other, &asks(2, "db")]), ["db"]);
    // What nobody waits for, or what may wait, keeps nobody waiting.
    let patient = other.replace("rto 90m", "rto 9h");
    assert!(said(&[&db, &patient, &asks(2, "all")]).is_empty());
    let none = other.replace("rto 90m; ", "");
    assert!(said(&[&db, &none, &asks(2, "all")]).is_empty());
    // What is needed is as urgent as who needs it.
    let need = other.replace("rto 90m; ", "rto 90m; needs more; ");
    let more = without(class("more", "app", 6, ""));
    let small = need.replace("6..6 GB", "1..1 GB");
    let late = said(&[&small, &more, &asks(2, "other")]);
    assert!(late.is_empty(), "7 GB in an hour: {late:?}");
    assert_eq!(said(&[&need, &more, &asks(2, "other")]), ["more", "other"]);
    assert_eq!(
        said(&[&db, &more, &small, &asks(3, "db")]),
        ["db"],
        "of any three that which it needs as well"
    );
}

/// Of many the largest is asked about; of three at once the two largest beside it.
#[test]
fn the_worst_of_many_is_asked_about() {
    let of = |name: &str, host: &str, gb: u64| {
        let text = class(name, host, gb, "rto 2h; ");
        let all = text.lines().filter(|line| !line.contains("beside_"));
        all.map(|line| format!("{line}\n")).collect::<String>()
    };
    let all = [
        of("a", "vps", 3),
        of("b", "web", 4),
        of("c", "app", 5),
        of("d", "vps", 1).replace(".disk:/d {", ".spare:/d {"),
        of("e", "web", 2).replace(".disk:/e {", ".spare:/e {"),
    ]
    .concat();
    let back = |count: usize, class: &str| {
        let asks = format!("require survive any {count} of store for all\n");
        let found = found("link 2.5 MB/s; ", &[&all, &asks]);
        let note = verdict(&found, Obligation::RecoveryTime, class).note;
        note.split(" of ").next().unwrap_or_default().to_owned()
    };
    // 9 GB an hour, and half an hour before.
    assert_eq!(back(1, "d"), "back after 56 min 40 s");
    assert_eq!(back(2, "d"), "back after 1 h 10 min");
    assert_eq!(back(3, "d"), "back after 1 h 36 min 40 s");
    assert_eq!(back(2, "c"), "back after 1 h 30 min");
    assert_eq!(back(3, "c"), "back after 1 h 50 min");
    let asks = "require survive any 4 of store for all\n";
    let four = found("link 2.5 MB/s; ", &[&all, asks]);
    assert_eq!(late(&four), ["a", "b", "c", "e"]);
    let finding = finding(&four, "T1401");
    assert!(
        finding.message.contains("14 GB at 2.5 MB/s"),
        "{}",
        finding.message
    );
}

/// What a clean-up deletes at some age is not in the copy that is near: it comes from the one that has all of it, or if none has,
/// as slowly as the slowest may.
#[test]
fn files_come_from_a_copy_that_has_all_of_them() {
    let of = class("db", "vps", 6, "rto 90m; ");
    let store = |text: &str| text.replace("cloud/one {", "cloud/one { link 1 MB/s; ");
    let clears = |place: &str, name: &str| {
        format!(
            "expire {name} of {place}:/db after 30 days by mtime {{ by vps.cron; daily at 06:00; taking 1m..1h; monitor deadman }}\n"
        )
    };
    let is_late = |rest: &[&str]| {
        let found = judged(&store(&[MACHINES, &of, &rest.concat()].concat()).replace("LINK", ""));
        assert!(found.internal.is_empty(), "{:#?}", found.internal);
        late(&found) == ["db"] && message(&found, "T1401").contains("`vps.disk`")
    };
    let near = clears("vps.spare", "near");
    let far = clears("s3.main", "far");
    assert!(!is_late(&[]));
    assert!(is_late(&[&near]));
    assert!(!is_late(&[&far]));
    assert!(is_late(&[&near, &far]));
}

/// A copy that is new enough, and that is moved away each night to where it is too old: nobody knows that it is there yet.
#[test]
fn what_is_new_for_a_while_comes_from_where_it_is_moved_to() {
    let found = |rto: &str| {
        let text = MACHINES.replace("LINK", "link 2.5 MB/s; ");
        let text = text.replacen(
            "link 5 MB/s; store disk { medium nvme }; store spare { medium hdd } }\nhost app",
            "link 0.5 MB/s; store disk { medium nvme }; store spare { medium hdd } }\nhost app",
            1,
        );
        let steps = format!(
            "class db is files on vps.disk:/db {{ size 9..9 GB; growth 0..0 %/month; {rto}; rpo 8 days; restore setup 30m }}\n\
             copy up of db to s3.main:/db by vps.cron {{ weekly on Sunday at 01:00 UTC; taking 1m..5m; monitor deadman }}\n\
             move off of db from up to web.spare:/db by web.cron {{ daily at 03:00 UTC; taking 1m..5m; monitor deadman }}\n"
        );
        judged(&[&text, &steps as &str].concat())
    };
    // 9 GB at 0.5 MB/s are 5 hours.
    let soon = found("rto 5h");
    assert!(soon.internal.is_empty(), "{:#?}", soon.internal);
    assert_eq!(late(&soon), ["db"]);
    assert!(late(&found("rto 6h")).is_empty());
}
