//! Exports of services that cannot be run here: small servers behave as their APIs are documented.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests: they run programs and read what they leave, and a failure is a failed test"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Capture, DOCKER};
use serde_json::{Value, json};
use thrice_model::CaptureMethod;
use thrice_target::sha256;
use thrice_test_support::http::{Answer, Request, Server};

fn ok(value: &Value) -> Answer {
    Answer::new(200, value.to_string())
}

fn has(request: &Request, header: &str) -> bool {
    request
        .headers
        .iter()
        .any(|line| line.eq_ignore_ascii_case(header))
}

/// What a Qdrant does wrong.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    Cut,
    Flipped,
    SnapshotRefused,
    Cluster,
    Empty,
}

fn qdrant(fault: Fault) -> Server {
    let snapshot = |name: &str| format!("snapshot of {name} ").repeat(100).into_bytes();
    Server::start(move |request| {
        if !has(request, "api-key: it's \"a\\key") {
            return Answer::new(401, "Must provide an API key");
        }
        let target = request.target.as_str();
        let names = ["docs", "a b/c"];
        let coded = |name: &str| name.replace(' ', "%20").replace('/', "%2F");
        let of = names
            .into_iter()
            .find(|name| target.starts_with(&format!("/collections/{}/", coded(name))));
        match (request.method.as_str(), target, of) {
            ("GET", "/cluster", _) if fault == Fault::Cluster => {
                ok(&json!({"result": {"status": "enabled", "peers": {"1": {}, "2": {}}}}))
            }
            ("GET", "/cluster", _) => ok(&json!({"result": {"status": "disabled"}})),
            ("GET", "/collections", _) if fault == Fault::Empty => {
                ok(&json!({"result": {"collections": []}}))
            }
            ("GET", "/collections", _) => {
                ok(&json!({"result": {"collections": [{"name": "docs"}, {"name": "a b/c"}]}}))
            }
            ("GET", "/aliases", _) => ok(
                &json!({"result": {"aliases": [{"alias_name": "live", "collection_name": "docs"}]}}),
            ),
            ("POST", path, Some("docs"))
                if path.contains("snapshots") && fault == Fault::SnapshotRefused =>
            {
                Answer::new(507, "no space left on device")
            }
            ("POST", path, Some(name)) if path.ends_with("/snapshots?wait=true") => {
                let bytes = snapshot(name);
                ok(
                    &json!({"result": {"name": "s-1.snapshot", "size": bytes.len(), "checksum": sha256(&bytes)}}),
                )
            }
            ("GET", path, Some(name)) if path.ends_with("/snapshots/s-1.snapshot") => {
                let mut bytes = snapshot(name);
                let promised = bytes.len();
                match fault {
                    Fault::Cut if name == "docs" => {
                        bytes.truncate(500);
                        return Answer {
                            status: 200,
                            body: bytes,
                            promised: Some(promised),
                        };
                    }
                    Fault::Flipped if name == "docs" => bytes[7] ^= 1,
                    _ => {}
                }
                Answer::new(200, bytes)
            }
            ("DELETE", path, Some(_)) if path.ends_with("/snapshots/s-1.snapshot") => {
                ok(&json!({"result": true}))
            }
            _ => Answer::new(404, "not found"),
        }
    })
}

fn of_qdrant(server: &Server) -> Capture {
    let settings = format!(
        "QDRANT_URL={}/\nQDRANT_API_KEY='it'\\''s \"a\\key'\n",
        server.url
    );
    Capture::new(CaptureMethod::QdrantSnapshot, "/var/lib/qdrant", &settings)
}

fn deletions(server: &Server) -> usize {
    server
        .asked()
        .iter()
        .filter(|request| request.method == "DELETE")
        .count()
}

