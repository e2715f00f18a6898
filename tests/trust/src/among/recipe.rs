//! What a class is made of: where it lives, what is asked of it, and its steps one after the other.

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

use super::places::one_of;
use crate::Random;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// A dump beside the data.
    Capture,
    /// A version in a repository.
    Backup,
    /// What is new.
    Copy,
    /// A mirror.
    Sync,
    /// Copied, and deleted where it was.
    Move,
}

/// One step of a class; `@` is the name of the class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// What it does.
    pub verb: Verb,
    /// What it reads: 0 the data itself, else the step with this number.
    pub from: usize,
    /// The store or the repository.
    pub to: &'static str,
    /// The host that runs it.
    pub by: &'static str,
    /// What it authenticates with.
    pub with: &'static str,
    /// When it runs, as far as the day.
    pub when: &'static str,
    /// At which hour, so that what reads comes after what writes.
    pub hour: usize,
    /// Clauses of its verb.
    pub extra: &'static str,
    /// From which phase on, and until which.
    pub life: &'static str,
    /// What else deletes where it writes.
    pub cleared: &'static str,
    /// Who waits for word of it.
    pub told: &'static str,
}

/// The rhythm of what nobody starts but people.
const ON_DEMAND: &str = "on demand";

/// What a class is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// State, files or items.
    pub kind: &'static str,
    /// The store in which it lives.
    pub home: &'static str,
    /// The folder there.
    pub folder: &'static str,
    /// Its clauses.
    pub clauses: [&'static str; 8],
    /// From which phase on, and until which.
    pub life: &'static str,
    /// Its steps, the first of which has the number 1.
    pub steps: Vec<Made>,
}

/// What may be said of a class, by clause: mostly nothing.
const CLAUSES: [&[&str]; 8] = [
    &["", "", "size 1..2 GB; ", "size 40..60 GB; "],
    &["", "", "rpo 26h; ", "rpo 8 days, guaranteed 15 days; "],
    &["", "", "rto 13h; ", "rto 40h; "],
    &[
        "",
        "",
        "retain at least 20 days; ",
        "retain at least 3 days, at most 40 days; ",
        "retain at least 1 days, at most 9 days; ",
    ],
    &[
        "",
        "",
        "noticed within 2 days; ",
        "noticed within 9 days; ",
        "noticed within 30 days; ",
    ],
    &["", "", "restore setup 1h; "],
    &[
        "",
        "",
        "fields { rest internal }; ",
        "fields { rest personal }; ",
        "fields { main.t.f credential; rest public }; ",
    ],
    &["", "", "growth 0..1 %/month; ", "churn 1..2 MB/day; "],
];

/// Who waits for word of a step: mostly the same.
const TOLD: &[&str] = &[
    "; monitor m",
    "; monitor m",
    "; monitor m",
    "; monitor m",
    "; monitor slow",
    "",
];

/// From when until when something is there.
const LIVES: &[&str] = &[
    "",
    "",
    "",
    " since p1",
    " until p1",
    " since p1 until p2",
    " until p2",
];

fn life(random: &mut Random, phases: bool) -> &'static str {
    if phases { one_of(random, LIVES) } else { "" }
}

impl Recipe {
    /// A random one.
    pub fn random(random: &mut Random, phases: bool) -> Self {
        let mut out = Self {
            kind: one_of(random, &["state", "files", "items"]),
            home: one_of(random, &["h0.disk", "h0.disk", "h0.data"]),
            folder: one_of(random, &["", "/d"]),
            clauses: [""; 8],
            life: if random.random_bool(0.2) {
                life(random, phases)
            } else {
                ""
            },
            steps: Vec::new(),
        };
        for (clause, all) in out.clauses.iter_mut().zip(CLAUSES) {
            *clause = one_of(random, all);
        }
        for _ in 0..random.random_range(1..=4) {
            out.step(random, phases);
        }
        out.settle();
        out
    }

