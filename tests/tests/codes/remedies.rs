//! What a page advises helps: each example, changed in the least way, is judged safe, or at least no
//! longer shows the code.

use thrice_diagnostics::Severity;

use crate::check::{check, examples, is_about_building, shown};

/// For each code of an obligation or a target, what to change in its example.
const REMEDIES: &[(&str, &[(&str, &str)])] = &[
    ("T1101", &[("copies >= 3", "copies >= 2")]),
    (
        "T1102",
        &[(
            "at home/safe { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium hdd",
            "at home/safe { runs cron; has restic 0.18.0, rclone 1.75.2; store disk { medium tape",
        )],
    ),
    ("T1103", &[("spare at home/rack", "spare at home/safe")]),
    (
        "T1104",
        &[(
            "{ medium object }",
            "{ medium object; versioning on; lock compliance 1100d }",
        )],
    ),
    (
        "T1105",
        &[(
            "phase arrival = 2026-09-01",
            "phase arrival = 2026-09-01 { slip 14 days }",
        )],
    ),
    (
        "T1106",
        &[(
            "require copies >= 3 for all",
            "require copies >= 3 within 35 days for all",
        )],
    ),
    (
        "T1201",
        &[
            ("s3 at hetzner/fsn1", "s3 at ovh/gravelines"),
            ("use std/home", "use std/home\nuse std/ovh"),
        ],
    ),
    (
        "T1202",
        &[(
            "held on server }",
            "held on server, envelope }\nvault envelope at home/safe",
        )],
    ),
    (
        "T1203",
        &[("of configs to beside", "of configs to off_site")],
    ),
    (
        "T1204",
        &[
            (
                "require survive",
                "credential s3_writer { account s3; may read, write, delete on s3.backups; held on server }\nrequire survive",
            ),
            ("{ medium object }", "{ medium object; versioning on }"),
        ],
    ),
    ("T1205", &[("4 weekly, 6 monthly", "4 weekly")]),
    (
        "T1206",
        &[(
            "phase arrival = 2026-09-01",
            "phase arrival = 2026-09-01 { slip 14 days }",
        )],
    ),
    ("T1207", &[("= 2026-07-01", "= tower_comes + 1 month")]),
    (
        "T1208",
        &[(
            "phase p1 = 2026-02-01 { slip 2 months }",
            "phase p1 = 2026-02-01 { slip 0 days }",
        )],
    ),
    ("T1209", &[("slip 3 months", "slip 14 days")]),
    ("T1301", &[("daily at 03:00 UTC", "daily at 03:05 UTC")]),
    ("T1302", &[("rpo 24h", "rpo 26h")]),
    ("T1303", &[("guaranteed 3 days", "guaranteed 6 days")]),
    ("T1304", &[("slip 14 days", "slip 2 days")]),
    (
        "T1305",
        &[("keep 3 daily, 12 monthly", "keep 30 daily, 12 monthly")],
    ),
    ("T1401", &[("link 5 MB/s", "link 90 MB/s")]),
    (
        "T1402",
        &[(
            "has restic 0.18.0\n",
            "has restic 0.18.0\n    link 90 MB/s\n",
        )],
    ),
    ("T1403", &[("slip 3 months", "slip 7 days")]),
    (
        "T1501",
        &[(
            "expire scans_old of s3.archive:/scans after 90 days by upload\n",
            "",
        )],
    ),
    (
        "T1502",
        &[(
            "phase arrival = 2026-09-01",
            "phase arrival = 2026-09-01 { slip 14 days }",
        )],
    ),
    ("T1601", &[("2 yearly", "4 yearly")]),
    (
        "T1602",
        &[("require survive any 1 of provider for db\n", "")],
    ),
    ("T1603", &[("keep 7 daily, 6 weekly", "keep 40 daily")]),
    ("T1604", &[("keep 7 daily", "keep 26 monthly")]),
    ("T1701", &[("6 monthly, 2 yearly", "6 monthly")]),
    ("T1702", &[("6 monthly }", "6 monthly; prune }")]),
    (
        "T1703",
        &[
            (
                "use std/hetzner\n",
                "use std/hetzner\nuse std/healthchecks\nmonitor deadman { healthchecks at \"HC_URL\"; hosted by healthchecks_io }\n",
            ),
            ("    prune\n", "    prune\n    monitor deadman\n"),
        ],
    ),
    (
        "T1704",
        &[(
            "key restic_key }\nclass",
            "key restic_key; max unused 0 % }\nclass",
        )],
    ),
    (
        "T1801",
        &[("{ medium object }", "{ medium object; versioning on }")],
    ),
    (
        "T1802",
        &[(
            "account s3; held on test",
            "account s3; may read on s3.backups; held on test",
        )],
    ),
    ("T1803", &[("governance 120d", "governance 15d")]),
    ("T1804", &[("; lock compliance 30d", "")]),
    (
        "T1805",
        &[(
            "server.disk:/photos\n",
            "server.disk:/photos { noticed within 14 days }\n",
        )],
    ),
    ("T1806", &[("after 40 days", "after 400 days")]),
    (
        "T1901",
        &[(
            "key restic_key { file",
            "vault envelope at home/safe\nkey restic_key { held on envelope; file",
        )],
    ),
    (
        "T1902",
        &[(
            "held on passwords }",
            "held on passwords, envelope }\nvault envelope at home/safe",
        )],
    ),
    ("T1903", &[("drawer at home/rack", "drawer at home/safe")]),
    ("T2001", &[("quota 500 GB", "quota 4 TB")]),
    (
        "T2002",
        &[(
            "server.disk:/photos",
            "server.disk:/photos { size 100..200 GB }",
        )],
    ),
    ("T2003", &[("slip 3 months", "slip 7 days")]),
    ("T2004", &[("capacity 100 GB", "capacity 500 GB")]),
    (
        "T2005",
        &[(
            "06:00\n    taking 1m..1h\n",
            "06:00\n    taking 1m..1h\n    monitor deadman\n",
        )],
    ),
    ("T2101", &[("daily at 05:30 UTC", "daily at 06:30 UTC")]),
    ("T2102", &[("daily at 03:05", "daily at 03:15")]),
    (
        "T2103",
        &[(
            "weekly on Sunday at 03:10 UTC",
            "weekly on Sunday at 05:00 UTC",
        )],
    ),
    ("T2104", &[("daily at 03:00 UTC", "daily at 03:05 UTC")]),
    (
        "T2105",
        &[("    taking 1m..6m", "    atomic\n    taking 1m..6m")],
    ),
    ("T2106", &[("daily at 03:00 UTC", "daily at 03:05 UTC")]),
    ("T2107", &[("1m..26h", "1m..2h")]),
    ("T2108", &[("limit 1 MB/s", "limit 10 MB/s")]),
    (
        "T2109",
        &[("checked daily at 04:00", "checked daily at 06:00")],
    ),
    ("T2110", &[("slip 60 days", "slip 14 days")]),
    (
        "T2111",
        &[("link 5 MB/s", "link 150 MB/s"), ("1m..2h", "1m..4h")],
    ),
    ("T2201", &[("clearance internal", "clearance personal")]),
    ("T2202", &[("held on server, bench", "held on server")]),
    ("T2203", &[("/seed/raw", "/raw")]),
    ("T2204", &[("keep orders", "keep orders; rest skip")]),
    ("T2205", &[("rest keep", "rest keep; verified")]),
    (
        "T2206",
        &[(
            "server.disk:/photos\n",
            "server.disk:/photos { fields { rest internal } }\n",
        )],
    ),
    (
        "T2301",
        &[
            (
                "after 90 days by upload",
                "after 90 days by upload { noncurrent }",
            ),
            ("{ medium object }", "{ medium object; versioning on }"),
        ],
    ),
    ("T2302", &[(" { deprecated prefix }", "")]),
    ("T2303", &[("; versioning suspended", "")]),
    (
        "T2304",
        &[(
            "expire old_dumps",
            "expire old_versions of s3.exports:/dumps after 30 days by upload { noncurrent }\nexpire old_dumps",
        )],
    ),
    ("T2305", &[("; encryption sse", "")]),
    (
        "T2306",
        &[("to spare.disk:/ by", "to spare.disk:/mirror by")],
    ),
    ("T2307", &[("daily at 05:00", "daily at 05:00; transit")]),
    (
        "T2310",
        &[
            (
                "host web at hetzner/fsn1 { service nextcloud }",
                "host web at hetzner/fsn1 { service nextcloud; store disk { medium ssd } }\nnetwork vpn \"VPN\" { joins server, web }\ncopy shown of photos to web.disk:/photos by server.cron { daily at 05:00 }",
            ),
            ("restic 0.18.0;", "restic 0.18.0, rclone 1.75.2;"),
        ],
    ),
    (
        "T2311",
        &[(
            "vault envelope",
            "network vpn \"VPN\" { joins server, spare }\nvault envelope",
        )],
    ),
    ("T2312", &[("by spare.cron", "by server.cron")]),
    ("T2313", &[("03:00 UTC", "03:30")]),
    ("T2314", &[("keep within 30 days", "keep 30 daily")]),
    ("T2315", &[("unlimited", "400")]),
    ("T2316", &[("runs cron;", "runs cron; has restic 0.18.0;")]),
    ("T2317", &[("has restic 0.14.0", "has restic 0.18.0")]),
    ("T2318", &[("daily at 02:30", "daily at 03:30")]),
    (
        "T2319",
        &[("may read, write on", "may read, write, delete on")],
    ),
    (
        "T2320",
        &[
            ("has restic 0.25.0", "has restic 0.19.1"),
            ("engine restic 0.25.0", "engine restic 0.19.1"),
        ],
    ),
    ("T2321", &[(", \"cache\"", "")]),
    ("T2322", &[("is files", "is items")]),
    (
        "T2323",
        &[("on server.disk:/srv/tokens", "on server.disk:/tokens")],
    ),
    (
        "T2324",
        &[(
            "south to s3.backups:/offices",
            "south to s3.backups:/offices/south",
        )],
    ),
    (
        "T2325",
        &[("nightly of orders to", "nightly of orders from dump to")],
    ),
    (
        "T2326",
        &[
            ("runs cron", "runs systemd"),
            ("notebook.cron", "notebook.systemd"),
        ],
    ),
    (
        "T2327",
        &[(
            "    latest only\n",
            "    include \"orders.dump\"\n    latest only\n",
        )],
    ),
    ("T2331", &[("\"*.pdf\\n*.tif\"", "\"*.pdf\", \"*.tif\"")]),
    (
        "T2332",
        &[(
            "{ bucket",
            "{ endpoint \"fsn1.your-objectstorage.com\"; bucket",
        )],
    ),
    (
        "T2333",
        &[
            (
                "of scans, letters to s3.archive:/all",
                "of scans to s3.archive:/scans",
            ),
            ("class letters is items on server.disk:/letters\n", ""),
        ],
    ),
    (
        "T2334",
        &[("-latest.dump\"", "-latest.dump\", \"globals-latest.sql\"")],
    ),
    ("T2341", &[("zerobyte 0.39.2", "zerobyte 0.41.0")]),
    ("T2343", &[("by server.zerobyte", "by server.cron")]),
    (
        "T2344",
        &[
            ("shared { medium object }", "letters { medium object }"),
            ("s3.shared:/letters by", "s3.letters:/ by"),
            ("s3.shared:/letters in", "s3.letters:/ in"),
        ],
    ),
    (
        "T2345",
        &[
            (
                "near in s3.backups:/near { engine restic 0.18.0; key restic_key; credential near_writer",
                "near in s3.backups:/near { engine restic 0.18.0; key restic_key; credential writer",
            ),
            (
                "credential near_writer { account s3; may read, write, delete on s3.*; held on server }\n",
                "",
            ),
        ],
    ),
    ("T2346", &[("    keep 12 monthly, 2 yearly\n", "")]),
    ("T2401", &[("5..8 EUR", "5..6 EUR")]),
    ("T2402", &[("USD", "EUR")]),
    (
        "T2403",
        &[
            ("included 1 TB", "included 6 TB"),
            (
                "require cost",
                "cost volume { 0..4 EUR/month }\nrequire cost",
            ),
        ],
    ),
    (
        "T2501",
        &[
            (
                "repository restic_repo",
                "monitor kuma { uptime-kuma at \"KUMA_URL\"; on spare }\nrepository restic_repo",
            ),
            ("4 weekly }", "4 weekly; monitor kuma }"),
        ],
    ),
    (
        "T2502",
        &[
            ("use std/home\n", "use std/home\nuse std/healthchecks\n"),
            (
                "on server }\nrepository",
                "hosted by healthchecks_io }\nrepository",
            ),
        ],
    ),
    (
        "T2503",
        &[
            ("use std/home\n", "use std/home\nuse std/healthchecks\n"),
            ("on desk }\nbackup", "hosted by healthchecks_io }\nbackup"),
        ],
    ),
    (
        "T2504",
        &[
            ("use std/home\n", "use std/home\nuse std/healthchecks\n"),
            (
                "\"HC_OTHER_KEY\" }",
                "\"HC_OTHER_KEY\"; hosted by healthchecks_io }",
            ),
        ],
    ),
    ("T2505", &[("/opt/dump-all", "/opt/dump-db")]),
    (
        "T2506",
        &[("    taking 1m..6m", "    atomic\n    taking 1m..6m")],
    ),
    (
        "T2507",
        &[(
            "    taking 1m..1h",
            "    checked daily at 06:00\n    taking 1m..1h",
        )],
    ),
    (
        "T2508",
        &[(" since t0 until moved { service", " since t0 { service")],
    ),
    ("T2601", &[("daily at 03:00", "early")]),
    ("T2602", &[("all items", "all files")]),
    ("T2603", &[("/fotos", "/photos")]),
    ("T2604", &[("2026-11-30", "2027-11-30")]),
    (
        "T2605",
        &[("accept", "require copies >= 3 for all\naccept")],
    ),
    ("T2606", &[("2026-12-15", "2027-12-15")]),
    (
        "T2607",
        &[(
            "check integrity",
            "class photos is files on server.disk:/photos\nbackup nightly of photos to restic_repo by server.cron { daily at 03:00; keep 7 daily }\ncheck integrity",
        )],
    ),
    (
        "T2608",
        &[("skip photos because \"they are on the phones too\"\n", "")],
    ),
    ("T2609", &[("require copies >= 1 for photos\n", "")]),
    ("T2610", &[("10..12 EUR", "18..22 EUR")]),
    ("T2611", &[("1..2 TB", "100..200 GB")]),
    ("T2612", &[("disk offsite", "disk not offsite")]),
    ("T2613", &[("20..90 MB/day", "0..1 GB/day")]),
    ("T2614", &[("    after nightly\n", "")]),
    (
        "T2615",
        &[(
            "fields { rest",
            "fields { shop.users.token credential; rest",
        )],
    ),
    (
        "T2620",
        &[("by \"owner\" until", "by \"owner\", \"household\" until")],
    ),
    ("T2621", &[("date 2025-03-01", "date 2026-03-01")]),
    (
        "T2622",
        &[(
            "store second { medium hdd }",
            "store second { medium hdd; mounted at /mnt/second }",
        )],
    ),
    (
        "T2623",
        &[(
            "on server.system:/srv/data/photos",
            "on server.data:/photos",
        )],
    ),
    (
        "T2701",
        &[(
            "{ medium hdd }",
            "{ medium hdd; snapshots daily at 00:30 keep 60 }",
        )],
    ),
    ("T2702", &[("t0 + 10 weeks", "later + 10 weeks")]),
    // A note: it goes with what is expected.
    (
        "T2703",
        &[(
            "    expect documents recoverable losing at most 2 days\n",
            "",
        )],
    ),
];

#[test]
fn every_code_of_an_obligation_has_a_remedy() {
    let tried: Vec<&str> = REMEDIES.iter().map(|(code, _)| *code).collect();
    let shown: Vec<&str> = examples()
        .into_keys()
        .filter(|code| *code >= "T1100")
        .collect();
    assert_eq!(tried, shown);
}

#[test]
fn every_remedy_helps() {
    let examples = examples();
    let mut helpless = Vec::new();
    for (code, changes) in REMEDIES.iter().copied() {
        let Some(example) = examples.get(code) else {
            continue;
        };
        let mut mended = example.clone();
        for (from, to) in changes {
            assert!(mended.contains(from), "{code}: no `{from}` in\n{mended}");
            mended = mended.replacen(from, to, 1);
        }
        let (sources, found) = check(code, &mended, is_about_building(code));
        let left =
            |f: &thrice_diagnostics::Diagnostic| f.code.0 == code || f.severity == Severity::Error;
        if found.iter().any(left) {
            let shown = shown(code, &sources, &found);
            helpless.push(format!("{code}:\n{mended}\n{shown}"));
        }
    }
    assert!(helpless.is_empty(), "{}", helpless.join("\n"));
}
