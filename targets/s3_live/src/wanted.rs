//! What a plan wants of each bucket.

use std::collections::BTreeMap;

use thrice_diagnostics::Span;
use thrice_model::{
    Credential, HostId, Lock, ProviderCapability, Right, Store, StoreId, StoreKind, Verb,
    Versioning,
};
use thrice_plan::{Room, room};
use thrice_target::{Diagnostic, Plan};
use thrice_target_s3_lifecycle::{Rule, configurations, id_of, prefix_of_ids};

/// What a plan wants of a bucket on its day.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The store's name in the policy: `s3.backups`.
    pub name: String,
    /// The bucket's own name.
    pub bucket: String,
    /// The object storage that it is in, by the name in the policy.
    pub storage: String,
    /// Host name of the storage, and a port if it is not 443.
    pub endpoint: Option<String>,
    /// Region, if the policy says it.
    pub region: Option<String>,
    /// The profile with keys that may administer it.
    pub profile: Option<String>,
    /// What the IDs of all rules of this policy begin with.
    pub ours: String,
    /// Its rules, by ID.
    pub rules: Vec<Rule>,
    /// Versioning.
    pub versioning: Versioning,
    /// Object lock.
    pub lock: Option<Lock>,
    /// Room, if the policy says it.
    pub room: Option<Room>,
    /// The buckets whose use counts in that room, by their own names: it alone, or all of its account.
    pub sharing: Vec<String>,
    /// What its provider is known to do.
    pub can: Vec<ProviderCapability>,
    /// Where the policy declares it.
    pub span: Span,
    /// Where the policy says what becomes each rule, by ID.
    pub said: BTreeMap<String, Span>,
}

impl Wanted {
    /// Whether its provider is known to do something: what is not known counts as no.
    #[must_use]
    pub fn can(&self, what: ProviderCapability) -> bool {
        self.can.contains(&what)
    }
}

/// What the plan wants of all buckets that exist on its day, in the order of the policy.
///
/// # Errors
/// Steps that cannot be lifecycle rules: see [`configurations`].
pub fn wanted(plan: &Plan) -> Result<Vec<Wanted>, Vec<Diagnostic>> {
    let mut rules = configurations(plan)?;
    let steps = plan.model.steps.iter();
    let said: BTreeMap<String, Span> = steps
        .filter(|(_, step)| matches!(step.verb, Verb::Expire { .. }))
        .map(|(id, step)| (id_of(plan, id), step.named.span))
        .collect();
    let buckets = plan.model.stores.iter().filter(|(_, store)| {
        store.kind == StoreKind::Bucket && store.lifetime.contains(plan.as_of)
    });
    Ok(buckets
        .map(|(id, store)| {
            let rules = rules.remove(&id).map_or_else(Vec::new, |found| found.rules);
            of_bucket(plan, id, store, rules, &said)
        })
        .collect())
}

fn of_bucket(
    plan: &Plan,
    id: StoreId,
    store: &Store,
    rules: Vec<Rule>,
    said: &BTreeMap<String, Span>,
) -> Wanted {
    let model = &plan.model;
    let host = &model.hosts[store.host];
    let room = room(model, id, |lifetime| lifetime.contains(plan.as_of));
    let counts = |(other, it): &(StoreId, &Store)| {
        let shares = room.as_ref().is_some_and(|room| room.shared) && it.host == store.host;
        *other == id || (shares && it.kind == StoreKind::Bucket && it.lifetime.contains(plan.as_of))
    };
    let sharing = model.stores.iter().filter(counts);
    let provider = &model.providers[model.sites[host.site].provider];
    Wanted {
        name: store.named.name.to_string(),
        bucket: store.bucket.clone(),
        storage: host.named.name.to_string(),
        endpoint: host.endpoint.clone(),
        region: host.region.clone(),
        profile: profile(plan, id, store.host),
        ours: prefix_of_ids(plan),
        rules,
        versioning: match store.keeps_versions() {
            true => Versioning::On,
            false => store.versioning,
        },
        lock: store.lock,
        sharing: sharing.map(|(_, it)| it.bucket.clone()).collect(),
        room,
        can: provider
            .capabilities
            .iter()
            .filter(|(_, yes, _)| *yes)
            .map(|(what, ..)| *what)
            .collect(),
        span: store.named.span,
        said: said.clone(),
    }
}

/// The profile of the first credential that may administer the bucket.
fn profile(plan: &Plan, bucket: StoreId, storage: HostId) -> Option<String> {
    let administers = |credential: &Credential| {
        if !credential.stated {
            return credential.account == Some(storage);
        }
        credential
            .rights
            .iter()
            .any(|some| some.rights.contains(&Right::Administer) && some.stores.contains(&bucket))
    };
    plan.model
        .credentials
        .iter()
        .filter(|(_, credential)| administers(credential))
        .find_map(|(_, credential)| credential.profile.clone())
}
