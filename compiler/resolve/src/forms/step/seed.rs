//! `seed`: an allow-list of fields, copied to another environment.

use thin_vec::ThinVec;
use thrice_diagnostics::{Diagnostic, Span, one_of};
use thrice_model::{Anonymise, Environment, SeedRule, ServiceId, StepTarget, Verb};

use super::common::with_common;
use super::{From, Of, Own, Shape, To};
use crate::clauses::{Clause, Construct, Entry};
use crate::codes::{REPEATED, UNKNOWN_NAME};
use crate::cursor::Cursor;
use crate::forms::environment::LABELS;

const FORM: Construct = Construct {
    keyword: "seed",
    inside: &[],
    form: "seed NAME of CLASS, … [from STEP|PLACE] to ENVIRONMENT [via PLACE] by HOST.RUNNER [since PHASE] [until PHASE]",
    text: "Copies data to another environment: only what a rule allows, changed on its way as its \
           clearance asks. FIELD is `PART.TABLE.COLUMN`, a part or a class.",
    example: "seed preprod_seed of databases to preprod via s3.shared:/seed-data by vpai.cron {\n    \
              daily at 03:30 UTC\n    anonymise n8n.credentials_entity.data redact before leaving\n    \
              anonymise n8n.webhook_entity.webhookPath prefix \"test-\" leaving internal\n    keep \
              openclaw\n    rest skip\n    verified\n    restart n8n, openclaw\n}",
    clauses: with_common![
        Clause::many(
            "anonymise",
            "FIELD redact|null|hash|prefix \"TEXT\" [before leaving] [leaving LABEL]",
            "what is done to a field, whether on its own host, and its label afterwards",
        ),
        Clause::many("keep", "FIELD, …", "what goes as it is"),
        Clause::many("skip", "FIELD, …", "what does not go"),
        Clause::once(
            "rest",
            "skip|keep|redact|null|hash",
            "what is done to all else; without it there is no rule for that"
        ),
        Clause::once(
            "verified",
            "",
            "the data is checked after the changes, before anybody can read it"
        ),
        Clause::once(
            "restart",
            "SERVICE, …",
            "started afterwards, in this order; the environment's where it is not said"
        ),
    ],
};

/// How seeds are read.
pub const SHAPE: Shape = Shape {
    form: &FORM,
    of: Of::Classes,
    from: From::StepOrPlace,
    to: To::Environment,
    by_runner: true,
    verb: read,
};

/// What may be done to a field; a prefix comes with a text.
#[derive(Clone, Copy)]
enum Action {
    Redact,
    Null,
    Hash,
    Prefix,
    Keep,
    Skip,
}

const ON_FIELDS: [(&str, Action); 4] = [
    ("redact", Action::Redact),
    ("null", Action::Null),
    ("hash", Action::Hash),
    ("prefix", Action::Prefix),
];
const ON_REST: [(&str, Action); 5] = [
    ("skip", Action::Skip),
    ("keep", Action::Keep),
    ("redact", Action::Redact),
    ("null", Action::Null),
    ("hash", Action::Hash),
];

fn read(own: &mut Own<'_, '_>) -> Option<Verb> {
    let mut rules: ThinVec<SeedRule> = ThinVec::new();
    for entry in &mut own.entries {
        let read = match entry.word {
            "anonymise" => entry.cursor.anonymised().into_iter().collect(),
            "keep" => entry.cursor.listed(&Anonymise::Keep),
            "skip" => entry.cursor.listed(&Anonymise::Skip),
            "rest" => rest(entry).into_iter().collect(),
            _ => continue,
        };
        entry.cursor.end();
        for rule in read {
            match rules.iter().find(|other| other.field == rule.field) {
                Some(other) => entry.cursor.cx.report(twice(&rule, other.span)),
                None => rules.push(rule),
            }
        }
    }
    let verified = own.flag("verified");
    let restart = restart(own);
    Some(Verb::Seed {
        rules,
        restart,
        verified,
    })
}

