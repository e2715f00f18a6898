//! `class`: a kind of data.

mod fields;

use ecow::EcoString;
use jiff::civil::Date;
use thin_vec::ThinVec;
use thrice_diagnostics::Diagnostic;
use thrice_model::{Class, ClassId, ClassKind, Lifetime, Location, Named, NeededWith, StoreId};
use thrice_quantity::{
    Bytes, BytesPerDay, CalendarSpan, Dimension, Interval, RatioPerMonth, Seconds, Value,
};

use crate::clauses::{self, Clause, Construct, Entry};
use crate::codes::{NEEDS_ITSELF, REPEATED, REVERSED};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::forms::step::lifetimes::{self, Base};
use crate::forms::words::not_less;
use crate::item::Item;

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
              rpo 26h, guaranteed 11 days\n    rto 4h\n    retain at least 120 days, at most 14 months\n}",
    clauses: &[
        Clause::once("service", "SERVICE", "the service that the data belongs to"),
        Clause::once(
            "parts",
            "NAME, …",
            "databases, collections or volumes it consists of",
        ),
        Clause::once(
            "undeclared",
            "fail|warn",
            "what a capture does about parts that are there and not listed; it fails unless said",
        ),
        Clause::once(
            "size",
            "SIZE",
            "all of it when the class begins; unsaid, capacity is unchecked",
        ),
        Clause::once(
            "growth",
            "SHARE/month | SIZE/year",
            "how fast it grows; 0..5 %/month where it is not said",
        ),
        Clause::once(
            "churn",
            "SIZE/day",
            "what a deduplicating backup stores anew each day",
        ),
        Clause::once(
            "fields",
            "{ FIELD LABEL … }",
            "labels: FIELD is `PART.TABLE.COLUMN`, a part, or `rest`; LABEL public, internal, personal or credential",
        ),
        Clause::many(
            "needs",
            "CLASS [within DURATION]",
            "what it can only be restored with",
        ),
        Clause::many(
            "browsed by",
            "SERVICE, …",
            "whose users must see it as plain files",
        ),
        Clause::once(
            "rpo",
            "DURATION[, guaranteed DURATION]",
            "how much may be lost, in time; and how much while runs fail until somebody has acted",
        ),
        Clause::once("rto", "DURATION", "how long a restore may take"),
        Clause::once(
            "restore setup",
            "DURATION",
            "from the fault to the first byte of a restore; the response time where it is not said",
        ),
        Clause::once(
            "restore finish",
            "DURATION",
            "from the last byte to being in use again; 1 h for state where it is not said",
        ),
        Clause::once(
            "retain",
            "at least SPAN, at most SPAN",
            "how long each item stays restorable, also when its class has ended, and how far back versions do, however rules thin them in between (`require history` says how near to each other they lie); and when all of it must be gone",
        ),
        Clause::once(
            "noticed within",
            "SPAN",
            "how long a logical fault may stay unseen, before the response time begins",
        ),
    ],
};

const KINDS: [(&str, ClassKind); 3] = [
    ("state", ClassKind::State),
    ("files", ClassKind::Files),
    ("items", ClassKind::Items),
];

/// Growth where nothing is said: 0 to 5 % a month, in millionths.
const DEFAULT_GROWTH: u64 = 50_000;

/// Reads all: none of them rests on another.
pub fn read_all<'a>(cx: &'a Context<'a>, draft: &mut Draft, items: &[Item<'a>]) {
    // Each has its place in the table of classes, in their order.
    draft.classes = cx.each(items, |item| read(cx, draft, item)).into();
}

fn read<'a>(cx: &'a Context<'a>, draft: &Draft, item: &Item<'a>) -> Option<Class> {
    let mut cursor = item.cursor(cx);
    let block = cursor.block();
    let mut class = empty(item.named(cx));
    let known = !(item.name.is_empty() && cursor.is_at_end())
        && read_head(&mut cursor, draft, &mut class).is_some();
    let near = host_of(draft, &class.home);
    for mut entry in clauses::read(cx, &FORM, block, item.span) {
        let _read = read_clause(&mut class, cx, &mut entry, near);
        entry.cursor.end();
    }
    check(cx, &class);
    check_needs(cx, &class, ClassId::new(item.index));
    known.then_some(class)
}

