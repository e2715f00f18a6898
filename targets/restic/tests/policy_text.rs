//! From the text of a policy to bytes that a restore compares equal, by way of every script it gives.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use jiff::civil::date;
use thrice_diagnostics::SourceMap;
use thrice_resolve::{Loader, resolve};
use thrice_target::bench::{Bench, Monitor};
use thrice_target::{Artefact, Plan};
use thrice_test_support::ceph::Rgw;
use thrice_test_support::restic::{PASSWORD, Restic, versions};
use thrice_test_support::shell::shellcheck;
use thrice_test_support::{cron, run};

struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _: &str, _: &str) -> Result<(String, String), String> {
        Err("no files here".to_owned())
    }
}

/// The plan of a policy, whose object storage answers at `endpoint` where the test has one: a policy names
/// hosts alone, and the gateway of a test has a port and no certificate.
fn plan_of(text: &str, endpoint: Option<&str>) -> Plan {
    let mut sources = SourceMap::new();
    let file = sources.add("policy.thrice", text);
    let (model, mistakes) = resolve(&mut sources, &[file], "p", date(2026, 6, 1), &NoFiles);
    let mut model = model.unwrap_or_else(|| panic!("{mistakes:?}"));
    if let Some(endpoint) = endpoint {
        let storage = model
            .hosts
            .iter()
            .find(|(_, host)| host.endpoint.is_some())
            .unwrap()
            .0;
        model.hosts.get_mut(storage).unwrap().endpoint = Some(endpoint.to_owned());
    }
    thrice_plan::plan(model, date(2026, 6, 1)).0
}

/// All that a small shop does: dump, back up, prune, check, drill, tidy up. `DIR` is the test's folder.
const POLICY: &str = r#"
use std/ovh
use std/hetzner
use std/home
use std/healthchecks
policy shop "A small shop"
host web at ovh/gravelines {
    timezone "Europe/Paris"
    runs cron
    has restic VERSION
    store disk { medium nvme }
}
object_storage s3 at hetzner/fsn1 {
    endpoint "s3.example.org"
    bucket backups "shop-VERSION" { medium object }
}
vault envelope at home/safe
key restic_key { held on web, envelope; file "DIR/key" }
credential writer { account s3; may read, write, delete on s3.backups; held on web; file "DIR/s3.env" }
repository safe in s3.backups:/restic { engine restic VERSION; key restic_key; credential writer }
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by healthchecks_io }
class orders is state on web.disk:/var/lib/postgresql { parts shop }
class site is files on web.disk:/srv/www
/// Every night, before the backup.
capture dump of orders to web.disk:DIR/dumps by web.cron {
    daily at 02:00
    method pg_dump
    atomic
    runs "DIR/dump.sh"
    keeps 3 days
    taking 1s..5m
    monitor deadman
}
backup orders_out of orders from dump to safe by web.cron {
    daily at 03:00
    keep 7 daily, 4 weekly
    after dump
    taking 1s..10m
    retries 1
    monitor deadman
}
prune weekly_prune of safe by web.cron { weekly on Sunday at 06:00; monitor deadman }
check integrity of safe by web.cron { weekly on Sunday at 09:00; read 1 of 3; monitor deadman }
drill restore_test of orders from safe by web.cron { monthly on 1 at 10:00; monitor deadman }
expire tidy of web.disk:DIR/spool after 30 days by mtime { daily at 05:00; by web.cron; monitor deadman }
"#;

fn write_inputs(bench: &Bench, gateway: &Rgw) {
    bench.write("key", PASSWORD);
    let settings = gateway
        .environment()
        .map(|(name, value)| format!("{name}={value}\n"));
    bench.write("s3.env", settings.concat());
    let dump = format!(
        "#!/bin/bash\nset -eu\nmkdir -p {0}/dumps\nseq 100000 >{0}/dumps/shop.part\n\
         mv {0}/dumps/shop.part {0}/dumps/shop.dump\n",
        bench.path("").trim_end_matches('/')
    );
    run(Command::new("chmod").args(["755", &bench.write("dump.sh", dump)]));
    for (name, days) in [("spool/old", 40), ("spool/new", 1)] {
        let path = bench.write(name, "content");
        run(Command::new("touch").args(["-d", &format!("{days} days ago"), &path]));
    }
}

