//! Mounts show what they say, and no more.

use thrice_diagnostics::{Code, Diagnostic};
use thrice_plan::nextcloud::shows_whole_bucket;

use super::finding;
use crate::context::Context;
use crate::verification::Finding;

const WHOLE_BUCKET: Code = Code("T2344");

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let model = &context.plan.model;
    for mount in &model.mounts {
        if !shows_whole_bucket(model, mount) {
            continue;
        }
        let (name, store) = (&mount.named.name, &model.stores[mount.store].named);
        let message = format!(
            "`{name}` shows `{}` of `{}`, and Nextcloud mounts buckets as a whole",
            mount.path, store.name
        );
        let diagnostic = Diagnostic::warning(WHOLE_BUCKET, message)
            .at(
                mount.named.span,
                "its users would see all that lies in the bucket, so nothing is emitted for it",
            )
            .at(store.span, "this bucket")
            .help("give what they may see a bucket of its own, and mount all of that");
        out.push(finding(
            diagnostic,
            vec![name.to_string(), store.name.to_string()],
        ));
    }
}
