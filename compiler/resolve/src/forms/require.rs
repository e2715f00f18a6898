//! `require`: what is demanded of the plan.

use thrice_model::{Demand, FaultKind, HostId, Requirement, Selection, StoreId, Survive};
use thrice_quantity::{CalendarSpan, MoneyPerMonth, Ratio, Seconds};

use crate::clauses::Construct;
use crate::codes::{OUT_OF_RANGE, REPEATED};
use crate::context::Context;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::forms::words::{any_target, at_least, compared, not_less, selection};
use crate::item::Item;
use crate::names::Kind;

/// `require`
pub const FORM: Construct = Construct {
    keyword: "require",
    inside: &[],
    form: "require copies >= N[, media >= N][, offsite >= N][, locked >= N] [within DURATION] for SELECTION\n\
           require survive any N of FAULT, … for SELECTION\n\
           require survive loss of NAME and NAME … for SELECTION\n\
           require headroom SHARE on STORE|HOST, …|all\n\
           require cost <= MONEY/month\n\
           require rpo <= DURATION[, guaranteed <= DURATION] for SELECTION\n\
           require rto <= DURATION for SELECTION\n\
           require history of SPAN with gap DURATION for SELECTION",
    text: "A demand that is proved or refuted, each with `[since PHASE] [until PHASE]` at its end. \
           SELECTION is `all`, `all state`, `all files`, `all items` or names of classes, perhaps \
           with `except CLASS, …`. FAULT is host, store, site, provider, credential, key, operator, \
           corruption, compromise or rot.",
    example: "require copies >= 3, media >= 2, offsite >= 1 for all\n\
              require survive any 1 of host, site, provider, credential, key for databases\n\
              require survive loss of vpai and truenas for all except music\n\
              require headroom 20 % on s3, truenas.tank\n\
              require cost <= 46 EUR/month\n\
              require rpo <= 26h, guaranteed <= 11 days for databases\n\
              require history of 120 days with gap 31 days for databases",
    clauses: &[],
};

/// The sorts of demands by their first word.
#[derive(Clone, Copy)]
enum Sort {
    Copies,
    Survive,
    Headroom,
    Cost,
    RecoveryPoint,
    RecoveryTime,
    History,
}

const SORTS: [(&str, Sort); 7] = [
    ("copies", Sort::Copies),
    ("survive", Sort::Survive),
    ("headroom", Sort::Headroom),
    ("cost", Sort::Cost),
    ("rpo", Sort::RecoveryPoint),
    ("rto", Sort::RecoveryTime),
    ("history", Sort::History),
];

const FAULTS: [(&str, FaultKind); 10] = [
    ("host", FaultKind::Host),
    ("store", FaultKind::Store),
    ("site", FaultKind::Site),
    ("provider", FaultKind::Provider),
    ("credential", FaultKind::Credential),
    ("key", FaultKind::Key),
    ("operator", FaultKind::Operator),
    ("corruption", FaultKind::Corruption),
    ("compromise", FaultKind::Compromise),
    ("rot", FaultKind::Rot),
];

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    let read = read_demand(&mut cursor, draft);
    let written = cursor.lifetime(draft);
    cursor.end();
    let Some((demand, selection)) = read else {
        return;
    };
    let span = item.statement.head();
    let everything = Selection {
        classes: draft.classes.iter().map(|(at, _)| at.into()).collect(),
        all: true,
        kind: None,
        span,
    };
    draft.requirements.push(Requirement {
        demand,
        selection: selection.unwrap_or(everything),
        lifetime: written.on(&[], draft.start),
        span,
    });
}

/// The demand, and for which classes if it is about classes.
fn read_demand(cursor: &mut Cursor<'_>, draft: &Draft) -> Option<(Demand, Option<Selection>)> {
    let (sort, _) = cursor.choice("a demand", &SORTS)?;
    let demand = match sort {
        Sort::Headroom => return Some((headroom(cursor, draft)?, None)),
        Sort::Cost => {
            compared(cursor, "<=", "require cost <= 46 EUR/month")?;
            let (MoneyPerMonth(money), _) = cursor.quantity::<MoneyPerMonth>()?;
            return Some((Demand::Cost(money), None));
        }
        Sort::Copies => copies(cursor),
        Sort::Survive => survive(cursor).map(Demand::Survive),
        Sort::RecoveryPoint => recovery_point(cursor),
        Sort::RecoveryTime => at_most(cursor, "rto").map(Demand::RecoveryTime),
        Sort::History => history(cursor),
    };
    // What it is about is read even if the demand has a mistake that does not matter to that.
    cursor.expect("for", "… for all, or for the names of classes")?;
    let selection = selection(cursor, draft);
    Some((demand?, Some(selection?)))
}

fn at_most(cursor: &mut Cursor<'_>, word: &str) -> Option<Seconds> {
    compared(cursor, "<=", &format!("require {word} <= 26h for all"))?;
    cursor.quantity::<Seconds>().map(|(time, _)| time)
}

