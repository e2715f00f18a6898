//! Policies as text, and what their runbooks say.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::collections::BTreeMap;

use jiff::civil::date;
use thrice_diagnostics::SourceMap;
use thrice_resolve::{Loader, resolve};
use thrice_target::Plan;
use thrice_target_runbook::{Standing, emit};

struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _: &str, _: &str) -> Result<(String, String), String> {
        Err("no files here".to_owned())
    }
}

/// The plan of a policy, whose object storages answer at `endpoint` where the test has one.
pub fn plan_of(text: &str, endpoint: Option<&str>) -> Plan {
    let day = date(2026, 6, 1);
    let mut sources = SourceMap::new();
    let file = sources.add("policy.thrice", text);
    let (model, mistakes) = resolve(&mut sources, &[file], "p", day, &NoFiles);
    let mut model = model.unwrap_or_else(|| panic!("{mistakes:?}"));
    let storages: Vec<_> = model
        .hosts
        .iter()
        .filter(|(_, host)| host.endpoint.is_some())
        .map(|(id, _)| id)
        .collect();
    for id in storages {
        if let Some(endpoint) = endpoint {
            model.hosts.get_mut(id).unwrap().endpoint = Some(endpoint.to_owned());
        }
    }
    thrice_plan::plan(model, day).0
}

/// The runbook of a safe policy.
pub fn markdown(plan: &Plan) -> String {
    page(plan, &Standing::Safe, "runbook.md")
}

/// One of the two forms.
pub fn page(plan: &Plan, standing: &Standing, name: &str) -> String {
    let all = emit(plan, standing).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let file = all.iter().find(|file| file.path == name).unwrap();
    file.text().to_owned()
}

/// The blocks of commands below each heading `#### WAY: …`.
pub fn ways(markdown: &str) -> BTreeMap<String, Vec<String>> {
    let sections = markdown.split("\n#### ").skip(1);
    sections
        .map(|section| {
            let end = section.find("\n### ").or_else(|| section.find("\n## "));
            let section = &section[..end.unwrap_or(section.len())];
            let name = section.split(':').next().unwrap().replace('\\', "");
            (name, thrice_target_runbook::shell_blocks(section))
        })
        .collect()
}
