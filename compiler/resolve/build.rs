//! Embeds the standard library: every policy in `policies/std`, in the order of names.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a build script reads files and may stop the build"
)]
fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo"))
        .join("../../policies/std");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "thrice"))
        .collect();
    files.sort();
    let mut table = String::from("static LIBRARY: &[(&str, &str)] = &[\n");
    for file in files {
        let name = format!(
            "std/{}",
            file.file_name().expect("a name").to_string_lossy()
        );
        let path = file.canonicalize().expect("readable").display().to_string();
        writeln!(table, "    ({name:?}, include_str!({path:?})),").expect("memory");
    }
    table.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("library.rs");
    fs::write(out, table).expect("OUT_DIR is writable");
}
