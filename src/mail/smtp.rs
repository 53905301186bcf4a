//! A mail server, spoken to command by command.
//!
//! The mail library's own transport hides the reply 354, and the promise that a message is
//! journalled between that reply and its body needs it.

use std::cell::Cell;
use std::io;
use std::mem;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Response, Severity};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::config::settings::{SmtpSettings, SmtpTls};
use crate::domain::message::Message;
use crate::domain::scope::EmailAddress;
use crate::mail::{PostError, Sending};

/// How long a relay may take to answer `QUIT`.
const GOODBYE: Duration = Duration::from_secs(5);

const PEM_HEAD: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// One mail server, for one posting run.
pub struct SmtpPost {
    settings: SmtpSettings,
    tls: Option<TlsParameters>,
    bounces: Address,
    line: Mutex<Line>,
}

enum Line {
    Closed,
    Open(Box<AsyncSmtpConnection>),
    /// It could not be opened, or the login was refused: not tried again in this run, because fifty
    /// wrong logins lock an account and fifty time limits last an hour.
    Barred(String),
}

/// How far a message got; decides what a failure means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening,
    Asking,
    Body,
    /// The dot may have left: only a reply tells now.
    Given,
}

impl std::fmt::Debug for SmtpPost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpPost({}:{})", self.settings.host, self.settings.port)
    }
}

impl SmtpPost {
    /// Reads the certificate authority; connects to nothing yet.
    ///
    /// # Errors
    /// When the certificates or the envelope's sender cannot be used.
    pub fn open(settings: &SmtpSettings, bounces: &EmailAddress) -> Result<Self, PostError> {
        let sender = || PostError::Sender { address: bounces.to_string() };
        let tls = match settings.tls {
            SmtpTls::Starttls | SmtpTls::Implicit => Some(tls_parameters(settings)?),
            SmtpTls::Loopback => None,
        };
        Ok(Self {
            settings: settings.clone(),
            tls,
            bounces: bounces.as_str().parse().map_err(|_| sender())?,
            line: Mutex::new(Line::Closed),
        })
    }

    /// Sends one message in a transaction of its own, over the connection of the run.
    pub async fn send(&self, message: &Message, at_body: &mut dyn FnMut() -> io::Result<()>) -> Sending {
        if let Err(reply) = fit_to_send(&message.bytes) {
            return Sending::Refused { reply };
        }
        let mut line = self.line.lock().await;
        let stage = Cell::new(Stage::Opening);
        let limit = Duration::from_secs(self.settings.timeout_seconds);
        let transaction = self.transact(&mut line, message, at_body, &stage);
        if let Ok(sending) = tokio::time::timeout(limit, transaction).await {
            return sending;
        }
        let reply = format!("no answer within {} seconds", self.settings.timeout_seconds);
        if stage.get() == Stage::Opening {
            *line = Line::Barred(reply.clone());
        }
        lost(stage.get(), reply)
    }

    /// Connects, makes the line safe and logs in as a run would, and says goodbye. Sends nothing.
    ///
    /// # Errors
    /// In words, without the secret.
    pub async fn try_out(self) -> Result<String, String> {
        let limit = Duration::from_secs(self.settings.timeout_seconds);
        let no_answer = |_| format!("no answer within {} seconds", self.settings.timeout_seconds);
        let mut connection = tokio::time::timeout(limit, self.connect()).await.map_err(no_answer)??;
        // The login is known by now: how the goodbye goes changes nothing.
        drop(tokio::time::timeout(GOODBYE, connection.quit()).await);
        let safe = match self.settings.tls {
            SmtpTls::Starttls | SmtpTls::Implicit => "over TLS",
            SmtpTls::Loopback => "without TLS, on this machine",
        };
        let login =
            if self.settings.login.is_some() { "the login was taken" } else { "no login is configured" };
        Ok(format!("`{}:{}` answers {safe}; {login}", self.settings.host, self.settings.port))
    }

    /// Whether the relay could not be reached or refused our login: that says nothing of any message.
    #[must_use]
    pub fn is_barred(&self) -> bool {
        self.line.try_lock().is_ok_and(|line| matches!(*line, Line::Barred(_)))
    }