    /// Another step.
    fn step(&mut self, random: &mut Random, phases: bool) {
        let number = self.steps.len() + 1;
        let readable = self.steps.iter().enumerate();
        let readable = readable.filter(|(_, made)| made.verb != Verb::Backup);
        let sources: Vec<usize> = [0]
            .into_iter()
            .chain(readable.map(|(at, _)| at + 1))
            .collect();
        let from = sources.choose(random).copied().unwrap_or(0);
        let verb = match random.random_range(0..8) {
            0 | 1 if from == 0 && self.kind == "state" => Verb::Capture,
            0 | 1 => Verb::Copy,
            2 | 3 => Verb::Backup,
            4 | 5 => Verb::Sync,
            // Of a state or a tree, what was carried somewhere is moved on, and not the data itself.
            6 if self.kind == "items" || from > 0 => Verb::Move,
            _ => Verb::Copy,
        };
        let mut made = Made {
            verb,
            from,
            to: match verb {
                Verb::Capture => self.home,
                Verb::Backup => repository(random),
                _ => store(random),
            },
            by: if verb == Verb::Capture {
                "h0"
            } else {
                host(random)
            },
            with: credential(random),
            when: when(random),
            hour: number,
            extra: "",
            life: if random.random_bool(0.15) {
                life(random, phases)
            } else {
                ""
            },
            cleared: "",
            told: one_of(random, TOLD),
        };
        made.extra = extra(&made, self.kind, random);
        made.cleared = cleared(&made, random);
        self.steps.push(made);
    }

    /// Changes one thing.
    pub fn change(&mut self, random: &mut Random, phases: bool) {
        let kind = self.kind;
        let steps = self.steps.len();
        let at = random.random_range(0..steps.max(1));
        let moves = self.steps.iter().any(|made| made.verb == Verb::Move);
        match (random.random_range(0..17), self.steps.get_mut(at)) {
            (0, _) if kind != "state" && !moves => {
                self.kind = if kind == "items" { "files" } else { "items" };
            }
            (1, _) => self.folder = one_of(random, &["", "/d"]),
            (2..=4, _) => {
                let which = random.random_range(0..CLAUSES.len());
                if let (Some(clause), Some(all)) = (self.clauses.get_mut(which), CLAUSES.get(which))
                {
                    *clause = one_of(random, all);
                }
            }
            (5, _) => self.life = life(random, phases),
            (6, _) => self.step(random, phases),
            (7, _) if steps > 1 => {
                let unread = |made: &Made| made.from != steps;
                if self.steps.iter().all(unread) {
                    self.steps.pop();
                }
            }
            (8, Some(made)) => made.when = when(random),
            (9, Some(made)) if made.verb != Verb::Capture => made.by = host(random),
            (10, Some(made)) => made.with = credential(random),
            (11, Some(made)) => made.life = life(random, phases),
            (12, Some(made)) => made.cleared = cleared(made, random),
            (13, Some(made)) if made.verb == Verb::Backup => made.to = repository(random),
            (13, Some(made)) if made.verb != Verb::Capture => {
                made.to = store(random);
                made.extra = extra(made, kind, random);
                made.cleared = cleared(made, random);
            }
            (14, Some(made)) => made.told = one_of(random, TOLD),
            (_, Some(made)) => made.extra = extra(made, kind, random),
            _ => {}
        }
        self.settle();
    }

    /// A step is not there longer than its class or what it reads: it has a life of its own only where they have none.
    fn settle(&mut self) {
        let mut lives: Vec<&str> = vec![self.life];
        for made in &mut self.steps {
            let under = lives.get(made.from).copied().unwrap_or_default();
            if !self.life.is_empty() || !under.is_empty() {
                made.life = "";
            }
            lives.push(if made.life.is_empty() {
                under
            } else {
                made.life
            });
        }
    }

    /// The statement of a class that is made so, and needs something.
    pub fn class(&self, needs: &str) -> String {
        let Self {
            kind,
            home,
            folder,
            life,
            ..
        } = self;
        let clauses = self.clauses.concat();
        format!("class @ is {kind} on {home}:{folder}/@{life} {{ {needs}{clauses}}}")
    }

    /// Where a file lies on the host that lies among the data of a class with this name.
    pub fn path(&self, name: &str) -> String {
        let mounted = if self.home == "h0.data" { "/data" } else { "" };
        format!("{mounted}{}/{name}/secret", self.folder)
    }
}

