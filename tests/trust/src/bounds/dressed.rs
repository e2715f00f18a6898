//! Sizes, lines, prices and bounds for a policy that has none. They are said of its plan, which rests on none of them.

use std::collections::BTreeMap;

use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, IteratorRandom as _};
use thrice_diagnostics::Span;
use thrice_model::{
    ClassId, Demand, FaultKind, Holder, HostId, HostKind, Lifetime, Obligation, Requirement,
    Selection, Survive, Target, VaultId,
};
use thrice_plan::Plan;
use thrice_quantity::{
    Bytes, BytesPerDay, BytesPerSecond, Currency, Dimension, Interval, Money, Ratio, RatioPerMonth,
    Seconds, Value, quantity,
};
use thrice_simulate::bill;
use thrice_verify::{Session, Verification};

use super::PLAYED;
use crate::Random;

const MB: u64 = 1_000_000;
/// Longer than any restore takes, and than anything stays that ever goes.
const LONG: Seconds = Seconds::days(30_000);
/// More than any store is filled with.
const LARGE: Bytes = Bytes(u64::MAX / 4);

/// Says what is not said of a plan, and asks for about as much as the verifier says that holds. In words, what it has said.
pub(super) fn dress(plan: &mut Plan, session: &mut Session, random: &mut Random) -> Vec<String> {
    let mut said = Vec::new();
    data(plan, random, &mut said);
    places(plan, random, &mut said);
    keys(plan, random, &mut said);
    demands(plan, random, &mut said);
    let open = loose(plan, random);
    let verified = session.verify(plan, &PLAYED);
    tighten(plan, &open, &verified, random, &mut said);
    said
}

fn interval(random: &mut Random, most: u64) -> Interval<u64> {
    let high = random.random_range(0..=most);
    let low = match random.random_range(0..3) {
        0 => high,
        1 => 0,
        _ => random.random_range(0..=high),
    };
    Interval::new(low, high).unwrap_or(Interval::point(high))
}

/// How large classes are, how they grow and change, and how their restores begin and end.
fn data(plan: &mut Plan, random: &mut Random, said: &mut Vec<String>) {
    for class in plan.model.classes.values_mut() {
        let span = class.named.span;
        if class.size.is_none() && random.random_bool(0.95) {
            let most = *[30, 3_000, 300_000].choose(random).unwrap_or(&30);
            class.size = Some((interval(random, most).map(|mb| Bytes(mb * MB)), span));
        }
        if class.growth_stated.is_none() {
            match random.random_range(0..3) {
                0 => {}
                1 => {
                    let of = |parts| RatioPerMonth::new(parts);
                    class.growth = interval(random, 60_000).map(of);
                }
                _ => {
                    let of = |mb| BytesPerDay::new(mb * MB);
                    class.growth_volume = Some(interval(random, 40).map(of));
                }
            }
        }
        if class.churn.is_none() && random.random_bool(0.6) {
            let most = *[5, 400].choose(random).unwrap_or(&5);
            let of = |mb| BytesPerDay::new(mb * MB);
            class.churn = Some((interval(random, most).map(of), span));
        }
        let hours = |random: &mut Random| {
            let of = |minutes: u64| Seconds::minutes(minutes.try_into().unwrap_or(0));
            Some((interval(random, 300).map(of), span))
        };
        if class.asked().restore_setup.is_none() && random.random_bool(0.5) {
            class.asked_mut().restore_setup = hours(random);
        }
        if class.asked().restore_finish.is_none() && random.random_bool(0.5) {
            class.asked_mut().restore_finish = hours(random);
        }
        said.push(format!(
            "{}: size {:?}, growth {:?} {:?}, churn {:?}, setup {:?}, finish {:?}",
            class.named.name,
            class.size.map(|(size, _)| size),
            class.growth,
            class.growth_volume,
            class.churn.map(|(churn, _)| churn),
            class.asked().restore_setup.map(|(time, _)| time),
            class.asked().restore_finish.map(|(time, _)| time),
        ));
    }
}

/// How fast lines are, and what hosts cost.
fn places(plan: &mut Plan, random: &mut Random, said: &mut Vec<String>) {
    let model = &mut plan.model;
    let prices = model.hosts.values().find_map(|host| host.monthly.as_ref());
    let others = model.costs.iter().find_map(|cost| cost.monthly.as_ref());
    let known = prices.map(|(price, _)| price).or(others);
    let currency = known.map_or(Currency::Eur, |price| price.high().currency);
    let speed = |random: &mut Random| {
        let mb = *[1_u64, 3, 12, 100].choose(random).unwrap_or(&12);
        Some(BytesPerSecond(mb * MB))
    };
    for host in model.hosts.values_mut() {
        let storage = host.kind == HostKind::ObjectStorage;
        let likely = if storage { 0.4 } else { 0.9 };
        if (host.link.is_none() && random.random_bool(likely)) || random.random_bool(0.4) {
            host.link = speed(random);
        }
        if host.monthly.is_none() && random.random_bool(0.5) {
            let money = |amount: u64| Money {
                ten_thousandths: amount.try_into().unwrap_or(0),
                currency,
            };
            host.monthly = Some((interval(random, 300_000).map(money), host.named.span));
        }
        said.push(format!("{}: link {:?}", host.named.name, host.link));
    }
    for network in &mut model.networks {
        if network.speed.is_none() && random.random_bool(0.3) {
            network.speed = speed(random);
            said.push(format!("{}: {:?}", network.named.name, network.speed));
        }
    }
}

