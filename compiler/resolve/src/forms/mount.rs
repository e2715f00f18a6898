//! `mount`: a store shown to people in a program such as Nextcloud.

use std::collections::{BTreeMap, BTreeSet};

use thrice_model::{
    AccessPath, ClassId, Location, Mount, ServiceId, StepTarget, StoreId, StoreKind,
};
use thrice_quantity::Bytes;

use crate::clauses::{self, Clause, Construct, Entry};
use crate::context::Context;
use crate::draft::Draft;
use crate::item::Item;

/// `mount`
pub const FORM: Construct = Construct {
    keyword: "mount",
    inside: &[],
    form: "mount NAME of STORE[:/PATH] in SERVICE [since PHASE] [until PHASE]",
    text: "A part of a store that people see as a folder in a program.",
    example: "mount archives of s3.shared:/documents in nextcloud since app {\n    folder \
              \"Archives\"\n    via s3\n    credential s3_reader\n    for groups \"staff\"\n    read \
              only\n    upload limit 80 MB\n    limit \"no file versioning\"\n}",
    clauses: &[
        Clause::once(
            "folder",
            "\"NAME\"",
            "the folder people see; unsaid, the mount's name",
        ),
        Clause::once(
            "via",
            "ACCESS",
            "s3, local, webdav or sftp; unsaid, as the store is",
        ),
        Clause::once(
            "credential",
            "CREDENTIAL",
            "what the program authenticates with",
        ),
        Clause::many("for groups", "\"NAME\", …", "groups that see it"),
        Clause::once("for all users", "", "everybody sees it"),
        Clause::once("read only", "", "people cannot write there"),
        Clause::once("port", "NUMBER", "the port of the endpoint, 1 to 65535"),
        Clause::once("ssl", "", "the connection is encrypted"),
        Clause::once(
            "path style",
            "",
            "the bucket's name stands in the path of addresses, not in their host name",
        ),
        Clause::once("upload limit", "SIZE", "the greatest upload that works"),
        Clause::many("limit", "\"TEXT\"", "a known limit, in words"),
    ],
};

const ACCESS: [(&str, AccessPath); 4] = [
    ("s3", AccessPath::S3),
    ("local", AccessPath::Local),
    ("webdav", AccessPath::WebDav),
    ("sftp", AccessPath::Sftp),
];

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let place = cursor
        .expect("of", FORM.form)
        .and_then(|_| cursor.location());
    let service = cursor
        .expect("in", FORM.form)
        .and_then(|_| cursor.service(&[]));
    let written = cursor.lifetime(draft);
    let (location, _) = place.unwrap_or((nowhere(), item.span));
    let store = draft.stores.get(location.store);
    let service = service.and_then(|(id, _)| Some((id, draft.services.get(id)?.lifetime)));
    let bases: Vec<_> = store
        .map(|store| store.lifetime)
        .into_iter()
        .chain(service.map(|(_, l)| l))
        .collect();
    let is_bucket = store.is_some_and(|store| store.kind == StoreKind::Bucket);
    let mut mount = Mount {
        named: item.named(cx),
        service: service.map_or(ServiceId::new(u32::MAX), |(id, _)| id),
        store: location.store,
        path: location.path,
        folder: item.name.to_string(),
        access: if is_bucket {
            AccessPath::S3
        } else {
            AccessPath::Local
        },
        credential: None,
        groups: Vec::new(),
        all_users: false,
        read_only: false,
        port: None,
        ssl: false,
        path_style: false,
        upload_limit: None,
        limits: Vec::new(),
        lifetime: written.on(&bases, draft.start),
        classes: Vec::new(),
    };
    for mut entry in clauses::read(cx, &FORM, cursor.block(), item.span) {
        read_clause(&mut entry, &mut mount);
        entry.cursor.end();
    }
    cursor.end();
    draft.mounts.push(mount);
}

/// Stands for a place that could not be read: that is an error, so nobody sees this.
fn nowhere() -> Location {
    Location {
        store: StoreId::new(u32::MAX),
        path: "/".into(),
    }
}

fn read_clause(entry: &mut Entry<'_>, mount: &mut Mount) -> Option<()> {
    let cursor = &mut entry.cursor;
    match entry.word {
        "folder" => mount.folder = cursor.text("the name of a folder")?.0,
        "via" => mount.access = cursor.choice("a way of access", &ACCESS)?.0,
        "credential" => mount.credential = Some(cursor.credential()?.0),
        "for groups" => {
            let groups = cursor.list(|cursor| cursor.text("the name of a group"));
            mount
                .groups
                .extend(groups.into_iter().map(|(group, _)| group));
        }
        "for all users" => mount.all_users = true,
        "read only" => mount.read_only = true,
        "port" => mount.port = Some(cursor.count_within("a port", 1, 65_535)?.0),
        "ssl" => mount.ssl = true,
        "path style" => mount.path_style = true,
        "upload limit" => mount.upload_limit = Some(cursor.quantity::<Bytes>()?.0),
        _ => mount.limits.push(cursor.text("a limit")?.0),
    }
    Some(())
}

/// Fills in which classes people browse at each mount: those that its service must show, and that
/// live there or are brought there by a step. Called once the steps are read.
pub fn link_classes(draft: &mut Draft) {
    if draft.mounts.is_empty() {
        return;
    }
    let mut shown: BTreeMap<ServiceId, BTreeSet<ClassId>> = BTreeMap::new();
    for (at, class) in draft.classes.iter() {
        for (service, _) in &class.browsed_by {
            shown.entry(*service).or_default().insert(ClassId::from(at));
        }
    }
    let brought = brought(draft);
    let mut found: Vec<Vec<ClassId>> = Vec::with_capacity(draft.mounts.len());
    for mount in &draft.mounts {
        let place = mount.place();
        let is_there = |id: &&ClassId| {
            let lives = draft.classes.get(**id).map(|class| &class.home);
            let comes = brought.get(*id).into_iter().flatten().copied();
            lives.into_iter().chain(comes).any(|at| at.meets(&place))
        };
        let classes = shown.get(&mount.service).into_iter().flatten();
        found.push(classes.filter(is_there).copied().collect());
    }
    for (mount, classes) in draft.mounts.iter_mut().zip(found) {
        mount.classes = classes;
    }
}

/// The places that steps bring each class to.
fn brought(draft: &Draft) -> BTreeMap<ClassId, Vec<&Location>> {
    let mut out: BTreeMap<ClassId, Vec<&Location>> = BTreeMap::new();
    for (_, step) in draft.steps.iter() {
        if let StepTarget::Location(to, _) = &step.target {
            for (class, _) in &step.classes {
                out.entry(*class).or_default().push(to);
            }
        }
    }
    out
}
