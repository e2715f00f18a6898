//! What is said about a text that is not a policy, source and messages side by side.

mod support;

use support::shown;

#[test]
fn several_mistakes_of_one_file_in_one_run() {
    insta::assert_snapshot!(shown(
        "host vpai at ovh {\n    cost 14 €/month\n    note \"not closed\n}\n\n}\n\
         , media hdd\nrequire copies ≥ 3   # three\nkeep 7 daily,\n"
    ));
}

#[test]
fn a_block_that_is_never_closed() {
    insta::assert_snapshot!(shown(
        "host vpai {\n    store local {\n        medium nvme\n    }\n\nhost seko {\n    cost 5 EUR/month\n}\n"
    ));
}

#[test]
fn a_block_without_a_statement() {
    insta::assert_snapshot!(shown("host vpai\n{\n    cost 14 EUR/month\n}\n"));
}

#[test]
fn a_comma_that_carries_on_to_nothing() {
    insta::assert_snapshot!(shown(
        "class a {\n    parts postgres, redis, // all\n}\nskip logs, { why }\n"
    ));
}

#[test]
fn a_byte_order_mark_and_carriage_returns() {
    insta::assert_snapshot!(shown("\u{FEFF}host vpai\r\nhost seko\r\n"));
}

#[test]
fn blocks_too_deep() {
    insta::assert_snapshot!(shown(&("a {\n".repeat(34) + &"}\n".repeat(34))));
}

#[test]
fn hostile_signs_are_shown_escaped() {
    insta::assert_snapshot!(shown("host \u{202E}\u{1B}[31m $(reboot) `x` é\u{0} \\\n"));
}

#[test]
fn the_same_mistake_over_and_over_is_shown_twenty_times() {
    let (_, mistakes) = thrice_grammar::parse(support::FILE, &"# x\n".repeat(500));
    assert_eq!(mistakes.len(), 20);
}
