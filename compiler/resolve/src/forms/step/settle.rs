//! What a step does not say itself and follows from what it rests on: when it exists, what it finds to read.

use jiff::civil::Date;
use smallvec::SmallVec;
use thin_vec::ThinVec;
use thrice_diagnostics::{Diagnostic, Span};
use thrice_model::{CredentialId, Lifetime, Location, Source, StepId, StepTarget, Timing, Verb};
use thrice_quantity::{Interval, Seconds};

use super::Pending;
use super::lifetimes::{self, Base};
use crate::codes::{NOTHING_TO_READ, OVERLAP, WRONG_VALUE};
use crate::context::Context;
use crate::draft::Draft;

/// What is known of a step once its source is settled.
pub struct Settled {
    lifetime: Lifetime,
    credential: Option<(CredentialId, Span)>,
    /// What it takes over from the backup whose versions it copies.
    copied: Option<Box<(Verb, Timing)>>,
}

/// Settles a step that reads from no other, as soon as it is read: most do not.
pub fn settle_one(cx: &Context<'_>, draft: &Draft, this: &mut Pending) {
    if source(this).is_none() {
        let settled = settled(cx, draft, this, None);
        this.take(settled);
    }
}

/// The step that another reads from.
pub fn source(this: &Pending) -> Option<StepId> {
    match &this.step.source {
        Source::Step(id, _) => Some(*id),
        _ => None,
    }
}

/// What is known of a step whose source, if it reads from a step, is settled.
pub fn settled(
    cx: &Context<'_>,
    draft: &Draft,
    this: &Pending,
    source: Option<&Pending>,
) -> Settled {
    if let Some(source) = source {
        check_source(cx, this, source);
        check_versions(cx, this, source);
    }
    check_overlap(cx, draft, this, source);
    let credential = this.step.credential;
    Settled {
        lifetime: lifetime(cx, draft, this, source),
        credential: credential.or_else(|| repository_credential(draft, this)),
        copied: source.and_then(|source| copied(this, source)).map(Box::new),
    }
}

impl Pending {
    /// Takes over what is known of it.
    pub fn take(&mut self, settled: Settled) {
        self.step.lifetime = settled.lifetime;
        self.step.credential = settled.credential;
        if let Some(copied) = settled.copied {
            (self.step.verb, self.step.timing) = *copied;
        }
    }
}

/// A step that reads from another finds only what that one leaves.
fn check_source(cx: &Context<'_>, this: &Pending, source: &Pending) {
    let Source::Step(_, span) = &this.step.source else {
        return;
    };
    let (name, of) = (&source.step.named.name, &source.step.classes);
    if source.step.target == StepTarget::Nothing {
        let verb = source.step.verb.word();
        let found = Diagnostic::error(NOTHING_TO_READ, format!("`{name}` leaves nothing to read"))
            .at(*span, format!("a `{verb}` writes no data"))
            .at(source.step.named.span, "declared here")
            .help("read from a step that writes data, or from a place");
        cx.report(found);
        return;
    }
    if let StepTarget::Environment(_, None, _) = source.step.target {
        let found = Diagnostic::error(NOTHING_TO_READ, format!("`{name}` leaves nothing to read"))
            .at(*span, "nobody says where it lies")
            .at(source.step.named.span, "it names no place by which it goes")
            .help("say by which place it goes: `via STORE:/PATH`");
        cx.report(found);
        return;
    }
    // A step of a place takes whatever lies there.
    if of.is_empty() {
        return;
    }
    for (class, at) in &this.step.classes {
        if of.iter().all(|(other, _)| other != class) {
            let class = cx.text(*at);
            let message = format!("`{name}` does not carry `{class}`");
            let found = Diagnostic::error(NOTHING_TO_READ, message)
                .at(
                    *at,
                    format!("there is no `{class}` in what `{name}` leaves"),
                )
                .at(
                    source.step.named.span,
                    format!("`{name}` is of other classes"),
                )
                .help(format!(
                    "add `{class}` to the `of` of `{name}`, or back it up on its own"
                ));
            cx.report(found);
        }
    }
}

