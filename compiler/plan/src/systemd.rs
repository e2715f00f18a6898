//! A schedule as calendar events of systemd (systemd.time(7)), and what systemd does not start as a policy says.
//! The verifier says it of a policy, and its target emits nothing that would come to it.
//!
//! The plan counts runs as Debian's cron makes them. Where the clocks change, systemd differs (252,
//! tried): a time that they jump over is left out, not made up for, and a time of each hour loses the
//! repeated hour. So what repeats in the hour is said in UTC, where no clock changes, and a time of day
//! that a change hits within the policy's horizon is refused.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_diagnostics::Span;
use thrice_model::{HostKind, Model, Policy, RunnerKind, Step};
use thrice_quantity::schedule::{Recurrence, Schedule, TimeOfDay, zone_named};

use crate::cadence::zone_name;

/// Something that systemd of a host does not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// It has no `/etc/systemd/system` of its own: a NAS makes its /etc anew.
    NoUnits,
    /// It would not start the step when the plan counts on it.
    Calendar {
        /// Why.
        why: String,
        /// The schedule.
        at: Span,
    },
}

impl Limit {
    /// A sentence about the step.
    #[must_use]
    pub fn words(&self, model: &Model, step: &Step) -> String {
        let name = &step.named.name;
        match self {
            Self::NoUnits => {
                let host = step.runner.host.and_then(|host| model.hosts.get(host));
                let host = host.map_or("", |host| host.named.name.as_str());
                format!("`{name}` is to be started by systemd of the NAS `{host}`")
            }
            Self::Calendar { why, .. } => format!("`{name}`: {why}"),
        }
    }

    /// The way round it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NoUnits => "a NAS makes its /etc anew: write `by HOST.cron` or `by HOST.truenas`",
            Self::Calendar { .. } => {
                "plan it in UTC or at a time that no change of the clocks hits, or let cron run it"
            }
        }
    }
}

/// What keeps systemd from starting a step as the policy says; nothing for a step that others start.
#[must_use]
pub fn limit(model: &Model, step: &Step) -> Option<Limit> {
    let host = model.hosts.get(step.runner.host?)?;
    if step.runner.kind != RunnerKind::Systemd {
        return None;
    }
    if host.kind == HostKind::Nas {
        return Some(Limit::NoUnits);
    }
    let (schedule, at) = step.timing.schedule.as_ref()?;
    let why = lines(schedule, zone_name(model, schedule, step), &model.policy).err()?;
    Some(Limit::Calendar { why, at: *at })
}

/// The lines for `OnCalendar=`; none for a step that is done on demand. `name` is the zone whose clock the
/// schedule reads.
///
/// # Errors
/// Says why systemd would not start the step at the times that the plan counts on.
pub fn lines(schedule: &Schedule, name: &str, policy: &Policy) -> Result<Vec<String>, String> {
    if schedule.when == Recurrence::OnDemand {
        return Ok(Vec::new());
    }
    if schedule.never_matches() {
        return Err("no date ever fits".to_owned());
    }
    let zone = zone_named(name).map_err(|error| error.to_string())?;
    let (from, to) = horizon(policy);
    let repeating = match &schedule.when {
        Recurrence::EveryMinutes(step) => Some(every(*step)?),
        Recurrence::Hourly { minute } => Some((60, format!("*:{minute:02}:00"))),
        _ => None,
    };
    if let Some((minutes, time)) = repeating {
        let zone = same_in_utc(&zone, from, to, i64::from(minutes) * 60)
            .then_some("UTC")
            .or_else(|| is_constant(&zone, from, to).then_some(name))
            .ok_or_else(|| {
                format!("the clocks of {name} change, and systemd does not count on through that")
            })?;
        return Ok(vec![format!("*-*-* {time} {zone}")]);
    }
    if let Some(finding) = schedule.dst_findings(&zone, from, to).first() {
        return Err(format!(
            "a change of the clocks hits it, first on {} at {}, and systemd leaves such a time out or repeats it",
            finding.date, finding.time
        ));
    }
    let at = |date: &str, time: &TimeOfDay| format!("{date} {time}:00 {name}");
    Ok(match &schedule.when {
        Recurrence::Daily { times } => times.iter().map(|time| at("*-*-*", time)).collect(),
        Recurrence::Weekly { weekday, time } => {
            let day: String = weekday.to_string().chars().take(3).collect();
            vec![at(&format!("{day} *-*-*"), time)]
        }
        Recurrence::Monthly { day, time } => vec![at(&format!("*-*-{day:02}"), time)],
        Recurrence::Yearly { month, day, time } => {
            vec![at(&format!("*-{month:02}-{day:02}"), time)]
        }
        Recurrence::EveryMinutes(_) | Recurrence::Hourly { .. } | Recurrence::OnDemand => {
            Vec::new()
        }
    })
}

/// The period in minutes, and the times of a day at which minutes since midnight are a multiple of it.
fn every(minutes: u32) -> Result<(u32, String), String> {
    match minutes {
        60 => Ok((60, "*:00:00".to_owned())),
        1440 => Ok((1440, "00:00:00".to_owned())),
        1..60 if 60_u32.is_multiple_of(minutes) => Ok((minutes, format!("*:00/{minutes}:00"))),
        _ if minutes.is_multiple_of(60) && 1440_u32.is_multiple_of(minutes) => {
            Ok((minutes, format!("00/{}:00:00", minutes / 60)))
        }
        _ => Err("its period divides neither an hour nor a day".to_owned()),
    }
}

/// The days of the policy, and one more at each end.
fn horizon(policy: &Policy) -> (Timestamp, Timestamp) {
    let start = |day: jiff::civil::Date| {
        day.to_zoned(TimeZone::UTC)
            .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
    };
    let before = policy.start.yesterday().unwrap_or(policy.start);
    let after = policy
        .end
        .checked_add(jiff::Span::new().days(2))
        .unwrap_or(policy.end);
    (start(before), start(after))
}

/// The offsets from UTC that are in force between two moments, in seconds.
fn offsets(zone: &TimeZone, from: Timestamp, to: Timestamp) -> impl Iterator<Item = i64> {
    let later = zone
        .following(from)
        .take_while(move |change| change.timestamp() <= to)
        .map(|change| i64::from(change.offset().seconds()));
    std::iter::once(i64::from(zone.to_offset(from).seconds())).chain(later)
}

fn same_in_utc(zone: &TimeZone, from: Timestamp, to: Timestamp, period: i64) -> bool {
    offsets(zone, from, to).all(|offset| offset % period.max(1) == 0)
}

fn is_constant(zone: &TimeZone, from: Timestamp, to: Timestamp) -> bool {
    let first = i64::from(zone.to_offset(from).seconds());
    offsets(zone, from, to).all(|offset| offset == first)
}
