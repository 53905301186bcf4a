//! A mail server, spoken to command by command.
//!
//! The promise that a message is journalled between the reply 354 and its body needs that, and so do the
//! rules of what a failure is about. What comes before a recipient is named is about the line or about us,
//! never about a message: then nothing is refused for good, and no message loses a try.

mod line;
mod reply;
mod tls;
mod verdict;
mod wire;

use std::cell::Cell;
use std::io;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::config::settings::{SmtpSettings, SmtpTls};
use crate::domain::message::Message;
use crate::domain::scope::EmailAddress;
use crate::mail::smtp::line::{Line, Means, Opening, Shut};
use crate::mail::smtp::reply::Reply;
use crate::mail::smtp::verdict::{Declined, Given, Named, Run, Size, to_data, to_mail, to_rcpt};
use crate::mail::{Bar, Hurry, PostError, Sending};

/// How long a relay may take to answer `QUIT`.
const GOODBYE: Duration = Duration::from_secs(5);

/// Exim delivers the first ten messages of a connection at once and leaves the others to its next queue run,
/// half an hour later (`smtp_accept_queue_per_connection`); others take 100 of a connection and no more.
const BODIES_PER_LINE: usize = 10;

/// How long a relay is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For its answer to a body: it may be looking for viruses meanwhile, and throws the message away when we
    /// leave before the answer. RFC 5321, 4.5.3.2.6 asks for ten minutes.
    pub answer: Duration,
    /// Before each try to open a line again that had worked in this run: the server may be started again.
    pub pauses: &'static [Duration],
}

impl Patience {
    /// As a run has it: a minute in all for a server that is started again.
    pub const OF_A_RUN: Self = Self {
        answer: Duration::from_mins(10),
        pauses: &[
            Duration::from_secs(1),
            Duration::from_secs(4),
            Duration::from_secs(15),
            Duration::from_secs(40),
        ],
    };
}

/// One mail server, for one posting run.
pub struct SmtpPost {
    settings: SmtpSettings,
    tls: Option<TlsConnector>,
    bounces: EmailAddress,
    patience: Patience,
    run: Mutex<Run>,
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
    /// When the certificates cannot be used.
    pub fn open(
        settings: &SmtpSettings,
        bounces: &EmailAddress,
        patience: Patience,
    ) -> Result<Self, PostError> {
        let tls = match settings.tls {
            SmtpTls::Starttls | SmtpTls::Implicit => Some(tls::connector(settings)?),
            SmtpTls::Loopback => None,
        };
        let (settings, bounces, run) = (settings.clone(), bounces.clone(), Mutex::default());
        Ok(Self { settings, tls, bounces, patience, run })
    }

    /// Sends one message in a transaction of its own, over the connection of the run.
    pub async fn send(
        &self,
        message: &Message,
        at_body: &mut dyn FnMut() -> io::Result<()>,
        hurry: Hurry<'_>,
    ) -> Sending {
        if let Err(reply) = fit_to_send(&message.bytes) {
            return Sending::Refused { reply };
        }
        let mut run = self.run.lock().await;
        let mut size = Size::Said;
        // Asked for twice at the most, the second time on a fresh line and without a size.
        let mut line = loop {
            let mut line = match self.ready(&mut run, hurry).await {
                Ok(line) => line,
                Err((reply, bar)) => return Sending::Barred { reply, bar },
            };
            match self.ask(&mut line, message, size).await {
                Ok(()) => break line,
                // Once more on a fresh line: many servers end a line for reasons of their own.
                Err(Declined::Line(..)) if size == Size::Said => {
                    self.goodbye(line).await;
                    size = Size::Unsaid;
                }
                Err(declined) => return run.decline(line, &message.key, declined),
            }
        };
        if let Err(error) = at_body() {
            // Dropped without a goodbye: here even QUIT would be taken for a line of the body.
            return Sending::Later { reply: format!("not journalled, so not sent: {error}") };
        }
        let given = self.give(&mut line, &message.bytes, hurry).await;
        run.judge(line, &message.key, given)
    }

