//! What captures are there for, and how what they leave is carried on: the files of a running database are no backup,
//! and patterns must name what the scripts of captures leave.

use super::*;
use crate::common::verdict;

/// A database with two parts, and what asks it.
fn database(kind: &str, place: &str) -> String {
    format!("class shop is {kind} on vps.disk:{place} {{ parts orders, users; size 1..2 GB }}\n")
}

const DUMP: &str = "capture shop_dump of shop to vps.disk:/dumps by vps.cron { daily at 02:00; method pg_dump; atomic; KEEPS taking \
     1m..5m; monitor deadman }\n";

fn backup(what: &str) -> String {
    format!(
        "backup shop_up of shop {what} to r by vps.cron {{ daily at 03:00; keep 7 daily; taking 1m..10m; monitor deadman }}\n"
    )
}

fn takes_running_files(statements: &[&str]) -> bool {
    codes(&judged(&policy(statements))).contains(&"T2325")
}

#[test]
fn the_files_of_a_running_database_are_no_backup() {
    let plain = database("state", "/srv/shop");
    let dump = DUMP.replace("KEEPS", "");
    let home = backup("");
    // A capture says that it is one.
    assert!(takes_running_files(&[&plain, &dump, &home]));
    let found = judged(&policy(&[&plain, &dump, &home]));
    assert_eq!(
        message(&found, "T2325"),
        "`shop_up` takes the files of `shop` while its database writes them"
    );
    assert!(!takes_running_files(&[
        &plain,
        &dump,
        &backup("from shop_dump")
    ]));
    // Of other state nothing says so.
    assert!(!takes_running_files(&[&plain, &home]));
}

#[test]
fn a_database_is_known_by_its_name() {
    let lives =
        |kind: &str, place: &str| takes_running_files(&[&database(kind, place), &backup("")]);
    for place in [
        "/var/lib/postgresql",
        "/opt/data/MySQL",
        "/srv/app.sqlite3",
        "/srv/shop_mariadb/data",
    ] {
        assert!(lives("state", place), "{place}");
    }
    assert!(lives("files", "/var/lib/postgresql/15"));
    // Files beside a database, its configuration and its own dumps, are files.
    for place in [
        "/etc/postgresql",
        "/backups/mysql",
        "/srv/redistribution",
        "/var/lib/shop/redis",
    ] {
        assert!(!lives("files", place), "{place}");
    }
    assert!(
        !lives("items", "/var/lib/postgresql/archive"),
        "written once"
    );
    let service = |name: &str| {
        let host = format!("host dbs at cloud/one {{ service {name}; store disk }}\n");
        let class = format!(
            "class shop is state on dbs.disk:/srv/shop {{ service {name} }}\nnetwork n {{ joins vps, dbs }}\n"
        );
        let step = "copy shop_up of shop to vps.disk:/shop by vps.cron { daily at 03:00; taking 1m..5m; monitor deadman }\n";
        takes_running_files(&[&host, &class, step])
    };
    assert!(service("shop_postgres") && !service("caddy"));
}

#[test]
fn whoever_takes_the_files_of_a_database_is_told() {
    let plain = database("state", "/var/lib/postgresql");
    let steps = [
        "copy shop_up of shop to tower.tank:/shop by tower.cron { daily at 03:00; taking 1m..5m; monitor deadman }\n",
        "sync shop_up of shop to tower.tank:/shop by tower.cron { daily at 03:00; max delete 9; taking 1m..5m; monitor deadman }\n",
        "capture shop_up of shop to vps.disk:/dumps by vps.cron { daily at 03:00; method files; atomic; taking 1m..5m; monitor deadman }\n",
    ];
    for step in steps {
        assert!(takes_running_files(&[&plain, step]), "{step}");
    }
    // What a program of one's own does nobody knows; what is on its way is no copy.
    let own = steps[2].replace("method files", "method files; runs \"/opt/stop-and-copy\"");
    assert!(!takes_running_files(&[&plain, &own]));
    let passing = steps[0].replace("03:00;", "03:00; transit;");
    assert!(!takes_running_files(&[&plain, &passing]));
}

