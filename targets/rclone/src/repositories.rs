//! Repositories of restic in what a transfer reads: they are mirrored part by part.

use thrice_model::{Location, RepositoryId, Step};
use thrice_target::{Diagnostic, Plan, refusal};

/// A repository in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inside {
    /// Which.
    pub id: RepositoryId,
    /// Its path below the source: empty, or with a slash in front.
    pub below: String,
}

/// The repositories at or below a location, by path.
///
/// # Errors
/// The location lies within a repository: a part of one is of no use.
pub fn inside(plan: &Plan, step: &Step, source: &Location) -> Result<Vec<Inside>, Diagnostic> {
    let mut found = Vec::new();
    for (id, repository) in plan.model.repositories.iter() {
        if !repository.lifetime.contains(plan.as_of) {
            continue;
        }
        let place = repository.place();
        if source.contains(&place) {
            let below = place.path.trim_end_matches('/');
            let base = source.path.trim_end_matches('/');
            let below = below.strip_prefix(base).unwrap_or_default().to_owned();
            found.push(Inside { id, below });
        } else if place.contains(source) {
            let name = &repository.named.name;
            let message = format!(
                "`{}` reads a part of the repository `{name}`",
                step.named.name
            );
            return Err(refusal::about(step, refusal::UNSUPPORTED, message)
                .at(repository.named.span, "the repository")
                .help("take the whole repository: a part of one cannot be restored from"));
        }
    }
    found.sort_by(|a, b| a.below.cmp(&b.below));
    found.dedup_by(|a, b| a.below == b.below);
    Ok(found)
}
