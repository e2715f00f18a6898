//! Phases that come in another order than that of their days.

use super::*;
use crate::adversary::all_codes;
use crate::common::finding;

/// A server and two storages; media begin in summer, and go to what comes in spring. `ORDER` is the date of summer.
const MEDIA: &str = r#"
policy p "p" { horizon 2 years; response time 24h }
phase t0 = 2026-01-01 { slip 0 days }
phase spring = 2026-03-01 { slip LATE days }
phase summer = ORDER { slip 0 days }
provider ovh { site one }
provider old { site one }
provider new { site one }
provider eye
monitor watch { healthchecks at "PING"; hosted by eye; grace 2h }
host vps at ovh/one { runs cron; has rclone 1.75.2; store disk { medium nvme; capacity 100 GB } }
object_storage former at old/one { bucket main { medium object } }
object_storage latter at new/one { bucket main { medium object } }
"#;

fn found(late: i64, order: &str, more: &str) -> Verification {
    let text = [MEDIA, more].concat();
    let text = text.replace("LATE", &late.to_string());
    let found = judged(&text.replace("ORDER", order));
    assert!(found.internal.is_empty(), "{:?}", found.internal);
    found
}

fn is_silent(found: &Verification) {
    let codes = all_codes(found);
    assert!(!codes.contains(&"T1207"), "{codes:?}");
}

const COPIED: &str = "
class media is items on vps.disk:/media since summer
copy away of media to latter.main:/media by vps.cron since spring { daily at 04:00; taking 1m..1h; monitor watch }
";

#[test]
fn what_is_to_save_a_class_may_come_after_it_has_begun() {
    is_silent(&found(31, "2026-04-01", COPIED));
    let found = found(32, "2026-04-01", COPIED);
    let told = finding(&found, "T1207");
    assert_eq!(told.severity, Severity::Warning);
    assert_eq!(
        told.message,
        "if `spring` comes only after `summer`: nothing of `media` is left in `summer` if host `vps` is lost"
    );
    let labels: Vec<&str> = told
        .labels
        .iter()
        .map(|label| label.text.as_str())
        .collect();
    assert!(
        labels.contains(&"may come as late as 2026-04-02"),
        "{labels:?}"
    );
    assert!(
        labels.contains(&"comes on 2026-04-01 all the same"),
        "{labels:?}"
    );
    assert!(codes(&found).is_empty(), "{:?}", codes(&found));
    let survival = found
        .verdicts
        .iter()
        .filter(|v| v.obligation == Obligation::Survival);
    assert!(
        survival.into_iter().all(|v| v.holds),
        "in order all is well"
    );
}

#[test]
fn a_phase_that_is_counted_from_another_one_waits_for_it() {
    is_silent(&found(300, "spring + 1 month", COPIED));
}

/// What is there already is not touched by the order: of `media` nothing begins with spring.
#[test]
fn where_nothing_meets_the_order_does_not_matter() {
    let apart = "
class papers is items on vps.disk:/papers since spring
copy of_papers of papers to latter.main:/papers by vps.cron { daily at 04:00; taking 1m..1h; monitor watch }
class media is items on vps.disk:/media since summer
copy of_media of media to latter.main:/media by vps.cron { daily at 05:00; taking 1m..1h; monitor watch }
";
    is_silent(&found(90, "2026-04-01", apart));
}

/// Scans go in spring, and media come in summer: the disk holds one of them, and not both.
#[test]
fn what_stays_because_a_phase_is_late_is_in_the_way_of_what_comes() {
    let both = "
class scans is items on vps.disk:/scans until spring { size 60..60 GB; growth 0..0 %/month }
class media is items on vps.disk:/media since summer { size 60..60 GB; growth 0..0 %/month }
copy of_scans of scans to latter.main:/scans by vps.cron { daily at 04:00; taking 1m..1h; monitor watch }
copy of_media of media to latter.main:/media by vps.cron { daily at 05:00; taking 1m..1h; monitor watch }
";
    let order = found(60, "2026-04-01", both);
    let told = finding(&order, "T1207");
    assert!(
        told.message
            .starts_with("if `spring` comes only after `summer`: `vps.disk` "),
        "{}",
        told.message
    );
    let full = order
        .findings
        .iter()
        .find(|f| f.diagnostic.code.0 == "T1207")
        .unwrap();
    assert_eq!(full.obligation, Obligation::Capacity);
    is_silent(&found(60, "spring + 1 month", both));
}

/// The old copy goes in summer, the new one comes in spring. That spring is as late as summer is told as that.
#[test]
fn what_fails_in_order_if_a_phase_is_late_is_told_once() {
    let moving = "
class media is items on vps.disk:/media
copy to_former of media to former.main:/media by vps.cron until summer { daily at 03:00; taking 1m..1h; monitor watch }
expire left of former.main:/media after 1..2 days by use since summer { by hand }
copy to_latter of media to latter.main:/media by vps.cron since spring { daily at 04:00; taking 1m..1h; monitor watch }
";
    let both = found(60, "2026-04-01", moving);
    is_silent(&both);
    assert_eq!(finding(&both, "T1206").severity, Severity::Warning);
}

/// A class whose store comes in spring begins no earlier than that, whatever it says.
#[test]
fn what_sits_on_something_waits_for_it() {
    let on_tower = "
provider home { site rack }
nas tower at home/rack since spring { runs cron; has rclone 1.75.2; store tank { medium hdd } }
class media is items on tower.tank:/media since summer
copy away of media to latter.main:/media by tower.cron { daily at 04:00; taking 1m..1h; monitor watch }
";
    is_silent(&found(90, "2026-04-01", on_tower));
    // Nor is there a copy before what it lies on.
    let to_tower = "
provider home { site rack }
nas tower at home/rack since spring { runs cron; has rclone 1.75.2; store tank { medium hdd } }
class media is items on vps.disk:/media since summer
copy away of media to tower.tank:/media by tower.cron { daily at 04:00; taking 1m..1h; monitor watch }
";
    let found = found(90, "2026-04-01", to_tower);
    assert_eq!(finding(&found, "T1207").severity, Severity::Warning);
}

/// Two copies must be there from summer on; one comes in each of two phases, of which each may come after summer: with one of them
/// late a copy is left, with both none.
#[test]
fn what_several_late_phases_bring_about_together_is_told_of_them() {
    let two = "
phase later_spring = 2026-03-20 { slip LATE days }
class media is items on vps.disk:/media since summer
copy one of media to former.main:/media by vps.cron since spring { daily at 03:00; taking 1m..1h; monitor watch }
copy two of media to latter.main:/media by vps.cron since later_spring { daily at 04:00; taking 1m..1h; monitor watch }
";
    let both = found(60, "2026-04-01", two);
    let told = finding(&both, "T1207");
    assert!(
        told.message
            .starts_with("if `spring` and `later_spring` come only after"),
        "{}",
        told.message
    );
}

/// What one phase ends and another one begins is paid together if they come the other way about.
#[test]
fn what_is_paid_until_a_late_phase_is_paid_beside_what_has_begun() {
    let costs = "
cost one until spring { 10 EUR/month }
cost two since summer { 10 EUR/month }
require cost <= 15 EUR/month
";
    is_silent(&found(31, "2026-04-01", costs));
    is_silent(&found(90, "spring + 1 month", costs));
    let found = found(32, "2026-04-01", costs);
    let told = finding(&found, "T1207");
    assert!(
        told.message
            .starts_with("if `spring` comes only after `summer`: "),
        "{}",
        told.message
    );
}
