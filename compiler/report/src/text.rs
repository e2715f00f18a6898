//! Words from a policy on their way to the outside.

/// Whether a character could act on a terminal or hide what a line says: control characters (a
/// tab and a line feed are left to the caller) and the marks that reverse the direction of text.
fn acts(ch: char) -> bool {
    ch.is_control()
        || matches!(ch, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The character as it may be shown; for what acts on a terminal, a picture of it.
pub fn visible(ch: char, unicode: bool) -> char {
    match u32::from(ch) {
        _ if ch == '\t' || !acts(ch) => ch,
        _ if !unicode => '?',
        code @ 0..=0x1F => char::from_u32(0x2400 + code).unwrap_or('\u{FFFD}'),
        0x7F => '\u{2421}',
        _ => '\u{FFFD}',
    }
}

/// A text on one line, without anything that acts on a terminal.
pub fn line(text: &str, unicode: bool) -> String {
    text.chars()
        .map(|ch| {
            if matches!(ch, '\n' | '\r' | '\t') {
                ' '
            } else {
                visible(ch, unicode)
            }
        })
        .collect()
}

/// A text for formats that are read by programs and know no terminal: lines are kept, other
/// control characters become U+FFFD. All that is left may stand in XML 1.0 (§ 2.2).
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|ch| match ch {
            '\n' | '\t' => ch,
            '\u{FFFE}' | '\u{FFFF}' => '\u{FFFD}',
            _ if acts(ch) => '\u{FFFD}',
            _ => ch,
        })
        .collect()
}

/// At most `width` characters, the last one an ellipsis where something is missing.
pub fn cut(text: &str, width: usize, unicode: bool) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let end = if unicode { "…" } else { "..." };
    let kept = width.saturating_sub(end.chars().count());
    text.chars().take(kept).chain(end.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_acts_on_it() {
        assert_eq!(
            line("a\u{1b}[31mred\u{7}\nb\u{202e}c", true),
            "a␛[31mred␇ b\u{FFFD}c"
        );
        assert_eq!(line("a\u{1b}\u{9b}b", false), "a??b");
        assert_eq!(plain("a\u{0}b\nc\u{FFFE}"), "a\u{FFFD}b\nc\u{FFFD}");
    }

    #[test]
    fn cutting_counts_characters() {
        assert_eq!(cut("ééééé", 5, true), "ééééé");
        assert_eq!(cut("éééééé", 5, true), "éééé…");
        assert_eq!(cut("abcdefgh", 5, false), "ab...");
    }
}
