//! Templates: minijinja with everything strict.

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};
use serde::Serialize;

use crate::shell;

/// An environment with the given templates (name, text). A name that a template uses and that is not
/// given is an error, nothing is escaped by itself, and a text that goes into a script must go
/// through one of the filters:
///
/// | filter | gives |
/// |---|---|
/// | `sh` | one word of a shell ([`shell::quote`]) |
/// | `words` | a list as words, a space between |
/// | `json` | JSON |
/// | `line` | one line for a comment: what would break it or move a cursor is a space |
///
/// # Errors
/// For a template with a mistake in it.
pub fn environment(
    templates: &[(&'static str, &'static str)],
) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_keep_trailing_newline(true);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_filter("sh", sh);
    environment.add_filter("words", |list: Vec<String>| words(&list));
    environment.add_filter("json", json);
    environment.add_filter("line", |text: String| line(&text));
    for (name, text) in templates {
        environment.add_template(name, text)?;
    }
    Ok(environment)
}

/// Renders one template on its own: see [`environment`].
///
/// # Errors
/// For a mistake in the template, a value that it misses, or one that cannot be quoted.
pub fn render(
    name: &'static str,
    text: &'static str,
    values: &impl Serialize,
) -> Result<String, Error> {
    environment(&[(name, text)])?
        .get_template(name)?
        .render(values)
}

/// One line for a comment: control characters are spaces.
#[must_use]
pub fn line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn sh(value: Value) -> Result<String, Error> {
    match value.as_str() {
        Some(text) => quoted(text),
        None if value.is_number() => Ok(value.to_string()),
        None => Err(Error::new(
            ErrorKind::InvalidOperation,
            "only a text or a number is a word",
        )),
    }
}

fn quoted(text: &str) -> Result<String, Error> {
    shell::quote(text).map_err(|error| {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("`{}` cannot be quoted: {error}", line(text)),
        )
    })
}

fn words(list: &[String]) -> Result<String, Error> {
    let words: Result<Vec<String>, Error> = list.iter().map(|word| quoted(word)).collect();
    Ok(words?.join(" "))
}

fn json(value: Value) -> Result<String, Error> {
    serde_json::to_string(&value)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    #[test]
    fn filters_quote() {
        let text = "{{ a | sh }} {{ n | sh }} {{ list | words }} {{ a | json }} # {{ c | line }}\n";
        let values = context! { a => "it's", n => 7, list => ["x y", "-z"], c => "a\nrm -rf /" };
        assert_eq!(
            render("t", text, &values).unwrap(),
            "'it'\\''s' 7 'x y' '-z' \"it's\" # a rm -rf /\n"
        );
    }

    #[test]
    fn what_is_missing_or_cannot_be_quoted_is_an_error() {
        assert!(render("t", "{{ a }}", &context! {}).is_err());
        assert!(render("t", "{% if a %}{% endif %}", &context! {}).is_err());
        assert!(render("t", "{{ a | sh }}", &context! { a => "x\0" }).is_err());
        assert!(render("t", "{{ a | sh }}", &context! { a => () }).is_err());
    }
}