#[test]
fn qdrant_snapshots_are_taken_whole_and_removed_from_the_node() {
    let server = qdrant(Fault::None);
    let capture = of_qdrant(&server).parts(&["docs", "a b/c"]);
    capture.succeeds();
    let odd = format!("{}-latest.snapshot", thrice_target::filename("a b/c"));
    assert_eq!(capture.left().len(), 3);
    assert_eq!(
        capture.bytes(&odd),
        "snapshot of a b/c ".repeat(100).into_bytes()
    );
    assert_eq!(
        capture.bytes("docs-latest.snapshot"),
        "snapshot of docs ".repeat(100).into_bytes()
    );
    let aliases: Value = serde_json::from_slice(&capture.bytes("aliases-latest.json")).unwrap();
    assert_eq!(aliases[0]["alias_name"], "live");
    assert_eq!(deletions(&server), 2);
    capture.is_clean();
    let some = of_qdrant(&server).parts(&["docs"]);
    let finished = some.succeeds();
    assert!(finished.stderr.contains("there is 'a b/c'"), "{finished}");
    // Without a list, a name that no file can have is not guessed.
    of_qdrant(&server).fails("is no name for a file");
}

#[test]
fn what_qdrant_does_wrong_is_a_failure() {
    for (fault, words, left) in [
        (Fault::Cut, "the snapshot of docs is not whole", 2),
        (Fault::Flipped, "the snapshot of docs is not whole", 2),
        (Fault::SnapshotRefused, "no space left", 2),
        (Fault::Cluster, "one of 2 nodes", 0),
    ] {
        let server = qdrant(fault);
        let capture = of_qdrant(&server).parts(&["docs", "a b/c"]);
        capture.fails(words);
        assert_eq!(capture.left().len(), left, "{words}");
        if matches!(fault, Fault::Cut | Fault::Flipped) {
            assert_eq!(deletions(&server), 2, "nothing stays on the node");
        }
    }
    of_qdrant(&qdrant(Fault::Empty)).fails("there is nothing to capture");
    let server = qdrant(Fault::None);
    let refused = of_qdrant(&server);
    refused.bench.write(
        "settings.env",
        format!("QDRANT_URL={}\nQDRANT_API_KEY=wrong\n", server.url),
    );
    refused.fails("Must provide an API key");
}

/// A Grafana with so many dashboards, which shows at most 1000 a page.
fn grafana(dashboards: usize, broken: Option<&'static str>) -> Server {
    Server::start(move |request| {
        if !has(request, "Authorization: Bearer a-token") {
            return Answer::new(401, r#"{"message":"Invalid API key"}"#);
        }
        let target = request.target.as_str();
        if let Some(broken) = broken
            && target.starts_with(broken)
        {
            return Answer::new(200, "{\"dashboard\": {\"uid\"");
        }
        if let Some(uid) = target.strip_prefix("/api/dashboards/uid/") {
            return ok(&json!({"dashboard": {"uid": uid, "title": "t", "panels": []}, "meta": {}}));
        }
        match target {
            "/api/datasources" => {
                ok(&json!([{"uid": "pg", "secureJsonFields": {"password": true}}]))
            }
            "/api/v1/provisioning/alert-rules" => ok(&json!([{"uid": "rule"}])),
            _ => {
                let Some(page) = target.strip_prefix("/api/search?type=dash-db&limit=1000&page=")
                else {
                    return match target.strip_prefix("/api/search?type=dash-folder") {
                        Some(_) => ok(&json!([])),
                        None => Answer::new(404, "{}"),
                    };
                };
                let first = (page.parse::<usize>().unwrap() - 1) * 1000;
                let page: Vec<Value> = (first..dashboards.min(first + 1000))
                    .map(|i| json!({"uid": format!("d{i}"), "title": "t"}))
                    .collect();
                ok(&Value::Array(page))
            }
        }
    })
}

fn of_grafana(server: &Server) -> Capture {
    let settings = format!("GRAFANA_URL={}\nGRAFANA_TOKEN=a-token\n", server.url);
    Capture::new(CaptureMethod::GrafanaExport, "/var/lib/grafana", &settings)
}

#[test]
fn all_dashboards_are_exported_not_the_first_thousand() {
    let server = grafana(1003, None);
    let capture = of_grafana(&server);
    capture.succeeds();
    let all: Value = serde_json::from_slice(&capture.bytes("grafana-latest.json")).unwrap();
    let mut uids: Vec<&str> = all["dashboards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["dashboard"]["uid"].as_str().unwrap())
        .collect();
    uids.sort_unstable();
    uids.dedup();
    assert_eq!(uids.len(), 1003);
    assert_eq!(all["datasources"][0]["uid"], "pg");
    assert_eq!(all["alert_rules"][0]["uid"], "rule");
    capture.is_clean();
}

#[test]
fn what_grafana_does_wrong_is_a_failure() {
    of_grafana(&grafana(0, None)).fails("grafana shows no dashboard");
    of_grafana(&grafana(3, Some("/api/dashboards/uid/d1"))).fails("not captured: the dashboards");
    of_grafana(&grafana(3, Some("/api/datasources"))).fails("not captured: the dashboards");
    let server = grafana(3, None);
    let capture = of_grafana(&server);
    capture.succeeds();
    let before = capture.bytes("grafana-latest.json");
    capture.bench.write(
        "settings.env",
        format!("GRAFANA_URL={}\nGRAFANA_TOKEN=old\n", server.url),
    );
    let finished = capture.fails("Invalid API key");
    assert!(!finished.stderr.contains("old"), "{finished}");
    assert_eq!(capture.bytes("grafana-latest.json"), before);
    capture
        .bench
        .write("settings.env", format!("GRAFANA_URL={}\n", server.url));
    capture.fails("neither GRAFANA_TOKEN nor");
}

#[test]
fn a_secret_goes_to_curl_on_its_standard_input() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let server = Server::start(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Answer::new(500, "broken")
    });
    let mut capture = of_grafana(&server);
    capture.program(
        "curl",
        "#!/bin/bash\necho \"curl $*\" >&2\nexec /usr/bin/curl \"$@\"\n",
    );
    let finished = capture.fails("broken");
    assert!(
        finished.stderr.contains("curl --config -") && !finished.stderr.contains("a-token"),
        "{finished}"
    );
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

/// A program that behaves as n8n's command line does: what is wrong with its arguments is only logged.
const N8N: &str = r#"#!/bin/bash
all='' output=''
for word in "${@:2}"; do
  case $word in
    --all) all=yes ;;
    --output=*) output=${word#*=} ;;
  esac
done
case $N8N_DOES in
  nothing) echo 'Found 1 workflows but no --all'; exit 0 ;;
  cut) printf '[{"id": "1", ' >"$output"; exit 0 ;;
  empty) echo '[]' >"$output"; exit 0 ;;
