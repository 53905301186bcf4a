//! A mail server on loopback that does as it is told, also wrongly.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// How the line begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Plain,
    Starttls,
    Implicit,
}

/// Where in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Greeting,
    Ehlo,
    Starttls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Dot,
    Rset,
}

impl Step {
    pub(crate) const ALL: [Self; 9] = [
        Self::Greeting,
        Self::Ehlo,
        Self::Starttls,
        Self::Auth,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::Dot,
        Self::Rset,
    ];

    fn of(verb: &str) -> Option<Self> {
        Some(match verb {
            "EHLO" => Self::Ehlo,
            "STARTTLS" => Self::Starttls,
            "AUTH" => Self::Auth,
            "MAIL" => Self::Mail,
            "RCPT" => Self::Rcpt,
            "DATA" => Self::Data,
            "RSET" => Self::Rset,
            _ => return None,
        })
    }
}

/// What it does there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Says(&'static str),
    Closes,
    Silent,
    /// A reply without an end.
    Endless,
}

const GREETING: &str = "220 relay ESMTP Exim 4.98";
const TOO_MUCH: &str = "450 4.7.1 too much mail";

/// What it does wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Good,
    /// Does this whenever it comes to this step.
    At(Step, Answer),
    /// The same, on its first connections only.
    First(usize, Step, Answer),
    /// Takes so many messages of a connection, and answers MAIL like this from then on.
    Takes(usize, &'static str),
    /// Takes no message of more than so many bytes, and says so.
    TakesBytes(usize),
    /// Is good for one message, then gone for two connections, then back.
    Restarts,
    /// Finds that connections come too often: the second one is put off.
    Counts,
    /// Takes three messages a minute, whatever the connections: the two after that come too early.
    Rations,
    /// Takes the connection and says nothing.
    Silent,
    /// Does not offer STARTTLS.
    HidesStarttls,
    /// Puts words of its own behind the answer to STARTTLS.
    Whispers,
    /// Answers the command that starts with these letters like this.
    Answers(&'static str, &'static str),
    /// Answers the body like this.
    AnswersBody(&'static str),
    /// Takes the body and closes without a word.
    ClosesAfterDot,
    /// Takes the body and says nothing more.
    SilentAfterDot,
    /// Says 354 and closes.
    ClosesAfterData,
    /// Says 421 to the second message of a connection.
    OneEach,
    /// Shows a certificate whose time is over.
    Expired,
}

impl Manner {
    fn of_connection(self, before: usize) -> Self {
        match (self, before) {
            (Self::First(count, step, answer), _) if before < count => Self::At(step, answer),
            (Self::Restarts, 0) => Self::At(Step::Rset, Answer::Closes),
            (Self::Restarts, 1 | 2) => Self::At(Step::Greeting, Answer::Closes),
            (Self::Rations, 0) => Self::Takes(3, TOO_MUCH),
            (Self::Rations, 1 | 2) => Self::At(Step::Mail, Answer::Says(TOO_MUCH)),
            (Self::Counts, 1) => Self::At(Step::Greeting, Answer::Says("421 4.7.0 too many connections")),
            (Self::First(..) | Self::Restarts | Self::Counts | Self::Rations, _) => Self::Good,
            _ => self,
        }
    }

    fn at(self, step: Option<Step>) -> Option<Answer> {
        match self {
            Self::At(here, answer) if step == Some(here) => Some(answer),
            _ => None,
        }
    }
}

/// Does what it does; false when the connection is over.
async fn does<S>(line: &mut S, answer: Answer) -> io::Result<bool>
where
    S: AsyncWrite + Unpin,
{
    match answer {
        Answer::Says(words) => line.write_all(format!("{words}\r\n").as_bytes()).await?,
        Answer::Closes => return Ok(false),
        Answer::Silent => std::future::pending().await,
        Answer::Endless => loop {
            line.write_all("250-and more\r\n".repeat(100).as_bytes()).await?;
        },
    }
    line.flush().await?;
    Ok(true)
}

/// What was heard, in order: `C` is a command, `B` a body, `J` our own journal.
pub(crate) type Heard = Arc<Mutex<Vec<String>>>;

pub(crate) struct Relay {
    pub(crate) port: u16,
    pub(crate) heard: Heard,
    came: Arc<AtomicUsize>,
    pub(crate) ca_file: PathBuf,
    pub(crate) password_file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Relay {
    pub(crate) async fn start(door: Door, manner: Manner) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        let password_file = folder.path().join("password");
        std::fs::write(&password_file, "correct horse\n").unwrap();
        let (acceptor, pem) = certificate(manner);
        std::fs::write(&ca_file, pem).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Heard::default();
        let ear = Arc::clone(&heard);
        let came = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&came);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let manner = manner.of_connection(counted.fetch_add(1, Ordering::SeqCst));
                let (acceptor, ear) = (acceptor.clone(), Arc::clone(&ear));
                tokio::spawn(async move {
                    let end = answer(stream, door, manner, acceptor, &ear).await;
                    drop(end);
                });
            }
        });
        Self { port, heard, came, ca_file, password_file, _folder: folder }
    }

    /// How many connections were opened.
    pub(crate) fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// A certificate authority of one's own, and a server's certificate that it signed.
fn certificate(manner: Manner) -> (TlsAcceptor, String) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(vec![]).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let mut server = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    if manner == Manner::Expired {
        server.not_after = rcgen::date_time_ymd(2017, 11, 16);
    }
    let server = server.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), ca_certificate.pem())
}

