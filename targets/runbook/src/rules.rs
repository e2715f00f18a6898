//! The 3-2-1 table: where copies are, counted.

use std::collections::BTreeSet;

use serde::Serialize;
use thrice_model::{ClassId, Demand};
use thrice_plan::{Period, Plan};

use crate::{classes, words};

/// One class's copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The class.
    pub class: String,
    /// Where copies are, the data itself first: store, medium, site.
    pub places: Vec<String>,
    /// Distinct stores.
    pub copies: usize,
    /// Distinct media that are stated.
    pub media: usize,
    /// Stores at another site than the data.
    pub offsite: usize,
    /// What the policy asks; empty for nothing.
    pub asked: String,
    /// Whether that is more than there is.
    pub short: bool,
}

/// A row for each class.
pub fn rows(plan: &Plan, there: &[ClassId], period: &Period) -> Vec<Row> {
    let row = |id: &ClassId| {
        let class = &plan.model.classes[*id];
        let copies = classes::copies(plan, *id, period);
        let mut stores = vec![class.home.store];
        for copy in copies {
            let store = plan.copies[copy].location.store;
            if !stores.contains(&store) {
                stores.push(store);
            }
        }
        let media: BTreeSet<_> = stores
            .iter()
            .filter_map(|store| plan.model.stores[*store].medium.as_ref())
            .collect();
        let home = words::site(plan, class.home.store);
        let name = |store: &thrice_model::StoreId| {
            let (medium, site) = (words::medium(plan, *store), words::site(plan, *store));
            format!(
                "{} ({medium}, {site})",
                plan.model.stores[*store].named.name
            )
        };
        let offsite = |store: &&thrice_model::StoreId| words::site(plan, **store) != home;
        let counted = [
            stores.len(),
            media.len(),
            stores.iter().filter(offsite).count(),
        ];
        let asked = asked(plan, *id, period);
        let less = |(is, must): (&usize, &u32)| *is < usize::try_from(*must).unwrap_or(usize::MAX);
        Row {
            class: class.named.name.to_string(),
            places: stores.iter().map(name).collect(),
            copies: counted[0],
            media: counted[1],
            offsite: counted[2],
            short: asked
                .iter()
                .any(|asked| counted.iter().zip(asked).any(less)),
            asked: asked
                .iter()
                .map(|[copies, media, offsite]| {
                    format!("{copies} copies, {media} media, {offsite} off site")
                })
                .collect::<Vec<_>>()
                .join("; "),
        }
    };
    there.iter().map(row).collect()
}

/// Copies, media and copies off site that each requirement asks for.
fn asked(plan: &Plan, class: ClassId, period: &Period) -> Vec<[u32; 3]> {
    let requirements = plan
        .model
        .requirements
        .iter()
        .filter(|r| r.lifetime.contains(period.from) && r.selection.classes.contains(&class));
    requirements
        .filter_map(|requirement| match &requirement.demand {
            Demand::Copies {
                copies,
                media,
                offsite,
                ..
            } => Some([*copies, *media, *offsite]),
            _ => None,
        })
        .collect()
}
