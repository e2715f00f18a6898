//! Keys that lie in what they open, faults that strike together.

use super::adversary::{all_codes, holds};
use super::*;

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

/// Of two captures of one program each stops the other, as long as both are there.
#[test]
fn captures_of_one_program_fail_together_until_one_of_them_ends() {
    let captures = r#"
phase later = t0 + 6 months { slip 0 days }
class one is state on vps.disk:/one until later { size 1..2 GB }
class two is state on vps.disk:/two { size 1..2 GB }
capture one_dump of one to vps.disk:/dumps/one by vps.cron { monthly on 1 at 06:00; runs "/x"; atomic; monitor deadman }
capture two_dump of two to vps.disk:/dumps/two by vps.cron { daily at 02:00; runs "/x"; atomic; monitor deadman }
"#;
    let found = judged(&policy(&[captures]));
    let codes = all_codes(&found);
    assert!(
        codes.contains(&"T2505") && !codes.contains(&"T9002"),
        "{codes:?}"
    );
    let apart = judged(&policy(&[&captures.replacen("/x", "/y", 1)]));
    assert!(!all_codes(&apart).contains(&"T2505"));
}
