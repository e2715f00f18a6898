//! The script that removes old files.

use serde::Serialize;
use thrice_model::{AgeClock, HostId, Source, StepId, Verb};
use thrice_plan::Plan;
use thrice_target::script::{Script, artefact};
use thrice_target::{Artefact, Diagnostic, layout, refusal};

const EXPIRE: &str = include_str!("../templates/expire.sh.j2");

#[derive(Serialize)]
struct Values {
    folder: String,
    seconds: i64,
    clock: &'static str,
    mounts: Vec<String>,
    patience: i64,
    clean_up: String,
}

/// The script of an expire on a file system.
///
/// # Errors
/// Its folder is not one of the host's or is `/`, or its clock is one that no file has.
pub fn script(plan: &Plan, id: StepId, host: HostId) -> Result<Artefact, Diagnostic> {
    let step = &plan.model.steps[id];
    let name = &step.named.name;
    let Verb::Expire { after, clock, .. } = &step.verb else {
        return Err(refusal::about(
            step,
            refusal::INTERNAL,
            format!("`{name}` is no expire"),
        ));
    };
    let place = match &step.source {
        Source::Location(place, _) => place,
        _ => return Err(crate::unreachable(plan, step, None)),
    };
    let folder = layout::path_on(plan, host, place)
        .ok_or_else(|| crate::unreachable(plan, step, Some(place)))?;
    if folder == "/" {
        let message = format!("`{name}` would remove old files from all of `/`");
        return Err(refusal::about(step, refusal::UNREACHABLE, message).help("name a folder"));
    }
    let clock = match clock {
        AgeClock::Mtime => "T",
        // When it came to this file system: rclone and rsync set the time of its content, never this one.
        AgeClock::Upload => "C",
        AgeClock::Snapshot | AgeClock::Use => {
            let message = format!("`{name}` goes by a clock that files do not have");
            return Err(refusal::about(step, refusal::UNSUPPORTED, message)
                .help("go by mtime or upload, or let a person do it: `by hand`"));
        }
    };
    // Where the policy gives an interval, what is certain to be old enough.
    let seconds = after.high().0.max(1);
    let period = plan
        .cadences
        .get(id)
        .and_then(|cadence| cadence.widest)
        .map_or(0, |widest| widest.0);
    let values = Values {
        folder,
        seconds,
        clock,
        mounts: crate::mounts(plan, place),
        patience: seconds.max(period),
        clean_up: crate::clean_up(step)?,
    };
    let body = crate::render(step, "expire.sh.j2", EXPIRE, &values)?;
    artefact(
        plan,
        id,
        host,
        &Script {
            body,
            ..Script::default()
        },
    )
}
