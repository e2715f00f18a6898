//! What the folder's own manifest says: when and from what it was built.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Found;

/// What a folder says of itself; nothing where it has no manifest that can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Built {
    /// The day it was built for.
    pub as_of: Option<String>,
    /// SHA-256 of the policy it was built from.
    pub policy: Option<String>,
    /// SHA-256 of each file when it was written, by path.
    pub sums: BTreeMap<String, String>,
}

impl Built {
    /// Reads it out of the files of a folder.
    pub fn read(found: &[Found]) -> Self {
        let manifest = found
            .iter()
            .find(|file| file.path == thrice_build::MANIFEST);
        let bytes = manifest.and_then(|file| file.content.as_ref().ok());
        let Some(value) = bytes.and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok())
        else {
            return Self::default();
        };
        let text = |value: &Value, pointer: &str| {
            value
                .pointer(pointer)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let files = value.get("files").and_then(Value::as_array);
        Self {
            as_of: text(&value, "/as_of"),
            policy: text(&value, "/policy/sha256"),
            sums: files
                .into_iter()
                .flatten()
                .filter_map(|file| Some((text(file, "/path")?, text(file, "/sha256")?)))
                .collect(),
        }
    }
}
