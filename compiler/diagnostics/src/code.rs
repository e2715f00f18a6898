//! Finding codes. One Markdown page a code, in `codes/`: it is at once the text of
//! `thrice explain`, the reference page, and (its examples) a test.

/// A finding code such as `T0101`.
///
/// `T00xx` input and files, `T01xx` syntax, `T02xx` names, `T03xx` values and units, `T04xx` forms
/// of statements, `T05xx` schedules and dates; then one hundred an obligation, in the order in which
/// the semantics number them: `T11xx` copies, `T12xx` survival … `T26xx` sense; `T30xx` what was emitted, read back;
/// `T31xx` buckets; `T32xx` what an audit found; `T90xx` internal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// All codes with a page, in order.
pub fn all_codes() -> impl Iterator<Item = Code> {
    PAGES.iter().map(|(code, _)| Code(code))
}

/// The code written as `text`, in any case, if there is such a code.
#[must_use]
pub fn find_code(text: &str) -> Option<Code> {
    PAGES
        .iter()
        .map(|(code, _)| *code)
        .find(|c| c.eq_ignore_ascii_case(text))
        .map(Code)
}

/// The page of a code, as Markdown.
#[must_use]
pub fn explain(code: Code) -> Option<&'static str> {
    PAGES
        .iter()
        .find(|(c, _)| *c == code.0)
        .map(|(_, page)| *page)
}
