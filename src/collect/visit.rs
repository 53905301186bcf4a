//! One fetch: asked, redirected, judged, and asked again when that makes sense.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{ETAG, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::collect::address::{file_name, origin};
use crate::collect::guard::{PrivateHost, admit, redirected};
use crate::collect::login::Credentials;
use crate::collect::patience::{ATTEMPTS_MAX, asked_for, pause};
use crate::collect::suspect::why_refused;
use crate::collect::{Outcome, Received, Wanted};
use crate::config::settings::{HttpSource, Limits};

const REDIRECTS_MAX: u32 = 5;

/// A header that we keep and send back is refused beyond this length.
const KEPT_HEADER_CHARS_MAX: usize = 1000;

/// Everything that the fetches of one source share.
pub(super) struct Visit {
    pub(super) client: Client,
    pub(super) credentials: Credentials,
    pub(super) source: HttpSource,
    pub(super) limits: Limits,
}

/// Why one try brought nothing.
enum Setback {
    /// It may go better later.
    Again { reason: String, asked: Option<Duration> },
    /// The host is not worth asking again in this run.
    Hopeless(String),
    /// It will not go better: this is the outcome.
    Final(Outcome),
}

impl Visit {
    /// The outcome, or why the host gave none within the limits; the latter counts against the host.
    pub(super) async fn fetch(&self, wanted: &Wanted, url: Url) -> Result<Outcome, String> {
        let seconds = self.limits.fetch_seconds;
        let budget = Duration::from_secs(seconds);
        let deadline = Instant::now() + budget;
        timeout(budget, self.fetch_with_patience(wanted, &url, deadline)).await.unwrap_or_else(|_| {
            Err(format!("no whole answer from `{}` within {seconds} seconds", origin(&url)))
        })
    }

    async fn fetch_with_patience(
        &self,
        wanted: &Wanted,
        url: &Url,
        deadline: Instant,
    ) -> Result<Outcome, String> {
        let mut attempt = 0;
        loop {
            let (reason, asked) = match self.ask(wanted, url.clone()).await {
                Ok(outcome) | Err(Setback::Final(outcome)) => return Ok(outcome),
                Err(Setback::Hopeless(reason)) => return Err(format!("`{}` {reason}", origin(url))),
                Err(Setback::Again { reason, asked }) => (reason, asked),
            };
            let wait = pause(attempt, asked);
            attempt += 1;
            if attempt == ATTEMPTS_MAX || Instant::now() + wait >= deadline {
                let tries = if attempt == 1 { "once".to_owned() } else { format!("{attempt} times") };
                return Err(format!("`{}` {reason}; tried {tries}", origin(url)));
            }
            sleep(wait).await;
        }
    }

    /// One try, with its redirects.
    async fn ask(&self, wanted: &Wanted, home: Url) -> Result<Outcome, Setback> {
        admit(&home, &self.source).map_err(|reason| Setback::Final(Outcome::failed(reason)))?;
        let mut url = home.clone();
        for _ in 0..=REDIRECTS_MAX {
            let response = self.request(wanted, &url, &home).send().await.map_err(setback)?;
            match redirect(&response) {
                None => return self.judge(wanted, &url, response).await,
                Some(location) => {
                    url = redirected(&url, location, &self.source).map_err(|reason| {
                        Setback::Final(Outcome::failed(format!("`{}` {reason}", origin(&url))))
                    })?;
                }
            }
        }
        Ok(Outcome::failed(format!("`{}` redirects more than {REDIRECTS_MAX} times", origin(&home))))
    }

    /// The login goes only to the scheme, host and port that it was configured for.
    fn request(&self, wanted: &Wanted, url: &Url, home: &Url) -> RequestBuilder {
        let mut request = self.client.get(url.clone());
        if let Some(etag) = &wanted.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(moment) = &wanted.last_modified {
            request = request.header(IF_MODIFIED_SINCE, moment);
        }
        if url.origin() == home.origin() { self.credentials.apply(request) } else { request }
    }

    async fn judge(&self, wanted: &Wanted, url: &Url, response: Response) -> Result<Outcome, Setback> {
        let status = response.status();
        let said = || format!("answered {status}");
        let failed = |words: &str| Ok(Outcome::failed(format!("`{}` answered {status}{words}", origin(url))));
        match status {
            StatusCode::OK => self.receive(wanted, url, response).await,
            StatusCode::NOT_MODIFIED if wanted.etag.is_some() || wanted.last_modified.is_some() => {
                Ok(Outcome::Unchanged)
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(Outcome::NotThere),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                failed(": check the source's `login` and what it may read")
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(Setback::Again { reason: said(), asked: asked_for(response.headers()) })
            }
            _ if status.is_server_error() => {
                Err(Setback::Again { reason: said(), asked: asked_for(response.headers()) })
            }
            _ if status.is_success() => Ok(Outcome::refused(format!(
                "`{}` answered {status}, which is not a whole file",
                origin(url)
            ))),
            _ => failed(""),
        }
    }

    async fn receive(&self, wanted: &Wanted, url: &Url, response: Response) -> Result<Outcome, Setback> {
        let etag = kept(&response, &ETAG);
        let last_modified = kept(&response, &LAST_MODIFIED);
        let bytes = self.body(response).await?;
        if let Some(reason) = why_refused(&bytes, wanted.previous_bytes) {
            return Ok(Outcome::refused(reason));
        }
        let (file_name, origin) = (file_name(url), origin(url));
        Ok(Outcome::Received(Received { bytes, file_name, origin, etag, last_modified }))
    }

    /// Counts what comes out of the decompression; what goes in cannot be more but for a few bytes.
    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Setback> {
        let too_big =
            |max: u64| Setback::Final(Outcome::refused(format!("the file has more than {max} bytes")));
        let promised = response.content_length();
        if promised.is_some_and(|length| length > self.limits.file_bytes_max) {
            return Err(too_big(self.limits.file_bytes_max));
        }
        let max = self.limits.unpacked_bytes_max;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(setback)? {
            if u64::try_from(bytes.len() + chunk.len()).unwrap_or(u64::MAX) > max {
                return Err(too_big(max));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

fn redirect(response: &Response) -> Option<&str> {
    let moved = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    if !moved {
        return None;
    }
    Some(response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default())
}

fn kept(response: &Response, name: &HeaderName) -> Option<String> {
    let text = response.headers().get(name)?.to_str().ok()?;
    (text.len() <= KEPT_HEADER_CHARS_MAX).then(|| text.to_owned())
}

fn setback(error: reqwest::Error) -> Setback {
    if let Some(private) = causes(&error).find_map(|cause| cause.downcast_ref::<PrivateHost>()) {
        return Setback::Final(Outcome::failed(private.to_string()));
    }
    if error.is_timeout() && !error.is_connect() {
        return Setback::Hopeless("stopped answering".to_owned());
    }
    let reason = format!("could not be read: {}", reason_of(error));
    Setback::Again { reason, asked: None }
}

/// An error in words, from outside in, without the address: its query may hold a secret.
pub(super) fn reason_of(error: reqwest::Error) -> String {
    let error = error.without_url();
    match causes(&error).last() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}
