//! Things do not outlive what they sit on.

use thrice_diagnostics::{Diagnostic, Span};
use thrice_model::{Lifetime, Named};

use crate::codes::OUTLIVES;
use crate::context::Context;
use crate::values::WrittenLifetime;

/// Something that others sit on.
pub struct Base<'m> {
    /// Its name.
    pub name: &'m str,
    /// Where it is declared.
    pub span: Span,
    /// When it exists.
    pub lifetime: Lifetime,
}

impl<'m> Base<'m> {
    /// A declared thing and when it exists.
    #[must_use]
    pub fn new(named: &'m Named, lifetime: Lifetime) -> Self {
        Self {
            name: &named.name,
            span: named.span,
            lifetime,
        }
    }
}

/// Reports a written `since` before something it sits on exists, and a written `until` after that
/// has ceased to. What is not written follows from the bases and cannot contradict them.
pub fn check(
    cx: &Context<'_>,
    named: &Named,
    lifetime: Lifetime,
    written: WrittenLifetime,
    bases: &[Base<'_>],
) {
    let name = &named.name;
    let late = bases.iter().find(|base| base.lifetime.from > lifetime.from);
    if let (Some(base), Some((_, day))) = (late, written.since) {
        let message = format!("`{name}` is there before `{}`, which it needs", base.name);
        let found = Diagnostic::error(OUTLIVES, message)
            .at(named.span, format!("since {day}"))
            .at(base.span, format!("since {}", base.lifetime.from))
            .help("leave `since` away: then it begins with the last of what it needs");
        cx.report(found);
    }
    let gone = |base: &&Base<'_>| {
        base.lifetime
            .until
            .is_some_and(|end| lifetime.until > Some(end))
    };
    if let (Some(base), Some(day)) = (bases.iter().find(gone), written.until) {
        let end = base
            .lifetime
            .until
            .map(|end| format!("until {end}"))
            .unwrap_or_default();
        let message = format!(
            "`{name}` is there longer than `{}`, which it needs",
            base.name
        );
        let found = Diagnostic::error(OUTLIVES, message)
            .at(named.span, format!("until {day}"))
            .at(base.span, end)
            .help("leave `until` away: then it ends with the first of what it needs");
        cx.report(found);
    }
}
