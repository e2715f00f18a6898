//! The codes this stage reports; each has a page in `compiler/diagnostics/codes`.

use thrice_diagnostics::Code;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {$(
        $(#[$doc])*
        pub const $name: Code = Code($code);
    )*};
}

codes! {
    /// Nothing has this name.
    UNKNOWN_NAME = "T0201";
    /// Two things have this name.
    DUPLICATE_NAME = "T0202";
    /// The name is that of another kind of thing.
    WRONG_KIND = "T0203";
    /// Things rest on each other in a circle.
    CYCLE = "T0204";
    /// A quantity of another dimension.
    WRONG_DIMENSION = "T0301";
    /// A number without a unit.
    MISSING_UNIT = "T0302";
    /// No unit is spelt like this.
    UNKNOWN_UNIT = "T0303";
    /// The ends are the wrong way round.
    REVERSED = "T0304";
    /// Too large, too small or too fine.
    OUT_OF_RANGE = "T0305";
    /// Another sort of value is expected.
    WRONG_VALUE = "T0306";
    /// Capacity and disk layout contradict each other.
    CAPACITY = "T0307";
    /// No such statement.
    UNKNOWN_STATEMENT = "T0401";
    /// No such clause.
    UNKNOWN_CLAUSE = "T0402";
    /// Something that must be said is not.
    MISSING = "T0403";
    /// Said twice.
    REPEATED = "T0404";
    /// Words after a statement that is complete without them.
    LEFT_OVER = "T0405";
    /// A file that cannot be loaded.
    USE = "T0406";
    /// A monitor without a place.
    MONITOR_PLACE = "T0407";
    /// Not in this version of the language.
    NOT_YET = "T0408";
    /// A path that is not absolute or climbs.
    PATH = "T0409";
    /// A secret in the text of the policy.
    SECRET = "T0410";
    /// A step whose runner its host does not run.
    RUNNER = "T0411";
    /// A step that reads from another what that one does not leave.
    NOTHING_TO_READ = "T0412";
    /// Something that exists while what it sits on does not.
    OUTLIVES = "T0413";
    /// A step that writes into what it reads.
    OVERLAP = "T0414";
    /// A class that can only be restored with itself.
    NEEDS_ITSELF = "T0415";
    /// A date that no calendar has.
    IMPOSSIBLE_DATE = "T0501";
    /// A schedule that never runs.
    NEVER_RUNS = "T0502";
    /// A clock change hits a schedule.
    CLOCK_CHANGE = "T0503";
    /// Some months have no such day.
    SHORT_MONTH = "T0504";
    /// No such time zone.
    UNKNOWN_ZONE = "T0505";
}
