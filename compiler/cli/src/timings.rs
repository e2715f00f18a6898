//! How long each stage took, for those who ask: the only clock besides today's date.

#![expect(
    clippy::disallowed_types,
    reason = "the time is told to people, and nothing depends on it"
)]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Stages that are over. Looks at no clock unless it is on.
pub struct Timings {
    /// When the last stage was over.
    last: Option<Instant>,
    stages: Vec<(&'static str, Duration)>,
}

impl Timings {
    /// The first stage begins now, if times are wanted.
    pub fn new(on: bool) -> Self {
        Self {
            last: on.then(Instant::now),
            stages: Vec::new(),
        }
    }

    /// A stage is over, and the next one begins.
    pub fn over(&mut self, stage: &'static str) {
        if let Some(last) = &mut self.last {
            let now = Instant::now();
            self.stages.push((stage, now.duration_since(*last)));
            *last = now;
        }
    }

    /// A line a stage, with its share of all of them; empty unless it is on.
    pub fn render(&self) -> String {
        let whole: Duration = self.stages.iter().map(|(_, took)| *took).sum();
        let mut out = String::new();
        for (stage, took) in &self.stages {
            let share = took.as_secs_f64() / whole.as_secs_f64().max(f64::MIN_POSITIVE) * 100.0;
            // Writing to a string cannot fail.
            let _ = writeln!(
                out,
                "{stage:<8} {:>10.3} ms {share:>3.0} %",
                took.as_secs_f64() * 1000.0
            );
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_stand_in_order_and_only_where_they_are_wanted() {
        let shown = |on| {
            let mut timings = Timings::new(on);
            timings.over("read");
            timings.over("parse");
            timings.render()
        };
        assert_eq!(shown(false), "");
        let words: Vec<String> = shown(true)
            .lines()
            .filter_map(|line| line.split(' ').next().map(str::to_owned))
            .collect();
        assert_eq!(words, ["read", "parse"]);
    }
}
