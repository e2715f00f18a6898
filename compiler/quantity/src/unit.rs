//! The units a policy may write, their dimensions, and help with their spelling.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::growth::GrowthPeriod;
use crate::money::Currency;
use crate::size::VolumePeriod;

/// What a quantity measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Bytes: `200 MB`.
    Size,
    /// A fixed length of time: `26h`.
    Duration,
    /// A length of time that may count months and years: `14 months`, `120 days`.
    Span,
    /// An amount of money: `300 EUR`.
    Money,
    /// Money each month: `4.99 EUR/month`.
    MonthlyCost,
    /// Money by volume: `1 EUR/TB`, `5.99 EUR/TB/month`.
    VolumePrice,
    /// A share: `20 %`.
    Ratio,
    /// Bytes a second: `1.2 MB/s`, `10 Mbit/s`.
    Bandwidth,
    /// Bytes over a longer time: `30 MB/day`, `20 GB/year`.
    VolumePerTime,
    /// Growth by a share: `3 %/month`.
    RelativeGrowth,
}

impl Dimension {
    /// With its article: `a size`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Size => "a size",
            Self::Duration => "a duration",
            Self::Span => "a span of time",
            Self::Money => "an amount of money",
            Self::MonthlyCost => "a cost per month",
            Self::VolumePrice => "a price by volume",
            Self::Ratio => "a share",
            Self::Bandwidth => "a bandwidth",
            Self::VolumePerTime => "a volume over time",
            Self::RelativeGrowth => "a relative growth",
        }
    }

    /// One of it, as it would be written.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Self::Size => "200 MB",
            Self::Duration => "26h",
            Self::Span => "14 months",
            Self::Money => "300 EUR",
            Self::MonthlyCost => "4.99 EUR/month",
            Self::VolumePrice => "1 EUR/TB",
            Self::Ratio => "20 %",
            Self::Bandwidth => "1.2 MB/s",
            Self::VolumePerTime => "30 MB/day",
            Self::RelativeGrowth => "3 %/month",
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A unit, resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// So many bytes.
    Size(u64),
    /// So many seconds.
    Time(u64),
    /// So many calendar months.
    Months(u32),
    /// A hundredth.
    Percent,
    /// One unit of the currency.
    Money(Currency),
    /// A currency unit by the month.
    MoneyPerMonth(Currency),
    /// A currency unit by the year.
    MoneyPerYear(Currency),
    /// A currency unit by so many bytes, each month or once.
    MoneyPerVolume(Currency, u64, bool),
    /// So many eighths of a byte a second.
    BitsPerSecond(u64),
    /// So many bytes by the period.
    Volume(u64, VolumePeriod),
    /// A hundredth by the period.
    PercentPer(GrowthPeriod),
}

