//! `estimate`: figures of a document, to be checked against the plan.

use thrice_model::{ClassId, Estimate, EstimateOf, Lifetime, RepositoryId, StoreId};
use thrice_quantity::{Bytes, BytesPerDay, Money, MoneyPerMonth};

use crate::clauses::Construct;
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::forms::words::selection;
use crate::item::Item;
use crate::names::Kind;

/// `estimate`
pub const FORM: Construct = Construct {
    keyword: "estimate",
    inside: &[],
    form: "estimate size of STORE|REPOSITORY|CLASS|all SIZE\n\
           estimate churn of all SIZE/day\n\
           estimate cost MONEY/month\n\
           estimate once MONEY\n\
           estimate copy of SELECTION in STORE [not] offsite",
    text: "A figure that a document gives, each with `[since PHASE] [until PHASE]` at its end. It is \
           compared with what follows from the policy: proofs never rest on it.",
    example: "estimate size of s3.shared 20..80 GB since nas\n\
              estimate size of all 200..800 MB\n\
              estimate churn of all 20..90 MB/day\n\
              estimate cost 39..45 EUR/month since nas\n\
              estimate once 300 EUR since nas\n\
              estimate copy of databases in truenas.tank not offsite",
    clauses: &[],
};

/// What is estimated, by the first word.
#[derive(Clone, Copy)]
enum Sort {
    Size,
    Churn,
    Cost,
    Once,
    Copy,
}

const SORTS: [(&str, Sort); 5] = [
    ("size", Sort::Size),
    ("churn", Sort::Churn),
    ("cost", Sort::Cost),
    ("once", Sort::Once),
    ("copy", Sort::Copy),
];

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let of = figure(&mut cursor, draft);
    let written = cursor.lifetime(draft);
    cursor.end();
    let Some((of, base)) = of else { return };
    let lifetime = written.on(base.as_slice(), draft.start);
    draft.estimates.push(Estimate {
        of,
        lifetime,
        span: item.statement.head(),
    });
}

/// The figure, and when the thing exists that it is about.
fn figure(cursor: &mut Cursor<'_>, draft: &Draft) -> Option<(EstimateOf, Option<Lifetime>)> {
    Some(match cursor.choice("a figure", &SORTS)?.0 {
        Sort::Size => return size(cursor, draft),
        Sort::Churn => {
            let form = "estimate churn of all 20..90 MB/day";
            cursor.expect("of", form)?;
            cursor.expect("all", form)?;
            (EstimateOf::Churn(cursor.interval::<BytesPerDay>()?.0), None)
        }
        Sort::Cost => {
            let (cost, _) = cursor.interval::<MoneyPerMonth>()?;
            (
                EstimateOf::Cost(cost.map(|MoneyPerMonth(money)| money)),
                None,
            )
        }
        Sort::Once => (EstimateOf::Once(cursor.interval::<Money>()?.0), None),
        Sort::Copy => return copy(cursor, draft),
    })
}

fn size(cursor: &mut Cursor<'_>, draft: &Draft) -> Option<(EstimateOf, Option<Lifetime>)> {
    cursor.expect("of", "estimate size of s3.shared 20..80 GB")?;
    if cursor.take_words("all") {
        return Some((EstimateOf::TotalSize(cursor.interval::<Bytes>()?.0), None));
    }
    let thing = cursor.reference_any(&[Kind::Store, Kind::Repository, Kind::Class]);
    let (size, _) = cursor.interval::<Bytes>()?;
    let (kind, index, _) = thing?;
    Some(match kind {
        Kind::Store => {
            let id = StoreId::new(index);
            (
                EstimateOf::StoreSize(id, size),
                draft.stores.get(id).map(|store| store.lifetime),
            )
        }
        Kind::Repository => {
            let id = RepositoryId::new(index);
            (
                EstimateOf::RepositorySize(id, size),
                draft.repositories.get(id).map(|r| r.lifetime),
            )
        }
        _ => {
            let id = ClassId::new(index);
            (
                EstimateOf::ClassSize(id, size),
                draft.classes.get(id).map(|class| class.lifetime),
            )
        }
    })
}

fn copy(cursor: &mut Cursor<'_>, draft: &Draft) -> Option<(EstimateOf, Option<Lifetime>)> {
    let form = "estimate copy of databases in truenas.tank not offsite";
    cursor.expect("of", form)?;
    let selection = selection(cursor, draft);
    cursor.expect("in", form)?;
    let store = cursor.store();
    let offsite = !cursor.take_words("not");
    cursor.expect("offsite", form)?;
    let (store, _) = store?;
    let lifetime = draft.stores.get(store).map(|store| store.lifetime);
    let classes = selection?.classes;
    Some((
        EstimateOf::Copy {
            classes,
            store,
            offsite,
        },
        lifetime,
    ))
}
