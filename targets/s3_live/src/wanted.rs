//! What a plan wants of each bucket.

use thrice_model::{
    Credential, HostId, Lock, ProviderCapability, Right, Store, StoreId, StoreKind, Versioning,
};
use thrice_target::room::{self, Limit};
use thrice_target::{Diagnostic, Plan};
use thrice_target_s3_lifecycle::{Rule, configurations, prefix_of_ids};

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
    pub limit: Option<Limit>,
    /// What its provider is known to do.
    pub can: Vec<ProviderCapability>,
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
    let buckets = plan.model.stores.iter().filter(|(_, store)| {
        store.kind == StoreKind::Bucket && store.lifetime.contains(plan.as_of)
    });
    Ok(buckets
        .map(|(id, store)| {
            let rules = rules.remove(&id).map_or_else(Vec::new, |found| found.rules);
            of_bucket(plan, id, store, rules)
        })
        .collect())
}

fn of_bucket(plan: &Plan, id: StoreId, store: &Store, rules: Vec<Rule>) -> Wanted {
    let model = &plan.model;
    let host = &model.hosts[store.host];
    let provider = &model.providers[model.sites[host.site].provider];
    Wanted {
        name: store.named.name.clone(),
        bucket: store.bucket.clone(),
        storage: host.named.name.clone(),
        endpoint: host.endpoint.clone(),
        region: host.region.clone(),
        profile: profile(plan, id, store.host),
        ours: prefix_of_ids(plan),
        rules,
        versioning: store.versioning,
        lock: store.lock,
        limit: room::limit(plan, id),
        can: provider
            .capabilities
            .iter()
            .filter(|(_, yes, _)| *yes)
            .map(|(what, ..)| *what)
            .collect(),
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
