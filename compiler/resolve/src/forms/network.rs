//! `network`: hosts that reach each other.

use thrice_model::Network;
use thrice_quantity::BytesPerSecond;

use crate::clauses::{self, Clause, Construct};
use crate::context::Context;
use crate::draft::Draft;
use crate::item::Item;

/// `network`
pub const FORM: Construct = Construct {
    keyword: "network",
    inside: &[],
    form: "network NAME [\"TITLE\"]",
    text: "Hosts that reach each other, as over a VPN.",
    example: "network mesh \"Headscale\" { joins vpai, seko, truenas; speed 12 MB/s }",
    clauses: &[
        Clause::once("joins", "HOST, …", "its hosts").required(),
        Clause::once("speed", "SPEED", "its greatest speed"),
    ],
};

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    cursor.text_if_any();
    let mut network = Network {
        named: item.named(cx),
        hosts: Vec::new(),
        speed: None,
    };
    for mut entry in clauses::read(cx, &FORM, cursor.block(), item.span) {
        if entry.word == "joins" {
            network.hosts = entry
                .cursor
                .list(|cursor| cursor.host().map(|(host, _)| host));
        } else {
            network.speed = entry
                .cursor
                .quantity::<BytesPerSecond>()
                .map(|(speed, _)| speed);
        }
        entry.cursor.end();
    }
    cursor.end();
    draft.networks.push(network);
}
