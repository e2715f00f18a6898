//! The clauses that all steps share, and when a step runs.

use std::sync::Arc;

use thin_vec::ThinVec;
use thrice_diagnostics::{Diagnostic, Span};
use thrice_model::{CredentialId, MonitorId, Pace, Runner, RunnerKind, StepId, StepTarget, Timing};
use thrice_quantity::schedule::{Recurrence, Schedule};
use thrice_quantity::{Bytes, BytesPerSecond, Interval, Seconds};

use super::head::Head;
use crate::clauses::{Clause, Entry, SCHEDULE};
use crate::codes::{MISSING, WRONG_VALUE};
use crate::context::Context;
use crate::draft::Draft;
use crate::item::Item;

pub const WHEN: Clause = Clause::once(
    SCHEDULE,
    "",
    "when it runs, written or by name; left out only `by hand`, and where a backup's end begins it",
);
pub const MONITOR: Clause = Clause::once("monitor", "MONITOR", "what notices that it failed");
pub const CREDENTIAL: Clause = Clause::once(
    "credential",
    "CREDENTIAL",
    "what it authenticates with; its repository's where it is not said",
);
pub const TAKING: Clause = Clause::once(
    "taking",
    "DURATION",
    "how long a run takes, retries included; 0 to half its period where it is not said",
);
pub const JITTER: Clause = Clause::once(
    "jitter",
    "DURATION",
    "how much later it may start; none where it is not said, a minute for systemd",
);
pub const RETRIES: Clause =
    Clause::once("retries", "NUMBER", "how often a failed run is tried again");
pub const AFTER: Clause = Clause::many(
    "after",
    "STEP, …",
    "what must have succeeded before: a script looks once and refuses, and only on its own host",
);
pub const LIMIT: Clause = Clause::once("limit", "SPEED", "the greatest speed it may use");
pub const TRANSFERS: Clause = Clause::once(
    "transfers",
    "NUMBER",
    "how many files at a time: `--transfers` of rclone",
);
pub const CHECKERS: Clause = Clause::once(
    "checkers",
    "NUMBER",
    "how many comparisons at a time: `--checkers` of rclone",
);
pub const CONNECTIONS: Clause = Clause::once(
    "connections",
    "NUMBER",
    "connections at a time: `-o s3.connections` of restic",
);

/// The table of a verb: its own clauses, then those of all steps.
macro_rules! with_common {
    ($($own:expr),* $(,)?) => {
        &[
            $crate::forms::step::common::WHEN,
            $($own,)*
            $crate::forms::step::common::AFTER,
            $crate::forms::step::common::TAKING,
            $crate::forms::step::common::JITTER,
            $crate::forms::step::common::RETRIES,
            $crate::forms::step::common::LIMIT,
            $crate::forms::step::common::CREDENTIAL,
            $crate::forms::step::common::MONITOR,
        ]
    };
}
pub(super) use with_common;

/// What the common clauses say.
#[derive(Default)]
pub struct Common {
    schedule: Option<(Arc<Schedule>, Span)>,
    /// Where a schedule is written, be it `on demand` or one that cannot be read.
    scheduled: Option<Span>,
    duration: Option<(Interval<Seconds>, Span)>,
    jitter: Option<Seconds>,
    after: ThinVec<(StepId, Span)>,
    retries: u32,
    /// The monitor.
    pub monitor: Option<(MonitorId, Span)>,
    /// The credential, if the step itself names one.
    pub credential: Option<(CredentialId, Span)>,
    /// How hard it may work, if that is said.
    pub pace: Option<Box<Pace>>,
}

/// Reads the common clauses, and leaves the verb's own.
pub fn read(draft: &Draft, runner: Option<Runner>, entries: &mut Vec<Entry<'_>>) -> Common {
    let mut common = Common::default();
    entries.retain_mut(|entry| {
        let is_own = !is_common(entry.word);
        if !is_own {
            let _read = common.clause(draft, runner, entry);
            entry.cursor.end();
        }
        is_own
    });
    common
}

/// Whether a clause is one of those that all steps share, or one of these of some.
fn is_common(word: &str) -> bool {
    matches!(
        word,
        SCHEDULE
            | "after"
            | "taking"
            | "jitter"
            | "retries"
            | "limit"
            | "credential"
            | "monitor"
            | "transfers"
            | "checkers"
            | "connections"
    )
}

