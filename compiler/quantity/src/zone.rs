//! A time zone cut into stretches of constant offset, for fast and exact clock arithmetic.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The offsets of one zone over a stretch of time; all instants are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneTable {
    segments: Vec<Segment>,
}

/// One stretch: instants from `start` up to but excluding `end` are `offset` seconds ahead of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub start: i64,
    pub end: i64,
    pub offset: i64,
}

/// What a time on the wall means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wall {
    /// It is shown exactly once.
    Once(i64),
    /// It is never shown: at `at` the clocks jump over it, by `width` seconds.
    Skipped { at: i64, width: i64 },
    /// It is shown twice.
    Twice { first: i64, second: i64 },
}

/// No zone has been further from UTC than this (seconds).
const WIDEST_OFFSET: i64 = 26 * 3600;

impl ZoneTable {
    /// The offsets of `zone` between the two instants; outside them the nearest offset goes on.
    #[must_use]
    pub fn new(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Self {
        let mut offset = i64::from(zone.to_offset(from).seconds());
        let mut segments = Vec::new();
        let mut start = i64::MIN;
        for transition in zone
            .following(from)
            .take_while(|next| next.timestamp() < to)
        {
            let next = i64::from(transition.offset().seconds());
            if next != offset {
                let end = transition.timestamp().as_second();
                segments.push(Segment { start, end, offset });
                (start, offset) = (end, next);
            }
        }
        segments.push(Segment {
            start,
            end: i64::MAX,
            offset,
        });
        Self { segments }
    }

    /// Seconds ahead of UTC at an instant.
    #[must_use]
    pub fn offset_at(&self, instant: i64) -> i64 {
        let index = self
            .segments
            .partition_point(|segment| segment.end <= instant);
        self.segments.get(index).map_or(0, |segment| segment.offset)
    }

    /// The stretches of constant offset, in order of time.
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The changes of offset as (instant, offset before, offset after).
    pub(crate) fn transitions(&self) -> impl Iterator<Item = (i64, i64, i64)> + '_ {
        let later = self.segments.iter().skip(1);
        self.segments
            .iter()
            .zip(later)
            .map(|(a, b)| (b.start, a.offset, b.offset))
    }

    /// When the wall shows `local`, counted in seconds from 1970-01-01 00:00 on the wall.
    pub(crate) fn wall(&self, local: i64) -> Wall {
        let near = self.segments.partition_point(|segment| {
            segment.end != i64::MAX && segment.end.saturating_add(WIDEST_OFFSET) <= local
        });
        let mut found = None;
        let mut before: Option<&Segment> = None;
        for segment in self.segments.iter().skip(near) {
            let instant = local.saturating_sub(segment.offset);
            if segment.start <= instant && instant < segment.end {
                match found {
                    None => found = Some(instant),
                    Some(first) => {
                        return Wall::Twice {
                            first,
                            second: instant,
                        };
                    }
                }
            } else if instant < segment.start {
                if let (None, Some(earlier)) = (found, before) {
                    let width = segment.offset - earlier.offset;
                    return Wall::Skipped {
                        at: segment.start,
                        width,
                    };
                }
                break;
            }
            before = Some(segment);
        }
        // Segments cover all instants, so a time that no jump skips is shown.
        Wall::Once(found.unwrap_or(local))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paris() -> ZoneTable {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        ZoneTable::new(&zone, at("2026-01-01T00:00Z"), at("2028-01-01T00:00Z"))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Wall seconds of a civil time are its seconds if it were UTC.
    fn local(text: &str) -> i64 {
        at(&format!("{text}Z")).as_second()
    }

    #[test]
    fn knows_ordinary_skipped_and_repeated_times() {
        let table = paris();
        assert_eq!(table.transitions().count(), 4);
        assert_eq!(
            table.wall(local("2026-07-01T03:00")),
            Wall::Once(local("2026-07-01T01:00"))
        );
        assert_eq!(
            table.wall(local("2026-03-29T02:30")),
            Wall::Skipped {
                at: local("2026-03-29T01:00"),
                width: 3600
            }
        );
        assert_eq!(
            table.wall(local("2026-03-29T03:00")),
            Wall::Once(local("2026-03-29T01:00"))
        );
        assert_eq!(
            table.wall(local("2026-10-25T02:30")),
            Wall::Twice {
                first: local("2026-10-25T00:30"),
                second: local("2026-10-25T01:30")
            }
        );
        assert_eq!(
            table.wall(local("2026-10-25T03:00")),
            Wall::Once(local("2026-10-25T02:00"))
        );
        assert_eq!(table.offset_at(local("2026-07-01T00:00")), 7200);
        assert_eq!(table.offset_at(local("2026-12-01T00:00")), 3600);
    }

    #[test]
    fn utc_is_one_stretch() {
        let table = ZoneTable::new(
            &TimeZone::UTC,
            at("2020-01-01T00:00Z"),
            at("2040-01-01T00:00Z"),
        );
        assert_eq!(table.segments().len(), 1);
        assert_eq!(table.wall(12_345), Wall::Once(12_345));
    }
}
