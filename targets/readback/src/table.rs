//! Which reader understands which kind of file. A target adds its line here; a kind that is not in the
//! table is compared line by line.

use thrice_target::facts::{self, Reader};

/// Readers by kind of artefact ([`thrice_target::Artefact::kind`]).
pub const READERS: &[(&str, Reader)] = &[
    ("script", facts::script),
    ("cron", thrice_target_cron::facts),
    ("systemd-service", facts::settings),
    ("systemd-timer", facts::settings),
    ("truenas-plan", facts::json),
    ("executor", thrice_target_executor::facts),
    ("schema", facts::json),
    ("healthchecks-checks", facts::json),
    ("uptime-kuma-monitors", facts::json),
    ("prometheus-rules", facts::commented),
    ("nextcloud-mounts", facts::json),
    ("apply", facts::program),
    ("lifecycle", thrice_target_s3_lifecycle::facts),
    ("rclone-remotes", facts::settings),
    ("zerobyte-provisioning", facts::json),
    ("zerobyte-api-plan", facts::json),
    ("runbook", thrice_target_runbook::facts),
    ("runbook-html", thrice_target_runbook::facts),
    ("ansible", facts::commented),
    ("ansible-host", facts::json),
    ("manifest", thrice_build::facts),
];

/// The reader of a kind.
pub fn reader(kind: &str) -> Reader {
    let found = READERS.iter().find(|(of, _)| *of == kind);
    found.map_or(facts::text, |(_, reader)| *reader)
}
