//! No calculator over guesses: for each obligation that has unknowns, a policy that is rejected because of an
//! interval, and is not when that is pinned to a value in its middle.
//!
//! Keys, flow, capability, alarm and sense decide over what is declared to be where, and who may do what:
//! nothing that they look at is an interval. What sense says of estimates is a warning, never its verdict.

mod common;

use common::judged;
use thrice_model::Obligation;

const PLACES: &str = r#"
policy p "p" { horizon 2 years; response time 72h }
phase t0 = 2026-02-15
provider ovh { site one }
provider cloud { site one; supports versioning, lifecycle }
provider home { site rack }
provider bank { site safe }
host vps at ovh/one { runs cron, zerobyte; has restic 0.18.0, rclone 1.75.2; link 2.5 MB/s; cost 4..PRICE EUR/month; store disk { medium nvme } }
nas tower at home/rack { runs cron; has restic 0.18.0, rclone 1.75.2; store tank { medium hdd } }
object_storage s3 at cloud/one { endpoint "s3.example.org"; bucket main "main-bucket" { medium object; quota 100 GB } }
vault envelope at bank/safe
monitor deadman { healthchecks at "HC_PING_KEY"; hosted by bank }
key k { held on envelope; file "/etc/k" }
credential writer { account s3; may read, write, delete on s3.main; held on vps; profile "w" }
repository r in s3.main:/restic { engine restic 0.18.0; key k; credential writer }
class db is state on vps.disk:/var/lib/db { size 6..6 GB; growth 0..0 %/month; churn 1..1 MB/day; CLASS }
"#;

const BACKUP: &str = "backup up of db to r by vps.cron { daily at 03:00; keep 7 daily, 4 weekly; taking 1m..10m; credential writer; monitor deadman }\n";
const PHOTOS: &str = "class photos is items on vps.disk:/photos { fields { rest internal } }\n\
    copy to_nas of photos to tower.tank:/photos by tower.cron { daily at 05:00; taking 1m..2h; monitor deadman }\n\
    copy to_cloud of photos to s3.main:/photos by vps.cron { weekly on Sunday at 05:00; taking 1m..2h; credential writer; monitor deadman }\n\
    expire tidied of vps.disk:/photos after 1..60 days by use { by hand }\n";

/// A policy with something open.
struct Case {
    obligation: Obligation,
    subject: &'static str,
    /// What of a class is said beside its size.
    class: &'static str,
    /// What is said beside places and class.
    rest: Vec<&'static str>,
    /// The open interval, and a value in its middle.
    pin: (&'static str, &'static str),
}

impl Case {
    fn text(&self) -> String {
        let places = PLACES.replace("CLASS", self.class).replace("PRICE", "8");
        places + &self.rest.concat()
    }
}

fn cases() -> Vec<Case> {
    let case = |obligation, subject, class, rest: &[&'static str], pin| Case {
        obligation,
        subject,
        class,
        rest: rest.to_vec(),
        pin,
    };
    vec![
        case(
            Obligation::Copies,
            "photos",
            "",
            &[BACKUP, PHOTOS, "require copies >= 2 for photos\n"],
            ("after 1..60 days", "after 30..30 days"),
        ),
        case(
            Obligation::Survival,
            "photos",
            "",
            &[BACKUP, PHOTOS, "require survive any 1 of host for photos\n"],
            ("after 1..60 days", "after 30..30 days"),
        ),
        case(
            Obligation::RecoveryPoint,
            "db",
            "rpo 1446m",
            &[BACKUP],
            ("taking 1m..10m", "taking 5m..5m"),
        ),
        case(
            Obligation::RecoveryTime,
            "db",
            "rto 90m; restore setup 30m; restore finish 0..40m",
            &[BACKUP],
            ("restore finish 0..40m", "restore finish 20..20m"),
        ),
        case(
            Obligation::LastCopy,
            "films",
            "",
            &[
                BACKUP,
                "class films is items on vps.disk:/films { fields { rest internal } }\n\
                 copy keep of films to tower.tank:/films by tower.cron { weekly on Sunday at 05:00; taking 1m..2h; monitor deadman }\n\
                 expire tidied of vps.disk:/films after 1..60 days by use { by hand }\n",
            ],
            ("after 1..60 days", "after 30..30 days"),
        ),
        case(
            Obligation::History,
            "db",
            "",
            &[
                BACKUP,
                "sync mirror of s3.main to tower.tank:/mirror by tower.cron { weekly on Sunday at 05:00; taking 1m..119m; max delete 1000; credential writer; monitor deadman }\n",
                "require survive any 1 of provider for db\nrequire history of 15 days with gap 193h for db\n",
            ],
            ("taking 1m..119m", "taking 60m..60m"),
        ),
        case(
            Obligation::Erasure,
            "films",
            "",
            &[
                BACKUP,
                "class films is items on vps.disk:/films { retain at most 100 days }\n\
                 expire tidied of vps.disk:/films after 7..180 days by use { by hand }\n",
            ],
            ("7..180 days", "93..93 days"),
        ),
        case(
            Obligation::Deletion,
            "docs",
            "",
            &[
                BACKUP,
                "object_storage vaulted at cloud/one { endpoint \"s4.example.org\"; bucket docs \"docs-bucket\" { medium object; versioning on } }\n\
                 credential docs_writer { account vaulted; may read, write, delete on vaulted.docs; held on vps; profile \"d\" }\n\
                 class docs is files on vps.disk:/docs { size 1..1 GB; churn 1..1 MB/day }\n\
                 copy docs_up of docs to vaulted.docs:/docs by vps.cron { weekly on Sunday at 05:00; taking 1m..48h; credential docs_writer; monitor deadman }\n\
                 expire docs_old of vaulted.docs:/docs after 12 days by upload { noncurrent }\n",
            ],
            ("taking 1m..48h", "taking 24h..24h"),
        ),
        case(
            Obligation::Capacity,
            "s3.main",
            "",
            &[
                BACKUP,
                "class other is items on s3.main:/other { size 10..150 GB; growth 0..0 %/month }\n",
            ],
            ("size 10..150 GB", "size 80..80 GB"),
        ),
        case(
            Obligation::TimeTable,
            "p",
            "",
            &[
                "class notes is files on vps.disk:/notes { size 1..1 GB; churn 1..1 MB/day }\n\
                 backup up of db to r by vps.zerobyte { daily at 03:00; keep 7 daily, 5 weekly; taking 1m..10m; monitor deadman }\n\
                 backup of_notes of notes to r by vps.zerobyte { daily at 03:06; keep 7 daily, 5 weekly; taking 1m..5m; monitor deadman }\n",
            ],
            ("taking 1m..10m", "taking 5m..5m"),
        ),
        case(
            Obligation::Cost,
            "p",
            "",
            &[BACKUP, "require cost <= 7 EUR/month\n"],
            ("cost 4..8 EUR/month", "cost 6..6 EUR/month"),
        ),
    ]
}

#[test]
fn pinning_an_unknown_to_its_middle_changes_the_verdict() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (open, pinned) = (case.text(), case.text().replace(case.pin.0, case.pin.1));
        assert_ne!(open, pinned, "{}: nothing to pin", case.obligation.word());
        let holds = |text: &str| -> Vec<bool> {
            let found = judged(text);
            let mine = found
                .verdicts
                .iter()
                .filter(|v| v.obligation == case.obligation && v.subject.contains(case.subject));
            mine.map(|v| v.holds).collect()
        };
        let (before, after) = (holds(&open), holds(&pinned));
        if !before.contains(&false) || after.is_empty() || after.contains(&false) {
            wrong.push((case.obligation.word(), before, after));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
