//! The solver against an evaluator that shares nothing with its encoding: worked examples, and
//! exhaustive enumeration of small worlds.

use proptest::prelude::*;
use thrice_presence::{
    Answer, Changes, Choices, Crossing, Held, Leaving, Life, Node, NodeChoice, NodeLife, Question,
    Run, System, answer, refutes, solved,
};

const DAY: i64 = 86_400;

fn node(source: Option<usize>, delay: (i64, i64)) -> Node {
    Node {
        source,
        delay,
        older_than: None,
        leaves: Vec::new(),
        alive: true,
        fed: true,
    }
}

fn live() -> Node {
    node(None, (0, 0))
}

fn asks(members: Vec<(usize, u32)>, need: u32, from: i64, to: i64) -> Question {
    Question {
        members,
        need,
        from,
        to,
        window: 0,
        crossing: Crossing::Old,
    }
}

/// An archive that moves after 90 days, pulled once a month: at every age it is in exactly one of the
/// two places, and only the pair of them is certain.
fn moved_after_90_days() -> System {
    let mut warm = live();
    warm.leaves.push(Leaving::Into(1));
    let mut cold = node(Some(0), (0, 31 * DAY));
    cold.older_than = Some((90 * DAY, 90 * DAY));
    System {
        nodes: vec![warm, cold],
        changes: None,
    }
}

#[test]
fn a_move_never_leaves_nothing_but_neither_place_is_certain_alone() {
    let system = moved_after_90_days();
    let both = vec![(0, 0), (1, 1)];
    assert_eq!(
        answer(&system, &asks(both.clone(), 1, 0, 400 * DAY)),
        Answer::Proved
    );
    assert!(matches!(
        answer(&system, &asks(both, 2, 0, 400 * DAY)),
        Answer::Refuted(_)
    ));
    let only_warm = answer(&system, &asks(vec![(0, 0)], 1, 0, 400 * DAY));
    let Answer::Refuted(run) = only_warm else {
        panic!("the item leaves: {only_warm:?}")
    };
    assert_eq!(run.age, 90 * DAY, "the youngest item that has gone");
    let only_cold = answer(&system, &asks(vec![(1, 0)], 1, 100 * DAY, 120 * DAY));
    assert!(
        matches!(only_cold, Answer::Refuted(_)),
        "at 100 days it may not have been pulled yet"
    );
    assert!(answer(&system, &asks(vec![(1, 0)], 1, 121 * DAY, 400 * DAY)).holds());
}

/// The longest horizon reaches to the year 2199, and a phase may come a century late.
#[test]
fn what_stays_for_ever_stays_beyond_any_horizon() {
    let to = 330 * 366 * DAY;
    let both = asks(vec![(0, 0), (1, 1)], 1, 0, to);
    assert_eq!(answer(&moved_after_90_days(), &both), Answer::Proved);
}

/// What is read before its source can go is surely there, and nobody need ask the solver; where both may
/// fall on one moment, or the source begins to be read only later, somebody must.
#[test]
fn a_copy_that_is_read_before_its_source_can_go_is_surely_there() {
    let exported = |kept: i64| {
        let mut source = live();
        source.leaves.push(Leaving::AtAge(kept, 30 * DAY));
        System {
            nodes: vec![source, node(Some(0), (0, 5 * DAY))],
            changes: None,
        }
    };
    let question = asks(vec![(1, 0)], 1, 5 * DAY, 400 * DAY);
    let read_in_time = exported(5 * DAY + 1);
    assert_eq!(answer(&read_in_time, &question), Answer::Evaluated);
    assert!(matches!(
        answer(&exported(5 * DAY), &question),
        Answer::Refuted(_)
    ));
    let begun = NodeLife {
        fed: Life {
            from: Some(0),
            until: None,
        },
        ..NodeLife::default()
    };
    let changing = NodeLife {
        leaves: vec![Life::default()],
        ..NodeLife::default()
    };
    let begun_later = System {
        changes: Some(Box::new(Changes {
            gaps: vec![(0, 60 * DAY)],
            late: vec![0],
            nodes: vec![changing, begun],
        })),
        ..read_in_time
    };
    let long_after = Question {
        crossing: Crossing::Settled(5 * DAY),
        ..question
    };
    assert!(matches!(
        answer(&begun_later, &long_after),
        Answer::Refuted(_)
    ));
}

