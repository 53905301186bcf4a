//! What the mail library speaks over: a line that keeps what came, and ends what does not come to an end.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// No server has so much to say; one that never comes to an end is not listened to for ever.
const REPLY_BYTES_MAX: usize = 64 * 1024;

const CHUNK: usize = 4096;

/// The greeting, and what came since we last said something: the library keeps little of what a server says.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard(Arc<Mutex<Words>>);

#[derive(Debug, Default)]
struct Words {
    greeting: Option<Vec<u8>>,
    latest: Vec<u8>,
}

impl Heard {
    /// The lines of the last reply but its first, without their codes: after EHLO, what is offered.
    pub(super) fn offers(&self) -> Vec<String> {
        let reply = String::from_utf8_lossy(&self.words().latest).into_owned();
        reply.lines().skip(1).filter_map(|line| line.get(4..)).map(str::to_ascii_uppercase).collect()
    }

    /// Whether the server greeted as this program, as most do that were not told otherwise.
    pub(super) fn is_greeted_by(&self, program: &str) -> bool {
        let words = self.words();
        words.greeting.as_ref().is_some_and(|it| String::from_utf8_lossy(it).contains(program))
    }

    /// What comes next answers what we say now.
    fn turn(&self) {
        let mut words = self.words();
        let latest = std::mem::take(&mut words.latest);
        words.greeting.get_or_insert(latest);
    }

    fn words(&self) -> MutexGuard<'_, Words> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line in clear or over TLS.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    server: SocketAddr,
    heard: Heard,
    /// What is read before the first byte of the line.
    ahead: &'static [u8],
    /// How many bytes are read at once.
    chunk: usize,
}

impl<S> Wire<S> {
    /// Over `stream`, whose other end is `server`.
    pub(super) fn over(stream: S, server: SocketAddr, heard: &Heard) -> Self {
        Self { stream, server, heard: heard.clone(), ahead: b"", chunk: CHUNK }
    }

    /// Reads no byte ahead, to give the line on to TLS. Words that somebody in the middle puts behind the
    /// answer to STARTTLS are then no handshake, instead of being taken for the server's.
    pub(super) fn bytewise(self) -> Self {
        Self { chunk: 1, ..self }
    }

    /// The library waits for a greeting, and there is none again behind STARTTLS.
    pub(super) fn greeted(self) -> Self {
        Self { ahead: b"220 it greeted in clear\r\n", ..self }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        if let Some((now, later)) = wire.ahead.split_at_checked(into.remaining().min(wire.ahead.len()))
            && !now.is_empty()
        {
            into.put_slice(now);
            wire.ahead = later;
            return Poll::Ready(Ok(()));
        }
        if wire.heard.words().latest.len() > REPLY_BYTES_MAX {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "its reply does not end")));
        }
        let mut chunk = [0; CHUNK];
        let room = into.remaining().min(wire.chunk);
        let mut part = ReadBuf::new(chunk.get_mut(..room).unwrap_or_default());
        let read = ready!(Pin::new(&mut wire.stream).poll_read(context, &mut part));
        let is_lost = |error: &io::Error| error.kind() == io::ErrorKind::UnexpectedEof;
        if read.as_ref().is_err_and(is_lost) || (read.is_ok() && part.filled().is_empty()) {
            let closed = io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the line");
            return Poll::Ready(Err(closed));
        }
        read?;
        let words: Vec<u8> = part.filled().iter().copied().map(plain).collect();
        wire.heard.words().latest.extend_from_slice(&words);
        into.put_slice(&words);
        Poll::Ready(Ok(()))
    }
}

/// Without what would play tricks on a terminal; the library takes a reply outside of UTF-8 for none.
fn plain(byte: u8) -> u8 {
    if matches!(byte, b' '..=b'~' | b'\r' | b'\n') { byte } else { b'?' }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        wire.heard.turn();
        Pin::new(&mut wire.stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl<S> AsyncTokioStream for Wire<S>
where
    S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug,
{
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.server)
    }
}