/// A class that says nothing yet.
fn empty(named: Named) -> Class {
    let start = Date::ZERO;
    let none = RatioPerMonth::new(0);
    let growth = Interval::new(none, RatioPerMonth::new(DEFAULT_GROWTH));
    Class {
        named,
        kind: ClassKind::State,
        home: Location {
            store: StoreId::new(u32::MAX),
            path: EcoString::new(),
        },
        lifetime: Lifetime {
            from: start,
            until: None,
            since: None,
        },
        service: None,
        parts: ThinVec::new(),
        undeclared_fail: true,
        size: None,
        growth: growth.unwrap_or_else(|_| Interval::point(none)),
        growth_volume: None,
        growth_stated: None,
        churn: None,
        fields: ThinVec::new(),
        needs: ThinVec::new(),
        browsed_by: ThinVec::new(),
        asked: None,
    }
}

fn read_head(cursor: &mut Cursor<'_>, draft: &Draft, class: &mut Class) -> Option<()> {
    let form = "class NAME is state on STORE:/PATH";
    let kind = cursor
        .expect("is", form)
        .and_then(|_| cursor.choice("a kind of class", &KINDS));
    let home = cursor.expect("on", form).and_then(|_| cursor.location());
    let written = cursor.lifetime(draft);
    cursor.end();
    class.kind = kind?.0;
    class.home = home?.0;
    let store = draft.stores.get(class.home.store)?;
    class.lifetime = written.on(&[store.lifetime], draft.start);
    let base = Base::new(&store.named, store.lifetime);
    lifetimes::check(cursor.cx, &class.named, class.lifetime, written, &[base]);
    Some(())
}

fn host_of<'d>(draft: &'d Draft, home: &Location) -> &'d str {
    let store = draft.stores.get(home.store);
    store
        .and_then(|store| draft.hosts.get(store.host))
        .map_or("", |host| &host.named.name)
}

fn read_clause<'a>(
    class: &mut Class,
    cx: &'a Context<'a>,
    entry: &mut Entry<'a>,
    near: &str,
) -> Option<()> {
    let cursor = &mut entry.cursor;
    match entry.word {
        "service" => class.service = Some(cursor.service(&[near])?.0),
        "parts" => class.parts = fields::read_parts(cursor),
        "undeclared" => {
            let words = [("fail", true), ("warn", false)];
            class.undeclared_fail = cursor.choice("`fail` or `warn`", &words)?.0;
        }
        "size" => class.size = Some(cursor.interval::<Bytes>()?),
        "growth" => read_growth(class, cursor)?,
        "churn" => class.churn = Some(cursor.interval::<BytesPerDay>()?),
        "fields" => class.fields = fields::read(cx, cursor)?,
        "needs" => class.needs.push(read_need(cursor)?),
        "browsed by" => {
            let services = cursor.list(|cursor| cursor.service(&[near]));
            class.browsed_by.extend(services);
        }
        "rpo" => read_rpo(class, cursor)?,
        "rto" => class.asked_mut().rto = Some(cursor.quantity::<Seconds>()?),
        "restore setup" => class.asked_mut().restore_setup = Some(cursor.interval::<Seconds>()?),
        "restore finish" => class.asked_mut().restore_finish = Some(cursor.interval::<Seconds>()?),
        "retain" => read_retain(class, cursor)?,
        _ => {
            let (span, place) = cursor.quantity::<CalendarSpan>()?;
            class.asked_mut().noticed_within = Some((span.to_seconds_max(), place));
        }
    }
    Some(())
}

