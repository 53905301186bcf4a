//! Opening the line to a mail server: greeting, name, TLS, login.
//!
//! What goes wrong here says nothing of a message.

use std::cell::Cell;
use std::io;
use std::net::IpAddr;
use std::path::Path;

use rustls::pki_types::ServerName;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_rustls::TlsConnector;

use crate::config::settings::{SmtpSettings, SmtpTls};
use crate::domain::host;
use crate::mail::render::base64;
use crate::mail::smtp::reply::Reply;
use crate::mail::smtp::wire::Wire;

/// A line on which messages may be sent.
pub(super) struct Line {
    /// The wire.
    pub(super) wire: Wire,
    /// Whether the server takes the size of a message with MAIL (RFC 1870).
    pub(super) takes_size: bool,
    /// The most that the server takes, when it says so.
    pub(super) bytes_max: Option<u64>,
    /// How many bodies it was given.
    pub(super) bodies: usize,
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
    let mut greeted = greet(settings, tls, stage).await.map_err(cannot)?;
    log_in(settings, &mut greeted).await?;
    Ok(greeted.line)
}

/// A line, and the logins that its server offers.
struct Greeted {
    line: Line,
    logins: Vec<String>,
}

async fn greet(
    settings: &SmtpSettings,
    tls: Option<&TlsConnector>,
    stage: &Cell<Opening>,
) -> Result<Greeted, Shut> {
    let mut wire = Wire::connect(&settings.host, settings.port).await.map_err(lost)?;
    let own = wire.own_address().map_err(lost)?;
    let hello = format!("EHLO {}", settings.hello.clone().unwrap_or_else(|| own_name(&machine(), own)));
    match (settings.tls, tls) {
        (SmtpTls::Loopback, _) => {
            if !wire.server_address().is_ok_and(|address| address.is_loopback()) {
                return Err(ours("without TLS only a loopback address is spoken to".to_owned()));
            }
        }
        (SmtpTls::Implicit, Some(tls)) => wire = secured(settings, wire, tls).await?,
        (SmtpTls::Starttls, Some(tls)) => {
            stage.set(Opening::Greeting);
            greeted(&mut wire).await?;
            stage.set(Opening::Talking);
            let offers = yes("EHLO", wire.ask(&hello).await)?;
            if !offers.offers().iter().any(|offer| offer.eq_ignore_ascii_case("STARTTLS")) {
                return Err(ours(
                    "the server does not offer STARTTLS, and nothing is sent in clear".to_owned(),
                ));
            }
            yes("STARTTLS", wire.ask("STARTTLS").await)?;
            wire = secured(settings, wire, tls).await?;
        }
        (_, None) => return Err(ours("TLS was not prepared".to_owned())),
    }
    if settings.tls != SmtpTls::Starttls {
        stage.set(Opening::Greeting);
        greeted(&mut wire).await?;
        stage.set(Opening::Talking);
    }
    let offers = yes("EHLO", wire.ask(&hello).await)?;
    Ok(with_offers(wire, offers.offers()))
}

fn with_offers(wire: Wire, offers: &[String]) -> Greeted {
    let mut line = Line { wire, takes_size: false, bytes_max: None, bodies: 0 };
    let mut logins = Vec::new();
    for offer in offers {
        let upper = offer.to_ascii_uppercase();
        // Some old servers write `AUTH=LOGIN`.
        let mut words = upper.split([' ', '=']);
        match words.next() {
            Some("SIZE") => {
                line.takes_size = true;
                line.bytes_max = words.next().and_then(|max| max.parse().ok()).filter(|max| *max > 0);
            }
            Some("AUTH") => logins.extend(words.map(str::to_owned)),
            _ => {}
        }
    }
    Greeted { line, logins }
}

async fn greeted(wire: &mut Wire) -> Result<(), Shut> {
    yes("the connection", wire.hear().await).map(drop)
}

async fn secured(settings: &SmtpSettings, wire: Wire, tls: &TlsConnector) -> Result<Wire, Shut> {
    let name = ServerName::try_from(settings.host.clone())
        .map_err(|_| ours(format!("`{}` is no name that a certificate can be for", settings.host)))?;
    wire.secured(tls, name).await.map_err(|error| not_safe(settings.tls, &error))
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

async fn log_in(settings: &SmtpSettings, greeted: &mut Greeted) -> Result<(), Shut> {
    let Some((user, password_file)) = &settings.login else { return Ok(()) };
    let password = password(password_file).map_err(ours)?;
    let Greeted { line: Line { wire, .. }, logins } = greeted;
    let offers = |one: &str| logins.iter().any(|login| login == one);
    let answer = if offers("PLAIN") {
        let both = format!("\0{user}\0{}", password.expose_secret());
        wire.ask(&format!("AUTH PLAIN {}", base64(both.as_bytes()))).await
    } else if offers("LOGIN") {
        login(wire, user, &password).await
    } else {
        let offered = if logins.is_empty() { "none".to_owned() } else { logins.join(", ") };
        return Err(ours(format!(
            "the login of `{user}` failed: the server offers {offered}, not PLAIN or LOGIN"
        )));
    };
    // Not the server's words: some repeat what they were given.
    match answer {
        Ok(reply) if reply.is_yes() => Ok(()),
        Ok(reply) => Err(Shut {
            words: format!("the login of `{user}` was refused with {}; see the password file", reply.code()),
            means: means(&reply),
        }),
        Err(error) => Err(lost(format!("the login of `{user}` failed: {error}"))),
    }
}

async fn login(wire: &mut Wire, user: &str, password: &SecretString) -> io::Result<Reply> {
    let mut answer = wire.ask("AUTH LOGIN").await?;
    for part in [user, password.expose_secret()] {
        if answer.code() != 334 {
            break;
        }
        answer = wire.ask(&base64(part.as_bytes())).await?;
    }
    Ok(answer)
}

fn password(path: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read the password file `{}`: {error}", path.display()))?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}

fn yes(asked: &str, answer: io::Result<Reply>) -> Result<Reply, Shut> {
    let reply = answer.map_err(lost)?;
    if reply.is_yes() {
        return Ok(reply);
    }
    Err(Shut { words: format!("{asked} was answered with {}", reply.words()), means: means(&reply) })
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

fn machine() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// How we name ourselves when nothing is configured: by the machine's name where it is a full one; else by
/// the address of our end of the line, as RFC 5321, 4.1.4 has it. Many servers refuse a name without a dot.
fn own_name(machine: &str, own: IpAddr) -> String {
    match own {
        _ if host::is_full_name(machine) => machine.to_owned(),
        IpAddr::V4(four) => format!("[{four}]"),
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => format!("[{four}]"),
            None => format!("[IPv6:{six}]"),
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::mail::smtp::line::own_name;

    #[test]
    fn a_machine_without_a_full_name_is_named_by_its_address() {
        let four = "192.0.2.7".parse().unwrap();
        assert_eq!(own_name("watch.council.example", four), "watch.council.example");
        for machine in ["vm", "ls_data_01", "ls_data_01.council.example", ""] {
            assert_eq!(own_name(machine, four), "[192.0.2.7]", "{machine}");
        }
        assert_eq!(own_name("vm", "2001:db8::7".parse().unwrap()), "[IPv6:2001:db8::7]");
        assert_eq!(own_name("vm", "::ffff:127.0.0.1".parse().unwrap()), "[127.0.0.1]");
    }
}
