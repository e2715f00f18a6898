//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use thrice_resolve::{YEARS_HELP, is_in_calendar};
use thrice_retention::{Count, GroupBy, KeepWithin, ResticVersion};

/// A policy language for backups: says what is kept where, proves that it is safe, and emits what
/// carries it out.
#[derive(Debug, Parser)]
#[command(name = "thrice", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 safe, 1 rejected, 2 misuse or unreadable input, 3 undecided, \
    101 internal error."
)]
pub struct Args {
    /// When to write colours: auto (on a terminal, unless NO_COLOR is set), always or never
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN", global = true)]
    #[arg(hide_possible_values = true, display_order = 100)]
    pub color: Color,

    /// Same as --color never
    #[arg(long, global = true, conflicts_with = "color", display_order = 101)]
    pub no_color: bool,

    /// Draw frames and signs with ASCII alone
    #[arg(long, global = true, display_order = 102)]
    pub ascii: bool,

    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// When to write colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Prove a policy safe, or show why it is not
    Check(Check),
    /// Write what carries a safe policy out
    Build(Build),
    /// Play what happens if something goes wrong
    Simulate(Simulate),
    /// Compare what was built with the policy: what was changed, is stale, missing or too much
    Verify(Verify),
    /// Compare buckets with the policy, and make them what it says
    S3(S3),
    /// On a host: compare what is there with what the policy promises
    Audit(Audit),
    /// Explain a finding's code, or list all codes; with --why, explain a verdict
    Explain(Explain),
    /// Bring policy files into the one style
    Fmt(Fmt),
    /// Show what keep rules would keep of a list of snapshots, and why
    Retention(Retention),
}

/// A policy, and the day it is judged at.
#[derive(Debug, ClapArgs)]
pub struct Judged {
    /// A folder of .thrice files, or one file
    pub path: PathBuf,

    /// Judge dates as on this day [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,

    /// Let warnings count as errors
    #[arg(long)]
    pub strict: bool,
}

/// `thrice check`.
#[derive(Debug, ClapArgs)]
pub struct Check {
    #[command(flatten)]
    pub judged: Judged,

    /// How to show the report: human, json, sarif, github or junit
    #[arg(long, value_enum, default_value_t = Format::Human, hide_possible_values = true)]
    pub format: Format,

    /// Show which copy saves what, and at which value of what is assumed a verdict turns
    #[arg(long)]
    pub proofs: bool,

    /// Ask about this fault alone, named as in a scenario or in the survival matrix: "lose hetzner/fsn1", "host vpai is
    /// lost"; those of several strike together
    #[arg(long = "fault", value_name = "FAULT", conflicts_with = "dump_smt")]
    pub faults: Vec<String>,

    /// Say on standard error how long each stage took
    #[arg(long)]
    pub timings: bool,

    /// Write each question to the solver into this folder, in SMT-LIB 2
    #[arg(long, value_name = "DIR")]
    pub dump_smt: Option<PathBuf>,
}

/// Formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// For programs, with a schema
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// GitHub workflow commands
    Github,
    /// JUnit XML
    Junit,
}

/// `thrice explain`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "--why takes an obligation (survival), what it was decided for (a class, a store, the policy) \
    and the policy's path. It shows the statements that the verdict rests on: with them alone it stands, and \
    without any one of them it does not. Survival, recovery points and times, histories, deletion and keys depend on \
    what goes wrong: --fault narrows them to that alone."
)]
pub struct Explain {
    /// A code such as T1101
    pub code: Option<String>,

    /// Show the statements that a verdict rests on, each of them necessary
    #[arg(long, num_args = 3, value_names = ["OBLIGATION", "SUBJECT", "PATH"], conflicts_with = "code")]
    pub why: Option<Vec<String>>,

    /// The phase whose verdict is explained [default: the first that has one]
    #[arg(long, value_name = "NAME", requires = "why")]
    pub phase: Option<String>,

    /// Explain what holds under this fault alone, named as in a scenario or in the survival matrix: "lose
    /// hetzner/fsn1", "host vpai is lost"; those of several strike together
    #[arg(long = "fault", value_name = "FAULT", requires = "why")]
    pub faults: Vec<String>,

