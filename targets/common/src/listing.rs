//! The list of what a capture left: see [`crate::layout::manifest`].

use minijinja::Error;
use serde::Serialize;

use crate::template;

const LIST: &str = include_str!("../templates/manifest.sh.j2");

/// The bash function `list_files FILE`, which writes `$manifest` from a list of names, whole or not at
/// all. The script sets `manifest`.
///
/// # Errors
/// A mistake in the template.
pub fn function() -> Result<String, Error> {
    #[derive(Serialize)]
    struct Nothing {}
    template::render("manifest.sh.j2", LIST, &Nothing {})
}
