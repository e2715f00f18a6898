//! The cron jobs of a NAS, as `cronjob.create` takes them (middleware 25.10, `cronjob.py`).
//!
//! TrueNAS knows jobs by numbers alone, so each is found by its description. `stdout` and `stderr` say
//! whether output is *hidden* (`cron_job.py`), and the default schedule is hourly: all is said.

use serde_json::{Value, json};
use thrice_plan::Plan;
use thrice_target::{Diagnostic, layout, refusal, shell};
use thrice_target_cron::job::Job;

/// What the descriptions of a policy's jobs begin with.
pub fn prefix(plan: &Plan) -> String {
    format!("thrice {} ", layout::policy(plan))
}

/// One job for each line of cron of a step.
pub fn of(plan: &Plan, job: &Job) -> Result<Vec<Value>, Diagnostic> {
    let step = &plan.model.steps[job.step];
    let refuse = |error: &str| {
        let message = format!("`{}`: the path of its script: {error}", step.named.name);
        refusal::about(step, refusal::UNQUOTABLE, message)
    };
    let command = shell::quote(&job.command).map_err(|error| refuse(&error.to_string()))?;
    if job.command.contains('%') {
        return Err(refuse("it holds `%`, which cron takes for a line break"));
    }
    let body = |(index, fields): (usize, &String)| {
        let number = if index == 0 {
            String::new()
        } else {
            format!(" ({})", index + 1)
        };
        json!({
            "description": format!("{}{}{number}", prefix(plan), layout::step(plan, job.step)),
            "command": format!("{command}{}", job.argument),
            "user": "root",
            "enabled": true,
            "schedule": schedule(fields),
            "stdout": false,
            "stderr": false,
        })
    };
    Ok(job.fields.iter().enumerate().map(body).collect())
}

/// The five fields of a line of cron.
pub fn schedule(fields: &str) -> Value {
    let mut fields = fields.split(' ');
    let mut next = || fields.next().unwrap_or("*");
    json!({ "minute": next(), "hour": next(), "dom": next(), "month": next(), "dow": next() })
}
