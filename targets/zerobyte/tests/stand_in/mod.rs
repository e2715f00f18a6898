//! A stand-in for Zerobyte that answers as its source says.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use thrice_target::Artefact;
use thrice_target::bench::Bench;
use thrice_target::stand_in::{Request, serve};
use thrice_test_support::{Finished, finish};

use crate::common::errors;

const JOB: &str = include_str!("../../schema/job.schema.json");
const MIRRORS: &str = include_str!("../../schema/mirrors.schema.json");

/// What a Zerobyte knows.
#[derive(Default)]
pub struct State {
    pub volumes: Vec<Value>,
    pub repositories: Vec<Value>,
    pub jobs: Vec<Value>,
    pub destinations: Vec<Value>,
    pub assignments: Map<String, Value>,
    /// Calls that change something.
    pub changed: Vec<String>,
    /// Whether addresses read back encrypted, as those of newer versions do.
    pub encrypts: bool,
    /// Of each job, as `getMirrors` shows them.
    pub mirrors: Map<String, Value>,
    /// When the versions in each repository are from.
    pub versions: Map<String, Value>,
    next: u64,
}

impl State {
    /// A schedule as `createSchedule` and `updateSchedule` store it: what a change leaves out of the
    /// retries is reset, and it never changes the volume.
    fn store(&self, old: &Value, body: &Value) -> Value {
        let mut job = old.as_object().cloned().unwrap_or_default();
        job.insert("maxRetries".to_owned(), 2.into());
        job.insert("retryDelay".to_owned(), 15.into());
        let is_new = old.is_null();
        for (name, value) in body.as_object().unwrap() {
            match name.as_str() {
                "volumeId" if is_new => {
                    let volume = self
                        .volumes
                        .iter()
                        .find(|volume| volume["shortId"] == *value)
                        .unwrap();
                    job.insert("volume".to_owned(), volume.clone());
                    job.insert("volumeId".to_owned(), volume["id"].clone());
                }
                "volumeId" => {}
                "repositoryId" => {
                    let repository = self
                        .repositories
                        .iter()
                        .find(|it| it["shortId"] == *value)
                        .unwrap();
                    job.insert("repository".to_owned(), repository.clone());
                    job.insert("repositoryId".to_owned(), repository["id"].clone());
                }
                // Empty lists come back as nothing.
                _ if *value == json!([]) => drop(job.insert(name.clone(), Value::Null)),
                _ => drop(job.insert(name.clone(), value.clone())),
            }
        }
        Value::Object(job)
    }