/// Into another repository go the versions of a backup, whole.
fn check_versions(cx: &Context<'_>, this: &Pending, source: &Pending) {
    let (Some(_), Source::Step(_, span)) = (this.step.mirror(), &this.step.source) else {
        return;
    };
    let (name, of) = (&this.step.named.name, &source.step.named.name);
    if !matches!(source.step.verb, Verb::Backup { mirror: None, .. }) {
        let message = format!("`{of}` makes no versions that could be copied into a repository");
        let found = Diagnostic::error(NOTHING_TO_READ, message)
            .at(
                *span,
                format!("a `{}`, and no backup", source.step.verb.word()),
            )
            .at(source.step.named.span, "declared here")
            .help("name the backup that makes them, or write into the repository with `backup`");
        cx.report(found);
        return;
    }
    let named = |class| this.step.classes.iter().any(|(other, _)| *other == class);
    let left_out: Vec<Span> = source
        .step
        .classes
        .iter()
        .filter(|(class, _)| !named(*class))
        .map(|(_, at)| *at)
        .collect();
    if left_out.is_empty() {
        return;
    }
    let message = format!("`{name}` copies versions of `{of}`, and they hold more than it says");
    let found = left_out
        .iter()
        .fold(Diagnostic::error(WRONG_VALUE, message), |found, at| {
            found.at(*at, format!("`{}` is in each version", cx.text(*at)))
        });
    let found = found.at(this.step.named.span, "says less");
    cx.report(found.help("name all classes of the backup: versions are copied whole"));
}

/// What a step that brings versions of a backup into another repository takes over from it: what stays, and,
/// where its end begins it, when. It may start as late as the backup may be done.
fn copied(this: &Pending, source: &Pending) -> Option<(Verb, Timing)> {
    let mirror = this.step.mirror()?.clone();
    let Verb::Backup { keep, .. } = &source.step.verb else {
        return None;
    };
    let Source::Step(backup, span) = this.step.source else {
        return None;
    };
    let verb = Verb::Backup {
        keep: keep.clone(),
        prune: true,
        exclude: ThinVec::new(),
        flags: ThinVec::new(),
        mirror: Some(Box::new(mirror)),
    };
    let mut timing = this.step.timing.clone();
    if this.step.follows(backup, &source.step) {
        let before = &source.step.timing;
        timing.begun_by(before);
        let period = before
            .schedule
            .as_ref()
            .and_then(|(schedule, _)| schedule.nominal_period());
        if let (None, Some(period)) = (timing.duration_stated, period)
            && let Ok(duration) = Interval::new(Seconds::ZERO, Seconds(period.0 / 2))
        {
            timing.duration = duration;
        }
        if timing.after.iter().all(|(other, _)| *other != backup) {
            timing.after.push((backup, span));
        }
    }
    Some((verb, timing))
}

/// A tree that is copied into itself grows with every run, or is emptied; rclone refuses it.
fn check_overlap(cx: &Context<'_>, draft: &Draft, this: &Pending, source: Option<&Pending>) {
    if !matches!(
        this.step.verb,
        Verb::Copy { .. } | Verb::Sync { .. } | Verb::Move { .. }
    ) {
        return;
    }
    let StepTarget::Location(to, to_span) = &this.step.target else {
        return;
    };
    let read: Vec<(Location, Span)> = match (&this.step.source, source) {
        (Source::Location(place, span), _) => vec![(place.clone(), *span)],
        (Source::Step(_, span), Some(source)) => match &source.step.target {
            StepTarget::Location(place, _) => vec![(place.clone(), *span)],
            _ => Vec::new(),
        },
        _ => {
            let classes = this.step.classes.iter();
            classes
                .filter_map(|(c, at)| Some((draft.classes.get(*c)?.home.clone(), *at)))
                .collect()
        }
    };
    let Some((_, span)) = read.iter().find(|(from, _)| from.meets(to)) else {
        return;
    };
    let message = format!("`{}` writes into what it reads", this.step.named.name);
    let found = Diagnostic::error(OVERLAP, message)
        .at(*to_span, "written here")
        .at(*span, "and read from here")
        .help("choose a destination that does not lie in its source, nor the source in it");
    cx.report(found);
}

