//! Some damaged texts, always the same ones; `--example fuzz` tries others for as long as one likes.

use thrice_trust::fuzz;

#[test]
fn the_parser_survives_damage() {
    for case in 0..400 {
        assert_eq!(fuzz::parser(11, case), None);
    }
}

#[test]
fn the_check_survives_damage() {
    let mut policies = 0;
    for case in 0..80 {
        let (broken, policy) = fuzz::check(11, case);
        assert_eq!(broken, None);
        policies += u32::from(policy);
    }
    assert!(policies > 1, "{policies} were still policies");
}
