//! Forgetting after each run: what one more version changes, rule by rule, in place of a walk through all
//! versions.
//!
//! Going from the newest to the oldest, a rule keeps the first version of each period: a count rule until it
//! has enough, a rule by duration as long as versions are later than its edge. What it does not keep changes
//! nothing for it, so what it keeps after one more version follows from what it kept before: the new one is
//! first; the one that was first goes if it lies in the same period; then the last one goes if there are too
//! many now, or all those go that the edge has passed. While a count rule has not enough, restic 0.16 and later
//! keep the oldest of all for it as well; so do rules by duration from 0.17 on, if it is later than their edge.
//!
//! The edge moves with the newest version, and sometimes back: 31 March and 1 April less a month are 3 March
//! and 1 March, and clocks are changed. Then a rule takes again what lies behind its last one and is still
//! there.

use std::collections::VecDeque;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::bucket::{Keys, keys};
use crate::rules::{Count, KeepRules, KeepWithin};
use crate::runs::Run;
use crate::version::ResticVersion;

/// The versions present after each run, while `forget` follows each.
pub(crate) struct Stepwise {
    rules: Vec<Rule>,
    keeps_oldest: bool,
    keeps_oldest_within: bool,
    /// The zone of the machine that forgets.
    clock: TimeZone,
    /// Oldest first.
    present: VecDeque<Present>,
    /// What some rule takes again in this run.
    regained: Vec<u32>,
    /// What some rule has given up in this run.
    gone: Vec<u32>,
    /// What is not present any more after this run.
    dropped: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Present {
    number: u32,
    /// How many rules keep it for its period.
    marks: u8,
}

struct Rule {
    /// In [`crate::Bucket::ALL`].
    place: usize,
    limit: Limit,
    /// What it keeps for its period, oldest first: the number and the period.
    kept: VecDeque<(u32, i64)>,
}

enum Limit {
    /// So many; `None`: all.
    Count(Option<u32>),
    /// What is later than an edge that lies this far before the newest; without an edge, all.
    Within(KeepWithin, Option<Timestamp>),
}

impl Stepwise {
    /// No version yet. `clock` is that of the machine that forgets.
    pub(crate) fn new(rules: &KeepRules, version: ResticVersion, clock: &TimeZone) -> Self {
        let counts = rules.counts().map(|(_, count)| match count? {
            Count::N(0) | Count::MinusOne => None,
            Count::N(count) => Some(Limit::Count(Some(count))),
            Count::Unlimited => Some(Limit::Count(None)),
        });
        let withins = rules
            .withins()
            .map(|(_, within)| Some(Limit::Within(within?, None)));
        let limits = counts
            .into_iter()
            .enumerate()
            .chain(withins.into_iter().enumerate());
        let rules = limits.filter_map(|(place, limit)| {
            Some(Rule {
                place,
                limit: limit?,
                kept: VecDeque::new(),
            })
        });
        Self {
            rules: rules.collect(),
            keeps_oldest: version.keeps_oldest(),
            keeps_oldest_within: version.keeps_oldest_within(),
            clock: clock.clone(),
            present: VecDeque::new(),
            regained: Vec::new(),
            gone: Vec::new(),
            dropped: Vec::new(),
        }
    }

