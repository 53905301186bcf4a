//! The `http` source: several hosts at once, one request at a time for each.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Certificate, Client, Proxy};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use url::Url;

use crate::collect::address::address;
use crate::collect::guard::GuardedNames;
use crate::collect::hosts::Hosts;
use crate::collect::login::Credentials;
use crate::collect::patience::silence;
use crate::collect::visit::{Cause, Visit, reason_of};
use crate::collect::{Answered, CollectError, Outcome, Wanted, ees, file};
use crate::config::settings::{EesSource, HttpSource, Limits, PrivateAddresses};

/// After this many fetches in a row that a host let fail, its others are not tried in this run.
const FAILURES_MAX: u32 = 2;

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

/// What one source answered, in the order of `wanted`; an error when it could not be used as a whole.
pub type RoundEnded = Result<Vec<Answered>, CollectError>;

/// One fetch, with its place among those asked for.
struct Errand {
    place: (usize, usize),
    host: String,
    wanted: Wanted,
    visit: Arc<Visit>,
    what: What,
}

/// What is fetched in one errand.
enum What {
    File(Url),
    Ees(Box<EesSource>),
}

type Ended = ((usize, usize), Answered);

/// Asks several sources at once, and each host for one thing at a time, whichever sources share it.
///
/// `on_done` hears of each fetch as it ends; the answer has a member for each round. Needs a tokio runtime,
/// and a process-wide rustls provider installed before the first call.
///
/// What stops a source as a whole (a secret, a certificate, a proxy) is the error of its round. What goes
/// wrong with one return is its [`Outcome`], and stops no other.
pub async fn fetch_all(
    rounds: Vec<Round<'_>>,
    limits: &Limits,
    on_done: &mut (dyn FnMut() + Send),
) -> Vec<RoundEnded> {
    let turns = Arc::new(Hosts::default());
    let mut clients = Clients::default();
    let mut ended: Vec<Result<BTreeMap<usize, Answered>, CollectError>> = Vec::new();
    let mut hosts: BTreeMap<String, Vec<Errand>> = BTreeMap::new();
    let expected: Vec<usize> = rounds.iter().map(|round| round.wanted.len()).collect();
    for (number, round) in rounds.into_iter().enumerate() {
        ended.push(visit(round.source, limits, &turns, &mut clients).map(|visit| {
            let mut lost = BTreeMap::new();
            for (place, wanted) in round.wanted.into_iter().enumerate() {
                match what(round.source, &visit, &wanted) {
                    Ok((host, what)) => {
                        let visit = Arc::clone(&visit);
                        let place = (number, place);
                        let errand = Errand { place, host: host.clone(), wanted, visit, what };
                        hosts.entry(host).or_default().push(errand);
                    }
                    Err(reason) => {
                        on_done();
                        lost.insert(place, answered(wanted, Outcome::failed(reason)));
                    }
                }
            }
            lost
        }));
    }
    for ((round, place), answered) in ask_hosts(hosts, limits, on_done).await {
        if let Some(Ok(answers)) = ended.get_mut(round) {
            answers.insert(place, answered);
        }
    }
    ended.into_iter().zip(expected).map(|(round, expected)| whole(round?, expected)).collect()
}

/// A fetch that broke off must not look like a return that nobody wanted.
fn whole(answers: BTreeMap<usize, Answered>, expected: usize) -> RoundEnded {
    if answers.len() == expected {
        return Ok(answers.into_values().collect());
    }
    Err(CollectError::Client("a fetch broke off; see the log".to_owned()))
}

async fn ask_hosts(
    hosts: BTreeMap<String, Vec<Errand>>,
    limits: &Limits,
    on_done: &mut (dyn FnMut() + Send),
) -> Vec<Ended> {
    let at_once = Arc::new(Semaphore::new(usize::try_from(limits.fetches_at_once.max(1)).unwrap_or(1)));
    let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    for errands in hosts.into_values() {
        tasks.spawn(ask_one_host(Arc::clone(&at_once), errands, sender.clone()));
    }
    drop(sender);
    let mut ended = Vec::new();
    while let Some(one) = told.recv().await {
        on_done();
        ended.push(one);
    }
    ended
}

/// One after the other over one kept connection; a host that keeps failing is left alone.
async fn ask_one_host(at_once: Arc<Semaphore>, errands: Vec<Errand>, told: UnboundedSender<Ended>) {
    let mut failures = 0;
    let mut wants_rest = false;
    for errand in errands {
        let answered = if failures >= FAILURES_MAX || wants_rest {
            let why = if wants_rest {
                "wants to be left alone".to_owned()
            } else {
                format!("failed {failures} times in a row just before")
            };
            answered(errand.wanted, Outcome::failed(format!("not tried: the host `{}` {why}", errand.host)))
        } else {
            let Ok(_permit) = at_once.acquire().await else { return };
            let wanted = errand.wanted;
            let done = match &errand.what {
                What::File(url) => file::fetch(&errand.visit, &wanted, url.clone())
                    .await
                    .map(|outcome| (outcome, Vec::new())),
                What::Ees(source) => ees::fetch(&errand.visit, source, &wanted).await,
            };
            let (outcome, notes) = match done {
                Ok(done) => {
                    failures = 0;
                    done
                }
                Err(lost) => {
                    failures += 1;
                    wants_rest = lost.cause == Cause::Rest;
                    (Outcome::failed(lost.reason), Vec::new())
                }
            };
            Answered { wanted, outcome, notes }
        };
        if told.send((errand.place, answered)).is_err() {
            return;
        }
    }
}

fn answered(wanted: Wanted, outcome: Outcome) -> Answered {
    Answered { wanted, outcome, notes: Vec::new() }
}

/// The host that is asked, and what for. Errors never show the address.
fn what(source: Asked<'_>, visit: &Visit, wanted: &Wanted) -> Result<(String, What), String> {
    let url = address(&visit.source.url, wanted)?;
    let host = url.host_str().unwrap_or_default().to_owned();
    Ok(match source {
        Asked::Files(_) => (host, What::File(url)),
        Asked::Ees(source) => (host, What::Ees(Box::new(source.clone()))),
    })
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
