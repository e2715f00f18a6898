//! `repository`: versions of data in a store, encrypted and deduplicated.

use thrice_model::{Location, Repository, RepositoryId};
use thrice_quantity::Ratio;
use thrice_retention::ResticVersion;

use crate::clauses::{self, Clause, Construct, Entry};
use crate::codes::OUT_OF_RANGE;
use crate::context::Context;
use crate::draft::Draft;
use crate::item::Item;

/// `repository`
pub const FORM: Construct = Construct {
    keyword: "repository",
    inside: &[],
    form: "repository NAME in STORE[:/PATH] [since PHASE] [until PHASE]",
    text: "A repository of restic in a store: versions of data, encrypted and deduplicated.",
    example: "repository vpai_restic in s3.backups:/ {\n    engine restic 0.18.0\n    key \
              restic_key\n    credential s3_writer\n}",
    clauses: &[
        Clause::once(
            "engine",
            "restic [VERSION]",
            "the program; 0.18.0 where it is not said",
        ),
        Clause::once("key", "KEY", "what it is encrypted with").required(),
        Clause::once(
            "credential",
            "CREDENTIAL",
            "what its steps authenticate with",
        ),
        Clause::once(
            "max unused",
            "SHARE",
            "how much stays unused after a prune; 5 % unless said",
        ),
    ],
};

const DEFAULT_RESTIC: ResticVersion = ResticVersion::new(0, 18, 0);
/// restic's own default of `--max-unused`.
const DEFAULT_UNUSED: Ratio = Ratio(50_000);

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let place = cursor
        .expect("in", FORM.form)
        .and_then(|_| cursor.location());
    let written = cursor.lifetime(draft);
    let location = place.map(|(location, _)| location);
    let store = location
        .as_ref()
        .and_then(|location| draft.stores.get(location.store));
    let base = store.map(|store| store.lifetime);
    let Location { store, path } = location.unwrap_or(Location {
        store: thrice_model::StoreId::new(u32::MAX),
        path: ecow::EcoString::new(),
    });
    let mut repository = Repository {
        named: item.named(cx),
        store,
        path,
        restic: DEFAULT_RESTIC,
        restic_stated: None,
        key: None,
        credential: None,
        lifetime: written.on(base.as_slice(), draft.start),
        max_unused: DEFAULT_UNUSED,
    };
    for mut entry in clauses::read(cx, &FORM, cursor.block(), item.span) {
        read_clause(&mut entry, &mut repository);
        entry.cursor.end();
    }
    cursor.end();
    draft
        .repositories
        .set(RepositoryId::new(item.index), repository);
}

fn read_clause(entry: &mut Entry<'_>, repository: &mut Repository) -> Option<()> {
    let cursor = &mut entry.cursor;
    match entry.word {
        "engine" => {
            cursor.choice("an engine", &[("restic", ())])?;
            if !cursor.is_at_end() {
                let (version, span) = cursor.version("restic")?;
                repository.restic = version.into();
                repository.restic_stated = Some(span);
            }
        }
        "key" => repository.key = Some(cursor.key()?),
        "credential" => repository.credential = Some(cursor.credential()?),
        _ => {
            let (share, span) = cursor.quantity::<Ratio>()?;
            if share >= Ratio::ONE {
                let message = "a repository cannot be unused as a whole";
                return cursor.error(
                    OUT_OF_RANGE,
                    span,
                    message,
                    "out of range",
                    "less than 100 %",
                );
            }
            repository.max_unused = share;
        }
    }
    Some(())
}