/// Written, or as long as all that the step sits on exists.
fn lifetime(cx: &Context<'_>, draft: &Draft, this: &Pending, source: Option<&Pending>) -> Lifetime {
    let mut bases = bases(draft, this, source);
    let classes = this.step.classes.iter();
    let mut all: SmallVec<[Lifetime; 6]> = bases.iter().map(|base| base.lifetime).collect();
    all.extend(classes.filter_map(|(class, _)| Some(draft.classes.get(*class)?.lifetime)));
    let lifetime = this.written.on(&all, draft.start);
    // A step may well be there before one of its classes: then it finds nothing of it yet. But what reads classes where
    // they live is over with the last of them.
    let reads = matches!(this.step.source, Source::Home);
    let classes = this.step.classes.iter().filter(|_| reads);
    let classes = classes.filter_map(|(class, _)| draft.classes.get(*class));
    let last = classes.max_by_key(|class| class.lifetime.until.unwrap_or(Date::MAX));
    let over = last.map(|class| Lifetime {
        from: lifetime.from,
        ..class.lifetime
    });
    bases.extend(
        last.zip(over)
            .map(|(class, over)| Base::new(&class.named, over)),
    );
    lifetimes::check(cx, &this.step.named, lifetime, this.written, &bases);
    lifetime
}

fn bases<'m>(
    draft: &'m Draft,
    this: &Pending,
    source: Option<&'m Pending>,
) -> SmallVec<[Base<'m>; 4]> {
    let mut bases = SmallVec::new();
    let store = |id| {
        draft
            .stores
            .get(id)
            .map(|store| Base::new(&store.named, store.lifetime))
    };
    let repository = |id| {
        draft
            .repositories
            .get(id)
            .map(|r| Base::new(&r.named, r.lifetime))
    };
    let host = |id| {
        draft
            .hosts
            .get(id)
            .map(|host| Base::new(&host.named, host.lifetime))
    };
    bases.extend(this.step.runner.host.and_then(host));
    match &this.step.source {
        Source::Location(place, _) => bases.extend(store(place.store)),
        Source::Repository(id, _) => bases.extend(repository(*id)),
        Source::Step(..) => {
            bases.extend(source.map(|source| Base::new(&source.step.named, source.step.lifetime)));
        }
        Source::Home => {}
    }
    match &this.step.target {
        StepTarget::Location(place, _) => bases.extend(store(place.store)),
        StepTarget::Repository(id, _) => bases.extend(repository(*id)),
        StepTarget::Environment(id, via, _) => {
            bases.extend(via.as_ref().and_then(|place| store(place.store)));
            let hosts = draft
                .environments
                .get(*id)
                .map(|e| e.hosts.as_slice())
                .unwrap_or_default();
            bases.extend(hosts.iter().filter_map(|id| host(*id)));
        }
        StepTarget::Nothing => {}
    }
    bases
}

/// The credential of the repository that the step works on.
fn repository_credential(draft: &Draft, this: &Pending) -> Option<(CredentialId, Span)> {
    let of = |id| {
        draft
            .repositories
            .get(id)
            .and_then(|repository| repository.credential)
    };
    let target = match &this.step.target {
        StepTarget::Repository(id, _) => of(*id),
        _ => None,
    };
    target.or_else(|| match &this.step.source {
        Source::Repository(id, _) => of(*id),
        _ => None,
    })
}
