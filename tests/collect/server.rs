//! A small HTTP server on loopback that does exactly what a test tells it, good or bad.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub(super) struct Server {
    pub(super) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    bodies: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

/// Whether the connection goes on after an answer.
pub(super) enum Then {
    KeepOpen,
    Close,
}

impl Server {
    /// `answer` gets the number of the request (from 0) and its head, and writes what it likes.
    pub(super) fn start(
        answer: impl Fn(usize, &str, &mut TcpStream) -> Then + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self::on(listener, answer)
    }

    /// As [`Server::start`], on an address of one's own.
    pub(super) fn on(
        listener: TcpListener,
        answer: impl Fn(usize, &str, &mut TcpStream) -> Then + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (kept, answer, counted) = (Arc::clone(&heads), Arc::new(answer), Arc::clone(&connections));
        let kept_bodies = Arc::clone(&bodies);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                let bodies = Arc::clone(&kept_bodies);
                thread::spawn(move || converse(stream, (&kept, &bodies), &*answer));
            }
        });
        Self { address, heads, bodies, connections }
    }

    /// Always the same answer.
    pub(super) fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |_, _, stream| write(stream, &answer))
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// What was posted with each request so far.
    pub(super) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }

    /// The heads of all requests so far.
    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn converse(
    mut stream: TcpStream,
    (kept, bodies): (&Mutex<Vec<String>>, &Mutex<Vec<String>>),
    answer: &dyn Fn(usize, &str, &mut TcpStream) -> Then,
) {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    while let Some(head) = head(&mut stream) {
        bodies.lock().unwrap().push(body(&head, &mut stream));
        let number = {
            let mut kept = kept.lock().unwrap();
            kept.push(head.clone());
            kept.len() - 1
        };
        if matches!(answer(number, &head, &mut stream), Then::Close) {
            return;
        }
    }
}

fn head(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        bytes.push(byte[0]);
    }
    String::from_utf8(bytes).ok()
}

/// What was posted, as long as its head says.
fn body(head: &str, stream: &mut TcpStream) -> String {
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut bytes = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// A broken pipe is the client's good right.
pub(super) fn write(stream: &mut TcpStream, bytes: &[u8]) -> Then {
    match stream.write_all(bytes).and_then(|()| stream.flush()) {
        Ok(()) => Then::KeepOpen,
        Err(_) => Then::Close,
    }
}

pub(super) fn ok(body: &str, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len()).into_bytes()
}

pub(super) fn status(line: &str, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n{headers}\r\n").into_bytes()
}
