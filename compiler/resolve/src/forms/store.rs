//! `store` inside `host` and `nas`, `bucket` inside `object_storage`: places for data.

use thrice_diagnostics::{Diagnostic, Span};
use thrice_grammar::TokenKind;
use thrice_model::{HostId, Lock, LockMode, Medium, Reader, Store, StoreId, StoreKind, Versioning};
use thrice_quantity::{Bytes, Interval, Seconds};

use crate::clauses::{self, Clause, Construct, Entry};
use crate::codes::{CAPACITY, OUT_OF_RANGE, WRONG_VALUE};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::forms::environment::LABELS;
use crate::item::Item;
use crate::names::Kind;
use crate::values::layouts::Layout;

const MEDIUM: Clause = Clause::once(
    "medium",
    "MEDIUM",
    "what it is made of: nvme, ssd, hdd, object, tape, optical, flash",
);
const TIER: Clause = Clause::once("tier", "TIER", "hot, warm or cold");
const CLEARANCE: Clause = Clause::once(
    "clearance",
    "LABEL",
    "the highest label that may lie here in clear; its host's where it is not said",
);
const READERS: Clause = Clause::many(
    "readers",
    "SERVICE|ENVIRONMENT|\"GROUP\" of /PATH, …",
    "who may read which part",
);

/// `store`
pub const STORE: Construct = Construct {
    keyword: "store",
    inside: &["host", "nas"],
    form: "store NAME [since PHASE] [until PHASE]",
    text: "A file system of the host. Elsewhere it is `HOST.NAME`, and a place in it \
           `HOST.NAME:/path`.",
    example: "store tank { medium hdd; layout mirror of 2 x 6 TB; tier cold; mounted at /mnt/nas }",
    clauses: &[
        MEDIUM,
        TIER,
        Clause::once("capacity", "SIZE", "what it can hold"),
        Clause::once(
            "layout",
            "LAYOUT of N x SIZE",
            "its disks: mirror, stripe, raidz1, raidz2, raidz3",
        ),
        Clause::once(
            "mounted at",
            "/PATH",
            "where paths in it begin; `/` where it is not said",
        ),
        Clause::once(
            "snapshots",
            "SCHEDULE keep N",
            "the file system's own snapshots; `on demand`: perhaps none, and none that need ever go",
        ),
        CLEARANCE,
        READERS,
    ],
};

/// `bucket`
pub const BUCKET: Construct = Construct {
    keyword: "bucket",
    inside: &["object_storage"],
    form: "bucket NAME [\"REAL-NAME\"] [since PHASE] [until PHASE]",
    text: "A bucket. Elsewhere it is `STORAGE.NAME`, and a place in it `STORAGE.NAME:/path`.",
    example: "bucket backups \"vpai-backups\" { tier warm; medium object; versioning on; quota 500 \
              GB }",
    clauses: &[
        MEDIUM,
        TIER,
        Clause::once(
            "versioning",
            "on|off|suspended",
            "whether old versions of objects stay",
        ),
        Clause::once(
            "lock",
            "compliance|governance DAYS",
            "objects cannot be deleted for so long",
        ),
        Clause::once("quota", "SIZE", "a hard limit"),
        Clause::once("encryption", "sse", "encryption at rest by the provider"),
        CLEARANCE,
        READERS,
    ],
};

const MEDIA: [(&str, &str); 7] = [
    ("nvme", "nvme"),
    ("ssd", "ssd"),
    ("hdd", "hdd"),
    ("object", "object"),
    ("tape", "tape"),
    ("optical", "optical"),
    ("flash", "flash"),
];
const TIERS: [(&str, &str); 3] = [("hot", "hot"), ("warm", "warm"), ("cold", "cold")];
const VERSIONING: [(&str, Versioning); 3] = [
    ("on", Versioning::On),
    ("off", Versioning::Off),
    ("suspended", Versioning::Suspended),
];
const LOCKS: [(&str, LockMode); 2] = [
    ("compliance", LockMode::Compliance),
    ("governance", LockMode::Governance),
];

/// Reads a store or bucket.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let is_bucket = item.construct.keyword == "bucket";
    let bucket = if is_bucket {
        bucket_name(&mut cursor, item)
    } else {
        Some(String::new())
    };
    let written = cursor.lifetime(draft);
    let host = HostId::new(item.parent);
    let base = draft.hosts.get(host).map(|host| host.lifetime);
    let mut store = Store {
        named: item.named(cx),
        host,
        kind: if is_bucket {
            StoreKind::Bucket
        } else {
            StoreKind::FileSystem
        },
        bucket: bucket.unwrap_or_default(),
        mounted_at: "/".to_owned(),
        medium: None,
        capacity: None,
        quota: None,
        tier: None,
        versioning: Versioning::Off,
        lock: None,
        snapshots: None,
        readers: Vec::new(),
        server_side_encryption: false,
        clearance: None,
        lifetime: written.on(base.as_slice(), draft.start),
    };
    let (mut layout, mut capacity) = (None, None);
    let mut versioning = None;
    for mut entry in clauses::read(cx, item.construct, cursor.block(), item.span) {
        match entry.word {
            "layout" => layout = entry.cursor.layout(),
            "capacity" => capacity = entry.cursor.interval::<Bytes>(),
            _ => {
                let read = read_clause(draft, &mut entry, &mut store);
                if read.is_some() && entry.word == "versioning" {
                    versioning = Some(entry.span());
                }
            }
        }
        entry.cursor.end();
    }
    cursor.end();
    // S3 locks versions: a bucket with a lock has them, and they cannot be suspended.
    if let (Some(lock), Some(said)) = (store.lock, versioning)
        && store.versioning != Versioning::On
    {
        cx.report(
            Diagnostic::error(
                WRONG_VALUE,
                "what a lock holds on to are versions: a bucket with one keeps them",
            )
            .at(said, "says that it keeps none, or no new ones")
            .at(lock.span, "locked here")
            .help("say `versioning on`, or take the lock away"),
        );
    }
    store.capacity = usable(cx, item, capacity, layout);
    draft.stores.set(StoreId::new(item.index), store);
}

