//! The `http` source: several hosts at once, one request at a time for each.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Certificate, Client, Proxy};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;
use url::Url;

use crate::collect::address::address;
use crate::collect::bearing::Bearing;
use crate::collect::guard::GuardedNames;
use crate::collect::hosts::Hosts;
use crate::collect::login::Credentials;
use crate::collect::patience::silence;
use crate::collect::refusals::{Barred, Logins, Refusals, Use};
use crate::collect::visit::{Visit, reason_of};
use crate::collect::{Answered, CollectError, Outcome, Wanted, ees, file};
use crate::config::settings::{EesSource, HttpSource, Limits, PrivateAddresses};

/// A source that is asked over HTTP.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// A file for each return, by its address.
    Files(&'a HttpSource),
    /// A published data set.
    Ees(&'a EesSource),
}

/// One source, and what is looked for there.
#[derive(Clone, Debug)]
pub struct Round<'a> {
    /// The source.
    pub source: Asked<'a>,
    /// What is looked for.
    pub wanted: Vec<Wanted>,
}

/// How the questions to one source ended: an error when it could not be used as a whole, or to the end.
pub type RoundEnded = Result<(), CollectError>;

/// One fetch, and the round that wants it.
struct Errand {
    round: usize,
    host: String,
    wanted: Wanted,
    visit: Arc<Visit>,
    refusals: Arc<Refusals>,
    what: What,
}

/// What is fetched in one errand.
enum What {
    File(Url),
    Ees(Box<EesSource>),
}

/// Asks several sources at once, and each host for one thing at a time, whichever sources share it, in
/// the order of their ranks.
///
/// `on_answer` gets each answer as it comes, with the number of its round, and has it to itself: but for
/// one, no more bodies are in memory than are fetched at once. When it cannot take one, nothing more is
/// asked. The answer here has a member for each round. Needs a tokio runtime, and a process-wide rustls
/// provider installed before the first call. Dropped, it asks nothing more; what `on_answer` got, it got.
///
/// What stops a source as a whole (a secret, a certificate, a proxy) is the error of its round. What goes
/// wrong with one return is its [`Outcome`], and stops no other.
///
/// # Errors
/// What `on_answer` says.
pub async fn fetch_all<E>(
    rounds: Vec<Round<'_>>,
    limits: &Limits,
    on_answer: &mut dyn FnMut(usize, Answered) -> Result<(), E>,
) -> Result<Vec<RoundEnded>, E> {
    let turns = Arc::new(Hosts::default());
    let (mut clients, mut logins) = (Clients::default(), Logins::default());
    let mut left: Vec<Result<usize, CollectError>> = Vec::new();
    let mut hosts: BTreeMap<String, Vec<Errand>> = BTreeMap::new();
    for (number, round) in rounds.into_iter().enumerate() {
        let visit = match visit(round.source, limits, &turns, &mut clients) {
            Ok(visit) => visit,
            Err(error) => {
                left.push(Err(error));
                continue;
            }
        };
        let mut count = 0;
        for wanted in round.wanted {
            match what(round.source, &visit, &wanted) {
                Ok((host, login, what)) => {
                    count += 1;
                    let (visit, refusals) = (Arc::clone(&visit), logins.of(&login));
                    let errand = Errand { round: number, host: host.clone(), wanted, visit, refusals, what };
                    hosts.entry(host).or_default().push(errand);
                }
                Err(reason) => on_answer(number, answered(wanted, Outcome::failed(reason)))?,
            }
        }
        left.push(Ok(count));
    }
    ask_hosts(hosts, limits, &mut |round, answered| {
        if let Some(Ok(count)) = left.get_mut(round) {
            *count = count.saturating_sub(1);
        }
        on_answer(round, answered)
    })
    .await?;
    Ok(left.into_iter().map(|left| whole(left?)).collect())
}

/// A fetch that broke off must not look like a return that nobody wanted.
fn whole(left: usize) -> RoundEnded {
    if left == 0 {
        return Ok(());
    }
    Err(CollectError::Client("a fetch broke off; see the log".to_owned()))
}

async fn ask_hosts<E>(
    hosts: BTreeMap<String, Vec<Errand>>,
    limits: &Limits,
    on_answer: &mut dyn FnMut(usize, Answered) -> Result<(), E>,
) -> Result<(), E> {
    let at_once = Arc::new(Semaphore::new(usize::try_from(limits.fetches_at_once.max(1)).unwrap_or(1)));
    let (sender, mut told) = tokio::sync::mpsc::channel(1);
    let mut tasks = JoinSet::new();
    for mut errands in hosts.into_values() {
        errands.sort_by_key(|one| one.wanted.rank);
        tasks.spawn(ask_one_host(Arc::clone(&at_once), errands, sender.clone()));
    }
    drop(sender);
    while let Some((round, answered)) = told.recv().await {
        on_answer(round, answered)?;
    }
    Ok(())
}

