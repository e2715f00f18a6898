//! How much room a store has, and how much of it is promised to stay free.

use thrice_diagnostics::Span;
use thrice_model::{Demand, Lifetime, Model, StoreId};
use thrice_quantity::{Bytes, Ratio};

/// The room on a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// All of it.
    pub whole: Bytes,
    /// What may be used, so that the promised headroom stays free.
    pub usable: Bytes,
    /// The part that is to stay free.
    pub headroom: Ratio,
    /// Whether it is the volume that is included in a price, which all buckets of an account share.
    pub shared: bool,
    /// Where all that is said, and what it says.
    pub spans: Vec<(Span, String)>,
}

/// A store's room while demands hold: its capacity or quota, the lesser of the two. `None` where nothing is
/// said about it.
#[must_use]
pub fn room(model: &Model, store: StoreId, holds: impl Fn(Lifetime) -> bool) -> Option<Room> {
    let data = model.stores.get(store)?;
    let host = model.hosts.get(data.host)?;
    let mut spans = Vec::new();
    let mut whole: Option<Bytes> = None;
    for (size, span) in [data.capacity, data.quota].into_iter().flatten() {
        spans.push((span, format!("has room for {size}")));
        whole = Some(whole.map_or(size, |w| w.min(size)));
    }
    let mut headroom = Ratio(0);
    for requirement in &model.requirements {
        let Demand::Headroom { part, stores } = &requirement.demand else {
            continue;
        };
        if stores.contains(&store) && holds(requirement.lifetime) && *part > headroom {
            headroom = *part;
            spans.push((requirement.span, format!("{part} must stay free")));
        }
    }
    // A volume that is included in a price is no limit, but headroom asked for on such a store can
    // only be meant of it.
    let included = host
        .included
        .filter(|_| whole.is_none() && headroom > Ratio(0));
    if let Some((included, span)) = included {
        spans.push((span, format!("includes {included}")));
        whole = Some(included);
    }
    let whole = whole?;
    Some(Room {
        usable: headroom.complement().of(whole),
        whole,
        headroom,
        shared: included.is_some(),
        spans,
    })
}