    /// Judge dates as on this day [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = date, requires = "why")]
    pub as_of: Option<Date>,
}

/// `thrice build`.
#[derive(Debug, ClapArgs)]
pub struct Build {
    #[command(flatten)]
    pub judged: Judged,

    /// What to write: all (of a safe policy alone), ansible (all, and a role that installs it), or the runbook (of a
    /// rejected policy too); repeatable
    #[arg(long = "target", value_enum, default_values_t = [Target::All], hide_possible_values = true)]
    pub targets: Vec<Target>,

    /// The folder to write; one that thrice wrote before is replaced as a whole
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// `thrice simulate`. What goes wrong is said as in a `scenario` of the policy.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "WHAT@WHEN is a name and a moment: hetzner/fsn1@\"2026-09-30 02:58\", \
    seko@\"t0 + 10 weeks\". Sentences are those of a scenario: \"lose hetzner/fsn1 on 2026-09-30 at 02:58\", \
    \"steal credential writer a day later\", \"corrupt databases at 2026-10-01\"."
)]
pub struct Simulate {
    /// A folder of .thrice files, or one file
    pub path: PathBuf,

    /// Sentences that say what goes wrong, in order
    #[arg(value_name = "SENTENCE")]
    pub sentences: Vec<String>,

    /// A host, store, site, provider or key is lost
    #[arg(long, value_name = "WHAT@WHEN")]
    pub lose: Vec<String>,

    /// A credential or host is in hostile hands
    #[arg(long, value_name = "WHAT@WHEN")]
    pub steal: Vec<String>,

    /// One mistaken command deletes what is on a store
    #[arg(long, value_name = "STORE@WHEN")]
    pub delete: Vec<String>,

    /// A class is damaged where it lives
    #[arg(long, value_name = "CLASS@WHEN")]
    pub corrupt: Vec<String>,

    /// All that lies on a store is damaged
    #[arg(long, value_name = "STORE@WHEN")]
    pub rot: Vec<String>,

    /// When to judge it [default: the response time after the last strike]
    #[arg(long, value_name = "WHEN")]
    pub at: Option<String>,

    /// Only this class, and what it needs; may be repeated
    #[arg(long, value_name = "NAME")]
    pub class: Vec<String>,

    /// The last N runs of a step before the first strike are missed
    #[arg(long, value_name = "STEP=N")]
    pub miss: Vec<String>,

    /// How long runs of a step take [default: the least that it says]
    #[arg(long, value_name = "STEP=TIME")]
    pub duration: Vec<String>,

    /// Longest runs, latest starts, and as many missed runs as monitors and the response time allow
    #[arg(long)]
    pub worst: bool,

    /// Read dates as on this day [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,

    /// How to show it: human or json
    #[arg(long, value_enum, default_value_t = PlainFormat::Human, hide_possible_values = true)]
    pub format: PlainFormat,
}

/// Formats of what is no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlainFormat {
    /// For people
    Human,
    /// For programs, with a schema
    Json,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// Everything
    All,
    /// Everything, and a role and an inventory of Ansible that install it
    Ansible,
    /// What to do on the worst day
    Runbook,
}

/// `thrice verify`.
#[derive(Debug, ClapArgs)]
pub struct Verify {
    /// A folder that `thrice build` wrote
    pub folder: PathBuf,

    /// The policy: a folder of .thrice files, or one file
    pub policy: PathBuf,

    /// Compare with what is in force on this day [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,

    /// How to show it: human or json
    #[arg(long, value_enum, default_value_t = PlainFormat::Human, hide_possible_values = true)]
    pub format: PlainFormat,
}

/// `thrice s3`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, else from --profile, else from \
    the profile of the first credential of the policy that may administer the bucket. \
    Certificates must be signed by an authority in the file of --ca-bundle, else of AWS_CA_BUNDLE, else of `ca_bundle` \
    of the profile, else of SSL_CERT_FILE, else by one of the system. \
    Exit codes: 0 nothing differs, 1 something differs (after apply: still), 2 misuse, or a bucket that cannot be \
    asked or changed, 101 internal error."
)]
pub struct S3 {
    /// plan shows what apply would change; drift is plan for a job that tells of differences; apply changes it
    #[arg(value_enum)]
    pub action: S3Action,

