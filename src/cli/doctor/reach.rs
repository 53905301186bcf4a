//! What must be reached: the mail server, each source, the heartbeat. Nothing is sent, nothing is kept.

use std::convert::Infallible;
use std::time::Duration;

use chrono::NaiveDate;
use serde_json::Value;

use crate::cli::doctor::Seen;
use crate::cli::print;
use crate::collect::folder::{Mark, NOT_THERE};
use crate::collect::http::{Asked, Round, fetch_all};
use crate::collect::looker::Patience;
use crate::collect::{Outcome, Wanted, ees};
use crate::config::settings::{
    Collection, EesSource, FolderSource, Limits, PostSettings, Reporters, Settings, Source,
};
use crate::mail::Post;
use crate::pipeline::agreed::Place;
use crate::pipeline::picture::counted;
use crate::pipeline::strangers;
use crate::pipeline::telling::{self, Beat};
use crate::store::journal::{Happened, Line};

/// A source that is well answers long before.
const SECONDS_MAX: u64 = 20;

/// The mail server takes our login and mail from us, or the folder can be written to.
pub(super) async fn mail(settings: &Settings) -> Seen {
    // Opening it would make it.
    if let PostSettings::Folder { path } = &settings.mail.post
        && !path.exists()
    {
        return Seen::ok("mail", format!("the first run makes the folder `{}` for messages", path.display()));
    }
    let tried = match Post::open(&settings.mail) {
        Ok(post) => post.try_out().await,
        Err(error) => Err(error.to_string()),
    };
    match tried {
        Ok(saw) => Seen::ok("mail", saw),
        Err(saw) => {
            Seen::problem("mail", saw, "messages wait and are not lost; correct `[mail]` or the server")
        }
    }
}

/// A line per collection that is polled.
pub(super) async fn sources(settings: &Settings, lines: &[Line], today: NaiveDate) -> Vec<Seen> {
    let mut seen = Vec::new();
    for collection in &settings.collections {
        let check = format!("source {}", collection.name);
        seen.push(match &collection.source {
            Source::Hand => Seen::ok(check, "files are taken in by hand"),
            Source::Folder(source) => folder(&check, settings, collection, source, lines),
            Source::Http(source) => {
                let newest = newest(settings, collection, &source.url, lines, today);
                web(&check, settings, Asked::Files(source), newest).await
            }
            Source::Ees(source) => {
                let wanted = Wanted { etag: version(collection, source, lines), ..Wanted::default() };
                web(&check, settings, Asked::Ees(source), Some(wanted)).await
            }
        });
    }
    seen
}

/// Asks for one return, as a run would; what comes is thrown away.
async fn web(check: &str, settings: &Settings, source: Asked<'_>, wanted: Option<Wanted>) -> Seen {
    let Some(wanted) = wanted else {
        return Seen::ok(check, "no quarter has ended yet, so there is nothing to ask for");
    };
    let limits = Limits {
        fetch_seconds: settings.limits.fetch_seconds.min(SECONDS_MAX),
        connect_seconds: settings.limits.connect_seconds.min(SECONDS_MAX),
        ..settings.limits
    };
    let next = "see whether the source answers from this machine, and its `login`";
    let round = Round { source, wanted: vec![wanted] };
    let mut answered = None;
    let mut on_answer = |_, one| -> Result<(), Infallible> {
        answered = Some(one);
        Ok(())
    };
    let Ok(mut ended) = fetch_all(vec![round], &limits, &mut on_answer).await;
    if let Some(Err(error)) = ended.pop() {
        return Seen::problem(check, error.to_string(), next);
    }
    let Some(answered) = answered else { return Seen::warning(check, "nothing was asked for", next) };
    if let Some(note) = answered.notes.first() {
        return Seen::warning(check, note.says.clone(), "decide what the configuration should say");
    }
    match answered.outcome {
        Outcome::Received(file) => {
            Seen::ok(check, format!("answers with a file of {} bytes; it was not kept", file.bytes.len()))
        }
        Outcome::Unchanged => Seen::ok(check, "answers that what we have has not changed"),
        Outcome::NotThere => Seen::ok(check, "answers that the newest return is not there yet"),
        Outcome::Refused { reason, .. } => Seen::warning(check, format!("answers, but {reason}"), next),
        Outcome::Failed { reason } | Outcome::Untried { reason } | Outcome::Barred { reason } => {
            Seen::problem(check, reason, next)
        }
    }
}

