//! What patterns of restic surely leave out (`exclude` of a backup), and what those of rclone surely do not name (`include`
//! of a copy).

use regex::Regex;
use thrice_model::{Step, Verb};

/// Whether a pattern of restic matches a folder, one of those above it, or all that lies in it, where that is certain.
pub(crate) fn leaves_out_all(pattern: &str, folder: &[&str]) -> bool {
    // Of what lies in the folder, no name is known: only a pattern for any name matches all of it.
    is_matched(pattern, folder, &[None])
}

/// Whether a step is a backup whose patterns leave out all that lies in a folder. One that takes back what another left out
/// (`!`) may bring any of it.
pub(crate) fn passes_by(step: &Step, folder: &[&str]) -> bool {
    let Verb::Backup { exclude, .. } = &step.verb else {
        return false;
    };
    !exclude.iter().any(|pattern| pattern.starts_with('!'))
        && exclude
            .iter()
            .any(|pattern| leaves_out_all(pattern, folder))
}

/// Whether a pattern of restic matches a file, or one of the folders that it lies in.
pub(crate) fn leaves_out(pattern: &str, file: &[&str]) -> bool {
    is_matched(pattern, file, &[])
}

/// Whether a pattern of rclone matches a file at a path below what is copied.
pub(crate) fn may_name(pattern: &str, path: &str) -> bool {
    let path = path.trim_start_matches('/');
    if !is_plain(pattern) {
        return glob(pattern).is_some_and(|glob| glob.is_match(path));
    }
    let anchored = pattern.strip_prefix('/');
    let wanted: Vec<&str> = anchored.unwrap_or(pattern).split('/').collect();
    let names: Vec<&str> = path.split('/').collect();
    let above = names.len().checked_sub(wanted.len());
    above.is_some_and(|above| {
        let mut pairs = wanted.iter().zip(names.iter().skip(above));
        (anchored.is_none() || above == 0)
            && pairs.all(|(wanted, name)| is_like(wanted, Some(name)))
    })
}

/// Whether rclone takes it for a pattern.
pub(crate) fn is_glob(pattern: &str) -> bool {
    is_plain(pattern) || glob(pattern).is_some()
}

/// Whether a pattern of rclone has nothing but names and signs of one name: such are matched name by name, as it takes
/// hundreds of times as long to make a regular expression.
fn is_plain(pattern: &str) -> bool {
    !pattern.contains(['[', ']', '{', '}', '\\']) && !pattern.contains("**")
}

/// Whether restic takes it for a pattern of files to leave out.
pub(crate) fn is_pattern(pattern: &str) -> bool {
    let mut parts = pattern.trim_start_matches('!').split('/');
    parts.all(|part| signs(part).is_some())
}

/// A pattern of rclone as the regular expression that it makes of it (<https://rclone.org/filtering/#pattern-syntax>): without `/` at
/// its beginning it matches the end of a path. With one at its end it matches folders, and nothing in them.
fn glob(pattern: &str) -> Option<Regex> {
    let (begin, rest) = match pattern.strip_prefix('/') {
        Some(rest) => ("^", rest),
        None => ("(?:^|/)", pattern),
    };
    let mut out = String::from(begin);
    let mut signs = rest.chars().peekable();
    let mut depth = 0_usize;
    while let Some(sign) = signs.next() {
        match sign {
            '*' if signs.next_if_eq(&'*').is_some() => match signs.peek() {
                Some('*') => return None,
                _ => out.push_str(".*"),
            },
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '\\' => {
                // A letter or a number would be something else then, or nothing.
                let sign = signs.next().filter(|sign| !sign.is_alphanumeric())?;
                out.push_str(&regex::escape(sign.encode_utf8(&mut [0; 4])));
            }
            '[' => {
                out.push('[');
                loop {
                    let sign = signs.next()?;
                    out.push(sign);
                    if sign == ']' {
                        break;
                    }
                }
            }
            // What stands between double braces is a regular expression itself.
            '{' if signs.next_if_eq(&'{').is_some() => {
                let mut inner = String::new();
                while !inner.ends_with("}}") {
                    inner.push(signs.next()?);
                }
                out.push_str(&format!("(?:{})", inner.trim_end_matches("}}")));
            }
            '{' => {
                depth += 1;
                out.push_str("(?:");
            }
            '}' => {
                depth = depth.checked_sub(1)?;
                out.push(')');
            }
            ']' => return None,
            ',' if depth > 0 => out.push('|'),
            _ => out.push_str(&regex::escape(sign.encode_utf8(&mut [0; 4]))),
        }
    }
    if depth > 0 {
        return None;
    }
    out.push('$');
    Regex::new(&out).ok()
}