/// What a copy with `include`, or a backup with `exclude`, is told to leave out.
fn left_out(verb: &str, pattern: &str, keeps: &str) -> Option<String> {
    let dump = DUMP.replace("KEEPS", keeps);
    let step = match verb {
        "include" => format!(
            "copy shop_up of shop from shop_dump to tower.tank:/shop by tower.cron {{ daily at 03:00; include {pattern}; taking 1m..5m; \
             monitor deadman }}\n"
        ),
        _ => backup("from shop_dump")
            .replace("keep 7 daily", &format!("keep 7 daily; exclude {pattern}")),
    };
    let found = judged(&policy(&[&database("state", "/srv/shop"), &dump, &step]));
    let told = found
        .findings
        .iter()
        .find(|f| f.diagnostic.code.0 == "T2321");
    told.map(|f| f.diagnostic.message.clone())
}

#[test]
fn a_copy_whose_patterns_name_no_dump_is_none() {
    let told = |pattern: &str, keeps: &str| left_out("include", pattern, keeps);
    assert_eq!(
        told("\"*.sql\"", "").as_deref(),
        Some("`shop_up` leaves out `orders-latest.dump` and `users-latest.dump` of `shop`")
    );
    assert_eq!(
        told("\"orders-*\"", "").as_deref(),
        Some("`shop_up` leaves out `users-latest.dump` of `shop`")
    );
    assert!(told("\"orders-*\", \"users-latest.dump\"", "").is_none());
    assert!(told("\"*-latest.dump\"", "").is_none() && told("\"*\"", "").is_none());
    // Those before the newest one bear names with their time.
    assert!(told("\"*-2026*.dump\"", "").is_some());
    assert!(told("\"*-2026*.dump\"", "keeps 3 days;").is_some());
    assert!(told("\"*.gz\"", "keeps 3 days;").is_some());
}

#[test]
fn a_backup_that_leaves_out_its_dumps_is_none() {
    let told = |pattern: &str, keeps: &str| left_out("exclude", pattern, keeps);
    for pattern in [
        "\"*.dump\"",
        "\"*-latest.*\"",
        "\"users*\"",
        "\"/dumps/users-latest.dump\"",
    ] {
        assert!(told(pattern, "").is_some(), "{pattern}");
    }
    for pattern in ["\"*.tmp\"", "\"users\"", "\"*.dump\", \"!orders*\""] {
        assert!(told(pattern, "").is_none(), "{pattern}");
    }
    assert!(told("\"*.dump\"", "keeps 3 days;").is_some());
}

/// The roles of a server belong to no database: patterns that mean the dumps pass them by.
#[test]
fn who_carries_the_dumps_alone_leaves_the_roles_behind() {
    let told = |method: &str, step: &str| -> Option<String> {
        let dump = DUMP
            .replace("KEEPS", "")
            .replace("method pg_dump", &format!("method {method}"));
        let found = judged(&policy(&[&database("state", "/srv/shop"), &dump, step]));
        let told = super::adversary::all_codes(&found).contains(&"T2334");
        told.then(|| message(&found, "T2334").to_owned())
    };
    let copied = |method: &str, more: &str| {
        let step = format!(
            "copy shop_up of shop from shop_dump to tower.tank:/shop by tower.cron {{ daily at 03:00; {more}; taking 1m..5m; \
             monitor deadman }}\n"
        );
        told(method, &step)
    };
    assert_eq!(
        copied("pg_dump", "include \"*-latest.dump\"").as_deref(),
        Some(
            "`shop_up` leaves behind `globals-latest.sql` of `shop`: the roles and their rights, which no part has"
        )
    );
    let latest = "include \"*-latest.dump\"; latest only";
    assert!(copied("pg_dump", latest).is_some());
    let aliases = copied("qdrant_snapshot", "include \"*.snapshot\"");
    assert!(aliases.is_some_and(|told| told.contains("`aliases-latest.json`")));
    for fine in [
        "include \"*-latest.*\"",
        "include \"*-latest.dump\", \"globals*\"",
        "latest only",
        "include \"*-latest.dump\"; transit",
        // Of what brings no dump all is told at once.
        "include \"*.sql\"",
    ] {
        assert_eq!(copied("pg_dump", fine), None, "{fine}");
    }
    assert_eq!(copied("redis_bgsave", "include \"*.rdb\""), None);
    let kept = |patterns: &str| {
        let step = backup("from shop_dump")
            .replace("keep 7 daily", &format!("keep 7 daily; exclude {patterns}"));
        told("pg_dump", &step)
    };
    for pattern in ["\"*.sql\"", "\"globals*\"", "\"*\", \"!*.dump\""] {
        assert!(kept(pattern).is_some(), "{pattern}");
    }
    for pattern in ["\"*.tmp\"", "\"*.sql\", \"!globals*\""] {
        assert!(kept(pattern).is_none(), "{pattern}");
    }
}

