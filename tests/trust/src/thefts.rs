//! What is left of a policy's copies when somebody has hosts or credentials in hand, or has made a mistake: by the rules of the
//! verifier's faults, and by playing it on the simulator.

#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by ids that only they give out"
)]

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use rand::seq::IndexedRandom as _;
use thrice_model::{HostKind, Hostile, Mishap, Strike};
use thrice_plan::{CopyId, CopyKind, Plan};
use thrice_simulate::{Case, Choices, simulate};
use thrice_verify::fates;

use crate::Random;

/// Hours from when somebody begins to delete until somebody acts.
pub(crate) const RESPONSE_HOURS: i64 = 72;

/// The copies that lie elsewhere than the data: of the others the rules ask what is left without it.
pub(crate) fn elsewhere(plan: &Plan) -> impl Iterator<Item = CopyId> {
    let away = plan.copies.iter().filter(|(_, copy)| {
        let home = plan.model.classes[copy.class].home.store;
        copy.kind != CopyKind::Live && copy.counts && copy.location.store != home
    });
    away.map(|(id, _)| id)
}

/// Those of them that are left by the rules.
pub(crate) fn left_by_rules(plan: &Plan, mishaps: &[Mishap]) -> BTreeSet<CopyId> {
    let period = plan.periods.first();
    let fates = period.map(|period| fates(plan, period, mishaps));
    let usable: BTreeSet<CopyId> = fates.into_iter().flatten().flat_map(|f| f.usable).collect();
    elsewhere(plan).filter(|id| usable.contains(id)).collect()
}

/// Those of them that are left when it is played, right before somebody acts.
pub(crate) fn left_by_playing(plan: &Plan, mishaps: &[Mishap]) -> BTreeSet<CopyId> {
    let start = plan.model.policy.start.saturating_add(100.days());
    let noon = start.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
    let Ok(at) = noon.map(|noon| noon.timestamp()) else {
        return BTreeSet::new();
    };
    let strike = |mishap: &Mishap| Strike {
        at,
        mishap: *mishap,
        span: None,
    };
    let case = Case {
        strikes: mishaps.iter().map(strike).collect(),
        from: None,
        judged: at + jiff::SignedDuration::from_hours(RESPONSE_HOURS - 1),
        classes: BTreeSet::new(),
        choices: Choices::default(),
    };
    let outcomes = simulate(plan, &case).outcomes;
    let copies = outcomes.iter().flat_map(|outcome| &outcome.copies);
    let usable = copies.filter(|state| state.why_not.is_none());
    let usable: BTreeSet<CopyId> = usable.map(|state| state.copy).collect();
    elsewhere(plan).filter(|id| usable.contains(id)).collect()
}

/// Where some copies lie, and of what: two jobs may write one thing.
pub(crate) fn places(plan: &Plan, copies: &BTreeSet<CopyId>) -> BTreeSet<String> {
    let places = copies.iter().map(|id| {
        let copy = &plan.copies[*id];
        let class = &plan.model.classes[copy.class].named.name;
        let store = &plan.model.stores[copy.location.store].named.name;
        format!("{class} in {store}:{}", copy.location.path)
    });
    places.collect()
}

/// Everybody by himself, each of some mistakes, and a few pairs of that.
pub(crate) fn thefts(
    plan: &Plan,
    mistakes: impl Iterator<Item = Mishap>,
    random: &mut Random,
) -> Vec<Vec<Mishap>> {
    let model = &plan.model;
    let machines = model
        .hosts
        .iter()
        .filter(|(_, host)| host.kind != HostKind::ObjectStorage);
    let hosts = machines.map(|(id, _)| Hostile::Host(id));
    let all = hosts.chain(model.credentials.ids().map(Hostile::Credential));
    let all: Vec<Mishap> = all.map(Mishap::Steal).chain(mistakes).collect();
    let mut out: Vec<Vec<Mishap>> = all.iter().map(|one| vec![*one]).collect();
    for _ in 0..3 {
        let pair = (0..2).filter_map(|_| all.choose(random).copied());
        out.push(pair.collect());
    }
    out
}
