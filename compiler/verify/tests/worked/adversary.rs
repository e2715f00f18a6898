//! Hostile hands, keys that lie in what they open, faults that strike together, labels on their way.

use super::*;
use crate::common::finding;

pub(super) fn events(found: &Verification, code: &str) -> Vec<String> {
    let case = &finding(found, code).case;
    case.iter().map(|event| event.what.clone()).collect()
}

pub(super) fn all_codes(found: &Verification) -> Vec<&'static str> {
    found.findings.iter().map(|f| f.diagnostic.code.0).collect()
}

fn holds(found: &Verification, obligation: Obligation, subject: &str) -> bool {
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

// ---- Keys

/// What the step needs of its credential, place by place; one that lies on its host will do.
#[test]
fn a_credential_may_do_what_its_step_needs() {
    let may = |rights: &str, verb: &str| {
        let found = judged(&format!(
            r#"
provider ovh {{ site one }}
provider cloud {{ site one; supports versioning, bucket-policy }}
host vps at ovh/one {{ runs cron; has rclone 1.75.2; store disk {{ medium nvme }} }}
object_storage s3 at cloud/one {{ endpoint "s3.example.org"; bucket main "main-bucket" {{ medium object; versioning on }} }}
credential writer {{ {rights}; held on vps; profile "w" }}
class docs is items on vps.disk:/docs
{verb} up of docs to s3.main:/docs by vps.cron {{ daily at 03:00; taking 1m..10m }}
"#
        ));
        found
            .findings
            .iter()
            .any(|f| f.diagnostic.code.0 == "T2319")
    };
    assert!(!may("may write on s3.main", "copy"));
    assert!(may("may read on s3.main", "copy"));
    assert!(may("may read, write on s3.main of /other", "copy"));
    assert!(!may("may read, write on s3.main of /docs", "copy"));
    assert!(may("may read, write on s3.main", "sync"));
    assert!(!may("may read, write, delete on s3.*", "sync"));
    assert!(!may("account s3", "sync"), "nothing narrows it");
}

const VAULT: &str = r#"
provider ionos { site de }
host seko at ionos/de { runs cron; has restic 0.18.0; store data { medium ssd } }
network more { joins seko, vps, tower }
class vault_data is files on seko.data:/vault { fields { rest credential } }
backup vault_up of vault_data to r by seko.cron { daily at 04:00; keep 7 daily; taking 1m..10m; monitor deadman }
vault bitwarden on seko of vault_data
"#;

#[test]
fn a_key_that_lies_only_in_what_it_opens_is_lost() {
    let held = |on: &str| judged(&policy(&[VAULT]).replace("held on envelope", on));
    let inside = held("held on bitwarden");
    assert!(message(&inside, "T1902").contains("only in what it opens"));
    assert!(!holds(&inside, Obligation::Keys, "k"));
    let both = held("held on bitwarden, envelope");
    assert!(
        holds(&both, Obligation::Keys, "k"),
        "an envelope opens both"
    );
    assert!(codes(&both).is_empty(), "{:?}", codes(&both));
}

#[test]
fn a_vault_comes_back_from_a_copy_that_another_key_opens() {
    let other = VAULT.replace("vault_data to r by", "vault_data to r2 by")
        + "key k2 { held on envelope; file \"/etc/k2\" }\nrepository r2 in s3.main:/vault { engine restic 0.18.0; key k2; credential writer }\n";
    let text = policy(&[&other]).replacen(
        "held on envelope; file \"/etc/k\"",
        "held on bitwarden; file \"/etc/k\"",
        1,
    );
    let lost = "require survive loss of vps and seko for db\n";
    let found = judged(&(text.clone() + lost));
    assert!(codes(&found).is_empty(), "{:?}", codes(&found));
    let found = judged(
        &(text.replace(
            "vault bitwarden on seko of vault_data",
            "vault bitwarden on seko",
        ) + lost),
    );
    assert!(
        message(&found, "T1201").contains("`vps`"),
        "a vault without a copy is gone with its host"
    );
}

/// Its program runs on one host, what is in it lies on another.
#[test]
fn a_vault_is_lost_with_its_content() {
    let elsewhere = VAULT
        .replace("seko.data:/vault", "vps.disk:/vault")
        .replace(
            "vault_data to r by seko.cron",
            "vault_data to r by vps.cron",
        );
    let lost = "require survive loss of vps for db\n";
    let found =
        |vault: &str, on: &str| judged(&(policy(&[vault]).replace("held on envelope", on) + lost));
    let gone = found(&elsewhere, "held on bitwarden");
    assert!(message(&gone, "T1201").contains("`vps`"));
    let both = found(&elsewhere, "held on bitwarden, envelope");
    assert!(codes(&both).is_empty(), "{:?}", codes(&both));
    // Where it lies with the program, that host is left.
    let left = found(VAULT, "held on bitwarden");
    assert!(!codes(&left).contains(&"T1201"), "{:?}", codes(&left));
}

#[test]
fn where_a_key_is_held_is_to_be_said() {
    let text = policy(&[]).replace(
        "key k { held on envelope; file \"/etc/k\" }",
        "key k { file \"/etc/k\" }",
    );
    assert_eq!(
        message(&judged(&text), "T1901"),
        "nothing says where `k` is held"
    );
    assert!(!all_codes(&judged(&policy(&[]))).contains(&"T1901"));
}

#[test]
fn one_site_must_not_take_all_holders_of_a_key() {
    let text = |vault: &str| policy(&[]).replace("vault envelope at bank/safe", vault);
    let found = judged(&text("vault envelope at ovh/one"));
    assert!(message(&found, "T1903").contains("site `ovh/one` is lost"));
    assert!(!holds(&found, Obligation::Keys, "k"));
    let asked = judged(
        &(text("vault envelope at ovh/one") + "require survive any 1 of site, provider for all\n"),
    );
    assert!(all_codes(&asked).contains(&"T1201") && !all_codes(&asked).contains(&"T1903"));
    assert!(holds(&judged(&policy(&[])), Obligation::Keys, "k"));
}

// ---- Faults

/// The bucket's mirror is fed by a host of its own.
const SEKO: &str = r#"
provider ionos { site de }
host seko at ionos/de { runs cron; has rclone 1.75.2 }
network more { joins seko, tower }
credential relay { account s3; may read on s3.main; held on seko; profile "s" }
sync mirror of s3.main to tower.tank:/mirror by seko.cron { daily at 05:00; taking 1m..2h; max delete 1000; credential relay; monitor deadman }
"#;

#[test]
fn a_lost_host_may_still_run_its_sync() {
    let told = |faults: &str| {
        let require = format!("require survive any {faults} for all\n");
        message(&judged(&policy(&[SEKO, &require])), "T1201")
    };
    let two = told("2 of operator");
    assert!(two.contains("deletes what is on `s3.main`"), "{two}");
    assert_eq!(
        told("3 of operator, host"),
        two,
        "that the mirror's host is lost too helps nobody"
    );
    let loss = "require survive loss of vps and s3.main and seko for all\n";
    assert!(
        !codes(&judged(&policy(&[SEKO, loss]))).contains(&"T1201"),
        "what is lost deletes nothing"
    );
}

#[test]
fn sets_up_to_the_size_asked_for_are_asked_about() {
    // The key's only holder is a bystander: by itself it is as bad as with the server.
    let text = policy(&["provider ionos { site de }\nhost seko at ionos/de { runs cron }\n"])
        .replace("held on envelope", "held on seko");
    let two = judged(&(text + "require survive any 2 of host for all\n"));
    let told = message(&two, "T1201");
    assert!(told.contains("if host `seko` is lost"), "{told}");
}

#[test]
fn damage_that_stays_unseen_for_longer_than_versions_reach_is_everywhere() {
    let noticed = |span: &str| {
        let says = format!("size 150..200 MB; noticed within {span};");
        let text = policy(&["require survive any 1 of corruption for all\n"]);
        judged(
            &text
                .replace("size 150..200 MB;", &says)
                .replace(", 6 monthly, 2 yearly", ""),
        )
    };
    assert!(codes(&noticed("10 days")).is_empty());
    assert!(
        message(&noticed("60 days"), "T1201").contains("damaged where it lives"),
        "7 daily and 4 weekly do not reach back 60 days"
    );
    // They reach back 15 days. Whoever has noticed it has three days to act, in which forgetting goes on.
    assert!(codes(&noticed("12 days")).is_empty());
    assert!(message(&noticed("13 days"), "T1201").contains("damaged where it lives"));
    let quick = |text: &str| text.replace("response time 72h", "response time 24h");
    let text = policy(&["require survive any 1 of corruption for all\n"])
        .replace(
            "size 150..200 MB;",
            "size 150..200 MB; noticed within 13 days;",
        )
        .replace(", 6 monthly, 2 yearly", "");
    assert_eq!(codes(&judged(&text)), ["T1201"]);
    assert!(codes(&judged(&quick(&text))).is_empty());
}

#[test]
fn rot_of_one_container_spares_the_others() {
    let rot = "require survive any 1 of rot for all\n";
    assert!(codes(&judged(&policy(&[MIRROR, rot]))).is_empty());
    let both = "require survive any 2 of rot for all\n";
    assert!(
        codes(&judged(&policy(&[MIRROR, both]))).is_empty(),
        "one of three is left"
    );
    let three = "require survive any 3 of rot for all\n";
    assert!(message(&judged(&policy(&[MIRROR, three])), "T1201").contains("decays"));
}

/// A file that is written anew and decays before the next run is carried over the good one of before; what is written
/// once, or has versions, stays as it was.
#[test]
fn rot_is_carried_with_what_is_written_anew() {
    let cases = |verb: &str, kind: &str, bucket: &str| {
        let text = format!(
            "class docs is {kind} on vps.disk:/docs {{ size 1..2 GB; fields {{ rest internal }} }}\n\
             copy one of docs to tower.tank:/docs by tower.cron {{ daily at 02:00; taking 1m..4m; monitor deadman }}\n\
             {verb} two of tower.tank:/docs to s3.main:/docs by tower.cron {{ daily at 03:00; taking 1m..10m; credential writer; monitor deadman }}\n\
             require survive any 2 of host, rot for docs\n"
        );
        let text =
            policy(&[&text]).replace("\"main-bucket\" {", &format!("\"main-bucket\" {{ {bucket}"));
        let found = judged(&text);
        let told = found.findings.iter().map(|f| &f.diagnostic);
        let told = told.filter(|d| d.code.0 == "T1201");
        told.map(|d| d.message.clone()).collect::<Vec<_>>()
    };
    // Where the data lives, damage is taken to reach all that keeps no versions.
    let at_home = "nothing of `docs` is left in `t0` if what lies on `vps.disk` decays";
    let carried = "nothing of `docs` is left in `t0` if host `vps` is lost and what lies on `tower.tank` decays";
    for verb in ["copy", "sync"] {
        let mut told = cases(verb, "files", "");
        told.sort();
        assert_eq!(told, [carried, at_home], "{verb}");
        assert_eq!(cases(verb, "items", ""), [at_home], "{verb}");
        let versions = cases(verb, "files", "versioning on;");
        assert!(!versions.iter().any(|told| told == carried), "{versions:?}");
    }
}

#[test]
fn versions_find_what_they_need() {
    let configs = |keep: &str| {
        let text = format!(
            "class configs is files on vps.disk:/etc/app {{ fields {{ rest credential }} }}\n\
             backup configs_up of configs to r by vps.cron {{ daily at 03:20; keep {keep}; taking 1m..5m; monitor deadman }}\n"
        );
        judged(&policy(&[&text]).replace(
            "churn 5..30 MB/day }",
            "churn 5..30 MB/day; needs configs within 2 days }",
        ))
    };
    let told = message(&configs("7 daily, 4 weekly"), "T1205");
    assert!(
        told.contains("`db` reach back 121 d") && told.contains("only 15 d"),
        "{told}"
    );
    let same = configs("7 daily, 4 weekly, 6 monthly, 2 yearly");
    assert!(!all_codes(&same).contains(&"T1205"));
}

#[test]
fn many_stores_and_pairs_of_faults_stay_few_questions() {
    let mut text =
        policy(&["require survive any 2 of host, store, operator, compromise for all\n"]);
    for i in 0..120 {
        text += &format!("host h{i} at ovh/one {{ store d {{ medium ssd }} }}\n");
    }
    assert!(
        codes(&judged(&text)).contains(&"T1201"),
        "server and bucket"
    );
}

/// The verdict hangs on how long people wait before they tidy up.
#[test]
fn pinning_when_people_tidy_up_changes_the_verdict() {
    let photos = |after: &str| {
        let text = format!(
            "class photos is items on vps.disk:/photos {{ fields {{ rest internal }} }}\n\
             copy to_nas of photos to tower.tank:/photos by tower.cron {{ daily at 05:00; taking 1m..2h; monitor deadman }}\n\
             copy to_cloud of photos to s3.main:/photos by vps.cron {{ weekly on Sunday at 05:00; taking 1m..2h; credential writer; monitor deadman }}\n\
             expire tidied of vps.disk:/photos after {after} by use {{ by hand }}\n\
             require survive any 1 of host for photos\n"
        );
        codes(&judged(&policy(&[&text])))
    };
    assert!(
        photos("1..60 days").contains(&"T1201"),
        "tidied before the second copy"
    );
    assert!(
        !photos("30 days").contains(&"T1201"),
        "the middle is late enough"
    );
}

// ---- Flow

const PREPROD: &str = r#"
provider hetzner { site nbg1 }
host preprod_host at hetzner/nbg1 { runs cron; has rclone 1.75.2; store disk { medium ssd } }
credential reader { account s3; may read on s3.main of /seed; held on preprod_host; profile "p" }
environment preprod { on preprod_host; clearance internal }
"#;

fn seeded(fields: &str, seed: &str) -> Verification {
    let text = policy(&[PREPROD, seed]);
    judged(&text.replace(
        "churn 5..30 MB/day }",
        &format!("churn 5..30 MB/day; {fields} }}"),
    ))
}

const FIELDS: &str =
    "parts app, log; fields { app.users.mail personal; app.keys.secret credential; rest internal }";

fn seed(rules: &str) -> String {
    format!(
        "seed s of db from dump to preprod via s3.main:/seed by vps.cron {{ daily at 04:00; {rules}; verified; credential writer; taking 1m..9m; monitor deadman }}\n"
    )
}

#[test]
fn a_seed_sends_what_is_cleared_and_no_more() {
    let clean = "keep app; skip log; anonymise app.users.mail redact before leaving; anonymise app.keys.secret hash before leaving";
    let flow = |found: &Verification| -> Vec<&'static str> {
        all_codes(found)
            .into_iter()
            .filter(|c| c.starts_with("T22"))
            .collect()
    };
    assert!(flow(&seeded(FIELDS, &seed(clean))).is_empty());
    assert!(holds(&seeded(FIELDS, &seed(clean)), Obligation::Flow, "db"));
    let late = clean.replace(" redact before leaving", " redact");
    assert_eq!(
        flow(&seeded(FIELDS, &seed(&late))),
        ["T2202"],
        "readable until it is changed"
    );
    let mail = clean.replace("anonymise app.users.mail redact before leaving; ", "");
    assert_eq!(
        flow(&seeded(FIELDS, &seed(&mail))),
        ["T2202"],
        "people's data, kept with its part"
    );
    let gap = clean.replace("skip log; ", "");
    let found = seeded(FIELDS, &seed(&gap));
    assert!(message(&found, "T2204").contains("no rule for `log`"));
    let unlabelled = seeded("parts app, log", &seed("keep app; skip log"));
    assert_eq!(
        flow(&unlabelled),
        ["T2202"],
        "what has no label is cleared nowhere"
    );
}

