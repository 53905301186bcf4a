//! Opening the line to a mail server: greeting, name, TLS, login.
//!
//! What goes wrong here says nothing of a message. The line is connected here and handed to the mail library,
//! which would not have small writes go out at once: then each body's dot waits for 40 ms.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::Starttls;
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::settings::{SmtpSettings, SmtpTls};
use crate::domain::host;
use crate::mail::smtp::reply::{self, Reply};
use crate::mail::smtp::wire::{Heard, Wire};

/// Exim delivers the first ten messages of a connection at once and leaves the others to its next queue run,
/// half an hour later (`smtp_accept_queue_per_connection`).
const BODIES_FOR_EXIM: usize = 10;
/// Others take 100 of a connection and no more, and some count connections.
const BODIES: usize = 100;

const LOGINS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// A line on which messages may be sent.
pub(super) struct Line {
    /// The library's end of it.
    pub(super) connection: AsyncSmtpConnection,
    /// Whether the server takes the size of a message with MAIL (RFC 1870).
    pub(super) takes_size: bool,
    /// The most that the server takes, when it says so.
    pub(super) bytes_max: Option<u64>,
    /// How many bodies it was given.
    pub(super) bodies: usize,
    /// How many it should be given.
    pub(super) bodies_max: usize,
}

/// Why there is no line.
#[derive(Debug)]
pub(super) struct Shut {
    /// In words, without a secret.
    pub(super) words: String,
    /// What to make of it.
    pub(super) means: Means,
}

/// What a line that cannot be had means for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// Nobody answers, or the line was lost: so it is with a server that is started again.
    OutOfReach,
    /// The server says: later.
    Later,
    /// The server says: never. Asked again at once, fifty wrong logins would lock an account.
    Never,
    /// It is our own doing: a file that is not there, a certificate that is not trusted.
    Ours,
}

/// How far the opening got; words for a silence.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    Connecting,
    Greeting,
    Talking,
}

/// Opens the line; `stage` says how far it got, also to whoever gives up waiting.
pub(super) async fn open(
    settings: &SmtpSettings,
    tls: Option<&TlsConnector>,
    stage: &Cell<Opening>,
) -> Result<Line, Shut> {
    let cannot = |shut: Shut| Shut {
        words: format!("cannot open `{}:{}`: {}", settings.host, settings.port, shut.words),
        means: shut.means,
    };
    let heard = Heard::default();
    let mut connection = greet(settings, tls, (stage, &heard)).await.map_err(cannot)?;
    let offers = heard.offers();
    log_in(settings, &mut connection, &offers).await?;
    let size = offers.iter().find_map(|offer| offer.strip_prefix("SIZE"));
    let bytes_max = size.and_then(|max| max.trim().parse().ok()).filter(|max| *max > 0);
    let bodies_max = if heard.is_greeted_by("Exim") { BODIES_FOR_EXIM } else { BODIES };
    Ok(Line { connection, takes_size: size.is_some(), bytes_max, bodies: 0, bodies_max })
}

async fn greet(
    settings: &SmtpSettings,
    tls: Option<&TlsConnector>,
    (stage, heard): (&Cell<Opening>, &Heard),
) -> Result<AsyncSmtpConnection, Shut> {
    let tcp = TcpStream::connect((settings.host.as_str(), settings.port)).await.map_err(lost)?;
    tcp.set_nodelay(true).map_err(lost)?;
    let (own, server) = (tcp.local_addr().map_err(lost)?, tcp.peer_addr().map_err(lost)?);
    let hello = match &settings.hello {
        Some(name) => ClientId::Domain(name.clone()),
        None => own_name(ClientId::default(), own.ip()),
    };
    let wire: Box<dyn AsyncTokioStream> = match (settings.tls, tls) {
        (SmtpTls::Loopback, _) if !server.ip().is_loopback() => {
            return Err(ours("without TLS only a loopback address is spoken to".to_owned()));
        }
        (SmtpTls::Loopback, _) => {
            greeted(&tcp, stage).await?;
            Box::new(Wire::over(tcp, server, heard))
        }
        (SmtpTls::Implicit, Some(tls)) => {
            Box::new(Wire::over(secured(settings, tcp, tls).await?, server, heard))
        }
        (SmtpTls::Starttls, Some(tls)) => {
            greeted(&tcp, stage).await?;
            let tcp = asked_for_tls(tcp, (server, heard), &hello).await?;
            Box::new(Wire::over(secured(settings, tcp, tls).await?, server, heard).greeted())
        }
        (_, None) => return Err(ours("TLS was not prepared".to_owned())),
    };
    stage.set(Opening::Talking);
    let opened = AsyncSmtpConnection::connect_with_transport(wire, &hello).await;
    opened.map_err(|error| unwilling(&error))
}

/// Waits for the first byte of the greeting, which stays to be read.
async fn greeted(tcp: &TcpStream, stage: &Cell<Opening>) -> Result<(), Shut> {
    stage.set(Opening::Greeting);
    tcp.peek(&mut [0]).await.map_err(lost)?;
    stage.set(Opening::Talking);
    Ok(())
}

