//! The two scripts of one seed.

use serde::Serialize;
use thrice_model::{Anonymise, CaptureMethod, HostId, SeedRule, Step, StepId, Verb};
use thrice_plan::Plan;
use thrice_target::bash::{AUTHORITIES, INSIDE, POSTGRES, POSTGRES_VARIABLES, REDIS};
use thrice_target::script::{Script, artefact};
use thrice_target::{Artefact, Diagnostic, filename, layout, refusal, sha256, template};
use thrice_target_rclone::end;

use crate::origin::{Origin, origin};
use crate::receive::{Receiver, receiver, way};
use crate::rules::{Rules, rules};

const DATABASE: (&str, &str) = (
    "database.sh.j2",
    include_str!("../templates/database.sh.j2"),
);
const LEAVE: (&str, &str) = ("leave.sh.j2", include_str!("../templates/leave.sh.j2"));
const LOAD: (&str, &str) = ("load.sh.j2", include_str!("../templates/load.sh.j2"));

#[derive(Clone, Serialize)]
struct Values {
    user: String,
    container: String,
    connection: String,
    passed: Vec<&'static str>,
    parts: Vec<String>,
    names: Vec<String>,
    scratches: Vec<String>,
    files: Vec<String>,
    manifest_name: String,
    inside: &'static str,
    postgres: &'static str,
    redis: &'static str,
    rules_of_parts: Vec<String>,
    rules_sql: String,
    closed_world_sql: String,
    proof_sql: String,
    change_sql: String,
    same_sql: String,
    /// The source alone.
    authorities: &'static str,
    dumps: Vec<String>,
    sources: Vec<String>,
    captured: String,
    destination: String,
    /// The environment alone.
    source: String,
    services: Vec<String>,
    redis_service: String,
    mounts: Vec<String>,
}

/// The script that makes a seed, and the one that receives it.
///
/// # Errors
/// See [`crate::emit`].
pub fn scripts(
    plan: &Plan,
    id: StepId,
    step: &Step,
    host: HostId,
) -> Result<[Artefact; 2], Diagnostic> {
    let Verb::Seed { rules: matrix, .. } = &step.verb else {
        let message = format!("`{}` is no seed", step.named.name);
        return Err(refusal::about(step, refusal::INTERNAL, message));
    };
    let origin = origin(plan, step, host)?;
    let receiver = receiver(plan, step, &origin, host)?;
    let values = common(plan, id, step, &origin, matrix)?;
    Ok([
        leave(plan, id, step, host, &origin, values.clone())?,
        load(plan, id, step, &origin, &receiver, values)?,
    ])
}

/// What both scripts say.
fn common(
    plan: &Plan,
    id: StepId,
    step: &Step,
    origin: &Origin<'_>,
    matrix: &[SeedRule],
) -> Result<Values, Diagnostic> {
    let is_redis = origin.parts.method == CaptureMethod::RedisBgsave;
    let databases = if is_redis {
        as_it_is(step, origin, matrix)?;
        Vec::new()
    } else {
        databases(step, origin, matrix)?
    };
    let policy = &plan.model.policy.named.name;
    let digest = sha256(format!("{policy}\n{}", step.named.name).as_bytes());
    let digest = digest.get(..12).unwrap_or_default().to_owned();
    let sql = |text: &str| format!("  cat <<'THRICE_SQL'\n{}\nTHRICE_SQL", text.trim_end());
    Ok(Values {
        user: origin.parts.user.clone().unwrap_or_default(),
        container: String::new(),
        connection: String::new(),
        passed: POSTGRES_VARIABLES
            .into_iter()
            .chain(["REDISCLI_AUTH"])
            .collect(),
        parts: databases.iter().map(|one| one.part.clone()).collect(),
        names: databases
            .iter()
            .map(|one| format!("{}-latest.dump", filename(&one.part)))
            .collect(),
        scratches: (0..databases.len())
            .map(|i| format!("thrice_scratch_{digest}_{i}"))
            .collect(),
        files: is_redis
            .then(|| "redis-latest.rdb".to_owned())
            .into_iter()
            .collect(),
        manifest_name: format!("{}.manifest", layout::step(plan, id)),
        inside: INSIDE.trim_end(),
        postgres: POSTGRES.trim_end(),
        redis: REDIS,
        rules_of_parts: databases.into_iter().map(|one| one.sql).collect(),
        rules_sql: sql(include_str!("../templates/rules.sql")),
        closed_world_sql: sql(include_str!("../templates/closed_world.sql")),
        proof_sql: sql(include_str!("../templates/proof.sql")),
        change_sql: sql(include_str!("../templates/change.sql")),
        same_sql: sql(include_str!("../templates/same.sql")),
        authorities: AUTHORITIES.trim_end(),
        dumps: Vec::new(),
        sources: Vec::new(),
        captured: String::new(),
        destination: String::new(),
        source: String::new(),
        services: Vec::new(),
        redis_service: String::new(),
        mounts: Vec::new(),
    })
}