    /// Says `QUIT`, if a connection is open.
    pub async fn close(self) {
        if let Line::Open(mut connection) = self.line.into_inner() {
            // Every message has its answer by now: how the goodbye goes changes nothing.
            drop(tokio::time::timeout(GOODBYE, connection.quit()).await);
        }
    }

    async fn transact(
        &self,
        line: &mut Line,
        message: &Message,
        at_body: &mut dyn FnMut() -> io::Result<()>,
        stage: &Cell<Stage>,
    ) -> Sending {
        let mut connection = match self.ready(line).await {
            Ok(connection) => connection,
            Err(reply) => return Sending::Later { reply },
        };
        stage.set(Stage::Asking);
        let sending = match self.ask(&mut connection, message).await {
            Ok(()) => match at_body() {
                Ok(()) => {
                    stage.set(Stage::Body);
                    give(&mut connection, &message.bytes, stage).await
                }
                // Dropped without a goodbye: here even QUIT would be taken for a line of the body.
                Err(error) => {
                    return Sending::Later { reply: format!("not journalled, so not sent: {error}") };
                }
            },
            Err(sending) => sending,
        };
        if !matches!(sending, Sending::Unknown { .. }) && !connection.has_broken() {
            *line = Line::Open(connection);
        }
        sending
    }

