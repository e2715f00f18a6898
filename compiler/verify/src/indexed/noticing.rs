//! When damage or silence is noticed.

use thrice_model::Class;
use thrice_plan::{Copy, CopyId, Plan};
use thrice_quantity::Seconds;

/// How long it takes until somebody has noticed the destruction of a class's copies, acted, and, where an `rto` says how
/// long that may take, brought it back: so long must that be there from which it comes. Whoever sees it within the
/// time that the class says has then the response time, as after an alarm; and it never takes less than the first of
/// its steps needs to fall silent and somebody to act. A lower bound where nothing is said.
pub(super) fn noticed(class: &Class, alarmed: Seconds, response: Seconds) -> Seconds {
    let said = class.asked().noticed_within;
    let acted = said.map_or(alarmed, |(said, _)| {
        said.saturating_add(response).max(alarmed)
    });
    // A restore's time counts from the alarm on, as the response does (`recovery_time`).
    let rto = class.asked().rto.map_or(Seconds::ZERO, |(rto, _)| rto);
    let restoring = Seconds(rto.0.saturating_sub(response.0).max(0));
    acted.saturating_add(restoring)
}

/// How long it takes until the first of a class's steps has fallen silent and somebody has acted.
pub(super) fn alarmed_after(plan: &Plan, copies: &[CopyId]) -> Seconds {
    let silent = copies
        .iter()
        .filter_map(|id| plan.copies[*id].made_by)
        .filter_map(|step| plan.cadences[step].freshness)
        .min()
        .unwrap_or(Seconds::ZERO);
    silent.saturating_add(plan.model.policy.response)
}

/// How long it takes until the first of a class's steps has fallen silent that bring something to where a copy lies while it
/// is there, and somebody has acted: those that go elsewhere do not miss what is deleted there. `None` where no step brings
/// anything there.
pub(super) fn alarmed_there(plan: &Plan, copies: &[CopyId], copy: &Copy) -> Option<Seconds> {
    let there = copies.iter().map(|id| &plan.copies[*id]);
    let there = there.filter(|other| {
        other.location.store == copy.location.store && other.lifetime.meets(copy.lifetime)
    });
    let silent = there.filter_map(|copy| plan.cadences[copy.made_by?].freshness);
    Some(silent.min()?.saturating_add(plan.model.policy.response))
}
