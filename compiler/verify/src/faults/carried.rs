//! What is deleted, overwritten or damaged in one copy, and comes to others with the steps that read it.
//!
//! Who may write where a copy lies puts whatever he likes under the old names, and brings back names that were
//! cleared long ago. rclone takes what differs in size or time for new, and writes it over what it had brought
//! (<https://rclone.org/commands/rclone_copy/>), unless it is told `--immutable`
//! (<https://rclone.org/docs/#immutable>): every `move` is, and a `copy` where the policy says so. A dump or a backup
//! of it is one more version, and so is one of what was deleted only in part: no run of it fails.

use thrice_model::{ClassKind, Verb};
use thrice_plan::{Copy, CopyId, CopyKind};

use super::struck::Struck;
use crate::context::Context;

/// What is wrong in a copy, whether it can be restored there or not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wrong {
    /// A `sync` has carried a deletion here.
    pub deleted: bool,
    /// A `copy` or `sync` has written over it what was put in the place of its source.
    pub overwritten: bool,
    /// What came last is damaged; versions from before may be there.
    pub damaged: bool,
}

/// What has come of a copy.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Deleted, all of it or a part, by hand or along a sync.
    emptied: bool,
    /// Something else lies under the old names.
    overwritten: bool,
    /// What came last is damaged.
    damaged: bool,
    /// It may have decayed since it was written, or was made from such.
    spoiled: bool,
}

/// What has been found so far, each copy after its source.
#[derive(Default)]
pub(super) struct Carried {
    /// In the order of copies.
    known: Vec<(CopyId, State)>,
}

impl Carried {
    /// What is wrong in the next copy. `from_home`: what lies where the class lives is damaged.
    pub(super) fn next(
        &mut self,
        context: &Context<'_>,
        struck: &Struck,
        (id, copy): (CopyId, &Copy),
        from_home: bool,
    ) -> Wrong {
        let made_by = copy.made_by;
        let verb = made_by.map(|step| &context.plan.model.steps[step].verb);
        // Of a source that this does not know of nothing else is known than what comes from home.
        let source = copy.source.and_then(|source| self.of(source));
        let source = source.unwrap_or(State {
            damaged: from_home,
            ..State::default()
        });
        let keeps_what_is_there = verb.is_some_and(refuses);
        let is_deletion_carried = syncs(verb) && source.emptied;
        let is_overwritten = source.overwritten && verb.is_some_and(writes_over);
        // Of a repository in which something is missing, or that is none any more, no version can be made.
        let is_made_of_it = (source.emptied || source.overwritten)
            && verb.is_some_and(reads_anew)
            && is_no_repository(context, copy.source);
        let is_spoiled = !keeps_what_is_there && struck.spoils(context, copy, source.spoiled);
        let is_damaged = !keeps_what_is_there && (source.damaged || is_made_of_it || is_spoiled);
        // The files of a repository have names that tell what is in them: what is there already is never written anew.
        let by_hand = copy.kind != CopyKind::Versions && struck.overwrites(copy);
        let state = State {
            emptied: is_deletion_carried || struck.empties(copy),
            overwritten: is_overwritten || by_hand,
            damaged: is_damaged,
            spoiled: is_spoiled,
        };
        if let Err(at) = self.place(id) {
            self.known.insert(at, (id, state));
        }
        Wrong {
            deleted: is_deletion_carried,
            overwritten: is_overwritten,
            damaged: is_damaged,
        }
    }

    fn of(&self, id: CopyId) -> Option<State> {
        let at = self.place(id).ok()?;
        self.known.get(at).map(|(_, state)| *state)
    }

    fn place(&self, id: CopyId) -> Result<usize, usize> {
        self.known.binary_search_by_key(&id, |(id, _)| *id)
    }
}

fn is_no_repository(context: &Context<'_>, source: Option<CopyId>) -> bool {
    source.is_some_and(|id| context.plan.copies[id].kind != CopyKind::Versions)
}

fn syncs(verb: Option<&Verb>) -> bool {
    matches!(verb, Some(Verb::Sync { .. }))
}

/// Whether a step never changes what it has brought. So what came before a damage stays.
const fn refuses(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::Copy {
            immutable: true,
            ..
        }
    )
}

/// Whether a step writes what differs over what is there.
const fn writes_over(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::Copy { .. } | Verb::Sync { .. } | Verb::Seed { .. }
    ) && !refuses(verb)
}

/// Whether a step makes a new version of whatever it finds.
const fn reads_anew(verb: &Verb) -> bool {
    matches!(verb, Verb::Capture(_) | Verb::Backup { .. })
}

impl Struck {
    /// Whether what has decayed in its source, or was made from such, may have come to a copy.
    ///
    /// No step of ours looks into files whose size and time are the same: rclone compares these two unless it is told
    /// `--checksum` (<https://rclone.org/docs/#c-checksum>), which no script here does, and restic trusts the files of
    /// its last snapshot by them as well. So what had arrived before it decayed stays good, and the comparison after
    /// the run fails. Files of a repository are never written anew; in it a mirror compares names and sizes
    /// (`--size-only --immutable`), and items are written once. But a dump or file that was
    /// written since the last run, and has decayed before the next one, is carried over the good one of before.
    fn spoils(&self, context: &Context<'_>, copy: &Copy, is_source_spoiled: bool) -> bool {
        let written_once = context.plan.model.classes[copy.class].kind == ClassKind::Items;
        copy.source.filter(|_| !written_once).is_some_and(|id| {
            let source = &context.plan.copies[id];
            let decayed = is_source_spoiled || self.is_rotten(source.location.store);
            decayed && source.kind != CopyKind::Versions
        })
    }
}
