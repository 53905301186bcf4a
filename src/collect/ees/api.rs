//! The calls of the API, and its errors in words.

use reqwest::StatusCode;
use reqwest::header::ACCEPT;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::collect::Outcome;
use crate::collect::address::origin;
use crate::collect::body::Most;
use crate::collect::visit::{Answer, Lost, Question, Visit};
use crate::config::settings::EesSource;

const WORDS_CHARS_MAX: usize = 200;

/// The API as one source asks it.
pub(super) struct Api<'a> {
    pub(super) visit: &'a Visit,
    pub(super) source: &'a EesSource,
}

/// Why the rest is not asked for.
pub(super) enum Stop {
    /// The host gave no answer.
    Lost(Lost),
    /// This is how it ended.
    Outcome(Outcome),
}

impl Stop {
    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self::Outcome(Outcome::failed(reason))
    }

    pub(super) fn refused(reason: impl Into<String>) -> Self {
        Self::Outcome(Outcome::refused(reason))
    }
}

/// A page of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Paging {
    pub(super) total_results: u64,
    pub(super) total_pages: u32,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Refusal {
    title: String,
    errors: Vec<RefusedPart>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RefusedPart {
    message: String,
    code: String,
    path: String,
}

impl Api<'_> {
    /// The address of something below the data set; an empty path is the data set itself.
    fn url(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Url, Stop> {
        let text = format!("{}/data-sets/{}/{path}", self.source.base_url, self.source.data_set);
        let mut url = Url::parse(text.trim_end_matches('/'))
            .map_err(|error| Stop::failed(format!("`base_url` is not an address: {error}")))?;
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        Ok(url)
    }

    /// The data set as one file, with status 200.
    pub(super) async fn file(&self, parameters: &[(&str, &str)]) -> Result<Answer, Stop> {
        let mut question = Question::get(self.url("csv", parameters)?, Most::of_a_file(&self.visit.limits));
        question.headers.push((ACCEPT, "text/csv".to_owned()));
        self.put(&question).await
    }

    /// What only says something, or is a part of the file.
    fn question(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Question, Stop> {
        Ok(Question::get(self.url(path, parameters)?, Most::of_a_part(&self.visit.limits)))
    }

    pub(super) async fn get_json<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<T, Stop> {
        let mut question = self.question(path, parameters)?;
        question.headers.push((ACCEPT, "application/json".to_owned()));
        understood(&self.put(&question).await?)
    }

    pub(super) async fn post_json<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        body: &serde_json::Value,
    ) -> Result<(T, usize), Stop> {
        let question = Question { posted: Some(body.to_string()), ..self.question(path, parameters)? };
        let answer = self.put(&question).await?;
        Ok((understood(&answer)?, answer.bytes.len()))
    }

    async fn put(&self, question: &Question) -> Result<Answer, Stop> {
        let answer = self.visit.put(question).await.map_err(Stop::Lost)?;
        let shown = origin(&answer.url);
        let words = match answer.status {
            StatusCode::OK => return Ok(answer),
            StatusCode::BAD_REQUEST => format!(": the question is refused{}", refusal(&answer.bytes)),
            StatusCode::FORBIDDEN => {
                ": the data set is not open to us; it may not be published yet".to_owned()
            }
            StatusCode::NOT_FOUND => ": check `base_url`, `data_set` and `version`".to_owned(),
            _ => String::new(),
        };
        Err(Stop::failed(format!("`{shown}` answered {}{words}", answer.status)))
    }
}

fn understood<T: DeserializeOwned>(answer: &Answer) -> Result<T, Stop> {
    serde_json::from_slice(&answer.bytes).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        Stop::refused(format!(
            "`{}` answers with something that is not understood ({place})",
            origin(&answer.url)
        ))
    })
}

/// What was wrong with a question, as the API says it.
fn refusal(bytes: &[u8]) -> String {
    let said: Refusal = serde_json::from_slice(bytes).unwrap_or_default();
    let part = |part: &RefusedPart| {
        let words = if part.message.is_empty() { &part.code } else { &part.message };
        if part.path.is_empty() { words.clone() } else { format!("{words} ({})", part.path) }
    };
    let parts: Vec<String> = said.errors.iter().map(part).collect();
    let words = if parts.is_empty() { said.title } else { parts.join("; ") };
    let words = plain(&words);
    if words.is_empty() { words } else { format!(": {words}") }
}

/// A short text of the publisher on one line, safe to show.
pub(super) fn plain(text: &str) -> String {
    let words: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(WORDS_CHARS_MAX).collect()
}