    /// Connects, makes the line safe, logs in and asks for a message to be taken, as a run would; then takes
    /// it back and says goodbye. Sends nothing.
    ///
    /// # Errors
    /// In words, without the secret.
    pub async fn try_out(self) -> Result<String, String> {
        let mut line = self.connect().await.map_err(|shut| shut.words)?;
        let asked = self.answer(&mut line, &self.mail(Size::Unsaid, 0)).await;
        if asked.as_ref().is_ok_and(Reply::is_yes) {
            // What it said to MAIL is what counts.
            drop(self.answer(&mut line, "RSET").await);
        }
        self.goodbye(line).await;
        let safe = match self.settings.tls {
            SmtpTls::Starttls | SmtpTls::Implicit => "over TLS",
            SmtpTls::Loopback => "without TLS, on this machine",
        };
        let login =
            if self.settings.login.is_some() { "the login was taken" } else { "no login is configured" };
        let there = format!("`{}:{}` answers {safe}; {login}", self.settings.host, self.settings.port);
        match asked {
            Ok(reply) if reply.is_yes() => Ok(format!("{there}; mail from us is taken")),
            Ok(reply) => Err(format!("{there}; but mail from us was answered with {}", reply.words())),
            Err(words) => Err(format!("{there}; but {words}")),
        }
    }

    /// Whether nothing more can be sent in this run, which says nothing of any message.
    #[must_use]
    pub fn is_barred(&self) -> bool {
        self.run.try_lock().is_ok_and(|run| run.bar.is_some())
    }

    /// Says `QUIT`, if a connection is open.
    pub async fn close(self) {
        if let Some(line) = self.run.lock().await.line.take() {
            self.goodbye(line).await;
        }
    }

    /// Every message of the line has its answer by now: how the goodbye goes changes nothing.
    async fn goodbye(&self, mut line: Line) {
        drop(timeout(GOODBYE.min(self.limit()), line.wire.ask("QUIT")).await);
    }

    /// The run's line, clean for a new transaction; a fresh one after some messages.
    async fn ready(&self, run: &mut Run, hurry: Hurry<'_>) -> Result<Line, (String, Bar)> {
        if let Some(bar) = &run.bar {
            return Err(bar.clone());
        }
        if let Some(mut line) = run.line.take() {
            let is_good = line.bodies < BODIES_PER_LINE
                && self.answer(&mut line, "RSET").await.is_ok_and(|reply| reply.is_yes());
            if is_good {
                return Ok(line);
            }
            self.goodbye(line).await;
        }
        let mut shut = match self.connect().await {
            Ok(line) => return Ok(line),
            Err(shut) => shut,
        };
        for pause in self.pauses(run, &shut) {
            if !matches!(shut.means, Means::OutOfReach | Means::Later) || slept(*pause, hurry).await.is_err()
            {
                break;
            }
            match self.connect().await {
                Ok(line) => return Ok(line),
                Err(again) => shut = again,
            }
        }
        let bar = match shut.means {
            Means::OutOfReach | Means::Ours => Bar::OutOfReach,
            Means::Later => Bar::PutOff,
            Means::Never => Bar::Refused,
        };
        run.bar = Some((shut.words.clone(), bar));
        Err((shut.words, bar))
    }

