//! The commands that bring a copy back.
//!
//! Each block is a subshell that stops at the first mistake, so that it can be pasted as a whole. It
//! works below `$RESTORE` (`/srv/restore` unless set), where keys and credentials were put before, and
//! leaves what it brings in `$RESTORE/data/CLASS`.

use thrice_diagnostics::Diagnostic;
use thrice_model::{
    CredentialId, Location, RepositoryId, Right, RunnerKind, Source, Step, StepId, StoreKind, Verb,
};
use thrice_plan::{Copy, CopyKind, Plan};
use thrice_target::select::{self, Means};
use thrice_target::{filename, layout, refusal, shell};

/// How one copy is brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Where the commands are run.
    pub machine: String,
    /// Commands that bring the data to `$RESTORE/data/CLASS`.
    pub fetch: String,
    /// Commands that put it where it lived, for data that needs no program for that; else empty.
    pub place: String,
    /// What must be known.
    pub notes: Vec<String>,
}

/// The file below `$RESTORE` with a credential.
pub fn credential_file(plan: &Plan, id: CredentialId) -> String {
    format!("{}.env", filename(&plan.model.credentials[id].named.name))
}

/// The file below `$RESTORE` with the password of a key.
pub fn key_file(plan: &Plan, id: thrice_model::KeyId) -> String {
    format!("{}.key", filename(&plan.model.keys[id].named.name))
}

struct Writer<'p> {
    plan: &'p Plan,
    copy: &'p Copy,
    lines: Vec<String>,
    notes: Vec<String>,
}

/// How a copy is brought back.
///
/// # Errors
/// A name that no command can hold.
pub fn way(plan: &Plan, copy: &Copy) -> Result<Way, Diagnostic> {
    let class = filename(&plan.model.classes[copy.class].named.name);
    let mut writer = Writer {
        plan,
        copy,
        lines: vec![
            "RESTORE=${RESTORE:-/srv/restore}".to_owned(),
            format!("TARGET=$RESTORE/data/{class}"),
            "mkdir -p \"$TARGET\"".to_owned(),
        ],
        notes: Vec::new(),
    };
    let machine = writer.machine();
    let below = match copy.repository {
        Some(repository) => writer.restic(repository)?,
        None => writer.files()?,
    };
    writer.history();
    let place = writer.place(&class, &below)?;
    Ok(Way {
        machine,
        fetch: block(&writer.lines),
        place,
        notes: writer.notes,
    })
}

fn block(lines: &[String]) -> String {
    let mut out = String::from("(\nset -eu\n");
    for line in lines {
        out.push_str(line);
        out.push('\n');
    }
    out.push(')');
    out
}

impl<'p> Writer<'p> {
    fn quote(&self, text: &str) -> Result<String, Diagnostic> {
        shell::quote(text).map_err(|error| {
            let name = &self.plan.model.classes[self.copy.class].named;
            let message = format!(
                "the runbook cannot say how `{}` is restored: {error}",
                name.name
            );
            Diagnostic::error(refusal::UNQUOTABLE, message)
                .at(name.span, "this class")
                .help("no line breaks, no zero bytes in names and paths")
        })
    }

    fn in_bucket(&self) -> bool {
        self.plan.model.stores[self.copy.location.store].kind == StoreKind::Bucket
    }

    fn machine(&self) -> String {
        let host = &self.plan.model.hosts[self.plan.host_of(self.copy.location.store)];
        let program = if self.copy.repository.is_some() {
            "restic"
        } else {
            "rclone"
        };
        if self.in_bucket() {
            format!(
                "any machine with {program} that reaches {}",
                host.named.name
            )
        } else if self.copy.repository.is_some() {
            format!("on {}, with restic", host.named.name)
        } else {
            format!("on {}", host.named.name)
        }
    }

    /// Reads the keys of the object storage, and hands on which authority signs for it: of the variables for that
    /// all restics and rclones read this one alone, and rclone before 1.75 fails where the other is set.
    fn credential(&mut self) {
        match reader(self.plan, self.copy) {
            Some(id) => {
                let file = credential_file(self.plan, id);
                self.lines
                    .push(format!("set -a; . \"$RESTORE/{file}\"; set +a"));
            }
            None => {
                let note = "No credential of the policy reads this: log in to the account of the provider, make one that reads, and put it into `account.env`.";
                self.notes.push(note.to_owned());
                self.lines
                    .push("set -a; . \"$RESTORE/account.env\"; set +a".to_owned());
            }
        }
        let line = "[ -z \"${AWS_CA_BUNDLE-}\" ] || { export SSL_CERT_FILE=\"$AWS_CA_BUNDLE\"; unset AWS_CA_BUNDLE; }";
        self.lines.push(line.to_owned());
    }

