use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use tempfile::TempDir;

use super::*;

/// What a folder holds: path, text and mode.
type Tree = BTreeMap<String, (String, u32)>;

fn tree(folder: &Path) -> Option<Tree> {
    let files = files_below(folder).ok()?;
    let read = |path: PathBuf| {
        let whole = folder.join(&path);
        let text = crate::input::read(&whole).ok()?;
        let mode = fs::symlink_metadata(&whole).ok()?.permissions().mode() & 0o7777;
        Some((path.to_str()?.to_owned(), (text, mode)))
    };
    files.into_iter().map(read).collect()
}

fn manifest(files: &[&str]) -> String {
    let files: Vec<_> = files
        .iter()
        .map(|path| serde_json::json!({ "path": path }))
        .collect();
    serde_json::json!({ "generator": "thrice 0.1.0", "files": files }).to_string()
}

/// Two generations of a folder, told apart by every file in it.
fn generation(number: u8) -> (Vec<(String, String, u32)>, Tree) {
    let names: &[&str] = if number == 1 {
        &["a.sh", "hosts/x/cron.d/thrice", "hosts/x/gone"]
    } else {
        &["a.sh", "buckets/b.json", "hosts/x/cron.d/thrice"]
    };
    let mut files: Vec<(String, String, u32)> = names
        .iter()
        .map(|n| ((*n).to_owned(), format!("{n} {number}"), 0o644))
        .collect();
    files[0].2 = 0o755;
    files[1].2 = 0o600;
    files.push((MANIFEST.to_owned(), manifest(names), 0o644));
    let tree = files
        .iter()
        .map(|(n, t, m)| (n.clone(), (t.clone(), *m)))
        .collect();
    (files, tree)
}

fn outputs(files: &[(String, String, u32)]) -> Vec<Output<'_>> {
    files
        .iter()
        .map(|file| Output {
            path: &file.0,
            bytes: file.1.as_bytes(),
            mode: file.2,
        })
        .collect()
}

/// The names in a folder, hidden ones too.
#[expect(
    clippy::disallowed_methods,
    reason = "a test looks at what is left lying"
)]
fn names(folder: &Path) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::File::create(path)
        .and_then(|mut f| io::Write::write_all(&mut f, text.as_bytes()))
        .unwrap();
}

#[test]
fn a_new_folder_and_its_replacement_hold_exactly_what_was_asked() {
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("out");
    for number in [1, 2, 2, 1] {
        let (files, expected) = generation(number);
        write(&out, &outputs(&files)).unwrap();
        assert_eq!(tree(&out), Some(expected));
        assert_eq!(names(dir.path()), ["out"], "nothing is left lying");
    }
}

#[test]
fn an_empty_folder_may_be_filled_and_keeps_its_permissions() {
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::set_permissions(&out, fs::Permissions::from_mode(0o750)).unwrap();
    let (files, expected) = generation(1);
    write(&out, &outputs(&files)).unwrap();
    assert_eq!(tree(&out), Some(expected));
    assert_eq!(
        fs::metadata(&out).unwrap().permissions().mode() & 0o7777,
        0o750
    );
}

#[test]
fn what_is_not_of_thrice_is_never_replaced() {
    let (files, _) = generation(2);
    let refused = |prepare: &dyn Fn(&Path), why: &str| {
        let dir = TempDir::new().unwrap();
        let out = dir.path().join("out");
        prepare(&out);
        let before = tree(&out);
        let error = write(&out, &outputs(&files)).unwrap_err();
        assert_eq!(error.code, REFUSED);
        assert!(
            error.message.contains(why),
            "{} does not say {why}",
            error.message
        );
        assert_eq!(tree(&out), before);
        assert_eq!(
            names(dir.path())
                .iter()
                .filter(|n| n.starts_with('.'))
                .count(),
            0
        );
    };
    refused(&|out| put(&out.join("photo.jpg"), "x"), "it holds files");
    refused(&|out| put(&out.join(MANIFEST), "{}"), "it holds files");
    refused(
        &|out| {
            put(
                &out.join(MANIFEST),
                "{\"generator\":\"npm 1\",\"files\":[]}",
            )
        },
        "it holds files",
    );
    refused(
        &|out| {
            put(&out.join(MANIFEST), &manifest(&["a"]));
            put(&out.join("a"), "ours");
            put(&out.join("b/notes.txt"), "not ours");
        },
        "thrice did not write `b/notes.txt`",
    );
    refused(&|out| put(out, "a file"), "there is a file of that name");
    refused(
        &|out| symlink("/tmp", out).unwrap(),
        "it is a symbolic link",
    );
}

#[test]
fn folders_that_cannot_be_replaced_are_refused() {
    for (folder, why) in [
        ("/", "replaced as a whole"),
        ("..", "replaced as a whole"),
        (".", "replaced as a whole"),
        ("", "replaced as a whole"),
        ("/no/such/folder/out", "the folder above it"),
        ("/dev/null/out", "a part of the path is a file"),
        ("/proc/out", "cannot write"),
    ] {
        let error = write(Path::new(folder), &[]).unwrap_err();
        assert!(error.message.contains(why), "{folder}: {}", error.message);
    }
}

