//! Secrets that lie among data: who reads that reads what they open, on the simulator as well.

use super::tests::{PLACES, told};
use crate::testing::{Told, plan_of};

/// A key whose file lies among orders, which anybody of the test may see; what it opens, he may not.
const KEY: &str = r#"
key k { held on web; file "/orders/keys/k" }
repository kept in s3.main:/seed/kept { engine restic 0.18.0; key k }
backup versions of db to kept by web.cron { daily at 02:00 UTC; credential writer; taking 1m..9m }
"#;

fn step(what: &str) -> String {
    format!("{what} {{ daily at 03:00 UTC; credential writer; taking 1m..9m }}\n")
}

fn orders_to(place: &str) -> String {
    step(&format!("copy seen of orders to {place} by web.cron"))
}

fn of(more: &[&str]) -> Told {
    told(&plan_of(&[PLACES, &more.concat()].concat()))
}

fn seen() -> Told {
    (vec!["T2202"], 1, vec![])
}

fn none() -> Told {
    (vec![], 0, vec![])
}

#[test]
fn who_reads_a_file_with_a_key_reads_what_it_opens() {
    assert_eq!(of(&[KEY]), none(), "the bytes alone are nothing");
    assert_eq!(of(&[KEY, &orders_to("s3.main:/seed/orders")]), seen());
    // Where nobody of the test reads, it is nothing, and so is a file that is elsewhere.
    assert_eq!(of(&[KEY, &orders_to("s3.main:/apart")]), none());
    let elsewhere = KEY.replace("/orders/keys", "/etc/keys");
    assert_eq!(
        of(&[&elsewhere, &orders_to("s3.main:/seed/orders")]),
        none()
    );
    let beside = KEY.replace("/orders/keys", "/orders2");
    assert_eq!(of(&[&beside, &orders_to("s3.main:/seed/orders")]), none());
    // A place is taken with all that lies there, of whatever class.
    let place = step("copy seen of web.disk:/orders to s3.main:/seed/all by web.cron");
    let rooted = KEY.replace("/orders/keys", "/orders");
    assert_eq!(of(&[&rooted, &place]), seen());
    let further = step("sync further of s3.main:/apart to s3.main:/seed/far by web.cron");
    assert_eq!(of(&[KEY, &orders_to("s3.main:/apart"), &further]), seen());
    // Nobody holds it, but a step there uses it.
    let unsaid = KEY.replace("held on web; ", "");
    assert_eq!(of(&[&unsaid, &orders_to("s3.main:/seed/orders")]), seen());
    // It may lie in a copy itself.
    let kept = KEY.replace("/orders/keys", "/copies/orders");
    let copy = step("copy seen of orders to web.disk:/copies/orders by web.cron");
    let on = step("sync on of web.disk:/copies to s3.main:/seed/copies by web.cron");
    assert_eq!(of(&[&kept, &copy, &on]), seen());
    assert_eq!(of(&[&kept, &copy]), none());
}

/// Stores are mounted somewhere, and a file lies in that which is mounted furthest below.
#[test]
fn a_file_lies_in_the_store_that_is_mounted_there() {
    let places = |disk: &str| PLACES.replace("store disk }", disk);
    let reads = |disk: &str, file: &str| {
        let key = KEY.replace("/orders/keys/k", file);
        let text = [
            &places(disk),
            key.as_str(),
            &orders_to("s3.main:/seed/orders"),
        ]
        .concat();
        told(&plan_of(&text))
    };
    let mounted = "store disk { mounted at /srv } }";
    assert_eq!(reads(mounted, "/srv/orders/keys/k"), seen());
    assert_eq!(reads(mounted, "/orders/keys/k"), none());
    let two = "store disk; store other { mounted at /orders/keys } }";
    assert_eq!(reads(two, "/orders/keys/k"), none());
    assert_eq!(reads(two, "/orders/key/k"), seen());
    let unsaid = "store disk; store other }";
    assert_eq!(reads(unsaid, "/orders/keys/k"), seen());
}

