//! `retention`: a name for keep rules that several steps share.

use crate::clauses::Construct;
use crate::context::Context;
use crate::draft::Draft;
use crate::item::Item;

/// `retention`
pub const FORM: Construct = Construct {
    keyword: "retention",
    inside: &[],
    form: "retention NAME = keep RULE, …",
    text: "Names keep rules, which mean what they mean to restic: `7 daily`, `3 last`, `24 \
           hourly`, `unlimited yearly`, `within 30d`, `within 7d daily`.",
    example: "retention gfs = keep 7 daily, 4 weekly, 6 monthly, 2 yearly",
    clauses: &[],
};

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    if cursor.expect("=", FORM.example).is_some()
        && let Some((rules, _)) = cursor.keep_rules()
    {
        draft.retentions.set(item.index, rules);
    }
    cursor.end();
}
