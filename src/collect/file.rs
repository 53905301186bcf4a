//! One file by its address: what the answer means for the return that was looked for.

use reqwest::StatusCode;
use reqwest::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};
use url::Url;

use crate::collect::address::{file_name, origin};
use crate::collect::suspect::why_refused;
use crate::collect::visit::{Answer, Cause, Lost, Question, Visit};
use crate::collect::{Outcome, Received, Wanted};

/// The outcome, or why the host gave none; the latter counts against the host.
pub(super) async fn fetch(visit: &Visit, wanted: &Wanted, url: Url) -> Result<Outcome, Lost> {
    let mut question = Question::get(url);
    let known = [(IF_NONE_MATCH, &wanted.etag), (IF_MODIFIED_SINCE, &wanted.last_modified)];
    for (name, value) in known {
        question.headers.extend(value.clone().map(|value| (name, value)));
    }
    match visit.put(&question).await {
        Ok(answer) => Ok(judged(wanted, answer)),
        Err(lost) => not_of_the_host(lost),
    }
}

/// What was lost through no fault of the host is an outcome of its own.
pub(super) fn not_of_the_host(lost: Lost) -> Result<Outcome, Lost> {
    match lost.cause {
        Cause::Silence | Cause::Fault | Cause::Rest => Err(lost),
        Cause::Question => Ok(Outcome::failed(lost.reason)),
        Cause::Body => Ok(Outcome::refused(lost.reason)),
    }
}

fn judged(wanted: &Wanted, answer: Answer) -> Outcome {
    let status = answer.status;
    let failed = |words: &str| Outcome::failed(format!("`{}` answered {status}{words}", origin(&answer.url)));
    match status {
        StatusCode::OK => taken(answer),
        StatusCode::NOT_MODIFIED if wanted.etag.is_some() || wanted.last_modified.is_some() => {
            Outcome::Unchanged
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => Outcome::NotThere,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            failed(": check the source's login and what it may read")
        }
        _ if status.is_success() => Outcome::refused(format!(
            "`{}` answered {status}, which is not a whole file",
            origin(&answer.url)
        )),
        _ => failed(""),
    }
}

fn taken(answer: Answer) -> Outcome {
    let mut name = file_name(&answer.url);
    // Packed for the way only: what is left is the file inside.
    if name.to_ascii_lowercase().ends_with(".gz") && !answer.bytes.starts_with(&[0x1f, 0x8b]) {
        name.truncate(name.len() - 3);
    }
    let received = Received {
        file_name: name,
        origin: origin(&answer.url),
        bytes: answer.bytes,
        etag: answer.etag,
        last_modified: answer.last_modified,
    };
    match why_refused(&received.bytes) {
        Some(reason) => Outcome::turned_away(reason, received),
        None => Outcome::Received(received),
    }
}