    fn endpoint(&self) -> String {
        let host = self.plan.host_of(self.copy.location.store);
        let endpoint = self.plan.model.hosts[host]
            .endpoint
            .clone()
            .unwrap_or_default();
        if endpoint.contains("://") {
            endpoint
        } else {
            format!("https://{endpoint}")
        }
    }

    /// Restores the newest version; returns the path below the target at which the data then lies.
    fn restic(&mut self, id: RepositoryId) -> Result<String, Diagnostic> {
        let model = &self.plan.model;
        let location = &self.copy.location;
        let store = &model.stores[location.store];
        let mut options = String::new();
        let repository = if self.in_bucket() {
            self.credential();
            if let Some(region) = &model.hosts[store.host].region {
                options = format!(" -o {}", self.quote(&format!("s3.region={region}"))?);
            }
            let path = location.path.trim_end_matches('/');
            format!(
                "s3:{}/{}{path}",
                self.endpoint().trim_end_matches('/'),
                store.bucket
            )
        } else {
            layout::path(self.plan, location)
        };
        let repository = self.quote(&repository)?;
        self.lines
            .push(format!("export RESTIC_REPOSITORY={repository}"));
        if let Some((key, _)) = model.repositories[id].key {
            let file = key_file(self.plan, key);
            self.lines
                .push(format!("export RESTIC_PASSWORD_FILE=\"$RESTORE/{file}\""));
        }
        if store.kind == StoreKind::FileSystem {
            self.notes.push(
                "If its disk can only be read, add `--no-lock` to each call of restic.".to_owned(),
            );
        }
        let backup = self.backup();
        let scripted = backup.filter(|(_, step)| select::means(self.plan, step) == Means::Restic);
        let (snapshot, selected) = match scripted
            .and_then(|(id, step)| Some((id, step.runner.host?)))
        {
            Some((step, host)) => {
                let host = self.quote(&thrice_target_restic::host_name(self.plan, host))?;
                let tag = self.quote(&thrice_target_restic::tag(self.plan, step))?;
                ("latest".to_owned(), format!(" --host {host} --tag {tag}"))
            }
            None => {
                let maker = match backup {
                    Some((id, step)) if step.runner.kind == RunnerKind::Zerobyte => format!(
                        "Zerobyte made these snapshots, tagged with the short ID of its job `{}/{}`",
                        layout::policy(self.plan),
                        // What it has copied keeps the tag of the job that made it.
                        layout::step(self.plan, self.plan.model.followed(step).unwrap_or(id))
                    ),
                    _ => "Another program made these snapshots".to_owned(),
                };
                let note = format!(
                    "{maker}: look at the list, choose the newest of this data from before the damage, and `export SNAPSHOT=` its ID."
                );
                self.notes.push(note);
                (
                    "\"${SNAPSHOT:?set it to an ID of the list}\"".to_owned(),
                    String::new(),
                )
            }
        };
        self.lines
            .push(format!("restic{options} snapshots{selected}"));
        let path = match (scripted, &self.plan.model.classes[self.copy.class].home) {
            (Some((_, step)), home) if step.source == Source::Home => layout::path(self.plan, home),
            _ => String::new(),
        };
        let include = if path.is_empty() || scripted.is_some_and(|(_, s)| s.classes.len() < 2) {
            String::new()
        } else {
            format!(" --include {}", self.quote(&path)?)
        };
        self.lines.push(format!(
            "restic{options} restore {snapshot}{selected}{include} --target \"$TARGET\" --verify"
        ));
        if scripted.is_some() {
            self.notes.push("After damage that was noticed late: take an older snapshot of the list instead of `latest`.".to_owned());
        }
        Ok(path)
    }

    /// The backup that made the versions, at this place or where they were mirrored from.
    fn backup(&self) -> Option<(StepId, &'p Step)> {
        let plan = self.plan;
        let mut copy = self.copy;
        loop {
            let id = copy.made_by?;
            let step = &plan.model.steps[id];
            if matches!(step.verb, Verb::Backup { .. }) {
                return Some((id, step));
            }
            // Sources stand before what is made of them, so this ends.
            copy = &plan.copies[copy.source?];
        }
    }

