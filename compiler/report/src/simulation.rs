//! What a simulation shows, for people and for programs (`schema/simulation.schema.json`).

use schemars::JsonSchema;
use serde::Serialize;

use crate::json;
use crate::text::line;

/// The format that this version writes.
pub const FORMAT: u32 = 1;

/// A case that was played. Instants are on the clock of the policy's zone, as `2026-09-30 02:58`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "thrice simulation")]
pub struct Simulation {
    /// The version of this format.
    #[schemars(extend("const" = FORMAT))]
    pub format: u32,
    /// The policy's name.
    pub policy: String,
    /// SHA-256 of the policy's files, without the case.
    pub sha256: String,
    /// The IANA zone of all instants here.
    pub timezone: String,
    /// From when on steps were played.
    pub from: String,
    /// When it was judged.
    pub judged: String,
    /// What happened, in the order of time.
    pub trace: Vec<Event>,
    /// What came of each class asked about.
    pub classes: Vec<Class>,
    /// What lies on each store with a room where some of these classes are: everything there is.
    pub rooms: Vec<Room>,
    /// What was not played, in sentences.
    pub left_out: Vec<String>,
}

/// How much of a store's room is taken when the case is judged.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Room {
    /// The store.
    pub store: String,
    /// Bytes there if all sizes, growths and churns are at their lower ends.
    pub least_bytes: u64,
    /// The same at their upper ends, and deletions as late as they may be.
    pub most_bytes: u64,
    /// What it may hold, headroom deducted.
    pub usable_bytes: u64,
    /// The same in words, with what was left out.
    pub taken: String,
}

/// One line of the trace.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Event {
    /// When.
    pub at: String,
    /// `run`, `failure`, `strike`, `loss` or `response`.
    #[schemars(extend("enum" = ["run", "failure", "strike", "loss", "response"]))]
    pub sort: &'static str,
    /// What, in the words of the policy.
    pub what: String,
}

/// What came of a class.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Whether the data itself is whole where it lives.
    pub live: bool,
    /// Until when it was.
    pub live_until: String,
    /// Whether it can be restored, with all that it needs.
    pub recoverable: bool,
    /// The store of the newest usable copy, and until when its data reaches.
    pub newest: Option<Newest>,
    /// How much time's data is lost, in seconds; absent where all of it is.
    pub loss_seconds: Option<i64>,
    /// The same in words.
    pub loss: String,
    /// Of files and items: those made between these instants are lost.
    pub holes: Vec<Hole>,
    /// A class that it needs and of which nothing that fits is left.
    pub lacks: Option<String>,
    /// How soon it is back in use, where it is lost and can be restored, and sizes and lines are stated.
    pub back: Option<Back>,
    /// All copies.
    pub copies: Vec<Copy>,
}

/// The newest usable copy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Newest {
    /// Where it lies.
    pub store: String,
    /// Until when its data reaches.
    pub reaches: String,
}

/// How soon what was lost is back in use, with all that it needs, if the other classes asked about come back at once.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Back {
    /// Seconds from the loss on, if sizes and what comes before and after the bytes are at their lower ends.
    pub least_seconds: i64,
    /// The same at their upper ends.
    pub most_seconds: i64,
    /// How soon it must be back: it, or what needs it.
    pub due_seconds: Option<i64>,
    /// The same in words.
    pub words: String,
}

/// A stretch of time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Hole {
    /// After this instant …
    pub from: String,
    /// … up to this one.
    pub to: String,
}

/// One copy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Copy {
    /// Where it lies.
    pub store: String,
    /// The step that makes it; absent for the data itself.
    pub step: Option<String>,
    /// Until when its data reaches, where it is of use.
    pub reaches: Option<String>,
    /// Why it is of no use, where it is not.
    pub why_not: Option<String>,
}

/// For programs: one JSON document, with a line feed at its end.
#[must_use]
pub fn json(simulation: &Simulation) -> String {
    json::text(simulation)
}

/// The JSON Schema of what [`json`] writes, with a line feed at its end.
#[must_use]
pub fn schema() -> String {
    json::text(&schemars::schema_for!(Simulation))
}

/// For people; `unicode`: whether the terminal takes more than ASCII.
#[must_use]
pub fn human(simulation: &Simulation, unicode: bool) -> String {
    let mut out = format!(
        "policy {}, played from {} to {} ({})\n\n",
        simulation.policy, simulation.from, simulation.judged, simulation.timezone
    );
    for event in &simulation.trace {
        let mark = match event.sort {
            "strike" => "!!",
            "failure" | "loss" => " !",
            _ => "  ",
        };
        out.push_str(&format!(
            "{}  {mark} {}\n",
            event.at,
            line(&event.what, unicode)
        ));
    }
    if simulation.trace.is_empty() {
        out.push_str("nothing happens\n");
    }
    out.push_str(&format!("\nwhat is left at {}\n", simulation.judged));
    for class in &simulation.classes {
        tell(class, unicode, &mut out);
    }
    if !simulation.rooms.is_empty() {
        out.push_str("\nroom that is taken then\n");
        for room in &simulation.rooms {
            let taken = line(&room.taken, unicode);
            out.push_str(&format!("  `{}`: {taken}\n", room.store));
        }
    }
    if !simulation.left_out.is_empty() {
        out.push_str("\nnot played\n");
        for sentence in &simulation.left_out {
            out.push_str(&format!("  - {}\n", line(sentence, unicode)));
        }
    }
    out
}

fn tell(class: &Class, unicode: bool, out: &mut String) {
    out.push_str(&format!("\n  `{}`: {}\n", class.name, class.loss));
    if let Some(newest) = class.newest.as_ref().filter(|_| !class.live) {
        out.push_str(&format!(
            "    newest usable copy: on `{}`, with the data of {}; the data itself was whole until {}\n",
            newest.store, newest.reaches, class.live_until
        ));
    }
    if let Some(back) = &class.back {
        let back = line(&back.words, unicode);
        out.push_str(&format!("    back in use {back}\n"));
    }
    for hole in &class.holes {
        out.push_str(&format!(
            "    lost: what was made after {} up to {}\n",
            hole.from, hole.to
        ));
    }
    for copy in &class.copies {
        let who = copy.step.as_ref().map_or_else(
            || format!("the data on `{}`", copy.store),
            |step| format!("copy on `{}` by `{step}`", copy.store),
        );
        let what = match (&copy.why_not, &copy.reaches) {
            (Some(why), _) => why.clone(),
            (None, Some(at)) => format!("has the data of {at}"),
            (None, None) => "holds nothing".to_owned(),
        };
        out.push_str(&format!("    {who}: {}\n", line(&what, unicode)));
    }
}
