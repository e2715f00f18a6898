//! From text to value and back, and what is said when that fails.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a fault in a test is a failed test"
)]

use proptest::prelude::*;
use thrice_quantity::schedule::{Recurrence, Schedule, TimeOfDay, Weekday};
use thrice_quantity::{
    Bytes, BytesPerDay, BytesPerSecond, CalendarSpan, Currency, Dimension, GrowthPeriod, Money,
    MoneyPerMonth, MoneyPerVolume, Ratio, RatioPerMonth, Seconds, Value, VolumePeriod, count,
    quantity, quantity_in,
};

fn said(number: &str, unit: &str, wanted: Dimension) -> String {
    quantity(number, unit, wanted).unwrap_err().to_string()
}

#[test]
fn reads_the_quantities_of_a_policy() {
    let read = |number, unit, wanted| quantity(number, unit, wanted).unwrap().to_string();
    assert_eq!(read("80", "GB", Dimension::Size), "80 GB");
    assert_eq!(read("26", "h", Dimension::Duration), "26 h");
    assert_eq!(read("3", "days", Dimension::Duration), "3 d");
    assert_eq!(read("14", "months", Dimension::Span), "14 months");
    assert_eq!(read("120", "days", Dimension::Span), "120 d");
    assert_eq!(read("6", "weeks", Dimension::Span), "42 d");
    assert_eq!(
        read("4.99", "EUR/month", Dimension::MonthlyCost),
        "4.99 EUR/month"
    );
    assert_eq!(
        read("60", "EUR/year", Dimension::MonthlyCost),
        "5 EUR/month"
    );
    assert_eq!(read("1", "EUR/TB", Dimension::VolumePrice), "1 EUR/TB");
    assert_eq!(read("300", "EUR", Dimension::Money), "300 EUR");
    assert_eq!(read("20", "%", Dimension::Ratio), "20 %");
    assert_eq!(read("1.2", "MB/s", Dimension::Bandwidth), "1.2 MB/s");
    assert_eq!(read("100", "Mbit/s", Dimension::Bandwidth), "12.5 MB/s");
    assert_eq!(
        read("600", "MB/day", Dimension::VolumePerTime),
        "600 MB/day"
    );
    assert_eq!(
        read("20", "GB/year", Dimension::VolumePerTime),
        "20 GB/year"
    );
    assert_eq!(read("3", "%/month", Dimension::RelativeGrowth), "3 %/month");
    let growth = [Dimension::RelativeGrowth, Dimension::VolumePerTime];
    assert_eq!(
        quantity_in("20", "GB/year", &growth).unwrap().dimension(),
        Dimension::VolumePerTime
    );
    assert_eq!(count("1_000"), Ok(1000));
}

#[test]
fn a_month_is_no_fixed_duration() {
    assert_eq!(
        said("1", "month", Dimension::Duration),
        "`1 month` is a span of time, a duration is wanted here, such as `26h`"
    );
}

#[test]
fn says_what_would_be_right() {
    assert_eq!(
        said("200", "MB", Dimension::Duration),
        "`200 MB` is a size, a duration is wanted here, such as `26h`"
    );
    assert_eq!(
        said("26", "h", Dimension::Size),
        "`26h` is a duration, a size is wanted here, such as `200 MB`"
    );
    assert_eq!(
        said("26", "", Dimension::Duration),
        "`26` has no unit; a duration is wanted here, such as `26h`"
    );
    assert_eq!(
        said("5", "mb", Dimension::Size),
        "`mb` is no unit; did you mean `MB` or `MiB`?"
    );
    assert_eq!(
        said("5", "parsec", Dimension::Size),
        "`parsec` is no unit; a size is wanted here, such as `200 MB`"
    );
    assert_eq!(
        said("5,5", "MB", Dimension::Size),
        "`5,5` is no number; write `12`, `1_000` or `4.99`"
    );
    assert_eq!(
        said("0.5", "B", Dimension::Size),
        "`0.5B` is no whole number of bytes"
    );
    assert_eq!(
        said("20000000000", "TB", Dimension::Size),
        "`20000000000 TB` is too large to reckon with"
    );
    assert_eq!(
        said("1.5", "months", Dimension::Span),
        "`1.5 months` is no whole number of months"
    );
    assert_eq!(
        said("1", "GB/day", Dimension::Bandwidth),
        "`1 GB/day` is a volume over time, a bandwidth is wanted here, such as `1.2 MB/s`"
    );
    assert_eq!(
        count("1.5").unwrap_err().to_string(),
        "`1.5` is no whole number"
    );
}