#[test]
fn an_export_that_expires_before_the_monthly_pull_is_lost_and_a_longer_one_is_not() {
    let with_expiry = |days: i64| {
        let mut warm = live();
        warm.leaves
            .push(Leaving::AfterEntering(days * DAY, (days + 2) * DAY));
        System {
            nodes: vec![warm, node(Some(0), (0, 31 * DAY + 7_200))],
            changes: None,
        }
    };
    let question = asks(vec![(0, 0), (1, 1)], 1, 0, 400 * DAY);
    assert!(matches!(
        answer(&with_expiry(30), &question),
        Answer::Refuted(_)
    ));
    assert_eq!(answer(&with_expiry(35), &question), Answer::Proved);
}

#[test]
fn pinning_the_gap_to_its_middle_changes_the_verdict() {
    let with_gap = |gap: (i64, i64)| {
        let mut warm = live();
        warm.leaves.push(Leaving::AfterEntering(30 * DAY, 30 * DAY));
        System {
            nodes: vec![warm, node(Some(0), gap)],
            changes: None,
        }
    };
    let question = asks(vec![(0, 0), (1, 1)], 1, 0, 400 * DAY);
    assert!(matches!(
        answer(&with_gap((0, 40 * DAY)), &question),
        Answer::Refuted(_)
    ));
    assert_eq!(
        answer(&with_gap((20 * DAY, 20 * DAY)), &question),
        Answer::Proved
    );
}

#[test]
fn what_is_not_fed_any_more_does_not_arrive_after_the_faults() {
    let mut dead = live();
    dead.alive = false;
    dead.leaves.push(Leaving::AtAge(50 * DAY, 50 * DAY));
    let mut copy = node(Some(0), (0, 31 * DAY));
    copy.fed = false;
    let system = System {
        nodes: vec![dead, copy],
        changes: None,
    };
    let early = Question {
        members: vec![(1, 0)],
        need: 1,
        from: DAY,
        to: 300 * DAY,
        window: 3 * DAY,
        crossing: Crossing::Old,
    };
    assert!(matches!(answer(&system, &early), Answer::Refuted(_)));
    let late = Question {
        from: 32 * DAY,
        ..early
    };
    assert!(answer(&system, &late).holds());
}

fn leaving(nodes: usize) -> impl Strategy<Value = Leaving> {
    let span = (0i64..3, 0i64..2).prop_map(|(low, more)| (low, low + more));
    prop_oneof![
        span.clone().prop_map(|(l, h)| Leaving::AfterEntering(l, h)),
        span.clone().prop_map(|(l, h)| Leaving::AtAge(l, h)),
        (0..nodes, span.clone()).prop_map(|(n, (l, h))| Leaving::With(n, l, h)),
        (0..nodes).prop_map(Leaving::Into),
        (0..2usize, span.clone(), 0i64..2).prop_map(|(change, after, stays)| {
            Leaving::AfterChange {
                change,
                after,
                stays,
            }
        }),
    ]
}

/// Systems of two or three nodes with times of a few seconds: small enough to try every run.
fn system() -> impl Strategy<Value = System> {
    let rest = (
        0i64..2,
        0i64..2,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        prop::collection::vec(leaving(3), 0..2),
    );
    (
        prop::collection::vec(leaving(3), 0..2),
        any::<bool>(),
        prop::collection::vec(rest, 1..3),
    )
        .prop_map(|(leaves, alive, rest)| {
            let count = rest.len() + 1;
            let mut nodes = vec![Node {
                leaves,
                alive,
                ..live()
            }];
            for (at, (low, more, waits, alive, first, leaves)) in rest.into_iter().enumerate() {
                let source = if first { 0 } else { at };
                let fed = nodes.get(source).is_some_and(|n: &Node| n.alive);
                let older_than = waits.then_some((1, 2));
                nodes.push(Node {
                    source: Some(source),
                    delay: (low, low + more),
                    older_than,
                    leaves,
                    alive,
                    fed,
                });
            }
            // Only what comes later can be moved into, and only what came before can be mirrored.
            for (at, node) in nodes.iter_mut().enumerate() {
                node.leaves.retain(|l| match l {
                    Leaving::Into(to) => *to > at && *to < count,
                    Leaving::With(of, ..) => *of < at,
                    _ => true,
                });
            }
            let sources: Vec<_> = nodes.iter().map(|n| n.source).collect();
            for (at, node) in nodes.iter_mut().enumerate() {
                node.leaves.retain(
                    |l| !matches!(l, Leaving::Into(to) if sources.get(*to) != Some(&Some(at))),
                );
            }
            System {
                nodes,
                changes: None,
            }
        })
}