fn emitted(plan: &Plan) -> BTreeMap<String, Artefact> {
    let restic = thrice_target_restic::emit(plan).unwrap();
    let host = thrice_target_host_scripts::emit(plan).unwrap();
    let mut scripts = BTreeMap::new();
    for script in restic.into_iter().chain(host) {
        assert!(
            scripts
                .insert(script.step.clone().unwrap(), script)
                .is_none(),
            "each step once"
        );
    }
    scripts
}

fn carry_out(restic: &'static Restic) {
    let gateway = Rgw::shared();
    let mut bench = Bench::new();
    let version = restic.version.to_string();
    let text = POLICY
        .replace("VERSION", &version)
        .replace("DIR", bench.path("").trim_end_matches('/'));
    let plan = plan_of(&text, Some(gateway.endpoint()));
    write_inputs(&bench, gateway);
    bench.programs(restic.folder());
    let monitor = Monitor::start();
    bench.set("HC_PING_KEY", &monitor.url);
    let repository = gateway.restic_repository(&format!("shop-{version}/restic"));
    let call = |arguments: &[&str]| {
        let mut command = restic.command(&repository);
        command.envs(gateway.environment()).args(arguments);
        command
    };
    run(&mut call(&["init"]));

    let scripts = emitted(&plan);
    let order = [
        "dump",
        "orders_out",
        "weekly_prune",
        "integrity",
        "restore_test",
        "tidy",
    ];
    assert_eq!(scripts.len(), order.len());
    for step in order {
        let script = &scripts[step];
        assert_eq!(shellcheck(&bench.install(script)), Ok(()), "{step}");
        let finished = bench.run(script);
        assert!(
            finished.is_success(),
            "{step} with restic {version}: {finished}"
        );
        assert_eq!(bench.record("shop", step)["ok"], true);
    }
    let asked: Vec<String> = order.iter().map(|step| format!("/shop-{step}")).collect();
    assert_eq!(monitor.asked(), asked, "each step once, and none twice");

    run(&mut call(&[
        "restore",
        "latest",
        "--target",
        &bench.path("restored"),
    ]));
    let restored = format!("{}{}", bench.path("restored"), bench.path("dumps"));
    run(Command::new("diff").args(["-r", &bench.path("dumps"), &restored]));
    assert!(fs::metadata(format!("{restored}/shop.dump")).unwrap().len() > 500_000);
    assert!(
        !bench.folder().join("spool/old").exists() && bench.folder().join("spool/new").exists()
    );

    let crontabs = thrice_target_cron::emit(&plan).unwrap();
    assert_eq!(crontabs.len(), 1);
    assert_eq!(cron::check(crontabs[0].text()), Ok(()));
    let mut started: Vec<String> = thrice_target_cron::read(crontabs[0].text())
        .unwrap()
        .into_iter()
        .map(|entry| {
            entry.command[0]
                .trim_start_matches("/opt/thrice/shop/bin/")
                .to_owned()
        })
        .collect();
    started.sort();
    assert_eq!(
        started,
        scripts.into_keys().collect::<Vec<_>>(),
        "cron starts what there is"
    );
}

#[test]
fn a_small_shop_is_carried_out_in_rgw() {
    for restic in [versions().first().unwrap(), versions().last().unwrap()] {
        carry_out(restic);
    }
}

#[test]
fn no_secret_is_in_what_is_emitted() {
    let text = POLICY
        .replace("VERSION", "0.18.0")
        .replace("DIR", "/srv/shop");
    let plan = plan_of(&text, None);
    for script in emitted(&plan).values() {
        assert!(
            !script.secrets.is_empty(),
            "{}: it says where secrets are",
            script.path
        );
        for secret in &script.secrets {
            assert!(
                secret.starts_with('/') || secret.starts_with("HC_PING_KEY"),
                "{secret}"
            );
        }
    }
    // The same policy, the same bytes.
    assert_eq!(emitted(&plan), emitted(&plan_of(&text, None)));
}
