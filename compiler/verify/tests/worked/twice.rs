//! One thing under two names, and places that lie on another disk than the one they are written with.

use super::adversary::all_codes;
use super::*;

const DOCS: &str = r#"
class docs is files on vps.disk:/srv/docs { size 1..2 GB; fields { rest internal } }
backup docs_up of docs to r by vps.cron { daily at 04:00; keep 7 daily; taking 1m..10m; monitor deadman }
"#;

fn told(statements: &str) -> (Vec<String>, Option<String>) {
    let found = judged(&policy(&[DOCS, statements]));
    let codes = all_codes(&found).into_iter().map(|code| code.to_string());
    let mut ours = found.findings.iter().map(|f| &f.diagnostic);
    let ours = ours.find(|d| ["T2622", "T2623"].contains(&d.code.0));
    let message = ours.map(|d| {
        assert_eq!(d.severity, Severity::Error);
        d.message.clone()
    });
    (codes.collect(), message)
}

fn says(statements: &str, wanted: &str) {
    let (_, message) = told(statements);
    assert_eq!(message.as_deref(), Some(wanted), "{statements}");
}

fn says_nothing(statements: &str) {
    let (codes, message) = told(statements);
    assert_eq!(message, None, "{statements}: {codes:?}");
}

/// A machine with two disks, and copies of the documents on each.
fn machine(one: &str, other: &str) -> String {
    format!(
        "host box at home/rack {{ runs cron; has rclone 1.75.2; store a {{ medium hdd; {one} }}; store b {{ medium ssd; {other} }} }}\n\
         network lan {{ joins box, vps }}\n\
         copy to_a of docs to box.a:/docs by box.cron {{ daily at 05:00; taking 1m..10m; monitor deadman }}\n\
         copy to_b of docs to box.b:/docs by box.cron {{ daily at 06:00; taking 1m..10m; monitor deadman }}\n"
    )
}

#[test]
fn two_stores_that_are_mounted_at_one_place_are_one() {
    says(
        &machine("mounted at /mnt/x", "mounted at /mnt/x"),
        "`box.a` and `box.b` are mounted at one place, `/mnt/x`",
    );
    says(
        &machine("", ""),
        "`box.a` and `box.b` are mounted at one place, `/`, as stores are of which nothing else is said",
    );
    says_nothing(&machine("", "mounted at /mnt/x"));
    // One disk after the other.
    let after = machine("mounted at /mnt/x", "mounted at /mnt/x")
        .replace("store a {", "store a until later {")
        .replace("store b {", "store b since later {");
    says_nothing(&["phase later = t0 + 3 months\n", &after].concat());
}

#[test]
fn two_buckets_of_one_real_name_at_one_endpoint_are_one() {
    let second = |endpoint: &str, bucket: &str| {
        format!(
            "object_storage s4 at bank/safe {{ endpoint \"{endpoint}\"; bucket other \"{bucket}\" {{ medium object }} }}\n\
             credential w4 {{ account s4; may read, write on s4.other; held on vps }}\n\
             copy to_b of docs to s4.other:/docs by vps.cron {{ daily at 06:00; credential w4; taking 1m..10m; monitor deadman }}\n"
        )
    };
    let one = "`s3.main` and `s4.other` are one bucket, `main-bucket`";
    says(&second("s3.example.org", "main-bucket"), one);
    says(&second("S3.Example.org", "main-bucket"), one);
    // Servers of one's own may each have a bucket of that name.
    says_nothing(&second("s4.example.org", "main-bucket"));
    says_nothing(&second("s3.example.org", "other-bucket"));
}

#[test]
fn secrets_in_one_file_or_under_one_profile_are_one() {
    let root = |clauses: &str| format!("credential root {{ account s3; {clauses} }}\n");
    says(
        &root("held on vps; profile \"w\""),
        "`root` and `writer` are one profile, `w` on `vps`",
    );
    says_nothing(&root("held on tower; profile \"w\""));
    says_nothing(&root("held on vps; profile \"root\""));
    let key = |clauses: &str| format!("key k2 {{ held on envelope; {clauses} }}\n");
    // Nobody has two keys in one file; and `vps` holds the first because it uses it.
    let used = "repository r2 in tower.tank:/r2 { engine restic 0.18.0; key k2 }\n\
                backup docs_near of docs to r2 by vps.cron { daily at 05:00; keep 7 daily; taking 1m..10m; monitor deadman }\n";
    let both = |file: &str| [&key(file), used].concat();
    says(
        &both("file \"/etc/k\""),
        "`k` and `k2` lie in one file, `/etc/k` on `vps`",
    );
    says_nothing(&both("file \"/etc/k2\""));
    says_nothing(&key("file \"/etc/k\""));
}

/// A disk below the one on which documents and dumps are written.
fn below(clauses: &str) -> String {
    format!(
        "host box at home/rack {{ runs cron; has rclone 1.75.2, restic 0.18.0; store system {{ medium ssd }}; store data {{ medium hdd; \
         mounted at /srv/data }} }}\n\
         network lan {{ joins box, vps }}\n{clauses}\n"
    )
}

fn copied(to: &str) -> String {
    below(&format!(
        "copy near of docs to {to} by box.cron {{ daily at 05:00; taking 1m..10m; monitor deadman }}"
    ))
}

#[test]
fn a_place_on_another_disk_than_it_is_written_with_is_told() {
    says(
        &copied("box.system:/srv/data/docs"),
        "`near` lies in `box.data`, which is mounted at `/srv/data`, and not in `box.system`",
    );
    says_nothing(&copied("box.system:/srv/database"));
    says_nothing(&copied("box.data:/docs"));
    // Of a class, and not once more of each step that reads it there.
    let class = "class scans is items on box.system:/srv/data { fields { rest internal } }\n\
                 copy scans_far of scans to vps.disk:/scans by vps.cron { daily at 05:00; taking 1m..10m; monitor deadman }";
    says(
        &below(class),
        "`scans` lies in `box.data`, which is mounted at `/srv/data`, and not in `box.system`",
    );
}

#[test]
fn a_step_that_takes_another_disk_along_is_told() {
    let srv = |exclude: &str| {
        below(&format!(
            "class srv is files on box.system:/srv {{ fields {{ rest internal }} }}\n\
             backup srv_up of srv to r by box.cron {{ daily at 05:00; keep 7 daily; {exclude} credential writer; taking 1m..10m; \
             monitor deadman }}"
        ))
    };
    says(
        &srv(""),
        "`srv_up` takes what lies in `box.data` along, which is mounted at `/srv/data` within its place in `box.system`",
    );
    says_nothing(&srv("exclude \"/srv/data\";"));
    let clean = "expire old of box.system:/srv after 30 days by mtime { by box.cron; daily at 05:00; monitor deadman }";
    says(
        &below(clean),
        "`old` takes what lies in `box.data` along, which is mounted at `/srv/data` within its place in `box.system`",
    );
}