impl Common {
    fn clause(
        &mut self,
        draft: &Draft,
        runner: Option<Runner>,
        entry: &mut Entry<'_>,
    ) -> Option<()> {
        let cursor = &mut entry.cursor;
        match entry.word {
            SCHEDULE => {
                self.scheduled = Some(cursor.head());
                let (schedule, span) = cursor.schedule(draft)?;
                // What systemd does then is told of what it is to start.
                let runner = runner?;
                if runner.kind != RunnerKind::Systemd
                    && let Some(zone) = zone(draft, runner)
                {
                    cursor.warn_of_clock_changes(draft, &schedule, zone, span);
                }
                self.schedule =
                    Some((schedule, span)).filter(|(s, _)| s.when != Recurrence::OnDemand);
            }
            "after" => self.after.extend(cursor.list(|cursor| cursor.step())),
            "taking" => self.duration = Some(cursor.interval::<Seconds>()?),
            "jitter" => self.jitter = Some(cursor.quantity::<Seconds>()?.0),
            "retries" => self.retries = cursor.count_within("a number of retries", 0, 100)?.0,
            "limit" => {
                let (BytesPerSecond(bytes), _) = cursor.quantity::<BytesPerSecond>()?;
                self.pace.get_or_insert_default().limit = Some(Bytes(bytes));
            }
            "credential" => self.credential = Some(cursor.credential()?),
            "monitor" => self.monitor = Some(cursor.monitor()?),
            word => {
                let (number, _) = cursor.count_within(&format!("a number of {word}"), 1, 1024)?;
                let pace = self.pace.get_or_insert_default();
                let place = match word {
                    "checkers" => &mut pace.checkers,
                    _ => &mut pace.transfers,
                };
                *place = Some(number);
            }
        }
        Some(())
    }

    /// Reports a missing schedule, and one that a lifecycle rule cannot have. People work without
    /// one too.
    pub fn check_schedule(&self, cx: &Context<'_>, item: &Item<'_>, runner: Option<Runner>) {
        let Some(Runner { kind, .. }) = runner else {
            return;
        };
        let verb = item.construct.keyword;
        let found = match (self.scheduled, kind) {
            (Some(span), RunnerKind::Lifecycle) => {
                Diagnostic::error(WRONG_VALUE, "a lifecycle rule has no schedule")
                    .at(
                        span,
                        "the provider applies it when it wants to, mostly once a day",
                    )
                    .help("take it away, or name who cleans up: `by HOST.cron`")
            }
            (Some(_), _) | (None, RunnerKind::Hand | RunnerKind::Lifecycle) => return,
            (None, _) => Diagnostic::error(MISSING, format!("`{verb}` needs a schedule"))
                .at(item.statement.head(), "nothing says when it runs")
                .help("add one, such as `daily at 03:00 UTC`, or `on demand`"),
        };
        cx.report(found);
    }

    /// Reports times of a step that the end of a backup begins.
    pub fn check_unscheduled(&self, cx: &Context<'_>, item: &Item<'_>) {
        let jitter = self.jitter.map(|_| item.statement.head());
        let Some(span) = self.scheduled.or(jitter) else {
            return;
        };
        let message = "Zerobyte copies versions when their backup is done, and at no other time";
        let found = Diagnostic::error(WRONG_VALUE, message).at(span, "it does not start then");
        cx.report(
            found.help("leave it out; `checked daily at 06:00 UTC` says when it is asked after"),
        );
    }

    /// When the step runs.
    pub fn timing(&mut self, kind: RunnerKind) -> Timing {
        let period = self
            .schedule
            .as_ref()
            .and_then(|(schedule, _)| schedule.nominal_period());
        let longest = period.map_or(Seconds::DAY, |period| Seconds(period.0 / 2));
        let unstated = Interval::new(Seconds::ZERO, longest);
        Timing {
            duration: self.duration.map_or_else(
                || unstated.unwrap_or_else(|_| Interval::point(longest)),
                |(duration, _)| duration,
            ),
            duration_stated: self.duration.map(|(_, span)| span),
            jitter: self.jitter.unwrap_or(default_jitter(kind)),
            schedule: self.schedule.take(),
            after: std::mem::take(&mut self.after),
            retries: self.retries,
        }
    }
}

/// A systemd timer fires within its accuracy, one minute (`AccuracySec=` of systemd.timer(5)).
const fn default_jitter(kind: RunnerKind) -> Seconds {
    match kind {
        RunnerKind::Systemd => Seconds::MINUTE,
        _ => Seconds::ZERO,
    }
}

/// Whether the end of a backup begins a step: Zerobyte then copies what that one has made.
pub fn begun_by_backup(head: &Head, item: &Item<'_>, runner: Option<Runner>) -> bool {
    item.construct.keyword == "copy"
        && matches!(head.target, Some(StepTarget::Repository(..)))
        && runner.is_some_and(|runner| runner.kind == RunnerKind::Zerobyte)
}

/// The zone of the clock that starts a step.
pub fn zone(draft: &Draft, runner: Runner) -> Option<&str> {
    match runner.host {
        Some(host) => draft.hosts.get(host).map(|host| host.timezone.as_str()),
        None => draft.policy.as_ref().map(|policy| policy.timezone.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clauses_of_all_steps_are_common() {
        let table: &[Clause] = with_common![TRANSFERS, CHECKERS, CONNECTIONS];
        assert!(table.iter().all(|clause| is_common(clause.word)));
        assert!(!is_common("prune"));
    }
}
