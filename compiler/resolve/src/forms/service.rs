//! `service` inside `host`: a program, and what it is started after.

use thrice_diagnostics::Diagnostic;
use thrice_model::{HostId, Service, ServiceId};

use crate::clauses::{self, Clause, Construct};
use crate::codes::CYCLE;
use crate::context::Context;
use crate::draft::Draft;
use crate::forms::environment::LABELS;
use crate::graph;
use crate::item::Item;

/// `service`
pub const FORM: Construct = Construct {
    keyword: "service",
    inside: &["host", "nas"],
    form: "service NAME [since PHASE] [until PHASE]",
    text: "A program that runs on the host. Elsewhere it is `HOST.NAME`, or `NAME` alone where that \
           is clear.",
    example: "service n8n { container \"vpai_n8n\"; after postgres, redis }",
    clauses: &[
        Clause::once("container", "\"NAME\"", "the container it runs in"),
        Clause::once("after", "SERVICE, …", "services that are started before it"),
        Clause::once(
            "clearance",
            "LABEL",
            "the highest label that its users may see: public, internal, personal, credential",
        ),
    ],
};

/// Reads all services, then looks for circles in the order of their start.
pub fn read_all<'a>(cx: &'a Context<'a>, draft: &mut Draft, items: &[Item<'a>]) {
    for item in items {
        read(cx, draft, item);
    }
    let edge = |id: &ServiceId| usize::try_from(id.index()).ok();
    let mut edges: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    for (at, service) in draft.services.iter() {
        if let Some(targets) = edges.get_mut(at) {
            targets.extend(service.after.iter().filter_map(edge));
        }
    }
    if let Some(circle) = graph::circle(&edges) {
        let circle: Vec<&Item<'_>> = items
            .iter()
            .filter(|i| circle.iter().any(|at| Ok(i.index) == u32::try_from(*at)))
            .collect();
        let names: Vec<String> = circle
            .iter()
            .map(|item| format!("`{}`", item.name))
            .collect();
        let message = format!(
            "services wait for each other in a circle: {}",
            names.join(", ")
        );
        let found = circle
            .iter()
            .fold(Diagnostic::error(CYCLE, message), |found, item| {
                found.at(item.span, "never started")
            });
        cx.report(found.help("take one of the `after` away"));
    }
}

fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let written = cursor.lifetime(draft);
    let host_name = item.name.split_once('.').map_or("", |(host, _)| host);
    let (mut container, mut after, mut clearance) = (None, Vec::new(), None);
    for mut entry in clauses::read(cx, &FORM, cursor.block(), item.span) {
        let cursor = &mut entry.cursor;
        match entry.word {
            "container" => {
                container = cursor.text("the name of a container").map(|(text, _)| text);
            }
            "clearance" => clearance = cursor.choice("a label", &LABELS),
            _ => after = cursor.list(|cursor| cursor.service(&[host_name]).map(|(id, _)| id)),
        }
        cursor.end();
    }
    cursor.end();
    let host = HostId::new(item.parent);
    let Some(base) = draft.hosts.get(host) else {
        return;
    };
    let lifetime = written.on(&[base.lifetime], draft.start);
    let service = Service {
        named: item.named(cx),
        host,
        container,
        after,
        clearance,
        lifetime,
    };
    draft.services.set(ServiceId::new(item.index), service);
}
