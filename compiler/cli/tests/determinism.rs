//! The same policy gives the same bytes, wherever and whenever it is judged, and nothing of the machine
//! gets into them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test: it reads what was written, and a failure is a failed test"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use common::Desk;

const FORMATS: [&str; 5] = ["human", "json", "sarif", "github", "junit"];
const AS_OF: &str = "2026-03-01";
const POLICIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/vpai");

/// The real policy: a folder of statements, and what it uses from the folder above.
fn policy() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in ["", "hardened/"] {
        for entry in fs::read_dir(Path::new(POLICIES).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "thrice")
            {
                let name = path.file_name().unwrap().to_str().unwrap();
                let text = fs::read_to_string(&path).unwrap();
                files.push((format!("{folder}{name}"), text));
            }
        }
    }
    assert!(files.len() > 3, "{files:?}");
    files.sort();
    files
}

fn desk(files: &[(String, String)]) -> Desk {
    let files: Vec<_> = files
        .iter()
        .map(|(n, t)| (n.as_str(), t.as_str()))
        .collect();
    Desk::new(&files)
}

/// What a run may differ in: nothing of it may show.
struct Surroundings {
    desk: Desk,
    folder: &'static str,
    path: &'static str,
    environment: Vec<(&'static str, String)>,
}

/// Debian's library that gives a program another clock.
fn faketime() -> String {
    let mut kinds = fs::read_dir("/usr/lib").unwrap().map(Result::unwrap);
    let found = kinds.find_map(|kind| {
        let library = kind.path().join("faketime/libfaketime.so.1");
        library.is_file().then_some(library)
    });
    let found = found.expect("libfaketime is missing: run `.ci/setup test`");
    found.to_str().unwrap().to_owned()
}

/// Five runs, each in a place of its own, with files made in another order, in another zone, language and
/// year, with another number of threads.
fn runs() -> Vec<Surroundings> {
    let run = |reverse: bool, folder, path, environment: &[(&'static str, &str)]| {
        let mut files = policy();
        if reverse {
            files.reverse();
        }
        let desk = desk(&files);
        fs::create_dir(desk.path("elsewhere")).unwrap();
        Surroundings {
            desk,
            folder,
            path,
            environment: environment
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
        }
    };
    vec![
        run(false, ".", "hardened", &[]),
        run(false, ".", "./hardened/", &[]),
        run(
            true,
            ".",
            "elsewhere/../hardened",
            &[("TZ", "Pacific/Kiritimati"), ("LANG", "tr_TR.UTF-8")],
        ),
        run(
            true,
            ".",
            "hardened",
            &[("HOME", "/nowhere"), ("LC_ALL", "C"), ("TERM", "xterm")],
        ),
        run(
            true,
            ".",
            "hardened",
            &[
                ("RAYON_NUM_THREADS", "1"),
                ("TZ", "Etc/GMT+12"),
                ("LD_PRELOAD", &faketime()),
                ("FAKETIME", "@2031-05-06 20:00:00"),
            ],
        ),
    ]
}

impl Surroundings {
    fn thrice(&self, args: &[&str]) -> Output {
        let mut command = self.desk.thrice(args);
        command.current_dir(self.desk.path(self.folder));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.output().unwrap()
    }

    fn check(&self, format: &str) -> String {
        let args = ["check", self.path, "--as-of", AS_OF, "--format", format];
        let output = self.thrice(&args);
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert!(output.stderr.is_empty(), "{format}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Each file of the built folder, with its mode.
    fn build(&self) -> BTreeMap<String, (u32, String)> {
        let args = ["build", self.path, "--as-of", AS_OF, "--out", "out"];
        let output = self.thrice(&args);
        assert_eq!(output.status.code(), Some(0));
        let mut files = BTreeMap::new();
        collect(&self.desk.path("out"), "", &mut files);
        files
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, (u32, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            let mode = entry.metadata().unwrap().permissions().mode();
            files.insert(name, (mode, fs::read_to_string(entry.path()).unwrap()));
        }
    }
}

#[test]
fn reports_are_the_same_bytes_in_every_surrounding() {
    let runs = runs();
    for format in FORMATS {
        let [first, others @ ..] = runs.as_slice() else {
            unreachable!()
        };
        let expected = first.check(format);
        for (number, other) in others.iter().enumerate() {
            assert!(expected == other.check(format), "{format}, run {number}");
        }
        let temporary = std::env::temp_dir();
        for place in [
            first.desk.path(""),
            temporary,
            env!("CARGO_MANIFEST_DIR").into(),
        ] {
            let place = place.to_str().unwrap().trim_end_matches('/').to_owned();
            let absolute = [
                format!("\"{place}/"),
                format!("[{place}/"),
                format!("={place}/"),
            ];
            let found = absolute.iter().find(|start| expected.contains(*start));
            assert_eq!(found, None, "{format}");
        }
    }
}

#[test]
fn artefacts_are_the_same_bytes_in_every_surrounding() {
    let runs = runs();
    let built: Vec<_> = runs.iter().map(Surroundings::build).collect();
    let Some((first, others)) = built.split_first() else {
        unreachable!()
    };
    assert!(first.len() > 10, "{:?}", first.keys());
    for (number, other) in others.iter().enumerate() {
        assert!(first == other, "run {number}");
    }
    for (name, (_, text)) in first {
        let place = runs.first().unwrap().desk.path("");
        assert!(!text.contains(place.to_str().unwrap()), "{name}");
    }
    // A second build into the same folder replaces it by the same.
    assert_eq!(&runs.first().unwrap().build(), first);
}

/// Without a day to judge at, the clock of the run in the year 2031 does show: it is really another. Twelve
/// hours behind UTC it is still the sixth of May there, and all the world judges as on the seventh.
#[test]
fn the_clock_says_which_day_it_is_where_nobody_else_does() {
    let runs = runs();
    let run = runs.last().unwrap();
    let output = run.thrice(&["check", run.path, "--format", "json"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("\"as_of\": \"2031-05-07\""), "{shown}");
}

#[test]
fn another_day_gives_other_bytes() {
    let desk = desk(&policy());
    let on = |day| {
        let output = desk.run(&["check", "hardened", "--format", "json", "--as-of", day]);
        assert_eq!(output.status.code(), Some(0), "{day}");
        output.stdout
    };
    assert_ne!(on("2026-03-01"), on("2026-03-02"));
}
