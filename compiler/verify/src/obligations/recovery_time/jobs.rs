//! What must be restored after faults, from where, over which links.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::Date;
use thrice_model::{Class, ClassId, ClassKind, HostId, HostKind};
use thrice_plan::{Copy, CopyId, CopyKind, FOR_EVER, Period};
use thrice_quantity::{Bytes, BytesPerSecond, Seconds};

use super::super::capacity::bound::Bounds;
use super::super::capacity::size_on;
use super::super::lateness::last_day;
use super::super::recovery_point::asked_of;
use super::Due;
use super::keys::{Before, Waiting};
use super::urgency::Job;
use crate::context::Context;
use crate::faults::{self, Struck, Useless, Why};

/// What a state needs at least an hour for where nothing is said: loading, indexes, a look at it.
const FINISH_STATE: Seconds = Seconds::HOUR;

/// What is not stated, so that a restore cannot be timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Missing {
    /// The speed of a host's line.
    Link(HostId),
    /// The size of a class.
    Size(ClassId),
}

/// What ways go over: hosts (0) and networks (1), by their place.
pub(super) type Ways = BTreeSet<(u8, u32)>;

/// A restore of one class.
#[derive(Clone, Debug)]
pub(crate) struct Restore {
    pub class: ClassId,
    /// The copy it comes from: of several that have all of it the one that comes fastest.
    pub copy: CopyId,
    /// Whether all copies that are left have all of it, and nothing but that.
    pub(super) all_have_all: bool,
    /// The first day of its period.
    in_force: Date,
    pub(super) due: Due,
    pub(super) setup: Seconds,
    /// The least that setup may take.
    pub(super) soonest: Seconds,
    pub(super) finish: Seconds,
    pub(super) bytes: Bytes,
    /// The day on which it is so much.
    pub(super) day: Date,
    /// The slowest of its links; or what is not stated.
    pub(super) speed: Result<BytesPerSecond, Vec<Missing>>,
    /// What it shares with others: hosts, and networks by their place.
    pub(super) ways: Ways,
    /// The host whose link it is.
    pub(super) slowest: HostId,
    /// What comes before it.
    pub(super) before: Before,
    /// Whether some key is not at hand: then it may come from elsewhere, or wait.
    pub(super) may_wait: bool,
}

impl Restore {
    /// Name of the store it comes from.
    pub(super) fn from<'p>(&self, context: &Context<'p>) -> &'p str {
        context.store_name(context.plan.copies[self.copy].location.store)
    }

    /// The same with as much as there is on a day.
    pub(super) fn on(&self, context: &Context<'_>, day: Date) -> Self {
        Self {
            day,
            bytes: self.most(Bounds::new(context, self.in_force), day),
            ..self.clone()
        }
    }

    /// The same if the class is otherwise.
    pub(super) fn if_it_is(&self, context: &Context<'_>, class: &Class) -> Self {
        let bounds = Bounds::new(context, self.in_force);
        Self {
            bytes: self.most(bounds.with(self.class, class), self.day),
            ..self.clone()
        }
    }

    fn most(&self, bounds: Bounds<'_, '_>, day: Date) -> Bytes {
        bounds.comes_back(self.copy, day)
    }

    /// Whether it can be timed: sizes and speeds are stated.
    pub(crate) const fn is_timed(&self) -> bool {
        self.speed.is_ok()
    }

    /// Whether it comes over a line that carries just so much.
    pub(super) fn is_over(
        &self,
        context: &Context<'_>,
        speed: BytesPerSecond,
        way: (u8, u32),
    ) -> bool {
        let model = &context.plan.model;
        let carries = match way {
            (0, host) => model
                .hosts
                .get(HostId::new(host))
                .and_then(|host| host.link),
            (_, network) => {
                let network = model.networks.get(network as usize);
                network.and_then(|network| network.speed)
            }
        };
        self.ways.contains(&way) && carries == Some(speed)
    }

    /// When its last byte must have come.
    pub(super) fn deadline(&self) -> Seconds {
        self.due.0.saturating_sub(self.finish)
    }

    pub(super) fn job(&self) -> Job {
        Job {
            arrival: self.setup.max(self.before.opened),
            soonest: self.soonest,
            deadline: self.deadline(),
            bytes: self.bytes,
        }
    }
}

