//! What is found, as findings with a code, the statements that matter, and what to do.

use thrice_diagnostics::{Code, Diagnostic, Severity};
use thrice_quantity::Bytes;

use crate::compare::{Change, Difference, Remedy, What};
use crate::meaning::Meaning;
use crate::trouble::{Trouble, TroubleKind};
use crate::usage::Usage;
use crate::wanted::Wanted;

const RULE: Code = Code("T3101");
const UNCALLED: Code = Code("T3102");
const VERSIONING: Code = Code("T3103");
const LOCK: Code = Code("T3104");
const FULL: Code = Code("T3105");
const STAYS: Code = Code("T3106");
const UNASKED: Code = Code("T3107");
const UNTRUSTED: Code = Code("T3108");
const KEYS: Code = Code("T3109");
const NO_BUCKET: Code = Code("T3110");
const UNSUPPORTED: Code = Code("T3111");
const DROPPED: Code = Code("T3112");
const CHANGED: Code = Code("T3113");

impl Difference {
    /// It as a finding about a bucket.
    #[must_use]
    pub fn finding(&self, wanted: &Wanted) -> Diagnostic {
        let (bucket, what, detail) = (&wanted.bucket, &self.what, &self.detail);
        let code = match (what, self.change) {
            (What::Rule(_), Change::Remove) => UNCALLED,
            (What::Rule(_), _) => RULE,
            (What::Versioning, _) => VERSIONING,
            (What::Lock, _) => LOCK,
        };
        let message = match self.change {
            Change::Add => format!("`{bucket}` lacks the {what}: {detail}"),
            Change::Alter => format!("{what} of `{bucket}` {detail}"),
            Change::Remove => format!("`{bucket}` has the {what}, {detail}"),
        };
        let said = match what {
            What::Rule(id) => wanted.said.get(id).map(|span| (*span, "says so")),
            What::Lock => wanted.lock.map(|lock| (lock.span, "says so")),
            What::Versioning => None,
        };
        let mut out = about(Diagnostic::error(code, message), wanted);
        if let Some((span, text)) = said {
            out.labels.insert(
                0,
                thrice_diagnostics::Label {
                    span,
                    text: text.to_owned(),
                },
            );
        }
        out.help(match self.remedy {
            Remedy::Apply => "`thrice s3 apply` makes it so",
            Remedy::TakeOver => {
                "take it into the policy, or remove it: `thrice s3 apply --take-over` does; without that it is left alone"
            }
            Remedy::Hand => "not for `thrice s3 apply`: change the policy, or do it by hand",
        })
    }
}

impl Trouble {
    /// It as a finding about a bucket.
    #[must_use]
    pub fn finding(&self, wanted: &Wanted) -> Diagnostic {
        let code = match self.kind {
            TroubleKind::Unreachable | TroubleKind::TooSlow | TroubleKind::Refused => UNASKED,
            TroubleKind::Untrusted => UNTRUSTED,
            TroubleKind::Denied => KEYS,
            TroubleKind::NoBucket => NO_BUCKET,
            TroubleKind::Unsupported => UNSUPPORTED,
            TroubleKind::Dropped => DROPPED,
            TroubleKind::Changed => CHANGED,
        };
        let out = about(Diagnostic::error(code, &self.message), wanted);
        match &self.help {
            Some(help) => out.help(*help),
            None => out,
        }
    }
}

/// A rule that is not of the policy and may stay.
#[must_use]
pub fn stays(wanted: &Wanted, rule: &Meaning) -> Diagnostic {
    let message = format!(
        "the rule `{}` of `{}` is not of this policy and takes no data: it stays",
        rule.id, wanted.bucket
    );
    about(Diagnostic::new(STAYS, Severity::Note, message), wanted)
}

/// Whether more is used than was promised: each bucket whose use counts ([`Wanted::sharing`]) with its use.
#[must_use]
pub fn full(wanted: &Wanted, used: &[(String, Usage)]) -> Option<Diagnostic> {
    let room = wanted.room.as_ref()?;
    let all = used
        .iter()
        .fold(0_u64, |sum, (_, usage)| sum.saturating_add(usage.bytes()));
    if all <= room.usable.0 {
        return None;
    }
    let holder = if room.shared {
        format!("the buckets of `{}` hold", wanted.storage)
    } else {
        format!("`{}` holds", wanted.bucket)
    };
    let message = format!(
        "{holder} {}, and the policy promises to use no more than {} of {}",
        Bytes(all).rounded(),
        room.usable.rounded(),
        room.whole
    );
    let mut out = Diagnostic::error(FULL, message);
    for (span, text) in &room.spans {
        out = out.at(*span, text.clone());
    }
    for (bucket, usage) in used {
        out = out.event("", format!("`{bucket}`: {usage}"));
    }
    Some(out.about(wanted.name.clone()).help(
        "let keep rules or lifecycle rules delete more (old versions and unfinished uploads are paid for too), or make \
         more room",
    ))
}

fn about(finding: Diagnostic, wanted: &Wanted) -> Diagnostic {
    finding
        .at(wanted.span, "this bucket")
        .about(wanted.name.clone())
}