#[test]
fn what_leaves_a_file_out_does_not_take_it_along() {
    let include = |pattern: &str| {
        let copy = orders_to("s3.main:/seed/orders");
        let copy = copy.replace("{ daily", &format!("{{ include \"{pattern}\"; daily"));
        of(&[KEY, &copy])
    };
    assert_eq!(include("*.csv"), none());
    assert_eq!(include("/k"), none());
    for pattern in ["k", "keys/*", "/keys/k", "*"] {
        assert_eq!(include(pattern), seen(), "{pattern}");
    }
    // Under a key that somebody else has, or in a backup that leaves it out, it is not seen.
    let backup = |exclude: &str, held: &str| {
        let other = format!(
            "key open {{ held on {held} }}\nrepository also in s3.main:/seed/also {{ engine restic 0.18.0; key open }}\n"
        );
        let up = step("backup up of orders to also by web.cron");
        let up = up.replace("{ daily", &format!("{{ {exclude}daily"));
        of(&[KEY, &other, &up])
    };
    assert_eq!(backup("", "web"), none());
    assert_eq!(backup("", "web, bench"), seen());
    for pattern in [
        "/orders/keys",
        "keys",
        "k",
        "/orders/**/k",
        "/orders/k*s/?",
        "[k]",
    ] {
        let exclude = format!("exclude \"{pattern}\"; ");
        assert_eq!(backup(&exclude, "web, bench"), none(), "{pattern}");
    }
    for pattern in ["/keys", "*.key", "/orders/keys/k/x", "[^k]"] {
        let exclude = format!("exclude \"{pattern}\"; ");
        assert_eq!(backup(&exclude, "web, bench"), seen(), "{pattern}");
    }
    assert_eq!(
        backup("exclude \"keys\", \"!keys/k\"; ", "web, bench"),
        seen()
    );
    // A capture takes the parts that it is told, and no dump of a database has files of others.
    let capture = |parts: &str, method: &str| {
        let orders = "/orders { fields { orders.total internal;";
        let places = PLACES.replace(orders, &format!("/orders {{ {parts}fields {{"));
        let dump = step("capture dump of orders to web.disk:/dumps by web.cron");
        let dump = dump.replace("{ daily", &format!("{{ method {method}; daily"));
        let on = "copy on of orders from dump to s3.main:/seed/orders by web.cron { daily at 04:00 UTC; credential writer; taking 1m..9m }\n";
        told(&plan_of(&[&places, KEY, &dump, on].concat()))
    };
    assert_eq!(capture("", "files"), seen());
    assert_eq!(capture("parts keys, a; ", "files"), seen());
    assert_eq!(capture("parts a, b; ", "files"), none());
    assert_eq!(capture("", "sqlite"), none());
}

/// Of a credential too; and one key leads to the next.
#[test]
fn one_secret_leads_to_another() {
    const CREDENTIAL: &str = "credential all { account s3; may read on s3.main; held on web; file \"/orders/all.env\" }\n";
    let raw = "copy raw of db to s3.main:/raw by web.cron { daily at 05:00 UTC; credential writer; taking 1m..9m }\n";
    assert_eq!(of(&[raw, CREDENTIAL]), none());
    let orders = orders_to("s3.main:/seed/orders");
    assert_eq!(of(&[raw, CREDENTIAL, &orders]), seen());
    // It is found in what the first one opens.
    let chain = |first: &str| {
        let hidden = KEY
            .replace("s3.main:/seed/kept", "s3.main:/kept")
            .replace("/orders/keys/k", "/db/k");
        let text = format!(
            "key first {{ held on web; file \"{first}\" }}\nrepository one in s3.main:/seed/one {{ engine restic 0.18.0; key first }}\n\
             class secrets is state on web.disk:/secrets {{ fields {{ rest public }} }}\n\
             backup ups of secrets to one by web.cron {{ daily at 05:00 UTC; credential writer; taking 1m..9m }}\n"
        );
        let all = CREDENTIAL.replace("/orders", "/secrets");
        of(&[&hidden.replace("/db/k", "/secrets/k"), &text, &all, &orders])
    };
    assert_eq!(chain("/orders/first"), seen());
    assert_eq!(chain("/etc/first"), none());
}

/// What was taken along stays when the step ends; before it begins, it is not there.
#[test]
fn a_file_that_was_taken_along_stays() {
    const PHASES: &str =
        "phase one = 2026-01-01\nphase two = 2026-03-01\nphase three = 2026-06-01\n";
    let reads = |since: &str, more: &str| {
        let look = format!("mount look of s3.main:/far in viewer since two {since}\n");
        let copy = orders_to("s3.main:/far").replace("web.cron", "web.cron until two");
        told(&plan_of(
            &[PHASES, PLACES, KEY, &copy, &look, more].concat(),
        ))
    };
    assert_eq!(reads("", ""), seen());
    let tidy = "expire tidy of s3.main:/far after 5 days by upload until three\n";
    assert_eq!(reads("", tidy), seen(), "some days of it");
    let late = "copy late of orders to s3.main:/far by web.cron since three { daily at 03:00 UTC; credential writer; taking 1m..9m }\n";
    let look = |ends: &str| {
        let look = format!("mount look of s3.main:/far in viewer since one {ends}\n");
        told(&plan_of(&[PHASES, PLACES, KEY, late, &look].concat()))
    };
    assert_eq!(look("until three"), none());
    assert_eq!(look(""), seen());
}

