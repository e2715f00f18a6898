//! `provider`: who runs sites, and what its object storage can do.

use thrice_diagnostics::Span;
use thrice_model::{Fact, Provider, ProviderCapability, ProviderId};

use crate::clauses::{self, Clause, Construct, Entry};
use crate::codes::REPEATED;
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::item::Item;

/// `provider`
pub const FORM: Construct = Construct {
    keyword: "provider",
    inside: &[],
    form: "provider NAME [\"TITLE\"]",
    text: "Who runs sites: a failure domain. One's own home is a provider too. What it says about \
           its object storage are facts, each with a source and a date.",
    example: "provider hetzner \"Hetzner\" {\n    site fsn1 \"Falkenstein\"\n    supports lifecycle, \
              versioning\n    lacks transitions\n    fact \"one key pair reaches all buckets of a \
              project\" { source \"docs.hetzner.com\"; date 2024-12-01 }\n}",
    clauses: &[
        Clause::many(
            "site",
            "NAME [\"TITLE\"]",
            "a site of the provider: a blast radius",
        ),
        Clause::many(
            "supports",
            "CAPABILITY, …",
            "what its object storage can do",
        ),
        Clause::many(
            "lacks",
            "CAPABILITY, …",
            "what its object storage cannot do, or ignores",
        ),
        Clause::many(
            "fact",
            "\"TEXT\" { source \"TEXT\"; date DATE }",
            "a fact that proofs rest on",
        ),
    ],
};

/// `fact`
pub const FACT: Construct = Construct {
    keyword: "fact",
    inside: &["provider"],
    form: "fact \"TEXT\"",
    text: "A fact, who says so, and when it was looked up.",
    example: "fact \"object lock is there\" { source \"docs.example.org\"; date 2026-01-10 }",
    clauses: &[
        Clause::once("source", "\"TEXT\"", "who says so: a document, a trial").required(),
        Clause::once("date", "DATE", "when it was looked up").required(),
    ],
};

const CAPABILITIES: [(&str, ProviderCapability); 11] = [
    ("lifecycle", ProviderCapability::Lifecycle),
    ("lifecycle-prefix", ProviderCapability::LifecyclePrefix),
    (
        "lifecycle-object-size",
        ProviderCapability::LifecycleObjectSize,
    ),
    ("transitions", ProviderCapability::Transitions),
    (
        "newer-noncurrent-versions",
        ProviderCapability::NewerNoncurrentVersions,
    ),
    ("versioning", ProviderCapability::Versioning),
    ("object-lock", ProviderCapability::ObjectLock),
    ("bucket-policy", ProviderCapability::BucketPolicy),
    (
        "server-side-encryption",
        ProviderCapability::ServerSideEncryption,
    ),
    ("server-side-copy", ProviderCapability::ServerSideCopy),
    ("one-key-all-buckets", ProviderCapability::OneKeyAllBuckets),
];

/// Reads one. Its title is only for people who read the source.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    cursor.text_if_any();
    let mut provider = Provider {
        named: item.named(cx),
        capabilities: Vec::new(),
    };
    for mut entry in clauses::read(cx, &FORM, cursor.block(), item.span) {
        // Sites and facts are statements of their own.
        if matches!(entry.word, "supports" | "lacks") {
            read_capabilities(&mut provider, &mut entry);
            entry.cursor.end();
        }
    }
    cursor.end();
    draft.providers.set(ProviderId::new(item.index), provider);
}

fn read_capabilities(provider: &mut Provider, entry: &mut Entry<'_>) {
    let yes = entry.word == "supports";
    let list = entry
        .cursor
        .list(|cursor| cursor.choice("a capability", &CAPABILITIES));
    for (capability, span) in list {
        match provider
            .capabilities
            .iter()
            .find(|(other, ..)| *other == capability)
        {
            Some((_, said, first)) => contradiction(&mut entry.cursor, span, *first, *said == yes),
            None => provider.capabilities.push((capability, yes, span)),
        }
    }
}

fn contradiction(cursor: &mut Cursor<'_>, span: Span, first: Span, same: bool) {
    let word = cursor.cx.text(span);
    let message = if same {
        format!("`{word}` is said twice")
    } else {
        format!("`{word}` is both supported and lacking")
    };
    let found = thrice_diagnostics::Diagnostic::error(REPEATED, message)
        .at(span, "said again")
        .at(first, "first said here")
        .help("keep the one that holds");
    cursor.complain(found);
}

/// Reads one fact about a provider that has been read.
pub fn read_fact<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let text = cursor.text("a fact");
    let (mut source, mut date) = (None, None);
    for mut entry in clauses::read(cx, &FACT, cursor.block(), item.span) {
        match entry.word {
            "source" => source = entry.cursor.text("a source"),
            _ => date = entry.cursor.date("a date"),
        }
        entry.cursor.end();
    }
    cursor.end();
    let provider = draft.providers.get(ProviderId::new(item.parent));
    let fact = (|| {
        Some(Fact {
            subject: provider?.named.name.to_string(),
            text: text?.0,
            source: source?.0,
            date: date?.0,
            library: cx.names.find(&provider?.named.name)?.library,
            span: item.span,
        })
    })();
    draft.facts.extend(fact);
}