/// What there is to restore from in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum From {
    /// All copies: in the long run.
    All,
    /// Those of the time before: what is new has not been filled yet.
    Old,
}

/// The classes with a due time, and what they need, and that needs in turn: that is due as soon.
pub(super) fn wanted(
    context: &Context<'_>,
    due: &BTreeMap<ClassId, Due>,
) -> BTreeMap<ClassId, Due> {
    let mut wanted: BTreeMap<ClassId, Due> = due.clone();
    let mut next: Vec<ClassId> = due.keys().copied().collect();
    while let Some(class) = next.pop() {
        let Some(due) = wanted.get(&class).copied() else {
            continue;
        };
        for need in &context.plan.model.classes[class].needs {
            if wanted.get(&need.class).is_none_or(|known| due < *known) {
                wanted.insert(need.class, due);
                next.push(need.class);
            }
        }
    }
    wanted
}

/// For each of these classes, and for all that they need, those among them that need it, itself included, with how soon they
/// must be back.
pub(super) fn asking(
    context: &Context<'_>,
    due: &BTreeMap<ClassId, Due>,
) -> BTreeMap<ClassId, BTreeMap<ClassId, Seconds>> {
    let mut out: BTreeMap<ClassId, BTreeMap<ClassId, Seconds>> = BTreeMap::new();
    for (class, (time, _)) in due {
        let mut next = vec![*class];
        while let Some(needed) = next.pop() {
            if out
                .entry(needed)
                .or_default()
                .insert(*class, *time)
                .is_none()
            {
                let needs = &context.plan.model.classes[needed].needs;
                next.extend(needs.iter().map(|need| need.class));
            }
        }
    }
    out
}

/// What is looked at: a period, what there is to restore from in it, and how soon what must be back, those that
/// others need with them.
#[derive(Clone, Copy)]
pub(super) struct Scope<'c, 'p> {
    pub context: &'c Context<'p>,
    pub period: &'c Period,
    pub from: From,
    pub wanted: &'c BTreeMap<ClassId, Due>,
}

impl Scope<'_, '_> {
    /// Whether there is anything that has not been filled yet when the period begins.
    pub(super) fn has_new(&self) -> bool {
        let is_new = |id: &CopyId| self.context.plan.copies[*id].lifetime.from >= self.period.from;
        let mut classes = self.wanted.keys();
        classes.any(|class| {
            self.context
                .copies_there(*class, self.period)
                .iter()
                .any(is_new)
        })
    }

    /// Whose copies are of no use, of a class whose data where it lives is gone; nothing where it is left.
    pub(super) fn lost(&self, struck: &Struck, class: ClassId) -> Option<Useless> {
        let there = self.context.copies_there(class, self.period);
        let useless = struck.useless(self.context, &there);
        let is_lost = match struck.live_is_lost() {
            true => useless.iter().any(|(id, _)| self.is_live(id)),
            false => self.is_taken(&there, &useless),
        };
        is_lost.then_some(useless)
    }

    /// How a class comes back that is lost, as soon as somebody asks for it.
    pub(super) fn of_lost(
        &self,
        class: ClassId,
        useless: &Useless,
        waiting: &Waiting,
    ) -> Option<Restore> {
        let never = || (FOR_EVER, self.context.plan.model.classes[class].named.span);
        let due = self.wanted.get(&class).copied().unwrap_or_else(never);
        let there = self.context.copies_there(class, self.period);
        self.restore((class, due), (&there, useless), waiting)
    }

    fn is_live(&self, copy: CopyId) -> bool {
        self.context.plan.copies[copy].kind == CopyKind::Live
    }

    /// Whether faults take the data itself.
    pub(super) fn is_taken(&self, there: &[CopyId], useless: &Useless) -> bool {
        let mut live = there.iter().filter(|id| self.is_live(**id));
        live.any(|id| useless.get(*id).is_some_and(|why| why != Why::LiveDataLost))
    }

