//! A mail server on loopback whose manners can change while it stands.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// How it answers a body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Takes,
    /// Takes the body and closes without a word.
    ClosesAfterDot,
    /// Refuses for good whoever is addressed.
    Refuses,
    /// Puts off whoever is addressed.
    PutsOff,
    /// Refuses the sender.
    RefusesUs,
}

/// A message as it came over the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) to: String,
    pub(super) body: Vec<u8>,
}

pub(super) struct Relay {
    pub(super) port: u16,
    manner: Arc<Mutex<Manner>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Relay {
    pub(super) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let relay = Self { port, manner: Arc::new(Mutex::new(manner)), heard: Arc::default() };
        let (manner, heard) = (Arc::clone(&relay.manner), Arc::clone(&relay.heard));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (manner, heard) = (Arc::clone(&manner), Arc::clone(&heard));
                thread::spawn(move || drop(talk(&stream, &manner, &heard)));
            }
        });
        relay
    }

    pub(super) fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// The bodies since it was last asked, also those it did not answer.
    pub(super) fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

fn talk(stream: &TcpStream, manner: &Mutex<Manner>, heard: &Mutex<Vec<Heard>>) -> io::Result<()> {
    let (mut lines, mut out) = (BufReader::new(stream), stream);
    out.write_all(b"220 relay\r\n")?;
    let mut to = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let manner = *manner.lock().unwrap();
        let reply = match line.trim_end().split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => "250-relay\r\n250 8BITMIME",
            "MAIL" if manner == Manner::RefusesUs => "504 5.5.2 <vm>: need fully-qualified hostname",
            "RCPT" if manner == Manner::Refuses => "550 no such person",
            "RCPT" if manner == Manner::PutsOff => "451 come back later",
            "RCPT" => {
                line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut to);
                "250 fine"
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                let body = body(&mut lines)?;
                heard.lock().unwrap().push(Heard { to: to.clone(), body });
                if manner == Manner::ClosesAfterDot {
                    return Ok(());
                }
                "250 queued"
            }
            "QUIT" => return out.write_all(b"221 bye\r\n"),
            _ => "250 fine",
        };
        out.write_all(format!("{reply}\r\n").as_bytes())?;
    }
}

/// The body without its stuffed dots and the line of the dot.
fn body(lines: &mut BufReader<&TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(body);
        }
        body.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