/// The newest bears one name until the next one is there: patterns that take the two names differently bring none but the
/// newest, or never that.
#[test]
fn patterns_take_the_newest_like_those_before() {
    let told = |verb: &str, pattern: &str| left_out(verb, pattern, "keeps 3 days;");
    assert_eq!(
        told("include", "\"*-latest.dump\"").as_deref(),
        Some(
            "`shop_up` takes `orders-latest.dump` and `users-latest.dump` of `shop` and none of those before: each one \
             overwrites what was brought before it"
        )
    );
    let behind = "`shop_up` leaves out `users-latest.dump` of `shop`, and takes each of them only when the next one is there";
    assert_eq!(
        told("exclude", "\"users-latest.dump\"").as_deref(),
        Some(behind)
    );
    assert_eq!(
        told("include", "\"orders-*\", \"users-2*\"").as_deref(),
        Some(behind)
    );
    let each = |verb: &str, patterns: &[&str], is_told: bool| {
        for pattern in patterns {
            assert_eq!(told(verb, pattern).is_some(), is_told, "{verb} {pattern}");
        }
    };
    let apart = [
        "\"*-2*.dump\"",
        "\"orders-*\", \"users-latest.*\", \"users-202[67]*\"",
        "\"orders-*\", \"users-latest.*\", \"users-*T02*\"",
        "\"orders-*\", \"{users-latest,x}.dump\"",
    ];
    each("include", &apart, true);
    let alike = [
        "\"*.dump\"",
        "\"*\"",
        "\"orders-*\", \"users-*.dump\"",
        "\"*-latest.dump\", \"*-2*.dump\"",
        "\"*-{latest,2*}.dump\"",
    ];
    each("include", &alike, false);
    let newest = [
        "\"*-latest.*\"",
        "\"*.dump\", \"!*-2*\"",
        "\"*-latest.*\", \"!orders-latest.dump\"",
    ];
    each("exclude", &newest, true);
    // Each of its versions has the newest, which is all of it.
    let former = ["\"*-2*\"", "\"*.tmp\"", "\"*-latest.*\", \"!*.dump\""];
    each("exclude", &former, false);
    // `latest only` says that just this is meant.
    let latest = told("include", "\"*-latest.dump\"; latest only");
    assert_eq!(latest, None);
}

/// The same where nobody lists the parts, and where they are folders.
#[test]
fn folders_and_parts_that_nobody_lists_are_taken_with_those_before() {
    let told = |verb: &str, method: &str, pattern: &str| {
        let class = "class shop is state on vps.disk:/srv/shop { size 1..2 GB }\n";
        let dump = DUMP
            .replace("KEEPS", "keeps 3 days;")
            .replace("method pg_dump", method);
        let step = match verb {
            "include" => format!(
                "copy shop_up of shop from shop_dump to tower.tank:/shop by tower.cron {{ daily at 03:00; include {pattern}; taking \
                 1m..5m; monitor deadman }}\n"
            ),
            _ => backup("from shop_dump")
                .replace("keep 7 daily", &format!("keep 7 daily; exclude {pattern}")),
        };
        let found = judged(&policy(&[class, &dump, &step]));
        let mut all = found.findings.iter();
        all.any(|f| f.diagnostic.code.0 == "T2321")
    };
    for (method, verb, pattern) in [
        ("method pg_dump", "include", "\"*-latest.*\""),
        ("method pg_dump", "include", "\"www-2*\", \"other-*\""),
        ("method pg_dump", "exclude", "\"www-latest.dump\""),
        ("method files", "include", "\"*-latest/**\""),
        ("method files", "include", "\"www-2*/**\""),
        ("method files", "include", "\"www-latest**\""),
        ("method files", "include", "\"www-latest/*.html\""),
        ("method files", "exclude", "\"www-latest\""),
        ("method files", "exclude", "\"www-latest/*.log\""),
    ] {
        assert!(told(verb, method, pattern), "{method} {verb} {pattern}");
    }
    for (method, verb, pattern) in [
        ("method pg_dump", "include", "\"*.dump\""),
        ("method pg_dump", "include", "\"www-*\""),
        ("method pg_dump", "exclude", "\"www-2*\""),
        ("method files", "include", "\"www-*/**\""),
        ("method files", "include", "\"*.html\""),
        (
            "method files",
            "include",
            "\"www-latest/**\", \"www-2*/**\"",
        ),
        ("method files", "exclude", "\"www-2*/*.log\""),
        ("method files", "exclude", "\"*.log\""),
    ] {
        assert!(!told(verb, method, pattern), "{method} {verb} {pattern}");
    }
}