/// Which vaults' content is data that is backed up, and which keys lie in them, perhaps on a host as well.
fn keys(plan: &mut Plan, random: &mut Random, said: &mut Vec<String>) {
    let classes: Vec<(ClassId, HostId)> = plan
        .model
        .classes
        .iter()
        .map(|(id, class)| (id, plan.host_of(class.home.store)))
        .collect();
    let model = &mut plan.model;
    for vault in model.vaults.values_mut() {
        let Some((class, host)) = classes.choose(random).filter(|_| random.random_bool(0.4)) else {
            continue;
        };
        if vault.data.is_none() {
            vault.data = Some((*class, vault.named.span));
            vault.host = random.random_bool(0.5).then_some(*host);
            said.push(format!(
                "{} on {:?} of {class:?}",
                vault.named.name, vault.host
            ));
        }
    }
    let hosts: Vec<HostId> = model.hosts.ids().collect();
    let vaults: Vec<VaultId> = model.vaults.ids().collect();
    for key in model.keys.values_mut() {
        let Some(vault) = vaults.choose(random).filter(|_| random.random_bool(0.5)) else {
            continue;
        };
        let host = hosts.choose(random).filter(|_| random.random_bool(0.5));
        let host = host.map(|host| (Holder::Host(*host), key.named.span));
        let vault = (Holder::Vault(*vault), key.named.span);
        key.held = [vault].into_iter().chain(host).collect();
        said.push(format!("{} held {:?}", key.named.name, key.held));
    }
}

/// A requirement about some classes.
fn require(
    plan: &mut Plan,
    demand: Demand,
    since: usize,
    random: &mut Random,
    said: &mut Vec<String>,
) {
    let span = plan.model.policy.named.span;
    let all = random.random_bool(0.5);
    let chosen = plan.model.classes.ids().collect::<Vec<_>>();
    let classes: Vec<ClassId> = chosen
        .into_iter()
        .filter(|_| all || random.random_bool(0.6))
        .collect();
    let from = plan.periods.get(since).map(|period| period.from);
    said.push(format!("require {demand:?} for {classes:?} since {from:?}"));
    plan.model.requirements.push(Requirement {
        demand,
        selection: Selection {
            classes,
            all,
            kind: None,
            span,
        },
        lifetime: Lifetime {
            from: from.unwrap_or(plan.model.policy.start),
            until: None,
            since: None,
        },
        span,
    });
}

/// What is to be survived, what must stay free, and what all together may cost.
fn demands(plan: &mut Plan, random: &mut Random, said: &mut Vec<String>) {
    let since = |plan: &Plan, random: &mut Random| match random.random_bool(0.7) {
        true => 0,
        false => random.random_range(0..plan.periods.len().max(1)),
    };
    for _ in 0..random.random_range(0..=2) {
        let hosts: Vec<_> = plan.model.hosts.ids().collect();
        let two = (0..2).filter_map(|_| hosts.choose(random).copied());
        let two: Vec<Target> = two.map(Target::Host).collect();
        let kinds = [
            FaultKind::Host,
            FaultKind::Host,
            FaultKind::Store,
            FaultKind::Site,
            FaultKind::Provider,
            FaultKind::Key,
            FaultKind::Compromise,
            FaultKind::Operator,
        ];
        let survive = match random.random_bool(0.2) {
            true => Survive::Loss(two),
            false => Survive::Any {
                count: random.random_range(1..=2),
                kinds: vec![*kinds.choose(random).unwrap_or(&FaultKind::Host)],
            },
        };
        let since = since(plan, random);
        require(plan, Demand::Survive(survive), since, random, said);
    }
    if random.random_bool(0.4)
        && let Some(store) = plan.model.stores.ids().choose(random)
    {
        let headroom = Demand::Headroom {
            part: Ratio(random.random_range(0..500_000)),
            stores: vec![store],
        };
        let since = since(plan, random);
        require(plan, headroom, since, random, said);
    }
    if random.random_bool(0.3) {
        let time = Demand::RecoveryTime(Seconds::hours(random.random_range(5..60)));
        let since = since(plan, random);
        require(plan, time, since, random, said);
    }
    // What is asked is what it costs in some period, or a little less or more.
    let month = plan.periods.choose(random);
    if let Some(bill) = month.and_then(|period| bill(plan, period.from)) {
        let budget = Money {
            ten_thousandths: bill.ten_thousandths + random.random_range(-1..=1),
            ..bill
        };
        let since = since(plan, random);
        require(plan, Demand::Cost(budget), since, random, said);
    }
}

/// What is to be bounded by what the verifier tells.
#[derive(Default)]
struct Open {
    back: Vec<ClassId>,
    gone: Vec<ClassId>,
    stores: Vec<thrice_model::StoreId>,
}

