//! The wire to a mail server: lines out, replies in, in clear or over TLS.

use std::cell::Cell;
use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use rustls::pki_types::ServerName;

use crate::mail::smtp::reply::Reply;

/// Four times what RFC 5321, 4.5.3.1.5 allows.
const LINE_BYTES_MAX: usize = 2048;

/// No server has so much to say; one that never comes to an end is not listened to for ever.
const REPLY_BYTES_MAX: usize = 64 * 1024;

const CHUNK: usize = 4096;

/// An open connection, and what was read of it and not yet taken.
pub(super) struct Wire {
    stream: Stream,
    read: Vec<u8>,
}

enum Stream {
    Clear(TcpStream),
    Safe(Box<TlsStream<TcpStream>>),
}

impl Wire {
    /// Connects in clear. Small writes go out at once: a body must not wait for the answer to its own start.
    pub(super) async fn connect(host: &str, port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: Stream::Clear(stream), read: Vec::new() })
    }

    /// The address of our end.
    pub(super) fn own_address(&self) -> io::Result<IpAddr> {
        Ok(self.tcp().local_addr()?.ip())
    }

    /// The address of the server.
    pub(super) fn server_address(&self) -> io::Result<IpAddr> {
        Ok(self.tcp().peer_addr()?.ip())
    }

    fn tcp(&self) -> &TcpStream {
        match &self.stream {
            Stream::Clear(stream) => stream,
            Stream::Safe(stream) => stream.get_ref().0,
        }
    }

    /// Goes over to TLS.
    ///
    /// What was read ahead in clear is refused: it may be the words of somebody in the middle, who wants them
    /// to be taken for the server's.
    pub(super) async fn secured(self, tls: &TlsConnector, name: ServerName<'static>) -> io::Result<Self> {
        let Stream::Clear(stream) = self.stream else { return Err(io::Error::other("it is safe already")) };
        if !self.read.is_empty() {
            let words =
                "something came in clear behind the answer to STARTTLS: somebody may be in the middle";
            return Err(io::Error::other(words));
        }
        let safe = tls.connect(name, stream).await?;
        Ok(Self { stream: Stream::Safe(Box::new(safe)), read: Vec::new() })
    }

    /// Says one line and hears the reply.
    pub(super) async fn ask(&mut self, line: &str) -> io::Result<Reply> {
        self.write(format!("{line}\r\n").as_bytes()).await?;
        self.flush().await?;
        self.hear().await
    }

    /// Gives a body with its dot in one piece; `is_given` turns true when nothing of it is left on our side.
    pub(super) async fn give(&mut self, body: &[u8], is_given: &Cell<bool>) -> io::Result<()> {
        self.write(&with_dot(body)).await?;
        // Short of this, the last bytes were not handed over: without its dot no server takes a body.
        is_given.set(true);
        self.flush().await
    }

    /// Hears one reply.
    pub(super) async fn hear(&mut self) -> io::Result<Reply> {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        loop {
            let line = self.line().await?;
            bytes += line.len();
            if bytes > REPLY_BYTES_MAX {
                return Err(odd("its reply does not end"));
            }
            let (code, rest) = code(&line).ok_or_else(|| odd("what came is no reply of a mail server"))?;
            let more = rest.starts_with('-');
            lines.push(rest.get(1..).unwrap_or_default().to_owned());
            if !more {
                return Ok(Reply::new(code, lines));
            }
        }
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut seen = 0;
        loop {
            if let Some(end) = self.read.iter().skip(seen).position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=seen + end).collect();
                return Ok(plain(&line));
            }
            seen = self.read.len();
            if seen > LINE_BYTES_MAX {
                return Err(odd("its reply has a line without an end"));
            }
            let mut chunk = [0; CHUNK];
            let count = self.fill(&mut chunk).await?;
            if count == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the line"));
            }
            self.read.extend_from_slice(chunk.get(..count).unwrap_or_default());
        }
    }

    async fn fill(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        match &mut self.stream {
            Stream::Clear(stream) => stream.read(chunk).await,
            Stream::Safe(stream) => stream.read(chunk).await,
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.stream {
            Stream::Clear(stream) => stream.write_all(bytes).await,
            Stream::Safe(stream) => stream.write_all(bytes).await,
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        match &mut self.stream {
            Stream::Clear(stream) => stream.flush().await,
            Stream::Safe(stream) => stream.flush().await,
        }
    }
}

/// Each line that begins with a dot gets one more (RFC 5321, 4.5.2); a dot of its own ends the body.
fn with_dot(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + body.len() / 64 + 5);
    let mut starts_line = true;
    for byte in body {
        if starts_line && *byte == b'.' {
            out.push(b'.');
        }
        out.push(*byte);
        starts_line = *byte == b'\n';
    }
    if !starts_line {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

fn odd(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words.to_owned())
}

/// Without its end, and without what would play tricks on a terminal.
fn plain(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    text.trim_end().chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

fn code(line: &str) -> Option<(u16, &str)> {
    let (code, rest) = line.split_at_checked(3)?;
    let is_code =
        code.bytes().all(|byte| byte.is_ascii_digit()) && (b"2345").contains(code.as_bytes().first()?);
    (is_code && matches!(rest.as_bytes().first(), None | Some(b' ' | b'-'))).then_some(())?;
    Some((code.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use crate::mail::smtp::wire::{code, with_dot};

    #[test]
    fn a_body_ends_with_one_dot_and_its_own_dots_are_doubled() {
        for (body, wanted) in [
            ("a\r\n", "a\r\n.\r\n"),
            (".\r\n..\r\na.\r\n", "..\r\n...\r\na.\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("", ".\r\n"),
        ] {
            assert_eq!(with_dot(body.as_bytes()), wanted.as_bytes(), "{body:?}");
        }
    }

    #[test]
    fn a_reply_begins_with_three_digits() {
        assert_eq!(code("250-relay"), Some((250, "-relay")));
        assert_eq!(code("354"), Some((354, "")));
        for odd in ["", "25", "2500", "HTTP/1.1 400", "99 x", "199 x", "\u{15}\u{3}\u{1}"] {
            assert_eq!(code(odd), None, "{odd:?}");
        }
    }
}
