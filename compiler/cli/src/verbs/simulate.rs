//! `thrice simulate`: what happens if …

use thrice_report::{human, simulation};

use crate::args::{Args, PlainFormat, Simulate};
use crate::{input, played, terminal, verbs};

/// Plays a case and shows what happens. It is a question, not a verdict: 0 whatever came of it, and
/// misuse where the policy or the case cannot be read.
pub fn run(args: &Args, simulate: &Simulate) -> u8 {
    let as_of = verbs::judged_at(simulate.as_of);
    match played::play(input::load(&simulate.path), as_of, simulate) {
        Ok(found) => {
            let shown = match simulate.format {
                PlainFormat::Human => simulation::human(&found, !args.ascii),
                PlainFormat::Json => simulation::json(&found),
            };
            verbs::finish(&shown, 0)
        }
        Err(refused) => {
            let (mistakes, sources) = *refused;
            terminal::complain(&human::findings(
                &mistakes,
                &sources,
                terminal::error_options(args),
            ));
            verbs::MISUSE
        }
    }
}
