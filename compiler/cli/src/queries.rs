//! `--dump-smt`: what the solver was asked, as files that another solver can read.

use std::path::Path;

use serde_json::json;
use thrice_verify::Query;

use crate::output::{self, MANIFEST, Output, Refusal};

/// Makes a folder hold the questions, one a file, and a manifest that says what each is about.
///
/// # Errors
/// What keeps the folder from being written: then it is as it was.
pub fn write(folder: &Path, queries: &[Query]) -> Result<(), Refusal> {
    let mut files: Vec<(String, String)> = Vec::new();
    let mut listed = Vec::new();
    let mut number = 0;
    let mut before = None;
    for query in queries {
        number = if before == Some(query.obligation) {
            number + 1
        } else {
            1
        };
        before = Some(query.obligation);
        let word = query.obligation.word();
        let path = format!("{word}-{number:04}.smt2");
        listed.push(json!({
            "path": path,
            "obligation": word,
            "subject": query.subject,
            "period": query.period,
            "answers": ["sat", query.answer],
        }));
        let about = format!(
            "; thrice: obligation {word}, about {} in {}\n; expected: sat (some run keeps to the bounds), then {}\n",
            query.subject, query.period, query.answer
        );
        files.push((path, about + &query.text));
    }
    let manifest = json!({
        "generator": concat!("thrice ", env!("CARGO_PKG_VERSION")),
        "files": listed,
    });
    files.push((MANIFEST.to_owned(), format!("{manifest:#}\n")));
    let files: Vec<Output<'_>> = files
        .iter()
        .map(|(path, text)| Output {
            path,
            bytes: text.as_bytes(),
            mode: 0o644,
        })
        .collect();
    output::write(folder, &files)
}
