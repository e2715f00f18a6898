//! Hostile hands.

use super::*;
use crate::common::finding;

pub(super) fn events(found: &Verification, code: &str) -> Vec<String> {
    let case = &finding(found, code).case;
    case.iter().map(|event| event.what.clone()).collect()
}

pub(super) fn all_codes(found: &Verification) -> Vec<&'static str> {
    found.findings.iter().map(|f| f.diagnostic.code.0).collect()
}

pub(super) fn holds(found: &Verification, obligation: Obligation, subject: &str) -> bool {
    let about = |v: &thrice_verify::Verdict| v.obligation == obligation && v.subject == subject;
    assert!(found.verdicts.iter().any(|v| about(&v)), "{subject}");
    found.verdicts.iter().filter(about).all(|v| v.holds)
}

/// One key pair for all buckets, on three machines; a mirror on the NAS; the example of a review.
pub(super) const ONE_KEY: &str = r#"
object_storage s3 at cloud/one {
    endpoint "s3.example.org"
    bucket backups "the-backups" { medium object }
    bucket shared "the-shared" { medium object }
}
provider hetzner { site nbg1 }
host preprod at hetzner/nbg1 { runs cron }
credential hetzner_key { account s3; held on vps, preprod; profile "h" }
key k { held on envelope; file "/etc/k" }
repository r in s3.backups:/ { engine restic 0.18.0; key k; credential hetzner_key }
class db is state on vps.disk:/var/lib/db { size 150..200 MB }
capture dump of db to vps.disk:/dumps by vps.cron { daily at 02:00; method program; runs "/opt/dump"; atomic; taking 1m..4m; monitor deadman }
backup up of db from dump to r by vps.cron { daily at 03:00; after dump; keep 7 daily, 4 weekly; taking 1m..10m; monitor deadman }
copy exports of db from dump to s3.shared:/exports by vps.cron { daily at 03:30; credential hetzner_key; taking 1m..10m; monitor deadman }
"#;

const PULL: &str = r#"
credential pull { account s3; may read on s3.backups; held on tower; profile "p" }
sync mirror of s3.backups to tower.tank:/mirror by tower.cron { monthly on 1 at 05:00; taking 1m..2h; max delete 1000; credential pull; monitor deadman }
"#;

fn one_key(change: impl Fn(String) -> String) -> Verification {
    judged(&change([PLACES, ONE_KEY, PULL].concat()))
}

#[test]
fn one_key_on_a_test_machine_reaches_both_buckets_and_the_mirror() {
    // What the server itself can do is asked for, so that the other machine stands alone.
    let found = one_key(|text| text + "require survive any 1 of compromise for all\n");
    let told = message(&found, "T1802");
    assert!(
        told.contains("`preprod`") && told.contains("through `hetzner_key`"),
        "{told}"
    );
    assert_eq!(
        events(&found, "T1802"),
        [
            "on `vps.disk`: left",
            "on `s3.shared`: deleted with `hetzner_key`",
            "on `s3.backups`: deleted with `hetzner_key`",
            "on `tower.tank`: deleted by the next sync",
        ]
    );
}

#[test]
fn with_the_server_itself_nothing_is_left() {
    let found = one_key(|text| text);
    assert!(message(&found, "T1801").contains("`vps`"));
    assert!(!holds(&found, Obligation::Deletion, "db"));
    assert!(codes(&found).is_empty(), "nobody asked for it: a warning");
    let asked = one_key(|text| text + "require survive any 1 of compromise for all\n");
    assert!(message(&asked, "T1201").contains("host `vps` is in hostile hands"));
    assert!(
        !all_codes(&asked).contains(&"T1801"),
        "one finding for a cause"
    );
}

