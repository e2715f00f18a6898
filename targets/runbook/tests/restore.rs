//! The commands of the runbook, taken out of the emitted Markdown and run: what they bring back is
//! compared with what was lost.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{markdown, plan_of, ways};
use thrice_target::bench::Bench;
use thrice_target::{Artefact, Plan};
use thrice_test_support::ceph::Rgw;
use thrice_test_support::rclone::{self, Rclone};
use thrice_test_support::restic::{self, PASSWORD, Restic};
use thrice_test_support::run;

/// Data with a dump and without, in a repository in a bucket, mirrored to a NAS, and as plain files.
const POLICY: &str = r#"
use std/ovh
use std/hetzner
use std/home
use std/healthchecks
host web at ovh/gravelines {
    runs cron
    has restic RESTIC, rclone RCLONE
    store disk { medium nvme }
}
object_storage s3 at hetzner/fsn1 { endpoint "s3.example.org"; bucket all "BUCKET" { medium object } }
nas tower at home/rack { runs cron; has rclone RCLONE; store tank { medium hdd } }
vault envelope at home/safe
key restic_key { held on web, envelope; file "DIR/key" }
credential writer { account s3; may read, write, delete on s3.all; held on web, tower; file "DIR/s3.env" }
repository safe in s3.all:/restic { engine restic RESTIC; key restic_key; credential writer }
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by healthchecks_io }
class orders is state on web.disk:DIR/pg { parts shop }
class site is files on web.disk:"DIR/it's www"
capture dump of orders to web.disk:DIR/dumps by web.cron {
    daily at 02:00 UTC
    method pg_dump
    atomic
    runs "DIR/dump.sh"
}
backup orders_out of orders from dump to safe by web.cron { daily at 03:00 UTC }
backup site_out of site to safe by web.cron { daily at 03:10 UTC; keep 7 daily }
copy site_plain of site to s3.all:/plain/www by web.cron { daily at 03:20 UTC; credential writer }
sync mirror of s3.all:/restic to tower.tank:DIR/mirror by tower.cron { daily at 05:00 UTC; credential writer }
"#;

/// The shop before its worst day.
struct Shop {
    bench: Bench,
    plan: Plan,
    path: String,
}

impl Shop {
    fn new(restic: &Restic, rclone: &Rclone, gateway: &Rgw) -> Self {
        let mut bench = Bench::new();
        let bucket = format!("shop-{}", restic.version).replace('.', "-");
        let text = POLICY
            .replace("RESTIC", &restic.version.to_string())
            .replace("RCLONE", &rclone.version.to_string())
            .replace("BUCKET", &bucket)
            .replace("DIR", bench.path("").trim_end_matches('/'));
        let plan = plan_of(
            &text,
            Some(&format!("https://{}", gateway.secure_authority())),
        );
        bench.programs(restic.folder());
        bench.programs(rclone.folder());
        bench.set("HC_PING_KEY", "unused");
        bench.write("key", PASSWORD);
        bench.write("restore/restic_key.key", PASSWORD);
        let settings = gateway
            .environment()
            .map(|(name, value)| format!("{name}={value}\n"));
        let authority = gateway.authority();
        let settings = settings.concat() + &format!("AWS_CA_BUNDLE='{}'\n", authority.display());
        bench.write("s3.env", &settings);
        bench.write("restore/writer.env", &settings);
        bench.write("it's www/index.html", "<h1>hello</h1>");
        bench.write("it's www/a folder/-rf & $HOME", "odd\n");
        bench.write("pg/base", "not for copying");
        let dump = format!(
            "#!/bin/bash\nset -eu\nmkdir -p {0}/dumps\nseq 50000 >{0}/dumps/.part\nmv {0}/dumps/.part {0}/dumps/shop.dump\n",
            bench.path("").trim_end_matches('/')
        );
        run(Command::new("chmod").args(["755", &bench.write("dump.sh", dump)]));
        let mut init = restic.command(&gateway.restic_repository(&format!("{bucket}/restic")));
        run(init.envs(gateway.environment()).arg("init"));
        let path = format!(
            "{}:{}:/usr/bin:/bin",
            rclone.folder().display(),
            restic.folder().display()
        );
        Self { bench, plan, path }
    }

    /// Runs every script once, in the order of a night.
    fn night(&self) {
        let mut scripts: BTreeMap<String, Artefact> = BTreeMap::new();
        for emitted in [
            thrice_target_host_scripts::emit(&self.plan),
            thrice_target_restic::emit(&self.plan),
            thrice_target_rclone::emit(&self.plan),
        ] {
            let named = |file: Artefact| Some((file.step.clone()?, file));
            scripts.extend(emitted.unwrap().into_iter().filter_map(named));
        }
        for step in ["dump", "orders_out", "site_out", "site_plain", "mirror"] {
            let finished = self.bench.run(&scripts[step]);
            assert!(finished.is_success(), "{step}: {finished}");
        }
    }

    /// Runs one block of the runbook as a person would, in a shell of its own.
    fn paste(&self, block: &str) {
        let mut shell = Command::new("bash");
        shell
            .args(["-c", block])
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.bench.folder())
            .env("RESTORE", self.bench.folder().join("restore"))
            .current_dir("/");
        run(&mut shell);
    }

    fn forget(&self, name: &str) {
        let path = self.bench.folder().join(name);
        if path.exists() {
            fs::remove_dir_all(path).unwrap();
        }
    }
}

/// All files below a folder with their content.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                out.insert(
                    path.strip_prefix(folder).unwrap().to_owned(),
                    fs::read(&path).unwrap(),
                );
            }
        }
    }
    out
}

fn worst_day(restic: &Restic, rclone: &Rclone) {
    // By HTTPS, with an authority that nothing on this machine knows.
    let gateway = Rgw::start_secure();
    let shop = Shop::new(restic, rclone, &gateway);
    shop.night();
    let folder = shop.bench.folder().to_owned();
    let (www, dumps) = (tree(&folder.join("it's www")), tree(&folder.join("dumps")));
    assert!(www.len() == 2 && dumps.len() == 1, "{www:?} {dumps:?}");
    let page = markdown(&shop.plan);
    let ways = ways(&page);
    let of = |class: &str| ways.keys().filter(|way| way.starts_with(class)).count();
    assert_eq!((of("site-"), of("orders-")), (3, 3), "{:?}", ways.keys());

    // The folder for keys is made by the runbook's own first command.
    shop.paste(&thrice_target_runbook::shell_blocks(&page)[0]);
    for (way, blocks) in ways {
        shop.forget("restore/data");
        if way.starts_with("site-") {
            shop.forget("it's www");
            blocks.iter().for_each(|block| shop.paste(block));
            assert_eq!(blocks.len(), 2, "{way}: fetch and put in place");
            assert_eq!(tree(&folder.join("it's www")), www, "{way}");
        } else {
            blocks.iter().for_each(|block| shop.paste(block));
            assert_eq!(blocks.len(), 1, "{way}: a dump is loaded by its program");
            let back = tree(&folder.join("restore/data/orders"));
            let content: Vec<&Vec<u8>> = back.values().collect();
            assert_eq!(
                content,
                dumps.values().collect::<Vec<_>>(),
                "{way}: {:?}",
                back.keys()
            );
        }
    }
}

#[test]
fn the_commands_bring_everything_back_from_rgw_with_the_oldest_programs() {
    worst_day(&restic::versions()[0], &rclone::versions()[0]);
}

#[test]
fn the_commands_bring_everything_back_from_rgw_with_the_newest_programs() {
    worst_day(
        restic::versions().last().unwrap(),
        rclone::versions().last().unwrap(),
    );
}
