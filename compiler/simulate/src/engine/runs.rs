//! A run from when it is due until it is done, or fails.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use thrice_model::{Step, StepId, Verb};
use thrice_plan::{CopyId, CopyKind};

use super::{Engine, Job, Run, Wanted};
use crate::calendar::{day, instant};
use crate::content::Quality;
use crate::log::{Ended, Report};
use crate::verbs::{self, Taken};
use crate::{Ran, Sort};

const HALF_WAY: &str = "half way";

impl Engine<'_, '_> {
    pub(super) fn due(&mut self, id: StepId, now: i64) {
        let step = &self.plan.model.steps[id];
        let today = day(now);
        if !step.lifetime.contains(today) {
            return;
        }
        let Some(progress) = self.steps.get_mut(&id) else {
            return;
        };
        let awaiting = progress.awaiting.take();
        if progress.missed.contains(&now) {
            progress.failed = true;
            let line = format!("`{}` does not run: missed", step.named.name);
            self.world.log(now, Sort::Failure, line);
            return;
        }
        if self.plan.model.followed(step).is_some() {
            progress.awaiting = awaiting.or(Some(now));
            // Its backup has not been done since: it was never begun.
            if awaiting.is_some() {
                self.report(id, now, Ended::Failed);
            }
            return;
        }
        let late = match progress.on_time.contains(&now) {
            true => 0,
            false => progress.late,
        };
        let ready = now.saturating_add(late);
        let wanted = Wanted { due: now, ready };
        self.queue.push(Reverse((ready, Job::Start(id, wanted))));
    }

    pub(super) fn start(&mut self, id: StepId, now: i64, wanted: Wanted) {
        let step = &self.plan.model.steps[id];
        // Two runs of a step are never at work at once: the one that is due is left out.
        let own = self.steps.get(&id);
        if own.is_some_and(|progress| now < progress.busy_until) {
            return;
        }
        // A step waits for those it comes after, and does not run where they failed: as far as anything
        // keeps it from running. Else the times alone count.
        let before = self.plan.comes_after(id);
        let before = before.filter_map(|other| Some((other, self.steps.get(&other)?)));
        let mut wait = now;
        let mut failed = None;
        for (other, progress) in before {
            wait = wait.max(progress.busy_until);
            if progress.failed {
                failed = Some(other);
            }
        }
        if wait > now {
            self.queue.push(Reverse((wait, Job::Start(id, wanted))));
            return;
        }
        let lost = step
            .runner
            .host
            .is_some_and(|host| self.world.lost_hosts.contains(&host));
        if lost {
            return self.fail(id, now, "its host is lost");
        }
        if let Some(other) = failed {
            let why = format!(
                "`{}`, which it comes after, failed",
                self.plan.model.steps[other].named.name
            );
            return self.fail(id, now, &why);
        }
        if let Some(other) = self.stopped_by(id, now) {
            let other = &self.plan.model.steps[other].named.name;
            return self.fail(id, now, &format!("its program stops where `{other}` fails"));
        }
        self.note(id, wanted, now);
        if matches!(step.verb, Verb::Expire { .. }) {
            if self.fails(id, now) {
                return self.fail(id, now, HALF_WAY);
            }
            verbs::expire(&mut self.world, id, now);
            self.add_up(|ledger, world| ledger.deleted(world, id, now));
            self.report(id, now, Ended::Well);
            return;
        }
        self.read(id, now);
    }

    /// Whether the runs of a step that begin now fail.
    fn fails(&self, id: StepId, now: i64) -> bool {
        let since = self.case.choices.fails.get(&id);
        since.is_some_and(|since| since.as_second() <= now)
    }

    /// The capture that fails now and is made by the same program as another one, which is then not made either.
    fn stopped_by(&self, id: StepId, now: i64) -> Option<StepId> {
        let program = |step: &Step| match &step.verb {
            Verb::Capture(parts) => parts.runs.clone().zip(step.runner.host),
            _ => None,
        };
        if self.case.choices.fails.is_empty() {
            return None;
        }
        let own = program(&self.plan.model.steps[id])?;
        let mut failing = self.case.choices.fails.keys().copied();
        failing.find(|other| {
            let step = &self.plan.model.steps[*other];
            let there = step.lifetime.contains(day(now));
            *other != id && there && self.fails(*other, now) && program(step).as_ref() == Some(&own)
        })
    }

    /// Lists how a run ended.
    fn report(&mut self, step: StepId, now: i64, ended: Ended) {
        if let Some(log) = self.log.as_mut() {
            let at = instant(now);
            log.reports.push(Report { step, at, ended });
        }
    }

    /// Lists a run that starts.
    fn note(&mut self, step: StepId, wanted: Wanted, now: i64) {
        let Some(log) = self.log.as_mut() else { return };
        let lasts = self
            .steps
            .get(&step)
            .map_or(0, |progress| progress.duration);
        log.runs.push(Ran {
            step,
            due: instant(wanted.due),
            ready: instant(wanted.ready),
            from: instant(now),
            to: instant(now.saturating_add(lasts)),
        });
    }

