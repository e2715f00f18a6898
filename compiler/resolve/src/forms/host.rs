//! `host`, `nas` and `object_storage`: where stores are and what runs steps.

use thrice_diagnostics::{Diagnostic, Span};
use thrice_grammar::TokenKind;
use thrice_model::{Host, HostId, HostKind, RunnerKind, Tool};
use thrice_quantity::{Bytes, BytesPerSecond, Money, MoneyPerMonth};

use crate::clauses::{self, Clause, Construct};
use crate::codes::{REPEATED, WRONG_VALUE};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::forms::environment::LABELS;
use crate::item::Item;

const CLAUSES: &[Clause] = &[
    Clause::many("store", "NAME { … }", "a file system for data"),
    Clause::many("service", "NAME { … }", "a program that runs here"),
    Clause::many(
        "runs",
        "RUNNER [VERSION], …",
        "what starts steps here: cron, systemd, executor, zerobyte, truenas",
    ),
    Clause::many(
        "has",
        "TOOL VERSION, …",
        "programs that steps need, with their versions",
    ),
    Clause::once(
        "cost",
        "MONEY/month",
        "monthly cost, as an interval where it is not certain",
    ),
    Clause::once("once", "MONEY", "cost at the beginning"),
    Clause::once(
        "timezone",
        "\"ZONE\"",
        "time zone of its clock and cron; UTC where it is not said",
    ),
    Clause::once("link", "SPEED", "speed of its line to the others"),
    Clause::once(
        "transit only",
        "",
        "nothing may be stored here: data only passes",
    ),
    Clause::once("role", "\"TEXT\"", "what it is for, for people"),
    Clause::once("not always on", "", "it is switched off now and then"),
    Clause::once(
        "deploys to",
        "HOST, …",
        "hosts that it installs things on or logs in to: who owns it owns them",
    ),
    Clause::once(
        "clearance",
        "LABEL",
        "the highest label that may be seen in clear here: public, internal, personal, credential",
    ),
];

/// `host`
pub const HOST: Construct = Construct {
    keyword: "host",
    inside: &[],
    form: "host NAME at PROVIDER/SITE [since PHASE] [until PHASE]",
    text: "A server. It is a failure domain with all its stores, and a principal: who owns it owns \
           the credentials on it and the jobs it runs.",
    example: "host vpai at ovh/gravelines since t0 {\n    cost 14 EUR/month\n    runs cron, \
              executor\n    has restic 0.18.0, rclone 1.75.2\n    store local { medium nvme; \
              capacity 80 GB; tier hot }\n    service postgres { container \"vpai_postgresql\" }\n}",
    clauses: CLAUSES,
};

/// `nas`
pub const NAS: Construct = Construct {
    keyword: "nas",
    inside: &[],
    form: "nas NAME at PROVIDER/SITE [since PHASE] [until PHASE]",
    text: "A host that nothing is installed on: jobs run from its own scheduler and its pools.",
    example: "nas truenas at home/rack since nas {\n    store tank { medium hdd; layout mirror of 2 \
              x 6 TB; mounted at /mnt/nas }\n    runs cron\n}",
    clauses: CLAUSES,
};

/// What starts steps on a host, by the words of `runs` and of `by HOST.RUNNER`.
pub const RUNNERS: [(&str, RunnerKind); 5] = [
    ("cron", RunnerKind::Cron),
    ("systemd", RunnerKind::Systemd),
    ("executor", RunnerKind::Executor),
    ("zerobyte", RunnerKind::Zerobyte),
    ("truenas", RunnerKind::TrueNas),
];

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let site = cursor
        .expect("at", item.construct.form)
        .and_then(|_| cursor.site());
    let lifetime = cursor.lifetime(draft).on(&[], draft.start);
    let kind = match item.construct.keyword {
        "nas" => HostKind::Nas,
        "object_storage" => HostKind::ObjectStorage,
        _ => HostKind::Host,
    };
    let mut host = Host {
        named: item.named(cx),
        kind,
        // A site that could not be read is an error already: then only stores and services need
        // the host, so that they do not complain too.
        site: site.map_or(thrice_model::SiteId::new(u32::MAX), |(site, _)| site),
        lifetime,
        timezone: "UTC".to_owned(),
        transit_only: false,
        runners: Vec::new(),
        tools: Vec::new(),
        link: None,
        endpoint: None,
        region: None,
        included: None,
        monthly: None,
        once: None,
        always_on: true,
        deploys_to: Vec::new(),
        clearance: None,
    };
    if kind == HostKind::ObjectStorage {
        host.runners.push((RunnerKind::Lifecycle, item.span));
    }
    for mut entry in clauses::read(cx, item.construct, cursor.block(), item.span) {
        // Stores, buckets and services are statements of their own.
        if !matches!(entry.word, "store" | "bucket" | "service") {
            read_clause(entry.word, &mut entry.cursor, &mut host);
            entry.cursor.end();
        }
    }
    cursor.end();
    draft.hosts.set(HostId::new(item.index), host);
}

