//! One question to a host: asked, redirected, and asked again when that makes sense.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, DATE, ETAG, HeaderName, LAST_MODIFIED, LOCATION};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use tokio::time::{sleep, timeout};
use url::Url;

use crate::collect::address::origin;
use crate::collect::body::{self, Most};
use crate::collect::budget::Budget;
use crate::collect::guard::{PrivateHost, admit, redirected};
use crate::collect::hosts::Hosts;
use crate::collect::login::Credentials;
use crate::collect::patience::{ATTEMPTS_MAX, asked_for, pause, silence};
use crate::config::settings::{HttpSource, Limits};

const REDIRECTS_MAX: u32 = 5;

/// A header that we keep and send back is refused beyond this length.
const KEPT_HEADER_CHARS_MAX: usize = 1000;

/// Of an answer that says what was wrong with the question, so much is read.
const WORDS_BYTES_MAX: usize = 16 << 10;

/// Everything that the questions to one source share.
pub(super) struct Visit {
    pub(super) client: Client,
    pub(super) credentials: Credentials,
    pub(super) source: HttpSource,
    pub(super) limits: Limits,
    pub(super) hosts: Arc<Hosts>,
}

/// What is asked for.
pub(super) struct Question {
    pub(super) url: Url,
    pub(super) headers: Vec<(HeaderName, String)>,
    /// A JSON text that is posted; without it the question is a GET.
    pub(super) posted: Option<String>,
    /// How much of an answer is taken.
    pub(super) most: Most,
}

impl Question {
    pub(super) fn get(url: Url, most: Most) -> Self {
        Self { url, headers: Vec::new(), posted: None, most }
    }
}

/// What a host answered, when it answered at all: any status but those that ask for patience.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Where the answer came from, after redirects.
    pub(super) url: Url,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    /// When it was sent, by the clock of whoever sent it.
    pub(super) date: Option<String>,
    /// The body of a 200, unpacked and whole; of a 4xx to what was posted, its beginning.
    pub(super) bytes: Vec<u8>,
}

/// There was no answer.
#[derive(Debug)]
pub(super) struct Lost {
    /// Why, without secrets.
    pub(super) reason: String,
    pub(super) cause: Cause,
}

/// Whose fault it is that there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The host could not be reached, or did not answer within the limits.
    Silence,
    /// The host answered, and cannot: a server error, a body that broke off. It may be of one address only.
    Fault,
    /// The host asked to be left alone for longer than we have.
    Rest,
    /// It will not go better, and says nothing of the host: a redirect, an address.
    Question,
    /// Who we say we are is refused, and will be until it changes.
    Login,
    /// More came than a file may have.
    TooMuch,
    /// It came in a packing that nobody asked for.
    Packing,
}

/// Why one try brought nothing.
pub(super) enum Setback {
    /// It may go better later.
    Again { reason: String, asked: Option<Duration>, cause: Cause },
    /// It will not go better.
    Final(Lost),
}

impl Setback {
    pub(super) fn question(reason: String) -> Self {
        Self::Final(Lost { reason, cause: Cause::Question })
    }
}

impl Visit {
    /// The answer, within the limit on one fetch; every try and redirect counts into it, and no waiting for
    /// others who ask the same host.
    pub(super) async fn put(&self, question: &Question) -> Result<Answer, Lost> {
        let budget = Budget::of(self.limits.fetch_seconds);
        let shown = origin(&question.url);
        let mut attempt = 0;
        loop {
            let (reason, asked, cause) = match self.ask(question, &budget).await {
                Ok(answer) => return Ok(answer),
                Err(Setback::Final(Lost { reason, cause: cause @ (Cause::Silence | Cause::Rest) })) => {
                    return Err(Lost { reason: format!("`{shown}` {reason}"), cause });
                }
                Err(Setback::Final(lost)) => return Err(lost),
                Err(Setback::Again { reason, asked, cause }) => (reason, asked, cause),
            };
            let left = budget.left();
            let wait = pause(attempt, asked);
            attempt += 1;
            if attempt == ATTEMPTS_MAX || wait >= left || budget.spend(sleep(wait)).await.is_err() {
                let tries = if attempt == 1 { "once".to_owned() } else { format!("{attempt} times") };
                let cause = if asked.is_some_and(|asked| asked >= left) { Cause::Rest } else { cause };
                let rest = match asked.filter(|_| cause == Cause::Rest) {
                    Some(asked) => format!(" and wants to be left alone for {} seconds", asked.as_secs()),
                    None => String::new(),
                };
                return Err(Lost { reason: format!("`{shown}` {reason}{rest}; tried {tries}"), cause });
            }
        }
    }

