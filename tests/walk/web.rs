//! A shelf of files behind loopback HTTP, with entity tags; what is not there is not there yet.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use quarterdeck::store::keep;
use tokio::sync::watch;

pub(super) struct Web {
    address: SocketAddr,
    shelf: Arc<Mutex<Shelf>>,
}

#[derive(Default)]
pub(super) struct Shelf {
    files: BTreeMap<String, Vec<u8>>,
    pub(super) fetched: u32,
    pub(super) unchanged: u32,
    pub(super) not_there: u32,
    /// Every path, in order.
    pub(super) asked: Vec<String>,
    pub(super) is_down: bool,
    /// Paths that are answered as some stores answer for what they do not have.
    pub(super) forbidden: BTreeSet<String>,
    /// Paths at which the server falls over.
    pub(super) broken: BTreeSet<String>,
    /// Without this header nothing is opened.
    pub(super) authorization: Option<String>,
    /// In place of entity tags: when every file was changed, and when the answer is sent.
    pub(super) times: Option<(String, String)>,
    /// Paths whose answer is cut after so many bytes, and says neither how long it is.
    pub(super) cut: BTreeMap<String, usize>,
    /// After so many questions in all, this is told.
    pub(super) patience: Option<(usize, watch::Sender<bool>)>,
}

impl Web {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shelf = Arc::<Mutex<Shelf>>::default();
        let served = Arc::clone(&shelf);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = Arc::clone(&served);
                // A client that goes away in the middle is its own good right.
                thread::spawn(move || drop(converse(&stream, &served)));
            }
        });
        Self { address, shelf }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn put(&self, path: &str, body: &[u8]) {
        self.shelf().files.insert(path.to_owned(), body.to_vec());
    }

    pub(super) fn remove(&self, path: &str) {
        self.shelf().files.remove(path);
    }

    pub(super) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap()
    }
}

fn converse(stream: &TcpStream, shelf: &Mutex<Shelf>) -> std::io::Result<()> {
    let (mut lines, mut out) = (BufReader::new(stream), stream);
    loop {
        let (mut path, mut headers) = (String::new(), Vec::new());
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.trim_end() {
                "" => break,
                head if path.is_empty() => head.split(' ').nth(1).unwrap_or_default().clone_into(&mut path),
                header => headers.extend(
                    header
                        .split_once(": ")
                        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())),
                ),
            }
        }
        let answer = answer(&path, &headers, &mut shelf.lock().unwrap());
        out.write_all(&answer)?;
        if !String::from_utf8_lossy(&answer).contains("Content-Length") {
            return Ok(());
        }
    }
}

fn answer(path: &str, headers: &[(String, String)], shelf: &mut Shelf) -> Vec<u8> {
    let header = |name: &str| headers.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str());
    shelf.asked.push(path.to_owned());
    if let Some((most, told)) = &shelf.patience
        && shelf.asked.len() >= *most
    {
        told.send_replace(true);
    }
    if shelf.authorization.as_deref().is_some_and(|wanted| header("authorization") != Some(wanted)) {
        return b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n".to_vec();
    }
    if shelf.is_down || shelf.forbidden.contains(path) {
        return b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_vec();
    }
    if shelf.broken.contains(path) {
        return b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n".to_vec();
    }
    let Some(body) = shelf.files.get(path) else {
        shelf.not_there += 1;
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec();
    };
    let tag = format!("\"{}\"", &keep::hash(body)[..16]);
    let (validators, is_known) = match &shelf.times {
        Some((changed, sent)) => (
            format!("Last-Modified: {changed}\r\nDate: {sent}"),
            header("if-modified-since") == Some(changed),
        ),
        None => (format!("ETag: {tag}"), header("if-none-match") == Some(&tag)),
    };
    if is_known {
        shelf.unchanged += 1;
        return format!("HTTP/1.1 304 Not Modified\r\n{validators}\r\n\r\n").into_bytes();
    }
    shelf.fetched += 1;
    if let Some(length) = shelf.cut.get(path) {
        return [format!("HTTP/1.1 200 OK\r\n{validators}\r\n\r\n").as_bytes(), &body[..*length]].concat();
    }
    let head = format!("HTTP/1.1 200 OK\r\n{validators}\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
