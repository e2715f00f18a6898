//! Where `.ci/setup test` puts what Debian does not package, and versions as numbers.

use std::path::{Path, PathBuf};

/// The programs in `.tools/PREFIX*/NAME` at the top of the work tree, by path.
pub(crate) fn fetched(prefix: &str, name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools");
    let Ok(entries) = folder.read_dir() else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join(name))
        .filter(|path| path.is_file())
        .map(|path| path.canonicalize().unwrap_or(path))
        .collect();
    found.sort();
    found
}

/// A version, compared number by number: 0.9 is older than 0.14.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(Vec<u32>);

impl Version {
    /// Reads the leading numbers of a text such as `1.60.1-DEV` or `v1.75.2`.
    pub(crate) fn read(text: &str) -> Version {
        let numbers = text.trim_start_matches('v').split('.').map_while(|part| {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        });
        Version(numbers.collect())
    }

    /// Whether this is at least `major.minor`.
    pub fn at_least(&self, major: u32, minor: u32) -> bool {
        self.0.as_slice() >= [major, minor].as_slice()
    }

    /// Whether this is some `major.minor.x`.
    pub fn is(&self, major: u32, minor: u32) -> bool {
        self.0.starts_with(&[major, minor])
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(u32::to_string).collect();
        out.write_str(&numbers.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(Version::read("0.9.6") < Version::read("0.14.0"));
        assert!(Version::read("v1.60.1-DEV").is(1, 60));
        assert!(Version::read("0.18.0").at_least(0, 18));
        assert!(!Version::read("0.17.3").at_least(0, 18));
        assert_eq!(Version::read("v1.60.1-DEV").to_string(), "1.60.1");
    }
}