#[test]
fn what_a_seed_changes_must_not_lie_raw_beside_it() {
    let raw = seed("rest skip; anonymise app.keys.secret redact before leaving")
        + "copy raw of db from dump to s3.main:/seed/raw by vps.cron { daily at 04:30; credential writer; taking 1m..9m; monitor deadman }\n";
    let found = seeded(FIELDS, &raw);
    let told = message(&found, "T2203");
    assert!(
        told.contains("`app.keys.secret`") && told.contains("s3.main:/seed/raw"),
        "{told}"
    );
    assert!(!holds(&found, Obligation::Flow, "db"));
    let apart = seeded(FIELDS, &raw.replace("/seed/raw", "/raw"));
    assert!(
        !all_codes(&apart).contains(&"T2203"),
        "its readers cannot read there"
    );
}

#[test]
fn a_written_clearance_holds_for_stores_runners_and_services() {
    let copied = "copy plain of db from dump to tower.tank:/plain by tower.cron { daily at 04:30; taking 1m..9m; monitor deadman }\n";
    let cleared = |medium: &str, says: &str| {
        let text = policy(&[copied]).replace(medium, says);
        judged(&text.replace(
            "churn 5..30 MB/day }",
            &format!("churn 5..30 MB/day; {FIELDS} }}"),
        ))
    };
    let store = cleared("{ medium hdd;", "{ medium hdd; clearance personal;");
    assert!(
        message(&store, "T2201")
            .contains("`tower.tank` is cleared for personal data, and holds `db`")
    );
    let host = cleared(
        "nas tower at home/rack {",
        "nas tower at home/rack { clearance internal;",
    );
    let told: Vec<_> = host
        .findings
        .iter()
        .filter(|f| f.diagnostic.code.0 == "T2201")
        .map(|f| f.diagnostic.message.clone())
        .collect();
    assert!(told.iter().any(|m| m.contains("sees `db`")), "{told:?}");
    assert!(
        !all_codes(&cleared(
            "{ medium hdd;",
            "{ medium hdd; clearance credential;"
        ))
        .contains(&"T2201")
    );
    let service = cleared(
        "store tank { medium hdd;",
        "service viewer { clearance public }; store tank { readers viewer of /plain; medium hdd;",
    );
    assert!(message(&service, "T2201").contains("shows `db`"));
}

