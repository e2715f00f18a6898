//! Classes.

use insta::assert_snapshot;
use jiff::civil::date;
use thrice_model::{ClassKind, Label};
use thrice_quantity::{Bytes, BytesPerDay, RatioPerMonth, Seconds};

use crate::support::{model, shown, with_places};

const HOSTS: &str = "\
host vpai at ovh/gravelines since t0 { store local; service postgres; service n8n }
nas truenas at home/rack since nas { store tank }
host app at ovh/gravelines { service nextcloud; service postgres }
";

fn with(source: &str) -> String {
    with_places(&format!("{HOSTS}{source}"))
}

#[test]
fn a_class_with_all_its_clauses() {
    let model = model(&with(
        "/// All of it.
class databases is state on vpai.local:/var/lib/postgresql/ {
    service postgres
    parts n8n, \"open claw\", litellm; undeclared warn
    size 150..600 MB; growth 0..20 GB/year; churn 5..600 MB/day
    fields { n8n.credentials.data credential; n8n internal; rest personal }
    needs configs within 1 day; needs music
    browsed by nextcloud; browsed by n8n
    rpo 26h, guaranteed 6 days; rto 4h; retain at least 120 days, at most 14 months
    restore setup 30m..1h; restore finish 15m
    noticed within 1 month
}
class configs is files on vpai.local:/opt
class music is items on truenas.tank",
    ));
    let mut classes = model.classes.iter();
    let (_, class) = classes.find(|(_, c)| c.named.name == "databases").unwrap();
    assert_eq!(
        (class.kind, class.named.doc.as_str()),
        (ClassKind::State, "All of it.")
    );
    assert_eq!(class.home.path, "/var/lib/postgresql");
    assert_eq!(
        model.services[class.service.unwrap()].named.name,
        "vpai.postgres",
        "that of its host"
    );
    let parts: Vec<&str> = class.parts.iter().map(|(part, _)| part.as_str()).collect();
    assert_eq!(parts, ["n8n", "open claw", "litellm"]);
    assert!(!class.undeclared_fail);
    assert_eq!(class.size.unwrap().0.high(), Bytes(600_000_000));
    assert!(class.growth_volume.is_some() && class.growth_stated.is_some());
    assert_eq!(
        class.growth.high(),
        RatioPerMonth::new(0),
        "all growth is in volume"
    );
    assert_eq!(class.churn.unwrap().0.low(), BytesPerDay::new(5_000_000));
    let labels: Vec<(&str, Label)> = class.fields.iter().map(|f| (&*f.name, f.label)).collect();
    assert_eq!(
        labels,
        [
            ("n8n.credentials.data", Label::Credential),
            ("n8n", Label::Internal),
            ("rest", Label::Personal)
        ]
    );
    assert_eq!(class.needs[0].within, Some(Seconds::DAY));
    assert_eq!(class.needs[1].within, None);
    let browsed: Vec<&str> = class
        .browsed_by
        .iter()
        .map(|(id, _)| &*model.services[*id].named.name)
        .collect();
    assert_eq!(browsed, ["app.nextcloud", "vpai.n8n"]);
    assert_eq!(class.asked().rpo.unwrap().0, Seconds::hours(26));
    assert_eq!(class.asked().rpo_guaranteed.unwrap().0, Seconds::days(6));
    assert_eq!(class.asked().rto.unwrap().0, Seconds::hours(4));
    assert_eq!(class.asked().restore_setup.unwrap().0.high(), Seconds::HOUR);
    assert_eq!(
        class.asked().restore_finish.unwrap().0.low(),
        Seconds::minutes(15)
    );
    assert_eq!(class.asked().retain_at_least.unwrap().0, Seconds::days(120));
    assert_eq!(
        class.asked().retain_at_most.unwrap().0,
        Seconds::days(424),
        "14 months at their shortest"
    );
    assert_eq!(
        class.asked().noticed_within.unwrap().0,
        Seconds::days(31),
        "a month at its longest"
    );
}

#[test]
fn a_class_that_says_nothing() {
    let model = model(&with("class c is items on truenas.tank"));
    let (_, class) = model.classes.iter().next().unwrap();
    assert_eq!(
        (class.kind, class.home.path.as_str()),
        (ClassKind::Items, "/")
    );
    assert_eq!(class.lifetime.from, date(2026, 8, 15), "that of its store");
    assert!(class.undeclared_fail && class.size.is_none() && class.churn.is_none());
    assert_eq!(
        (class.growth.low(), class.growth.high()),
        (RatioPerMonth::new(0), RatioPerMonth::new(50_000))
    );
    assert_eq!(class.growth_stated, None);
}

#[test]
fn growth_by_ratio() {
    let model = model(&with(
        "class c is items on truenas.tank { growth 1..3 %/month }",
    ));
    let (_, class) = model.classes.iter().next().unwrap();
    assert_eq!(class.growth.high(), RatioPerMonth::new(30_000));
    assert!(class.growth_volume.is_none() && class.growth_stated.is_some());
}

#[test]
fn heads_refused() {
    assert_snapshot!(shown(&with(
        "class
class a
class b is stat on vpai.local
class c is state at vpai.local
class d is state on vpai
class e is state on vpai.locl:/x
class f is state on vpai.local:relative
class g is files on truenas.tank since t0
class h is files on vpai.local since nas until t0
class i is files on vpai.local forever
class 7 is files on vpai.local"
    )));
}

#[test]
fn clauses_refused() {
    assert_snapshot!(shown(&with(
        "class a is state on vpai.local { size 80; growth 3 %; churn 5 MB; rpo 26; rto soon; needs b; colour red }
class c is state on vpai.local {
    parts n8n, n8n; undeclared ignore; service mysql; browsed by postgres, nextcloud
    fields { m8n.x personal; n8n.y secret; rest personal; rest internal }
    retain at least 2 years, at most 1 year; noticed 3 days; size 2..1 GB; size 1 GB
}
class d is state on vpai.local { retain at most 1 year, at most 2 years; fields; parts }
class e is state on vpai.local { retain 3 years; growth 1 %/month..2 GB/year; needs vpai within 1 day }"
    )));
}

#[test]
fn a_class_that_needs_itself() {
    assert_snapshot!(shown(&with(
        "class a is state on vpai.local { needs b; needs a within 1 day }
class b is files on vpai.local { needs a }"
    )));
}