    /// After one forget of all of these, in order of time and each at another one; and the versions that it drops,
    /// oldest first.
    pub(crate) fn after(
        rules: &KeepRules,
        version: ResticVersion,
        clock: &TimeZone,
        runs: &[Run],
    ) -> (Self, Vec<u32>) {
        let mut all = Self::new(rules, version, clock);
        let mut marks = vec![0_u8; runs.len()];
        for rule in &mut all.rules {
            let edge = match &mut rule.limit {
                Limit::Count(_) => None,
                Limit::Within(within, edge) => {
                    let newest = runs.last();
                    *edge = newest.and_then(|run| within.before(run.at, run.offset_seconds, clock));
                    *edge
                }
            };
            let versions = runs.iter().zip(&mut marks).enumerate();
            for (number, (run, marks)) in versions.rev() {
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                if rule.kept.len() >= rule.whole() || !is_after(run.at, edge) {
                    break;
                }
                let key = keys_of(number, run).get(rule.place).copied();
                let last = rule.kept.front().map(|(_, period)| *period);
                if let Some(key) = key.filter(|key| Some(*key) != last) {
                    rule.kept.push_front((number, key));
                    *marks += 1;
                }
            }
        }
        let versions = (0..).zip(marks);
        let versions = versions.map(|(number, marks)| Present { number, marks });
        all.present = versions.collect();
        let spared = all.is_oldest_spared(runs);
        let stays = |version: &Present| version.marks > 0 || (spared && version.number == 0);
        let dropped = all.present.iter().filter(|version| !stays(version));
        let dropped = dropped.map(|version| version.number).collect();
        all.present.retain(stays);
        (all, dropped)
    }

    /// One more version, the one of this number, later than those before, and then a forget: the
    /// versions that it drops, oldest first.
    pub(crate) fn run(&mut self, number: u32, runs: &[Run]) -> &[u32] {
        self.regained.clear();
        self.gone.clear();
        self.dropped.clear();
        let Some(run) = runs.get(number as usize) else {
            return &self.dropped;
        };
        let keys = keys_of(number, run);
        let mut marks = 0;
        for rule in &mut self.rules {
            let key = keys.get(rule.place).copied().unwrap_or_default();
            let edge = match &mut rule.limit {
                Limit::Count(_) => None,
                Limit::Within(within, edge) => {
                    let before = *edge;
                    *edge = within.before(run.at, run.offset_seconds, &self.clock);
                    Some((*edge, *edge < before))
                }
            };
            let newest = rule.kept.pop_back_if(|(_, newest)| *newest == key);
            self.gone.extend(newest.map(|(number, _)| number));
            rule.kept.push_back((number, key));
            marks += 1;
            match edge {
                None => {
                    let is_over = rule.kept.len() > rule.whole();
                    let over = is_over.then(|| rule.kept.pop_front()).flatten();
                    self.gone.extend(over.map(|(number, _)| number));
                }
                // It may have passed the newest as well: an hour before the second half past two of a night is the
                // first.
                Some((edge, moved_back)) => {
                    if moved_back {
                        rule.take_again(edge, (&self.present, runs), &mut self.regained);
                    }
                    let passed = |oldest: &mut (u32, i64)| !is_after(moment(runs, oldest.0), edge);
                    while let Some((number, _)) = rule.kept.pop_front_if(passed) {
                        self.gone.push(number);
                    }
                }
            }
        }
        self.present.push_back(Present { number, marks });
        self.drop_unmarked(runs);
        &self.dropped
    }

    /// Whether anything is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    /// The numbers of those that are left, oldest first.
    pub(crate) fn present(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.present.iter().map(|version| version.number)
    }

    /// Counts what rules have taken again and given up, and drops what none keeps.
    fn drop_unmarked(&mut self, runs: &[Run]) {
        let spared = self.is_oldest_spared(runs);
        let place = |present: &VecDeque<Present>, number: u32| {
            present
                .binary_search_by_key(&number, |version| version.number)
                .ok()
        };
        for number in self.regained.drain(..) {
            if let Some(version) =
                place(&self.present, number).and_then(|at| self.present.get_mut(at))
            {
                version.marks += 1;
            }
        }
        let oldest = self.present.front().map(|oldest| oldest.number);
        for number in self.gone.drain(..) {
            let Some(at) = place(&self.present, number) else {
                continue;
            };
            let Some(version) = self.present.get_mut(at) else {
                continue;
            };
            version.marks = version.marks.saturating_sub(1);
            if version.marks == 0 && Some(number) != oldest {
                self.present.remove(at);
                self.dropped.push(number);
            }
        }
        let unmarked = |oldest: &mut Present| !spared && oldest.marks == 0;
        if let Some(oldest) = self.present.pop_front_if(unmarked) {
            self.dropped.push(oldest.number);
        }
        self.dropped.sort_unstable();
    }

