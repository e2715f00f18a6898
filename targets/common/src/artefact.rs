//! One emitted file.

use serde_json::Value;

/// One emitted file, and what `build` and `verify` must know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artefact {
    /// Where it stands in the output folder: relative, with forward slashes.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its permissions, as `chmod` takes them: `0o755` for programs, `0o644` for all else.
    pub mode: u32,
    /// What it is: `script`, `cron`, `lifecycle` …
    pub kind: &'static str,
    /// The step that it carries out, if it is about one.
    pub step: Option<String>,
    /// The host that it is for, if it is for one.
    pub host: Option<String>,
    /// Its absolute path on that host, if it is put there as it is.
    pub install_to: Option<String>,
    /// Where it finds secrets: absolute paths of files, or names of environment variables. Never a
    /// secret itself.
    pub secrets: Vec<String>,
}

impl Artefact {
    /// A file of JSON that is applied through an API, not installed.
    #[must_use]
    pub fn json(path: String, kind: &'static str, host: Option<String>, value: &Value) -> Self {
        // Texts, numbers and lists always become JSON.
        let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
        text.push('\n');
        Self {
            path,
            bytes: text.into_bytes(),
            mode: 0o644,
            kind,
            step: None,
            host,
            install_to: None,
            secrets: Vec::new(),
        }
    }

    /// The program that applies the file beside it: it is run from where it was built or put.
    #[must_use]
    pub fn apply(path: String, host: Option<String>, text: String) -> Self {
        Self {
            path,
            bytes: text.into_bytes(),
            mode: 0o755,
            kind: "apply",
            step: None,
            host,
            install_to: None,
            secrets: Vec::new(),
        }
    }

    /// Its content as text; what is emitted is always UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or_default()
    }
}
