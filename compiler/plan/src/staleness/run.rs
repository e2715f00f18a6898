//! A run of a step.

use thrice_quantity::Seconds;

/// A run of a step. Times are in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub(super) start: i64,
    /// Seconds from then until it is done.
    pub(super) taking: u32,
    /// How old its data is when it starts, in seconds.
    pub(super) age: u32,
}

impl Run {
    /// A run that is planned at `start`, done at `done` at the latest, and takes data from `data` at the
    /// earliest. `None` where more than 136 years lie between them: of such a run nobody has any use.
    #[must_use]
    pub fn new(start: i64, done: i64, data: i64) -> Option<Self> {
        Some(Self {
            start,
            taking: u32::try_from(done.checked_sub(start)?).ok()?,
            age: u32::try_from(start.checked_sub(data)?).ok()?,
        })
    }

    /// When it is planned.
    #[must_use]
    pub const fn start(self) -> i64 {
        self.start
    }

    /// When it is done at the latest.
    #[must_use]
    pub fn done(self) -> i64 {
        self.start.saturating_add(i64::from(self.taking))
    }

    /// From when the data is that it took, at the earliest.
    #[must_use]
    pub fn data(self) -> i64 {
        self.start.saturating_sub(i64::from(self.age))
    }

    /// The same run, done so much later.
    pub(super) fn later(self, delay: Seconds) -> Option<Self> {
        Self::new(self.start, self.done().checked_add(delay.0)?, self.data())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_takes_sixteen_bytes_and_keeps_its_times() {
        assert_eq!(size_of::<Run>(), 16);
        let century = 100 * 366 * 86_400;
        let run = Run::new(5, 5 + century, 5 - century).expect("within bounds");
        assert_eq!(
            (run.start(), run.done(), run.data()),
            (5, 5 + century, 5 - century)
        );
    }

    #[test]
    fn what_does_not_fit_is_no_run() {
        let ages = i64::from(u32::MAX) + 1;
        assert_eq!(Run::new(0, ages, 0), None);
        assert_eq!(Run::new(0, 0, -ages), None);
        assert_eq!(Run::new(0, -1, 0), None);
        let run = Run::new(0, 1, 0).expect("within bounds");
        assert_eq!(run.later(Seconds(ages)), None);
        assert_eq!(run.later(Seconds(9)).map(Run::done), Some(10));
    }
}
