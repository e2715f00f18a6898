//! `schedule`: a name for a schedule that several steps share.

use crate::clauses::Construct;
use crate::context::Context;
use crate::draft::Draft;
use crate::item::Item;

/// `schedule`
pub const FORM: Construct = Construct {
    keyword: "schedule",
    inside: &[],
    form: "schedule NAME = SCHEDULE",
    text: "Names a schedule. Written are `hourly at minute 15`, `every 15 min`, `daily at 03:00, \
           15:00`, `weekly on Sunday at 03:00`, `monthly on 1 at 05:00`, `yearly on 01-01 at \
           04:00`, each perhaps with `UTC` or a zone such as `\"Europe/Paris\"` (otherwise the \
           clock of the host holds), and `on demand`.",
    example: "schedule nightly = daily at 03:00 UTC",
    clauses: &[],
};

/// Reads one.
pub fn read<'a>(cx: &'a Context<'a>, draft: &mut Draft, item: &Item<'a>) {
    let mut cursor = item.cursor(cx);
    if cursor.expect("=", FORM.example).is_some()
        && let Some((schedule, _)) = cursor.written_schedule()
    {
        draft.schedules.set(item.index, schedule);
    }
    cursor.end();
}