const SIZES: [(&str, u64); 9] = [
    ("B", 1),
    ("kB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

const BITS: [(&str, u64); 4] = [
    ("bit", 1),
    ("kbit", 1000),
    ("Mbit", 1_000_000),
    ("Gbit", 1_000_000_000),
];

const TIMES: [(&str, u64); 16] = [
    ("s", 1),
    ("second", 1),
    ("seconds", 1),
    ("min", 60),
    ("m", 60),
    ("minute", 60),
    ("minutes", 60),
    ("h", 3600),
    ("hour", 3600),
    ("hours", 3600),
    ("d", 86_400),
    ("day", 86_400),
    ("days", 86_400),
    ("w", 604_800),
    ("week", 604_800),
    ("weeks", 604_800),
];

const MONTHS: [(&str, u32); 4] = [("month", 1), ("months", 1), ("year", 12), ("years", 12)];

const PERIODS: [(&str, VolumePeriod); 6] = [
    ("h", VolumePeriod::Hour),
    ("hour", VolumePeriod::Hour),
    ("day", VolumePeriod::Day),
    ("week", VolumePeriod::Week),
    ("month", VolumePeriod::Month),
    ("year", VolumePeriod::Year),
];

impl Unit {
    /// The dimension of a quantity in this unit. Durations also serve as spans.
    #[must_use]
    pub fn dimension(self) -> Dimension {
        match self {
            Self::Size(_) => Dimension::Size,
            Self::Time(_) => Dimension::Duration,
            Self::Months(_) => Dimension::Span,
            Self::Percent => Dimension::Ratio,
            Self::Money(_) => Dimension::Money,
            Self::MoneyPerMonth(_) | Self::MoneyPerYear(_) => Dimension::MonthlyCost,
            Self::MoneyPerVolume(..) => Dimension::VolumePrice,
            Self::BitsPerSecond(_) => Dimension::Bandwidth,
            Self::Volume(..) => Dimension::VolumePerTime,
            Self::PercentPer(_) => Dimension::RelativeGrowth,
        }
    }
}

/// The unit with exactly this spelling (`MB` is not `mb`); spaces around `/` do not matter.
#[must_use]
pub fn unit(text: &str) -> Option<Unit> {
    // Most are one word, and stand alone.
    if text.bytes().all(|byte| byte != b'/') {
        return simple(text).or_else(|| simple(text.trim()));
    }
    let mut parts = text.split('/').map(str::trim);
    match (parts.next()?, parts.next(), parts.next(), parts.next()) {
        (over, Some(under), None, _) => compound(over, under),
        (money, Some(volume), Some("month"), None) => Some(Unit::MoneyPerVolume(
            Currency::from_code(money)?,
            find(&SIZES, volume)?,
            true,
        )),
        _ => None,
    }
}

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    let first = name.bytes().next()?;
    // Most names are told apart by their first letters.
    let is_it = |known: &str| known.bytes().next() == Some(first) && known == name;
    let found = table.iter().find(|(known, _)| is_it(known));
    found.map(|(_, value)| *value)
}

fn simple(name: &str) -> Option<Unit> {
    if name == "%" {
        return Some(Unit::Percent);
    }
    find(&SIZES, name)
        .map(Unit::Size)
        .or_else(|| find(&TIMES, name).map(Unit::Time))
        .or_else(|| find(&MONTHS, name).map(Unit::Months))
        .or_else(|| Currency::from_code(name).map(Unit::Money))
}

fn compound(over: &str, under: &str) -> Option<Unit> {
    if let Some(currency) = Currency::from_code(over) {
        return match under {
            "month" => Some(Unit::MoneyPerMonth(currency)),
            "year" => Some(Unit::MoneyPerYear(currency)),
            _ => Some(Unit::MoneyPerVolume(currency, find(&SIZES, under)?, false)),
        };
    }
    if over == "%" {
        return match under {
            "month" => Some(Unit::PercentPer(GrowthPeriod::Month)),
            "year" => Some(Unit::PercentPer(GrowthPeriod::Year)),
            _ => None,
        };
    }
    if under == "s" {
        let bits = find(&BITS, over).or_else(|| find(&SIZES, over).map(|bytes| bytes * 8))?;
        return Some(Unit::BitsPerSecond(bits));
    }
    Some(Unit::Volume(find(&SIZES, over)?, find(&PERIODS, under)?))
}

/// Every spelling of a unit that a quantity of this dimension may carry.
#[must_use]
pub fn all_unit_names(dimension: Dimension) -> Vec<String> {
    let own = |names: &mut dyn Iterator<Item = &&'static str>| {
        names.map(|name| (*name).to_owned()).collect::<Vec<_>>()
    };
    let sizes = SIZES.map(|(name, _)| name);
    let times = TIMES.map(|(name, _)| name);
    let money = Currency::ALL.map(Currency::code);
    let pairs = |over: &[&str], under: &[&str]| {
        over.iter()
            .flat_map(|over| under.iter().map(move |under| format!("{over}/{under}")))
            .collect::<Vec<_>>()
    };
    match dimension {
        Dimension::Size => own(&mut sizes.iter()),
        Dimension::Duration => own(&mut times.iter()),
        Dimension::Span => own(&mut times.iter().chain(&MONTHS.map(|(name, _)| name))),
        Dimension::Money => own(&mut money.iter()),
        Dimension::MonthlyCost => pairs(&money, &["month", "year"]),
        Dimension::VolumePrice => {
            let once = pairs(&money, &sizes);
            let monthly: Vec<_> = once.iter().map(|name| format!("{name}/month")).collect();
            once.into_iter().chain(monthly).collect()
        }
        Dimension::Ratio => vec!["%".to_owned()],
        Dimension::Bandwidth => {
            let mut names = pairs(&sizes, &["s"]);
            names.extend(pairs(&BITS.map(|(name, _)| name), &["s"]));
            names
        }
        Dimension::VolumePerTime => pairs(&sizes, &PERIODS.map(|(name, _)| name)),
        Dimension::RelativeGrowth => pairs(&["%"], &["month", "year"]),
    }
}