/// The databases that go.
fn databases(
    step: &Step,
    origin: &Origin<'_>,
    matrix: &[SeedRule],
) -> Result<Vec<Rules>, Diagnostic> {
    let class = &origin.class.named;
    if origin.class.parts.is_empty() {
        let message = format!(
            "`{}` does not know the databases of `{}`",
            step.named.name, class.name
        );
        return Err(refusal::about(step, refusal::UNSUPPORTED, message)
            .at(class.span, "declared here")
            .help("list them: `parts DATABASE, …`"));
    }
    let databases = rules(step, origin, matrix)?;
    if databases.is_empty() {
        let message = format!("no rule of `{}` lets anything go", step.named.name);
        return Err(refusal::about(step, refusal::UNSUPPORTED, message)
            .help("say `keep` or `anonymise` for what is to go"));
    }
    Ok(databases)
}

/// A snapshot of Redis goes as it is, or not at all.
fn as_it_is(step: &Step, origin: &Origin<'_>, matrix: &[SeedRule]) -> Result<(), Diagnostic> {
    let class = &origin.class.named.name;
    let keeps = |rule: &&SeedRule| {
        rule.action == Anonymise::Keep && (&rule.field == class || rule.field == "rest")
    };
    if let Some(other) = matrix.iter().find(|rule| !keeps(rule)) {
        let message = format!(
            "`{}` has a rule for `{}`, but a snapshot of redis goes as it is",
            step.named.name, other.field
        );
        return Err(refusal::about(step, refusal::UNSUPPORTED, message)
            .at(other.span, "this rule")
            .help("keep all of it, or leave it out: its values cannot be changed"));
    }
    if matrix.is_empty() {
        let message = format!("no rule of `{}` lets anything go", step.named.name);
        return Err(
            refusal::about(step, refusal::UNSUPPORTED, message).help(format!("say `keep {class}`"))
        );
    }
    Ok(())
}

fn programs(in_container: bool, is_redis: bool, more: &[&str]) -> Vec<String> {
    let own: &[&str] = match (in_container, is_redis) {
        (true, _) => &[],
        (_, true) => &["redis-cli"],
        (_, false) => &["psql", "pg_dump", "pg_restore"],
    };
    own.iter()
        .chain(more)
        .map(|&name| name.to_owned())
        .collect()
}

fn body(
    step: &Step,
    second: (&'static str, &'static str),
    values: &Values,
) -> Result<String, Diagnostic> {
    let mut out = String::new();
    for (name, text) in [DATABASE, second] {
        let rendered = template::render(name, text, values);
        out.push_str(&rendered.map_err(|error| refusal::rendering(step, &error))?);
    }
    Ok(out)
}

fn leave(
    plan: &Plan,
    id: StepId,
    step: &Step,
    host: HostId,
    origin: &Origin<'_>,
    values: Values,
) -> Result<Artefact, Diagnostic> {
    let (_, via) = way(step)?;
    let to = end(plan, step, host, via.clone())?;
    // The same server as the capture, so reached in the same way.
    let connection = layout::connection_file(plan, host, origin.id);
    let values = Values {
        container: origin.parts.container.clone().unwrap_or_default(),
        connection: connection.clone(),
        dumps: values
            .parts
            .iter()
            .map(|part| origin.file(plan, part))
            .collect(),
        sources: values
            .files
            .iter()
            .map(|_| origin.file(plan, "redis"))
            .collect(),
        captured: origin.list(plan),
        destination: to.address.clone(),
        mounts: to.mount.clone().into_iter().collect(),
        ..values
    };
    let of_capture = origin
        .step
        .credential
        .and_then(|(credential, _)| layout::credential_file(plan, host, credential));
    let of_remote = to.remote.as_ref().and_then(|remote| remote.file.clone());
    let script = Script {
        programs: programs(
            !values.container.is_empty(),
            origin.parts.method == CaptureMethod::RedisBgsave,
            &["rclone"],
        ),
        settings: of_capture.into_iter().chain(of_remote).collect(),
        variables: to
            .remote
            .iter()
            .flat_map(thrice_target_rclone::Remote::variables)
            .collect(),
        body: body(step, LEAVE, &values)?,
        secrets: vec![connection],
        ..Script::default()
    };
    artefact(plan, id, host, &script)
}

fn load(
    plan: &Plan,
    id: StepId,
    step: &Step,
    origin: &Origin<'_>,
    receiver: &Receiver,
    values: Values,
) -> Result<Artefact, Diagnostic> {
    let is_redis = origin.parts.method == CaptureMethod::RedisBgsave;
    if is_redis && receiver.own.is_empty() {
        let message = format!(
            "`{}` does not know the redis that it goes to",
            step.named.name
        );
        return Err(refusal::about(step, refusal::UNSUPPORTED, message)
            .at(origin.class.named.span, "the class")
            .help("say `service redis` in the class, and declare one of that name on the environment's host"));
    }
    let connection = layout::connection_file(plan, receiver.host, id);
    let values = Values {
        container: receiver.container.clone(),
        connection: connection.clone(),
        source: receiver.folder.clone(),
        services: receiver
            .services
            .iter()
            .filter(|service| !is_redis || **service != receiver.own)
            .cloned()
            .collect(),
        redis_service: if is_redis {
            receiver.own.clone()
        } else {
            String::new()
        },
        mounts: receiver.mounts.clone(),
        ..values
    };
    let more: &[&str] = if is_redis { &["redis-check-rdb"] } else { &[] };
    let script = Script {
        programs: programs(!values.container.is_empty(), is_redis, more),
        body: body(step, LOAD, &values)?,
        secrets: vec![connection],
        // The step's check belongs to the script that its schedule starts.
        silent: true,
        ..Script::default()
    };
    artefact(plan, id, receiver.host, &script)
}
