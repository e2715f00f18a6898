//! The verifier's runs on the simulator: two evaluators that share nothing but the plan.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests stop the test with what they know"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::civil::date;
use proptest::prelude::*;
use thrice_diagnostics::SourceMap;
use thrice_model::{StepId, Table};
use thrice_plan::{Copy, CopyId, Leave, Move, Plan};
use thrice_presence::{Answer, Crossing, Leaving, Node, Question, Run, System, answer};
use thrice_quantity::{Interval, Seconds};
use thrice_resolve::{Loader, resolve};
use thrice_simulate::{Chosen, Effect, Life, replay};

struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _from: &str, _path: &str) -> Result<(String, String), String> {
        Err("no such file".to_owned())
    }
}

/// A step of each verb by which items come and go; the copies are exchanged for those of a system.
const STEPS: &str = "\
use std/home
use std/hetzner
host a at home/rack { runs cron; has rclone 1.75.2; store disk; store old }
object_storage s3 at hetzner/fsn1 { bucket near; bucket far }
class data is items on a.disk:/data
copy copies of data to s3.near:/data by a.cron { daily at 03:00 UTC }
sync mirrors of s3.near to s3.far:/ by a.cron { daily at 04:00 UTC }
move moves of s3.near:/data to a.old:/data by a.cron { monthly on 1 at 05:00 UTC; older than 90 days by upload }
expire expires of s3.far:/ after 30 days by upload
";

static PLAN: LazyLock<Plan> = LazyLock::new(plan);

fn plan() -> Plan {
    let mut sources = SourceMap::new();
    let root = sources.add("policy.thrice", STEPS);
    let (model, found) = resolve(&mut sources, &[root], "p", date(2026, 2, 15), &NoFiles);
    let model = model.unwrap_or_else(|| panic!("{found:#?}"));
    thrice_plan::plan(model, date(2026, 2, 15)).0
}

fn id(node: usize) -> CopyId {
    CopyId::from(node)
}

fn interval((low, high): (i64, i64)) -> Interval<Seconds> {
    Interval::new(Seconds(low), Seconds(high)).unwrap()
}

/// The copies of a system, in the plan that has its steps.
fn with_copies(mut plan: Plan, system: &System) -> Plan {
    let step = |name: &str| -> StepId {
        let steps = &plan.model.steps;
        steps.iter().find(|(_, s)| s.named.name == name).unwrap().0
    };
    let (copies, mirrors, moves, expires) = (
        step("copies"),
        step("mirrors"),
        step("moves"),
        step("expires"),
    );
    let like = plan.copies.iter().next().unwrap().1.clone();
    let mut out = Table::default();
    for node in &system.nodes {
        let leave = |leaving: &Leaving| match *leaving {
            Leaving::AfterEntering(low, high) => Leave::AfterEntering {
                after: interval((low, high)),
                by: expires,
            },
            Leaving::AtAge(low, high) => Leave::AtAge {
                age: interval((low, high)),
                by: expires,
            },
            Leaving::With(other, low, high) => Leave::With {
                source: id(other),
                delay: interval((low, high)),
                by: mirrors,
            },
            Leaving::AfterChange { .. } => unreachable!("nothing changes"),
            Leaving::Into(other) => Leave::Into {
                copy: id(other),
                by: moves,
            },
        };
        out.push(Copy {
            made_by: node.source.map(|_| copies),
            source: node.source.map(id),
            enter: Move {
                delay: interval(node.delay),
                older_than: node.older_than.map(interval).map(Box::new),
            },
            leaves: node.leaves.iter().map(leave).collect(),
            ..like.clone()
        });
    }
    plan.copies = out;
    plan
}

fn life(system: &System, run: &Run) -> Life {
    let chosen = run.chosen.iter().enumerate().map(|(node, chosen)| {
        let chosen = Chosen {
            delay: chosen.delay,
            older_than: chosen.older_than,
            leaves: chosen.leaves.clone(),
        };
        (id(node), chosen)
    });
    let dead = system
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| !node.alive);
    Life {
        copies: chosen.collect(),
        effects: dead.map(|(node, _)| (id(node), Effect::Useless)).collect(),
        struck: run.struck,
        judged: run.age,
        ..Life::default()
    }
}

/// The nodes that hold the item at the age in question, and are of use.
fn claimed(system: &System, run: &Run) -> BTreeSet<CopyId> {
    let nodes = system.nodes.iter().enumerate();
    nodes
        .filter(|(at, node)| node.alive && run.is_in(*at))
        .map(|(at, _)| id(at))
        .collect()
}