/// What `files` leaves are folders with a name that is known.
#[test]
fn a_folder_is_left_out_with_all_that_lies_in_it() {
    let told = |verb: &str, pattern: &str| {
        let plain = database("state", "/srv/shop");
        let dump = DUMP
            .replace("KEEPS", "")
            .replace("method pg_dump", "method files");
        let step = match verb {
            "include" => format!(
                "copy shop_up of shop from shop_dump to tower.tank:/shop by tower.cron {{ daily at 03:00; include {pattern}; taking \
                 1m..5m; monitor deadman }}\n"
            ),
            _ => backup("from shop_dump")
                .replace("keep 7 daily", &format!("keep 7 daily; exclude {pattern}")),
        };
        let found = judged(&policy(&[&plain, &dump, &step]));
        let told = found
            .findings
            .iter()
            .find(|f| f.diagnostic.code.0 == "T2321");
        told.map(|f| f.diagnostic.message.clone())
    };
    let users = Some("`shop_up` leaves out `users-latest` of `shop`".to_owned());
    for pattern in [
        "\"*-latest\"",
        "\"users-latest/**\"",
        "\"[ou]*-latest\"",
        "\"*-latest/*\"",
    ] {
        assert!(told("exclude", pattern).is_some(), "{pattern}");
    }
    assert!(told("exclude", "\"*.tmp\", \"users\"").is_none());
    assert_eq!(told("include", "\"orders-latest/**\""), users);
    assert_eq!(told("include", "\"/orders-latest/*\""), users);
    assert!(told("include", "\"*-latest\"").is_some());
    assert!(told("include", "\"/other/*\"").is_some());
    for pattern in [
        "\"*-latest/**\"",
        "\"*\"",
        "\"**\"",
        "\"*.txt\"",
        "\"/*/*\"",
        "\"users-latest/**\", \"orders*/**\"",
    ] {
        assert!(told("include", pattern).is_none(), "{pattern}");
    }
}

#[test]
fn what_is_no_pattern_ends_each_run() {
    assert_eq!(
        left_out("exclude", "\"[a-\", \"*.tmp\"", "").as_deref(),
        Some("restic takes `[a-` for no pattern, and no run of `shop_up` does anything")
    );
    assert!(left_out("include", "\"k[\"", "").is_some());
    assert!(left_out("exclude", "\"[ou]*.dump\"", "").is_some());
    assert!(left_out("include", "\"**/*.dump\"", "").is_some());
    assert!(left_out("include", "\"{{o.*}}\"", "").is_some());
    assert!(left_out("include", "\"{orders,users}-latest.dump\"", "").is_none());
}

/// Dumps that lie side by side bear names of their own: only what bears the same one is overwritten.
#[test]
fn the_latest_alone_must_bear_a_name_that_is_known() {
    let database = database("state", "/var/lib/shop");
    let brings_all = |dump: &str, copy: &str| {
        let copy = format!(
            "copy shop_copy of {copy} to s3.main:/shop by vps.cron {{ daily at 04:00; MORE taking 1m..5m; monitor deadman }}\n"
        );
        let told = |more: &str| {
            let found = judged(&policy(&[&database, dump, &copy.replace("MORE", more)]));
            let told = codes(&found).contains(&"T2327");
            told.then(|| message(&found, "T2327").to_owned())
        };
        [
            "latest only;",
            "latest only; include \"*.dump\";",
            "latest only; include \"*-latest.dump\";",
            "",
        ]
        .map(|more| told(more).is_some())
    };
    let emitted = DUMP.replace("KEEPS", "keeps 7 days;");
    let own = emitted.replace("method pg_dump;", "method pg_dump; runs \"/opt/dump\";");
    let read = "shop from shop_dump";
    // Our script knows the newest, and takes it where nothing else is asked for.
    assert_eq!(brings_all(&emitted, read), [false, true, false, false]);
    assert_eq!(
        brings_all(&emitted, "vps.disk:/dumps"),
        [true, true, false, false]
    );
    // Whoever names what a program of his own leaves is believed.
    assert_eq!(brings_all(&own, read), [true, false, false, false]);
    // What is not kept has one name.
    let one = own.replace("keeps 7 days;", "");
    assert_eq!(brings_all(&one, read), [false; 4]);
    // On a way of copies and mirrors they keep their names.
    let on = |verb: &str| {
        format!(
            "{own}{verb} on of shop from shop_dump to vps.disk:/on by vps.cron {{ daily at 03:30; taking 1m..5m; monitor deadman }}\n"
        )
    };
    assert!(brings_all(&on("sync"), "shop from on")[0]);
    let found = judged(&policy(&[
        &database,
        &own,
        "copy shop_copy of shop from shop_dump to s3.main:/shop by vps.cron { daily at 04:00; latest only; taking 1m..5m; monitor deadman }\n",
    ]));
    assert_eq!(
        message(&found, "T2327"),
        "`shop_copy` brings all that `shop_dump` keeps, not the latest only"
    );
}

