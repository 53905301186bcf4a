//! How we say who we are: secrets are read from their files at each fetch, and go to one host only.

use std::fs;
use std::path::Path;

use reqwest::RequestBuilder;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::collect::address::address;
use crate::collect::budget::Budget;
use crate::collect::oauth::Tokens;
use crate::collect::visit::{Setback, Visit};
use crate::collect::{CollectError, Wanted};
use crate::config::settings::Login;

/// A login with its secret in hand; it has no `Debug` that would show it.
pub(super) enum Credentials {
    None,
    Basic { user: String, password: SecretString },
    Bearer(SecretString),
    Header(HeaderName, SecretString),
    Token(Tokens),
}

impl Credentials {
    /// Reads the secret's file.
    pub(super) fn read(login: &Login) -> Result<Self, CollectError> {
        Ok(match login {
            Login::None => Self::None,
            Login::Basic { user, password_file } => {
                Self::Basic { user: user.clone(), password: secret(password_file)? }
            }
            Login::Bearer { token_file } => Self::Bearer(header_secret(token_file)?),
            Login::ApiKey { header, key_file } => {
                let name = HeaderName::try_from(header.as_str()).map_err(|_| CollectError::Setting {
                    key: "header",
                    reason: format!("`{header}` is not the name of a header"),
                })?;
                Self::Header(name, header_secret(key_file)?)
            }
            Login::OAuth2 { token_url, client_id, client_secret_file, scope } => {
                let url = address(token_url, &Wanted::default())
                    .map_err(|reason| CollectError::Setting { key: "token_url", reason })?;
                Self::Token(Tokens::new(url, client_id, secret(client_secret_file)?, scope.as_deref()))
            }
        })
    }

    /// The token that the login needs, asked for if need be; `stale` is one that was just refused.
    pub(super) async fn token(
        &self,
        visit: &Visit,
        budget: &Budget,
        stale: Option<&SecretString>,
    ) -> Result<Option<SecretString>, Setback> {
        match self {
            Self::Token(tokens) => tokens.token(visit, budget, stale).await.map(Some),
            _ => Ok(None),
        }
    }

    /// Puts the login on a request. Only for requests to the source's own host.
    pub(super) fn apply(&self, request: RequestBuilder, token: Option<&SecretString>) -> RequestBuilder {
        match self {
            Self::None => request,
            Self::Token(_) => match token {
                Some(token) => request.bearer_auth(token.expose_secret()),
                None => request,
            },
            Self::Basic { user, password } => request.basic_auth(user, Some(password.expose_secret())),
            Self::Bearer(token) => request.bearer_auth(token.expose_secret()),
            Self::Header(name, key) => match HeaderValue::from_str(key.expose_secret()) {
                Ok(mut value) => {
                    value.set_sensitive(true);
                    request.header(name, value)
                }
                Err(_) => request,
            },
        }
    }
}

fn secret(path: &Path) -> Result<SecretString, CollectError> {
    let refuse = |reason: String| CollectError::Secret { path: path.to_owned(), reason };
    let text = SecretString::from(fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?);
    let trimmed = text.expose_secret().trim();
    if trimmed.is_empty() {
        return Err(refuse("the file is empty; write the secret into it".to_owned()));
    }
    Ok(SecretString::from(trimmed))
}

fn header_secret(path: &Path) -> Result<SecretString, CollectError> {
    let text = secret(path)?;
    if HeaderValue::from_str(text.expose_secret()).is_err() {
        let reason = "it has more than one line, or characters that a header cannot hold".to_owned();
        return Err(CollectError::Secret { path: path.to_owned(), reason });
    }
    Ok(text)
}
