//! What a step authenticates with, and what it opens.

use thrice_model::{CredentialId, KeyId, Model, RepositoryId, Source, Step, StepTarget, Verb};

/// The credentials a step authenticates with.
pub(crate) fn credentials_of(model: &Model, step: &Step) -> impl Iterator<Item = CredentialId> {
    let repository = repository_of(step).map(|r| &model.repositories[r]);
    let of_repository = repository.and_then(|r| r.credential);
    let all = [step.credential, of_repository].into_iter().flatten();
    all.map(|(id, _)| id)
}

/// The key with which a step opens its repository.
pub(crate) fn key_of(model: &Model, step: &Step) -> Option<KeyId> {
    let repository = repository_of(step)?;
    model.repositories[repository].key.map(|(key, _)| key)
}

/// The repository that a step opens, as against one whose files it copies.
pub(crate) fn repository_of(step: &Step) -> Option<RepositoryId> {
    match (&step.verb, &step.target, &step.source) {
        (_, StepTarget::Repository(id, _), _)
        | (Verb::Check(_) | Verb::Drill | Verb::Prune, _, Source::Repository(id, _)) => Some(*id),
        _ => None,
    }
}
