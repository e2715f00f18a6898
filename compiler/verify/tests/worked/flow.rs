//! Labels on their way.

use super::adversary::{all_codes, holds};
use super::*;

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

/// The codes that are told of who may read what.
fn told(more: &[&str], changes: &[(&str, &str)]) -> Vec<&'static str> {
    let mut text = policy(&[&[PREPROD], more].concat());
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    let labelled = format!("churn 5..30 MB/day; {FIELDS} }}");
    let codes = all_codes(&judged(&text.replace("churn 5..30 MB/day }", &labelled)));
    let mut codes: Vec<&str> = codes.into_iter().filter(|c| c.starts_with("T22")).collect();
    codes.dedup();
    codes
}

const NOTHING: [&str; 0] = [];

#[test]
fn an_environment_is_more_than_the_host_where_data_lives() {
    let raw = "copy raw of db from dump to s3.main:/raw by vps.cron { daily at 04:30; credential writer; taking 1m..9m; monitor deadman }\n";
    let reads = "credential other { account s3; may read on s3.main of /raw; held on preprod_host; profile \"o\" }\n";
    let both = ("on preprod_host;", "on vps, preprod_host;");
    assert_eq!(told(&[raw, reads], &[both]), ["T2202"]);
    assert_eq!(told(&[raw], &[both]), NOTHING, "the host has it anyway");
    let home = ("on preprod_host;", "on vps;");
    assert_eq!(told(&[raw, reads], &[home]), NOTHING);
    // What a seed brings is for all who are at home there.
    let seeded = seed("keep app; keep log");
    let there = [home, ("via s3.main:/seed", "via vps.disk:/seed")];
    assert_eq!(told(&[&seeded], &there), ["T2202"]);
}

#[test]
fn what_a_sync_puts_aside_is_seen_by_whoever_reads_there() {
    let mirror = |aside: &str| {
        format!(
            "sync mirror of db from dump to s3.main:/mirror by vps.cron {{ daily at 04:30; credential writer; taking 1m..9m; monitor deadman{aside} }}\n"
        )
    };
    let aside = mirror("; backup dir s3.main:/seed/old");
    assert_eq!(told(&[&aside], &[]), ["T2202"]);
    assert_eq!(told(&[&mirror("; backup dir s3.main:/old")], &[]), NOTHING);
    assert_eq!(told(&[&mirror("")], &[]), NOTHING);
    let found = seeded(FIELDS, &aside);
    let case = crate::common::case(&found, "T2202").join("\n");
    assert!(
        case.contains("in `s3.main:/seed/old`, put aside by `mirror`"),
        "{case}"
    );
    let viewer = [(
        "store tank {",
        "service viewer { clearance internal }; store tank {",
    )];
    let shown = "mount m of s3.main:/old in viewer { via s3; for all users }\n";
    let old = mirror("; backup dir s3.main:/old");
    assert_eq!(told(&[&old, shown], &viewer), ["T2201"]);
    let raw = seed(
        "keep app; skip log; anonymise app.users.mail redact before leaving; anonymise app.keys.secret hash before leaving",
    );
    assert_eq!(told(&[&raw, &aside], &[]), ["T2203"], "as it was");
}

#[test]
fn what_a_service_may_read_its_host_and_environment_read() {
    let raw = "copy raw of db from dump to s3.main:/raw by vps.cron { daily at 04:30; credential writer; taking 1m..9m; monitor deadman }\n";
    let service = (
        "store disk { medium ssd } }",
        "store disk { medium ssd }; service viewer }",
    );
    let reads = ("{ medium object", "{ readers viewer of /raw; medium object");
    assert_eq!(told(&[raw], &[service, reads]), ["T2202"]);
    let apart = (reads.0, "{ readers viewer of /apart; medium object");
    assert_eq!(told(&[raw], &[service, apart]), NOTHING);
    let host = ("at hetzner/nbg1 {", "at hetzner/nbg1 { clearance internal;");
    let raised = ("; clearance internal }\n", "; clearance credential }\n");
    assert_eq!(told(&[raw], &[service, reads, raised, host]), ["T2201"]);
    assert_eq!(told(&[raw], &[service, reads, raised]), NOTHING);
}