#[test]
fn no_path_leads_out_of_the_folder() {
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("out");
    for path in [
        "/etc/cron.d/x",
        "../x",
        "a/../../x",
        "a//b",
        "./a",
        "",
        "a/",
        "a\0b",
        "..\\x",
    ] {
        let error = write(
            &out,
            &[Output {
                path,
                bytes: b"x",
                mode: 0o644,
            }],
        )
        .unwrap_err();
        assert_eq!(error.code, REFUSED, "{path:?}");
        assert!(names(dir.path()).is_empty(), "{path:?}");
    }
    let twice = [("a", 0), ("a", 1)].map(|(path, mode)| Output {
        path,
        bytes: b"",
        mode,
    });
    assert!(write(&out, &twice).is_err());
    // A file and a folder of one name: the file system refuses, and nothing is left.
    let both = ["a", "a/b"].map(|path| Output {
        path,
        bytes: b"",
        mode: 0o644,
    });
    assert!(write(&out, &both).is_err());
    assert!(names(dir.path()).is_empty());
}

#[test]
fn two_runs_do_not_write_beside_each_other() {
    let dir = TempDir::new().unwrap();
    let (files, _) = generation(1);
    let handle = fs::File::open(dir.path()).unwrap();
    handle.lock().unwrap();
    let error = write(&dir.path().join("out"), &outputs(&files)).unwrap_err();
    assert!(error.message.contains("another run"), "{}", error.message);
    handle.unlock().unwrap();
    write(&dir.path().join("out"), &outputs(&files)).unwrap();
}

/// All points of a run that replaces a folder, with the exchange and without it.
fn points(exchange: bool) -> Vec<Point> {
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("out");
    let mut points = Vec::new();
    for number in [1, 2] {
        points.clear();
        let mut hook = |point| {
            points.push(point);
            without(exchange, point)
        };
        write_with(&out, &outputs(&generation(number).0), &mut hook).unwrap();
    }
    points
}

fn without(exchange: bool, point: Point) -> io::Result<()> {
    if point == Point::Exchange && !exchange {
        return Err(io::ErrorKind::Unsupported.into());
    }
    Ok(())
}

#[test]
fn an_error_at_any_point_leaves_the_old_folder_or_the_new() {
    for exchange in [true, false] {
        let points = points(exchange);
        assert_eq!(points.contains(&Point::Away), !exchange);
        for stop in points {
            if stop == Point::Exchange && !exchange {
                continue;
            }
            let dir = TempDir::new().unwrap();
            let out = dir.path().join("out");
            let ((first, old), (second, new)) = (generation(1), generation(2));
            write(&out, &outputs(&first)).unwrap();
            let mut hook = |point| {
                if point == stop {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                without(exchange, point)
            };
            let result = write_with(&out, &outputs(&second), &mut hook);
            if stop == Point::Clear {
                result.unwrap();
                assert_eq!(tree(&out), Some(new));
            } else {
                let error = result.unwrap_err();
                assert!(
                    error.message.contains("the disk is full"),
                    "{}",
                    error.message
                );
                assert_eq!(tree(&out), Some(old), "stopped at {stop:?}");
                assert_eq!(names(dir.path()), ["out"], "stopped at {stop:?}");
            }
        }
    }
}

const CHILD: &str = "THRICE_TEST_STOP";

/// What the next test starts as a child: a run that dies at a point, without a chance to clean up.
fn die(folder: &Path, stop: usize, exchange: bool) {
    let mut count = 0;
    let mut hook = |point| {
        if count == stop {
            std::process::abort();
        }
        count += 1;
        without(exchange, point)
    };
    write_with(folder, &outputs(&generation(2).0), &mut hook).unwrap();
}

#[test]
fn a_run_killed_at_any_point_leaves_a_whole_folder_and_the_next_one_goes_through() {
    if let Some(task) = crate::terminal::environment(CHILD) {
        let mut parts = task.splitn(3, ' ');
        let (stop, exchange) = (parts.next().unwrap(), parts.next().unwrap());
        let folder = Path::new(parts.next().unwrap());
        return die(folder, stop.parse().unwrap(), exchange == "true");
    }
    for exchange in [true, false] {
        for (stop, point) in points(exchange).into_iter().enumerate() {
            let dir = TempDir::new().unwrap();
            let out = dir.path().join("out");
            let ((first, old), (second, new)) = (generation(1), generation(2));
            write(&out, &outputs(&first)).unwrap();
            let test = "output::tests::a_run_killed_at_any_point_leaves_a_whole_folder_and_the_next_one_goes_through";
            let status = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", test])
                .env(CHILD, format!("{stop} {exchange} {}", out.display()))
                .output()
                .unwrap()
                .status;
            assert!(
                !status.success() && status.code().is_none(),
                "killed, not {status}"
            );
            let after = tree(&out);
            let between = !exchange && point == Point::Into;
            if between {
                // The one moment without the folder: the old one lies whole beside it.
                assert_eq!(after, None);
                assert_eq!(tree(&dir.path().join(".out.thrice-old")), Some(old));
            } else {
                let expected = if point == Point::Clear { &new } else { &old };
                assert_eq!(after.as_ref(), Some(expected), "killed at {point:?}");
            }
            write(&out, &outputs(&second)).unwrap();
            assert_eq!(tree(&out), Some(new));
            assert_eq!(
                names(dir.path()),
                ["out"],
                "cleared after a kill at {point:?}"
            );
        }
    }
}

#[test]
fn a_folder_put_back_by_the_next_run_is_not_lost_when_that_run_is_refused() {
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("out");
    let (first, old) = generation(1);
    write(&out, &outputs(&first)).unwrap();
    fs::rename(&out, dir.path().join(".out.thrice-old")).unwrap();
    let both = ["a", "a/b"].map(|path| Output {
        path,
        bytes: b"",
        mode: 0o644,
    });
    assert!(write(&out, &both).is_err());
    assert_eq!(tree(&out), Some(old));
}
