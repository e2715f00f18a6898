//! `environment`: where data goes to be used otherwise.

use thrice_model::{Environment, EnvironmentId, Label};

use crate::clauses::{self, Clause, Construct};
use crate::context::Context;
use crate::draft::Draft;
use crate::item::Item;

/// `environment`
pub const FORM: Construct = Construct {
    keyword: "environment",
    inside: &[],
    form: "environment NAME",
    text: "Where a seed brings data: a pre-production, a test bench. Nothing above its clearance \
           may arrive there.",
    example: "environment preprod { on preprod_host; clearance internal; service n8n, openclaw }",
    clauses: &[
        Clause::once("on", "HOST, …", "the hosts it consists of").required(),
        Clause::once(
            "clearance",
            "LABEL",
            "the highest label that may be seen there: public, internal, personal, credential",
        ),
        Clause::many(
            "service",
            "SERVICE, …",
            "services that are restarted after a seed, in order",
        ),
    ],
};

/// Labels, from harmless to most sensitive.
pub const LABELS: [(&str, Label); 4] = [
    ("public", Label::Public),
    ("internal", Label::Internal),
    ("personal", Label::Personal),
    ("credential", Label::Credential),
];

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let mut environment = Environment {
        named: item.named(cx),
        hosts: Vec::new(),
        clearance: None,
        services: Vec::new(),
    };
    let mut entries = clauses::read(cx, &FORM, cursor.block(), item.span);
    // Services are looked for on the hosts, wherever those are said.
    entries.sort_by_key(|entry| entry.word != "on");
    for mut entry in entries {
        let cursor = &mut entry.cursor;
        match entry.word {
            "on" => environment.hosts = cursor.list(|cursor| cursor.host().map(|(host, _)| host)),
            "clearance" => {
                environment.clearance = cursor.choice("a label", &LABELS).map(|(label, _)| label);
            }
            _ => {
                let hosts = environment
                    .hosts
                    .iter()
                    .filter_map(|host| draft.hosts.get(*host));
                let near: Vec<&str> = hosts.map(|host| host.named.name.as_str()).collect();
                let services = cursor.list(|cursor| cursor.service(&near));
                environment
                    .services
                    .extend(services.into_iter().map(|(service, _)| service));
            }
        }
        cursor.end();
    }
    cursor.end();
    draft
        .environments
        .set(EnvironmentId::new(item.index), environment);
}