esac
[[ $all && $output ]] || exit 0
case $1 in
  export:workflow) echo '[{"id": "1", "name": "a"}, {"id": "2", "name": "b"}]' >"$output" ;;
  export:credentials)
    [[ $N8N_DOES != none ]] || { echo 'No credentials found with specified filters' >&2; exit 1; }
    echo '[{"id": "1", "data": "U2FsdGVk"}]' >"$output"
    ;;
esac
"#;

fn of_n8n(does: &str) -> Capture {
    let settings = format!("N8N_DOES={does}\n");
    let mut capture = Capture::new(CaptureMethod::N8nExport, "/home/node/.n8n", &settings);
    capture.program("n8n", N8N);
    capture
}

#[test]
fn n8n_is_believed_by_its_files_alone() {
    let capture = of_n8n("its_work");
    capture.succeeds();
    assert_eq!(
        capture.left(),
        ["credentials-latest.json", "workflows-latest.json"]
    );
    assert_eq!(
        (capture.number("workflows"), capture.number("credentials")),
        (2, 1)
    );
    capture.is_clean();
    let none = of_n8n("none");
    none.succeeds();
    assert_eq!(none.left(), ["workflows-latest.json"]);
    for (does, words) in [
        ("nothing", "workflows.json was not written"),
        ("cut", "what n8n wrote is no list"),
        ("empty", "n8n has exported no workflows"),
    ] {
        let capture = of_n8n(does);
        capture.fails(words);
        assert_eq!(capture.left(), Vec::<String>::new());
    }
}

#[test]
fn n8n_is_found_in_its_container() {
    let mut capture = of_n8n("its_work").edit(|parts| {
        parts.container = Some("the_container".to_owned());
        parts.user = Some("node".to_owned());
    });
    capture.program("docker", DOCKER);
    capture.succeeds();
    assert_eq!(capture.left().len(), 2);
}