fn recovery_point(cursor: &mut Cursor<'_>) -> Option<Demand> {
    let nominal = at_most(cursor, "rpo")?;
    let mut guaranteed = None;
    if cursor.take_comma() {
        let form = "require rpo <= 26h, guaranteed <= 6 days for all";
        cursor.expect("guaranteed", form)?;
        compared(cursor, "<=", form)?;
        let (time, span) = cursor.quantity::<Seconds>()?;
        guaranteed = Some(not_less(cursor, nominal, time, span)?);
    }
    Some(Demand::RecoveryPoint {
        nominal,
        guaranteed,
    })
}

fn copies(cursor: &mut Cursor<'_>) -> Option<Demand> {
    let copies = at_least(cursor, "copies");
    let mut further = [("media", None), ("offsite", None), ("locked", None)];
    while cursor.take_comma() {
        let words = [("media", 0), ("offsite", 1), ("locked", 2)];
        let (at, span) = cursor.choice("`media`, `offsite` or `locked`", &words)?;
        let (word, place) = further.get_mut(at)?;
        if place.is_some() {
            let message = format!("`{word}` is demanded twice");
            cursor.error::<()>(
                REPEATED,
                span,
                message,
                "said again",
                "keep the one that holds",
            );
        }
        *place = Some(at_least(cursor, word));
    }
    let within = match cursor.take_words("within") {
        true => Some(cursor.quantity::<Seconds>()?),
        false => None,
    };
    // Said and unreadable is not the same as not said.
    let [media, offsite, locked] = further.map(|(_, said)| said.unwrap_or(Some(0)));
    Some(Demand::Copies {
        copies: copies?,
        media: media?,
        offsite: offsite?,
        locked: locked?,
        within,
    })
}

fn survive(cursor: &mut Cursor<'_>) -> Option<Survive> {
    if cursor.take_words("loss of") {
        let mut all = Vec::new();
        loop {
            let target = any_target(cursor);
            match target.filter(|(target, _)| all.contains(target)) {
                Some((_, span)) => {
                    let message = format!("`{}` is lost twice", cursor.cx.text(span));
                    cursor.error::<()>(REPEATED, span, message, "named again", "keep one of them");
                }
                None => all.extend(target.map(|(target, _)| target)),
            }
            if cursor.is_lost() || !cursor.take_words("and") {
                return (!all.is_empty()).then_some(Survive::Loss(all));
            }
        }
    }
    if !cursor.take_words("any") {
        let help = "write `survive any 1 of host, site` or `survive loss of vpai and truenas`";
        return cursor.wrong("`any` or `loss of`", help);
    }
    let (count, span) = cursor.count("a number of faults")?;
    if !(1..=8).contains(&count) {
        let help = "write 1 or 2; each more makes the proof much larger";
        let message = format!("`{count}` faults at once are out of range");
        cursor.error::<()>(OUT_OF_RANGE, span, message, "from 1 to 8", help);
    }
    cursor.expect("of", "survive any 1 of host, site")?;
    let mut kinds: Vec<FaultKind> = Vec::new();
    for (kind, span) in cursor.list(|cursor| cursor.choice("a kind of fault", &FAULTS)) {
        if kinds.contains(&kind) {
            let message = format!("`{}` is named twice", cursor.cx.text(span));
            cursor.error::<()>(REPEATED, span, message, "named again", "keep one of them");
        } else {
            kinds.push(kind);
        }
    }
    Some(Survive::Any { count, kinds })
}

fn headroom(cursor: &mut Cursor<'_>, draft: &Draft) -> Option<Demand> {
    let (part, span) = cursor.quantity::<Ratio>()?;
    if part >= Ratio::ONE {
        let message = "a store that is empty is no store";
        cursor.error::<()>(
            OUT_OF_RANGE,
            span,
            message,
            "less than 100 %",
            "write `headroom 20 %`",
        );
    }
    cursor.expect("on", "require headroom 20 % on s3, truenas.tank")?;
    let mut stores: Vec<StoreId> = if cursor.take_words("all") {
        draft
            .stores
            .iter()
            .map(|(at, _)| StoreId::from(at))
            .collect()
    } else {
        let named = cursor.list(|cursor| cursor.reference_any(&[Kind::Store, Kind::Host]));
        let of = |(kind, index): (Kind, u32)| match kind {
            Kind::Store => vec![StoreId::new(index)],
            _ => stores_of(draft, HostId::new(index)),
        };
        named
            .into_iter()
            .flat_map(|(kind, index, _)| of((kind, index)))
            .collect()
    };
    stores.sort_unstable();
    stores.dedup();
    Some(Demand::Headroom { part, stores })
}

fn stores_of(draft: &Draft, host: HostId) -> Vec<StoreId> {
    let of = draft.stores.iter().filter(|(_, store)| store.host == host);
    of.map(|(at, _)| StoreId::from(at)).collect()
}

/// Months are as long as they can be: the demand holds wherever they fall.
fn history(cursor: &mut Cursor<'_>) -> Option<Demand> {
    let form = "require history of 120 days with gap 31 days for all";
    cursor.expect("of", form)?;
    let (reach, _) = cursor.quantity::<CalendarSpan>()?;
    cursor.expect("with", form)?;
    cursor.expect("gap", form)?;
    let (gap, _) = cursor.quantity::<Seconds>()?;
    Some(Demand::History {
        reach: reach.to_seconds_max(),
        gap,
    })
}
