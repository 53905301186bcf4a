//! OAuth 2 client credentials: a token for a secret, shared by a source's fetches until it expires.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::collect::address::origin;
use crate::collect::budget::Budget;
use crate::collect::guard::admit;
use crate::collect::patience::asked_for;
use crate::collect::visit::{Cause, Lost, Setback, Visit, setback};

/// A token is not used in its last minute: it would expire on the way.
const MARGIN: Duration = Duration::from_mins(1);

/// No token is kept for longer, whatever its issuer says.
const LIFE_MAX: Duration = Duration::from_hours(24);

const ANSWER_BYTES_MAX: usize = 64 << 10;

/// The words of the standard; anything else might repeat what we sent.
const ERRORS: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// Of these, the ones that say that we are not who we say, or may not.
const OF_THE_LOGIN: [&str; 3] = ["invalid_client", "invalid_grant", "unauthorized_client"];

/// Where tokens come from, and the one in hand. It has no `Debug` that would show a secret.
pub(super) struct Tokens {
    url: Url,
    client_id: String,
    secret: SecretString,
    scope: Option<String>,
    known: Mutex<Known>,
}

enum Known {
    Nothing,
    Token {
        token: SecretString,
        until: Option<Instant>,
    },
    /// The issuer refused us: asking again with the same secret may lock us out.
    Refused(Refusal),
}

/// Why there is no token, without anything that we sent.
#[derive(Clone)]
struct Refusal {
    reason: String,
    cause: Cause,
}

impl Refusal {
    fn other(reason: String) -> Self {
        Self { reason, cause: Cause::Question }
    }
}

impl From<Refusal> for Setback {
    fn from(refusal: Refusal) -> Self {
        Self::Final(Lost { reason: refusal.reason, cause: refusal.cause })
    }
}

impl Tokens {
    pub(super) fn new(url: Url, client_id: &str, secret: SecretString, scope: Option<&str>) -> Self {
        let (client_id, scope) = (client_id.to_owned(), scope.map(str::to_owned));
        Self { url, client_id, secret, scope, known: Mutex::new(Known::Nothing) }
    }

    /// A token that is still good. `stale` is the one that was just refused: it is not given again.
    pub(super) async fn token(
        &self,
        visit: &Visit,
        budget: &Budget,
        stale: Option<&SecretString>,
    ) -> Result<SecretString, Setback> {
        let mut known = self.known.lock().await;
        match &*known {
            Known::Refused(refusal) => return Err(refusal.clone().into()),
            Known::Token { token, until }
                if until.is_none_or(|until| Instant::now() < until)
                    && stale.is_none_or(|stale| stale.expose_secret() != token.expose_secret()) =>
            {
                return Ok(token.clone());
            }
            Known::Token { .. } | Known::Nothing => {}
        }
        match self.ask(visit, budget).await? {
            Ok((token, life)) => {
                let until = life.map(|life| Instant::now() + life.min(LIFE_MAX).saturating_sub(MARGIN));
                *known = Known::Token { token: token.clone(), until };
                Ok(token)
            }
            Err(refusal) => {
                *known = Known::Refused(refusal.clone());
                Err(refusal.into())
            }
        }
    }

    /// One form by POST. The inner error is the issuer's refusal in words, without anything that we sent.
    async fn ask(
        &self,
        visit: &Visit,
        budget: &Budget,
    ) -> Result<Result<(SecretString, Option<Duration>), Refusal>, Setback> {
        admit(&self.url, &visit.source).map_err(Setback::question)?;
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", self.secret.expose_secret()),
        ];
        form.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        let request = visit.client.post(self.url.clone()).form(&form);
        let request = request.header(ACCEPT, HeaderValue::from_static("application/json"));
        let _turn = visit.hosts.turn(&self.url).await;
        budget.spend(self.exchange(visit, request)).await?
    }

    async fn exchange(
        &self,
        visit: &Visit,
        request: RequestBuilder,
    ) -> Result<Result<(SecretString, Option<Duration>), Refusal>, Setback> {
        let mut response = visit.send(request).await?;
        let status = response.status();
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            let reason = format!("got no token: `{}` answered {status}", origin(&self.url));
            let asked = asked_for(response.headers());
            return Err(Setback::Again { reason, asked, cause: Cause::Fault });
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(setback)? {
            if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
                let reason = format!("`{}` answers with more than a token", origin(&self.url));
                return Ok(Err(Refusal::other(reason)));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(self.understood(status, &bytes))
    }

    fn understood(
        &self,
        status: StatusCode,
        bytes: &[u8],
    ) -> Result<(SecretString, Option<Duration>), Refusal> {
        let answer: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        if status != StatusCode::OK {
            let code = text("error").filter(|code| ERRORS.contains(code));
            let is_of_the_login = code.is_some_and(|code| OF_THE_LOGIN.contains(&code));
            let reason = format!(
                "`{}` gives no token: it answered {status}{}; check `client_id`, the secret and `scope`",
                origin(&self.url),
                code.map(|code| format!(" ({code})")).unwrap_or_default()
            );
            return Err(Refusal {
                reason,
                cause: if is_of_the_login { Cause::Login } else { Cause::Question },
            });
        }
        let token = text("access_token").filter(|token| HeaderValue::from_str(token).is_ok());
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            let reason = format!("`{}` answered without an `access_token`", origin(&self.url));
            return Err(Refusal::other(reason));
        };
        if text("token_type").is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            let reason = format!("`{}` gives a token that is no bearer token", origin(&self.url));
            return Err(Refusal::other(reason));
        }
        let life = answer.get("expires_in").and_then(|life| match life {
            Value::String(text) => text.parse().ok(),
            number => number.as_u64(),
        });
        Ok((SecretString::from(token), life.map(Duration::from_secs)))
    }
}
