//! `site` inside `provider`: a blast radius.

use thrice_model::{ProviderId, Site, SiteId};

use crate::clauses::Construct;
use crate::context::Context;
use crate::draft::Draft;
use crate::item::Item;

/// `site`
pub const FORM: Construct = Construct {
    keyword: "site",
    inside: &["provider"],
    form: "site NAME [\"TITLE\"]",
    text: "A place that can burn down as a whole; elsewhere it is `PROVIDER/NAME`.",
    example: "site fsn1 \"Falkenstein\"",
    clauses: &[],
};

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    cursor.text_if_any();
    cursor.end();
    let site = Site {
        named: item.named(cx),
        provider: ProviderId::new(item.parent),
    };
    draft.sites.set(SiteId::new(item.index), site);
}
