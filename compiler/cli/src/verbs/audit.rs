//! `thrice audit`: what is on a host, next to what the policy promises.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thrice_audit::{Questions, hosts, judge, questions};
use thrice_model::HostId;
use thrice_s3_live::Wanted;
use thrice_target::Plan;

use crate::args::{Args, Audit, AuditFormat};
use crate::measure::measure;
use crate::{progress, terminal, verbs};

/// A host, and what to measure there.
struct Prepared {
    plan: Plan,
    host: HostId,
    asked: Questions,
    buckets: Vec<Wanted>,
}

/// Measures, judges and shows it.
pub fn run(args: &Args, audit: &Audit) -> u8 {
    let now = audit.now.unwrap_or_else(Timestamp::now);
    let as_of = now.to_zoned(TimeZone::UTC).date();
    let question = |plan: &Plan| {
        let buckets = thrice_s3_live::wanted(plan)?;
        Ok(prepared(plan, audit.host.as_deref(), buckets))
    };
    let asked = verbs::ask(args, &audit.path, as_of, "nothing was measured", question);
    let (prepared, sources) = match asked {
        Ok((Ok(prepared), sources)) => (prepared, sources),
        Ok((Err(why), _)) => return verbs::misuse(&why),
        Err(code) => return code,
    };
    let Prepared {
        plan,
        host,
        asked,
        buckets,
    } = prepared;
    let measured = progress::during("measuring", || measure(audit, &asked, &buckets));
    let mut found = judge(&plan, host, &measured, now);
    found.strict = audit.strict;
    let shown = match audit.format {
        AuditFormat::Human => {
            thrice_report::audit::human(&found, &sources, terminal::options(args))
        }
        AuditFormat::Json => thrice_report::audit::json(&found, &sources),
        AuditFormat::Prometheus => thrice_report::audit::prometheus(&found),
    };
    verbs::finish(&shown, found.exit_code())
}

/// The host that is meant, and what to measure there.
fn prepared(plan: &Plan, asked: Option<&str>, buckets: Vec<Wanted>) -> Result<Prepared, String> {
    let all = hosts(plan);
    let names = || {
        all.iter()
            .map(|(_, name)| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let host = match (asked, all.as_slice()) {
        (None, [(only, _)]) => *only,
        (None, []) => return Err("the policy has no host that runs scripts".to_owned()),
        (None, _) => return Err(format!("say which host this is by --host: {}", names())),
        (Some(name), _) => all
            .iter()
            .find(|(_, other)| other == name)
            .map(|(host, _)| *host)
            .ok_or_else(|| format!("`{name}` runs no scripts; those that do: {}", names()))?,
    };
    let asked = questions(plan, host).map_err(|mistakes| {
        let said: Vec<String> = mistakes
            .into_iter()
            .map(|mistake| mistake.message)
            .collect();
        said.join("; ")
    })?;
    Ok(Prepared {
        plan: plan.clone(),
        host,
        asked,
        buckets,
    })
}
