//! What patterns of restic surely leave out (`exclude` of a backup), and what those of rclone surely do not name (`include`
//! of a copy).

use thrice_model::{Step, Verb};

/// Whether a pattern of restic matches a folder, one of those above it, or all that lies in it. Only where
/// that is certain: character classes and escapes are taken to match nothing.
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

/// Whether a pattern of rclone may match a file at a path below what is copied. With a sign that stands for more than
/// some letters of one name it may.
///
/// Without `/` at its beginning a pattern matches the end of a path (`(^|/)…$` in <https://github.com/rclone/rclone/issues/5672>).
pub(crate) fn may_name(pattern: &str, path: &str) -> bool {
    if pattern.contains(['[', ']', '{', '}', '\\', '+', '(']) || pattern.contains("**") {
        return true;
    }
    if pattern.ends_with('/') {
        return true;
    }
    let (wanted, path) = (parts(pattern), parts(path));
    let from = match pattern.starts_with('/') {
        true if wanted.len() != path.len() => return false,
        true => 0,
        false => match path.len().checked_sub(wanted.len()) {
            Some(from) => from,
            None => return false,
        },
    };
    let names = path.get(from..).unwrap_or_default();
    let mut pairs = wanted.iter().zip(names);
    pairs.all(|(wanted, name)| is_like(wanted, Some(name)))
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

/// Whether a name matches a pattern of `*` and `?`; no name stands for any.
fn is_like(pattern: &str, name: Option<&str>) -> bool {
    let Some(name) = name else {
        return !pattern.is_empty() && pattern.chars().all(|sign| sign == '*');
    };
    if pattern.contains(['[', ']', '\\']) {
        return false;
    }
    let name: Vec<char> = name.chars().collect();
    let meets = |sign: &char, at: usize| name.get(at).is_some_and(|is| *sign == '?' || is == sign);
    let ends = ends(pattern.chars(), name.len(), |sign| *sign == '*', meets);
    ends.contains(&name.len())
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
            "d[o]cs",
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
        ] {
            assert!(leaves(pattern), "{pattern}");
        }
        for pattern in ["/srv/docs/keys/k/*", "/docs/keys", "k*s/x", "K", "[k]"] {
            assert!(!leaves(pattern), "{pattern}");
        }
    }

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
            "keys/",
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
        ] {
            assert!(!names(pattern), "{pattern}");
        }
    }
}