    /// The run's connection, clean for a new transaction.
    async fn ready(&self, line: &mut Line) -> Result<Box<AsyncSmtpConnection>, String> {
        match mem::replace(line, Line::Closed) {
            Line::Barred(reply) => {
                *line = Line::Barred(reply.clone());
                return Err(reply);
            }
            Line::Open(mut connection) => {
                if connection.command(Rset).await.is_ok() {
                    return Ok(connection);
                }
            }
            Line::Closed => {}
        }
        match self.connect().await {
            Ok(connection) => Ok(Box::new(connection)),
            Err(reply) => {
                *line = Line::Barred(reply.clone());
                Err(reply)
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, String> {
        let address = (self.settings.host.as_str(), self.settings.port);
        let hello = ClientId::default();
        let failed = |error: &dyn std::fmt::Display| {
            format!("cannot open `{}:{}`: {error}", self.settings.host, self.settings.port)
        };
        let mut connection = match (self.settings.tls, &self.tls) {
            (SmtpTls::Implicit, Some(tls)) => {
                AsyncSmtpConnection::connect_tokio1(address, None, &hello, Some(tls.clone()), None)
                    .await
                    .map_err(|error| failed(&error))?
            }
            (SmtpTls::Starttls, Some(tls)) => {
                let stream = TcpStream::connect(address).await.map_err(|error| failed(&error))?;
                let mut plain =
                    AsyncSmtpConnection::connect_with_transport(Box::new(ByteWise(stream)), &hello)
                        .await
                        .map_err(|error| failed(&error))?;
                plain.starttls(tls.clone(), &hello).await.map_err(|error| failed(&error))?;
                plain
            }
            (SmtpTls::Loopback, _) => {
                let stream = TcpStream::connect(address).await.map_err(|error| failed(&error))?;
                if !stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback()) {
                    return Err(failed(&"without TLS only a loopback address is spoken to"));
                }
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello)
                    .await
                    .map_err(|error| failed(&error))?
            }
            (_, None) => return Err(failed(&"TLS was not prepared")),
        };
        self.log_in(&mut connection).await?;
        Ok(connection)
    }

    async fn log_in(&self, connection: &mut AsyncSmtpConnection) -> Result<(), String> {
        let Some((user, password_file)) = &self.settings.login else { return Ok(()) };
        let password = password(password_file)?;
        let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
        let answer = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
        // Not the relay's words: some repeat what they were given.
        answer.map(drop).map_err(|error| match error.status() {
            Some(code) => format!("the login of `{user}` was refused with {code}; see the password file"),
            None => format!("the login of `{user}` failed; does the relay offer PLAIN or LOGIN?"),
        })
    }

    /// From MAIL to the reply 354.
    async fn ask(&self, connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), Sending> {
        let to: Address = message
            .to
            .as_str()
            .parse()
            .map_err(|error| Sending::Refused { reply: format!("`{}`: {error}", message.to) })?;
        let declined = |error| outcome(&error, Stage::Asking);
        connection.command(Mail::new(Some(self.bounces.clone()), vec![])).await.map_err(declined)?;
        connection.command(Rcpt::new(to, vec![])).await.map_err(declined)?;
        let reply = connection.command(Data).await.map_err(declined)?;
        if reply.has_code(354) {
            Ok(())
        } else {
            Err(Sending::Later { reply: format!("DATA was answered with {}", words(&reply)) })
        }
    }
}

/// Sends the body and the dot, and hears the answer.
async fn give(connection: &mut AsyncSmtpConnection, bytes: &[u8], stage: &Cell<Stage>) -> Sending {
    // The library ends the body with a line break of its own before the dot.
    let mut body = Some(bytes.strip_suffix(b"\r\n").unwrap_or(bytes));
    // The library asks for a next part only when the last one was written: till then no dot has left.
    let parts = std::iter::from_fn(|| {
        let part = body.take();
        if part.is_none() {
            stage.set(Stage::Given);
        }
        part
    });
    match connection.message_iter(parts).await {
        Ok(reply) if reply.code().severity == Severity::PositiveCompletion => {
            Sending::Accepted { reply: words(&reply) }
        }
        Ok(reply) => Sending::Unknown { reply: format!("the body was answered with {}", words(&reply)) },
        Err(error) => outcome(&error, stage.get()),
    }
}

fn outcome(error: &lettre::transport::smtp::Error, stage: Stage) -> Sending {
    let reply = error.to_string();
    if error.is_permanent() && stage != Stage::Opening {
        Sending::Refused { reply }
    } else if error.is_transient() {
        Sending::Later { reply }
    } else {
        lost(stage, reply)
    }
}

fn lost(stage: Stage, reply: String) -> Sending {
    match stage {
        Stage::Given => Sending::Unknown { reply },
        Stage::Opening | Stage::Asking | Stage::Body => Sending::Later { reply },
    }
}

fn words(reply: &Response) -> String {
    let lines: Vec<&str> = reply.message().collect();
    format!("{} {}", reply.code(), lines.join(" / "))
}

/// Only lines that end in CRLF: a lone line feed before a dot would end the body early on some relays.
fn fit_to_send(bytes: &[u8]) -> Result<(), String> {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let last = lines.next_back().unwrap_or_default();
    let whole = |line: &[u8]| line.strip_suffix(b"\r").is_some_and(|line| !line.contains(&b'\r'));
    let lone = last.contains(&b'\r') || !lines.all(whole);
    match (lone, bytes.is_ascii()) {
        (true, _) => Err("the message has a line that does not end in CRLF".to_owned()),
        (_, false) => Err("the message has a byte outside of ASCII".to_owned()),
        (false, true) => Ok(()),
    }
}

fn password(path: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read the password file `{}`: {error}", path.display()))?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, PostError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        let authority = |reason: String| PostError::Authority { path: path.clone(), reason };
        let pem = std::fs::read(path).map_err(|error| authority(error.to_string()))?;
        // The library takes a file without any certificate, and then trusts nobody.
        if !pem.windows(PEM_HEAD.len()).any(|window| window == PEM_HEAD) {
            return Err(authority("there is no PEM certificate in it".to_owned()));
        }
        let certificate = Certificate::from_pem(&pem).map_err(|error| authority(error.to_string()))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    builder.build().map_err(|error| PostError::Tls { host: settings.host.clone(), reason: error.to_string() })
}

/// Reads one byte at a time while the line is in clear.
///
/// The library's reader keeps what it has read ahead when the line becomes safe. Words that
/// somebody in the middle puts behind the answer to STARTTLS would be taken for the relay's.
#[derive(Debug)]
struct ByteWise(TcpStream);

impl AsyncRead for ByteWise {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut byte = [0_u8; 1];
        let mut one = ReadBuf::new(&mut byte);
        if into.remaining() > 0 {
            ready!(Pin::new(&mut self.get_mut().0).poll_read(context, &mut one))?;
            into.put_slice(one.filled());
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ByteWise {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(context)
    }
}

impl AsyncTokioStream for ByteWise {
    fn peer_addr(&self) -> io::Result<std::net::SocketAddr> {
        self.0.peer_addr()
    }
}