fn read_rpo(class: &mut Class, cursor: &mut Cursor<'_>) -> Option<()> {
    let rpo = cursor.quantity::<Seconds>()?;
    class.asked_mut().rpo = Some(rpo);
    if cursor.take_comma() {
        cursor.expect("guaranteed", "rpo 26h, guaranteed 6 days")?;
        let (guaranteed, span) = cursor.quantity::<Seconds>()?;
        class.asked_mut().rpo_guaranteed = Some((not_less(cursor, rpo.0, guaranteed, span)?, span));
    }
    Some(())
}

fn read_growth(class: &mut Class, cursor: &mut Cursor<'_>) -> Option<()> {
    let wanted = [Dimension::RelativeGrowth, Dimension::VolumePerTime];
    let (low, high, span) = cursor.ends(&wanted)?;
    match (low, high) {
        (Value::VolumePerTime(low), Value::VolumePerTime(high)) => {
            class.growth_volume = Some(cursor.in_order(low, high, span)?.0);
            class.growth = Interval::point(RatioPerMonth::new(0));
        }
        (Value::RelativeGrowth(low), Value::RelativeGrowth(high)) => {
            class.growth = cursor.in_order(low, high, span)?.0;
        }
        // `ends` yields two values of one of the wanted dimensions.
        _ => return None,
    }
    class.growth_stated = Some(span);
    Some(())
}

fn read_need(cursor: &mut Cursor<'_>) -> Option<NeededWith> {
    let start = cursor.here();
    let class = cursor.class();
    let within = match cursor.take_words("within") {
        true => Some(cursor.quantity::<Seconds>()?.0),
        false => None,
    };
    Some(NeededWith {
        class: class?.0,
        within,
        span: cursor.since(start),
    })
}

/// A month is as long as it can be where data must stay, and as short as it can be where it must go.
fn read_retain(class: &mut Class, cursor: &mut Cursor<'_>) -> Option<()> {
    let form = "for example `retain at least 120 days, at most 14 months`";
    loop {
        let least = cursor.starts_with("at least");
        let most = cursor.starts_with("at most");
        if (least && class.asked().retain_at_least.is_some())
            || (most && class.asked().retain_at_most.is_some())
        {
            let help = "keep the one that holds";
            let span = cursor.here();
            return cursor.error(
                REPEATED,
                span,
                "`retain` says a bound twice",
                "said again",
                help,
            );
        }
        if cursor.take_words("at least") {
            let (span, place) = cursor.quantity::<CalendarSpan>()?;
            class.asked_mut().retain_at_least = Some((span.to_seconds_max(), place));
        } else if cursor.take_words("at most") {
            let (span, place) = cursor.quantity::<CalendarSpan>()?;
            class.asked_mut().retain_at_most = Some((span.to_seconds_min(), place));
        } else {
            return cursor.wrong("`at least` or `at most`", form);
        }
        if !cursor.take_comma() {
            return Some(());
        }
    }
}

/// What only shows when all clauses are read.
fn check(cx: &Context<'_>, class: &Class) {
    if let (Some((least, first)), Some((most, second))) =
        (class.asked().retain_at_least, class.asked().retain_at_most)
        && most < least
    {
        let message = "data must be gone before it may go";
        let found = Diagnostic::error(REVERSED, message)
            .at(second, "gone by then")
            .at(first, "kept until then")
            .help("`at most` is at least as long as `at least`; months count as 28 to 31 days");
        cx.report(found);
    }
    fields::check(cx, class);
}

/// Two classes may well need each other, as a database and its files do: they are restored together.
fn check_needs(cx: &Context<'_>, class: &Class, id: ClassId) {
    for need in class.needs.iter().filter(|need| need.class == id) {
        let message = format!("`{}` needs itself to be restored", class.named.name);
        let found = Diagnostic::error(NEEDS_ITSELF, message)
            .at(need.span, "this is the class itself")
            .help("name what else a restore of it needs, such as its key or configuration; or take `needs` away");
        cx.report(found);
    }
}