    /// Whether some rule keeps the oldest version whatever its period.
    fn is_oldest_spared(&self, runs: &[Run]) -> bool {
        let oldest = self.present.front().map(|oldest| oldest.number);
        self.rules.iter().any(|rule| match rule.limit {
            Limit::Count(_) => self.keeps_oldest && rule.kept.len() < rule.whole(),
            Limit::Within(_, edge) => {
                self.keeps_oldest_within
                    && oldest.is_some_and(|oldest| is_after(moment(runs, oldest), edge))
            }
        })
    }
}

impl Rule {
    /// How many it keeps at most.
    fn whole(&self) -> usize {
        match self.limit {
            Limit::Count(Some(whole)) => whole as usize,
            Limit::Count(None) | Limit::Within(..) => usize::MAX,
        }
    }

    /// Takes, of the versions still there from before its last one, those later than an edge that has
    /// moved back.
    fn take_again(
        &mut self,
        edge: Option<Timestamp>,
        (present, runs): (&VecDeque<Present>, &[Run]),
        regained: &mut Vec<u32>,
    ) {
        let Some((last, mut period)) = self.kept.front().copied() else {
            return;
        };
        let before = present.partition_point(|version| version.number < last);
        for version in present.range(..before).rev() {
            let Some(run) = runs.get(version.number as usize) else {
                return;
            };
            if !is_after(run.at, edge) {
                return;
            }
            let key = keys_of(version.number, run).get(self.place).copied();
            if let Some(key) = key.filter(|key| *key != period) {
                period = key;
                self.kept.push_front((version.number, key));
                regained.push(version.number);
            }
        }
    }
}

/// Whether a rule by duration with this edge keeps what was made at a moment.
fn is_after(moment: Timestamp, edge: Option<Timestamp>) -> bool {
    edge.is_none_or(|edge| moment > edge)
}

fn moment(runs: &[Run], number: u32) -> Timestamp {
    runs.get(number as usize)
        .map_or(Timestamp::MIN, |run| run.at)
}

/// The periods that a run lies in.
fn keys_of(number: u32, run: &Run) -> Keys {
    keys(run.at, run.offset_seconds, i64::from(number))
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::history::{simulate_iterated, simulate_with_forgets};
    use crate::runs::regular_runs;

    fn count() -> impl Strategy<Value = Option<Count>> {
        prop_oneof![
            6 => Just(None),
            4 => (0_u32..6).prop_map(|n| Some(Count::N(n))),
            2 => (20_u32..50).prop_map(|n| Some(Count::N(n))),
            1 => Just(Some(Count::Unlimited)),
        ]
    }

    fn within() -> impl Strategy<Value = Option<KeepWithin>> {
        let span = |(years, months, days, hours)| KeepWithin {
            years,
            months,
            days,
            hours,
        };
        let some = |most: u32| prop_oneof![2 => Just(0), 1 => 0..=most];
        // Of these some are as long as others at most times, and then are not.
        let alike = vec![
            (0, 0, 0, 1),
            (0, 0, 1, 0),
            (0, 0, 0, 24),
            (0, 0, 0, 25),
            (0, 0, 2, 0),
            (0, 0, 0, 48),
            (0, 1, 0, 0),
            (0, 0, 29, 0),
            (0, 0, 31, 0),
            (0, 1, 1, 0),
            (0, 2, 0, 0),
        ];
        prop_oneof![
            2 => Just(None),
            2 => select(alike).prop_map(move |all| Some(span(all))),
            1 => (some(1), some(3), some(40), some(50)).prop_map(move |all| Some(span(all))),
        ]
    }

    /// Where a case fails it is shown, and nothing is written to a file.
    pub(crate) fn no_files() -> ProptestConfig {
        ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        }
    }

