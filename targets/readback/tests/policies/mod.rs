//! Policies with a step of each kind that is emitted, each of its own sizes, times and names.

use proptest::prelude::*;
use thrice_model::{
    AgeClock, CaptureMethod, CaptureParts, HostKind, MonitorKind, RepositoryId, RunnerKind, Source,
    StepTarget, Subset, Verb,
};
use thrice_plan::Plan;
use thrice_quantity::schedule::{Schedule, TimeOfDay};
use thrice_quantity::{Interval, Seconds};
use thrice_retention::{Count, KeepRules};
use thrice_target::fixture::{Fixture, span};

/// What differs from policy to policy.
#[derive(Clone, Debug)]
pub struct Choices {
    pub hour: u8,
    pub minute: u8,
    pub daily: u32,
    pub days: i64,
    pub path: String,
    pub bucket: String,
    pub excludes: Vec<String>,
    pub prune: bool,
    /// Whether the executor runs the backup, else cron.
    pub executor: bool,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            hour: 3,
            minute: 20,
            daily: 7,
            days: 30,
            path: "/srv/db".to_owned(),
            bucket: "backups".to_owned(),
            excludes: vec!["*.tmp".to_owned()],
            prune: true,
            executor: false,
        }
    }
}

/// Any choices.
pub fn choices() -> impl Strategy<Value = Choices> {
    (
        (0..24u8, 0..60u8, 1..30u32, 1..400i64),
        "/[a-z]{1,8}(/[a-zA-Z0-9 _'-]{1,12}[a-z]){0,2}",
        "[a-z][a-z0-9-]{1,12}[a-z]",
        prop::collection::vec("[a-z*?'\" ]{1,8}", 0..3),
        any::<(bool, bool)>(),
    )
        .prop_map(
            |((hour, minute, daily, days), path, bucket, excludes, (prune, executor))| Choices {
                hour,
                minute,
                daily,
                days,
                path,
                bucket,
                excludes,
                prune,
                executor,
            },
        )
}