    /// Fifty time limits last an hour: a server that never answered in this run is asked once, and once more
    /// when it said itself that it will answer later.
    fn pauses(&self, run: &Run, shut: &Shut) -> &'static [Duration] {
        match (run.accepted > 0, shut.means) {
            (true, _) => self.patience.pauses,
            (false, Means::Later) => &[Duration::ZERO],
            (false, _) => &[],
        }
    }

    async fn connect(&self) -> Result<Line, Shut> {
        let stage = Cell::new(Opening::Connecting);
        let opened = line::open(&self.settings, self.tls.as_ref(), &stage);
        timeout(self.limit(), opened).await.unwrap_or_else(|_| {
            let hint = match (stage.get(), self.settings.tls) {
                (Opening::Greeting, SmtpTls::Starttls | SmtpTls::Loopback) => {
                    "; a port for TLS from the first byte is as silent: is it `tls = \"implicit\"`?"
                }
                _ => "",
            };
            let (host, port) = (&self.settings.host, self.settings.port);
            let seconds = self.settings.timeout_seconds;
            let words = format!("cannot open `{host}:{port}`: no answer within {seconds} seconds{hint}");
            Err(Shut { words, means: Means::OutOfReach })
        })
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(self.settings.timeout_seconds)
    }

    fn silence(&self, asked: &str) -> String {
        format!("no answer to {asked} within {} seconds", self.settings.timeout_seconds)
    }

    /// The answer to one line, or in words why there is none.
    async fn answer(&self, line: &mut Line, command: &str) -> Result<Reply, String> {
        let asked = command.split([' ', ':']).next().unwrap_or_default();
        match timeout(self.limit(), line.wire.ask(command)).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(format!("{asked}: {error}")),
            Err(_) => Err(self.silence(asked)),
        }
    }

    fn mail(&self, size: Size, bytes: usize) -> String {
        let from = &self.bounces;
        match size {
            Size::Said => format!("MAIL FROM:<{from}> SIZE={bytes}"),
            Size::Unsaid => format!("MAIL FROM:<{from}>"),
        }
    }

    /// From MAIL to the reply 354.
    async fn ask(&self, line: &mut Line, message: &Message, size: Size) -> Result<(), Declined> {
        let bytes = message.bytes.len();
        if let Some(max) = line.bytes_max.filter(|max| bytes as u64 > *max) {
            let reply = format!("the message has {bytes} bytes, and the mail server takes {max} at the most");
            return Err(Declined::Message(Sending::Refused { reply }));
        }
        let lost = |named| move |words| Declined::Line(words, named);
        let size = if line.takes_size { size } else { Size::Unsaid };
        let answer = self.answer(line, &self.mail(size, bytes)).await.map_err(lost(Named::NotYet))?;
        to_mail(&answer, size)?;
        let rcpt = format!("RCPT TO:<{}>", message.to);
        let answer = self.answer(line, &rcpt).await.map_err(lost(Named::Already))?;
        to_rcpt(&answer)?;
        let answer = self.answer(line, "DATA").await.map_err(lost(Named::Already))?;
        to_data(&answer)
    }

    /// The body and its dot, and what is heard of it.
    async fn give(&self, line: &mut Line, bytes: &[u8], hurry: Hurry<'_>) -> Given {
        let is_given = Cell::new(false);
        let written = timeout(self.limit(), line.wire.give(bytes, &is_given)).await;
        let cut = match written {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => {
                Some(format!("the body was not taken within {} seconds", self.settings.timeout_seconds))
            }
        };
        line.bodies += 1;
        match (cut, is_given.get()) {
            (Some(words), false) => return Given::Cut(words),
            (Some(words), true) => return Given::Lost(words),
            (None, _) => {}
        }
        let hurried = async {
            hurry.told().await;
            // A run that is told to stop has a minute for what it has in hand.
            tokio::time::sleep(self.limit().min(Duration::from_secs(45))).await;
        };
        tokio::select! {
            answer = timeout(self.patience.answer, line.wire.hear()) => match answer {
                Ok(Ok(reply)) => Given::Answered(reply),
                Ok(Err(error)) => Given::Lost(format!("after the body: {error}")),
                Err(_) => {
                    let seconds = self.patience.answer.as_secs();
                    Given::Silent(format!("no answer to the body within {seconds} seconds"))
                }
            },
            () = hurried => Given::Silent("no answer to the body before the end of the run".to_owned()),
        }
    }
}

/// Waits, unless the run is told to stop.
async fn slept(pause: Duration, hurry: Hurry<'_>) -> Result<(), ()> {
    tokio::select! {
        () = tokio::time::sleep(pause) => Ok(()),
        () = hurry.told() => Err(()),
    }
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
