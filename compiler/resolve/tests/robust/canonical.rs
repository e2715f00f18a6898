//! A model as text in which neither places nor the order of declarations matter.

use std::fmt::Debug;

use fancy_regex::{Captures, Regex};
use thrice_model::{Model, Named, Table};

/// No name of the policy begins so: what is renamed does, and is told by its old name here.
pub const MARK: &str = "zz-";

/// One line for each thing in the model, sorted. Ids are names, places are gone, and lists of ids
/// are sorted: those are in the order of declaration.
pub fn form(model: &Model) -> Vec<String> {
    let names = Names::of(model);
    let mut out = Vec::new();
    let mut add = |all: Vec<String>| out.extend(all.iter().map(|one| names.plain(one)));
    add(vec![format!("{:?}", model.policy)]);
    add(entries(&model.phases));
    add(entries(&model.providers));
    add(entries(&model.sites));
    add(entries(&model.hosts));
    add(entries(&model.stores));
    add(entries(&model.services));
    add(entries(&model.vaults));
    add(entries(&model.keys));
    add(entries(&model.credentials));
    add(entries(&model.monitors));
    add(entries(&model.repositories));
    add(entries(&model.environments));
    add(entries(&model.classes));
    add(entries(&model.steps));
    add(each(&model.networks));
    add(each(&model.mounts));
    add(each(&model.requirements));
    add(each(&model.acceptances));
    add(each(&model.skips));
    add(each(&model.estimates));
    add(each(&model.costs));
    add(each(&model.facts));
    add(each(&model.unused));
    out.sort();
    out
}

fn each<T: Debug>(list: &[T]) -> Vec<String> {
    list.iter().map(|one| format!("{one:?}")).collect()
}

fn entries<I, T: Debug>(table: &Table<I, T>) -> Vec<String>
where
    I: Copy + From<usize>,
    usize: From<I>,
{
    table.iter().map(|(_, one)| format!("{one:?}")).collect()
}

/// The names behind the ids, by the type of id.
struct Names {
    tables: Vec<(&'static str, Vec<String>)>,
    span: Regex,
    id: Regex,
    list: Regex,
}

impl Names {
    fn of(model: &Model) -> Self {
        let tables = vec![
            ("PhaseId", names(&model.phases, |x| &x.named)),
            ("ProviderId", names(&model.providers, |x| &x.named)),
            ("SiteId", names(&model.sites, |x| &x.named)),
            ("HostId", names(&model.hosts, |x| &x.named)),
            ("StoreId", names(&model.stores, |x| &x.named)),
            ("ServiceId", names(&model.services, |x| &x.named)),
            ("VaultId", names(&model.vaults, |x| &x.named)),
            ("KeyId", names(&model.keys, |x| &x.named)),
            ("CredentialId", names(&model.credentials, |x| &x.named)),
            ("MonitorId", names(&model.monitors, |x| &x.named)),
            ("RepositoryId", names(&model.repositories, |x| &x.named)),
            ("EnvironmentId", names(&model.environments, |x| &x.named)),
            ("ClassId", names(&model.classes, |x| &x.named)),
            ("StepId", names(&model.steps, |x| &x.named)),
        ];
        let regex = |pattern| Regex::new(pattern).unwrap();
        Self {
            tables,
            span: regex(r"Span \{ file: FileId\(\d+\), start: \d+, end: \d+ \}"),
            id: regex(r"\b([A-Z][a-z]+Id)\((\d+)\)"),
            list: regex(r"\[((?:[A-Z][a-z]+Id<[^<>]+>(?:, )?)+)\]"),
        }
    }

    fn plain(&self, text: &str) -> String {
        let text = self.span.replace_all(text, "§");
        let text = self.id.replace_all(&text, |found: &Captures<str>| {
            let (kind, index) = (&found[1], &found[2]);
            let table = self.tables.iter().find(|(name, _)| *name == kind);
            let (_, names) = table.unwrap_or_else(|| panic!("no table of {kind}"));
            // Inside, an id is one more than how many stand before it.
            format!("{kind}<{}>", names[index.parse::<usize>().unwrap() - 1])
        });
        let text = text.replace(MARK, "");
        let sorted = |found: &Captures<str>| {
            let mut ids: Vec<&str> = found[1].split(", ").collect();
            ids.sort_unstable();
            format!("[{}]", ids.join(", "))
        };
        self.list.replace_all(&text, sorted).into_owned()
    }
}

fn names<I, T>(table: &Table<I, T>, named: impl Fn(&T) -> &Named) -> Vec<String>
where
    I: Copy + From<usize>,
    usize: From<I>,
{
    table
        .iter()
        .map(|(_, one)| named(one).name.to_string())
        .collect()
}
