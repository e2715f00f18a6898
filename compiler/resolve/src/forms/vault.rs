//! `vault`: what holds keys and is no host.

use thrice_model::{ClassId, Lifetime, Vault, VaultId};

use crate::clauses::Construct;
use crate::context::Context;
use crate::draft::Draft;
use crate::item::Item;
use crate::names::Kind;

/// `vault`
pub const FORM: Construct = Construct {
    keyword: "vault",
    inside: &[],
    form: "vault NAME at PROVIDER/SITE | on HOST [of CLASS [sealed]] [since PHASE] [until PHASE]",
    text: "What holds keys: off line at a site (an envelope, a safe), or a program on a host. It \
           is lost with its site or host. Where its content is a class, it is lost with that data as \
           well, is there no longer than that class, and comes back with a copy of that class which can be read without what is in the vault. \
           Whoever reads that content, where it lies or in a copy, has what is in the vault, unless it is `sealed`: its \
           program encrypts it with what no machine holds.",
    example: "vault envelope at home/rack\nvault passwords on seko of vault_data sealed",
    clauses: &[],
};

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let (mut site, mut host) = (None, None);
    if cursor.take_words("on") {
        host = cursor.host().map(|(host, _)| host);
    } else if cursor
        .expect("at", "at PROVIDER/SITE` or `on HOST")
        .is_some()
    {
        site = cursor.site().map(|(site, _)| site);
    }
    let data = match cursor.take_words("of") {
        true => cursor
            .reference(Kind::Class)
            .map(|(class, span)| (ClassId::new(class), span)),
        false => None,
    };
    let sealed = data.is_some() && cursor.take_words("sealed");
    let written = cursor.lifetime(draft);
    cursor.end();
    let base = host
        .and_then(|host| draft.hosts.get(host))
        .map(|host| host.lifetime);
    let lifetime = written.on(base.as_slice(), draft.start);
    let vault = Vault {
        named: item.named(cx),
        site,
        host,
        data,
        sealed,
        lifetime,
    };
    draft.vaults.set(VaultId::new(item.index), vault);
}

/// Lets vaults be there no longer than the data that is their content. Called once the classes are read.
pub fn follow_content(draft: &mut Draft) {
    let changed: Vec<(VaultId, Vault)> = draft
        .vaults
        .iter()
        .filter_map(|(at, vault)| {
            let (class, _) = vault.data?;
            let content = draft.classes.get(class)?.lifetime;
            let own = vault.lifetime;
            let from = own.from.max(content.from);
            let until = own.until.into_iter().chain(content.until).min();
            let lifetime = Lifetime { from, until, ..own };
            let is_changed = (from, until) != (own.from, own.until);
            is_changed.then(|| {
                let vault = vault.clone();
                (VaultId::from(at), Vault { lifetime, ..vault })
            })
        })
        .collect();
    for (id, vault) in changed {
        draft.vaults.set(id, vault);
    }
}