    /// A folder of .thrice files, or one file
    pub path: PathBuf,

    /// Only this bucket, by its own name or by that of its store; may be repeated
    #[arg(long, value_name = "NAME")]
    pub bucket: Vec<String>,

    #[command(flatten)]
    pub reach: Reach,

    /// Compare with what is in force on this day [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,

    /// With apply: remove rules of others that expire or move data, too
    #[arg(long)]
    pub take_over: bool,

    /// Do not list the buckets to see how much is used, which takes a request for each 1,000 versions and each
    /// unfinished upload
    #[arg(long)]
    pub no_usage: bool,
}

/// How object storages are reached.
#[derive(Debug, ClapArgs)]
pub struct Reach {
    /// Ask this server instead of the endpoint that the policy names
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,

    /// Use the keys of this profile in the files of AWS
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// Trust the authorities in this file of certificates (PEM), and no others
    #[arg(long, value_name = "FILE")]
    pub ca_bundle: Option<PathBuf>,

    /// How many seconds one try of a request may take; there are three
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
}

/// `thrice audit`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Run it on the host that it is about, as the user that runs its scripts: it reads the records and \
    lists that they leave, and asks restic, which must be in the PATH, psql and the object storages with the keys that \
    the policy names (for buckets those of the environment or of --profile go first). It changes nothing. \
    Certificates of object storages must be signed by an authority in the file of --ca-bundle, else of what the keys \
    come with: AWS_CA_BUNDLE, `ca_bundle` of a profile, SSL_CERT_FILE, else by one of the system. \
    Exit codes: 0 as promised, 1 not as promised, 2 misuse, 3 something could not be measured, 101 internal error."
)]
pub struct Audit {
    /// A folder of .thrice files, or one file
    pub path: PathBuf,

    /// The host that this is [default: the only one that runs scripts]
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,

    /// How to show it: human, json or prometheus
    #[arg(long, value_enum, default_value_t = AuditFormat::Human, hide_possible_values = true)]
    pub format: AuditFormat,

    /// Let warnings count as errors: what the policy does not mention
    #[arg(long)]
    pub strict: bool,

    /// Compare what captures left by size alone, and do not read it
    #[arg(long)]
    pub no_checksums: bool,

    /// Which buckets to ask: own (those that steps of this host read or write), or none
    #[arg(long, value_enum, default_value_t = Buckets::Own, hide_possible_values = true)]
    pub buckets: Buckets,

    #[command(flatten)]
    pub reach: Reach,

    /// The present, in RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub now: Option<Timestamp>,
}

/// Buckets that an audit asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Buckets {
    /// Those that steps of this host read or write
    Own,
    /// None
    None,
}

/// Formats of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// For the textfile collector of Prometheus' `node_exporter`
    Prometheus,
}

/// What `thrice s3` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum S3Action {
    /// Show what apply would change
    Plan,
    /// Change it, and read it back
    Apply,
    /// Show what differs
    Drift,
}

/// `thrice fmt`.
#[derive(Debug, ClapArgs)]
pub struct Fmt {
    /// Files, or folders to search for .thrice files
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,

    /// Change nothing; name the files that differ and exit with 1 if there are any
    #[arg(long)]
    pub check: bool,
}

/// `thrice retention`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "The list is what `restic snapshots --json` prints; the answer is in the form of \
    `restic forget --dry-run --json`, with what is left of each count behind every snapshot. The \
    rules are worked out as the named version does, by what the proofs about histories rest on."
)]
pub struct Retention {
    /// A file with a JSON list of snapshots [default: standard input]
    pub path: Option<PathBuf>,

    /// Keep the last N snapshots
    #[arg(long, value_name = "N", value_parser = keep_count, allow_hyphen_values = true)]
    pub keep_last: Option<Count>,

    /// Keep the last snapshot of each of the last N hours that have one
    #[arg(long, value_name = "N", value_parser = keep_count, allow_hyphen_values = true)]
    pub keep_hourly: Option<Count>,

    /// The same by days
    #[arg(long, value_name = "N", value_parser = keep_count, allow_hyphen_values = true)]
    pub keep_daily: Option<Count>,