fn leaving(at: usize, source: usize) -> impl Strategy<Value = Leaving> {
    let span = (0i64..4, 0i64..3).prop_map(|(low, more)| (low, low + more));
    let own = prop_oneof![
        span.clone().prop_map(|(l, h)| Leaving::AfterEntering(l, h)),
        span.clone().prop_map(|(l, h)| Leaving::AtAge(l, h)),
    ];
    if at == 0 {
        own.boxed()
    } else {
        prop_oneof![
            own,
            span.prop_map(move |(l, h)| Leaving::With(source, l, h))
        ]
        .boxed()
    }
}

/// Systems as plans have them: a mirror leaves with its own source, and what is moved goes to a copy
/// that is made from it.
fn system(moves: bool) -> impl Strategy<Value = System> {
    let node = |at: usize| {
        (
            0..at.max(1),
            0i64..3,
            0i64..3,
            any::<bool>(),
            any::<bool>(),
            any::<bool>(),
        )
            .prop_flat_map(move |(source, low, more, waits, alive, moved)| {
                prop::collection::vec(leaving(at, source), 0..3).prop_map(move |leaves| {
                    let node = Node {
                        source: (at > 0).then_some(source),
                        delay: if at > 0 { (low, low + more) } else { (0, 0) },
                        older_than: (at > 0 && waits).then_some((1, 3)),
                        leaves,
                        alive,
                        fed: true,
                    };
                    (node, moved)
                })
            })
    };
    (node(0), node(1), node(2), node(3), 1usize..5).prop_map(move |(a, b, c, d, count)| {
        let drawn: Vec<(Node, bool)> = [a, b, c, d].into_iter().take(count).collect();
        let mut nodes: Vec<Node> = drawn.iter().map(|(node, _)| node.clone()).collect();
        for (at, (node, moved)) in drawn.iter().enumerate() {
            let Some(source) = node.source else { continue };
            if let Some(from) = nodes.get_mut(source).filter(|_| moves && *moved) {
                from.leaves.push(Leaving::Into(at));
            }
        }
        let alive: Vec<bool> = nodes.iter().map(|node| node.alive).collect();
        for node in &mut nodes {
            node.fed = node
                .source
                .is_none_or(|source| alive.get(source) == Some(&true));
        }
        System {
            nodes,
            changes: None,
        }
    })
}

fn question(system: &System, from: i64, window: i64, need: u32) -> Question {
    Question {
        members: (0..system.nodes.len())
            .map(|node| (node, u32::try_from(node).unwrap()))
            .collect(),
        need,
        from,
        to: 8,
        window,
        crossing: Crossing::Old,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_counterexample_without_moves_plays_just_as_it_says(
        system in system(false), from in 0i64..3, window in 0i64..2, need in 1u32..4,
    ) {
        let plan = with_copies(PLAN.clone(), &system);
        if let Answer::Refuted(run) = answer(&system, &question(&system, from, window, need)) {
            let played = replay(&plan, &life(&system, &run)).unwrap();
            prop_assert_eq!(&played.usable, &claimed(&system, &run));
            let stays: BTreeMap<CopyId, (i64, Option<i64>)> = played.stays;
            for node in 0..system.nodes.len() {
                // Stays that end as they begin are no stays.
                let told = run.stay(node).map(|(entered, _)| (entered, run.leaves(node).map(|left| left.max(entered))));
                prop_assert_eq!(stays.get(&id(node)).copied(), told, "node {}", node);
            }
        }
    }

    /// Where an item is moved on, the verifier lets a late reader still find it: the simulator does not.
    /// So it never leaves more.
    #[test]
    fn a_counterexample_with_moves_leaves_no_more_than_it_says(
        system in system(true), from in 0i64..3, window in 0i64..2, need in 1u32..4,
    ) {
        let plan = with_copies(PLAN.clone(), &system);
        if let Answer::Refuted(run) = answer(&system, &question(&system, from, window, need)) {
            let played = replay(&plan, &life(&system, &run)).unwrap();
            prop_assert!(played.usable.is_subset(&claimed(&system, &run)), "{:?} {:?}", played, run);
        }
    }
}

#[test]
fn what_the_plan_does_not_allow_is_not_played() {
    let plan = plan();
    let (source, copy) = plan
        .copies
        .iter()
        .find_map(|(id, c)| Some((c.source?, id)))
        .unwrap();
    let life = |delay: i64| Life {
        copies: vec![
            (source, Chosen::default()),
            (
                copy,
                Chosen {
                    delay,
                    ..Chosen::default()
                },
            ),
        ],
        judged: 100 * 86_400,
        ..Life::default()
    };
    assert!(replay(&plan, &life(3600)).is_ok());
    let refused = replay(&plan, &life(365 * 86_400)).unwrap_err();
    assert!(
        refused.why.contains("`copies` never takes"),
        "{}",
        refused.why
    );
}