    fn read(&mut self, id: StepId, now: i64) {
        let step = &self.plan.model.steps[id];
        let mut taken = Vec::new();
        let mut problem = None;
        for copy in self.makes.get(&id).into_iter().flatten() {
            let what = &self.plan.copies[*copy];
            let today = day(now);
            // What is still there when its step has ended is read all the same.
            let live = |id| self.plan.copies[id].kind == CopyKind::Live;
            let ended = !what.lifetime.contains(today);
            if today < what.lifetime.from || (ended && what.source.is_none_or(live)) {
                continue;
            }
            match verbs::take(&mut self.world, step, *copy, now) {
                Ok(Some(mut found)) => {
                    if self
                        .writing
                        .get(&found.source)
                        .is_some_and(|(start, end)| *start <= now && now < *end)
                    {
                        tear(&mut found);
                    }
                    taken.push(found);
                }
                Ok(None) => {}
                // Nothing has to be left there.
                Err(why) => problem = problem.or(Some(why).filter(|_| !ended)),
            }
        }
        if taken.is_empty()
            && let Some(why) = problem
        {
            return self.fail(id, now, &why);
        }
        if let Some(witness) = self.witness.as_mut() {
            taken.iter().for_each(|found| witness.begins(id, found));
        }
        let Some(progress) = self.steps.get_mut(&id) else {
            return;
        };
        let end = now.saturating_add(progress.duration);
        progress.busy_until = end;
        if let Verb::Capture(parts) = &step.verb
            && !parts.atomic
            && parts.keeps.is_none()
        {
            self.writing
                .extend(taken.iter().map(|found| (found.copy, (now, end))));
        }
        self.runs.insert(
            self.started,
            Run {
                step: id,
                start: now,
                taken,
            },
        );
        self.queue.push(Reverse((end, Job::End(self.started))));
        self.started += 1;
    }

    pub(super) fn end(&mut self, number: usize, now: i64) {
        let Some(run) = self.runs.remove(&number) else {
            return;
        };
        let step = &self.plan.model.steps[run.step];
        let lost = step
            .runner
            .host
            .is_some_and(|host| self.world.lost_hosts.contains(&host));
        if lost {
            return self.fail(run.step, now, "its host is lost while it runs");
        }
        if self.fails(run.step, run.start) {
            self.leave_half(run, now);
            return;
        }
        let mut written = BTreeSet::new();
        let mut half = false;
        for mut taken in run.taken {
            let gone = |id| !self.world.is_up(self.world.store_of(id));
            if gone(taken.copy) || gone(taken.source) {
                continue;
            }
            if self
                .writing
                .get(&taken.source)
                .is_some_and(|(start, _)| run.start <= *start && *start < now)
            {
                tear(&mut taken);
            }
            half |= taken.pieces.iter().any(|p| p.quality == Quality::Torn);
            written.insert(taken.copy);
            let copy = taken.copy;
            if let Some(witness) = self.witness.as_mut() {
                witness.ends(run.step, copy, now);
            }
            self.add_up(|ledger, world| ledger.before(world, run.step, &taken, now));
            let source = taken.source;
            verbs::leave(&mut self.world, run.step, taken, run.start, now);
            self.add_up(|ledger, world| ledger.after(world, run.step, (source, copy), now));
            self.tell_return(run.step, copy, now);
        }
        if matches!(step.verb, Verb::Sync { .. }) {
            verbs::sweep(&mut self.world, run.step, &written, now);
            self.add_up(|ledger, world| ledger.deleted(world, run.step, now));
        }
        self.add_up(|ledger, world| ledger.done(world, run.step, now));
        if let Some(progress) = self.steps.get_mut(&run.step) {
            progress.failed = false;
            if !written.is_empty() {
                progress.last = Some((now, written.into_iter().collect()));
            }
        }
        let ended = if half { Ended::Half } else { Ended::Well };
        self.report(run.step, now, ended);
        self.begin_followers(run.step, now);
    }

    /// A run fails half way: what it writes in place lies there.
    fn leave_half(&mut self, run: Run, now: i64) {
        let verb = &self.plan.model.steps[run.step].verb;
        if matches!(verb, Verb::Capture(parts) if !parts.atomic) {
            for mut taken in run.taken {
                if self.world.is_up(self.world.store_of(taken.copy)) {
                    tear(&mut taken);
                    verbs::leave(&mut self.world, run.step, taken, run.start, now);
                }
            }
        }
        self.fail(run.step, now, HALF_WAY);
    }

    /// The end of a backup begins its mirrors.
    fn begin_followers(&mut self, id: StepId, now: i64) {
        let plan = self.plan;
        for (other, progress) in &mut self.steps {
            if plan.model.followed(&plan.model.steps[*other]) == Some(id)
                && let Some(due) = progress.awaiting.take()
            {
                let wanted = Wanted { due, ready: now };
                self.queue.push(Reverse((now, Job::Start(*other, wanted))));
            }
        }
    }

    /// Says where something comes to a copy again of which everything was deleted.
    fn tell_return(&mut self, id: StepId, copy: CopyId, now: i64) {
        let held = self.world.held.get(&copy);
        let is_back = held.is_some_and(|held| !held.pieces.is_empty());
        if is_back && self.world.emptied.remove(&copy) {
            let name = &self.plan.model.steps[id].named.name;
            let store = self.world.store_name(copy);
            let line = format!("`{name}` is done: there is something on `{store}` again");
            self.world.log(now, Sort::Run, line);
        }
    }

    /// A run fails; the first of a row is told, and only after something went wrong: before that it means
    /// that nothing was there yet.
    fn fail(&mut self, id: StepId, now: i64, why: &str) {
        let Some(progress) = self.steps.get_mut(&id) else {
            return;
        };
        let first = !progress.failed;
        progress.failed = true;
        self.report(id, now, Ended::Failed);
        if first && self.struck {
            let name = &self.plan.model.steps[id].named.name;
            self.world
                .log(now, Sort::Failure, format!("`{name}` fails: {why}"));
        }
    }
}

/// What was read while somebody wrote it is of no use.
fn tear(taken: &mut Taken) {
    for piece in &mut taken.pieces {
        piece.quality = piece.quality.max(Quality::Torn);
    }
}
