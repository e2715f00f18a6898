//! Programs that bring a service in line with a plan through its API: look for what is there, create or
//! change what differs, read it back. Applied twice, the second time changes nothing.

use serde::Serialize;
use thrice_diagnostics::Diagnostic;
use thrice_plan::Plan;

use crate::{header, refusal, template};

/// A function of jq, without single quotes: whether a value has all that another asks for. What the
/// service adds is let be.
const COVERS: &str = "def covers($wanted): . as $is
  | if ($wanted | type) == \"object\"
    then ($is | type) == \"object\" and ([$wanted | keys[] | . as $key | $is[$key] | covers($wanted[$key])] | all)
    else $is == $wanted end;";

/// What the template of such a program may use, besides `header` and `covers`, a function of jq: whether a
/// value has all that another asks for.
#[derive(Serialize)]
struct Values<'a, T> {
    header: String,
    covers: &'static str,
    own: &'a T,
}

/// The text of the program for a service. The template finds its own values under `own`.
///
/// # Errors
/// A mistake in the template.
pub fn program(
    plan: &Plan,
    service: &str,
    text: &'static str,
    own: &impl Serialize,
) -> Result<String, Diagnostic> {
    let values = Values {
        header: header::comments(plan, ""),
        covers: COVERS,
        own,
    };
    template::render("apply.sh.j2", text, &values).map_err(|error| {
        let message = format!("the program for {service} cannot be written: {error}");
        Diagnostic::error(refusal::INTERNAL, message)
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_function_stands_between_quotes_of_a_shell() {
        assert!(!super::COVERS.contains('\''));
    }
}