fn values((low, high): (i64, i64)) -> Vec<i64> {
    (low..=high).collect()
}

/// Every assignment of every open value.
fn all_choices(system: &System, question: &Question) -> Vec<Choices> {
    let mut runs: Vec<Vec<NodeChoice>> = vec![Vec::new()];
    for node in &system.nodes {
        let mut options: Vec<NodeChoice> = Vec::new();
        for delay in values(node.delay) {
            for older_than in values(node.older_than.unwrap_or((0, 0))) {
                let mut leaves: Vec<Vec<i64>> = vec![Vec::new()];
                for leaving in &node.leaves {
                    let bounds = match *leaving {
                        Leaving::AfterEntering(l, h)
                        | Leaving::AtAge(l, h)
                        | Leaving::With(_, l, h) => (l, h),
                        Leaving::AfterChange { after, .. } => after,
                        Leaving::Into(_) => (0, 0),
                    };
                    leaves = leaves
                        .iter()
                        .flat_map(|done| {
                            values(bounds)
                                .into_iter()
                                .map(|v| [done.clone(), vec![v]].concat())
                        })
                        .collect();
                }
                options.extend(leaves.into_iter().map(|leaves| NodeChoice {
                    delay,
                    older_than,
                    leaves,
                }));
            }
        }
        runs = runs
            .iter()
            .flat_map(|done| {
                options
                    .iter()
                    .map(|o| [done.clone(), vec![o.clone()]].concat())
            })
            .collect();
    }
    let mut out = Vec::new();
    for age in question.from..=question.to {
        for struck in question.from..=age {
            for (gaps, late) in all_calendars(system) {
                out.extend(runs.iter().map(|nodes| Choices {
                    age,
                    struck,
                    gaps: gaps.clone(),
                    late: late.clone(),
                    nodes: nodes.clone(),
                }));
            }
        }
    }
    out
}

/// How far changes lie apart, and how many days late each is.
fn all_calendars(system: &System) -> Vec<(Vec<i64>, Vec<i64>)> {
    let changes = system.changes.as_deref();
    let gaps = all_of(changes.map_or(&[], |changes| &changes.gaps));
    let late: Vec<(i64, i64)> = changes
        .iter()
        .flat_map(|changes| changes.late.iter().map(|most| (0, *most)))
        .collect();
    let late = all_of(&late);
    let both = |gaps: &Vec<i64>| {
        let gaps = gaps.clone();
        late.iter().map(move |late| (gaps.clone(), late.clone()))
    };
    gaps.iter().flat_map(both).collect()
}

fn all_of(all: &[(i64, i64)]) -> Vec<Vec<i64>> {
    let mut out: Vec<Vec<i64>> = vec![Vec::new()];
    for bounds in all {
        let longer = |gaps: &Vec<i64>| {
            let gaps = gaps.clone();
            let more = move |gap| [gaps.clone(), vec![gap]].concat();
            values(*bounds).into_iter().map(more)
        };
        out = out.iter().flat_map(longer).collect();
    }
    out
}

fn life() -> impl Strategy<Value = Life> {
    let change = || prop::option::weighted(0.4, 0usize..2);
    (change(), change()).prop_map(|(from, until)| Life { from, until })
}

fn held() -> impl Strategy<Value = Held> {
    let asked = prop_oneof![-2i64..2, DAY - 1..DAY + 2];
    let held = (0usize..2, 0i64..3, 0i64..3, asked);
    held.prop_map(|(change, from, long, asked)| Held {
        change,
        from,
        long,
        asked,
    })
}

/// Up to two changes, with lives for three nodes; and what is asked about them. They come close together, the
/// first one perhaps only if it is a day late.
fn changes() -> impl Strategy<Value = (Option<Changes>, Crossing)> {
    let node = (
        life(),
        prop::option::weighted(0.3, 0usize..2),
        prop::collection::vec(life(), 2),
    )
        .prop_map(|(fed, gone, leaves)| NodeLife { fed, gone, leaves });
    let changes = (
        (-2i64..2, 0i64..3),
        prop::option::of(0i64..4),
        prop::collection::vec(node, 3),
        0i64..2,
    )
        .prop_map(|((low, more), second, nodes, late)| {
            let second = second.map(|days| (days + late * DAY, 0));
            let gaps = [Some((low - late * DAY, more)), second];
            let gaps: Vec<(i64, i64)> = gaps.into_iter().flatten().collect();
            Changes {
                late: [late, 0].into_iter().take(gaps.len()).collect(),
                gaps: gaps.iter().map(|(low, more)| (*low, low + more)).collect(),
                nodes,
            }
        });
    let crossing = prop_oneof![
        Just(Crossing::Old),
        (0i64..3).prop_map(Crossing::Settled),
        prop::collection::vec(held(), 1..3).prop_map(Crossing::Held)
    ];
    (prop::option::weighted(0.7, changes), crossing)
}