#[test]
fn a_mirror_that_deletes_nothing_or_keeps_what_it_deletes_is_out_of_reach() {
    let copy = one_key(|text| {
        text.replace("sync mirror", "copy mirror")
            .replace("max delete 1000; ", "")
    });
    let snapshots = |keep: u32| {
        one_key(|text| {
            let says = format!("capacity 6 TB; snapshots daily at 00:30 keep {keep}");
            text.replace("capacity 6 TB", &says)
        })
    };
    for found in [copy, snapshots(30)] {
        assert!(holds(&found, Obligation::Deletion, "db"));
        assert!(!all_codes(&found).contains(&"T1802"));
    }
    assert!(
        !holds(&snapshots(3), Obligation::Deletion, "db"),
        "three snapshots have turned over before a weekend is past"
    );
}

#[test]
fn old_versions_protect_from_who_may_not_administer() {
    let on = |rights: &str| {
        let rights = format!("account s3; may {rights} on s3.*; held on vps, preprod");
        one_key(|text| {
            text.replace("account s3; held on vps, preprod", &rights)
                .replace("\"the-backups\" {", "\"the-backups\" { versioning on;")
        })
    };
    assert!(holds(
        &on("read, write, delete"),
        Obligation::Deletion,
        "db"
    ));
    assert!(!holds(&on("read, administer"), Obligation::Deletion, "db"));
    let brief = one_key(|text| {
        let expire = "expire old of s3.backups after 1 days by upload { noncurrent }\n";
        text.replace(
            "account s3; held on vps, preprod",
            "account s3; may read, write, delete on s3.*; held on vps, preprod",
        )
        .replace("\"the-backups\" {", "\"the-backups\" { versioning on;")
            + expire
    });
    assert!(
        !holds(&brief, Obligation::Deletion, "db"),
        "old versions that go after a day are gone before it is noticed"
    );
}

/// Two mirrors in a row. The first keeps what it deletes, but only for itself: the second is made equal to
/// what it shows, before or after it is lost.
#[test]
fn a_deletion_passes_through_a_mirror_that_keeps_what_it_deletes() {
    let survives = |verb: &str, faults: &str| {
        let steps = format!(
            "nas second at bank/safe {{ runs cron; has rclone 1.75.2; store tank {{ medium hdd }} }}\n\
             class photos is items on vps.disk:/photos\n\
             sync first of photos to tower.tank:/photos by tower.cron {{ daily at 03:00; monitor deadman }}\n\
             {verb} further of tower.tank:/photos to second.tank:/photos by second.cron {{ daily at 05:00; monitor deadman }}\n\
             require survive any {faults} for photos\n"
        );
        let places = PLACES.replace(
            "capacity 6 TB",
            "capacity 6 TB; snapshots daily at 00:30 keep 90",
        );
        holds(&judged(&(places + &steps)), Obligation::Survival, "photos")
    };
    assert!(
        survives("sync", "1 of operator, host"),
        "the snapshots are left"
    );
    assert!(!survives("sync", "2 of operator, host"));
    assert!(
        survives("copy", "2 of operator, host"),
        "it deletes nothing"
    );
}

/// One mistaken command leaves snapshots, root does not: the lesser fault stands for no pair with the greater.
#[test]
fn a_mistake_that_snapshots_survive_does_not_stand_for_root() {
    let survives = |faults: &str| {
        let steps = format!(
            "class photos is items on vps.disk:/photos\n\
             copy pull of photos to tower.tank:/photos by tower.cron {{ daily at 03:00; monitor deadman }}\n\
             require survive any 2 of {faults} for photos\n"
        );
        let places = PLACES.replace(
            "capacity 6 TB",
            "capacity 6 TB; snapshots daily at 00:30 keep 90",
        );
        holds(&judged(&(places + &steps)), Obligation::Survival, "photos")
    };
    assert!(survives("operator"));
    assert!(!survives("operator, compromise"));
}

#[test]
fn who_deploys_to_a_host_owns_it() {
    let text = |host: &str| {
        let controller = format!("host controller at hetzner/nbg1 {{ runs cron; {host} }}\n");
        one_key(|text| text + &controller)
    };
    let told = message(&text("deploys to vps"), "T1801");
    assert!(told.contains("`controller`"), "{told}");
    assert!(!message(&text("store disk"), "T1801").contains("controller"));
}

