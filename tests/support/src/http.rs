//! A small HTTP server on loopback, for tests of what talks to a service that cannot be run here.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// The path with its query, as it came.
    pub target: String,
    /// Header lines, as they came.
    pub headers: Vec<String>,
    /// The body; empty if it did not say how long it is.
    pub body: Vec<u8>,
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// How long the body is said to be; its length if nothing is said.
    pub promised: Option<usize>,
}

impl Answer {
    /// A whole answer.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            body: body.into(),
            promised: None,
        }
    }
}

/// A server that ends with the test process.
#[derive(Debug)]
pub struct Server {
    /// Its address, without a slash at the end.
    pub url: String,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts one that answers with a function.
    ///
    /// # Panics
    /// If there is no free port.
    #[must_use]
    pub fn start(answer: impl Fn(&Request) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound port"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(request) = read(&stream) else {
                    continue;
                };
                let answer = answer(&request);
                let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                noted.push(request);
                drop(noted);
                // A client that has gone has been noted all the same.
                let _ = write(&stream, &answer);
            }
        });
        Self { url, asked }
    }

    /// All that it was asked, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Request> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end() {
            "" => break,
            line => headers.push(line.to_owned()),
        }
    }
    let length = headers
        .iter()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        method,
        target,
        headers,
        body,
    })
}

/// Hands a request on to a server, such as `http://127.0.0.1:7480`, and returns what that answers: for a
/// stand-in that changes only some of it. Signatures stay valid, since the headers are handed on as they came.
///
/// # Panics
/// If the server cannot be reached or answers no HTTP.
#[must_use]
pub fn forward(request: &Request, server: &str) -> Answer {
    let authority = server.trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority).expect("the server behind is there");
    let kept = request
        .headers
        .iter()
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let mut head = format!("{} {} HTTP/1.0\r\n", request.method, request.target);
    for line in kept {
        head.push_str(line);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    stream
        .write_all(head.as_bytes())
        .expect("the server behind reads");
    stream
        .write_all(&request.body)
        .expect("the server behind reads");
    let mut answer = Vec::new();
    stream
        .read_to_end(&mut answer)
        .expect("the server behind answers");
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("an HTTP answer");
    let status = String::from_utf8_lossy(&answer)
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .expect("a status");
    let body = answer.split_off(end + 4);
    let chunked = String::from_utf8_lossy(&answer)
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked");
    Answer::new(status, if chunked { joined(&body) } else { body })
}

/// The chunks of a body, joined: Ceph sends listings so, asked by HTTP/1.0 too.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let mut line = String::new();
        chunks.read_line(&mut line).expect("the length of a chunk");
        let length = usize::from_str_radix(line.trim(), 16).expect("a length");
        if length == 0 {
            return whole;
        }
        let mut chunk = vec![0; length + 2];
        chunks.read_exact(&mut chunk).expect("a whole chunk");
        chunk.truncate(length);
        whole.append(&mut chunk);
    }
}

fn write(mut stream: &TcpStream, answer: &Answer) -> std::io::Result<()> {
    let length = answer.promised.unwrap_or(answer.body.len());
    write!(
        stream,
        "HTTP/1.1 {} Stand-in\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n",
        answer.status
    )?;
    stream.write_all(&answer.body)
}
