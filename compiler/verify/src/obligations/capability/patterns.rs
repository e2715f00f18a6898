//! What patterns of restic surely leave out: `exclude` of a backup.

/// Whether a pattern of restic matches a folder, one of those above it, or all that lies in it. Only where
/// that is certain: character classes and escapes are taken to match nothing.
pub(super) fn leaves_out_all(pattern: &str, folder: &[&str]) -> bool {
    let parts = |text: &'_ str| -> Vec<String> {
        let parts = text
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".");
        parts.map(str::to_owned).collect()
    };
    let anchored = pattern.starts_with('/');
    let wanted = parts(pattern);
    if wanted.is_empty() && !anchored {
        return false;
    }
    // Of what lies in the folder, no name is known: only a pattern for any name matches all of it.
    let path: Vec<Option<String>> = folder
        .iter()
        .flat_map(|part| parts(part))
        .map(Some)
        .chain([None])
        .collect();
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
}