/// The plan of a policy with these choices.
pub fn plan_of(choices: &Choices) -> Plan {
    let mut f = Fixture::new("random");
    let app = f.host("app", HostKind::Host);
    f.tool(app, "restic", "0.18.0");
    f.tool(app, "rclone", "1.75.2");
    let nas = f.host("nas", HostKind::Nas);
    f.tool(nas, "rclone", "1.75.2");
    let files = f.file_system(app, "disk", "/");
    let tank = f.file_system(nas, "tank", "/mnt/tank");
    let s3 = f.host("s3", HostKind::ObjectStorage);
    let backups = f.bucket(s3, "backups", &choices.bucket);
    let shared = f.bucket(s3, "shared", "shared");
    let key = f.key("k", Some("/etc/thrice/k"));
    let writer = f.credential("writer", Some(s3), Some("/etc/thrice/writer.env"));
    let repository = f.repository(
        "repo",
        Fixture::location(backups, "/r"),
        (0, 18),
        key,
        Some(writer),
    );
    let deadman = f.monitor("deadman", MonitorKind::Healthchecks, "HC_PING_KEY");
    let class = f.class("databases", Fixture::location(files, &choices.path));
    let time = TimeOfDay::new(choices.hour, choices.minute).unwrap();
    let into = || StepTarget::Repository(repository, span());

    let backup = Verb::Backup {
        keep: Some((
            KeepRules {
                daily: Some(Count::N(choices.daily)),
                ..KeepRules::default()
            }
            .into(),
            span(),
        )),
        prune: choices.prune,
        exclude: choices.excludes.clone().into(),
        flags: Default::default(),
        mirror: None,
    };
    let id = f.step("db_out", backup, app);
    f.edit(id, |step| {
        step.classes = vec![(class, span())].into();
        step.target = into();
        step.monitor = Some((deadman, span()));
        if choices.executor {
            step.runner.kind = RunnerKind::Executor;
        }
    });
    let capture = Verb::Capture(Box::new(CaptureParts {
        method: CaptureMethod::PgDump,
        atomic: true,
        runs: Some("/opt/dump.sh".to_owned()),
        user: Some("postgres".to_owned()),
        container: None,
        keeps: Some((Interval::point(Seconds::days(choices.days)), span())),
    }));
    let id = f.step("dump", capture, app);
    f.edit(id, |step| {
        step.classes = vec![(class, span())].into();
        step.target = Fixture::writes(Fixture::location(files, "/var/dumps"));
    });
    let expire = |clock| Verb::Expire {
        after: Interval::point(Seconds::days(choices.days)),
        clock,
        deprecated_prefix: choices.prune,
        noncurrent: false,
    };
    let id = f.step("tidy", expire(AgeClock::Mtime), app);
    f.edit(id, |step| {
        step.source = Fixture::reads(Fixture::location(files, "/var/spool/out"))
    });
    let id = f.step("old_exports", expire(AgeClock::Upload), s3);
    f.edit(id, |step| {
        step.source = Fixture::reads(Fixture::location(shared, &choices.path));
        step.runner.kind = RunnerKind::Lifecycle;
    });
    let copy = Verb::Copy {
        include: Default::default(),
        latest_only: false,
        immutable: false,
        transit: false,
    };
    let id = f.step("copy_out", copy, app);
    f.edit(id, |step| {
        step.source = Fixture::reads(Fixture::location(files, &choices.path));
        step.target = Fixture::writes(Fixture::location(shared, "/copied"));
        step.credential = Some((writer, span()));
    });
    let sync = Verb::Sync {
        max_delete: Some(choices.daily),
        backup_dir: None,
        transit: false,
    };
    let id = f.step("nas_copy", sync, nas);
    f.edit(id, |step| {
        step.source = Fixture::reads(Fixture::location(shared, "/"));
        step.target = Fixture::writes(Fixture::location(tank, "/mirror"));
        step.runner.kind = RunnerKind::TrueNas;
        step.credential = Some((writer, span()));
    });
    for (name, verb) in [
        ("weekly_prune", Verb::Prune),
        ("whole", Verb::Check(Subset::Rotating(4))),
        ("drill", Verb::Drill),
    ] {
        let id = f.step(name, verb, app);
        f.edit(id, |step| {
            step.source = Source::Repository(repository, span())
        });
    }
    orchestrated(&mut f, choices, repository);
    let ids: Vec<_> = f.model.steps.ids().collect();
    for id in ids {
        f.edit(id, |step| {
            step.timing.schedule = Some((Schedule::daily_utc(time).into(), span()))
        });
    }
    f.plan()
}

/// A backup by Zerobyte, and its mirror in a folder of that host.
fn orchestrated(f: &mut Fixture, choices: &Choices, repository: RepositoryId) {
    let seko = f.host("seko", HostKind::Host);
    let disk = f.file_system(seko, "disk", "/mnt/disk");
    let key = f.model.repositories[repository].key.unwrap().0;
    let place = Fixture::location(disk, "/restic");
    let second = f.repository("second", place, (0, 18), key, None);
    let class = f.class("photos", Fixture::location(disk, &choices.path));
    let keep = || {
        let rules = KeepRules {
            daily: Some(Count::N(choices.daily)),
            ..KeepRules::default()
        };
        Some((rules.into(), span()))
    };
    let backup = Verb::Backup {
        keep: keep(),
        prune: true,
        exclude: choices.excludes.clone().into(),
        flags: Default::default(),
        mirror: None,
    };
    let nightly = f.step("nightly", backup, seko);
    f.edit(nightly, |step| {
        step.classes = vec![(class, span())].into();
        step.target = StepTarget::Repository(repository, span());
        step.runner.kind = RunnerKind::Zerobyte;
    });
    let mirror = Verb::Backup {
        keep: keep(),
        prune: true,
        exclude: Default::default(),
        flags: Default::default(),
        mirror: Some(Box::default()),
    };
    let id = f.step("mirrored", mirror, seko);
    f.edit(id, |step| {
        step.classes = vec![(class, span())].into();
        step.source = Source::Step(nightly, span());
        step.target = StepTarget::Repository(second, span());
        step.runner.kind = RunnerKind::Zerobyte;
    });
}