/// A test machine that may read one folder finds in it the credential that deletes everything.
#[test]
fn who_finds_a_credential_in_what_he_reads_owns_it() {
    const READS: &str = r#"
provider hetzner { site nbg1 }
host preprod at hetzner/nbg1 { runs cron }
credential looker { account s3; may read on s3.main of /conf; held on preprod; profile "l" }
class conf is files on vps.disk:/opt/conf { size 1..2 MB }
copy conf_up of conf to s3.main:/conf by vps.cron { daily at 04:00; taking 1m..10m; credential writer; monitor deadman }
"#;
    let with = |file: &str| {
        let text = policy(&[READS, "require survive any 1 of compromise for db\n"]);
        judged(&text.replace(
            r#"held on vps; profile "w""#,
            &format!(r#"held on vps; file "{file}""#),
        ))
    };
    let told = |found: &Verification| {
        let all = found.findings.iter().map(|f| f.diagnostic.message.clone());
        let about = all.filter(|said| said.contains("preprod"));
        about.collect::<Vec<_>>()
    };
    assert_eq!(told(&with("/etc/writer.env")), Vec::<String>::new());
    let found = with("/opt/conf/writer.env");
    assert!(!told(&found).is_empty(), "{:?}", all_codes(&found));
}

#[test]
fn a_runner_has_the_rights_that_its_jobs_need() {
    let text = policy(&[r#"
provider ionos { site de }
host seko at ionos/de { runs cron; has rclone 1.75.2 }
network more { joins seko, vps, tower }
sync direct of db to tower.tank:/direct by seko.cron { daily at 05:00; taking 1m..2h; max delete 1000; monitor deadman }
"#]);
    let found = judged(&text);
    let seko = found
        .findings
        .iter()
        .find(|f| f.diagnostic.message.contains("`seko`"));
    assert!(
        seko.is_none(),
        "it can write to the NAS, and not to the bucket: {:?}",
        seko.map(|f| &f.diagnostic.message)
    );
    let alone = text.replace(
        "backup up of db from dump to r by vps",
        "backup up of db from dump to r by seko",
    );
    let alone = alone.replace(
        "host seko at ionos/de { runs cron; has",
        "host seko at ionos/de { runs cron; has restic 0.18.0,",
    );
    assert!(message(&judged(&alone), "T1802").contains("`seko`"));
}

/// Who cleans up in a place deletes there, and nothing that a credential says narrows it.
#[test]
fn a_clean_up_needs_the_right_to_delete() {
    let destroys = |by: &str| {
        let text = format!(
            "object_storage s3 at cloud/one {{ endpoint \"s3.example.org\"; bucket main \"main-bucket\" {{ medium object }} }}\n\
             host web at ovh/one {{ runs cron; has rclone 1.75.2 }}\n\
             class scans is items on vps.disk:/scans {{ size 1..2 GB }}\n\
             copy up of scans to s3.main:/scans by vps.cron {{ daily at 04:00; monitor deadman }}\n\
             expire old of s3.main:/scans after 900 days by mtime {{ by {by}; daily at 09:00; monitor deadman }}\n"
        );
        let found = judged(&[PLACES, &text].concat());
        let told = found.findings.iter().map(|f| &f.diagnostic);
        let mut told = told.filter(|told| told.code.0 == "T1802");
        told.any(|told| told.message.contains("`web`"))
    };
    assert!(destroys("web.cron"));
    assert!(!destroys("vps.cron"));
}

#[test]
fn a_lock_over_packs_protects_for_its_first_window_only() {
    let locked = |days: &str| {
        let lock = format!("\"the-backups\" {{ versioning on; lock compliance {days};");
        one_key(|text| {
            text.replace("\"the-backups\" {", &lock).replace(
                "site one; supports versioning",
                "site one; supports object-lock, versioning",
            )
        })
    };
    let month = locked("30d");
    assert!(message(&month, "T1804").contains("only until 2026-03-17"));
    assert!(!holds(&month, Obligation::Deletion, "db"));
    let always = locked("1100d");
    assert!(!all_codes(&always).contains(&"T1804"));
    assert!(holds(&always, Obligation::Deletion, "db"));
}

#[test]
fn a_lock_must_not_outlast_the_greatest_retention() {
    let text = |days: &str| {
        one_key(|text| {
            text.replace(
                "size 150..200 MB",
                "size 150..200 MB; retain at most 60 days",
            )
            .replace(
                "\"the-shared\" {",
                &format!("\"the-shared\" {{ versioning on; lock governance {days};"),
            )
        })
    };
    assert!(message(&text("90d"), "T1803").contains("90 days"));
    assert!(!all_codes(&text("30d")).contains(&"T1803"));
}

/// Nobody may delete for good, and the bucket keeps what is deleted: what is left to an attacker are worthless
/// snapshots. Rules by age, somebody who looks, or a copy that is no mirror close that.
#[test]
fn worthless_snapshots_push_good_ones_out_where_rules_count() {
    let cloud = CLOUD
        .replace("medium object }", "medium object; versioning on }")
        .replace("may read, write, delete on", "may read, write on");
    let told = |change: &dyn Fn(String) -> String| {
        let found = judged(&change([PLACES, &cloud, STEPS].concat()));
        let mut findings = found.findings.iter();
        let told = findings.find(|f| f.diagnostic.code.0 == "T1805");
        told.map(|f| f.diagnostic.message.clone())
    };
    let open = told(&|text| text).unwrap();
    assert!(
        open.contains("`vps`") && open.contains("of `db` out of `r`"),
        "{open}"
    );
    assert!(told(&|text| text + MIRROR).is_some(), "a mirror follows");
    let by_age = "keep within 6 months;";
    let counting = "keep 7 daily, 4 weekly, 6 monthly, 2 yearly;";
    assert_eq!(told(&|text| text.replace(counting, by_age)), None);
    let noticed = |text: String| {
        text.replace(
            "churn 5..30 MB/day",
            "churn 5..30 MB/day; noticed within 7 days",
        )
    };
    assert_eq!(told(&noticed), None);
    let second = "copy dumps of db from dump to tower.tank:/dumps by tower.cron { daily at 04:00; taking 1m..10m; monitor deadman }\n";
    assert_eq!(told(&|text| text + second), None);
}

/// What is deleted in a bucket is missed by what brings something there, and not by what goes on elsewhere.
#[test]
fn a_step_that_goes_elsewhere_does_not_miss_what_is_deleted_there() {
    let kept = |days: u32| {
        let steps = format!(
            "class docs is files on vps.disk:/srv/docs {{ size 1..2 GB }}\n\
             host box at home/rack {{ runs cron; has rclone 1.75.2; store disk {{ medium hdd }} }}\n\
             network lan {{ joins box, vps }}\n\
             copy near of docs to box.disk:/docs by box.cron {{ hourly at minute 5; taking 1m..10m; monitor deadman }}\n\
             backup up of docs to r by vps.cron {{ weekly on Sunday at 03:00; keep 20 last; taking 1m..10m; monitor deadman }}\n\
             expire old of s3.main after {days} days by upload {{ noncurrent }}\n\
             require survive any 1 of credential for docs\n\
             require survive loss of writer and vps and box for docs\n"
        );
        let cloud = CLOUD.replace("{ medium object }", "{ medium object; versioning on }");
        let cloud = cloud.split("class db").next().unwrap_or_default();
        judged(&[PLACES, cloud, &steps].concat())
    };
    // A week, an hour, the run itself, and three days until somebody has acted.
    let found = kept(10);
    assert!(
        events(&found, "T1201").iter().any(|event| event.contains(
            "versions reach back 10 d there, and it may take 10 d 1 h 10 min until somebody has acted"
        )),
        "{:?}",
        events(&found, "T1201")
    );
    assert!(!codes(&kept(11)).contains(&"T1201"));
}
