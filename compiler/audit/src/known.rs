//! What the policy mentions, to tell what it does not.

use thrice_model::{HostId, Location, Source, StepTarget, StoreId, StoreKind};
use thrice_plan::Plan;
use thrice_target::layout;

/// What lies in a repository of restic, right below its path.
const OF_A_REPOSITORY: [&str; 6] = ["config", "data", "index", "keys", "locks", "snapshots"];

/// Folders in which the system keeps its own: what lies there beside some data says nothing.
const OF_THE_SYSTEM: [&str; 20] = [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/local",
    "/usr/share",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/spool",
];

/// All places that a policy names, but sources that are a whole store: whoever copies everything has not
/// said of anything that it should be there.
fn places(plan: &Plan) -> Vec<Location> {
    let model = &plan.model;
    let mut out: Vec<Location> = model
        .classes
        .iter()
        .map(|(_, class)| class.home.clone())
        .collect();
    for (_, step) in model.steps.iter() {
        if let Source::Location(place, _) = &step.source
            && place.path != "/"
        {
            out.push(place.clone());
        }
        match &step.target {
            StepTarget::Location(place, _) => out.push(place.clone()),
            StepTarget::Environment(_, via, _) => out.extend(via.as_deref().cloned()),
            _ => {}
        }
        out.extend(step.puts_aside().cloned());
    }
    for (_, repository) in model.repositories.iter() {
        out.extend(OF_A_REPOSITORY.map(|name| Location {
            store: repository.store,
            path: format!("{}/{name}", repository.path.trim_end_matches('/')).into(),
        }));
    }
    out
}

/// The places in a bucket, without slashes at the ends.
pub fn in_bucket(plan: &Plan, bucket: StoreId) -> Vec<String> {
    let mut out: Vec<String> = places(plan)
        .into_iter()
        .filter(|place| place.store == bucket)
        .map(|place| place.path.trim_matches('/').to_owned())
        .collect();
    out.sort();
    out.dedup();
    out
}

/// What an object is part of that the policy does not mention: the shortest prefix, with its slash, that
/// leads to no place that it names; else the key itself. `None` for an object at such a place.
#[must_use]
pub fn strange<'k>(known: &[String], key: &'k str) -> Option<&'k str> {
    let below = |place: &String| {
        place.is_empty()
            || key
                .strip_prefix(place.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if known.iter().any(below) {
        return None;
    }
    let leads = |prefix: &str| {
        known
            .iter()
            .any(|place| place.starts_with(prefix) || place == prefix.trim_end_matches('/'))
    };
    let prefixes = key
        .match_indices('/')
        .filter_map(|(slash, _)| key.get(..=slash));
    Some(
        prefixes
            .into_iter()
            .find(|prefix| !leads(prefix))
            .unwrap_or(key),
    )
}

/// Paths on a host that the policy names.
pub fn on_host(plan: &Plan, host: HostId) -> Vec<String> {
    let mut out: Vec<String> = places(plan)
        .iter()
        .filter_map(|place| layout::path_on(plan, host, place))
        .collect();
    let folders = layout::folders(plan, host);
    out.extend([folders.bin, folders.etc, folders.state]);
    out
}

/// Whether a folder is one that the policy names, or in one, or leads to one.
pub fn is_mentioned(paths: &[String], folder: &str) -> bool {
    let within = |outer: &str, inner: &str| {
        let outer = outer.trim_end_matches('/');
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    paths
        .iter()
        .any(|path| within(path, folder) || within(folder, path))
}

/// Whether the policy leaves something out by this name, or names it as a part of a class.
pub fn is_named(plan: &Plan, name: &str) -> bool {
    let model = &plan.model;
    let skipped = model.skips.iter().any(|skip| skip.named.name == name);
    let part = |part: &(String, thrice_diagnostics::Span)| part.0 == name;
    skipped
        || model
            .classes
            .iter()
            .any(|(_, class)| class.parts.iter().any(part))
}

/// The folders around the data of a host: those in which a class lives.
pub fn around(plan: &Plan, host: HostId) -> Vec<String> {
    let model = &plan.model;
    let homes = model.classes.iter().filter_map(|(_, class)| {
        let is_here = class.lifetime.contains(plan.as_of)
            && model.stores[class.home.store].kind == StoreKind::FileSystem;
        is_here.then(|| layout::path_on(plan, host, &class.home))?
    });
    let parents = homes.filter_map(|home| {
        let (parent, _) = home.rsplit_once('/')?;
        Some(if parent.is_empty() { "/" } else { parent }.to_owned())
    });
    let mut out: Vec<String> = parents
        .filter(|parent| !OF_THE_SYSTEM.contains(&parent.as_str()))
        .collect();
    out.sort();
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_strange_is_named_by_its_shortest_prefix() {
        let known: Vec<String> = ["backups/web", "exports"].map(str::to_owned).to_vec();
        let found = |key| strange(&known, key);
        assert_eq!(found("backups/web/config"), None);
        assert_eq!(found("exports"), None);
        assert_eq!(found("backups/db/keys/a"), Some("backups/db/"));
        assert_eq!(found("backups/web2/x"), Some("backups/web2/"));
        assert_eq!(found("backups/x"), Some("backups/x"));
        assert_eq!(found("tmp/a/b"), Some("tmp/"));
        assert_eq!(found("exports2/a"), Some("exports2/"));
        assert_eq!(strange(&[], "a"), Some("a"));
        assert_eq!(strange(&[String::new()], "a/b"), None);
    }

    #[test]
    fn folders_are_mentioned_in_both_directions() {
        let paths = ["/srv/site/data".to_owned(), "/mnt/a".to_owned()];
        for mentioned in ["/srv/site", "/srv/site/data", "/srv/site/data/x", "/mnt/a"] {
            assert!(is_mentioned(&paths, mentioned), "{mentioned}");
        }
        for other in ["/srv/site2", "/srv/site/other", "/mnt/ab", "/mnt/b"] {
            assert!(!is_mentioned(&paths, other), "{other}");
        }
    }
}
