//! What came out for many mutants.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use thrice_model::Obligation;

use super::{Fate, Mutant, Shown};

/// How many mutants an obligation shows.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    kills: u32,
    alone: u32,
    warns: u32,
}

/// What came out for many mutants.
#[derive(Clone, Debug, Default)]
pub struct Score {
    fates: BTreeMap<Fate, u32>,
    rows: BTreeMap<Obligation, Row>,
    scenarios: u32,
    weak: Vec<(Fate, String)>,
}

impl Score {
    /// Counts one.
    pub fn add(&mut self, mutant: &Mutant, shown: &Shown) {
        *self.fates.entry(shown.fate).or_default() += 1;
        if shown.fate == Fate::Refused {
            return;
        }
        for obligation in &shown.kills {
            let row = self.rows.entry(*obligation).or_default();
            row.kills += 1;
            row.alone += u32::from(shown.kills.len() == 1);
        }
        for obligation in shown.warns.difference(&shown.kills) {
            self.rows.entry(*obligation).or_default().warns += 1;
        }
        self.scenarios += u32::from(shown.scenario);
        if shown.fate < Fate::CarriesOut {
            self.weak
                .push((shown.fate, format!("{}: {}", mutant.file, mutant.what)));
        }
    }

    /// The mutants that nothing shows.
    pub fn survivors(&self) -> impl Iterator<Item = &str> {
        let weak = self.weak.iter().filter(|(fate, _)| *fate == Fate::Survives);
        weak.map(|(_, what)| what.as_str())
    }

    /// How many mutants an obligation kills.
    #[must_use]
    pub fn kills(&self, obligation: Obligation) -> u32 {
        self.rows.get(&obligation).map_or(0, |row| row.kills)
    }
}

impl Display for Score {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (fate, count) in &self.fates {
            writeln!(f, "{fate:?}: {count}")?;
        }
        writeln!(
            f,
            "\n| obligation | kills | it alone | warns |\n|---|---|---|---|"
        )?;
        for obligation in Obligation::ALL {
            let Row {
                kills,
                alone,
                warns,
            } = self.rows.get(&obligation).copied().unwrap_or_default();
            writeln!(f, "| {} | {kills} | {alone} | {warns} |", obligation.word())?;
        }
        writeln!(f, "| scenarios | {} | | |\n", self.scenarios)?;
        for (fate, what) in &self.weak {
            writeln!(f, "{fate:?} {what}")?;
        }
        Ok(())
    }
}