    /// How a class comes back of whose copies some are of no use.
    pub(super) fn restore(
        &self,
        (class, due): (ClassId, Due),
        (there, useless): (&[CopyId], &Useless),
        waiting: &Waiting,
    ) -> Option<Restore> {
        let (context, period) = (self.context, self.period);
        let is_old = |id: &&CopyId| context.plan.copies[**id].lifetime.from < period.from;
        let old: Vec<CopyId> = match self.from {
            From::All => Vec::new(),
            From::Old => there.iter().filter(is_old).copied().collect(),
        };
        let copies = match self.from {
            From::All => there,
            From::Old => &old,
        };
        let mut restore = restore(context, (copies, useless), waiting, (class, due), period)?;
        if self.from == From::Old {
            restore = restore.on(context, filled(context, there, period));
        }
        Some(restore)
    }
}

/// The day by which what is new of a class in a period has surely been filled, or the last one of the period.
fn filled(context: &Context<'_>, ids: &[CopyId], period: &Period) -> Date {
    let copies = ids.iter().map(|id| &context.plan.copies[*id]);
    let new = copies.filter(|copy| copy.lifetime.from >= period.from);
    let Seconds(longest) = new.map(|copy| copy.staleness).max().unwrap_or_default();
    let days = longest.div_euclid(Seconds::DAY.0).saturating_add(1);
    let last = last_day(period, period.slip_days);
    let day = period.from.checked_add(days.min(36_525).days());
    day.map_or(last, |day| day.min(last))
}

/// `None` where the data is still there, or nothing is left: that is survival's.
pub(super) fn restore(
    context: &Context<'_>,
    (ids, useless): (&[CopyId], &Useless),
    waiting: &Waiting,
    (id, due): (ClassId, Due),
    period: &Period,
) -> Option<Restore> {
    let plan = context.plan;
    let live = |copy: &Copy| copy.kind == CopyKind::Live;
    let lost = ids
        .iter()
        .any(|copy| live(&plan.copies[*copy]) && useless.contains(*copy));
    if !lost {
        return None;
    }
    let class = &plan.model.classes[id];
    let home = plan.host_of(class.home.store);
    let found = ids
        .iter()
        .filter(|copy| !useless.contains(**copy))
        .map(|copy| (*copy, &plan.copies[*copy]))
        .filter(|(_, copy)| copy.counts && !live(copy) && waiting.at_hand(copy).is_some())
        .map(|(id, copy)| (id, path(context, context.host(copy), home)));
    let found: Vec<_> = found.collect();
    // What comes back must be as new as is asked for, if there is any such copy: in time by one copy and new enough by
    // another is neither.
    let asked = asked_of(context, id, period);
    let is_new = |(copy, _): &&(CopyId, Way)| {
        let copy = &plan.copies[*copy];
        let ages = [copy.nominal_staleness, copy.staleness];
        let mut each = asked.iter().zip(ages);
        each.all(|(asked, age)| asked.is_none_or(|asked| age <= asked))
    };
    // One on its way that waits until files are of some age, or lets them go at one, or is made on demand, has not all of it at
    // any moment.
    let has_all = |(copy, _): &&(CopyId, Way)| {
        let ends = last_day(period, period.slip_days);
        faults::stays(context, &plan.copies[*copy], ends)
    };
    let new: Vec<_> = found.iter().filter(is_new).cloned().collect();
    let are_old = !new.is_empty() && new.len() < found.len();
    // Where what is new lies for a while only, it may come from what is old.
    let found = match new.iter().any(|new| has_all(&new)) {
        true => new,
        false => found,
    };
    let day = last_day(period, period.slip_days);
    let bounds = Bounds::new(context, period.from);
    let Around {
        setup,
        soonest,
        finish,
    } = around(context, class);
    // How soon it is there if nothing else comes matters only where keys do not come at once.
    let size = size_on(context, class, day);
    let alone = |copy: CopyId, speed: Option<BytesPerSecond>| {
        let time = match class.size {
            Some(_) => speed?.time_for(size)?,
            None => Seconds::ZERO,
        };
        let at_hand = waiting.at_hand(&plan.copies[copy])?;
        Some(setup.max(at_hand).saturating_add(time))
    };
    let speed = |(id, (speed, ..)): &(CopyId, Way)| {
        let speed = speed.as_ref().ok().copied();
        let there = match waiting.is_empty() {
            true => None,
            false => Some(Reverse(alone(*id, speed).unwrap_or(FOR_EVER))),
        };
        (there, speed, Reverse(*id))
    };
    // Of several copies the one that comes fastest; those that cannot be timed do not help. Where none has all of it, some
    // comes from the slowest.
    let all_have_all = !are_old && found.iter().all(|found| has_all(&found));
    let fastest = found
        .iter()
        .filter(has_all)
        .max_by_key(|found| speed(found));
    let slowest = || found.iter().min_by_key(|found| speed(found));
    let (copy, (speed, ways, slowest)) = fastest.or_else(slowest)?.clone();
    let speed = match (speed, class.size) {
        (Ok(speed), Some(_)) => Ok(speed),
        (Err(missing), Some(_)) => Err(missing),
        (Ok(_), None) => Err(vec![Missing::Size(id)]),
        (Err(mut missing), None) => {
            missing.push(Missing::Size(id));
            Err(missing)
        }
    };
    let bytes = bounds.comes_back(copy, day);
    let is_more = bytes > size;
    Some(Restore {
        class: id,
        copy,
        all_have_all: all_have_all && !is_more,
        in_force: period.from,
        due,
        setup,
        soonest,
        finish,
        // Late as its end may be: then it is largest.
        bytes,
        day,
        speed,
        ways,
        slowest,
        before: Before::default(),
        may_wait: !waiting.is_empty(),
    })
}