    pub(crate) fn rules() -> impl Strategy<Value = KeepRules> {
        let counts = (count(), count(), count(), count(), count(), count());
        let withins = (within(), within(), within(), within(), within(), within());
        // Those of one kind show best by themselves.
        (counts, withins, 0_u8..3).prop_map(|(counts, withins, kind)| {
            let counts = if kind == 0 { Default::default() } else { counts };
            let withins = if kind == 1 { Default::default() } else { withins };
            let (last, hourly, daily, weekly, monthly, yearly) = counts;
            let (within, within_hourly, within_daily, within_weekly, within_monthly, within_yearly) = withins;
            KeepRules {
                last,
                hourly,
                daily,
                weekly,
                monthly,
                yearly,
                within,
                within_hourly,
                within_daily,
                within_weekly,
                within_monthly,
                within_yearly,
                tags: Vec::new(),
            }
        })
    }

    /// Runs in any rhythm from shortly before the end of a month or a clock change on, stored by the clock, in
    /// UTC, or by now this and now that clock.
    pub(crate) fn runs() -> impl Strategy<Value = (TimeZone, Vec<Run>)> {
        let starts = [
            "2026-03-30T20:00Z",
            "2027-02-26T12:00Z",
            "2027-02-10T12:00Z",
            "2027-12-29T12:00Z",
            "2028-02-28T12:00Z",
            // Clocks go forward and back in Paris, back in New York, back on Lord Howe Island.
            "2027-03-27T23:30Z",
            "2026-10-24T22:30Z",
            "2026-11-01T04:30Z",
            "2027-04-03T14:00Z",
        ];
        let zones = [
            "UTC",
            "Europe/Paris",
            "America/New_York",
            "Australia/Lord_Howe",
        ];
        let gap = prop_oneof![
            2 => 60_i64..7_200,
            1 => select(vec![900_i64, 1_800, 3_600, 86_400]),
            2 => 70_000_i64..100_000,
            1 => 1_i64..2_000_000,
        ];
        let any = proptest::collection::vec((gap, -1_i32..2), 1..120);
        // Few versions go at once where runs are regular: what a rule takes again is still there.
        let even = select(vec![900_i64, 1_800, 3_600, 21_600, 43_200, 86_400]);
        let even = (even, 1_usize..150).prop_map(|(gap, count)| vec![(gap, 0); count]);
        let gaps = prop_oneof![any, even];
        (
            select(starts.to_vec()),
            select(zones.to_vec()),
            0_u8..3,
            gaps,
        )
            .prop_map(|(start, zone, stored, gaps)| {
                let zone = TimeZone::get(zone).unwrap();
                let start: Timestamp = start.parse().unwrap();
                let mut at = start.as_second();
                let runs = gaps.into_iter().map(|(gap, hours)| {
                    at += gap;
                    let at = Timestamp::from_second(at).unwrap();
                    let offset_seconds = match stored {
                        0 => 0,
                        1 => zone.to_offset(at).seconds(),
                        _ => zone.to_offset(at).seconds() + hours * 3600,
                    };
                    Run { at, offset_seconds }
                });
                let runs = runs.collect();
                (zone, runs)
            })
    }

