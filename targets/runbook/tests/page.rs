//! What stands in the runbook, and what never does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests: what goes wrong here is a failed test"
)]

mod common;

use common::{markdown, page, plan_of};
use thrice_model::HostKind;
use thrice_target::fixture::Fixture;
use thrice_target_runbook::{Standing, emit, facts};

const STARTER: &str = include_str!("../../../policies/starter/starter.thrice");

/// Everything that a page can say, in few words.
const POLICY: &str = r#"
use std/ovh
use std/home
/// A shop & a <b>blog</b>.
policy shop "Shop | Blog"
phase now = 2026-01-01
phase later = 2026-09-01
/// The only server.
host web at ovh/gravelines since now {
    cost 10 EUR/month
    runs cron
    has restic 0.18.0
    link 10 MB/s
    store disk { medium nvme }
    service db { container "pg" }
    service shop { after db }
}
nas tower at home/rack since now { once 300 EUR; runs cron; has restic 0.18.0; store tank { medium hdd; mounted at /mnt/tank; snapshots daily at 00:30 keep 30 } }
vault envelope at home/safe
key k { held on envelope; file "/etc/k" }
class configs is state on web.disk:/etc/shop since now { size 1..2 MB }
/// Orders of customers.
class orders is state on web.disk:/var/lib/pg since now {
    service shop
    parts shop
    size 600 MB..1.2 GB
    needs configs within 1 day
    rpo 26h
    rto 4h
}
class photos is items on web.disk:/srv/photos since later
copy to_nas of configs to tower.tank:/configs by hand since now { daily at 04:00 UTC }
require copies >= 2, media >= 2, offsite >= 1 for all
accept copies for orders because "being moved" by "Ada" until 2026-12-31
skip cache because "made anew"
"#;

#[test]
fn the_starter_policy_has_a_runbook() {
    insta::assert_snapshot!(markdown(&plan_of(STARTER, None)));
}

#[test]
fn everything_that_a_policy_says_is_in_it() {
    let page = markdown(&plan_of(POLICY, None));
    for said in [
        "# Runbook: Shop \\| Blog",
        "A shop \\& a \\<b\\>blog\\</b\\>.",
        "phase `now`",
        "**Tell** Ada",
        "nothing of this policy runs by itself.",
        "| **k** |",
        "envelope at home/safe",
        "**Nothing is left of: orders.**",
        "configs, of a time at most 1 d apart",
        "Must be back within (RTO): 4 h",
        "Takes at worst: 2 min for the transfer alone",
        "**First restore:** configs, of a time",
        "below `/mnt/tank/.zfs/snapshot/`",
        "| 1 | web.db | web | `docker start pg` | – |",
        "| 2 | web.shop | web | by hand | web.db |",
        "| orders | web.disk (nvme, ovh/gravelines) | 1 | 1 | 0 | 2 copies, 2 media, 1 off site **(less than asked for)** |",
        "| copies for orders | being moved | Ada | 2026-12-31 |",
        "- cache: made anew",
        "| **all together** | **10 EUR** |",
        "One-time: 300 EUR.",
        "### 2026-09-01: later",
        "Begins: data photos.",
    ] {
        assert!(page.contains(said), "{said} is not in\n{page}");
    }
    let order = |name: &str| page.find(&format!(". {name}\n")).unwrap();
    assert!(
        order("configs") < order("orders"),
        "what others need comes first"
    );
    assert!(
        !page.contains(". photos\n"),
        "what does not exist yet is not restored"
    );
}

#[test]
fn a_rejected_policy_is_marked_in_big_letters() {
    let plan = plan_of(STARTER, None);
    let why: Vec<String> = (0..6).map(|n| format!("T110{n}: `x` <has> none")).collect();
    let standing = Standing::Rejected(why);
    let (text, html) = (
        page(&plan, &standing, "runbook.md"),
        page(&plan, &standing, "runbook.html"),
    );
    assert!(text.contains("\n> # THIS POLICY WAS REJECTED\n"));
    assert!(
        text.contains("> - T1100: x \\<has\\> none\n") && text.contains("and 2 more: section 10")
    );
    assert!(text.contains("- T1105: x"), "{text}");
    assert!(html.contains("<h2>THIS POLICY WAS REJECTED</h2>") && html.contains("&lt;has&gt;"));
    let safe = page(&plan, &Standing::Safe, "runbook.html");
    assert!(!safe.contains("REJECTED"));
}

#[test]
fn the_page_stands_alone() {
    let html = page(&plan_of(POLICY, None), &Standing::Safe, "runbook.html");
    for foreign in ["<script", "<link", "<img", "src=", "@import", "url("] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    let targets: Vec<&str> = html
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(targets.len() > 5);
    for target in targets {
        let id = target
            .strip_prefix('#')
            .unwrap_or_else(|| panic!("{target} leads elsewhere"));
        assert!(
            html.contains(&format!("id=\"{id}\"")),
            "{target} leads nowhere"
        );
    }
    assert!(
        html.contains("A shop &amp; a &lt;b&gt;blog&lt;&#x2f;b&gt;."),
        "{html}"
    );
}

#[test]
fn the_same_policy_gives_the_same_bytes() {
    let once = emit(&plan_of(POLICY, None), &Standing::Safe).unwrap();
    assert_eq!(once, emit(&plan_of(POLICY, None), &Standing::Safe).unwrap());
}

#[test]
fn what_no_command_can_hold_is_refused() {
    let mut f = Fixture::new("p");
    let (web, tower) = (
        f.host("web", HostKind::Host),
        f.host("tower", HostKind::Nas),
    );
    let (disk, tank) = (
        f.file_system(web, "disk", "/"),
        f.file_system(tower, "tank", "/"),
    );
    let class = f.class("site", Fixture::location(disk, "/www"));
    let copy = thrice_model::Verb::Copy {
        include: Default::default(),
        latest_only: false,
        immutable: false,
        transit: false,
    };
    let id = f.step("out", copy, tower);
    f.edit(id, |step| {
        step.classes = vec![(class, thrice_target::fixture::span())].into();
        step.target = Fixture::writes(Fixture::location(tank, "/a\nb"));
    });
    let mistakes = emit(&f.plan(), &Standing::Safe).unwrap_err();
    assert_eq!(mistakes[0].code.0, "T2331");
}

#[test]
fn another_day_changes_no_fact_and_another_command_does() {
    let page = markdown(&plan_of(STARTER, None));
    let values =
        |text: &str| -> Vec<String> { facts(text).unwrap().into_iter().map(|f| f.value).collect() };
    assert_eq!(
        values(&page),
        values(&page.replace("In force on 2026-06-01", "In force on 2026-06-02"))
    );
    assert_ne!(values(&page), values(&page.replace("--verify", "")));
}
