//! The one style, rule by rule, and on a policy.

mod support;

use support::formatted;

#[track_caller]
fn becomes(text: &str, tidy: &str) {
    assert_eq!(formatted(text).as_deref(), Some(tidy));
    assert_eq!(formatted(tidy).as_deref(), Some(tidy), "not settled");
}

#[test]
fn a_policy() {
    insta::assert_snapshot!(formatted(include_str!("inputs/untidy.thrice")).expect("no mistakes"));
}

#[test]
fn nothing_stays_nothing() {
    becomes("", "");
    becomes(" \n\n\t;\n", "");
}

#[test]
fn one_blank_between_words_and_a_statement_a_line() {
    becomes(
        "host   vpai\tat ovh/gravelines;cost 5",
        "host vpai at ovh/gravelines\ncost 5\n",
    );
    becomes("a\n\n\n\nb\n\n", "a\n\nb\n");
}

#[test]
fn short_units_stand_behind_their_number_and_long_ones_apart() {
    becomes(
        "size 80GB; rpo 26 h; part 20%",
        "size 80 GB\nrpo 26h\npart 20 %\n",
    );
    becomes(
        "taking 1 m .. 15 m; growth 1 .. 3 %/month",
        "taking 1m..15m\ngrowth 1..3 %/month\n",
    );
    becomes("keep 7 daily,4 weekly", "keep 7 daily, 4 weekly\n");
    becomes("wait 5min", "wait 5 min\n");
}

#[test]
fn ranges_have_no_blanks_but_open_ones_and_relative_paths_do() {
    becomes("size 5 GB .. 80 GB", "size 5 GB..80 GB\n");
    becomes("in t0 .. nas", "in t0..nas\n");
    becomes("size ..5 GB", "size ..5 GB\n");
    becomes("size ?..5 GB", "size ?..5 GB\n");
    becomes("from /a ..b", "from /a ..b\n");
    becomes("use ../shared", "use ../shared\n");
    becomes("a ....b", "a .. ..b\n");
}

#[test]
fn operators_have_blanks() {
    becomes("phase nas=t0+6 months", "phase nas = t0 + 6 months\n");
    becomes(
        "require copies>=3,media>=2",
        "require copies >= 3, media >= 2\n",
    );
}

#[test]
fn a_block_stays_on_its_line_where_it_fits() {
    becomes(
        "store local{medium nvme;capacity 80GB}",
        "store local { medium nvme; capacity 80 GB }\n",
    );
    becomes("a { b { c };d }", "a { b { c }; d }\n");
    becomes("a {\n b\n}", "a {\n    b\n}\n");
    becomes("a {\n\n}", "a {}\n");
    let long = format!("host a {{ {}; {} }}", "x".repeat(60), "y".repeat(60));
    becomes(
        &long,
        &format!(
            "host a {{\n    {}\n    {}\n}}\n",
            "x".repeat(60),
            "y".repeat(60)
        ),
    );
}

#[test]
fn the_limit_is_a_hundred_columns() {
    let fits = format!("a {{ {} }}", "x".repeat(94));
    becomes(&fits, &format!("{fits}\n"));
    let over = format!("a {{ {} }}", "x".repeat(95));
    becomes(&over, &format!("a {{\n    {}\n}}\n", "x".repeat(95)));
}

#[test]
fn what_a_comma_carries_on_is_joined_or_broken_by_what_fits() {
    becomes(
        "keep 7 daily,\n  4 weekly,\n\n 6 monthly",
        "keep 7 daily, 4 weekly, 6 monthly\n",
    );
    let word = "w".repeat(40);
    becomes(
        &format!("a {word}, {word}, {word} {{ b }}"),
        &format!("a {word}, {word},\n    {word} {{\n    b\n}}\n"),
    );
}

#[test]
fn comments_keep_their_words_and_their_places() {
    becomes("a   // why  \n//own\nb", "a  // why\n//own\nb\n");
    becomes(
        "a { // fast\n b; c // slow\n}  // end",
        "a {  // fast\n    b\n    c  // slow\n}  // end\n",
    );
    becomes("a {\n\n // alone\n\n}", "a {\n    // alone\n}\n");
    becomes(
        "a b, // first\n c,\n // second\n d",
        "a b,  // first\n    c,\n    // second\n    d\n",
    );
    becomes("/// doc\n\n a /// late\nb", "/// doc\na\n/// late\nb\n");
}

#[test]
fn marks_and_carriage_returns_go() {
    becomes("\u{FEFF}a\r\n  b {\rc\r\n}\r\n", "a\nb {\n    c\n}\n");
}

#[test]
fn a_text_with_mistakes_is_left_alone() {
    for text in [
        "a {",
        "a }",
        "a \"b",
        "a #",
        ", a",
        "{ a }",
        "a,",
        "a, }",
        "a, { b }",
        "b\n; x,;y",
    ] {
        assert_eq!(formatted(text), None, "{text}");
    }
    assert_eq!(formatted(&"a{".repeat(99)), None);
}
