//! The `http` source: several hosts at once, one request at a time for each.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Certificate, Client, Proxy};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use url::Url;

use crate::collect::address::address;
use crate::collect::guard::GuardedNames;
use crate::collect::login::Credentials;
use crate::collect::visit::{Visit, reason_of};
use crate::collect::{CollectError, Outcome, Wanted};
use crate::config::settings::{HttpSource, Limits, PrivateAddresses};

/// After this many fetches in a row that a host let fail, its others are not tried in this run.
const FAILURES_MAX: u32 = 2;

/// A server that says nothing for this many times the limit on connecting is given up.
const SILENCE_FACTOR: u64 = 3;

/// One fetch, with its place among those asked for.
struct Errand {
    place: usize,
    wanted: Wanted,
    url: Url,
}

/// Fetches what is wanted; `on_done` hears of each as it ends, the answer has the order of `wanted`.
///
/// Needs a tokio runtime, and a process-wide rustls provider installed before the first call.
///
/// # Errors
/// When the source as a whole cannot be used: a secret, a certificate, a proxy. What goes wrong with one
/// return is its [`Outcome`], and stops no other.
pub async fn fetch_all(
    source: &HttpSource,
    limits: &Limits,
    wanted: Vec<Wanted>,
    on_done: &mut (dyn FnMut(&Wanted, &Outcome) + Send),
) -> Result<Vec<(Wanted, Outcome)>, CollectError> {
    let visit = Arc::new(Visit {
        client: client(source, limits.connect_seconds, limits.fetch_seconds)?,
        credentials: Credentials::read(&source.login)?,
        source: source.clone(),
        limits: *limits,
    });
    let mut done = BTreeMap::new();
    let mut hosts: BTreeMap<String, Vec<Errand>> = BTreeMap::new();
    for (place, wanted) in wanted.into_iter().enumerate() {
        match address(&source.url, &wanted) {
            Ok(url) => {
                let host = url.host_str().unwrap_or_default().to_owned();
                hosts.entry(host).or_default().push(Errand { place, wanted, url });
            }
            Err(reason) => {
                let outcome = Outcome::failed(reason);
                on_done(&wanted, &outcome);
                done.insert(place, (wanted, outcome));
            }
        }
    }
    let at_once = Arc::new(Semaphore::new(usize::try_from(limits.fetches_at_once.max(1)).unwrap_or(1)));
    let (sender, mut ended) = tokio::sync::mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    for errands in hosts.into_values() {
        tasks.spawn(ask_one_host(Arc::clone(&visit), Arc::clone(&at_once), errands, sender.clone()));
    }
    drop(sender);
    while let Some((place, wanted, outcome)) = ended.recv().await {
        on_done(&wanted, &outcome);
        done.insert(place, (wanted, outcome));
    }
    while let Some(task) = tasks.join_next().await {
        task.map_err(|error| CollectError::Client(format!("a fetch broke off: {error}")))?;
    }
    Ok(done.into_values().collect())
}

/// One after the other over one kept connection; a host that keeps failing is left alone.
async fn ask_one_host(
    visit: Arc<Visit>,
    at_once: Arc<Semaphore>,
    errands: Vec<Errand>,
    ended: UnboundedSender<(usize, Wanted, Outcome)>,
) {
    let mut failures = 0;
    for Errand { place, wanted, url } in errands {
        let outcome = if failures >= FAILURES_MAX {
            let host = url.host_str().unwrap_or_default();
            Outcome::failed(format!(
                "not tried: the host `{host}` failed {failures} times in a row just before"
            ))
        } else {
            let Ok(_permit) = at_once.acquire().await else { return };
            match visit.fetch(&wanted, url).await {
                Ok(outcome) => {
                    failures = 0;
                    outcome
                }
                Err(reason) => {
                    failures += 1;
                    Outcome::failed(reason)
                }
            }
        };
        if ended.send((place, wanted, outcome)).is_err() {
            return;
        }
    }
}

/// Redirects are followed by hand (see `visit`), so that a login never travels with one.
pub(super) fn client(
    source: &HttpSource,
    connect_seconds: u64,
    whole_seconds: u64,
) -> Result<Client, CollectError> {
    let whole = Duration::from_secs(whole_seconds);
    let silence = Duration::from_secs(connect_seconds.saturating_mul(SILENCE_FACTOR)).min(whole);
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
