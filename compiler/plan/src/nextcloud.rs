//! What Nextcloud shows otherwise than a mount says.

use thrice_model::{Model, Mount, Service, StoreKind};

/// Whether people see more of a bucket than a mount shows: Nextcloud's storage for S3 has no parameter for
/// a prefix (`apps/files_external/lib/Lib/Backend/AmazonS3.php`).
#[must_use]
pub fn shows_whole_bucket(model: &Model, mount: &Mount) -> bool {
    let is_bucket = model
        .stores
        .get(mount.store)
        .is_some_and(|store| store.kind == StoreKind::Bucket);
    let service = model.services.get(mount.service);
    is_bucket && mount.path != "/" && service.is_some_and(is_nextcloud)
}

/// Whether a service is a Nextcloud: by the last part of its name.
#[must_use]
pub fn is_nextcloud(service: &Service) -> bool {
    let name = service.named.name.rsplit('.').next().unwrap_or_default();
    name.to_ascii_lowercase().contains("nextcloud")
}