async fn answer(
    mut stream: TcpStream,
    door: Door,
    manner: Manner,
    acceptor: TlsAcceptor,
    ear: &Heard,
) -> io::Result<()> {
    if manner == Manner::Silent {
        return std::future::pending().await;
    }
    match door {
        Door::Plain => talk(&mut BufReader::new(stream), manner, ear, Greeting::Said).await,
        Door::Implicit => {
            let safe = acceptor.accept(stream).await?;
            talk(&mut BufReader::new(safe), manner, ear, Greeting::Said).await
        }
        Door::Starttls => {
            if !in_clear(&mut stream, manner, ear).await? {
                return Ok(());
            }
            let safe = acceptor.accept(stream).await?;
            ear.lock().unwrap().push("C (safe)".to_owned());
            talk(&mut BufReader::new(safe), manner, ear, Greeting::NotAgain).await
        }
    }
}

/// Up to STARTTLS; false when the client went away.
async fn in_clear(stream: &mut TcpStream, manner: Manner, ear: &Heard) -> io::Result<bool> {
    let mut line = BufReader::new(stream);
    if !does(&mut line, manner.at(Some(Step::Greeting)).unwrap_or(Answer::Says(GREETING))).await? {
        return Ok(false);
    }
    loop {
        let mut said = String::new();
        if line.read_line(&mut said).await? == 0 {
            return Ok(false);
        }
        ear.lock().unwrap().push(format!("C {}", said.trim_end()));
        let verb = said.trim_end().split(' ').next().unwrap_or_default();
        if let Some(answer) = manner.at(Step::of(verb)) {
            if does(&mut line, answer).await? {
                continue;
            }
            return Ok(false);
        }
        let reply: &[u8] = match (said.trim_end(), manner) {
            ("STARTTLS", Manner::Whispers) => b"220 go\r\n250-relay\r\n250 AUTH PLAIN\r\n",
            ("STARTTLS", _) => b"220 go\r\n",
            ("QUIT", _) => b"221 bye\r\n",
            (_, Manner::HidesStarttls) => b"250-relay\r\n250 AUTH PLAIN LOGIN\r\n",
            _ => b"250-relay\r\n250 STARTTLS\r\n",
        };
        line.write_all(reply).await?;
        if said.trim_end() == "STARTTLS" {
            return Ok(true);
        }
    }
}

#[derive(PartialEq, Eq)]
enum Greeting {
    Said,
    NotAgain,
}

async fn talk<S>(line: &mut BufReader<S>, manner: Manner, ear: &Heard, greeting: Greeting) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if greeting == Greeting::Said
        && !does(line, manner.at(Some(Step::Greeting)).unwrap_or(Answer::Says(GREETING))).await?
    {
        return Ok(());
    }
    let mut messages = 0;
    loop {
        let mut said = String::new();
        if line.read_line(&mut said).await? == 0 {
            return Ok(());
        }
        let said = said.trim_end().to_owned();
        ear.lock().unwrap().push(format!("C {said}"));
        let verb = said.split([' ', ':']).next().unwrap_or_default().to_owned();
        if let Some(answer) = manner.at(Step::of(&verb)) {
            if does(line, answer).await? {
                continue;
            }
            return Ok(());
        }
        let reply = match (verb.as_str(), manner) {
            ("MAIL", Manner::Takes(count, words)) if messages >= count => words.to_owned(),
            ("EHLO", Manner::TakesBytes(max)) => {
                format!("250-relay\r\n250-SIZE {max}\r\n250 AUTH PLAIN LOGIN")
            }
            (_, Manner::Answers(start, reply)) if said.starts_with(start) => reply.to_owned(),
            ("MAIL", Manner::OneEach) if messages > 0 => {
                line.write_all(b"421 one each\r\n").await?;
                return Ok(());
            }
            ("EHLO", _) => "250-relay\r\n250-SIZE 9000000\r\n250 AUTH PLAIN LOGIN".to_owned(),
            ("AUTH", _) if said.ends_with("AHdhdGNoAGNvcnJlY3QgaG9yc2U=") => "235 welcome".to_owned(),
            ("AUTH", _) => "535 no".to_owned(),
            ("DATA", _) => "354 go on".to_owned(),
            ("QUIT", _) => "221 bye".to_owned(),
            _ => "250 fine".to_owned(),
        };
        line.write_all(format!("{reply}\r\n").as_bytes()).await?;
        line.flush().await?;
        if verb == "QUIT" {
            return Ok(());
        }
        if reply.starts_with("354") {
            if manner == Manner::ClosesAfterData {
                return Ok(());
            }
            let body = body(line).await?;
            ear.lock().unwrap().push(format!("B {body}"));
            messages += 1;
            if let Some(answer) = manner.at(Some(Step::Dot)) {
                if does(line, answer).await? {
                    continue;
                }
                return Ok(());
            }
            let reply = match manner {
                Manner::ClosesAfterDot => return Ok(()),
                Manner::SilentAfterDot => return std::future::pending().await,
                Manner::AnswersBody(reply) => reply,
                _ => "250 queued as 1",
            };
            line.write_all(format!("{reply}\r\n").as_bytes()).await?;
            line.flush().await?;
        }
    }
}

/// The body without its stuffed dots and without the line of the dot.
async fn body<S: AsyncRead + Unpin>(line: &mut BufReader<S>) -> io::Result<String> {
    let mut body = String::new();
    loop {
        let mut next = String::new();
        if line.read_line(&mut next).await? == 0 {
            return Err(io::Error::other("cut off"));
        }
        if next == ".\r\n" {
            return Ok(body);
        }
        body.push_str(next.strip_prefix('.').unwrap_or(&next));
    }
}
