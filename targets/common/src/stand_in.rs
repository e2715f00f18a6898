//! A small HTTP server for tests, which answers as a service documents that it does.

#![expect(
    clippy::expect_used,
    reason = "for tests alone: a failure is a failed test"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use serde_json::Value;

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// The path, with its query.
    pub path: String,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    /// JSON, or `null` for none; a body that is no JSON is a text.
    pub body: Value,
}

/// Starts a server on loopback that ends with the test; returns its address, without a slash at the end.
///
/// # Panics
/// If there is no free port.
pub fn serve(mut answer: impl FnMut(Request) -> (u16, Value) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("a bound port"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Some(request) = read(&stream) else {
                continue;
            };
            let (status, body) = answer(request);
            let body = if body.is_null() {
                String::new()
            } else {
                body.to_string()
            };
            // A client that does not wait for the answer is no failure of the server.
            let _ = write!(
                stream,
                "HTTP/1.1 {status} Answer\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    url
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = match (serde_json::from_slice(&body), body.is_empty()) {
        (_, true) => Value::Null,
        (Ok(value), _) => value,
        (Err(_), _) => Value::String(String::from_utf8_lossy(&body).into_owned()),
    };
    Some(Request {
        method,
        path,
        headers,
        body,
    })
}
