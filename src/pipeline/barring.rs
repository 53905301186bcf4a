//! Logins that a source refused: they are not sent again, in no later run, until what is sent changes.
//!
//! A password that is sent twice a day, and wrong, locks the account. The journal keeps when and of what it
//! was refused, and nothing that tells of the secret.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::config::settings::{Collection, HttpSource};
use crate::domain::letter::notice::{Room, Trouble};
use crate::pipeline::Report;
use crate::pipeline::opening::Walk;
use crate::store::journal::{Happened, Line};
use crate::store::keep;

/// Of the sum, so many digits tell one login from another.
const MARK_DIGITS: usize = 16;

/// The subject under which a login stands aside, as `--again` takes it.
fn subject(collection: &str) -> String {
    format!("login {collection}")
}

/// Where the login goes, who it says we are, and when its secret's file was written: never what is in it.
fn mark(source: &HttpSource) -> String {
    let written = source.login.secret_file().and_then(|file| fs::metadata(file).ok());
    let written = written.map(|it| (it.ino(), it.size(), it.ctime(), it.ctime_nsec()));
    keep::hash(format!("{} {:?} {written:?}", source.url, source.login).as_bytes())[..MARK_DIGITS].to_owned()
}

/// Since when the login of a source is not sent; none when it may be, since it is another now.
///
/// # Errors
/// When the journal cannot be written.
pub(super) fn since(
    walk: &mut Walk<'_>,
    collection: &Collection,
    source: &HttpSource,
) -> Result<Option<DateTime<Utc>>> {
    let subject = subject(&collection.name);
    if !walk.aside().any(|one| one == subject) {
        return Ok(None);
    }
    let is_it = |line: &&Line| line.event == Happened::SetAside && line.subject == subject;
    let line = walk.journal.lines().iter().rev().find(is_it);
    let mark = mark(source);
    let same = |line: &&Line| line.detail.get("mark").and_then(Value::as_str) == Some(&mark);
    let since = line.filter(same).map(|line| line.at);
    if since.is_none() {
        walk.try_again(&subject)?;
    }
    Ok(since)
}

/// Journals that the login of a source is refused, and tells it: both once.
///
/// # Errors
/// When the journal cannot be written.
pub(super) fn bar(
    walk: &mut Walk<'_>,
    collection: &Collection,
    source: &HttpSource,
    reason: &str,
    report: &mut Report,
) -> Result<()> {
    let subject = subject(&collection.name);
    if walk.aside().any(|one| one == subject) {
        return Ok(());
    }
    let detail = json!({ "mark": mark(source), "words": format!("its login is refused: {reason}") });
    walk.journal.append(walk.now, Happened::SetAside, &subject, detail)?;
    walk.daring.aside.insert(subject.clone());
    report.failures.push(Trouble {
        room: Room::Collect,
        what: format!(
            "{reason}; nothing more is asked for until the login is another, and nobody is chased meanwhile. \
             This is told once"
        ),
        place: format!("collection `{}`", collection.name),
        next: format!(
            "write the right secret into its file, or correct the source's login; when it was right, and the \
             source is put right, `quarterdeck once --again \"{subject}\"`"
        ),
    });
    Ok(())
}