fn read_clause(draft: &Draft, entry: &mut Entry<'_>, store: &mut Store) -> Option<()> {
    let cursor = &mut entry.cursor;
    match entry.word {
        "medium" => store.medium = Some(Medium(cursor.choice("a medium", &MEDIA)?.0.to_owned())),
        "tier" => store.tier = Some(cursor.choice("a tier", &TIERS)?.0.to_owned()),
        "mounted at" => store.mounted_at = cursor.path("a path")?.0.into(),
        "snapshots" => {
            let (schedule, span) = cursor.schedule(draft)?;
            cursor.expect("keep", "snapshots daily at 00:30 keep 30")?;
            let (keep, _) = cursor.count_within("how many are kept", 1, u32::MAX)?;
            if let Some(zone) = draft
                .hosts
                .get(store.host)
                .map(|host| host.timezone.clone())
            {
                cursor.warn_of_clock_changes(draft, &schedule, &zone, span);
            }
            store.snapshots = Some((schedule.as_ref().clone(), keep, entry.span()));
        }
        "versioning" => store.versioning = cursor.choice("a state of versioning", &VERSIONING)?.0,
        "lock" => store.lock = Some(read_lock(entry)?),
        "clearance" => store.clearance = Some(cursor.choice("a label", &LABELS)?),
        "quota" => store.quota = Some(cursor.quantity::<Bytes>()?),
        "encryption" => {
            cursor.choice("a kind of encryption", &[("sse", ())])?;
            store.server_side_encryption = true;
        }
        _ => store
            .readers
            .extend(cursor.list(|cursor| read_reader(cursor, draft))),
    }
    Some(())
}

fn read_lock(entry: &mut Entry<'_>) -> Option<Lock> {
    let cursor = &mut entry.cursor;
    let (mode, _) = cursor.choice("a mode of locking", &LOCKS)?;
    let (length, span) = cursor.quantity::<Seconds>()?;
    let days = length.whole_days();
    if days < 1 || Seconds::days(days) != length {
        let message = "a lock lasts whole days";
        return cursor.error(
            OUT_OF_RANGE,
            span,
            message,
            "not whole days",
            "for example `30d`",
        );
    }
    Some(Lock {
        mode,
        days,
        span: entry.span(),
    })
}

/// `nextcloud of /documents`; without `of`, all of the store. Groups, which are not declared, stand
/// in quotes.
fn read_reader(cursor: &mut Cursor<'_>, draft: &Draft) -> Option<Reader> {
    let start = cursor.here();
    let who = if cursor.peek_kind() == Some(TokenKind::Text) {
        Some(cursor.text("a group")?.0)
    } else if cursor.peek_reference() == Some(Kind::Environment) {
        cursor
            .environment()
            .map(|(_, span)| cursor.cx.text(span).to_owned())
    } else {
        let service = cursor.service(&[]);
        service.and_then(|(id, _)| Some(draft.services.get(id)?.named.name.to_string()))
    };
    let path = if cursor.take_words("of") {
        cursor.path("a path")?.0
    } else {
        "/".into()
    };
    Some(Reader {
        who: who?,
        path,
        span: cursor.since(start),
    })
}

/// The real name of a bucket, by the rules of S3.
fn bucket_name(cursor: &mut Cursor<'_>, item: &Item<'_>) -> Option<String> {
    let (name, span) = if cursor.peek_kind() == Some(TokenKind::Text) {
        cursor.text("the real name of a bucket")?
    } else {
        (item.short_name().to_owned(), item.span)
    };
    let sign = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let fits = (3..=63).contains(&name.len())
        && name.chars().all(sign)
        && edge(name.chars().next())
        && edge(name.chars().last());
    if fits || name.is_empty() {
        return Some(name);
    }
    let message = format!("`{name}` cannot be the name of a bucket");
    let help =
        "3 to 63 lower-case letters, digits, dots and hyphens: `bucket backups \"vpai-backups\"`";
    cursor.error(WRONG_VALUE, span, message, "not a bucket's name", help)
}

/// What is written, or else what the layout holds. A written capacity may be less than that, as
/// file systems need room for themselves; it is never more. Of an interval the least counts.
fn usable(
    cx: &Context<'_>,
    item: &Item<'_>,
    written: Option<(Interval<Bytes>, Span)>,
    layout: Option<Layout>,
) -> Option<(Bytes, Span)> {
    let Some((size, span)) = written else {
        return layout.map(|layout| (layout.usable, layout.span));
    };
    if size.low() == Bytes::ZERO {
        let found = Diagnostic::error(OUT_OF_RANGE, "a store cannot hold nothing");
        cx.report(
            found
                .at(span, "no room")
                .help("write what it can hold at least"),
        );
    }
    if let Some(layout) = layout.filter(|layout| size.high() > layout.usable) {
        let holds = layout.usable;
        let message = format!("the disks hold {holds}, not {}", size.high());
        let found = Diagnostic::error(CAPACITY, message)
            .at(span, "more than the disks hold")
            .at(layout.span, format!("this holds {holds}"))
            .help(format!(
                "write `capacity {holds}`, or leave the capacity out"
            ))
            .about(item.name.clone());
        cx.report(found);
    }
    Some((size.low(), span))
}
