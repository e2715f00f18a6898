//! Seeds in the making: a policy `p` whose host `prod` captures a class and seeds `preprod` from it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: each file uses a part of this, and a failure is a failed test"
)]

use std::process::Command;

use thrice_model::{
    Anonymise, CaptureMethod, CaptureParts, Environment, HostId, HostKind, Label, Lifetime, Named,
    SeedRule, Service, ServiceId, Source, StepId, StepTarget, Verb,
};
use thrice_target::Artefact;
use thrice_target::bench::Bench;
use thrice_target::fixture::{Fixture, span};
use thrice_test_support::{Finished, run};

pub struct Seed {
    pub bench: Bench,
    pub fixture: Fixture,
    pub prod: HostId,
    pub preprod: HostId,
    pub capture: StepId,
    pub step: StepId,
    pub sync: StepId,
}

impl Seed {
    /// With the settings of the server on each side.
    pub fn new(method: CaptureMethod, service: &str, parts: &[&str], prod_settings: &str) -> Self {
        let bench = Bench::new();
        let mut fixture = Fixture::new("p");
        let prod = fixture.host("prod", HostKind::Host);
        let preprod = fixture.host("preprod", HostKind::Host);
        let disk = fixture.file_system(prod, "disk", "/");
        let other = fixture.file_system(preprod, "disk", "/");
        let at = |name: &str| Fixture::location(disk, &bench.path(name));
        let class = fixture.class("data", Fixture::location(disk, "/var/lib/data"));
        let on_prod = push_service(&mut fixture, service, prod);
        let data = fixture.model.classes.get_mut(class).unwrap();
        data.parts = parts
            .iter()
            .map(|&part| (part.to_owned(), span()))
            .collect();
        data.service = Some(on_prod);
        push_service(&mut fixture, service, preprod);
        let app = push_service(&mut fixture, "app", preprod);
        let web = push_service(&mut fixture, "web", preprod);
        let environment = fixture.model.environments.push(Environment {
            named: named("test"),
            hosts: vec![preprod],
            clearance: Some(Label::Internal),
            services: Vec::new(),
        });
        let verb = Verb::Capture(Box::new(CaptureParts {
            method,
            atomic: true,
            runs: None,
            user: None,
            container: None,
            keeps: None,
        }));
        let capture = fixture.step("dump", verb, prod);
        let settings = fixture.credential(
            "settings",
            None,
            Some(&bench.write("prod.env", prod_settings)),
        );
        let (dumps, via) = (at("dumps"), at("via/seed"));
        fixture.edit(capture, |step| {
            step.classes = vec![(class, span())].into();
            step.target = Fixture::writes(dumps);
            step.credential = Some((settings, span()));
        });
        let verb = Verb::Seed {
            rules: Vec::new().into(),
            restart: vec![app, web].into(),
            verified: true,
        };
        let step = fixture.step("seed", verb, prod);
        fixture.edit(step, |step| {
            step.classes = vec![(class, span())].into();
            step.source = Source::Step(capture, span());
            step.target = StepTarget::Environment(environment, Some(via.into()), span());
        });
        let verb = Verb::Sync {
            max_delete: None,
            backup_dir: None,
            transit: true,
        };
        let sync = fixture.step("pull", verb, preprod);
        let (from, to) = (at("via"), Fixture::location(other, &bench.path("pulled")));
        fixture.edit(sync, |step| {
            step.source = Fixture::reads(from);
            step.target = Fixture::writes(to);
        });
        Self {
            bench,
            fixture,
            prod,
            preprod,
            capture,
            step,
            sync,
        }
    }

    pub fn rule(mut self, field: &str, action: Anonymise) -> Self {
        self.fixture.edit(self.step, |step| {
            let Verb::Seed { rules, .. } = &mut step.verb else {
                unreachable!()
            };
            rules.push(SeedRule {
                field: field.to_owned(),
                action,
                before_leaving: true,
                label_after: None,
                span: span(),
            });
        });
        self
    }

    /// The script of the capture, the one that leaves, the one that loads.
    pub fn scripts(&self) -> [Artefact; 3] {
        let plan = self.fixture.plan();
        let capture = thrice_target_capture::emit(&plan).unwrap().remove(0);
        let mut both = thrice_target_seed::emit(&plan).unwrap();
        assert_eq!(both.len(), 2);
        let load = both.remove(1);
        [capture, both.remove(0), load]
    }

    pub fn dump(&self) {
        let finished = self.bench.run(&self.scripts()[0]);
        assert!(finished.is_success(), "{finished}");
    }

    pub fn leave(&self) -> Finished {
        self.bench.run(&self.scripts()[1])
    }

    /// What the sync of the environment does.
    pub fn pull(&self) {
        run(Command::new("cp")
            .arg("-rT")
            .arg(self.bench.path("via"))
            .arg(self.bench.path("pulled")));
    }

    /// Runs the other script, with the settings of the environment's server.
    pub fn load(&mut self, settings: &[(&str, &str)]) -> Finished {
        for (name, value) in settings {
            self.bench.set(name, value);
        }
        self.bench.run(&self.scripts()[2])
    }

    /// Everything that has gone to the place in between.
    pub fn sent(&self) -> Vec<String> {
        self.bench.names("via/seed")
    }

    /// A program of that name that comes first.
    pub fn program(&mut self, name: &str, text: &str) {
        self.bench.instead(name, text);
    }
}

fn named(name: &str) -> Named {
    Named {
        name: name.into(),
        span: span(),
        doc: "".into(),
    }
}

fn push_service(fixture: &mut Fixture, name: &str, host: HostId) -> ServiceId {
    let name = format!("{}.{name}", fixture.model.hosts[host].named.name);
    fixture.model.services.push(Service {
        named: named(&name),
        host,
        container: None,
        clearance: None,
        after: Vec::new(),
        lifetime: Lifetime {
            from: thrice_target::fixture::AS_OF,
            until: None,
            since: None,
        },
    })
}
