//! How soon a class is back that something took at some moment.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rand::RngExt as _;
use thrice_model::{ClassId, Demand, Mishap, Obligation, Target};
use thrice_plan::{CopyId, CopyKind};
use thrice_quantity::Seconds;
use thrice_simulate::{Losses, Restoring, Sizes, simulate, with_needs};

use super::drawn::within;
use super::{Came, Trial, second};
use crate::Random;
use crate::stands::moment::Moment;
use crate::stands::settled_days;

impl Trial<'_> {
    /// Whether a class is in use again in time, with all that it needs, whatever a requirement or the floor asks about happens
    /// at some moment.
    pub(super) fn is_back(&self, class: ClassId, random: &mut Random) -> Came {
        let plan = within(self.plan, random);
        let Some(due) = self.due(class) else {
            return Came::NotPlayed;
        };
        let Some(at) = self.at(class, random) else {
            return Came::NotPlayed;
        };
        let moment = Moment {
            plan: &plan,
            period: self.period,
            class,
            settled: 0,
            at,
        };
        let home = plan.model.classes[class].home.store;
        // Without a requirement it is the loss of its own store that is asked about, and that of its own host.
        let store = vec![Mishap::Lose(Target::Store(home))];
        let host = moment.floor();
        let mishaps = match random.random_range(0..5) {
            0 => store,
            1 => host,
            2 => moment.asked(random),
            // Most of several at once take nothing of it.
            _ => {
                let takes_it = |all: &Vec<Mishap>| {
                    all.len() > 1 && all.iter().any(|m| store.contains(m) || host.contains(m))
                };
                let mut drawn = (0..6).map(|_| moment.asked(random));
                drawn.find(takes_it).unwrap_or(host)
            }
        };
        let mut case = moment.case(&mishaps, random);
        case.classes = BTreeSet::new();
        let course = simulate(&plan, &case);
        let mut also: BTreeSet<ClassId> = BTreeSet::new();
        let mut empty = BTreeSet::new();
        for outcome in &course.outcomes {
            if !outcome.live {
                also.insert(outcome.class);
            }
            let of_no_use = outcome.copies.iter().filter(|state| {
                let live = plan.copies[state.copy].kind == CopyKind::Live;
                !live && (state.why_not.is_some() || state.newest.is_none())
            });
            empty.extend(of_no_use.map(|state| state.copy));
        }
        // Where the faults take nothing of it but a key, or nothing at all, no promise may rest on that the data is still there.
        let keys = mishaps
            .iter()
            .all(|m| matches!(m, Mishap::Lose(Target::Key(_))));
        let mine = |copy: &CopyId| plan.copies[*copy].class == class;
        if keys || !empty.iter().any(mine) {
            also.insert(class);
        }
        // Whose vaults are gone with it, and whose keys therefore wait for them.
        let lost = mishaps.iter().filter_map(|mishap| mishap.lost());
        let mut losses = Losses {
            at,
            day: at.to_zoned(TimeZone::UTC).date(),
            lost: lost.collect(),
            also,
            empty,
            classes: BTreeSet::new(),
            asking: BTreeSet::new(),
            sizes: Sizes::Most,
        };
        let needs = with_needs(&plan, class);
        let of = Obligation::RecoveryTime;
        let promised = needs.iter().all(|class| {
            let name = &self.period.name;
            self.kept.promises(of, *class, name, &plan)
        });
        let vaults_come_back = plan.model.vaults.values().any(|vault| vault.data.is_some());
        let mut otherwise = None;
        // Of several copies the play takes the one that is there first if nothing else comes: where a key is waited for, that may
        // be the wrong one, and somebody may take the next.
        let (restored, from, back) = loop {
            let restored = Restoring::after(&plan, &losses).play(Some(class));
            let Some(own) = restored.iter().find(|restored| restored.class == class) else {
                return Came::NotPlayed;
            };
            // That nothing is left is survival's.
            let Some(from) = own.from else {
                match otherwise {
                    Some(first) => break first,
                    None => return Came::NotPlayed,
                }
            };
            let back = if promised { own.back } else { own.in_use };
            let left = restored
                .iter()
                .all(|r| !needs.contains(&r.class) || r.from.is_some());
            if (!left && otherwise.is_none()) || back.is_some_and(|back| back <= due) {
                return Came::AsSaid;
            }
            let waits = plan.copies[from].key.is_some() && vaults_come_back;
            let first = otherwise.take().unwrap_or((restored, from, back));
            if !waits || !losses.empty.insert(from) {
                break first;
            }
            otherwise = Some(first);
        };
        let all = restored.iter().map(|r| {
            let name = &plan.model.classes[r.class].named.name;
            let from = r.from.map(|copy| self.place(copy));
            format!(
                "\n  `{name}` of {} from {from:?} due {:?}, begins {}, there {:?}, in use {:?}",
                r.bytes, r.due, r.begins, r.there, r.in_use
            )
        });
        // Losses take what they take. Hostile hands and mistakes may do more than they do here, or do it before somebody has acted,
        // and a vault may come back by chance, from what is not always there: where that may leave nothing, it is told by
        // survival, and of times nothing is promised.
        let losses = mishaps.iter().all(|m| matches!(m, Mishap::Lose(_)));
        let told = match losses && !vaults_come_back {
            true => Came::Otherwise,
            false => Came::IfSomethingIsLeft,
        };
        told(format!(
            "`{}` is back from {} after {back:?}, not {due}, {mishaps:?} at {at}{}",
            plan.model.classes[class].named.name,
            self.place(from),
            all.collect::<String>()
        ))
    }

    /// How soon a class must be back, by its own clause and by requirements.
    fn due(&self, class: ClassId) -> Option<Seconds> {
        let model = &self.plan.model;
        let required = model.requirements.iter().filter_map(|required| {
            let there = required.lifetime.contains(self.period.from);
            match required.demand {
                Demand::RecoveryTime(time) if there && required.selection.contains(class) => {
                    Some(time)
                }
                _ => None,
            }
        });
        let own = model.classes[class].asked().rto.map(|(time, _)| time);
        required.chain(own).min()
    }

    /// A moment at which all that is new in the period has had its time.
    fn at(&self, class: ClassId, random: &mut Random) -> Option<Timestamp> {
        let plan = self.plan;
        let lives = plan.model.classes[class].lifetime;
        let days = plan
            .model
            .classes
            .ids()
            .map(|id| settled_days(plan, id))
            .max()?;
        let from = self
            .period
            .from
            .max(lives.from)
            .checked_add(days.days())
            .ok()?;
        let until = lives
            .until
            .map_or(self.period.until, |until| until.min(self.period.until));
        let (from, until) = (second(from)?.as_second(), second(until)?.as_second());
        let until = until - plan.model.policy.response.0 * 2;
        (from < until).then(|| Timestamp::from_second(random.random_range(from..until)).ok())?
    }
}