/// The spellings nearest to `text` among the units of the wanted dimensions, best first, at
/// most three. Letter case counts little: `mb` finds `MB`.
#[must_use]
pub fn suggestions(text: &str, wanted: &[Dimension]) -> Vec<String> {
    let lower = text.to_lowercase();
    let mut near: Vec<(usize, usize, String)> = wanted
        .iter()
        .flat_map(|dimension| all_unit_names(*dimension))
        .enumerate()
        .map(|(place, name)| {
            (
                strsim::osa_distance(&lower, &name.to_lowercase()),
                place,
                name,
            )
        })
        .filter(|(distance, _, name)| *distance == 0 || *distance * 3 <= name.len())
        .collect();
    near.sort();
    near.dedup_by(|a, b| a.2 == b.2);
    near.into_iter().take(3).map(|(_, _, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Dimension; 10] = [
        Dimension::Size,
        Dimension::Duration,
        Dimension::Span,
        Dimension::Money,
        Dimension::MonthlyCost,
        Dimension::VolumePrice,
        Dimension::Ratio,
        Dimension::Bandwidth,
        Dimension::VolumePerTime,
        Dimension::RelativeGrowth,
    ];

    #[test]
    fn every_listed_name_is_a_unit_of_its_dimension() {
        for dimension in ALL {
            for name in all_unit_names(dimension) {
                let found = unit(&name).unwrap_or_else(|| panic!("{name} is no unit"));
                let also_span = dimension == Dimension::Span && matches!(found, Unit::Time(_));
                assert!(found.dimension() == dimension || also_span, "{name}");
            }
        }
    }

    #[test]
    fn spelling_is_exact() {
        assert_eq!(unit("MB"), Some(Unit::Size(1_000_000)));
        assert_eq!(unit("MiB"), Some(Unit::Size(1 << 20)));
        for wrong in [
            "mb",
            "KB",
            "Mo",
            "",
            "/",
            "MB/",
            "MB/fortnight",
            "%/day",
            "MB/day/month",
        ] {
            assert_eq!(unit(wrong), None, "{wrong}");
        }
        assert_eq!(unit("Mbit/s"), Some(Unit::BitsPerSecond(1_000_000)));
        assert_eq!(
            unit("EUR / month"),
            Some(Unit::MoneyPerMonth(Currency::Eur))
        );
    }

    #[test]
    fn near_spellings_are_offered() {
        assert_eq!(suggestions("mb", &[Dimension::Size]).first().unwrap(), "MB");
        assert_eq!(
            suggestions("huors", &[Dimension::Duration])
                .first()
                .unwrap(),
            "hours"
        );
        assert_eq!(
            suggestions("ERU/month", &[Dimension::MonthlyCost])
                .first()
                .unwrap(),
            "EUR/month"
        );
        assert!(suggestions("parsec", &[Dimension::Duration]).is_empty());
    }
}
