//! Nonsense of every kind is read in bounded time and space, and told apart from a policy.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may stop where it stands"
)]
#![expect(
    clippy::disallowed_types,
    reason = "a test of how long something takes needs a clock"
)]

mod support;

use std::time::{Duration, Instant};

use support::{FILE, words};
use thrice_diagnostics::Diagnostic;
use thrice_grammar::{MAX_DEPTH, parse};

const MEGABYTE: usize = 1 << 20;

/// Parses, checks that nothing is lost, and fails if it takes long: an unoptimised build reads
/// about one megabyte a second, and anything quadratic would need hours.
fn read(text: &str) -> Vec<Diagnostic> {
    let start = Instant::now();
    let (tree, mistakes) = parse(FILE, text);
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "took {:?}",
        start.elapsed()
    );
    let mut at = 0;
    for leaf in tree.leaves() {
        assert_eq!(leaf.start as usize, at, "before {:?}", words(text, leaf));
        at = leaf.end as usize;
    }
    assert_eq!(at, text.len());
    mistakes
}

fn codes(mistakes: &[Diagnostic]) -> Vec<&str> {
    let mut codes: Vec<_> = mistakes.iter().map(|m| m.code.0).collect();
    codes.dedup();
    codes
}

#[test]
fn a_hundred_thousand_braces_are_one_mistake() {
    for text in [
        "{".repeat(100_000),
        "a{".repeat(100_000),
        "//\r".to_owned() + &"a{".repeat(100_000),
    ] {
        let mistakes = read(&text);
        assert!(codes(&mistakes).contains(&"T0105"), "{mistakes:?}");
        assert!(mistakes.len() < 5);
    }
}

#[test]
fn the_deepest_nesting_allowed_fits_the_smallest_stack() {
    let text = "a {".repeat(MAX_DEPTH) + &"}".repeat(MAX_DEPTH);
    let thread = std::thread::Builder::new().stack_size(512 * 1024);
    let mistakes = thread
        .spawn(move || parse(FILE, &text).1)
        .expect("a thread")
        .join();
    assert!(mistakes.expect("no overflow").is_empty());
}

#[test]
fn a_piece_of_a_megabyte_fits_the_smallest_stack() {
    let long = |piece: &str| piece.repeat(MEGABYTE / piece.len());
    for text in [
        "// ".to_owned() + &long("x é "),
        "/// ".to_owned() + &long("/"),
        format!("\"{}\"", long("\\\"a")),
        "\"".to_owned() + &long("a\\\""),
        long("/a"),
        "a".to_owned() + &long(".b-c"),
        "a:\"".to_owned() + &long("b") + "\"",
        "a:".to_owned() + &long("/b"),
        "1".to_owned() + &long("_2"),
        "1".to_owned() + &long(".2"),
        "#".to_owned() + &long(".é#"),
    ] {
        let thread = std::thread::Builder::new().stack_size(512 * 1024);
        let read = move || {
            let text = text + "\nb";
            let (tree, _) = parse(FILE, &text);
            let mut pieces = tree.tokens().map(|token| token.span.end as usize);
            (pieces.next(), pieces.next(), pieces.count(), text.len())
        };
        let (first, second, more, length) = thread
            .spawn(read)
            .expect("a thread")
            .join()
            .expect("no overflow");
        assert_eq!(first, Some(length - 2));
        assert_eq!((second, more), (Some(length), 0));
    }
}

#[test]
fn one_sign_a_million_times() {
    for sign in [
        "\"", "\\", ",", ";", "}", "/", "\n", "\r", "é", "a:\"", "a.", "1.", "-", "+ ", "a,\n",
    ] {
        read(&sign.repeat(MEGABYTE / 16 / sign.len()));
    }
}

#[test]
fn a_megabyte_of_nonsense_shows_a_few_mistakes_of_each_kind() {
    // A fixed linear congruential generator: the same nonsense each time.
    let mut state = 1u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    // Without `{`, or it would soon nest too deep and nothing else would be looked at.
    let bytes: Vec<u8> = (0..MEGABYTE)
        .map(|_| next())
        .filter(|b| *b != b'{')
        .collect();
    let mistakes = read(&String::from_utf8_lossy(&bytes));
    assert!(
        mistakes.len() > 2 && mistakes.len() <= 8 * 20,
        "{}",
        mistakes.len()
    );

    let signs = [b'{', b'}', b'}', b'"', b' ', b'\n', b'a', b',', b';', b'/'];
    let text: String = (0..MEGABYTE)
        .map(|_| char::from(signs[next() as usize % 10]))
        .collect();
    let mistakes = read(&text);
    assert!(
        mistakes.len() > 2 && mistakes.len() <= 8 * 20,
        "{}",
        mistakes.len()
    );
}

#[test]
fn a_file_of_many_parts_reads_like_one() {
    let one = "/// Doc.\nhost a { store b { medium nvme; capacity 80 GB } }\nlist x,\n y // end\n";
    let many = one.repeat(5_000);
    assert!(read(&many).is_empty());
    let (tree, _) = parse(FILE, &many);
    assert_eq!(tree.statements().count(), 10_000);
    assert!(
        tree.statements()
            .step_by(2)
            .all(|s| s.docs().count() == 1 && s.block().is_some())
    );
    let broken = many.clone() + "}\n" + &many + "#\n";
    assert_eq!(codes(&read(&broken)), ["T0104", "T0101"]);
}