    fn answer(&mut self, request: &Request) -> (u16, Value) {
        if request.headers.get("x-api-key").map(String::as_str) != Some("a-key") {
            return (401, json!({ "message": "Unauthorized" }));
        }
        let Some(path) = request.path.strip_prefix("/api/v1/") else {
            return (404, Value::Null);
        };
        let parts: Vec<&str> = path.split('/').collect();
        if request.method != "GET" {
            self.changed.push(format!("{} {path}", request.method));
        }
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["volumes"]) => (200, self.volumes.clone().into()),
            ("GET", ["repositories"]) => (200, self.repositories.clone().into()),
            ("GET", ["backups"]) => (200, self.jobs.clone().into()),
            ("GET", ["notifications", "destinations"]) => {
                let mut shown = self.destinations.clone();
                for destination in shown.iter_mut().filter(|_| self.encrypts) {
                    destination["config"]["url"] = "encv1:0badcafe".into();
                }
                (200, shown.into())
            }
            ("POST" | "PATCH", ["backups", ..]) if !errors(JOB, &request.body).is_empty() => {
                (400, json!(errors(JOB, &request.body)))
            }
            ("POST", ["backups"]) => {
                if self
                    .jobs
                    .iter()
                    .any(|job| job["name"] == request.body["name"])
                {
                    return (409, json!({ "message": "a schedule has this name" }));
                }
                let mut job = self.store(&Value::Null, &request.body);
                self.next += 1;
                job["shortId"] = format!("job{}", self.next).into();
                self.jobs.push(job.clone());
                (201, job)
            }
            ("PATCH", ["backups", id]) => {
                let Some(at) = self.jobs.iter().position(|job| job["shortId"] == *id) else {
                    return (404, Value::Null);
                };
                self.jobs[at] = self.store(&self.jobs[at], &request.body);
                (200, self.jobs[at].clone())
            }
            ("GET", ["backups", id, "notifications"]) => (
                200,
                self.assignments
                    .get(*id)
                    .cloned()
                    .unwrap_or_else(|| json!([])),
            ),
            ("PUT", ["backups", id, "notifications"]) => self.assign(id, &request.body),
            ("GET", ["backups", id, "mirrors"]) => (200, self.mirrors_of(id)),
            ("PUT", ["backups", id, "mirrors"]) => self.mirror(id, &request.body),
            ("GET", ["backups", id, "mirrors", "compatibility"]) => {
                let others = self
                    .repositories
                    .iter()
                    .filter(|it| it["shortId"] != self.primary(id)["shortId"]);
                let said = others.map(|it| {
                    let reason = unlike(self.primary(id), it);
                    json!({ "repositoryId": it["shortId"], "compatible": reason.is_none(), "reason": reason })
                });
                (200, said.collect())
            }
            ("GET", ["backups", id, "mirrors", mirror, "status"]) => self.status(id, mirror),
            ("POST", ["notifications", "destinations"]) => {
                self.next += 1;
                let mut destination = json!({ "id": self.next, "enabled": true });
                let right = set_destination(&mut destination, &request.body);
                self.destinations.push(destination.clone());
                (if right { 201 } else { 400 }, destination)
            }
            ("PATCH", ["notifications", "destinations", id]) => {
                let it = self
                    .destinations
                    .iter_mut()
                    .find(|it| it["id"].as_u64() == id.parse().ok())
                    .unwrap();
                (
                    if set_destination(it, &request.body) {
                        200
                    } else {
                        400
                    },
                    it.clone(),
                )
            }
            _ => (404, Value::Null),
        }
    }

    fn primary(&self, job: &str) -> &Value {
        let job = self.jobs.iter().find(|it| it["shortId"] == *job).unwrap();
        let id = &job["repository"]["shortId"];
        self.repositories
            .iter()
            .find(|it| it["shortId"] == *id)
            .unwrap()
    }

    fn mirrors_of(&self, job: &str) -> Value {
        self.mirrors.get(job).cloned().unwrap_or_else(|| json!([]))
    }

    /// `updateMirrors`: all of them or none, in place of what was there.
    fn mirror(&mut self, job: &str, body: &Value) -> (u16, Value) {
        if !errors(MIRRORS, body).is_empty() {
            return (400, json!(errors(MIRRORS, body)));
        }
        let mut list = Vec::new();
        for mirror in body["mirrors"].as_array().unwrap() {
            let wanted = self
                .repositories
                .iter()
                .find(|it| it["shortId"] == mirror["repositoryId"]);
            let Some(repository) = wanted else {
                return (404, json!({ "message": "Repository not found" }));
            };
            let primary = self.primary(job);
            if repository["shortId"] == primary["shortId"] {
                return (
                    400,
                    json!({ "message": "Cannot add the primary repository as a mirror" }),
                );
            }
            if let Some(reason) = unlike(primary, repository) {
                return (400, json!({ "message": reason }));
            }
            list.push(json!({
                "id": list.len(), "scheduleId": job, "repositoryId": repository["shortId"], "enabled": mirror["enabled"],
                "lastCopyAt": null, "lastCopyStatus": null, "lastCopyError": null, "createdAt": 1, "repository": repository,
            }));
        }
        self.mirrors.insert(job.to_owned(), list.into());
        (200, self.mirrors_of(job))
    }

    /// `getMirrorSyncStatus`: by the times of versions.
    fn status(&self, job: &str, mirror: &str) -> (u16, Value) {
        let its = self.mirrors_of(job);
        if !its
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["repositoryId"] == *mirror)
        {
            return (
                404,
                json!({ "message": "Mirror not found for this schedule" }),
            );
        }
        let of = |repository: &str| {
            self.versions
                .get(repository)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        let (source, copied) = (
            of(self.primary(job)["shortId"].as_str().unwrap()),
            of(mirror),
        );
        let missing = source.iter().filter(|time| !copied.contains(time));
        let missing = missing.map(|time| json!({ "short_id": "aa", "time": time, "size": 1 }));
        (
            200,
            json!({ "sourceCount": source.len(), "mirrorCount": copied.len(), "missingSnapshots": missing.collect::<Vec<_>>() }),
        )
    }

    fn assign(&mut self, id: &str, body: &Value) -> (u16, Value) {
        let mut list = Vec::new();
        for assignment in body["assignments"].as_array().unwrap() {
            let flags = [
                "notifyOnStart",
                "notifyOnSuccess",
                "notifyOnWarning",
                "notifyOnFailure",
            ];
            let destination = self
                .destinations
                .iter()
                .find(|it| it["id"] == assignment["destinationId"]);
            let (Some(destination), true, 5) = (
                destination,
                flags.iter().all(|flag| assignment[*flag].is_boolean()),
                assignment.as_object().unwrap().len(),
            ) else {
                return (400, assignment.clone());
            };
            let mut shown = assignment.clone();
            shown["scheduleId"] = 7.into();
            shown["createdAt"] = 1.into();
            shown["destination"] = destination.clone();
            list.push(shown);
        }
        self.assignments.insert(id.to_owned(), list.into());
        (200, self.assignments[id].clone())
    }
}