/// Sums the parts of what `Display` writes, such as `1 d 2 h 15 min`.
fn read_back(text: &str, wanted: Dimension) -> Value {
    let words: Vec<&str> = text.split(' ').collect();
    let mut parts = words.chunks(2).map(|part| match part {
        [number, unit] => quantity(number, unit, wanted).unwrap(),
        _ => panic!("`{text}` is not made of numbers with units"),
    });
    let first = parts.next().unwrap();
    parts.fold(first, |sum, part| match (sum, part) {
        (Value::Duration(a), Value::Duration(b)) => Value::Duration(a.checked_add(b).unwrap()),
        (Value::Span(a), Value::Span(b)) => Value::Span(a.checked_add(b).unwrap()),
        _ => panic!("`{text}` is no sum"),
    })
}

fn money() -> impl Strategy<Value = Money> {
    (0..=i64::MAX, prop::sample::select(Currency::ALL.to_vec())).prop_map(
        |(ten_thousandths, currency)| Money {
            ten_thousandths,
            currency,
        },
    )
}

/// Any bytes, and more often those people write.
fn bytes() -> impl Strategy<Value = Bytes> {
    let written = (
        0_u64..5000,
        prop::sample::select(vec![1_u64, 1000, 1 << 10, 1 << 20, 1 << 30, 1_000_000_000]),
    );
    prop_oneof![
        any::<u64>().prop_map(Bytes),
        written.prop_map(|(count, unit)| Bytes(count * unit))
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let periods = [
        VolumePeriod::Hour,
        VolumePeriod::Day,
        VolumePeriod::Week,
        VolumePeriod::Month,
        VolumePeriod::Year,
    ];
    let growth = prop::sample::select(vec![GrowthPeriod::Month, GrowthPeriod::Year]);
    let volumes = prop::sample::select(vec![
        Bytes(1_000_000_000),
        Bytes(1_000_000_000_000),
        Bytes(1 << 40),
    ]);
    prop_oneof![
        bytes().prop_map(Value::Size),
        (0..=i64::MAX).prop_map(|seconds| Value::Duration(Seconds(seconds))),
        (0..2_000_000_i64).prop_map(|seconds| Value::Duration(Seconds(seconds))),
        (1..i32::MAX).prop_map(|months| Value::Span(CalendarSpan {
            months,
            days: 0,
            seconds: 0
        })),
        (0..1_000_000_i64).prop_map(|days| Value::Span(CalendarSpan {
            months: 0,
            days,
            seconds: 0
        })),
        money().prop_map(Value::Money),
        money().prop_map(|money| Value::MonthlyCost(MoneyPerMonth(money))),
        (money(), volumes, any::<bool>()).prop_map(|(price, volume, monthly)| Value::VolumePrice(
            MoneyPerVolume {
                price,
                volume,
                monthly
            }
        )),
        any::<u64>().prop_map(|parts| Value::Ratio(Ratio(parts))),
        bytes().prop_map(|bytes| Value::Bandwidth(BytesPerSecond(bytes.0 / 8))),
        (bytes(), prop::sample::select(periods.to_vec()))
            .prop_map(|(volume, per)| Value::VolumePerTime(BytesPerDay { volume, per })),
        (any::<u64>(), growth).prop_map(|(parts, per)| Value::RelativeGrowth(RatioPerMonth {
            ratio: Ratio(parts),
            per
        })),
    ]
}

/// Days written as hours are the same span.
fn plain(value: Value) -> Value {
    match value {
        Value::Span(span) if span.months == 0 => {
            Value::Duration(Seconds(span.days * 86_400 + span.seconds))
        }
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_shown_reads_back(value in values()) {
        let text = value.to_string();
        prop_assert_eq!(plain(read_back(&text, value.dimension())), plain(value), "{}", text);
    }

    #[test]
    fn no_text_panics(number in ".{0,40}", unit in ".{0,12}", known in "[0-9]{1,40}\\.?[0-9]{0,40}") {
        for wanted in [Dimension::Size, Dimension::Duration, Dimension::Span, Dimension::MonthlyCost] {
            prop_assume!(thrice_quantity::unit(&unit).is_none());
            prop_assert!(quantity(&number, &unit, wanted).is_err());
            for unit in thrice_quantity::all_unit_names(wanted) {
                if let Ok(value) = quantity(&known, &unit, wanted) {
                    prop_assert_eq!(value.dimension(), wanted);
                }
            }
        }
    }

    #[test]
    fn schedules_survive_serialisation(
        hour in 0_u8..24, minute in 0_u8..60, day in 1_u8..=31, weekday in prop::sample::select(Weekday::ALL.to_vec()),
    ) {
        let time = TimeOfDay::new(hour, minute).unwrap();
        for when in [
            Recurrence::Daily { times: vec![time] },
            Recurrence::Weekly { weekday, time },
            Recurrence::Monthly { day, time },
        ] {
            let schedule = Schedule::utc(when);
            let text = serde_json::to_string(&schedule).unwrap();
            prop_assert_eq!(serde_json::from_str::<Schedule>(&text).unwrap(), schedule);
        }
    }
}