/// How long dumps lie where they are made, and what carries them on.
fn carried(keeps: &str, more: &str) -> Verification {
    let dump = DUMP.replace("KEEPS", keeps);
    let copy = "copy on of shop from shop_dump to tower.tank:/dumps by tower.cron { daily at 04:00; taking 1m..5m; monitor deadman }\n";
    let asks = "require survive any 1 of corruption for shop\n";
    let noticed =
        database("state", "/srv/shop").replace("{ parts", "{ noticed within 3 days; parts");
    judged(&policy(&[&noticed, &dump, copy, more, asks]))
}

fn survives_damage(keeps: &str, more: &str) -> bool {
    verdict(&carried(keeps, more), Obligation::Survival, "shop").holds
}

/// Many keep dumps for a short time beside the database, and for long elsewhere.
#[test]
fn what_a_copy_has_brought_stays_however_soon_its_source_lets_it_go() {
    let cleared = |days: u32| {
        format!(
            "expire old of tower.tank:/dumps after {days} days by mtime {{ by tower.cron; daily at 06:00; taking 1m..5m; monitor deadman }}\n"
        )
    };
    assert!(survives_damage("keeps 2 days;", ""));
    assert!(survives_damage("keeps 2 days;", &cleared(40)));
    // Of these nothing from before is left when somebody has acted.
    assert!(!survives_damage("keeps 2 days;", &cleared(8)));
    assert!(!survives_damage("", ""), "each overwrites the one before");
    // The newest alone is brought in time, under the name that the next one bears as well.
    assert!(!survives_damage("keeps 25h;", ""));
}

#[test]
fn what_a_sync_has_goes_with_its_source() {
    let on = |verb: &str, rule: &str| {
        format!(
            "{verb} further of tower.tank:/dumps to s3.main:/dumps by tower.cron {{ daily at 05:00; taking 1m..5m; credential writer; monitor deadman }}\n{rule}\n"
        )
    };
    let alone = |verb: &str, rule: &str| {
        let found = carried("keeps 2 days;", &on(verb, rule));
        verdict(&found, Obligation::Survival, "shop").holds
    };
    let short = "expire old of tower.tank:/dumps after 12 days by mtime { by tower.cron; daily at 06:00; taking 1m..5m; monitor deadman }";
    assert!(alone("sync", ""));
    assert!(alone("copy", short), "it was brought on before it went");
    assert!(!alone("sync", short));
}

/// They are as far apart as the newest may be old.
#[test]
fn dumps_that_are_carried_on_are_a_history() {
    let asks = "require history of 10 days with gap 50h for shop\n";
    let has = |keeps: &str| {
        let found = carried(keeps, asks);
        verdict(&found, Obligation::History, "shop").holds
    };
    assert!(has("keeps 2 days;"));
    assert!(!has(""));
}

/// A capture cleans up when its next dump is there: however short it keeps them, its reader finds the newest.
#[test]
fn a_capture_never_takes_away_its_newest_dump() {
    let plain = database("state", "/srv/shop");
    let survives = |keeps: &str| {
        let dump = DUMP.replace("KEEPS", keeps);
        let found = judged(&policy(&[&plain, &dump, &backup("from shop_dump")]));
        verdict(&found, Obligation::Survival, "shop").holds
    };
    for keeps in ["", "keeps 1 day; ", "keeps 1h; ", "keeps 9 days; "] {
        assert!(survives(keeps), "{keeps}");
    }
}