    /// Copies plain files back.
    fn files(&mut self) -> Result<String, Diagnostic> {
        let location = &self.copy.location;
        if !self.in_bucket() {
            let from = self.quote(&format!(
                "{}/.",
                layout::path(self.plan, location).trim_end_matches('/')
            ))?;
            self.lines.push(format!("cp -a {from} \"$TARGET/\""));
            return Ok(String::new());
        }
        self.credential();
        let store = &self.plan.model.stores[location.store];
        let mut settings = vec![
            ("TYPE", "s3".to_owned()),
            ("PROVIDER", "Other".to_owned()),
            ("ENV_AUTH", "true".to_owned()),
            ("ENDPOINT", self.endpoint()),
        ];
        if let Some(region) = &self.plan.model.hosts[store.host].region {
            settings.push(("REGION", region.clone()));
        }
        for (name, value) in settings {
            let value = self.quote(&value)?;
            self.lines
                .push(format!("export RCLONE_CONFIG_FROM_{name}={value}"));
        }
        let from = self.quote(&format!(
            "from:{}{}",
            store.bucket,
            location.path.trim_end_matches('/')
        ))?;
        // An absent prefix is an empty listing: rclone would copy nothing and say that all is well.
        self.lines.push(format!(
            "[ -n \"$(rclone lsf --max-depth 1 {from})\" ] || {{ echo 'there is nothing there' >&2; exit 1; }}"
        ));
        self.lines
            .push(format!("rclone copy --progress {from} \"$TARGET\""));
        self.lines
            .push(format!("rclone check --one-way {from} \"$TARGET\""));
        Ok(String::new())
    }

    /// What its place remembers of itself.
    fn history(&mut self) {
        let store = &self.plan.model.stores[self.copy.location.store];
        if store.keeps_versions() {
            let what = if self.copy.repository.is_some() {
                "Was the repository damaged or emptied there: the bucket keeps old versions. Copy the bucket as it was to a folder (`rclone copy --s3-version-at 'YYYY-MM-DDTHH:MM:SSZ'`), and use that folder as the repository."
            } else {
                "Was it deleted or overwritten there: the bucket keeps old versions. Add `--s3-version-at 'YYYY-MM-DDTHH:MM:SSZ'` to each call of rclone."
            };
            self.notes.push(what.to_owned());
        }
        if store.snapshots.is_some() {
            let mount = store.mounted_at.trim_end_matches('/');
            self.notes.push(format!(
                "Was it deleted or overwritten there: its file system has snapshots of its own, on ZFS below `{mount}/.zfs/snapshot/`."
            ));
        }
    }

    /// Commands that put files where they lived; empty for what a program has to load.
    fn place(&self, class: &str, below: &str) -> Result<String, Diagnostic> {
        if self.copy.kind == CopyKind::Dump || self.capture().is_some() || self.unknown_paths() {
            return Ok(String::new());
        }
        let home = layout::path(self.plan, &self.plan.model.classes[self.copy.class].home);
        let from = self.quote(&format!("{}/.", below.trim_end_matches('/')))?;
        let home = self.quote(&home)?;
        Ok(block(&[
            "RESTORE=${RESTORE:-/srv/restore}".to_owned(),
            format!("mkdir -p {home}"),
            format!("cp -a \"$RESTORE/data/{class}\"{from} {home}/"),
        ]))
    }

    /// Whether nobody knows below which path a restore puts the files.
    fn unknown_paths(&self) -> bool {
        let scripted = |(_, step): (StepId, &Step)| select::means(self.plan, step) == Means::Restic;
        self.copy.repository.is_some() && !self.backup().is_some_and(scripted)
    }

    fn capture(&self) -> Option<StepId> {
        capture(self.plan, self.copy)
    }
}

/// The capture that a copy comes from, if it comes from one.
pub fn capture(plan: &Plan, copy: &Copy) -> Option<StepId> {
    let mut copy = copy;
    loop {
        let id = copy.made_by?;
        if matches!(plan.model.steps[id].verb, Verb::Capture(_)) {
            return Some(id);
        }
        copy = &plan.copies[copy.source?];
    }
}

/// The credential to read a copy in a bucket with: that of its repository, else of its step, else any of
/// the policy that may.
pub fn reader(plan: &Plan, copy: &Copy) -> Option<CredentialId> {
    let model = &plan.model;
    let of_repository = copy
        .repository
        .and_then(|id| model.repositories[id].credential);
    let of_step = copy.made_by.and_then(|id| model.steps[id].credential);
    let first = of_repository.into_iter().chain(of_step).map(|(id, _)| id);
    let mut all = first.chain(model.credentials.ids());
    all.find(|id| may_read(plan, *id, &copy.location))
}

fn may_read(plan: &Plan, id: CredentialId, place: &Location) -> bool {
    let credential = &plan.model.credentials[id];
    let storage = plan.host_of(place.store);
    if !credential.stated {
        return credential.account.is_none_or(|account| account == storage);
    }
    credential.rights.iter().any(|grant| {
        let part = Location {
            store: place.store,
            path: grant.path.clone(),
        };
        grant.rights.contains(&Right::Read)
            && grant.stores.contains(&place.store)
            && part.contains(place)
    })
}
