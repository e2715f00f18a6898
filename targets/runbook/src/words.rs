//! Words for people.

use thrice_model::{Holder, KeyId, StoreId};
use thrice_plan::{CopyKind, FOR_EVER, Plan};
use thrice_quantity::Seconds;

/// A time as people say it: whole days and hours, minutes below.
pub fn time(seconds: Seconds) -> String {
    if seconds >= FOR_EVER {
        return "no bound".to_owned();
    }
    let minutes = (seconds.0.max(0) + 59) / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let parts = [(days, "d"), (hours, "h"), (minutes, "min")];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .take(2)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if shown.is_empty() {
        "at once".to_owned()
    } else {
        shown.join(" ")
    }
}

/// What a copy is.
pub const fn kind(kind: CopyKind) -> &'static str {
    match kind {
        CopyKind::Live => "the data itself",
        CopyKind::Dump => "dump",
        CopyKind::Versions => "versions in a repository",
        CopyKind::Files => "files",
        CopyKind::Mirror => "mirror",
        CopyKind::Transit => "in transit",
        CopyKind::Seed => "seed",
    }
}

/// Provider and site of a store.
pub fn site(plan: &Plan, store: StoreId) -> String {
    let host = plan.host_of(store);
    plan.model.sites[plan.model.hosts[host].site]
        .named
        .name
        .to_string()
}

/// Where a store's medium is named.
pub fn medium(plan: &Plan, store: StoreId) -> String {
    let medium = &plan.model.stores[store].medium;
    medium
        .as_ref()
        .map_or("not stated", |m| m.0.as_str())
        .to_owned()
}

/// Who holds a key or credential.
pub fn holder(plan: &Plan, holder: Holder) -> String {
    match holder {
        Holder::Host(id) => format!("host {}", plan.model.hosts[id].named.name),
        Holder::Vault(id) => {
            let vault = &plan.model.vaults[id];
            let at = vault
                .site
                .map(|site| format!(" at {}", plan.model.sites[site].named.name));
            format!("{}{}", vault.named.name, at.unwrap_or_default())
        }
    }
}

/// Who holds a key: as the policy says, else the hosts whose steps use it.
pub fn holders(plan: &Plan, key: KeyId) -> Vec<String> {
    let held = &plan.model.keys[key].held;
    if held.is_empty() {
        return vec!["nobody is named: only the hosts whose steps use it have it".to_owned()];
    }
    held.iter().map(|(who, _)| holder(plan, *who)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up() {
        assert_eq!(time(Seconds(0)), "at once");
        assert_eq!(time(Seconds(61)), "2 min");
        assert_eq!(time(Seconds(86_400 + 3_600 + 60)), "1 d 1 h");
        assert_eq!(time(FOR_EVER), "no bound");
    }
}
