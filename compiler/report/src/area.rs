//! What a finding code is about.

use thrice_diagnostics::Code;

/// The obligations of the language, in the order in which their codes are numbered: the first is
/// `T11xx`, the second `T12xx`, and so on. The words are those that `accept` takes.
pub const OBLIGATIONS: [&str; 16] = [
    "copies",
    "survival",
    "recovery-point",
    "recovery-time",
    "last-copy",
    "history",
    "erasure",
    "deletion",
    "keys",
    "capacity",
    "time-table",
    "flow",
    "capability",
    "cost",
    "alarm",
    "sense",
];

/// The obligation a code belongs to, or the part of reading a policy for the codes below `T11xx`:
/// `files`, `syntax`, `names`, `values`, `statements`, `schedules`; `scenario` for `T27xx`, `read-back` for
/// `T30xx`, `buckets` for `T31xx`, `audit` for `T32xx`, `internal` for `T90xx`, and `other` for what is not numbered that way.
#[must_use]
pub fn area(code: Code) -> &'static str {
    let hundreds = code
        .0
        .get(1..3)
        .and_then(|digits| digits.parse::<usize>().ok());
    match hundreds {
        Some(0) => "files",
        Some(1) => "syntax",
        Some(2) => "names",
        Some(3) => "values",
        Some(4) => "statements",
        Some(5) => "schedules",
        Some(27) => "scenario",
        Some(30) => "read-back",
        Some(31) => "buckets",
        Some(32) => "audit",
        Some(90) => "internal",
        Some(n) => n
            .checked_sub(11)
            .and_then(|index| OBLIGATIONS.get(index))
            .copied()
            .unwrap_or("other"),
        None => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbered_after_the_obligations() {
        assert_eq!(area(Code("T0001")), "files");
        assert_eq!(area(Code("T0104")), "syntax");
        assert_eq!(area(Code("T1101")), "copies");
        assert_eq!(area(Code("T2099")), "capacity");
        assert_eq!(area(Code("T2601")), "sense");
        assert_eq!(area(Code("T2701")), "scenario");
        assert_eq!(area(Code("T2801")), "other");
        assert_eq!(area(Code("T1001")), "other");
        assert_eq!(area(Code("T3001")), "read-back");
        assert_eq!(area(Code("T3101")), "buckets");
        assert_eq!(area(Code("T3201")), "audit");
        assert_eq!(area(Code("T9001")), "internal");
        assert_eq!(area(Code("?")), "other");
    }
}