/// The names that a path consists of.
fn parts(text: &str) -> Vec<String> {
    let parts = text
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".");
    parts.map(str::to_owned).collect()
}

fn is_matched(pattern: &str, path: &[&str], below: &[Option<String>]) -> bool {
    let anchored = pattern.starts_with('/');
    let wanted = parts(pattern);
    if wanted.is_empty() && !anchored {
        return false;
    }
    let path = path.iter().flat_map(|part| parts(part)).map(Some);
    let path: Vec<Option<String>> = path.chain(below.iter().cloned()).collect();
    let starts = if anchored { 1 } else { path.len() };
    (0..starts).any(|from| reaches(&wanted, path.get(from..).unwrap_or_default()))
}

/// Whether a pattern matches the beginning of a path; `**` is any number of names.
fn reaches(pattern: &[String], path: &[Option<String>]) -> bool {
    let meets = |wanted: &&String, at: usize| {
        path.get(at)
            .is_some_and(|name| is_like(wanted, name.as_deref()))
    };
    let ends = ends(pattern.iter(), path.len(), |wanted| *wanted == "**", meets);
    !ends.is_empty()
}

/// Whether a name matches a pattern; no name stands for any. What is no pattern matches nothing.
fn is_like(pattern: &str, name: Option<&str>) -> bool {
    let Some(name) = name else {
        return !pattern.is_empty() && pattern.chars().all(|sign| sign == '*');
    };
    let Some(signs) = signs(pattern) else {
        return false;
    };
    let name: Vec<char> = name.chars().collect();
    let meets = |sign: &Sign, at: usize| name.get(at).is_some_and(|is| sign.meets(*is));
    let any = |sign: &&Sign| **sign == Sign::Any;
    let ends = ends(signs.iter(), name.len(), any, |sign, at| meets(sign, at));
    ends.contains(&name.len())
}

/// A sign of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sign {
    /// `*`
    Any,
    /// `?`
    One,
    /// One of some ranges, or of none of them.
    Class(bool, Vec<(char, char)>),
    Is(char),
}

impl Sign {
    fn meets(&self, sign: char) -> bool {
        match self {
            Self::Any => false,
            Self::One => true,
            Self::Class(none, ranges) => {
                let mut ranges = ranges.iter();
                ranges.any(|(low, high)| (*low..=*high).contains(&sign)) != *none
            }
            Self::Is(is) => *is == sign,
        }
    }
}

/// The signs of a pattern of Go's `filepath.Match`, which restic's names are matched with; `None` if it is none.
fn signs(pattern: &str) -> Option<Vec<Sign>> {
    let mut out = Vec::new();
    let mut signs = pattern.chars().peekable();
    while let Some(sign) = signs.next() {
        out.push(match sign {
            '*' => Sign::Any,
            '?' => Sign::One,
            '\\' => Sign::Is(signs.next()?),
            '[' => {
                let none = signs.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while ranges.is_empty() || signs.peek() != Some(&']') {
                    let mut end = || match signs.next()? {
                        '\\' => signs.next(),
                        '-' | ']' => None,
                        sign => Some(sign),
                    };
                    let low = end()?;
                    let high = match signs.next_if_eq(&'-') {
                        Some(_) => match signs.next()? {
                            '\\' => signs.next()?,
                            '-' | ']' => return None,
                            sign => sign,
                        },
                        None => low,
                    };
                    ranges.push((low, high));
                }
                signs.next();
                Sign::Class(none, ranges)
            }
            _ => Sign::Is(sign),
        });
    }
    Some(out)
}