fn read_clause(word: &str, cursor: &mut Cursor<'_>, host: &mut Host) -> Option<()> {
    match word {
        "runs" => drop(cursor.list(|cursor| read_runner(cursor, host))),
        "has" => drop(cursor.list(|cursor| read_tool(cursor, &mut host.tools))),
        "cost" => {
            let (cost, span) = cursor.interval::<MoneyPerMonth>()?;
            host.monthly = Some((cost.map(|MoneyPerMonth(money)| money), span));
        }
        "once" => host.once = Some(cursor.quantity::<Money>()?),
        "timezone" => host.timezone = cursor.time_zone()?.0,
        "link" => host.link = Some(cursor.quantity::<BytesPerSecond>()?.0),
        "included" => host.included = Some(cursor.quantity::<Bytes>()?),
        "endpoint" => host.endpoint = Some(read_endpoint(cursor)?),
        "region" => host.region = Some(cursor.text("a region")?.0),
        "transit only" => host.transit_only = true,
        "not always on" => host.always_on = false,
        "deploys to" => host.deploys_to = cursor.list(Cursor::host),
        "clearance" => host.clearance = Some(cursor.choice("a label", &LABELS)?),
        _ => drop(cursor.text("a role")?),
    }
    Some(())
}

fn read_runner(cursor: &mut Cursor<'_>, host: &mut Host) -> Option<()> {
    let (kind, span) = cursor.choice("a runner", &RUNNERS)?;
    if cursor.is_at_version() {
        let name = cursor.cx.text(span).to_owned();
        let version = cursor.version(&name).map(|(version, _)| version);
        host.tools.push(Tool {
            name,
            version,
            span: cursor.since(span),
        });
    }
    match host.runners.iter().find(|(other, _)| *other == kind) {
        Some((_, first)) => said_twice(cursor, span, *first),
        None => host.runners.push((kind, span)),
    }
    Some(())
}

fn read_tool(cursor: &mut Cursor<'_>, tools: &mut Vec<Tool>) -> Option<()> {
    let (name, span) = cursor.name("a program")?;
    let said = !matches!(cursor.peek_kind(), None | Some(TokenKind::Comma));
    let version = said.then(|| cursor.version(name)).flatten();
    match tools.iter().find(|tool| tool.name == name) {
        Some(tool) => said_twice(cursor, span, tool.span),
        None => tools.push(Tool {
            name: name.to_owned(),
            version: version.map(|(version, _)| version),
            span: cursor.since(span),
        }),
    }
    Some(())
}

fn said_twice(cursor: &mut Cursor<'_>, span: Span, first: Span) {
    let message = format!("`{}` is said twice", cursor.cx.text(span));
    let found = Diagnostic::error(REPEATED, message)
        .at(span, "said again")
        .at(first, "first said here")
        .help("keep the one that holds");
    cursor.complain(found);
}

/// A host name, perhaps with a port: scripts put `https://` before it.
fn read_endpoint(cursor: &mut Cursor<'_>) -> Option<String> {
    let (text, span) = cursor.text("an endpoint")?;
    let sign = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    if !text.is_empty() && text.chars().all(sign) {
        return Some(text);
    }
    let message = format!("`{text}` is no host name");
    let help = "write the host name alone: `\"fsn1.your-objectstorage.com\"`";
    cursor.error(WRONG_VALUE, span, message, "not a host name", help)
}
