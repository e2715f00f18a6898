use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, bytes) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path)
            .and_then(|mut f| io::Write::write_all(&mut f, bytes))
            .unwrap();
    }
    dir
}

/// The names of what was read, with the folder's own path taken off.
fn names(input: &Input, dir: &TempDir) -> Vec<String> {
    let base = format!("{}/", dir.path().display());
    let name = |id: &FileId| input.sources.name(*id).replace(&base, "");
    input.roots.iter().map(name).collect()
}

#[test]
fn a_folder_is_its_policy_files_by_name() {
    let dir = folder(&[
        ("b.thrice", b"b"),
        ("a.thrice", b"a"),
        (".c.thrice", b"c"),
        ("d.thrice~", b"d"),
        ("notes.md", b"e"),
        ("deeper/f.thrice", b"f"),
    ]);
    symlink("notes.md", dir.path().join("linked.thrice")).unwrap();
    let input = load(dir.path());
    assert_eq!(
        names(&input, &dir),
        ["a.thrice", "b.thrice", "linked.thrice"]
    );
    assert!(input.mistakes.is_empty());
    assert_eq!(
        input.name,
        dir.path().file_name().unwrap().to_str().unwrap()
    );
}

#[test]
fn one_file_is_a_policy_too() {
    let dir = folder(&[("a.thrice", b"a"), ("b.thrice", b"b")]);
    let input = load(&dir.path().join("b.thrice"));
    assert_eq!(
        (names(&input, &dir), input.name.as_str()),
        (vec!["b.thrice".to_owned()], "b")
    );
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_read() {
    let dir = folder(&[("a.thrice", b"a"), ("c.thrice", b"one\ntwo \xff\xfe three")]);
    fs::create_dir(dir.path().join("b.thrice")).unwrap();
    symlink("nowhere", dir.path().join("d.thrice")).unwrap();
    symlink("e.thrice", dir.path().join("e.thrice")).unwrap();
    let input = load(dir.path());
    let base = format!("{}/", dir.path().display());
    let said: Vec<String> = input
        .mistakes
        .iter()
        .map(|m| format!("{} {}", m.code, m.message.replace(&base, "")))
        .collect();
    assert_eq!(
        said,
        [
            "T0001 cannot read `b.thrice`: it is a folder, not a file",
            "T0002 cannot read `c.thrice`: it is not UTF-8 text: byte 8, on line 2, is wrong",
            "T0001 cannot read `d.thrice`: there is no such file or folder",
            "T0001 cannot read `e.thrice`: its symbolic links lead in a circle",
        ]
    );
    assert_eq!(names(&input, &dir), ["a.thrice"]);
    let place = input.mistakes[1].span().unwrap();
    assert_eq!(input.sources.text(place), "\u{FFFD}");
}

#[test]
fn nothing_is_not_a_policy() {
    let dir = folder(&[("readme.md", b"a")]);
    assert_eq!(load(dir.path()).mistakes[0].code, EMPTY_FOLDER);
    assert_eq!(load(&dir.path().join("none")).mistakes[0].code, UNREADABLE);
    assert_eq!(
        load(&dir.path().join("readme.md/a.thrice")).mistakes[0].code,
        UNREADABLE
    );
}

#[test]
fn large_files_are_refused_without_reading_them_whole() {
    let dir = folder(&[("exact.thrice", b""), ("more.thrice", b"")]);
    let set = |name: &str, length| {
        let file = File::options()
            .write(true)
            .open(dir.path().join(name))
            .unwrap();
        file.set_len(length).unwrap();
    };
    set("exact.thrice", LARGEST);
    set("more.thrice", LARGEST + 1);
    let input = load(dir.path());
    assert_eq!(names(&input, &dir), ["exact.thrice"]);
    assert_eq!(
        input.mistakes.iter().map(|m| m.code).collect::<Vec<_>>(),
        [TOO_LARGE]
    );
    let zero = Path::new("/dev/zero");
    assert!(matches!(read(zero), Err(Trouble::NoFile)));
    assert!(matches!(read_any(zero), Err(Trouble::TooLarge)));
}

#[test]
fn used_files_are_found_beside_the_file_that_uses_them() {
    let dir = folder(&[
        ("vpai/hardened/a.thrice", b"a"),
        ("vpai/requirements.thrice", b"r"),
        ("vpai/more/b.thrice", b"b"),
        ("latin.thrice", b"\xe9"),
    ]);
    let input = load(&dir.path().join("vpai/hardened"));
    let base = dir.path().display().to_string();
    let root = input.sources.name(input.roots[0]).to_owned();
    let (name, text) = input.files.used(&root, "../requirements").unwrap();
    assert_eq!(
        (name, text.as_str()),
        (format!("{base}/vpai/requirements.thrice"), "r")
    );
    let (name, _) = input.files.used(&root, "../more/b.thrice").unwrap();
    assert_eq!(name, format!("{base}/vpai/more/b.thrice"));
    let (back, _) = input.files.used(&name, "../hardened/a").unwrap();
    assert_eq!(back, root, "one file has one name");
    let reason = |path| {
        input
            .files
            .used(&root, path)
            .unwrap_err()
            .replace(&base, "")
    };
    assert_eq!(
        reason("../none"),
        "`/vpai/none.thrice`: there is no such file or folder"
    );
    assert_eq!(
        reason("../../latin"),
        "`/latin.thrice`: it is not UTF-8 text: byte 0, on line 1, is wrong"
    );
    assert_eq!(
        reason("/etc/passwd"),
        "a policy names files relative to itself"
    );
}

#[test]
fn names_are_shown_without_detours() {
    let name = |path: &str| shown(Path::new(path));
    assert_eq!(name("./a//b/./c.thrice"), "a/b/c.thrice");
    assert_eq!(name("a/../b"), "b");
    assert_eq!(name("../../a/b/.."), "../../a");
    assert_eq!(name("/a/b"), "/a/b");
    assert_eq!(name("/../a"), "/a");
    assert_eq!((name("."), name("/")), (".".to_owned(), "/".to_owned()));
}

#[test]
fn the_system_is_quoted_where_it_says_something_unusual() {
    assert!(words(&io::Error::from_raw_os_error(13)).contains("permission is denied"));
    assert!(words(&io::Error::from_raw_os_error(5)).contains("os error 5"));
}
