//! `thrice explain`: the page of a code.

use thrice_diagnostics::{all_codes, explain, find_code, nearest, one_of};

use crate::{terminal, verbs};

/// Shows the page of `code`, or a line for each code there is.
pub fn run(code: Option<&str>) -> u8 {
    match code {
        None => verbs::finish(&list(), 0),
        Some(text) => match find_code(text).and_then(explain) {
            Some(page) => verbs::finish(page, 0),
            None => {
                terminal::complain(&unknown(text));
                verbs::MISUSE
            }
        },
    }
}

/// Each code with the title of its page, which begins `# CODE: `.
fn list() -> String {
    let mut out = String::new();
    for code in all_codes() {
        let page = explain(code).unwrap_or("");
        let heading = page.lines().next().unwrap_or("").trim_start_matches("# ");
        let title = heading
            .strip_prefix(code.0)
            .unwrap_or(heading)
            .trim_start_matches(':');
        out.push_str(&format!("{code}  {}\n", title.trim()));
    }
    out
}

fn unknown(text: &str) -> String {
    let shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    let near = one_of(nearest(text, all_codes().map(|code| code.0)));
    let hint = if near.is_empty() {
        "`thrice explain` lists them all".to_owned()
    } else {
        format!("there is {near}; `thrice explain` lists them all")
    };
    format!("error: there is no code `{shown}`\n  help: {hint}\n")
}