/// Hosts of one environment share what they have; and stores and services are seen with what is found there.
#[test]
fn all_that_somebody_reads_counts_together() {
    let two = PLACES.replace(
        "environment test { on bench;",
        "host clerk at hetzner/nbg1 { runs cron; store desk }\nenvironment test { on bench, clerk;",
    );
    let key = "key k { held on clerk }\n";
    let kept = KEY.replace("key k { held on web; file \"/orders/keys/k\" }\n", "");
    assert_eq!(told(&plan_of(&[&two, key, &kept].concat())), seen());
    assert_eq!(
        told(&plan_of(
            &[PLACES, "host clerk at hetzner/nbg1\n", key, &kept].concat()
        )),
        none()
    );
    // Of a place of which it is declared a reader.
    let declared = PLACES
        .replace(
            "bucket main",
            "bucket main; bucket side { readers test of /up }",
        )
        .replace(
            "may read, write, delete on s3.main",
            "may read, write, delete on s3.*",
        );
    let orders = orders_to("s3.side:/up");
    assert_eq!(told(&plan_of(&[&declared, KEY, &orders].concat())), seen());
    let apart = orders_to("s3.side:/down");
    assert_eq!(told(&plan_of(&[&declared, KEY, &apart].concat())), none());
    let cleared = |from: &str, to: &str, orders: &str| {
        let places = PLACES
            .replace("clearance internal", "clearance credential")
            .replace(from, to);
        told(&plan_of(&[&places, KEY, orders].concat()))
    };
    let above = (vec!["T2201"], 1, vec![]);
    let bucket = (
        "bucket main",
        "bucket main { clearance internal }; bucket side",
    );
    assert_eq!(cleared(bucket.0, bucket.1, ""), none());
    assert_eq!(cleared(bucket.0, bucket.1, &orders_to("s3.main:/o")), above);
    let service = (
        "service viewer }",
        "service viewer { clearance internal } }\nmount look of s3.main:/seed in viewer",
    );
    assert_eq!(cleared(service.0, service.1, ""), none());
    assert_eq!(
        cleared(service.0, service.1, &orders_to("s3.main:/seed/o")),
        above
    );
    assert_eq!(
        cleared(service.0, service.1, &orders_to("s3.main:/o")),
        none()
    );
}

/// What is in a vault lies open where its content does, unless that is sealed.
#[test]
fn who_reads_the_content_of_a_vault_has_what_is_in_it() {
    const VAULT: &str = r#"
class secrets is state on web.disk:/secrets { fields { rest internal } }
key k { held on passwords }
repository kept in s3.main:/seed/kept { engine restic 0.18.0; key k }
backup versions of db to kept by web.cron { daily at 02:00 UTC; credential writer; taking 1m..9m }
"#;
    let reads = |vault: &str, more: &str| {
        let vault = format!("vault passwords {vault}\n");
        let open = of(&[VAULT, &vault, more]);
        let sealed = vault.replace("of secrets", "of secrets sealed");
        (open, of(&[VAULT, &sealed, more]))
    };
    let copied = step("copy seen of secrets to s3.main:/seed/s by web.cron");
    let apart = step("copy seen of secrets to s3.main:/apart by web.cron");
    assert_eq!(reads("on web of secrets", ""), (none(), none()));
    assert_eq!(reads("on web of secrets", &copied), (seen(), none()));
    assert_eq!(reads("at home/safe of secrets", &copied), (seen(), none()));
    assert_eq!(reads("on web of secrets", &apart), (none(), none()));
    assert_eq!(reads("on web", &copied), (none(), none()), "no content");
    // Another key keeps it.
    let other = |held: &str| {
        let up = step("backup up of secrets to also by web.cron");
        format!(
            "key other {{ held on {held} }}\nrepository also in s3.main:/seed/also {{ engine restic 0.18.0; key other }}\n{up}"
        )
    };
    assert_eq!(reads("on web of secrets", &other("web")), (none(), none()));
    assert_eq!(
        reads("on web of secrets", &other("web, bench")),
        (seen(), none())
    );
    // Who owns the host where it lies has it, wherever its program runs; and who owns that one, sealed or not.
    let there = |vault: &str| {
        let vault = VAULT.replace("web.disk:/secrets", "bench.small:/secrets") + vault;
        of(&[&vault])
    };
    assert_eq!(there("vault passwords on web of secrets\n"), seen());
    assert_eq!(there("vault passwords at home/safe of secrets\n"), seen());
    assert_eq!(there("vault passwords on web of secrets sealed\n"), none());
    assert_eq!(reads("on bench of secrets", ""), (seen(), seen()));
    // A credential in it as well.
    let raw = "copy raw of db to s3.main:/raw by web.cron { daily at 05:00 UTC; credential writer; taking 1m..9m }\n\
               credential all { account s3; may read on s3.main; held on passwords }\n";
    let keeps = VAULT.split("key k").next().unwrap_or_default();
    let vault = |sealed: &str| format!("{keeps}vault passwords on web of secrets{sealed}\n");
    assert_eq!(of(&[&vault(""), raw, &copied]), seen());
    assert_eq!(of(&[&vault(" sealed"), raw, &copied]), none());
}
