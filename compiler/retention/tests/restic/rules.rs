//! Random rules, and random ways to ask for them.

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use thrice_retention::{Count, GroupBy, KeepRules, KeepWithin, ResticVersion, Snapshot};

use crate::Random;

/// Rules with at least one that keeps something or means to.
pub fn rules(random: &mut Random, version: ResticVersion) -> KeepRules {
    loop {
        let tags = *[
            [].as_slice(),
            &[],
            &[],
            &["a"],
            &["a,b"],
            &["typo", "b"],
            &["typo"],
        ]
        .choose(random)
        .unwrap();
        let rules = KeepRules {
            last: count(random, version),
            hourly: count(random, version),
            daily: count(random, version),
            weekly: count(random, version),
            monthly: count(random, version),
            yearly: count(random, version),
            within: within(random),
            within_hourly: within(random),
            within_daily: within(random),
            within_weekly: within(random),
            within_monthly: within(random),
            within_yearly: within(random),
            tags: tags
                .iter()
                .map(|tags| tags.split(',').map(str::to_owned).collect())
                .collect(),
        };
        if !rules.is_empty() {
            return rules;
        }
    }
}

fn count(random: &mut Random, version: ResticVersion) -> Option<Count> {
    match random.random_range(0..40) {
        0 if version.knows_unlimited() => Some(Count::Unlimited),
        0 => Some(Count::MinusOne),
        1 => Some(Count::N(1_000_000)),
        2..12 => Some(Count::N(random.random_range(1..12))),
        _ => None,
    }
}

fn within(random: &mut Random) -> Option<KeepWithin> {
    if random.random_bool(0.85) {
        return None;
    }
    let mut part = |often: f64, most: u32| match random.random_bool(often) {
        true => random.random_range(0..most),
        false => 0,
    };
    Some(KeepWithin {
        years: part(0.3, 4) + part(0.05, 3000),
        months: part(0.6, 16),
        days: part(0.5, 45),
        hours: part(0.3, 80),
    })
}

/// One call of `forget`: which snapshots, how grouped, by what rules.
#[derive(Debug)]
pub struct Call {
    pub rules: KeepRules,
    pub group_by: GroupBy,
    host: Option<&'static str>,
    tags: Option<&'static str>,
    path: Option<&'static str>,
}

impl Call {
    pub fn new(random: &mut Random, rules: KeepRules) -> Self {
        let mut some = |often: f64, words: &[&'static str]| match random.random_bool(often) {
            true => words.choose(random).copied(),
            false => None,
        };
        let host = some(0.2, &["one", "two"]);
        let tags = some(0.15, &["a", "b", "a,b", "b,c"]);
        let path = some(0.15, &["/etc", "/srv"]);
        Self {
            rules,
            group_by: GroupBy {
                host: random.random_bool(0.5),
                paths: random.random_bool(0.4),
                tags: random.random_bool(0.2),
            },
            host,
            tags,
            path,
        }
    }

    /// Behind `restic forget`.
    pub fn arguments(&self, version: ResticVersion) -> Vec<String> {
        let words = [
            (self.group_by.host, "host"),
            (self.group_by.paths, "paths"),
            (self.group_by.tags, "tags"),
        ];
        let words = words.iter().filter(|(wanted, _)| *wanted);
        let group_by: Vec<&str> = words.map(|(_, word)| *word).collect();
        let mut out = vec!["--group-by".to_owned(), group_by.join(",")];
        let filters = [
            ("--host", self.host),
            ("--tag", self.tags),
            ("--path", self.path),
        ];
        for (option, value) in filters {
            out.extend(
                value
                    .into_iter()
                    .flat_map(|value| [option.to_owned(), value.to_owned()]),
            );
        }
        out.extend(self.rules.arguments(version).unwrap());
        out
    }

    pub fn selects(&self, snapshot: &Snapshot) -> bool {
        let tags: Vec<String> = self.tags.map_or_else(Vec::new, |tags| {
            tags.split(',').map(str::to_owned).collect()
        });
        self.host.is_none_or(|host| host == snapshot.host)
            && self
                .path
                .is_none_or(|path| snapshot.paths.iter().any(|held| held == path))
            && snapshot.has_tags(&tags)
    }
}
