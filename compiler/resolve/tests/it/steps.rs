//! Steps: heads, runners, clauses, and how they rest on each other.

use insta::assert_snapshot;
use jiff::civil::date;
use thrice_model::{
    AgeClock, Anonymise, Application, CaptureMethod, Model, RunnerKind, Source, Step, StepTarget,
    Subset, Verb,
};
use thrice_quantity::{Bytes, Seconds};

use crate::support::{codes, model, shown};

/// Hosts, stores, classes and all else that steps name.
const INVENTORY: &str = "\
phase t0 = 2026-02-15
phase app = t0 + 6 weeks
phase nas = t0 + 6 months
provider home { site rack }
provider ovh { site gravelines }
host vpai at ovh/gravelines since t0 { runs cron, systemd; store local { medium nvme }; service postgres; service n8n }
host seko at home/rack since t0 { runs zerobyte; store local }
host pre at ovh/gravelines since t0 { store local; service n8n; service redis }
host bare at home/rack
nas truenas at home/rack since nas { runs cron; timezone \"Europe/Paris\"; store tank }
object_storage s3 at ovh/gravelines since t0 { bucket backups \"b-b\"; bucket shared \"b-s\" }
key k { held on seko }
credential writer { may write on s3.* ; held on seko }
credential reader { may read on s3.* ; held on truenas }
monitor deadman { healthchecks at \"HC\"; on seko }
repository repo in s3.backups:/ { engine restic 0.18.0; key k; credential writer }
environment preprod { on pre; clearance internal; service redis, n8n }
class databases is state on vpai.local:/pg { parts n8n, litellm }
class configs is files on vpai.local:/opt since app
schedule nightly = daily at 03:00 UTC
schedule sometimes = on demand
retention gfs = keep 7 daily, 4 weekly
";

fn with(source: &str) -> String {
    format!("{INVENTORY}{source}")
}

/// Messages alone, and the steps they are about: the inventory is the same for all.
fn refused(source: &str) -> String {
    let all = shown(&with(source));
    let messages = all.split_once("\n\n").map_or("", |(_, messages)| messages);
    let from = INVENTORY.lines().count();
    let lines = source.trim().lines().enumerate();
    let numbered: Vec<String> = lines
        .map(|(n, line)| format!("{:2} {line}", from + 1 + n))
        .collect();
    format!("{}\n\n{messages}", numbered.join("\n"))
}

#[expect(clippy::panic, reason = "a test says what it misses")]
fn the_step<'m>(model: &'m Model, name: &str) -> &'m Step {
    let step = model.steps.iter().find(|(_, step)| step.named.name == name);
    step.unwrap_or_else(|| panic!("no step {name}")).1
}

#[test]
fn a_capture_with_all_its_clauses() {
    let model = model(&with(
        "/// Dumps.
capture dump of databases to vpai.local:/dumps by vpai.systemd {
    daily at 02:00 UTC; method pg_dump; atomic; user \"postgres\"; container \"pg\"
    keeps 3 days; taking 1m..15m; retries 2; monitor deadman; limit 5 MB/s
}
capture own of databases to vpai.local:/own by vpai.cron { nightly; runs \"/opt/dump.sh\"; in place; jitter 5 min }",
    ));
    let step = the_step(&model, "dump");
    assert_eq!(step.named.doc, "Dumps.");
    let Verb::Capture(parts) = &step.verb else {
        panic!("{:?}", step.verb)
    };
    assert_eq!((parts.method, parts.atomic), (CaptureMethod::PgDump, true));
    assert_eq!(parts.user.as_deref(), Some("postgres"));
    assert_eq!(parts.keeps.unwrap().0.high(), Seconds::days(3));
    assert_eq!(step.source, Source::Home);
    assert_eq!(step.application, Application::Emitted);
    assert_eq!(step.timing.duration.high(), Seconds::minutes(15));
    assert!(step.timing.duration_stated.is_some());
    assert_eq!(step.timing.jitter, Seconds::MINUTE, "of a systemd timer");
    assert_eq!(
        (step.timing.retries, step.pace().limit),
        (2, Some(Bytes(5_000_000)))
    );
    assert!(step.monitor.is_some());
    let step = the_step(&model, "own");
    let Verb::Capture(parts) = &step.verb else {
        panic!("{:?}", step.verb)
    };
    assert_eq!(
        (parts.method, parts.atomic),
        (CaptureMethod::Program, false)
    );
    assert_eq!(
        step.application,
        Application::ByHand,
        "the program is somebody's own"
    );
    assert_eq!(step.timing.jitter, Seconds::minutes(5));
}

#[test]
fn a_backup_takes_what_its_repository_says() {
    let model = model(&with(
        "backup full of databases from dump to repo by seko.zerobyte { nightly; gfs; prune; exclude \"*.tmp\", \"cache\"; exclude \"x\"; flag \"--pack-size=32\"; connections 8 }
backup plain of databases from vpai.local:/dumps to repo by vpai.cron { every 6 hours; keep 3 last; credential reader; after dump }
backup asked of databases to repo by vpai { sometimes }
capture dump of databases to vpai.local:/dumps by vpai.cron { daily at 02:00 UTC; method pg_dump }"
            .replace("by vpai {", "by vpai.cron {")
            .as_str(),
    ));
    let full = the_step(&model, "full");
    let Verb::Backup {
        keep,
        prune,
        exclude,
        flags,
        mirror: None,
    } = &full.verb
    else {
        panic!()
    };
    assert_eq!(
        keep.as_ref().unwrap().0.daily,
        Some(thrice_retention::Count::N(7))
    );
    assert!(prune);
    assert_eq!(
        (exclude.len(), flags.as_slice()),
        (3, ["--pack-size=32".to_owned()].as_slice())
    );
    assert_eq!(full.pace().transfers, Some(8));
    assert_eq!(
        full.application,
        Application::Api,
        "Zerobyte is told through its API"
    );
    assert_eq!(full.runner.kind, RunnerKind::Zerobyte);
    let dump = model
        .steps
        .iter()
        .find(|(_, s)| s.named.name == "dump")
        .unwrap()
        .0;
    assert!(
        matches!(full.source, Source::Step(id, _) if id == dump),
        "declared further down"
    );
    let mut credentials = model.credentials.iter();
    let writer = credentials
        .find(|(_, c)| c.named.name != "reader")
        .unwrap()
        .0;
    assert_eq!(full.credential.unwrap().0, writer, "that of its repository");
    let plain = the_step(&model, "plain");
    assert_ne!(plain.credential.unwrap().0, writer);
    assert_eq!(
        plain.timing.duration.high(),
        Seconds::hours(3),
        "half its period"
    );
    assert_eq!(plain.timing.after[0].0, dump);
    let asked = the_step(&model, "asked");
    assert_eq!(asked.timing.schedule, None);
    assert_eq!(asked.timing.duration.high(), Seconds::DAY);
    assert!(matches!(
        asked.verb,
        Verb::Backup {
            keep: None,
            prune: false,
            ..
        }
    ));
}

#[test]
fn copies_syncs_and_moves() {
    let model = model(&with(
        "copy c of configs, databases to s3.shared:/c by vpai.cron { nightly; include \"*.dump\"; latest only; transit; transfers 4; checkers 8; credential writer }
copy d of vpai.local:/opt to s3.shared:/d by vpai.cron { nightly; immutable }
sync s of s3.backups to truenas.tank:/mirror by truenas { monthly on 1 at 05:00 UTC; max delete 1000; backup dir truenas.tank:/trash }
move m of s3.shared:/c to truenas.tank:/m by truenas.cron { monthly on 1 at 06:00 UTC; older than 90 days by mtime }",
    ));
    let c = the_step(&model, "c");
    assert!(
        matches!(&c.verb, Verb::Copy { include, latest_only: true, immutable: false, transit: true } if include.len() == 1)
    );
    assert_eq!(
        (c.classes.len(), c.pace().transfers, c.pace().checkers),
        (2, Some(4), Some(8))
    );
    assert_eq!(c.lifetime.from, date(2026, 3, 29), "of its youngest class");
    let d = the_step(&model, "d");
    assert!(
        matches!(&d.source, Source::Location(place, _) if place.path == "/opt")
            && d.classes.is_empty()
    );
    assert!(matches!(
        d.verb,
        Verb::Copy {
            immutable: true,
            latest_only: false,
            ..
        }
    ));
    let s = the_step(&model, "s");
    assert_eq!(s.runner.kind, RunnerKind::Cron, "the only one there is");
    assert!(matches!(
        &s.verb,
        Verb::Sync {
            max_delete: Some(1000),
            backup_dir: Some(_),
            transit: false
        }
    ));
    assert_eq!(s.lifetime.from, date(2026, 8, 15), "that of the NAS");
    let m = the_step(&model, "m");
    assert!(
        matches!(m.verb, Verb::Move { older_than: Some((age, AgeClock::Mtime, _)) } if age == Seconds::days(90))
    );
}

#[test]
fn expiries_are_rules_or_clean_ups() {
    let model = model(&with(
        "expire rule of s3.shared:/exports after 30 days by upload { deprecated prefix }
expire old of s3.backups after 7 days by upload { noncurrent }
expire tidy of vpai.local:/projects after 0..180 days by use { by hand }
expire swept of vpai.local:/tmp after 3 days by mtime until nas { by vpai.cron; daily at 05:00 UTC }
expire cleared of s3.shared:/c after 36h by mtime { by vpai.systemd; weekly on Sunday at 01:00 UTC }",
    ));
    let rule = the_step(&model, "rule");
    assert_eq!(
        (rule.runner.kind, rule.application),
        (RunnerKind::Lifecycle, Application::Api)
    );
    assert_eq!(model.hosts[rule.runner.host.unwrap()].named.name, "s3");
    assert!(matches!(
        rule.verb,
        Verb::Expire {
            deprecated_prefix: true,
            noncurrent: false,
            ..
        }
    ));
    assert!(matches!(
        the_step(&model, "old").verb,
        Verb::Expire {
            noncurrent: true,
            ..
        }
    ));
    let tidy = the_step(&model, "tidy");
    assert_eq!(
        (tidy.runner.host, tidy.application),
        (None, Application::ByHand)
    );
    assert!(
        matches!(tidy.verb, Verb::Expire { after, clock: AgeClock::Use, .. } if after.high() == Seconds::days(180))
    );
    let swept = the_step(&model, "swept");
    assert_eq!(swept.application, Application::Emitted);
    assert_eq!(swept.lifetime.until, Some(date(2026, 8, 15)));
    assert_eq!(the_step(&model, "cleared").runner.kind, RunnerKind::Systemd);
}

#[test]
fn a_seed_restarts_the_services_of_its_environment() {
    let model = model(&with(
        "seed all of databases to preprod via s3.shared:/seed by vpai.cron { nightly
    anonymise n8n.credentials.data redact before leaving
    anonymise n8n.hooks.path prefix \"test-\" leaving internal
    anonymise litellm.keys null; anonymise litellm.users hash
    keep n8n; skip metrics, logs; rest skip; verified; restart n8n }
seed bare_seed of databases to preprod by vpai.cron { nightly; keep databases }",
    ));
    let Verb::Seed {
        rules,
        restart,
        verified,
    } = &the_step(&model, "all").verb
    else {
        panic!()
    };
    assert!(verified);
    let actions: Vec<&Anonymise> = rules.iter().map(|rule| &rule.action).collect();
    let prefix = Anonymise::Prefix("test-".into());
    use Anonymise::{Hash, Keep, Null, Redact, Skip};
    assert_eq!(
        actions,
        [&Redact, &prefix, &Null, &Hash, &Keep, &Skip, &Skip, &Skip]
    );
    assert_eq!(
        rules
            .iter()
            .map(|r| r.before_leaving)
            .filter(|b| *b)
            .count(),
        1
    );
    assert_eq!(rules[1].label_after, Some(thrice_model::Label::Internal));
    assert_eq!(rules.last().unwrap().field, "rest");
    let names = |ids: &[thrice_model::ServiceId]| -> Vec<String> {
        ids.iter()
            .map(|id| model.services[*id].named.name.to_string())
            .collect()
    };
    assert_eq!(
        names(restart),
        ["pre.n8n"],
        "not the one that production runs"
    );
    let Verb::Seed { restart, .. } = &the_step(&model, "bare_seed").verb else {
        panic!()
    };
    assert_eq!(
        names(restart),
        ["pre.redis", "pre.n8n"],
        "in the order of the environment"
    );
    assert!(matches!(
        the_step(&model, "bare_seed").target,
        StepTarget::Environment(_, None, _)
    ));
}

#[test]
fn prunes_checks_and_drills() {
    let model = model(&with(
        "prune p of repo by vpai.cron { weekly on Sunday at 06:00 UTC }
check quick of repo by vpai.cron { nightly }
check part of repo by vpai.cron { nightly; read 1 of 52 }
check whole of repo by vpai.cron { nightly; read all }
check bones of repo by vpai.cron { nightly; read structure }
drill d of databases from repo by hand { monthly on 1 at 10:00 }
drill e of databases from truenas.tank:/mirror by hand",
    ));
    let subset = |name| match the_step(&model, name).verb {
        Verb::Check(subset) => subset,
        ref other => panic!("{other:?}"),
    };
    assert_eq!(subset("quick"), Subset::Structure);
    assert_eq!(subset("part"), Subset::Rotating(52));
    assert_eq!(subset("whole"), Subset::All);
    assert_eq!(subset("bones"), Subset::Structure);
    let prune = the_step(&model, "p");
    assert!(matches!(prune.source, Source::Repository(..)) && prune.target == StepTarget::Nothing);
    assert!(prune.credential.is_some(), "that of the repository");
    let drill = the_step(&model, "d");
    assert_eq!(
        (drill.runner.host, drill.runner.kind),
        (None, RunnerKind::Hand)
    );
    assert_eq!(the_step(&model, "e").lifetime.from, date(2026, 8, 15));
}

#[test]
fn parts_of_a_head_may_stand_in_any_order() {
    let one = with("copy c of databases to s3.shared:/c by vpai.cron since app { nightly }");
    let two = with("copy c since app by vpai.cron to s3.shared:/c of databases { nightly }");
    let (one, two) = (model(&one), model(&two));
    let (one, two) = (the_step(&one, "c"), the_step(&two, "c"));
    assert_eq!(
        (&one.verb, one.lifetime, one.runner.kind),
        (&two.verb, two.lifetime, two.runner.kind)
    );
}

#[test]
fn heads_refused() {
    assert_snapshot!(refused(
        "backup
backup a of databases by vpai.cron { nightly }
backup b of databases to repo { nightly }
backup c to repo by vpai.cron { nightly }
backup of databases to repo by vpai.cron { nightly }
backup d of databases to repo to repo by vpai.cron { nightly }
backup e of databases too repo by vpai.cron { nightly }
backup f of s3.shared to repo by vpai.cron { nightly }
backup g of databases to s3.backups:/ by vpai.cron { nightly }
copy h of databases to repo by vpai.cron { nightly }
copy i of vpai to s3.shared:/i by vpai.cron { nightly }
copy j of databses, configs, configs to s3.shared:/j by vpai.cron { nightly }
sync k of s3.backups from s3.shared to truenas.tank:/k by truenas.cron { nightly }
prune l of repo from repo by vpai.cron { nightly }
drill m of databases by hand
expire n of s3.shared after 30 by upload
expire o of s3.shared after 30 days
expire q of s3.shared after 30 days by ctime
copy s3.shared:/r of databases to s3.shared:/r by vpai.cron { nightly }
seed t of databases to pre by vpai.cron { nightly }
backup u of databases from databases to repo by vpai.cron since nas until t0 { nightly }
backup v of databases to repo by vpai.cron { nightly } twice"
    ));
}

/// What Zerobyte copies from repository to repository takes over from the backup what stays and when.
#[test]
fn versions_go_from_repository_to_repository() {
    let model = model(&with(
        "repository other in seko.local:/r { engine restic 0.18.0; key k }
copy far of configs, databases from up to other by seko.zerobyte { checked daily at 06:00 UTC; keep 3 daily; taking 1m..2h; monitor deadman }
copy as_said of configs, databases from up to other by seko.zerobyte
backup up of databases, configs to repo by seko.zerobyte { nightly; gfs; jitter 5m; taking 1m..30m }",
    ));
    let (far, up) = (the_step(&model, "far"), the_step(&model, "up"));
    let (
        Verb::Backup {
            keep,
            mirror: Some(mirror),
            ..
        },
        Verb::Backup {
            keep: of_backup, ..
        },
    ) = (&far.verb, &up.verb)
    else {
        panic!()
    };
    assert_eq!(keep, of_backup);
    assert_eq!(
        mirror.stated.as_ref().unwrap().0.to_string(),
        "keep 3 daily"
    );
    assert_eq!(
        mirror.checked.as_ref().unwrap().0.to_string(),
        "daily at 06:00 UTC"
    );
    assert_eq!(far.verb.word(), "copy");
    assert_eq!(model.followed(far), Some(thrice_model::StepId::new(2)));
    assert_eq!(far.application, Application::Api);
    assert_eq!(far.timing.schedule, up.timing.schedule);
    // It may begin as late as the backup may be done.
    assert_eq!(far.timing.jitter, Seconds::minutes(35));
    assert_eq!(far.timing.duration.high(), Seconds::hours(2));
    let as_said = the_step(&model, "as_said");
    assert_eq!(as_said.signals(), None);
    assert_eq!(as_said.timing.duration.high(), Seconds::hours(12));
}

#[test]
fn copies_of_versions_refused() {
    assert_snapshot!(refused(
        "repository other in seko.local:/r { engine restic 0.18.0; key k }
backup up of databases, configs to repo by seko.zerobyte { nightly; taking 1m..30m }
capture dump of databases to vpai.local:/dumps by vpai.cron { nightly; method pg_dump; atomic }
copy a of databases to other by seko.zerobyte
copy b of databases from dump to other by seko.zerobyte
copy c of databases from up to other by seko.zerobyte
copy d of databases, configs from up to other by seko.zerobyte { daily at 05:00 UTC }
copy e of databases, configs from up to other by seko.zerobyte { jitter 5m }
copy f of databases, configs from up to other by seko.zerobyte { include \"*.sql\"; latest only; checked on demand }
copy g of databases from dump to s3.shared:/g by vpai.cron { nightly; checked daily at 06:00 UTC; gfs }
copy h of databases, configs from up to other by vpai.cron
copy i of databases, configs from up to other by seko.zerobyte { checked at dawn }
copy j of databases, configs from d to other by seko.zerobyte"
    ));
}

#[test]
fn runners_refused() {
    assert_snapshot!(refused(
        "prune a of repo by seko.cron { nightly }
prune b of repo by vpai { nightly }
prune c of repo by bare { nightly }
prune d of repo by bare.cron { nightly }
prune e of repo by s3 { nightly }
prune f of repo by s3.cron { nightly }
prune g of repo by vpai.corn { nightly }
prune h of repo by vpia.cron { nightly }
prune i of repo by s3.shared { nightly }
prune j of repo by 3 { nightly }
prune l of repo by home { nightly }"
    ));
}

#[test]
fn clauses_refused() {
    assert_snapshot!(refused(
        "capture a of databases to vpai.local:/a by vpai.cron { nightly }
capture b of databases to vpai.local:/b by vpai.cron { nightly; method program }
capture c of databases to vpai.local:/c by vpai.cron { nightly; method pgdump; atomic; in place }
capture d of databases to vpai.local:/d by vpai.cron { method sqlite; monitor dedman; credential k }
backup e of databases to repo by vpai.cron { nightly; daily at 04:00 UTC; gfs; keep 3 daily; prunes }
backup f of databases to repo by vpai.cron { nightly; flag \"--dry-run\", \"--pack-size\", \"--compression=fast\"; flag \"--no-scan=1\", \"--no-cache\", \"--no-cache\" }
backup fa of databases to repo by vpai.cron { nightly; flag \"--pack-size=129\" }
backup fb of databases to repo by vpai.cron { nightly; flag \"--pack-size=3\", \"--compression=off\" }
backup g of databases to repo by vpai.cron { nightly; taking 15m..1m; retries 2000; connections 0; limit 5 MB; jitter 10 }
copy h of databases to s3.shared:/h by vpai.cron { nightly; latest only; immutable; transfers many }
sync i of s3.backups to truenas.tank:/i by truenas.cron { nightly; backup dir s3.shared:/trash }
sync j of s3.backups to truenas.tank:/j by truenas.cron { nightly; backup dir truenas.tank:/j/trash }
move l of vpai.local:/opt to s3.shared:/l by vpai.cron { nightly; older than 90 days by upload }
move la of databases to s3.shared:/la by vpai.cron { nightly; older than 90 days by upload }
move m of s3.shared:/m to truenas.tank:/m by truenas.cron { nightly; older than 90 days by use }
move n of s3.shared:/m to truenas.tank:/n by truenas.cron { nightly; older than 90 days }
check o of repo by vpai.cron { nightly; read 2 of 52 }
check q of repo by vpai.cron { nightly; read some }
expire r of s3.shared after 36h by upload
expire s of s3.shared after 1..2 days by upload
expire t of s3.shared after 3 days by mtime { nightly }
expire u of vpai.local:/u after 3 days by mtime { noncurrent }
expire v of vpai.local:/v after 3 days by upload { by vpai.cron; nightly; deprecated prefix }
expire w of vpai.local:/w after 3 days by mtime { by vpai.cron }"
    ));
}

#[test]
fn seeds_refused() {
    assert_snapshot!(refused(
        "seed a of databases to preprod by vpai.cron { nightly; restart postgres, nothing }
seed b of databases to preprod by vpai.cron { nightly; keep n8n; skip n8n; rest hide }
seed c of databases to preprod by vpai.cron { nightly; anonymise n8n.x scramble; anonymise n8n.y prefix; anonymise n8n.z leaving secret; restart vpai.n8n }"
    ));
}

#[test]
fn steps_that_wait_for_each_other() {
    assert_snapshot!(refused(
        "copy a of databases from b to s3.shared:/a by vpai.cron { nightly }
copy b of databases to s3.shared:/b by vpai.cron { nightly; after c }
copy c of databases from a to s3.shared:/c by vpai.cron { nightly }"
    ));
    assert_snapshot!(refused(
        "copy a of databases to s3.shared:/a by vpai.cron { nightly; after a }"
    ));
}

#[test]
fn steps_that_find_nothing_or_themselves() {
    assert_snapshot!(refused(
        "capture dump of databases to vpai.local:/dumps by vpai.cron { nightly; method pg_dump }
copy a of databases, configs from dump to s3.shared:/a by vpai.cron { nightly }
prune p of repo by vpai.cron { nightly }
copy b of databases from p to s3.shared:/b by vpai.cron { nightly }
copy c of configs to vpai.local:/opt/copy by vpai.cron { nightly }
move d of databases from dump to vpai.local:/ by vpai.cron { nightly }
sync e of s3.shared:/x to s3.shared:/x/y by vpai.cron { nightly }
seed f of databases from dump to preprod by vpai.cron { nightly; rest skip }
copy g of databases from f to s3.shared:/g by vpai.cron { nightly }"
    ));
}

#[test]
fn steps_that_outlive_what_they_need() {
    assert_snapshot!(refused(
        "sync a of s3.backups to truenas.tank:/a by truenas.cron since t0 { nightly }
copy b of configs to s3.shared:/b by vpai.cron since t0 { nightly }
host late at home/rack since t0 until app { runs cron; store local }
copy c of databases to late.local:/c by vpai.cron until nas { nightly }
class d is files on truenas.tank:/d since app
copy e of databases from f to s3.shared:/e by vpai.cron since t0 { nightly }
copy f of databases to late.local:/f by vpai.cron since app { nightly }"
    ));
}

#[test]
fn steps_that_outlive_what_they_read_at_home() {
    let read = |until: &str| {
        codes(&with(&format!(
            "class g is state on vpai.local:/g until nas
class h is state on vpai.local:/h until app
capture c of g, h to vpai.local:/dumps by vpai.cron {until} {{ nightly; method program; runs \"/x\" }}"
        )))
    };
    // It goes on as long as one of them is there.
    assert_eq!(read("until app"), [""; 0]);
    assert_eq!(read("until nas"), [""; 0]);
    assert_eq!(read(""), [""; 0]);
    let both = "class g is state on vpai.local:/g until app
capture c of g to vpai.local:/dumps by vpai.cron until nas { nightly; method program; runs \"/x\" }";
    assert_eq!(codes(&with(both)), ["T0413"]);
}

#[test]
fn clock_changes_of_the_host_are_warned_about() {
    let warned = "sync a of s3.backups to truenas.tank:/a by truenas.cron { daily at 02:30 }";
    assert_eq!(codes(&with(warned)), ["T0503"]);
    let pinned = "sync a of s3.backups to truenas.tank:/a by truenas.cron { daily at 02:30 UTC }";
    assert_eq!(codes(&with(pinned)), [""; 0]);
    let elsewhere = "copy a of databases to s3.shared:/a by vpai.cron { daily at 02:30 }";
    assert_eq!(codes(&with(elsewhere)), [""; 0], "its host is in UTC");
    // Of what systemd does then the verifier tells.
    let by_systemd = warned.replace("truenas.cron", "truenas.systemd");
    assert!(!codes(&with(&by_systemd)).contains(&"T0503"));
}

/// A class that is not known is one mistake, not one for each step that names what rests on it.
#[test]
fn one_mistake_is_one_message() {
    let source =
        "capture dump of databases to nowhere.local:/dumps by vpai.cron { nightly; method pg_dump }
copy a of databases from dump to s3.shared:/a by vpai.cron { nightly }
copy b of databases from a to s3.backups:/b by vpai.cron { nightly; after dump }";
    assert_eq!(codes(&with(source)), ["T0201"]);
}

#[test]
fn what_stands_for_a_schedule_is_no_word_of_the_language() {
    let step = |clause: &str| {
        with(&format!(
            "copy off of databases to s3.shared:/d by vpai.cron {{ {clause} }}\n"
        ))
    };
    assert_eq!(codes(&step("daily at 03:00 UTC")), [""; 0]);
    assert!(codes(&step("SCHEDULE daily at 03:00 UTC")).contains(&"T0402"));
}