    /// One try, with its redirects, and a second one with a new token when the first is no longer good.
    async fn ask(&self, question: &Question, budget: &Budget) -> Result<Answer, Setback> {
        admit(&question.url, &self.source).map_err(Setback::question)?;
        let token = self.credentials.token(self, budget, None).await?;
        let answer = self.follow(question, budget, token.as_ref()).await?;
        if answer.status == StatusCode::UNAUTHORIZED && token.is_some() {
            let fresh = self.credentials.token(self, budget, token.as_ref()).await?;
            return self.follow(question, budget, fresh.as_ref()).await;
        }
        Ok(answer)
    }

    async fn follow(
        &self,
        question: &Question,
        budget: &Budget,
        token: Option<&secrecy::SecretString>,
    ) -> Result<Answer, Setback> {
        let home = &question.url;
        let mut url = home.clone();
        for _ in 0..=REDIRECTS_MAX {
            // One request at a time for each host, also of other sources that lead there.
            let _turn = self.hosts.turn(&url).await;
            match budget.spend(self.exchange(question, &url, token)).await?? {
                Heard::Answer(answer) => return Ok(*answer),
                Heard::Elsewhere(_) if question.posted.is_some() => {
                    return Err(Setback::question(format!("`{}` redirects what was posted", origin(&url))));
                }
                Heard::Elsewhere(location) => {
                    url = redirected(&url, &location, &self.source)
                        .map_err(|reason| Setback::question(format!("`{}` {reason}", origin(&url))))?;
                }
            }
        }
        Err(Setback::question(format!("`{}` redirects more than {REDIRECTS_MAX} times", origin(home))))
    }

    async fn exchange(
        &self,
        question: &Question,
        url: &Url,
        token: Option<&secrecy::SecretString>,
    ) -> Result<Heard, Setback> {
        let response = self.send(self.request(question, url, token)).await?;
        if let Some(location) = redirect(&response) {
            return Ok(Heard::Elsewhere(location.to_owned()));
        }
        let answer = self.answer(question, url.clone(), response).await?;
        Ok(Heard::Answer(Box::new(answer)))
    }

    /// The login goes only to the scheme, host and port that it was configured for.
    fn request(
        &self,
        question: &Question,
        url: &Url,
        token: Option<&secrecy::SecretString>,
    ) -> RequestBuilder {
        let method = if question.posted.is_some() { Method::POST } else { Method::GET };
        let mut request = self.client.request(method, url.clone()).header(ACCEPT_ENCODING, body::ACCEPTED);
        for (name, value) in &question.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &question.posted {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        if url.origin() == question.url.origin() { self.credentials.apply(request, token) } else { request }
    }

    /// The head of an answer, which must come within the limit on silence.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, Setback> {
        let silent = silence(self.limits.connect_seconds, self.limits.fetch_seconds);
        match timeout(silent, request.send()).await {
            Ok(sent) => sent.map_err(setback),
            Err(_) => Err(stopped("stopped answering")),
        }
    }

    async fn answer(&self, question: &Question, url: Url, response: Response) -> Result<Answer, Setback> {
        let status = response.status();
        let asks_for_patience = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
        if asks_for_patience || status.is_server_error() {
            let reason = format!("answered {status}");
            let asked = asked_for(response.headers());
            return Err(Setback::Again { reason, asked, cause: Cause::Fault });
        }
        let [etag, last_modified, date] = [ETAG, LAST_MODIFIED, DATE].map(|name| kept(&response, &name));
        let bytes = match status {
            StatusCode::OK => body::whole(response, question.most, &self.limits).await?,
            _ if status.is_client_error() && question.posted.is_some() => words(response).await,
            _ => Vec::new(),
        };
        Ok(Answer { status, url, etag, last_modified, date, bytes })
    }
}

/// What one request brought.
enum Heard {
    Answer(Box<Answer>),
    Elsewhere(String),
}

pub(super) fn stopped(words: &str) -> Setback {
    Setback::Final(Lost { reason: words.to_owned(), cause: Cause::Silence })
}

/// The beginning of an answer in words; half of it, or nothing, is as good.
async fn words(mut response: Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= WORDS_BYTES_MAX {
            break;
        }
    }
    bytes
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

pub(super) fn setback(error: reqwest::Error) -> Setback {
    if let Some(private) = causes(&error).find_map(|cause| cause.downcast_ref::<PrivateHost>()) {
        return Setback::question(private.to_string());
    }
    if error.is_timeout() && !error.is_connect() {
        return stopped("stopped answering");
    }
    let cause = if error.is_body() || error.is_decode() { Cause::Fault } else { Cause::Silence };
    let reason = format!("could not be read: {}", reason_of(error));
    Setback::Again { reason, asked: None, cause }
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
