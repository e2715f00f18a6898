//! `class`: a kind of data.

use thrice_diagnostics::{Diagnostic, Span, nearest, one_of};
use thrice_grammar::TokenKind;
use thrice_model::{Class, ClassId, ClassKind, Field, Label, Location, NeededWith};
use thrice_quantity::{
    BytesPerDay, CalendarSpan, Dimension, Interval, RatioPerMonth, Seconds, Value,
};

use crate::clauses::{self, Clause, Construct, Entry};
use crate::codes::{CYCLE, REPEATED, REVERSED, UNKNOWN_NAME};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::declare::Item;
use crate::draft::Draft;

/// `class`
pub const FORM: Construct = Construct {
    keyword: "class",
    inside: &[],
    form: "class NAME is state|files|items on STORE:/PATH [since PHASE] [until PHASE]",
    text: "A kind of data and the place where it lives. State is kept as versions of the whole (a \
           database), files are a tree that people change and delete, items are written once. \
           Sizes and rates are intervals: what is not known exactly is written wide.",
    example: "class databases is state on vpai.local:/var/lib/postgresql since t0 {\n    \
              parts n8n, openclaw, litellm\n    size 150..600 MB\n    growth 1..3 %/month\n    \
              rpo 26h\n    rto 4h\n    retain at least 120 days, at most 14 months\n}",
    clauses: &[
        Clause::once("service", "SERVICE", "the service that the data belongs to"),
        Clause::once("parts", "NAME, …", "databases, collections or volumes it consists of"),
        Clause::once(
            "undeclared",
            "fail|warn",
            "what a capture does about parts that are there and not listed; it fails unless said",
        ),
        Clause::once("size", "SIZE", "all of it at the policy's start; unsaid, capacity is unchecked"),
        Clause::once(
            "growth",
            "SHARE/month | SIZE/year",
            "how fast it grows; 0..5 %/month where it is not said",
        ),
        Clause::once("churn", "SIZE/day", "what a deduplicating backup stores anew each day"),
        Clause::once("fields", "{ FIELD LABEL … }", "which fields carry what; see `fields`"),
        Clause::many("needs", "CLASS [within DURATION]", "what it can only be restored with"),
        Clause::many("browsed by", "SERVICE, …", "whose users must see it as plain files"),
        Clause::once("rpo", "DURATION", "how much may be lost, in time"),
        Clause::once("rto", "DURATION", "how long a restore may take"),
        Clause::once(
            "retain",
            "at least SPAN, at most SPAN",
            "how long each version or item stays restorable, and when all of it must be gone",
        ),
        Clause::once("noticed within", "SPAN", "how long a logical fault may stay unseen"),
    ],
};

/// The block of `fields`; each of its statements is a field and its label.
pub const FIELDS: Construct = Construct {
    keyword: "fields",
    inside: &["class"],
    form: "fields { FIELD public|internal|personal|credential … }",
    text: "The labels of fields, each `PART.TABLE.COLUMN`, a part, or `rest` for all others. What \
           has no label is cleared nowhere but at home.",
    example: "fields { n8n.credentials_entity.data credential; rest personal }",
    clauses: &[],
};

const KINDS: [(&str, ClassKind); 3] =
    [("state", ClassKind::State), ("files", ClassKind::Files), ("items", ClassKind::Items)];

/// The labels that can be written.
pub const LABELS: [(&str, Label); 4] = [
    ("public", Label::Public),
    ("internal", Label::Internal),
    ("personal", Label::Personal),
    ("credential", Label::Credential),
];

/// Growth where nothing is said: 0 to 5 % a month.
const DEFAULT_GROWTH: (u64, u64) = (0, 50_000);

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let head = if item.name.is_empty() { None } else { read_head(&mut cursor, draft) };
    let (kind, home) = head.clone().unzip();
    let near = home.as_ref().map_or("", |home| host_of(draft, home));
    let mut body = Body { growth: default_growth(), ..Body::default() };
    for mut entry in clauses::read(cx, &FORM, cursor.block(), item.span) {
        let _read = body.clause(cx, &mut entry, near, item);
        entry.cursor.end();
    }
    body.check(cx);
    let written = if head.is_some() { cursor.lifetime(draft) } else { Default::default() };
    if head.is_some() {
        cursor.end();
    }
    let (Some(kind), Some(home)) = (kind, home) else { return };
    let Some(store) = draft.stores.get(home.store) else { return };
    let lifetime = written.on(&[store.lifetime], draft.start);
    draft.classes.set(ClassId(item.index), body.class(item.named(cx), kind, home, lifetime));
}

fn read_head(cursor: &mut Cursor<'_>, draft: &Draft) -> Option<(ClassKind, Location)> {
    let form = "class NAME is state on STORE:/PATH";
    cursor.expect("is", form)?;
    let kind = cursor.choice("a kind of class", &KINDS)?.0;
    cursor.expect("on", form)?;
    let home = cursor.location().map(|(home, _)| home);
    if home.is_none() {
        // The place is wrong but the statement can be read on; its mistakes count too.
        let _ = cursor.lifetime(draft);
        cursor.end();
    }
    Some((kind, home?))
}

fn host_of<'d>(draft: &'d Draft, home: &Location) -> &'d str {
    let store = draft.stores.get(home.store);
    store.and_then(|store| draft.hosts.get(store.host)).map_or("", |host| &host.named.name)
}

fn default_growth() -> Interval<RatioPerMonth> {
    let (low, high) = DEFAULT_GROWTH;
    let low = RatioPerMonth::new(low);
    Interval::new(low, RatioPerMonth::new(high)).unwrap_or_else(|_| Interval::point(low))
}

/// What the block says.
struct Body {
    service: Option<thrice_model::ServiceId>,
    parts: Vec<(String, Span)>,
    undeclared_warn: bool,
    size: Option<(Interval<thrice_quantity::Bytes>, Span)>,
    growth: Interval<RatioPerMonth>,
    growth_volume: Option<Interval<BytesPerDay>>,
    growth_stated: Option<Span>,
    churn: Option<(Interval<BytesPerDay>, Span)>,
    fields: Vec<Field>,
    needs: Vec<NeededWith>,
    browsed_by: Vec<(thrice_model::ServiceId, Span)>,
    rpo: Option<(Seconds, Span)>,
    rto: Option<(Seconds, Span)>,
    retain_at_least: Option<(Seconds, Span)>,
    retain_at_most: Option<(Seconds, Span)>,
    noticed_within: Option<(Seconds, Span)>,
}
