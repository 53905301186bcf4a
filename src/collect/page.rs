//! One small thing by GET: a heartbeat, newer bank holidays. No error of it shows its address.

use reqwest::Client;
use reqwest::header::LOCATION;
use thiserror::Error;
use url::Url;

use crate::collect::guard::admit;
use crate::collect::http::client;
use crate::collect::visit::reason_of;
use crate::config::checked::web::leads_here;
use crate::config::settings::{HttpSource, Login, PrivateAddresses};

const REDIRECTS_MAX: u32 = 3;

/// Limits on one small thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Limit on the whole, in seconds.
    pub seconds: u64,
    /// Limit on the body after its decompression.
    pub bytes_max: usize,
    /// Whether a name may lead into our own network.
    pub private_addresses: PrivateAddresses,
}

/// Why there is nothing; the words hold no part of the address but `scheme` and reasons.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct PageError(String);

impl PageError {
    fn of(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

/// The body behind `address`: `https`, or `http` on this machine; answered with a success within `bounds`.
///
/// It is asked once, without a login. A redirect is followed only within its scheme, host and port.
/// Needs a tokio runtime and a process-wide rustls provider.
///
/// # Errors
/// In words without the address: who knows it can pretend to be us.
pub async fn get(address: &str, bounds: Bounds) -> Result<Vec<u8>, PageError> {
    let mut url = Url::parse(address).map_err(|_| PageError::of("this is not an address"))?;
    let source = source(&url, bounds);
    let client = client(&source, bounds.seconds, bounds.seconds)
        .map_err(|error| PageError::of(format!("cannot prepare: {error}")))?;
    for _ in 0..=REDIRECTS_MAX {
        allowed(&url, &source)?;
        match ask(&client, &url, bounds).await? {
            Answer::Body(bytes) => return Ok(bytes),
            Answer::Elsewhere(location) => url = same_host(&url, &location)?,
        }
    }
    Err(PageError::of(format!("it redirects more than {REDIRECTS_MAX} times")))
}

enum Answer {
    Body(Vec<u8>),
    Elsewhere(String),
}

/// The guard of `http` sources asks for one.
fn source(url: &Url, bounds: Bounds) -> HttpSource {
    HttpSource {
        url: String::new(),
        login: Login::None,
        ca_file: None,
        proxy: None,
        redirect_hosts: Vec::new(),
        private_addresses: if leads_here(url.as_str()) {
            PrivateAddresses::Allowed
        } else {
            bounds.private_addresses
        },
    }
}

fn allowed(url: &Url, source: &HttpSource) -> Result<(), PageError> {
    match url.scheme() {
        "https" => {}
        "http" if leads_here(url.as_str()) => {}
        "http" => return Err(PageError::of("plain http is only for this machine; write `https://`")),
        scheme => return Err(PageError::of(format!("cannot ask by `{scheme}`; write `https://`"))),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(PageError::of("the address has a user or a password in it"));
    }
    admit(url, source).map_err(|_| PageError::of("it is on a private address, which is refused"))
}

async fn ask(client: &Client, url: &Url, bounds: Bounds) -> Result<Answer, PageError> {
    let failed = |error: reqwest::Error| {
        if error.is_timeout() {
            return PageError::of(format!("no whole answer within {} seconds", bounds.seconds));
        }
        let words = reason_of(error);
        PageError::of(url.host_str().map_or(words.clone(), |host| words.replace(host, "its host")))
    };
    let mut response = client.get(url.clone()).send().await.map_err(failed)?;
    let status = response.status();
    if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        return Ok(Answer::Elsewhere(location.unwrap_or_default().to_owned()));
    }
    if !status.is_success() {
        return Err(PageError::of(format!("it answered {status}")));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if bytes.len() + chunk.len() > bounds.bytes_max {
            return Err(PageError::of(format!("it has more than {} bytes", bounds.bytes_max)));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Answer::Body(bytes))
}

fn same_host(from: &Url, location: &str) -> Result<Url, PageError> {
    let to = from.join(location).map_err(|_| PageError::of("it redirects to no address"))?;
    if to.origin() == from.origin() {
        return Ok(to);
    }
    Err(PageError::of("it redirects to another host; write the address that it leads to"))
}