impl Made {
    /// Its statement, by its name.
    pub fn text(&self, named: &str) -> String {
        let from = match self.from {
            0 => String::new(),
            from => format!(" from y{from}@"),
        };
        let Self {
            by,
            to,
            with,
            when,
            hour,
            extra,
            life,
            told,
            ..
        } = self;
        let place = match self.verb {
            Verb::Backup => String::new(),
            _ => format!(":/y{hour}/@"),
        };
        let (verb, more) = match self.verb {
            Verb::Capture => ("capture", "; method pg_dump; atomic"),
            Verb::Backup => ("backup", ""),
            Verb::Copy => ("copy", ""),
            Verb::Sync => ("sync", ""),
            Verb::Move => ("move", ""),
        };
        let credential = match *with {
            "" => String::new(),
            with => format!("; credential {with}"),
        };
        let when = match *when {
            ON_DEMAND => ON_DEMAND.to_owned(),
            day => format!("{day} at 0{hour}:00 UTC"),
        };
        format!(
            "{verb} {named} of @{from} to {to}{place} by {by}.cron{life} {{ {when}; taking 1m..5m{told}{more}{extra}{credential} }}"
        )
    }

    /// The rule that deletes what it brings, if one does.
    pub fn clearing(&self) -> Option<String> {
        let Self {
            to, hour, cleared, ..
        } = self;
        let (age, how) = cleared.split_once('|')?;
        let rule = format!("expire e{hour}@ of {to}:/y{hour}/@ after {age}");
        Some(format!("{rule} {{ {how}monitor m }}"))
    }
}

fn host(random: &mut Random) -> &'static str {
    one_of(random, &["h0", "h0", "h1", "h2", "h3"])
}

fn store(random: &mut Random) -> &'static str {
    one_of(
        random,
        &[
            "h0.data", "h1.data", "h2.data", "o.near", "o.near", "o.deep",
        ],
    )
}

fn repository(random: &mut Random) -> &'static str {
    one_of(random, &["r0", "r1", "r2"])
}

fn credential(random: &mut Random) -> &'static str {
    one_of(random, &["", "", "", "k0", "k1", "k2", "own@"])
}

fn when(random: &mut Random) -> &'static str {
    one_of(
        random,
        &[
            "daily",
            "daily",
            "daily",
            "weekly on Sunday",
            "weekly on Friday",
            "monthly on 9",
            ON_DEMAND,
        ],
    )
}

/// Clauses that a verb may have.
fn extra(made: &Made, kind: &str, random: &mut Random) -> &'static str {
    match made.verb {
        Verb::Capture => one_of(random, &["", "; keeps 5 days", "; keeps 40 days"]),
        Verb::Backup => one_of(
            random,
            &[
                "",
                "; keep 2 last",
                "; keep 7 daily, 4 weekly",
                "; keep within 9d",
                "; keep within 60d",
                "; keep 9 last, within 30d",
            ],
        ),
        Verb::Copy if kind == "state" => one_of(random, &["", "", "; latest only"]),
        Verb::Copy => one_of(random, &["", "", "; immutable"]),
        Verb::Sync => match made.to {
            "o.near" => one_of(random, &["", "", "; backup dir o.near:/aside@"]),
            "h1.data" => one_of(random, &["", "", "; backup dir h1.data:/aside"]),
            _ => "",
        },
        Verb::Move => one_of(
            random,
            &[
                "",
                "; older than 9 days by mtime",
                "; older than 30 days by mtime",
            ],
        ),
    }
}

/// The age and the clock of a rule that deletes in a step's place, and who follows it.
fn cleared(made: &Made, random: &mut Random) -> &'static str {
    let in_bucket = made.to.starts_with("o.");
    match made.verb {
        _ if random.random_bool(0.6) => "",
        Verb::Backup | Verb::Capture => "",
        _ if in_bucket => one_of(
            random,
            &[
                "30 days by upload|",
                "90 days by upload|",
                "30 days by mtime|by h2.cron; daily at 12:00 UTC; taking 1m..5m; ",
                "30 days by mtime|by h3.cron; daily at 12:00 UTC; taking 1m..5m; ",
            ],
        ),
        _ => one_of(
            random,
            &[
                "30 days by mtime|by h1.cron; daily at 12:00 UTC; taking 1m..5m; ",
                "30 days by mtime|by h2.cron; daily at 12:00 UTC; taking 1m..5m; ",
                "30 days by mtime|by h3.cron; daily at 12:00 UTC; taking 1m..5m; ",
                "90 days by mtime|by h3.cron; weekly on Friday at 12:00 UTC; taking 1m..5m; ",
            ],
        ),
    }
}