    /// A rule by calendar whose edge moves back soon, in a steady rhythm, and one by number or by hours that
    /// keeps about as much: what the first takes again the second still has, and gives up next.
    pub(crate) fn moving_back() -> impl Strategy<Value = (KeepRules, TimeZone, Vec<Run>)> {
        let month = KeepWithin {
            months: 1,
            ..KeepWithin::default()
        };
        let whens = [
            // 31 March and 1 April less a month are 3 March and 1 March.
            ("UTC", "2027-04-01T00:00Z", month, 31),
            ("Europe/Paris", "2028-03-31T00:00Z", month, 31),
            // The nights before, clocks went from two to three.
            ("Europe/Paris", "2027-03-29T01:00Z", KeepWithin::days(1), 1),
            (
                "America/New_York",
                "2027-03-16T07:00Z",
                KeepWithin::days(2),
                2,
            ),
        ];
        let bucket = 0_usize..6;
        let all = (
            select(whens.to_vec()),
            1_i64..5,
            -4_i64..5,
            0_i64..7_200,
            bucket,
            any::<bool>(),
        );
        all.prop_map(
            |((zone, when, span, days), often, more, late, bucket, counts)| {
                let zone = TimeZone::get(zone).unwrap();
                let when = when.parse::<Timestamp>().unwrap().as_second() + late;
                let gap = days * 86_400 / (31 * often);
                let gap = if days > 7 { gap } else { gap / 2 };
                let whole = days * 86_400;
                let hours = u32::try_from(whole / 3600 + more * 6).unwrap();
                let hours = KeepWithin {
                    hours,
                    ..KeepWithin::default()
                };
                let number = u32::try_from(whole / gap + more).unwrap();
                let mut rules = KeepRules {
                    last: counts.then_some(Count::N(number)),
                    within: (!counts).then_some(hours),
                    ..KeepRules::default()
                };
                match bucket {
                    0 if counts => rules.within = Some(span),
                    0 | 1 => rules.within_hourly = Some(span),
                    2 => rules.within_daily = Some(span),
                    3 => rules.within_weekly = Some(span),
                    4 => rules.within_monthly = Some(span),
                    _ => rules.within_yearly = Some(span),
                }
                let first = when - whole - whole / 4;
                let moments = (0..whole * 3 / 2 / gap).map(|place| first + place * gap);
                let runs = moments.map(|at| {
                    let at = Timestamp::from_second(at).unwrap();
                    Run {
                        at,
                        offset_seconds: zone.to_offset(at).seconds(),
                    }
                });
                let runs = runs.collect();
                (rules, zone, runs)
            },
        )
    }

    /// What is kept is what a whole pass after each run keeps.
    fn as_a_pass(
        rules: &KeepRules,
        minor: u16,
        (clock, runs): (&TimeZone, &[Run]),
    ) -> Result<(), TestCaseError> {
        let version = ResticVersion::new(0, minor, 0);
        let forgets: Vec<Timestamp> = runs.iter().map(|run| run.at).collect();
        let quick = simulate_iterated(rules, version, runs, clock);
        let whole = simulate_with_forgets(rules, version, runs, (&forgets, clock));
        prop_assert_eq!(quick, whole);
        Ok(())
    }

    proptest! {
        #![proptest_config(no_files())]

        /// In any rhythm and on any clock.
        #[test]
        fn as_a_pass_after_each_run(rules in rules(), minor in 14_u16..19, (clock, runs) in runs()) {
            as_a_pass(&rules, minor, (&clock, &runs))?;
        }

        #[test]
        fn edges_move_back((rules, clock, runs) in moving_back(), minor in 14_u16..19) {
            as_a_pass(&rules, minor, (&clock, &runs))?;
        }
    }

    /// `within 1m` and the last 29 of a run a day: on 31 March what is later than the 3rd is kept for the span, on
    /// 1 April the 3rd as well, which the number has given up.
    #[test]
    fn what_is_still_there_is_taken_again() {
        let start = "2027-02-01T00:00Z".parse().unwrap();
        let runs = regular_runs(start, thrice_quantity::Seconds::DAY, 60);
        let rules = KeepRules {
            last: Some(Count::N(29)),
            within: KeepWithin::parse("1m"),
            ..KeepRules::default()
        };
        let version = ResticVersion::new(0, 16, 0);
        let history = simulate_iterated(&rules, version, &runs, &TimeZone::UTC).unwrap();
        let april = history.kept(59);
        // 3 March is the run of number 30.
        assert_eq!((april[0], april.len()), (30, 30));
    }
}