    /// The same by ISO weeks
    #[arg(long, value_name = "N", value_parser = keep_count, allow_hyphen_values = true)]
    pub keep_weekly: Option<Count>,

    /// The same by months
    #[arg(long, value_name = "N", value_parser = keep_count, allow_hyphen_values = true)]
    pub keep_monthly: Option<Count>,

    /// The same by years
    #[arg(long, value_name = "N", value_parser = keep_count, allow_hyphen_values = true)]
    pub keep_yearly: Option<Count>,

    /// Keep all that are this much older than the newest at most, such as 1y5m7d2h
    #[arg(long, value_name = "SPAN", value_parser = keep_within)]
    pub keep_within: Option<KeepWithin>,

    /// Of these keep the last of each hour
    #[arg(long, value_name = "SPAN", value_parser = keep_within)]
    pub keep_within_hourly: Option<KeepWithin>,

    /// The same by days
    #[arg(long, value_name = "SPAN", value_parser = keep_within)]
    pub keep_within_daily: Option<KeepWithin>,

    /// The same by ISO weeks
    #[arg(long, value_name = "SPAN", value_parser = keep_within)]
    pub keep_within_weekly: Option<KeepWithin>,

    /// The same by months
    #[arg(long, value_name = "SPAN", value_parser = keep_within)]
    pub keep_within_monthly: Option<KeepWithin>,

    /// The same by years
    #[arg(long, value_name = "SPAN", value_parser = keep_within)]
    pub keep_within_yearly: Option<KeepWithin>,

    /// Keep what carries all of these tags; may be said more than once
    #[arg(long, value_name = "TAG,…")]
    pub keep_tag: Vec<String>,

    /// What the rules count by: words of host, paths and tags
    #[arg(long, value_name = "WORDS", default_value = "host,paths", value_parser = groups)]
    pub group_by: GroupBy,

    /// The version of restic whose rules are followed
    #[arg(long, value_name = "VERSION", default_value = "0.18.0", value_parser = restic)]
    pub restic: ResticVersion,

    /// The present, in RFC 3339: later snapshots lie in the future [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub now: Option<Timestamp>,

    /// The zone of the clock where `forget` runs: spans are counted over its clock changes if the newest snapshot
    /// was taken by such a clock
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    pub zone: TimeZone,
}

fn keep_count(text: &str) -> Result<Count, String> {
    let wrong = "a count is a number, or `unlimited`";
    Count::parse(text).ok_or_else(|| wrong.to_owned())
}

fn keep_within(text: &str) -> Result<KeepWithin, String> {
    let wrong = "a span is written like 30d or 1y5m7d2h; restic knows no weeks";
    KeepWithin::parse(text).ok_or_else(|| wrong.to_owned())
}

fn zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text).map_err(|_| "a zone is written like Europe/Paris".to_owned())
}

fn groups(text: &str) -> Result<GroupBy, String> {
    let wrong = "snapshots are grouped by `host`, `paths` and `tags`, with commas between them";
    GroupBy::parse(text).ok_or_else(|| wrong.to_owned())
}

fn restic(text: &str) -> Result<ResticVersion, String> {
    let wrong = "a version is written like 0.18.0";
    ResticVersion::parse(text).ok_or_else(|| wrong.to_owned())
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let wrong = "a time is written like 2026-02-15T03:00:00Z";
    text.parse().map_err(|_| wrong.to_owned())
}

/// An ISO date and nothing else: jiff would also take a date with a time.
fn date(text: &str) -> Result<Date, String> {
    let wrong = "a date is written like 2026-02-15";
    if text.len() != 10 {
        return Err(wrong.to_owned());
    }
    let date = text.parse().map_err(|_| wrong.to_owned())?;
    match is_in_calendar(date) {
        true => Ok(date),
        false => Err(YEARS_HELP.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Args::command().debug_assert();
    }

    #[test]
    fn dates_are_iso_dates() {
        assert_eq!(date("2028-02-29"), Ok(Date::constant(2028, 2, 29)));
        for wrong in [
            "2026-02-29",
            "2026-2-15",
            "15.02.2026",
            "2026-02-15T00:00",
            "today",
            "1969-12-31",
            "2200-01-01",
        ] {
            assert!(date(wrong).is_err(), "{wrong}");
        }
    }
}