#[test]
fn what_a_client_encrypts_is_hidden_from_those_without_the_key() {
    let reader = |held: &str| {
        let text =
            policy(&[PREPROD]).replace("may read on s3.main of /seed", "may read on s3.main");
        let text = text.replace("held on envelope", held);
        judged(&text.replace(
            "churn 5..30 MB/day }",
            &format!("churn 5..30 MB/day; {FIELDS} }}"),
        ))
    };
    assert!(!all_codes(&reader("held on envelope")).contains(&"T2202"));
    assert!(all_codes(&reader("held on envelope, preprod_host")).contains(&"T2202"));
}

#[test]
fn an_unlabelled_class_in_clear_elsewhere_is_one_warning() {
    let text = "copy plain of db from dump to tower.tank:/plain by tower.cron { daily at 04:30; taking 1m..9m; monitor deadman }\n";
    let found = judged(&policy(&[text]));
    assert!(message(&found, "T2206").contains("`db`"));
    assert!(
        !all_codes(&judged(&policy(&[]))).contains(&"T2206"),
        "it leaves its host only encrypted"
    );
}

#[test]
fn a_seed_by_hand_is_not_checked() {
    let by_hand = "seed s of db to preprod via preprod_host.disk:/db by hand { on demand; keep db; anonymise app.keys.secret redact }\n";
    assert!(message(&seeded(FIELDS, by_hand), "T2205").contains("by hand"));
    // So it is with what is only left out, by name.
    let left_out = by_hand.replace(
        "keep db; anonymise app.keys.secret redact",
        "keep app; skip app.keys.secret, log",
    );
    let told = message(&seeded(FIELDS, &left_out), "T2205");
    assert!(
        told.contains("`app.keys.secret` and `log` is not left out"),
        "{told}"
    );
    let both = left_out.replace("keep app;", "keep app; anonymise app.users redact;");
    let told = message(&seeded(FIELDS, &both), "T2205");
    assert!(
        told.contains("`app.users` is not changed or `app.keys.secret` and `log` not left out"),
        "{told}"
    );
    let rest = by_hand.replace(
        "keep db; anonymise app.keys.secret redact",
        "keep app; rest skip",
    );
    assert!(!all_codes(&seeded(FIELDS, &rest)).contains(&"T2205"));
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
