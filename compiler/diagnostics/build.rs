//! Collects the pages of `codes/` into one table, so that a new code is one new file.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a build script reads files and may stop the build"
)]
fn main() {
    println!("cargo::rerun-if-changed=codes");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("codes");
    let mut pages: Vec<_> = fs::read_dir(&folder)
        .expect("the folder codes is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    pages.sort();
    let mut table = String::from("static PAGES: &[(&str, &str)] = &[\n");
    for page in pages {
        let code = page
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        writeln!(
            table,
            "    ({code:?}, include_str!({:?})),",
            page.display().to_string()
        )
        .expect("memory");
    }
    table.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("pages.rs");
    fs::write(out, table).expect("OUT_DIR is writable");
}