#[test]
fn what_people_browse_is_held_against_the_clearance_of_the_service() {
    let browsed = |cleared: &str| {
        let service = format!(
            "service shop {{ clearance {cleared} }}; store disk {{ medium nvme; capacity 80 GB }}"
        );
        told(
            &[],
            &[
                ("store disk { medium nvme; capacity 80 GB }", &service),
                (
                    "churn 5..30 MB/day }",
                    "browsed by shop; churn 5..30 MB/day }",
                ),
            ],
        )
    };
    assert_eq!(browsed("internal"), ["T2201"]);
    assert_eq!(browsed("credential"), NOTHING);
}

/// What lay in the bucket in clear is gone before the only host of the environment comes.
#[test]
fn an_environment_reads_from_when_it_has_a_host() {
    let told = |ends: &str, readers: &str| {
        let text = format!(
            r#"
policy p "p" {{ horizon 2 years; response time 72h }}
phase t0 = 2026-02-15
phase sw = t0 + 6 months {{ slip 0 days }}
phase last = sw + 3 months {{ slip 0 days }}
provider ovh {{ site one; site two }}
provider cloud {{ site one }}
monitor deadman {{ healthchecks at "HC_PING_KEY"; hosted by cloud }}
host web at ovh/one {{ runs cron; has rclone 1.75.2; store disk {{ medium nvme }} }}
host pre at ovh/two since last {{ runs cron; has rclone 1.75.2 }}
object_storage s3 at cloud/one {{ endpoint "s3.example.org"; bucket main "main-bucket" {{ medium object{readers} }} }}
credential w {{ account s3; may read, write, delete on s3.main; held on web; profile "w" }}
credential rd {{ account s3; may read on s3.main; held on pre; profile "r" }}
environment test {{ on pre; clearance public }}
class site is files on web.disk:/srv {{ noticed within 7 days; fields {{ rest internal }} }}
copy c of site to s3.main:/c by web.cron until {ends} {{ daily at 05:00 UTC; taking 1m..1h; credential w; monitor deadman }}
expire e of s3.main:/c after 20 days by upload {{ by web.cron; daily at 08:00 UTC; credential w; monitor deadman }}
"#
        );
        let found = judged(&text);
        assert!(found.internal.is_empty(), "{:?}", found.internal);
        let verdicts = found.verdicts.iter();
        let leaks = verdicts.filter(|v| v.obligation == Obligation::Flow && !v.holds);
        let leaks: Vec<String> = leaks.map(|v| v.period.to_string()).collect();
        (all_codes(&found).contains(&"T2202"), leaks.join(" "))
    };
    for readers in ["", "; readers test of /c"] {
        assert_eq!(told("sw", readers), (false, String::new()));
        assert_eq!(told("last", readers), (true, "last".to_owned()));
    }
}

/// What a host of an environment sees from a later phase on is told of the host; that the environment reads it before is told as
/// well.
#[test]
fn what_a_host_sees_later_the_environment_reads_before() {
    let text = |mount: &str| {
        format!(
            "policy small \"Small\" {{ horizon 1 year; response time 12h }}\n\
             phase p0 = 2026-03-01 {{ slip 0 days }}\nphase p1 = p0 + 90 days {{ slip 0 days }}\n\
             provider far {{ site s0; site s1; site s2; site s3 }}\n\
             host h0 at far/s0 {{ runs cron; has rclone 1.75.2; store data {{ medium hdd }} }}\n\
             host h1 at far/s1 {{ runs cron; has rclone 1.75.2; store data {{ medium hdd }} }}\n\
             host h3 at far/s3 {{ runs cron; clearance internal; store data {{ medium hdd }}; service web3 }}\n\
             object_storage o at far/s2 {{ endpoint \"o.example.org\"; bucket near \"near-b\" {{ medium object }} }}\n\
             credential k1 {{ held on h1 }}\n\
             environment test {{ on h1, h3; clearance personal }}\n\
             class c0 is files on h0.data:/c0 {{ fields {{ main.t.f credential; rest public }} }}\n\
             copy y1c0 of c0 to o.near:/y1/c0 by h0.cron {{ weekly on Friday at 01:00 UTC; taking 1m..5m }}\n\
             {mount}\n"
        )
    };
    let told = |mount: &str| {
        let found = judged(&text(mount));
        let p0 = found
            .verdicts
            .iter()
            .find(|v| v.obligation == Obligation::Flow && v.subject == "c0" && v.period == "p0");
        (all_codes(&found).contains(&"T2202"), p0.unwrap().holds)
    };
    assert_eq!(told(""), (true, false));
    let mount = "mount look0 of o.near:/y1 in web3 since p1 { for all users; read only }";
    assert_eq!(told(mount), (true, false));
}
