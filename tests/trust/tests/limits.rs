//! Some small random policies in CI whose recovery points, histories and rooms are found by trying; `--example
//! limits` tries more of them.

use thrice_trust::limits::{About, compare};
use thrice_trust::option;

/// What was tried holds, a little more does not, and most worlds are small enough to be tried.
fn agree(about: About, worlds: u64) {
    let tally = compare(about, option("THRICE_SEED", 1), worlds, |_| {});
    assert!(
        tally.mismatches.is_empty(),
        "{tally}\n{}",
        tally.mismatches.join("\n")
    );
    assert!(tally.worlds > worlds / 2, "{tally}");
    assert!(
        tally.held > worlds / 4 && tally.failed > worlds / 4,
        "{tally}"
    );
}

#[test]
fn recovery_points_are_what_trying_every_run_gives() {
    agree(About::RecoveryPoint, 30);
}

#[test]
fn histories_are_what_playing_decades_gives() {
    agree(About::History, 30);
}

#[test]
fn rooms_are_at_least_what_playing_the_corners_gives() {
    agree(About::Capacity, 30);
}
