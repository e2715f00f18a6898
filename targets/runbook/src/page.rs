//! The two forms of a page.

use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};

use crate::book::Book;

const MARKDOWN: &str = include_str!("../templates/runbook.md.j2");
const HTML: &str = include_str!("../templates/runbook.html.j2");

/// As Markdown, with tables and fenced blocks as GitHub reads them.
pub fn markdown(book: &Book) -> Result<String, Error> {
    let mut environment = environment(AutoEscape::None);
    environment.add_filter("md", |text: String| plain(&text));
    environment.add_filter("code", |text: String| code(&text));
    environment.add_template("runbook.md", MARKDOWN)?;
    let text = environment.get_template("runbook.md")?.render(book)?;
    Ok(squeezed(&text))
}

/// As one HTML page: no script, nothing from elsewhere.
pub fn html(book: &Book) -> Result<String, Error> {
    let mut environment = environment(AutoEscape::Html);
    environment.add_template("runbook.html", HTML)?;
    environment.get_template("runbook.html")?.render(book)
}

fn environment(escape: AutoEscape) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(move |_| escape);
    environment.set_keep_trailing_newline(true);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment
}

/// Text of the policy as text of a page: what Markdown would take for its own gets a backslash.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A name as inline code, also in a table.
fn code(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", text.replace('|', "\\|"))
}

/// At most one empty line in a row, outside of blocks of commands as well as in them.
fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = true;
    for line in text.lines() {
        let now = line.trim_end();
        if !(now.is_empty() && empty) {
            out.push_str(now);
            out.push('\n');
        }
        empty = now.is_empty();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_the_policy_is_only_text() {
        assert_eq!(plain("<b>|_x_\n"), "\\<b\\>\\|\\_x\\_ ");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a`b"), "`` a`b ``");
    }
}