/// `checkMirrorCompatibility`, of the kinds that are emitted: folders go with everything.
fn unlike(primary: &Value, other: &Value) -> Option<String> {
    let key = |it: &Value, name: &str| it["config"][name].clone();
    let both = [primary, other].iter().all(|it| it["backend"] == "s3");
    let same = ["accessKeyId", "secretAccessKey"]
        .iter()
        .all(|name| key(primary, name) == key(other, name));
    (both && !same).then(|| "Both use S3 backends with different credentials".to_owned())
}

/// Names become slugs (`slugify`, lower and strict).
fn set_destination(destination: &mut Value, body: &Value) -> bool {
    for (name, value) in body.as_object().unwrap() {
        match name.as_str() {
            "name" => {
                let strict = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
                let slug: String = value
                    .as_str()
                    .unwrap()
                    .to_lowercase()
                    .chars()
                    .filter(strict)
                    .collect();
                destination["name"] = slug.into();
            }
            "config" => {
                destination["config"] = value.clone();
                destination["type"] = value["type"].clone();
            }
            "enabled" => destination["enabled"] = value.clone(),
            _ => return false,
        }
    }
    destination["config"]["url"]
        .as_str()
        .is_some_and(|url| url.starts_with("https://"))
}

pub struct Zerobyte {
    pub bench: Bench,
    pub url: String,
    pub state: Arc<Mutex<State>>,
}

impl Zerobyte {
    /// One that was started with the provisioning file.
    pub fn new(emitted: &[Artefact]) -> Self {
        let provisioning: Value = serde_json::from_str(emitted[0].text()).unwrap();
        let made = |list: &str, prefix: &str| -> Vec<Value> {
            let entries = provisioning[list].as_array().unwrap().iter().enumerate();
            entries
                .map(|(at, entry)| {
                    let id = entry["id"].as_str().unwrap();
                    json!({ "id": at + 40, "shortId": format!("{prefix}{at}"), "name": entry["name"], "backend": entry["backend"], "config": entry["config"], "provisioningId": format!("provisioned:org1:{id}") })
                })
                .collect()
        };
        let state = State {
            volumes: made("volumes", "vol"),
            repositories: made("repositories", "repo"),
            ..State::default()
        };
        let state = Arc::new(Mutex::new(state));
        let its = Arc::clone(&state);
        let url = serve(move |request| its.lock().unwrap().answer(&request));
        let mut bench = Bench::new();
        for (name, value) in [
            ("ZEROBYTE_URL", url.as_str()),
            ("ZEROBYTE_API_KEY", "a-key"),
            ("ZEROBYTE_ORGANIZATION_ID", "org1"),
            ("ZEROBYTE_TZ", "UTC"),
            (
                "HC_PING_KEY_DB_FULL",
                "https://hc-ping.com/a-ping-key/db_full",
            ),
        ] {
            bench.set(name, value);
        }
        Self { bench, url, state }
    }

    pub fn apply(&self, emitted: &[Artefact], arguments: &[&str]) -> Finished {
        self.bench.install(&emitted[0]);
        self.bench.install(&emitted[1]);
        finish(self.bench.command(&emitted[2]).args(arguments))
    }

    /// The calls that changed something since the last time this was asked.
    pub fn changed(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().changed)
    }

    pub fn edit(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }
}