/// A system with what of it comes and goes. Where nothing does, nothing waits for that.
fn changing(changes: Option<Changes>, mut system: System) -> System {
    let last = changes.as_ref().map(|changes| changes.gaps.len() - 1);
    for leaving in system.nodes.iter_mut().flat_map(|node| &mut node.leaves) {
        if let Leaving::AfterChange { change, after, .. } = leaving {
            match last {
                Some(last) => *change = last.min(*change),
                None => *leaving = Leaving::AtAge(after.0, after.1),
            }
        }
    }
    let changes = changes.map(|changes| Box::new(fitting(changes, &system)));
    System { changes, ..system }
}

/// Lives for what a system has; where it changes once only, nothing waits for a second time.
fn fitting(mut changes: Changes, system: &System) -> Changes {
    let last = changes.gaps.len() - 1;
    let known = |change: &mut Option<usize>| *change = change.map(|change| change.min(last));
    changes.nodes.truncate(system.nodes.len());
    for (life, node) in changes.nodes.iter_mut().zip(&system.nodes) {
        life.leaves.truncate(node.leaves.len());
        known(&mut life.gone);
        for life in [&mut life.fed].into_iter().chain(&mut life.leaves) {
            known(&mut life.from);
            known(&mut life.until);
        }
    }
    changes
}

/// Whether nothing of an age that is asked about is there when the system changes.
fn none_crosses(system: &System, question: &Question) -> bool {
    all_calendars(system)
        .iter()
        .filter(|(gaps, _)| !gaps.is_empty())
        .all(|(gaps, late)| {
            let days = gaps.iter().scan(0, |day, gap| {
                *day += gap;
                Some(*day)
            });
            let at: Vec<i64> = days.zip(late).map(|(day, late)| day + late * DAY).collect();
            let change = at.last().copied().unwrap_or(0);
            let held = |held: &Held| {
                let age = |change: usize| at.get(change).copied();
                let before = held.change.checked_sub(1).and_then(age);
                let days = late.get(held.change).copied();
                age(held.change).is_some_and(|now| {
                    held.from <= now && before.is_none_or(|before| before + held.long <= now)
                }) && days.is_some_and(|days| held.asked <= days * DAY)
            };
            !at.is_sorted()
                || match &question.crossing {
                    Crossing::Old => change < question.from || question.to < change,
                    Crossing::Held(all) => question.to < change || !all.iter().any(held),
                    Crossing::Settled(after) => question.to < change + after,
                }
        })
}

/// Whatever is small in it comes before what comes after it here.
type InOrder = (i64, i64, Vec<i64>, Vec<i64>, Vec<(i64, Vec<i64>, i64)>);

fn in_order(run: &Choices) -> InOrder {
    let mut day = 0;
    let at = run.gaps.iter().zip(&run.late).map(|(gap, late)| {
        day += gap;
        day + late * DAY
    });
    let nodes = run.nodes.iter();
    let nodes = nodes.map(|node| (node.older_than, node.leaves.clone(), node.delay));
    (
        run.age,
        run.struck,
        run.late.clone(),
        at.collect(),
        nodes.collect(),
    )
}

fn shown(run: &Run) -> InOrder {
    let nodes = run.chosen.iter();
    let nodes = nodes.map(|node| (node.older_than, node.leaves.clone(), node.delay));
    (
        run.age,
        run.struck,
        run.late.clone(),
        run.changes.clone(),
        nodes.collect(),
    )
}

