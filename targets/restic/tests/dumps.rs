//! From a program that dumps to a snapshot: what is backed up is what the capture left.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;

use std::fs;
use std::process::Command;

use common::{World, backup, keep_daily};
use thrice_model::{CaptureMethod, CaptureParts, Source, Verb};
use thrice_target::Artefact;
use thrice_target::fixture::{Fixture, span};
use thrice_test_support::restic::versions;
use thrice_test_support::run;
use thrice_test_support::shell::shellcheck;

/// A world in which a program dumps to `dumps`, and a backup takes that.
fn world() -> World {
    let mut world = World::local(versions().last().unwrap());
    let program = world.bench.write("program", "");
    let verb = Verb::Capture(Box::new(CaptureParts {
        method: CaptureMethod::PgDump,
        atomic: true,
        runs: Some(program.clone()),
        user: None,
        container: None,
        keeps: None,
    }));
    dumps(&world, "echo one >dumps/n8n.dump");
    run(Command::new("chmod").args(["755", &program]));
    let backup = world.backup("full", "live", backup(Some(keep_daily(3)), true));
    let dump = world.fixture.step("dump", verb, world.host);
    let disk = world.fixture.model.stores.ids().next().unwrap();
    let place = Fixture::location(disk, &world.bench.path("dumps"));
    world
        .fixture
        .edit(dump, |step| step.target = Fixture::writes(place));
    world.fixture.edit(backup, |step| {
        step.source = Source::Step(dump, span());
        step.timing.after = vec![(dump, span())].into();
    });
    world
}

/// Says what the program does.
fn dumps(world: &World, what: &str) {
    let text = format!(
        "#!/bin/bash\nset -eu\ncd {}\nmkdir -p dumps\n{what}\n",
        world.bench.path("")
    );
    world.bench.write("program", text);
}

fn dump(world: &World) -> Artefact {
    let mut all = thrice_target_host_scripts::emit(&world.fixture.plan()).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn a_dump_is_backed_up_as_the_program_left_it() {
    let world = world();
    world.fail(
        "full",
        1,
        "it comes after dump, which has never run on this host",
    );
    let finished = world.bench.run(&dump(&world));
    assert!(finished.is_success(), "{finished}");
    world.succeed("full");
    assert_eq!(
        shellcheck(&world.bench.install(&world.script("full"))),
        Ok(())
    );
    let target = world.bench.path("restored");
    run(&mut world.call(&["restore", "latest", "--target", &target]));
    let restored = format!("{target}{}", world.bench.path("dumps/n8n.dump"));
    assert_eq!(fs::read_to_string(restored).unwrap(), "one\n");
}

#[test]
fn what_is_not_as_the_program_left_it_is_not_backed_up() {
    let world = world();
    assert!(world.bench.run(&dump(&world)).is_success());
    for content in ["two\n", "on\n", ""] {
        world.bench.write("dumps/n8n.dump", content);
        world
            .bench
            .write("dumps/more", "so that the source is not empty");
        world.fail("full", 1, "not as the capture left it");
    }
    fs::remove_file(world.bench.folder().join("dumps/n8n.dump")).unwrap();
    world.fail("full", 1, "not as the capture left it");
    assert_eq!(world.snapshots().len(), 0);
}

#[test]
fn a_dump_that_failed_fails_the_backup_and_not_its_neighbour() {
    let mut world = world();
    world.backup("neighbour", "live", backup(None, false));
    world.bench.write("live/file", "content");
    assert!(world.bench.run(&dump(&world)).is_success());
    dumps(&world, "false");
    assert!(!world.bench.run(&dump(&world)).is_success());
    world.fail("full", 1, "it comes after dump, which failed");
    world.succeed("neighbour");
}

#[test]
fn a_capture_of_this_program_is_backed_up_as_it_left_it() {
    let mut world = world();
    world.bench.write("data/a", "one");
    let disk = world.fixture.model.stores.ids().next().unwrap();
    let home = Fixture::location(disk, &world.bench.path("data"));
    let class = world.fixture.class("folders", home);
    let steps = &mut world.fixture.model.steps;
    let dump_step = steps.ids().find(|id| steps[*id].named.name == "dump");
    world.fixture.edit(dump_step.unwrap(), |step| {
        step.classes = vec![(class, span())].into();
        if let Verb::Capture(parts) = &mut step.verb {
            parts.runs = None;
            parts.method = CaptureMethod::Files;
        }
    });
    let capture = thrice_target_capture::emit(&world.fixture.plan()).unwrap();
    let finished = world.bench.run(&capture[0]);
    assert!(finished.is_success(), "{finished}");
    world.succeed("full");
    world.bench.write("dumps/folders-latest/a", "two");
    world.fail("full", 1, "not as the capture left it");
}
