//! `key`: what encrypted copies need to be read.

use thrice_diagnostics::Span;
use thrice_model::{Holder, HostId, Key, KeyId, VaultId};

use crate::clauses::{self, Clause, Construct};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::item::Item;
use crate::names::Kind;

/// `key`
pub const FORM: Construct = Construct {
    keyword: "key",
    inside: &[],
    form: "key NAME",
    text: "What is needed to read encrypted copies; never the secret itself. A copy is of use only \
           as long as one holder of its key is left.",
    example: "key restic_key { held on seko, envelope; file \"/etc/thrice/keys/vpai_restic\" }",
    clauses: &[
        Clause::many(
            "held on",
            "HOST|VAULT, …",
            "where it is; unsaid, only on the hosts whose steps use it",
        ),
        Clause::once(
            "file",
            "\"/PATH\"",
            "where it lies on the hosts that hold it or run steps that use it: who reads it there has it",
        ),
    ],
};

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let mut key = Key {
        named: item.named(cx),
        held: Vec::new(),
        file: None,
    };
    for mut entry in clauses::read(cx, &FORM, cursor.block(), item.span) {
        if entry.word == "file" {
            key.file = entry
                .cursor
                .path("the path of a file")
                .map(|(path, _)| path.into());
        } else {
            key.held.extend(holders(&mut entry.cursor));
        }
        entry.cursor.end();
    }
    cursor.end();
    draft.keys.set(KeyId::new(item.index), key);
}

/// A list of hosts and vaults.
pub fn holders(cursor: &mut Cursor<'_>) -> Vec<(Holder, Span)> {
    cursor.list(|cursor| {
        let (kind, index, span) = cursor.reference_any(&[Kind::Host, Kind::Vault])?;
        let holder = if kind == Kind::Host {
            Holder::Host(HostId::new(index))
        } else {
            Holder::Vault(VaultId::new(index))
        };
        Some((holder, span))
    })
}