/// Asks for so little that all holds that can.
fn loose(plan: &mut Plan, random: &mut Random) -> Open {
    let mut out = Open::default();
    let model = &mut plan.model;
    for id in model.classes.ids().collect::<Vec<_>>() {
        let Some(class) = model.classes.get_mut(id) else {
            continue;
        };
        let span: Span = class.named.span;
        if random.random_bool(0.7) {
            class.asked_mut().rto = Some((LONG, span));
            out.back.push(id);
        }
        if random.random_bool(0.8) {
            class.asked_mut().retain_at_most = Some((LONG, span));
            out.gone.push(id);
        }
    }
    for id in model.stores.ids().collect::<Vec<_>>() {
        let Some(store) = model.stores.get_mut(id) else {
            continue;
        };
        let limits = [store.capacity, store.quota];
        if limits.iter().any(Option::is_some) && random.random_bool(0.3) {
            continue;
        }
        let span = store.named.span;
        if random.random_bool(0.85) {
            store.capacity = Some((LARGE, span));
            store.quota = None;
            out.stores.push(id);
        }
    }
    out
}

/// A duration as it is told: `31 d 4 h`.
fn time(words: &str) -> Option<Seconds> {
    let words: Vec<&str> = words.split(' ').collect();
    let mut out = Seconds::ZERO;
    for pair in words.chunks(2) {
        let [number, unit] = pair else {
            return None;
        };
        let Ok(Value::Duration(time)) = quantity(number, unit, Dimension::Duration) else {
            return None;
        };
        out = out.saturating_add(time);
    }
    Some(out)
}

/// A size as it is told: `2.01 GB`.
fn size(words: &str) -> Option<Bytes> {
    let (number, unit) = words.split_once(' ')?;
    match quantity(number, unit, Dimension::Size) {
        Ok(Value::Size(bytes)) => Some(bytes),
        _ => None,
    }
}

/// What stands in a note between two texts.
fn between<'n>(note: &'n str, before: &str, after: &[&str]) -> Option<&'n str> {
    let (_, rest) = note.split_once(before)?;
    let ends = after.iter().filter_map(|after| rest.find(after));
    rest.get(..ends.min().unwrap_or(rest.len()))
}

/// Asks for what is told, or nearly.
fn tighten(
    plan: &mut Plan,
    open: &Open,
    verified: &Verification,
    random: &mut Random,
    said: &mut Vec<String>,
) {
    let mut back: BTreeMap<String, Vec<Seconds>> = BTreeMap::new();
    let mut gone = back.clone();
    let mut full: BTreeMap<String, Vec<Bytes>> = BTreeMap::new();
    for verdict in verified.verdicts.iter() {
        let subject = verdict.subject.to_string();
        let note = verdict.note.as_str();
        match verdict.obligation {
            Obligation::Capacity => {
                let told = between(note, "at most ", &[" of "]).and_then(size);
                full.entry(subject).or_default().extend(told);
            }
            Obligation::RecoveryTime => {
                let told = between(note, "back after ", &[" of "]).and_then(time);
                back.entry(subject).or_default().extend(told);
            }
            Obligation::Erasure => {
                let ends = [", after", "; if"];
                let told = between(note, "gone everywhere after ", &ends).and_then(time);
                gone.entry(subject).or_default().extend(told);
            }
            _ => {}
        }
    }
    let model = &mut plan.model;
    let near = |told: Option<&Vec<Seconds>>, random: &mut Random| {
        let told = told?.choose(random)?;
        Some(match random.random_range(0..10) {
            0..6 => *told,
            6 => Seconds(told.0.saturating_sub(1)),
            7 => Seconds(told.0.saturating_add(1)),
            _ => Seconds(told.0.saturating_mul(random.random_range(10..20)) / 10),
        })
    };
    for id in &open.back {
        let Some(class) = model.classes.get_mut(*id) else {
            continue;
        };
        let (span, name) = (class.named.span, class.named.name.to_string());
        let rto = near(back.get(&name), random);
        said.extend(rto.map(|rto| format!("{name}: rto {rto}")));
        class.asked_mut().rto = rto.map(|rto| (rto, span));
    }
    for id in &open.gone {
        let Some(class) = model.classes.get_mut(*id) else {
            continue;
        };
        let (span, name) = (class.named.span, class.named.name.to_string());
        let most = near(gone.get(&name), random);
        said.extend(most.map(|most| format!("{name}: retain at most {most}")));
        class.asked_mut().retain_at_most = most.map(|most| (most, span));
    }
    for id in &open.stores {
        let Some(store) = model.stores.get_mut(*id) else {
            continue;
        };
        let (span, name) = (store.named.span, store.named.name.to_string());
        let told = full.get(&name).and_then(|told| told.choose(random));
        let room = told.map(|Bytes(bytes)| {
            let step = 10_u64.pow(bytes.checked_ilog10().unwrap_or(0).saturating_sub(2));
            // Rounded to three digits: the next one is surely enough.
            Bytes(bytes + step * random.random_range(0..=1))
        });
        said.extend(room.map(|room| format!("{name}: capacity {room}")));
        store.capacity = room.map(|room| (room, span));
    }
}
