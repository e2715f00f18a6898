//! `vault`: what holds keys and is no host.

use thrice_model::{Vault, VaultId};

use crate::clauses::Construct;
use crate::context::Context;
use crate::declare::Item;
use crate::draft::Draft;

/// `vault`
pub const FORM: Construct = Construct {
    keyword: "vault",
    inside: &[],
    form: "vault NAME at PROVIDER/SITE | on HOST [since PHASE] [until PHASE]",
    text: "What holds keys: off line at a site (an envelope, a safe), or a program on a host. It \
           is lost with its site or host.",
    example: "vault envelope at home/rack\nvault passwords on seko",
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
        lifetime,
    };
    draft.vaults.set(VaultId(item.index), vault);
}