fn refuted(answer: Answer) -> Option<Run> {
    match answer {
        Answer::Refuted(run) => Some(run),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn solver_and_enumeration_agree_on_small_worlds(
        system in system(),
        need in 1u32..3,
        from in 0i64..3,
        window in 0i64..2,
        apart in any::<bool>(),
        (changes, crossing) in changes(),
    ) {
        let system = changing(changes, system);
        let crossing = match crossing {
            // No other changes are there to be held at.
            Crossing::Held(mut all) => {
                let last = system.changes.as_ref().map_or(0, |changes| changes.gaps.len() - 1);
                all.iter_mut().for_each(|held| held.change = held.change.min(last));
                Crossing::Held(all)
            }
            other => other,
        };
        let members = (0..system.nodes.len()).map(|n| (n, if apart { u32::try_from(n).unwrap() } else { 0 })).collect();
        let question = Question { members, need, from, to: 5, window, crossing };
        let all = all_choices(&system, &question);
        let failing = all.iter().filter(|run| refutes(&system, &question, run));
        let least = failing.map(in_order).min();
        let fails = least.is_some();
        let found = answer(&system, &question);
        let by_solver = solved(&system, &question);
        let age = |answer: &Answer| match answer { Answer::Refuted(run) => Some(run.age), _ => None };
        prop_assert_eq!((found.holds(), age(&found)), (by_solver.holds(), age(&by_solver)));
        match found {
            // Of all the runs that fail the same one is shown, whoever is asked.
            Answer::Refuted(run) => for run in [Some(run), refuted(by_solver)].into_iter().flatten() {
                prop_assert_eq!(Some(shown(&run)), least.clone());
            },
            Answer::Evaluated | Answer::Proved => prop_assert!(!fails, "said to hold, but a run fails"),
            // Where nothing is old enough when it changes, there is no run at all.
            Answer::Unknown(why) => prop_assert!(none_crosses(&system, &question), "{why}"),
        }
    }

    #[test]
    fn another_living_copy_never_makes_it_worse(system in system(), from in 0i64..3) {
        let members: Vec<(usize, u32)> = (0..system.nodes.len()).map(|n| (n, u32::try_from(n).unwrap())).collect();
        let question = Question { members: members.clone(), need: 1, from, to: 5, window: 1, crossing: Crossing::Old };
        let before = answer(&system, &question).holds();
        let mut more = system.clone();
        more.nodes.push(live());
        let mut members = members;
        members.push((more.nodes.len() - 1, 99));
        let after = answer(&more, &Question { members, ..question }).holds();
        prop_assert!(after || !before);
        prop_assert!(after, "live data that stays is always enough for one");
    }
}

/// A reader that comes after the item was moved away finds nothing: nothing may rest on it.
#[test]
fn who_comes_after_a_move_finds_nothing() {
    let world = |reader: (i64, i64)| {
        let mut warm = live();
        warm.leaves.push(Leaving::Into(1));
        let mut cold = node(Some(0), (0, DAY));
        cold.older_than = Some((10 * DAY, 10 * DAY));
        System {
            nodes: vec![warm, cold, node(Some(0), reader)],
            changes: None,
        }
    };
    let question = asks(vec![(2, 0)], 1, 40 * DAY, 400 * DAY);
    let late = answer(&world((0, 11 * DAY)), &question);
    assert!(matches!(late, Answer::Refuted(_)), "{late:?}");
    assert!(answer(&world((0, 10 * DAY)), &question).holds());
    // The same where the reader reads a mirror, which loses what was moved away upstream.
    let mirrored = |reader: (i64, i64)| {
        let mut system = world((0, DAY));
        system.nodes[2].leaves.push(Leaving::With(0, 0, DAY));
        system.nodes.push(node(Some(2), reader));
        system
    };
    let question = asks(vec![(3, 0)], 1, 40 * DAY, 400 * DAY);
    let late = answer(&mirrored((0, 11 * DAY)), &question);
    assert!(matches!(late, Answer::Refuted(_)), "{late:?}");
    assert!(answer(&mirrored((0, 8 * DAY)), &question).holds());
}

/// Mirrors of mirrors: no recursion that a long policy could overflow.
#[test]
fn a_long_chain_of_mirrors_is_worked_out() {
    let mut nodes = vec![live()];
    for at in 0..50_000 {
        let mut mirror = node(Some(at), (0, 0));
        mirror.leaves.push(Leaving::With(at, 0, 0));
        nodes.push(mirror);
    }
    let system = System {
        nodes,
        changes: None,
    };
    let chosen = NodeChoice {
        leaves: vec![0],
        ..NodeChoice::default()
    };
    let mut choices = vec![chosen; 50_001];
    choices[0].leaves.clear();
    let run = Choices {
        age: 1,
        struck: 1,
        gaps: Vec::new(),
        late: Vec::new(),
        nodes: choices,
    };
    assert!(!refutes(&system, &asks(vec![(50_000, 0)], 1, 0, 5), &run));
}
