//! Captures in the making.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: each file uses a part of this, and a failure is a failed test"
)]

use std::fs;

use thrice_model::{CaptureMethod, CaptureParts, Class, ClassId, HostKind, StepId, Verb};
use thrice_target::Artefact;
use thrice_target::bench::Bench;
use thrice_target::fixture::{Fixture, span};
use thrice_target_capture::emit;
use thrice_test_support::{Finished, shell::shellcheck};

/// A policy `p` whose host `h` captures class `data` to `dumps` in the bench's folder, by step `dump`.
pub struct Capture {
    pub bench: Bench,
    pub fixture: Fixture,
    pub step: StepId,
    pub class: ClassId,
}

impl Capture {
    /// With these settings in the file of its credential.
    pub fn new(method: CaptureMethod, home: &str, settings: &str) -> Self {
        let bench = Bench::new();
        let mut fixture = Fixture::new("p");
        let host = fixture.host("h", HostKind::Host);
        let disk = fixture.file_system(host, "disk", "/");
        let home = if home.starts_with('/') {
            home.to_owned()
        } else {
            bench.path(home)
        };
        let class = fixture.class("data", Fixture::location(disk, &home));
        let verb = Verb::Capture(Box::new(CaptureParts {
            method,
            atomic: true,
            runs: None,
            user: None,
            container: None,
            keeps: None,
        }));
        let step = fixture.step("dump", verb, host);
        let file = bench.write("settings.env", settings);
        let credential = fixture.credential("settings", None, Some(&file));
        let out = Fixture::writes(Fixture::location(disk, &bench.path("dumps")));
        fixture.edit(step, |step| {
            step.classes = vec![(class, span())].into();
            step.target = out;
            step.credential = Some((credential, span()));
        });
        Self {
            bench,
            fixture,
            step,
            class,
        }
    }

    pub fn parts(mut self, parts: &[&str]) -> Self {
        let list = parts.iter().map(|&part| (part.to_owned(), span()));
        self.class(|class| class.parts = list.collect());
        self
    }

    pub fn class(&mut self, change: impl FnOnce(&mut Class)) {
        change(self.fixture.model.classes.get_mut(self.class).unwrap());
    }

    pub fn edit(mut self, change: impl FnOnce(&mut CaptureParts)) -> Self {
        self.fixture.edit(self.step, |step| {
            let Verb::Capture(parts) = &mut step.verb else {
                unreachable!()
            };
            change(parts);
        });
        self
    }

    pub fn script(&self) -> Artefact {
        let mut all = emit(&self.fixture.plan()).unwrap();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    pub fn run(&self) -> Finished {
        self.bench.run(&self.script())
    }

    /// Runs it, and it must succeed and leave a list that is right.
    #[track_caller]
    pub fn succeeds(&self) -> Finished {
        let finished = self.run();
        assert!(finished.is_success(), "{finished}");
        let list = fs::read_to_string(self.bench.path("dumps.manifest")).unwrap();
        assert!(!list.is_empty());
        for line in list.lines() {
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            let bytes = fs::read(words[3]).unwrap();
            assert_eq!(words[0], thrice_target::sha256(&bytes), "{line}");
            assert_eq!(words[1], bytes.len().to_string(), "{line}");
        }
        assert_eq!(self.bench.left_behind(), Vec::<String>::new());
        finished
    }

    /// Runs it, and it must fail with these words, and leave no list.
    #[track_caller]
    pub fn fails(&self, words: &str) -> Finished {
        let finished = self.run();
        assert!(
            !finished.is_success() && finished.stderr.contains(words),
            "wanted: {words}\n{finished}"
        );
        assert!(!self.bench.folder().join("dumps.manifest").exists());
        assert_eq!(self.bench.record("p", "dump")["ok"], false);
        finished
    }

    /// Names of all that it left, sorted.
    pub fn left(&self) -> Vec<String> {
        self.bench.names("dumps")
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.bench.folder().join("dumps").join(name)).unwrap()
    }

    pub fn number(&self, name: &str) -> i64 {
        self.bench.record("p", "dump")["numbers"][name]
            .as_i64()
            .unwrap_or(-1)
    }

    /// A program of that name that comes first.
    pub fn program(&mut self, name: &str, text: &str) {
        self.bench.instead(name, text);
    }

    /// shellcheck has nothing to say.
    #[track_caller]
    pub fn is_clean(&self) {
        assert_eq!(shellcheck(&self.bench.install(&self.script())), Ok(()));
    }
}

/// A program that does as `docker exec` is documented to do, on this host itself: it takes the options
/// that are used, hands on of the environment what `--env` names, and notes its arguments.
pub const DOCKER: &str = r#"#!/bin/bash
printf '%s\n' "$*" >>"$HOME/docker.log"
[[ $1 == exec ]] || exit 125
shift
keep=(PATH="$PATH" HOME="$HOME")
stdin=/dev/null
while [[ $1 == -* ]]; do
  case $1 in
    --interactive) stdin=/dev/stdin; shift ;;
    --user) shift 2 ;;
    --env) keep+=("$2=${!2}"); shift 2 ;;
    *) echo "unknown flag: $1" >&2; exit 125 ;;
  esac
done
[[ $1 == the_container ]] || { echo "Error: No such container: $1" >&2; exit 1; }
shift
if [[ $stdin == /dev/null ]]; then exec env -i "${keep[@]}" "$@" </dev/null; fi
exec env -i "${keep[@]}" "$@"
"#;