/// The newest return of the first authority, with what we know of it, so that mostly nothing is transferred.
fn newest(
    settings: &Settings,
    collection: &Collection,
    url: &str,
    lines: &[Line],
    today: NaiveDate,
) -> Option<Wanted> {
    let quarter = *collection.ended_quarters(today).last()?;
    if collection.reporters == Reporters::Publisher && !url.contains("{quarter}") {
        return Some(Wanted::default());
    }
    let mut wanted = Wanted { quarter: Some(quarter), ..Wanted::default() };
    if collection.reporters == Reporters::Members {
        let authority = settings.authorities.iter().find(|one| one.existed_on(quarter.last_day()))?;
        wanted.authority = Some(authority.code.clone());
        wanted.dfe_number = Some(authority.dfe_number.clone());
    }
    let text = |line: &Line, name: &str| line.detail.get(name).and_then(Value::as_str).map(str::to_owned);
    let code = wanted.authority.as_ref().map(ToString::to_string);
    let known = lines.iter().rev().find(|line| {
        line.event == Happened::Received
            && text(line, "collection").as_deref() == Some(&collection.name)
            && text(line, "authority") == code
            && text(line, "quarter") == Some(quarter.to_string())
    });
    wanted.etag = known.and_then(|line| text(line, "etag"));
    wanted.last_modified = known.and_then(|line| text(line, "last_modified"));
    Some(wanted)
}

/// The version of a data set that we have.
fn version(collection: &Collection, source: &EesSource, lines: &[Line]) -> Option<String> {
    let text = |line: &Line, name: &str| line.detail.get(name).and_then(Value::as_str).map(str::to_owned);
    let known = lines.iter().rev().find(|line| {
        line.event == Happened::Received
            && text(line, "collection").as_deref() == Some(&collection.name)
            && text(line, "source") == Some(ees::origin(source))
    });
    known.and_then(|line| text(line, "etag"))
}

fn folder(
    check: &str,
    settings: &Settings,
    collection: &Collection,
    source: &FolderSource,
    lines: &[Line],
) -> Seen {
    let path = source.path.display();
    let mut place = place(settings, collection, source);
    if source.path.starts_with(&settings.state) && matches!(place.looker.mark(), Ok(Mark::Unknown)) {
        return Seen::ok(check, format!("the first run makes the drop folder `{path}`"));
    }
    match place.looker.try_out() {
        Err(silence) => {
            let next = "see whether the share is mounted and its server answers; runs go on without it";
            return Seen::problem(check, silence.to_string(), next);
        }
        Ok(Err(saw)) => {
            let next = if saw.ends_with(NOT_THERE) {
                "make it, or correct the `path` of the collection; the daemon's user must read and write it"
            } else {
                "let the daemon's user read and write it, and its `done` and `refused`"
            };
            return Seen::problem(check, saw, next);
        }
        Ok(Ok(())) => {}
    }
    let lying = strangers::lying(settings, lines).into_iter().filter(|it| it.collection == collection.name);
    let lying: Vec<String> = lying.map(|it| format!("`{}` ({})", it.name, it.why)).collect();
    if let Some(first) = lying.first() {
        let files = counted(lying.len(), "file is", "files are");
        let saw = format!("{files} not taken in from the drop folder `{path}`, such as {first}");
        return Seen::warning(
            check,
            saw,
            "`quarterdeck status` names each; a note beside it says what to do",
        );
    }
    Seen::ok(check, format!("the drop folder `{path}` can be read, and files can be put away"))
}

/// Sends somebody to a drop folder, who does not keep us waiting.
pub(super) fn place<'a>(
    settings: &'a Settings,
    collection: &'a Collection,
    source: &'a FolderSource,
) -> Place<'a> {
    let limit = Duration::from_secs(settings.limits.fetch_seconds.min(SECONDS_MAX));
    let patience = Patience { answer: limit, whole: limit };
    Place::open(settings, collection, source, &print::program(), patience)
}

/// The heartbeat, asked only when that was asked for: whoever listens takes it for a run.
pub(super) async fn heartbeat(settings: &Settings, ping: bool) -> Seen {
    if settings.heartbeat.is_none() {
        return Seen::ok("heartbeat", "none is configured");
    }
    if !ping {
        return Seen::ok("heartbeat", "not asked for; `quarterdeck doctor --ping` does");
    }
    match telling::beat(settings.heartbeat.as_ref(), Beat::Done).await {
        Ok(()) => Seen::ok("heartbeat", "its address answers"),
        Err(why) => Seen::warning("heartbeat", why, "correct the address in its file"),
    }
}
