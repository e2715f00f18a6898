//! Words for what cannot be emitted.

use thrice_diagnostics::{Code, Diagnostic};
use thrice_model::Step;

/// A name or path that no script can hold (a line break, a zero byte).
pub const UNQUOTABLE: Code = Code("T2331");
/// A step reads or writes a place that the host it runs on cannot reach as a file or bucket.
pub const UNREACHABLE: Code = Code("T2332");
/// A version of a tool does not take what the step asks for.
pub const UNSUPPORTED: Code = Code("T2333");
/// A lifecycle rule would delete a repository: the verifier says the same of the whole policy.
pub const OVER_REPOSITORY: Code = Code("T2301");
/// A template of the compiler is wrong.
pub const INTERNAL: Code = Code("T9001");

/// An error about a step, at the words that declare it.
#[must_use]
pub fn about(step: &Step, code: Code, message: impl Into<String>) -> Diagnostic {
    let word = step.verb.word();
    Diagnostic::error(code, message)
        .at(step.named.span, format!("this {word} cannot be emitted"))
        .about(step.named.name.to_string())
}

/// A template that cannot be rendered for a step: a text that cannot be quoted, or a mistake of ours.
#[must_use]
pub fn rendering(step: &Step, error: &minijinja::Error) -> Diagnostic {
    let detail = error.detail().unwrap_or("no detail").to_owned();
    if detail.contains("cannot be quoted") {
        let message = format!(
            "`{}` holds a text that no script can hold: {detail}",
            step.named.name
        );
        about(step, UNQUOTABLE, message).help("rename it: no line breaks, no zero bytes")
    } else {
        about(
            step,
            INTERNAL,
            format!(
                "the script of `{}` cannot be written: {error}",
                step.named.name
            ),
        )
    }
}