/// Asks in clear for TLS, and for nothing else. What is said over TLS begins anew, with a connection of the
/// library that knows nothing of what was offered in clear.
async fn asked_for_tls(
    tcp: TcpStream,
    (server, heard): (SocketAddr, &Heard),
    hello: &ClientId,
) -> Result<TcpStream, Shut> {
    let tcp = tcp.into_std().map_err(lost)?;
    let kept = tcp.try_clone().map_err(lost)?;
    let tcp = TcpStream::from_std(tcp).map_err(lost)?;
    let wire = Box::new(Wire::over(tcp, server, heard).bytewise());
    let opened = AsyncSmtpConnection::connect_with_transport(wire, hello).await;
    let mut clear = opened.map_err(|error| unwilling(&error))?;
    if !clear.can_starttls() {
        return Err(ours("the server does not offer STARTTLS, and nothing is sent in clear".to_owned()));
    }
    clear.command(Starttls).await.map_err(|error| unwilling(&error))?;
    drop(clear);
    TcpStream::from_std(kept).map_err(lost)
}

async fn secured(
    settings: &SmtpSettings,
    tcp: TcpStream,
    tls: &TlsConnector,
) -> Result<TlsStream<TcpStream>, Shut> {
    let name = ServerName::try_from(settings.host.clone())
        .map_err(|_| ours(format!("`{}` is no name that a certificate can be for", settings.host)))?;
    tls.connect(name, tcp).await.map_err(|error| not_safe(settings.tls, &error))
}

/// A port that speaks the other way is said to; a line that was lost is no fault of its certificate.
fn not_safe(tls: SmtpTls, error: &io::Error) -> Shut {
    let of_tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (tls, of_tls) {
        (SmtpTls::Implicit, Some(rustls::Error::InvalidMessage(_))) => ours(
            "the port answers in clear, not with TLS from the first byte: write `tls = \"starttls\"`, \
             or the port for `implicit`, mostly 465"
                .to_owned(),
        ),
        (_, Some(_)) => ours(error.to_string()),
        (_, None) => lost(error),
    }
}

async fn log_in(
    settings: &SmtpSettings,
    connection: &mut AsyncSmtpConnection,
    offers: &[String],
) -> Result<(), Shut> {
    let Some((user, password_file)) = &settings.login else { return Ok(()) };
    let password = password(password_file).map_err(ours)?;
    if connection.server_info().get_auth_mechanism(&LOGINS).is_none() {
        let offered = offers.iter().find_map(|offer| offer.strip_prefix("AUTH ")).unwrap_or("none");
        let words = format!("the login of `{user}` failed: the server offers {offered}, not PLAIN or LOGIN");
        return Err(ours(words));
    }
    let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
    let Err(error) = connection.auth(&LOGINS, &credentials).await else { return Ok(()) };
    // Not the server's words: some repeat what they were given.
    Err(match Reply::refusal(&error) {
        Some(reply) => Shut {
            words: format!("the login of `{user}` was refused with {}; see the password file", reply.code()),
            means: means(&reply),
        },
        None => lost(format!("the login of `{user}` failed: {}", reply::words(&error))),
    })
}

fn password(path: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read the password file `{}`: {error}", path.display()))?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}

fn unwilling(error: &smtp::Error) -> Shut {
    match Reply::refusal(error) {
        Some(reply) => Shut { words: format!("it answers {}", reply.words()), means: means(&reply) },
        None => lost(reply::words(error)),
    }
}

fn means(reply: &Reply) -> Means {
    if reply.is_later() { Means::Later } else { Means::Never }
}

fn lost(error: impl std::fmt::Display) -> Shut {
    Shut { words: error.to_string(), means: Means::OutOfReach }
}

fn ours(words: String) -> Shut {
    Shut { words, means: Means::Ours }
}

/// How we name ourselves when nothing is configured: by the machine's name where it is a full one; else by
/// the address of our end of the line, as RFC 5321, 4.1.4 has it. Many servers refuse a name without a dot.
fn own_name(machine: ClientId, own: IpAddr) -> ClientId {
    match (machine, own.to_canonical()) {
        (ClientId::Domain(name), _) if host::is_full_name(&name) => ClientId::Domain(name),
        (_, IpAddr::V4(four)) => ClientId::Ipv4(four),
        (_, IpAddr::V6(six)) => ClientId::Ipv6(six),
    }
}

#[cfg(test)]
mod tests {
    use lettre::transport::smtp::extension::ClientId;

    use crate::mail::smtp::line::own_name;

    #[test]
    fn a_machine_without_a_full_name_is_named_by_its_address() {
        let name = |machine: &str, own: &str| {
            own_name(ClientId::Domain(machine.to_owned()), own.parse().unwrap()).to_string()
        };
        assert_eq!(name("watch.council.example", "192.0.2.7"), "watch.council.example");
        for machine in ["vm", "ls_data_01", "ls_data_01.council.example", ""] {
            assert_eq!(name(machine, "192.0.2.7"), "[192.0.2.7]", "{machine}");
        }
        assert_eq!(name("vm", "2001:db8::7"), "[IPv6:2001:db8::7]");
        assert_eq!(name("vm", "::ffff:127.0.0.1"), "[127.0.0.1]");
    }
}
