//! One file by its address: what the answer means for the return that was looked for.

use reqwest::StatusCode;
use url::Url;

use crate::collect::address::{file_name, origin};
use crate::collect::body::Most;
use crate::collect::refusals::{Barred, Refusals};
use crate::collect::suspect::{fault, why_refused};
use crate::collect::validators;
use crate::collect::visit::{Answer, Cause, Lost, Question, Visit};
use crate::collect::{Fault, Outcome, Received, Wanted};

/// The outcome, or why the host gave none; the latter counts against the host.
pub(super) async fn fetch(
    visit: &Visit,
    refusals: &Refusals,
    wanted: &Wanted,
    url: Url,
) -> Result<Outcome, Lost> {
    let mut question = Question::get(url, Most::of_a_file(&visit.limits));
    question.headers.extend(validators::conditions(wanted));
    match visit.put(&question).await {
        Ok(answer) => {
            let is_home = answer.url.origin() == question.url.origin();
            if is_home && visit.source.login.secret_file().is_some() {
                refusals.see(answer.status);
            }
            Ok(judged(wanted, answer, refusals))
        }
        Err(lost) => not_of_the_host(lost),
    }
}

/// What was lost through no fault of the host is an outcome of its own.
pub(super) fn not_of_the_host(lost: Lost) -> Result<Outcome, Lost> {
    match lost.cause {
        Cause::Silence | Cause::Fault | Cause::Rest => Err(lost),
        Cause::Question => Ok(Outcome::failed(lost.reason)),
        Cause::Login => Ok(Outcome::Barred { reason: lost.reason }),
        Cause::TooMuch => Ok(Outcome::refused(lost.reason)),
        Cause::Packing => Ok(Outcome::refused(lost.reason).through(Fault::Source)),
    }
}

fn judged(wanted: &Wanted, answer: Answer, refusals: &Refusals) -> Outcome {
    let status = answer.status;
    let failed = |words: &str| Outcome::failed(format!("`{}` answered {status}{words}", origin(&answer.url)));
    match status {
        StatusCode::OK => taken(answer),
        StatusCode::NOT_MODIFIED if wanted.etag.is_some() || wanted.last_modified.is_some() => {
            Outcome::Unchanged
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => Outcome::NotThere,
        StatusCode::UNAUTHORIZED if refusals.barred() == Some(Barred::Wrong) => Outcome::Barred {
            reason: format!("`{}` refuses our login: it answered {status}", origin(&answer.url)),
        },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            failed(": check the source's login and what it may read")
        }
        _ if status.is_success() => Outcome::refused(format!(
            "`{}` answered {status}, which is not a whole file",
            origin(&answer.url)
        ))
        .through(Fault::Source),
        _ => failed(""),
    }
}

fn taken(answer: Answer) -> Outcome {
    let mut name = file_name(&answer.url);
    // Packed for the way only: what is left is the file inside.
    if name.to_ascii_lowercase().ends_with(".gz") && !answer.bytes.starts_with(&[0x1f, 0x8b]) {
        name.truncate(name.len() - 3);
    }
    let (etag, last_modified) =
        validators::that_hold(answer.etag, answer.last_modified, answer.date.as_deref());
    let received =
        Received { file_name: name, origin: origin(&answer.url), bytes: answer.bytes, etag, last_modified };
    match why_refused(&received.bytes) {
        Some(reason) => {
            let fault = fault(&received.bytes);
            Outcome::turned_away(reason, received).through(fault)
        }
        None => Outcome::Received(received),
    }
}