fn twice(rule: &SeedRule, first: Span) -> Diagnostic {
    Diagnostic::error(
        REPEATED,
        format!("there are two rules for `{}`", rule.field),
    )
    .at(rule.span, "said again")
    .at(first, "first said here")
    .help("keep the one that holds")
}

fn rest(entry: &mut Entry<'_>) -> Option<SeedRule> {
    let (action, _) = entry.cursor.choice("a rule for the rest", &ON_REST)?;
    Some(SeedRule {
        field: "rest".to_owned(),
        action: entry.cursor.action(action)?,
        before_leaving: false,
        label_after: None,
        span: entry.span(),
    })
}

impl Cursor<'_> {
    /// `FIELD ACTION [before leaving] [leaving LABEL]`
    fn anonymised(&mut self) -> Option<SeedRule> {
        let start = self.here();
        let (field, _) = self.name("a field")?;
        let (action, _) = self.choice("a change of the field", &ON_FIELDS)?;
        let action = self.action(action)?;
        let before_leaving = self.take_words("before leaving");
        let label_after = match self.take_words("leaving") {
            true => Some(self.choice("a label", &LABELS)?.0),
            false => None,
        };
        let span = self.since(start);
        Some(SeedRule {
            field: field.to_owned(),
            action,
            before_leaving,
            label_after,
            span,
        })
    }

    fn action(&mut self, action: Action) -> Option<Anonymise> {
        Some(match action {
            Action::Redact => Anonymise::Redact,
            Action::Null => Anonymise::Null,
            Action::Hash => Anonymise::Hash,
            Action::Keep => Anonymise::Keep,
            Action::Skip => Anonymise::Skip,
            Action::Prefix => Anonymise::Prefix(self.text("the prefix")?.0),
        })
    }

    /// `FIELD, …`, all treated alike.
    fn listed(&mut self, action: &Anonymise) -> Vec<SeedRule> {
        let fields = self.list(|cursor| cursor.name("a field, a part or a class"));
        let rule = |(field, span): (&str, Span)| SeedRule {
            field: field.to_owned(),
            action: action.clone(),
            before_leaving: false,
            label_after: None,
            span,
        };
        fields.into_iter().map(rule).collect()
    }
}

/// The services to start: only those of the environment, never their namesakes elsewhere.
fn restart(own: &mut Own<'_, '_>) -> ThinVec<ServiceId> {
    let Some(StepTarget::Environment(id, ..)) = &own.head.target else {
        return ThinVec::new();
    };
    let Some(environment) = own.draft.environments.get(*id) else {
        return ThinVec::new();
    };
    let (cx, draft) = (own.cx, own.draft);
    let hosts = environment
        .hosts
        .iter()
        .filter_map(|host| draft.hosts.get(*host));
    let near: Vec<&str> = hosts.map(|host| host.named.name.as_str()).collect();
    let Some(entry) = own.entries.iter_mut().find(|entry| entry.word == "restart") else {
        return environment.services.as_slice().into();
    };
    let read = entry.cursor.list(|cursor| cursor.service(&near));
    entry.cursor.end();
    for (service, span) in &read {
        let there = draft
            .services
            .get(*service)
            .is_none_or(|s| environment.hosts.contains(&s.host));
        if !there {
            cx.report(elsewhere(cx.text(*span), *span, environment, &near));
        }
    }
    read.into_iter().map(|(service, _)| service).collect()
}

fn elsewhere(name: &str, span: Span, environment: &Environment, hosts: &[&str]) -> Diagnostic {
    let place = &environment.named.name;
    let short = name.rsplit('.').next().unwrap_or(name);
    let help = match hosts {
        [] => format!("say on which hosts `{place}` is: `on HOST`"),
        hosts => format!(
            "declare `service {short}` on {}",
            one_of(hosts.iter().copied())
        ),
    };
    Diagnostic::error(UNKNOWN_NAME, format!("`{place}` has no service `{short}`"))
        .at(span, "this one is elsewhere: a seed must not restart it")
        .at(environment.named.span, "the environment")
        .help(help)
}