/// One after the other over one kept connection; a host that bears itself badly is left alone.
async fn ask_one_host(at_once: Arc<Semaphore>, errands: Vec<Errand>, told: Sender<(usize, Answered)>) {
    let mut bearing = Bearing::default();
    for errand in errands {
        // Held until the answer is taken, so that bodies do not heap up behind it.
        let Ok(_permit) = at_once.acquire().await else { return };
        let round = errand.round;
        let answered = match why_not_tried(&errand, &bearing) {
            Some(untried) => answered(errand.wanted, untried),
            None => ask(errand, &mut bearing).await,
        };
        if told.send((round, answered)).await.is_err() {
            return;
        }
    }
}

fn why_not_tried(errand: &Errand, bearing: &Bearing) -> Option<Outcome> {
    let host = &errand.host;
    if let Some(why) = bearing.why_left_alone() {
        return Some(Outcome::Untried { reason: format!("not tried: the host `{host}` {why}") });
    }
    Some(match errand.refusals.barred()? {
        Barred::Wrong => {
            Outcome::Barred { reason: format!("not tried: the host `{host}` refuses our login") }
        }
        Barred::Useless => Outcome::Untried {
            reason: format!(
                "not tried: the host `{host}` opens nothing to our login; check what it may read"
            ),
        },
    })
}

async fn ask(errand: Errand, bearing: &mut Bearing) -> Answered {
    let Errand { wanted, visit, refusals, what, .. } = errand;
    let done = match what {
        What::File(url) => {
            file::fetch(&visit, &refusals, &wanted, url).await.map(|outcome| (outcome, Vec::new()))
        }
        What::Ees(source) => ees::fetch(&visit, &source, &wanted).await,
    };
    match done {
        Ok((outcome, notes)) => {
            bearing.answered();
            Answered { wanted, outcome, notes }
        }
        Err(lost) => {
            bearing.lost(lost.cause);
            answered(wanted, Outcome::failed(lost.reason))
        }
    }
}

fn answered(wanted: Wanted, outcome: Outcome) -> Answered {
    Answered { wanted, outcome, notes: Vec::new() }
}

/// The host that is asked, with which login, and what for. Errors never show the address.
fn what(source: Asked<'_>, visit: &Visit, wanted: &Wanted) -> Result<(String, Use, What), String> {
    let url = address(&visit.source.url, wanted)?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let login = format!("{:?}", visit.source.login);
    let login = Use { origin: url.origin().ascii_serialization(), login };
    let what = match source {
        Asked::Files(_) => What::File(url),
        Asked::Ees(source) => What::Ees(Box::new(source.clone())),
    };
    Ok((host, login, what))
}

/// Clients by what distinguishes them: to make one reads every certificate of this machine.
type Clients = BTreeMap<(Option<PathBuf>, Option<String>, bool), Client>;

fn visit(
    source: Asked<'_>,
    limits: &Limits,
    hosts: &Arc<Hosts>,
    clients: &mut Clients,
) -> Result<Arc<Visit>, CollectError> {
    let source = match source {
        Asked::Files(source) => source.clone(),
        Asked::Ees(source) => ees::as_http(source),
    };
    let is_guarded = source.private_addresses == PrivateAddresses::Refused;
    let key = (source.ca_file.clone(), source.proxy.clone(), is_guarded);
    let client = if let Some(client) = clients.get(&key) {
        client.clone()
    } else {
        let made = client(&source, limits.connect_seconds, limits.fetch_seconds)?;
        clients.insert(key, made.clone());
        made
    };
    Ok(Arc::new(Visit {
        client,
        credentials: Credentials::read(&source.login)?,
        limits: *limits,
        hosts: Arc::clone(hosts),
        source,
    }))
}

/// Redirects are followed by hand (see `visit`), so that a login never travels with one.
pub(super) fn client(
    source: &HttpSource,
    connect_seconds: u64,
    whole_seconds: u64,
) -> Result<Client, CollectError> {
    let whole = Duration::from_secs(whole_seconds);
    let silence = silence(connect_seconds, whole_seconds);
    let mut builder = Client::builder()
        .user_agent(concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(connect_seconds))
        .read_timeout(silence)
        .timeout(whole)
        .pool_max_idle_per_host(1)
        .referer(false)
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    if let Some(proxy) = &source.proxy {
        let proxy = Proxy::all(proxy).map_err(|error| CollectError::Setting {
            key: "proxy",
            reason: reason_of(error.without_url()),
        })?;
        builder = builder.proxy(proxy);
    } else if source.private_addresses == PrivateAddresses::Refused {
        // Behind a proxy the names are looked up by the proxy, and the guard would only see the proxy's own.
        builder = builder.dns_resolver(GuardedNames);
    }
    if let Some(path) = &source.ca_file {
        let refuse = |reason: String| CollectError::Certificates { path: path.clone(), reason };
        let pem = fs::read(path).map_err(|error| refuse(error.to_string()))?;
        let bundle = Certificate::from_pem_bundle(&pem).map_err(|error| refuse(error.to_string()))?;
        if bundle.is_empty() {
            return Err(refuse("there is no certificate in it; it must be in PEM".to_owned()));
        }
        builder = builder.tls_certs_merge(bundle);
    }
    builder.build().map_err(|error| CollectError::Client(reason_of(error)))
}
