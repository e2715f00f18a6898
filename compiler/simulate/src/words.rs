//! Words for people.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_model::{Hostile, Mishap, Target};
use thrice_plan::Plan;
use thrice_quantity::Seconds;

/// An instant on the clock of the policy's zone: `2026-09-30 02:58`.
#[must_use]
pub fn moment(plan: &Plan, at: Timestamp) -> String {
    let zone = TimeZone::get(&plan.model.policy.timezone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A length of time in units that fit: `31 days`, `25 h 15 min`.
#[must_use]
pub fn age(time: Seconds) -> String {
    time.to_string()
}

/// "`a`, `b` and `c`".
pub fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What goes wrong, in words.
pub(crate) fn mishap(plan: &Plan, mishap: Mishap) -> String {
    let m = &plan.model;
    match mishap {
        Mishap::Lose(Target::Host(id)) => format!("host `{}` is lost", m.hosts[id].named.name),
        Mishap::Lose(Target::Store(id)) => format!("store `{}` is lost", m.stores[id].named.name),
        Mishap::Lose(Target::Site(id)) => format!("site `{}` is lost", m.sites[id].named.name),
        Mishap::Lose(Target::Provider(id)) => format!(
            "provider `{}` fails or closes the account",
            m.providers[id].named.name
        ),
        Mishap::Lose(Target::Key(id)) => format!("key `{}` is lost", m.keys[id].named.name),
        Mishap::Lose(Target::Credential(id)) | Mishap::Steal(Hostile::Credential(id)) => format!(
            "credential `{}` is in hostile hands",
            m.credentials[id].named.name
        ),
        Mishap::Steal(Hostile::Host(id)) => {
            format!("host `{}` is in hostile hands", m.hosts[id].named.name)
        }
        Mishap::Delete(id) => format!(
            "one mistaken command deletes what is on `{}`",
            m.stores[id].named.name
        ),
        Mishap::Corrupt(id) => format!("`{}` is damaged where it lives", m.classes[id].named.name),
        Mishap::Rot(id) => format!("what lies on `{}` rots", m.stores[id].named.name),
    }
}
