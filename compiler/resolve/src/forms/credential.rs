//! `credential`: what a machine authenticates with, and what that opens.

use std::collections::BTreeSet;

use thrice_diagnostics::Diagnostic;
use thrice_model::{Credential, CredentialId, HostId, HostKind, Right, Rights, StoreId};

use crate::clauses::{self, Clause, Construct, Entry};
use crate::codes::WRONG_KIND;
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::forms::key::holders;
use crate::item::Item;
use crate::names::Kind;

/// `credential`
pub const FORM: Construct = Construct {
    keyword: "credential",
    inside: &[],
    form: "credential NAME",
    text: "What a machine authenticates with: a failure domain, for it may fall into hostile hands. \
           Without `may` it may do everything on every store of its account.",
    example: "credential s3_writer {\n    account s3\n    may read, write, delete on s3.*\n    held on \
              seko, vpai\n    profile \"hetzner\"\n}",
    clauses: &[
        Clause::once("account", "STORAGE", "the object storage it belongs to"),
        Clause::many(
            "may",
            "RIGHT, … on STORE, … [of /PATH]",
            "read, write, delete or administer; `STORAGE.*` is all stores of one",
        ),
        Clause::many("held on", "HOST|VAULT, …", "where it lies"),
        Clause::once(
            "profile",
            "\"NAME\"",
            "its profile or remote, where tools find the secret",
        ),
        Clause::once(
            "file",
            "\"/PATH\"",
            "its environment file on the hosts that hold it or run steps that use it: who reads it there has it",
        ),
    ],
};

const RIGHTS: [(&str, Right); 4] = [
    ("read", Right::Read),
    ("write", Right::Write),
    ("delete", Right::Delete),
    ("administer", Right::Administer),
];

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let mut credential = Credential {
        named: item.named(cx),
        rights: Vec::new(),
        stated: false,
        held: Vec::new(),
        account: None,
        profile: None,
        file: None,
    };
    for mut entry in clauses::read(cx, &FORM, cursor.block(), item.span) {
        read_clause(draft, &mut entry, &mut credential);
        entry.cursor.end();
    }
    cursor.end();
    credential.account = credential.account.or_else(|| account(draft, &credential));
    draft
        .credentials
        .set(CredentialId::new(item.index), credential);
}

/// The one object storage that all stores belong to which its rights name: what its provider gives to each key of
/// an account holds for it, whether the account is written or not.
fn account(draft: &Draft, credential: &Credential) -> Option<HostId> {
    let stores = credential.rights.iter().flat_map(|rights| &rights.stores);
    let hosts = stores.filter_map(|store| draft.stores.get(*store).map(|store| store.host));
    let hosts: BTreeSet<HostId> = hosts.collect();
    let only = hosts.first().copied().filter(|_| hosts.len() == 1)?;
    let kind = draft.hosts.get(only)?.kind;
    (kind == HostKind::ObjectStorage).then_some(only)
}

fn read_clause(draft: &Draft, entry: &mut Entry<'_>, credential: &mut Credential) -> Option<()> {
    let cursor = &mut entry.cursor;
    match entry.word {
        "account" => credential.account = Some(read_account(cursor, draft)?),
        "may" => {
            credential.stated = true;
            credential.rights.push(read_rights(cursor, draft)?);
        }
        "held on" => credential.held.extend(holders(cursor)),
        "profile" => credential.profile = Some(cursor.text("the name of a profile")?.0),
        _ => credential.file = Some(cursor.path("the path of a file")?.0.into()),
    }
    Some(())
}

fn read_account(cursor: &mut Cursor<'_>, draft: &Draft) -> Option<HostId> {
    let (id, span) = cursor.host()?;
    let host = draft.hosts.get(id)?;
    if host.kind == HostKind::ObjectStorage {
        return Some(id);
    }
    let name = &host.named.name;
    let found = Diagnostic::error(WRONG_KIND, format!("`{name}` is no object storage"))
        .at(span, "an account belongs to an object storage")
        .at(host.named.span, format!("`{name}` is declared here"))
        .help("name a declared `object_storage`, or leave the account out");
    cursor.complain(found);
    None
}

fn read_rights(cursor: &mut Cursor<'_>, draft: &Draft) -> Option<Rights> {
    let rights = cursor.list(|cursor| cursor.choice("a right", &RIGHTS));
    cursor.expect("on", "may read, write on s3.backups")?;
    let stores = cursor.list(|cursor| stores(cursor, draft));
    let path = if cursor.take_words("of") {
        cursor.path("a path")?.0
    } else {
        "/".into()
    };
    let rights = rights.into_iter().map(|(right, _)| right).collect();
    Some(Rights {
        rights,
        stores: stores.concat(),
        path,
        span: cursor.head(),
    })
}

/// One store, or with `host.*` all stores of a host. Those do not count as used by this.
fn stores(cursor: &mut Cursor<'_>, draft: &Draft) -> Option<Vec<StoreId>> {
    let Some(name) = cursor.peek_text().strip_suffix(".*") else {
        return cursor.store().map(|(store, _)| vec![store]);
    };
    let span = cursor.advance()?.span;
    match cursor.cx.names.look_up(name, Kind::Host, span) {
        Ok(index) => {
            let own = draft
                .stores
                .iter()
                .filter(|(_, store)| store.host == HostId::new(index));
            Some(own.map(|(at, _)| StoreId::from(at)).collect())
        }
        Err(found) => {
            cursor.complain(*found);
            None
        }
    }
}