/// How long takes at most what comes before the bytes, at least, and what comes after them.
pub(super) struct Around {
    pub setup: Seconds,
    pub soonest: Seconds,
    pub finish: Seconds,
}

pub(super) fn around(context: &Context<'_>, class: &Class) -> Around {
    let setup = class.asked().restore_setup.as_ref();
    let response = context.plan.model.policy.response;
    let (soonest, setup) =
        setup.map_or((response, response), |(time, _)| (time.low(), time.high()));
    let finish = match (&class.asked().restore_finish, class.kind) {
        (Some((time, _)), _) => time.high(),
        (None, ClassKind::State) => FINISH_STATE,
        (None, _) => Seconds::ZERO,
    };
    Around {
        setup,
        soonest,
        finish,
    }
}

type Way = (Result<BytesPerSecond, Vec<Missing>>, Ways, HostId);

/// The way between two hosts: its speed, what it shares, and whose link is the slowest. An object
/// storage that states no speed is taken to be as fast as the other end.
fn path(context: &Context<'_>, from: HostId, to: HostId) -> Way {
    let model = &context.plan.model;
    let mut ways: Ways = [(0, from.index()), (0, to.index())].into();
    let mut missing = Vec::new();
    let mut slowest: Option<(BytesPerSecond, HostId)> = None;
    for host in [from, to] {
        let data = &model.hosts[host];
        match data.link {
            Some(link) => {
                if slowest.is_none_or(|(speed, _)| link < speed) {
                    slowest = Some((link, host));
                }
            }
            None if data.kind == HostKind::ObjectStorage => {}
            None => missing.push(Missing::Link(host)),
        }
    }
    for (index, network) in (0_u32..).zip(&model.networks) {
        let joined = network.hosts.contains(&from) && network.hosts.contains(&to);
        if let Some(speed) = network.speed.filter(|_| joined) {
            ways.insert((1, index));
            if slowest.is_none_or(|(other, _)| speed < other) {
                slowest = Some((speed, to));
            }
        }
    }
    if missing.is_empty() && slowest.is_none() {
        missing.push(Missing::Link(to));
    }
    match slowest.filter(|_| missing.is_empty()) {
        Some((speed, host)) => (Ok(speed), ways, host),
        None => (Err(missing), ways, to),
    }
}