/// Where the beginnings end that a pattern matches of something so long. `any` is what stands for any number of
/// its parts; all else `meets` one part or does not. Each part of the pattern is looked at once.
fn ends<W>(
    pattern: impl Iterator<Item = W>,
    length: usize,
    any: impl Fn(&W) -> bool,
    meets: impl Fn(&W, usize) -> bool,
) -> Vec<usize> {
    pattern.fold(vec![0], |ends, wanted| match ends.first() {
        Some(first) if any(&wanted) => (*first..=length).collect(),
        _ => {
            let met = ends.into_iter().filter(|end| meets(&wanted, *end));
            met.map(|end| end + 1).collect()
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Tried with restic 0.14 and 0.18 on `/tmp/box/srv/docs`, which held `a.txt` and `sub/b`.
    #[test]
    fn patterns_leave_out_all_where_restic_takes_nothing() {
        let all = [
            "*",
            "**",
            "docs",
            "srv",
            "box/srv",
            "/",
            "/tmp/box",
            "/tmp/box/srv/docs",
            "/tmp/box/srv/docs/*",
            "/tmp/box/srv/**",
            "s?v",
            "d*s",
            "docs/*",
            "**/docs",
            "/tmp/**/docs",
            "d[o]cs",
            "[s]rv",
            "[a-t]*",
            "[^x]rv",
            "s\\rv",
        ];
        let some = [
            "*.txt",
            "a.txt",
            "sub",
            "DOCS",
            "/srv/docs",
            "docs/a.txt",
            "doc",
            "srv/sub",
            "/tmp/box/srv/docs2",
            "",
            "d[^o]cs",
            "[t-z]rv",
            "d[ocs",
            "[]rv",
            "/tmp/*/docs",
            "?",
        ];
        let leaves = |pattern: &str| leaves_out_all(pattern, &["/", "/tmp/box/srv/docs"]);
        assert_eq!(all.map(leaves), all.map(|_| true));
        assert_eq!(some.map(leaves), some.map(|_| false));
        assert!(leaves_out_all("mnt", &["/mnt/nas", "/docs"]));
    }

    #[test]
    fn a_file_is_left_out_with_its_folders() {
        let leaves = |pattern: &str| leaves_out(pattern, &["/", "/srv/docs/keys/k"]);
        for pattern in [
            "/srv/docs/keys/k",
            "/srv/docs/keys",
            "keys",
            "k",
            "/srv",
            "*",
            "key?",
            "[k]",
        ] {
            assert!(leaves(pattern), "{pattern}");
        }
        for pattern in ["/srv/docs/keys/k/*", "/docs/keys", "k*s/x", "K", "[^k]"] {
            assert!(!leaves(pattern), "{pattern}");
        }
    }

    /// Tried with rclone 1.60 and 1.75, and restic 0.14 and 0.18, which end at once.
    #[test]
    fn what_is_no_pattern_is_known() {
        for pattern in ["k[", "\\k.txt", "k]", "{a", "a}", "***", "{{k", "{{(}}"] {
            assert!(!is_glob(pattern), "{pattern}");
        }
        for pattern in ["d[ocs", "[]rv", "/srv/[a-", "a\\"] {
            assert!(!is_pattern(pattern), "{pattern}");
        }
        for pattern in ["*.tmp", "!/srv/a", "[^a-z]?", "a]", "**/x"] {
            assert!(is_pattern(pattern), "{pattern}");
        }
    }

    proptest! {
        /// What is matched name by name is what the expression matches that rclone makes of it.
        #[test]
        fn a_plain_pattern_is_the_expression(pattern in "[ab.*?/]{0,7}", path in "[ab.]{1,3}(/[ab.]{1,3}){0,2}") {
            let by_expression = glob(&pattern).is_some_and(|glob| glob.is_match(&path));
            prop_assert_eq!(may_name(&pattern, &path), by_expression);
        }
    }

    /// Tried with rclone 1.60 and 1.75.
    #[test]
    fn a_file_is_named_by_the_end_of_its_path() {
        let names = |pattern: &str| may_name(pattern, "/keys/k.txt");
        for pattern in [
            "*.txt",
            "k.*",
            "keys/*",
            "/keys/k.txt",
            "**",
            "k.{txt,env}",
            "**/*.txt",
            "[a-l].txt",
            "{{k.*}}",
            "/{{.*}}.txt",
            "k\\.txt",
        ] {
            assert!(names(pattern), "{pattern}");
        }
        for pattern in [
            "*.sql",
            "/k.txt",
            "other/k.txt",
            "/keys",
            "a/keys/k.txt",
            "*/*/*/*",
            "keys/",
            "**/keys/k.txt",
            "/**/keys/*",
            "k.{env,cfg}",
            "[^k].txt",
            "{{K.*}}",
            "k+txt",
        ] {
            assert!(!names(pattern), "{pattern}");
        }
    }
}
