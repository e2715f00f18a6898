//! What a proof can rest on: the statements of a policy that can be taken away.
//!
//! To take a statement away is to know nothing instead: a copy is never made, a duration is the default
//! again, a credential may do everything. What harms stays: deletions go on. So less can hold without it.

use thrice_diagnostics::Span;
use thrice_model::{
    ClassId, CredentialId, HostId, KeyId, Model, Obligation, StepId, StoreId, Verb, Versioning,
};
use thrice_plan::Plan;
use thrice_quantity::{Interval, RatioPerMonth, Seconds};

/// A statement that can be taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The words.
    pub span: Span,
    /// What it says, in a few words.
    pub text: String,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Runs(StepId),
    Duration(StepId),
    Monitor(StepId),
    After(StepId),
    Lock(StoreId),
    Versions(StoreId),
    Snapshots(StoreId),
    Medium(StoreId),
    Room(StoreId),
    StoreClearance(StoreId),
    HostClearance(HostId),
    Link(HostId),
    OffLine(HostId),
    Held(KeyId, usize),
    Rights(CredentialId),
    Size(ClassId),
    Growth(ClassId),
    Churn(ClassId),
    Label(ClassId, usize),
    Setup(ClassId),
    Finish(ClassId),
    Noticed(ClassId),
    Response,
}

/// The documented default growth: up to 5 % a month, in parts per million.
const GROWTH: RatioPerMonth = RatioPerMonth::new(50_000);
/// The documented default response time.
const RESPONSE: Seconds = Seconds::hours(72);

/// Obligations that ask what is deleted, kept or paid, and not what is there.
const fn asks_for_less(obligation: Obligation) -> bool {
    matches!(
        obligation,
        Obligation::Erasure | Obligation::Capacity | Obligation::Cost
    )
}

/// The statements that a verdict about an obligation can rest on, in the order of the model.
pub(super) fn statements(plan: &Plan, obligation: Obligation) -> Vec<Statement> {
    let mut out = Vec::new();
    steps(plan, obligation, &mut out);
    stores(&plan.model, &mut out);
    hosts(&plan.model, &mut out);
    keys(&plan.model, &mut out);
    classes(&plan.model, &mut out);
    let policy = &plan.model.policy;
    if policy.response_stated && policy.response < RESPONSE {
        let text = format!("somebody acts within {} of an alarm", policy.response);
        add(&mut out, policy.named.span, text, What::Response);
    }
    out
}

fn add(out: &mut Vec<Statement>, span: Span, text: impl Into<String>, what: What) {
    let text = text.into();
    out.push(Statement { span, text, what });
}

fn steps(plan: &Plan, obligation: Obligation, out: &mut Vec<Statement>) {
    for (id, step) in plan.model.steps.iter() {
        let deletes = matches!(step.verb, Verb::Expire { .. } | Verb::Prune);
        let reads = matches!(step.verb, Verb::Check(_) | Verb::Drill);
        if !reads && deletes == asks_for_less(obligation) {
            let text = format!("`{}` runs", step.named.name);
            add(out, step.named.span, text, What::Runs(id));
        }
        if let Some(span) = step.timing.duration_stated {
            let text = format!("it takes at most {}", step.timing.duration.high());
            add(out, span, text, What::Duration(id));
        }
        if let Some((monitor, span)) = step.monitor {
            let monitor = &plan.model.monitors[monitor].named.name;
            let text = format!("`{monitor}` notices when it falls silent");
            add(out, span, text, What::Monitor(id));
        }
        if let Some((_, span)) = step.timing.after.first() {
            add(out, *span, "it waits for what it reads", What::After(id));
        }
    }
}

fn stores(model: &Model, out: &mut Vec<Statement>) {
    for (id, store) in model.stores.iter() {
        let (name, span) = (&store.named.name, store.named.span);
        if let Some(lock) = store.lock {
            add(out, lock.span, "what lies here is locked", What::Lock(id));
        }
        if store.versioning == Versioning::On {
            let text = format!("`{name}` keeps what is overwritten or deleted");
            add(out, span, text, What::Versions(id));
        }
        if let Some((_, _, span)) = store.snapshots {
            let text = format!("`{name}` takes snapshots of itself");
            add(out, span, text, What::Snapshots(id));
        }
        if let Some(medium) = &store.medium {
            let text = format!("`{name}` is on medium {}", medium.0);
            add(out, span, text, What::Medium(id));
        }
        if let Some((room, span)) = store.capacity.or(store.quota) {
            add(out, span, format!("`{name}` holds {room}"), What::Room(id));
        }
        if let Some((_, span)) = store.clearance {
            let text = format!("`{name}` is cleared");
            add(out, span, text, What::StoreClearance(id));
        }
    }
}

fn hosts(model: &Model, out: &mut Vec<Statement>) {
    for (id, host) in model.hosts.iter() {
        let (name, span) = (&host.named.name, host.named.span);
        if let Some((_, span)) = host.clearance {
            let text = format!("`{name}` is cleared");
            add(out, span, text, What::HostClearance(id));
        }
        if let Some(link) = host.link {
            add(
                out,
                span,
                format!("the line of `{name}`: {link}"),
                What::Link(id),
            );
        }
        if !host.always_on {
            let text = format!("`{name}` is off line most of the time");
            add(out, span, text, What::OffLine(id));
        }
    }
}

