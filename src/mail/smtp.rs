//! A mail server, spoken to command by command.
//!
//! The mail library's own transport hides the reply 354. The promise that a message is journalled between
//! that reply and its body needs it, and so do the rules of what a failure is about. What comes before a
//! recipient is named is about the line or about us, never about a message: then nothing is refused for good,
//! and no message loses a try.

mod line;
mod reply;
mod tls;
mod verdict;
mod wire;

use std::cell::Cell;
use std::fmt::Display;
use std::io;
use std::iter;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::MailParameter;
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use crate::config::settings::{SmtpSettings, SmtpTls};
use crate::domain::message::Message;
use crate::domain::scope::EmailAddress;
use crate::mail::smtp::line::{Line, Means, Opening, Shut};
use crate::mail::smtp::reply::Reply;
use crate::mail::smtp::verdict::{Declined, Given, Named, Run, Size, to_body, to_mail, to_rcpt};
use crate::mail::{Bar, Hurry, PostError, Sending};

/// How long a relay may take to answer `QUIT`.
const GOODBYE: Duration = Duration::from_secs(5);

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
    bounces: Address,
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
    /// When the certificates or the envelope's sender cannot be used.
    pub fn open(
        settings: &SmtpSettings,
        bounces: &EmailAddress,
        patience: Patience,
    ) -> Result<Self, PostError> {
        let tls = match settings.tls {
            SmtpTls::Starttls | SmtpTls::Implicit => Some(tls::connector(settings)?),
            SmtpTls::Loopback => None,
        };
        let bounces =
            address(bounces).map_err(|reason| PostError::Sender { address: bounces.to_string(), reason })?;
        Ok(Self { settings: settings.clone(), tls, bounces, patience, run: Mutex::default() })
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
        // A limit on messages a minute passes; who took nothing yet in this run is not waited for.
        let mut pauses = if run.accepted > 0 { self.patience.pauses } else { &[] }.iter();
        // The second time is on a fresh line and without a size.
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
                Err(Declined::Line(words, Named::NotYet)) => match pauses.next() {
                    Some(pause) if slept(*pause, hurry).await.is_ok() => self.goodbye(line).await,
                    _ => return run.decline(line, &message.key, Declined::Line(words, Named::NotYet)),
                },
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
        let asked = self.answer(&mut line, "MAIL", self.mail(Size::Unsaid, 0)).await;
        if asked.as_ref().is_ok_and(Reply::is_yes) {
            // What it said to MAIL is what counts.
            drop(self.answer(&mut line, "RSET", Rset).await);
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
        drop(timeout(GOODBYE.min(self.limit()), line.connection.quit()).await);
    }

    /// The run's line, clean for a new transaction; a fresh one after some messages.
    async fn ready(&self, run: &mut Run, hurry: Hurry<'_>) -> Result<Line, (String, Bar)> {
        if let Some(bar) = &run.bar {
            return Err(bar.clone());
        }
        if let Some(mut line) = run.line.take() {
            let is_good = !run.has_had_enough(&line)
                && self.answer(&mut line, "RSET", Rset).await.is_ok_and(|reply| reply.is_yes());
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
                Ok(line) if shut.means == Means::Later => {
                    run.opens_too_often();
                    return Ok(line);
                }
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

    /// The answer to one command, or in words why there is none.
    async fn answer(&self, line: &mut Line, asked: &str, command: impl Display) -> Result<Reply, String> {
        match timeout(self.limit(), line.connection.command(command)).await {
            Ok(answer) => Reply::heard(answer).map_err(|words| format!("{asked}: {words}")),
            Err(_) => Err(self.silence(asked)),
        }
    }

    fn mail(&self, size: Size, bytes: usize) -> Mail {
        let size = match size {
            Size::Said => vec![MailParameter::Size(bytes)],
            Size::Unsaid => vec![],
        };
        Mail::new(Some(self.bounces.clone()), size)
    }

    /// From MAIL to the reply 354.
    async fn ask(&self, line: &mut Line, message: &Message, size: Size) -> Result<(), Declined> {
        let refused = |reply| Declined::Message(Sending::Refused { reply });
        let bytes = message.bytes.len();
        if let Some(max) = line.bytes_max.filter(|max| bytes as u64 > *max) {
            let most = format!("the message has {bytes} bytes, and the mail server takes {max} at the most");
            return Err(refused(most));
        }
        let to = address(&message.to).map_err(refused)?;
        let lost = |named| move |words| Declined::Line(words, named);
        let size = if line.takes_size { size } else { Size::Unsaid };
        let answer = self.answer(line, "MAIL", self.mail(size, bytes)).await.map_err(lost(Named::NotYet))?;
        to_mail(&answer, size)?;
        let answer = self.answer(line, "RCPT", Rcpt::new(to, vec![])).await.map_err(lost(Named::Already))?;
        to_rcpt(&answer)?;
        let answer = self.answer(line, "DATA", Data).await.map_err(lost(Named::Already))?;
        to_body(&answer)
    }

    /// The body and its dot, and what is heard of it.
    async fn give(&self, line: &mut Line, bytes: &[u8], hurry: Hurry<'_>) -> Given {
        let is_given = Cell::new(false);
        // The library ends the body with a line break of its own before the dot.
        let mut body = Some(bytes.strip_suffix(b"\r\n").unwrap_or(bytes));
        // The library asks for a next part only when the last one was written: till then no dot has left.
        let parts = iter::from_fn(|| {
            let part = body.take();
            is_given.set(part.is_none());
            part
        });
        line.bodies += 1;
        let answer = tokio::select! {
            answer = line.connection.message_iter(parts) => Ok(answer),
            words = self.enough(&is_given, hurry) => Err(words),
        };
        match (answer.map(Reply::heard), is_given.get()) {
            (Ok(Ok(reply)), _) => Given::Answered(reply),
            (Ok(Err(words)), true) => Given::Lost(format!("after the body: {words}")),
            (Err(words), true) => Given::Silent(format!("no answer to the body {words}")),
            (Ok(Err(words)), false) => Given::Cut(words),
            (Err(words), false) => Given::Cut(format!("the body was not taken {words}")),
        }
    }

    /// Comes to an end, in words, when a body or its answer is waited for no longer.
    async fn enough(&self, is_given: &Cell<bool>, hurry: Hurry<'_>) -> String {
        let within = |limit: Duration| format!("within {} seconds", limit.as_secs());
        let late = async {
            sleep(self.limit()).await;
            if !is_given.get() {
                return within(self.limit());
            }
            sleep(self.patience.answer).await;
            within(self.patience.answer)
        };
        let hurried = async {
            hurry.told().await;
            // A run that is told to stop has a minute for what it has in hand.
            sleep(self.limit().min(Duration::from_secs(45))).await;
            "before the end of the run".to_owned()
        };
        tokio::select! {
            words = late => words,
            words = hurried => words,
        }
    }
}

/// As the mail library has it; nothing is an address to us that is none to it.
fn address(of: &EmailAddress) -> Result<Address, String> {
    of.as_str().parse().map_err(|error| format!("the address is not taken: {error}"))
}

/// Waits, unless the run is told to stop.
async fn slept(pause: Duration, hurry: Hurry<'_>) -> Result<(), ()> {
    tokio::select! {
        () = sleep(pause) => Ok(()),
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
