//! Programs that bring a service in line with a plan through its API: look for what is there, create or
//! change what differs, read it back. Applied twice, the second time changes nothing.

/// A function of jq, without single quotes: whether a value has all that another asks for. What the
/// service adds is let be.
pub const COVERS: &str = "def covers($wanted): . as $is
  | if ($wanted | type) == \"object\"
    then ($is | type) == \"object\" and ([$wanted | keys[] | . as $key | $is[$key] | covers($wanted[$key])] | all)
    else $is == $wanted end;";

#[cfg(test)]
mod tests {
    #[test]
    fn the_function_stands_between_quotes_of_a_shell() {
        assert!(!super::COVERS.contains('\''));
    }
}