fn keys(model: &Model, out: &mut Vec<Statement>) {
    for (id, key) in model.keys.iter() {
        for (at, (_, span)) in key.held.iter().enumerate() {
            let text = format!("`{}` is held here", key.named.name);
            add(out, *span, text, What::Held(id, at));
        }
    }
    for (id, credential) in model.credentials.iter().filter(|(_, c)| c.stated) {
        let span = credential
            .rights
            .first()
            .map_or(credential.named.span, |r| r.span);
        let text = format!("`{}` may do this and no more", credential.named.name);
        add(out, span, text, What::Rights(id));
    }
}

fn classes(model: &Model, out: &mut Vec<Statement>) {
    for (id, class) in model.classes.iter() {
        let name = &class.named.name;
        if let Some((size, span)) = class.size {
            add(
                out,
                span,
                format!("`{name}` measures {size}"),
                What::Size(id),
            );
        }
        if let Some(span) = class.growth_stated {
            add(
                out,
                span,
                format!("`{name}` grows no faster"),
                What::Growth(id),
            );
        }
        if let Some((churn, span)) = class.churn {
            let text = format!("of `{name}` {churn} are new");
            add(out, span, text, What::Churn(id));
        }
        for (at, field) in class.fields.iter().enumerate() {
            let text = format!("the label of `{}` in `{name}`", field.name);
            add(out, field.span, text, What::Label(id, at));
        }
        if let Some((time, span)) = class.asked().restore_setup {
            let text = format!("a restore begins within {}", time.high());
            add(out, span, text, What::Setup(id));
        }
        if let Some((time, span)) = class.asked().restore_finish {
            let text = format!("it is in use {} after its last byte", time.high());
            add(out, span, text, What::Finish(id));
        }
        if let Some((time, span)) = class.asked().noticed_within {
            let text = format!("damage is noticed within {time}");
            add(out, span, text, What::Noticed(id));
        }
    }
}

impl Statement {
    /// Takes the statement out of a model that `plan` was made of.
    pub(super) fn drop_from(&self, model: &mut Model, plan: &Plan) {
        // Ids are those of this very model: where one is not there, there is nothing to take away.
        let _ = match self.what {
            What::Runs(id) => step(model, id, |s| s.lifetime.until = Some(s.lifetime.from)),
            What::Duration(id) => {
                let half = plan.cadences[id]
                    .widest
                    .map_or(Seconds::ZERO, |t| Seconds(t.0 / 2));
                let high = model.steps[id].timing.duration.high().max(half);
                if let Ok(duration) = Interval::new(Seconds::ZERO, high) {
                    model.set_duration(id, duration);
                }
                step(model, id, |s| s.timing.duration_stated = None)
            }
            What::Monitor(id) => step(model, id, |s| s.monitor = None),
            What::After(id) => step(model, id, |s| s.timing.after.clear()),
            What::Lock(id) => store(model, id, |s| s.lock = None),
            What::Versions(id) => store(model, id, |s| s.versioning = Versioning::Off),
            What::Snapshots(id) => store(model, id, |s| s.snapshots = None),
            What::Medium(id) => store(model, id, |s| s.medium = None),
            What::Room(id) => store(model, id, |s| (s.capacity, s.quota) = (None, None)),
            What::StoreClearance(id) => store(model, id, |s| s.clearance = None),
            What::HostClearance(id) => host(model, id, |h| h.clearance = None),
            What::Link(id) => host(model, id, |h| h.link = None),
            What::OffLine(id) => host(model, id, |h| h.always_on = true),
            What::Size(id) => class(model, id, |c| c.size = None),
            What::Growth(id) => class(model, id, |c| {
                c.growth = Interval::new(RatioPerMonth::new(0), GROWTH).unwrap_or(c.growth);
                c.growth_volume = None;
                c.growth_stated = None;
            }),
            What::Churn(id) => class(model, id, |c| c.churn = None),
            What::Label(id, at) => class(model, id, |c| {
                if let Some(field) = c.fields.get_mut(at) {
                    field.label = thrice_model::Label::Unclassified;
                }
            }),
            What::Setup(id) => class(model, id, |c| c.asked_mut().restore_setup = None),
            What::Finish(id) => class(model, id, |c| c.asked_mut().restore_finish = None),
            What::Noticed(id) => class(model, id, |c| c.asked_mut().noticed_within = None),
            What::Held(id, at) => {
                let span = self.span;
                let kept = plan.model.keys[id].held.get(at).map(|(holder, _)| *holder);
                model.keys.get_mut(id).map(|key| {
                    key.held
                        .retain(|(holder, at)| Some(*holder) != kept || *at != span);
                })
            }
            What::Rights(id) => model.credentials.get_mut(id).map(|credential| {
                credential.stated = false;
                credential.rights.clear();
            }),
            What::Response => {
                model.policy.response = RESPONSE;
                Some(())
            }
        };
    }
}

fn step(model: &mut Model, id: StepId, change: impl FnOnce(&mut thrice_model::Step)) -> Option<()> {
    model.steps.get_mut(id).map(change)
}

fn store(
    model: &mut Model,
    id: StoreId,
    change: impl FnOnce(&mut thrice_model::Store),
) -> Option<()> {
    model.stores.get_mut(id).map(change)
}

fn host(model: &mut Model, id: HostId, change: impl FnOnce(&mut thrice_model::Host)) -> Option<()> {
    model.hosts.get_mut(id).map(change)
}

fn class(
    model: &mut Model,
    id: ClassId,
    change: impl FnOnce(&mut thrice_model::Class),
) -> Option<()> {
    model.classes.get_mut(id).map(change)
}
