//! What a state forgot: returns that were put away in a drop folder, and that the journal does not know.
//!
//! A state that was restored from a copy knows less than the world. What came over HTTP since is fetched
//! again; a drop folder is emptied by taking in, so what came there is looked for where it was put away. So
//! is a file that went on growing there, because its upload had only paused, be it that it was taken in or
//! refused.

use std::collections::BTreeMap;
use std::time::SystemTime;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use crate::collect::done::{self, PutAway};
use crate::collect::folder::Fate;
use crate::collect::{CollectError, Outcome, Received};
use crate::config::settings::Settings;
use crate::pipeline::agreed::Place;
use crate::pipeline::wanting::{is_about, of_quarters};
use crate::store::journal::Line;
use crate::store::{keep, recover};

/// How a receipt begins that says that its file was taken in.
pub(super) const TAKEN_IN: &str = "Taken in on ";

/// How it writes the minute, without its zone.
pub(super) const MINUTE: &str = "%-d %B %Y at %H:%M";

/// What stands between the instant and the version.
pub(super) const AS_VERSION: &str = " as version ";

/// How a receipt begins that says that its file was refused, and what stands around its size.
pub(super) const REFUSED: &str = "Refused. It came on ";
pub(super) const WITH_BYTES: &str = ", with ";
pub(super) const BYTES: &str = " bytes.";

/// Of files that are not known by size and time, so many are read in one look, the newest first.
const READ_MAX: usize = 100;

/// A file that was put away and is not known.
#[derive(Debug)]
pub struct Forgotten {
    /// Where it lies, and whose it is.
    pub put_away: PutAway,
    /// What it holds.
    pub received: Received,
    /// When its receipt says that it came.
    pub came_at: DateTime<Utc>,
    /// Why it is not known.
    pub why: Why,
}

/// Why a file that was put away is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The journal has no reception at that time: the state is older than the file.
    Unheard,
    /// The journal has the reception, and the upload went on after it.
    Grown,
}

/// By which clocks is looked.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// The day of the run.
    pub today: NaiveDate,
    /// The machine's own time.
    pub machine: SystemTime,
}

/// The files in `done` and `refused` that the journal's lines do not know, in the order in which they came.
///
/// A file is known by its size and time, when a file of the same return had them, or else by its bytes: files
/// that were copied or unpacked together have one time. Where the state is known to be an older one, only the
/// bytes count. A file without our receipt is nobody's business, and of what was refused only what went on
/// growing is.
///
/// # Errors
/// When the folder cannot be listed, or does not answer.
pub fn find(
    settings: &Settings,
    lines: &[Line],
    place: &mut Place<'_>,
    clocks: Clocks,
) -> Result<Vec<Forgotten>, CollectError> {
    let collection = place.collection;
    let wanted = of_quarters(settings, collection, &collection.ended_quarters(clocks.today));
    let of_it = |line: &&Line| text(line, "collection") == Some(&collection.name) && line.keeps_a_file();
    let lines: Vec<&Line> = lines.iter().filter(of_it).collect();
    let mut marks: BTreeMap<String, Vec<&Line>> = BTreeMap::new();
    for line in &lines {
        marks.entry(mark(line).unwrap_or_default()).or_default().push(line);
    }
    let is_known = |one: &PutAway| {
        let alike = marks.get(&one.mark());
        alike.is_some_and(|lines| lines.iter().any(|line| is_about(line, &collection.name, &one.wanted)))
    };
    // A state that knows less than the world may have forgotten any of them.
    let is_old = !recover::doubt(&settings.state).is_ok_and(|doubt| doubt.is_none());
    let mut unknown = Vec::new();
    for fate in [Fate::Done, Fate::Refused] {
        unknown.extend(done::put_away(&mut place.looker, &place.naming, &wanted, fate, clocks.machine)?);
    }
    unknown.retain(|one| is_old && one.fate == Fate::Done || !is_known(one));
    unknown.sort_by_key(|one| std::cmp::Reverse(one.changed()));
    let rest = unknown.split_off(unknown.len().min(READ_MAX));
    let mut found = look(settings, &lines, place, unknown)?;
    if is_old || found.iter().any(|one| one.why == Why::Unheard) {
        found.extend(look(settings, &lines, place, rest)?);
    }
    found.sort_by_key(|one| (one.came_at, one.put_away.changed()));
    Ok(found)
}

fn look(
    settings: &Settings,
    lines: &[&Line],
    place: &mut Place<'_>,
    files: Vec<PutAway>,
) -> Result<Vec<Forgotten>, CollectError> {
    let receipts = done::receipts(&mut place.looker, &files)?;
    let mut found = Vec::new();
    for (file, receipt) in files.into_iter().zip(receipts) {
        let about: Vec<&Line> = lines
            .iter()
            .filter(|line| is_about(line, &place.collection.name, &file.wanted))
            .copied()
            .collect();
        found.extend(match file.fate {
            Fate::Done => forgotten(settings, &about, place, file, &receipt),
            Fate::Refused => grown(settings, &about, place, file, &receipt),
        });
        if let Some(silence) = place.looker.silence() {
            return Err(silence);
        }
    }
    Ok(found)
}

/// A file that was taken in and is not known.
fn forgotten(
    settings: &Settings,
    about: &[&Line],
    place: &mut Place<'_>,
    put_away: PutAway,
    receipt: &str,
) -> Option<Forgotten> {
    let came_at = instant(receipt, settings.zone)?;
    let received = unheard(settings, about, place, &put_away)?;
    let minute = |at: DateTime<Utc>| at.timestamp().div_euclid(60);
    let mut heard = about.iter().filter(|line| minute(received_at(line)) == minute(came_at)).peekable();
    let why = if heard.peek().is_none() {
        Why::Unheard
    } else if heard.any(|line| has_grown(settings, &line.subject, &received.bytes)) {
        Why::Grown
    } else {
        // Somebody wrote into what is put away: that is no way to send a return.
        return None;
    };
    Some(Forgotten { put_away, received, came_at, why })
}

/// A file that was refused when less of it was there.
fn grown(
    settings: &Settings,
    about: &[&Line],
    place: &mut Place<'_>,
    put_away: PutAway,
    receipt: &str,
) -> Option<Forgotten> {
    let (came_at, bytes) = refusal(receipt, settings.zone)?;
    if put_away.bytes() <= bytes {
        return None;
    }
    let received = unheard(settings, about, place, &put_away)?;
    let is_beginning = |line: &&&Line| {
        line.detail.get("bytes").and_then(Value::as_u64) == Some(bytes)
            && has_grown(settings, &line.subject, &received.bytes)
    };
    // Of an empty file nothing was kept.
    let has_grown = bytes == 0 || about.iter().any(|line| is_beginning(&line));
    has_grown.then_some(Forgotten { put_away, received, came_at, why: Why::Grown })
}

/// What a file holds, when no line about its return has the same bytes.
fn unheard(settings: &Settings, about: &[&Line], place: &mut Place<'_>, file: &PutAway) -> Option<Received> {
    let outcome = file.claim.bytes(&mut place.looker, &place.naming, &settings.limits);
    let Outcome::Received(received) = outcome else { return None };
    let hash = keep::hash(&received.bytes);
    (!about.iter().any(|line| line.subject == hash)).then_some(received)
}

/// Whether a kept file is only the beginning of what its file holds now.
fn has_grown(settings: &Settings, hash: &str, now: &[u8]) -> bool {
    keep::read_received(&settings.state, hash)
        .is_ok_and(|kept| now.len() > kept.len() && now.starts_with(&kept))
}

fn text<'a>(line: &'a Line, name: &str) -> Option<&'a str> {
    line.detail.get(name).and_then(Value::as_str)
}

/// Size and time of a file that was taken in from a drop folder: what its stamp ends with.
fn mark(line: &Line) -> Option<String> {
    let mut parts = text(line, "etag")?.rsplitn(3, ' ');
    let (changed, bytes) = (parts.next()?, parts.next()?);
    Some(format!("{bytes} {changed}"))
}

/// When a file came: by its line, unless that says that it came before and was forgotten.
#[must_use]
pub fn received_at(line: &Line) -> DateTime<Utc> {
    text(line, "received_at").and_then(|at| at.parse().ok()).unwrap_or(line.at)
}

/// The instant and the size in the first line of the receipt of a file that was refused.
fn refusal(receipt: &str, zone: Tz) -> Option<(DateTime<Utc>, u64)> {
    let (at, bytes) = receipt.strip_prefix(REFUSED)?.split_once(WITH_BYTES)?;
    Some((local(at, zone)?, bytes.strip_suffix(BYTES)?.parse().ok()?))
}

/// The instant in the first line of a receipt; none when it does not say that a file was taken in.
fn instant(receipt: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let (at, _) = receipt.strip_prefix(TAKEN_IN)?.split_once(AS_VERSION)?;
    local(at, zone)
}

fn local(at: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let (minute, abbreviation) = at.rsplit_once(' ')?;
    let local = NaiveDateTime::parse_from_str(minute, MINUTE).ok()?;
    // An hour that comes twice is told apart by the abbreviation of its zone.
    let both = zone.from_local_datetime(&local);
    let later = both.latest().filter(|it| it.format("%Z").to_string() == abbreviation);
    Some(later.or(both.earliest())?.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::London;

    use super::{instant, refusal};

    #[test]
    fn the_size_of_what_was_refused_is_read_back() {
        let read = |text: &str| refusal(text, London).map(|(at, bytes)| (at.to_rfc3339(), bytes));
        let line = "Refused. It came on 3 July 2017 at 09:05 BST, with 1200 bytes.";
        assert_eq!(read(line), Some(("2017-07-03T08:05:00+00:00".to_owned(), 1200)));
        assert_eq!(read("Refused. It came on 3 July 2017 at 09:05 BST."), None);
    }

    #[test]
    fn the_minute_of_a_receipt_is_read_back() {
        let read = |text: &str| instant(text, London).map(|at| at.to_rfc3339());
        let summer = "Taken in on 3 July 2017 at 09:05 BST as version 12.";
        assert_eq!(read(summer).as_deref(), Some("2017-07-03T08:05:00+00:00"));
        let winter = "Taken in on 17 November 2017 at 08:00 GMT as version 1.";
        assert_eq!(read(winter).as_deref(), Some("2017-11-17T08:00:00+00:00"));
        let twice =
            ["BST", "GMT"].map(|zone| format!("Taken in on 29 October 2017 at 01:30 {zone} as version 1."));
        assert_eq!(read(&twice[0]).as_deref(), Some("2017-10-29T00:30:00+00:00"));
        assert_eq!(read(&twice[1]).as_deref(), Some("2017-10-29T01:30:00+00:00"));
        for other in ["", "Refused. It came on 17 November 2017 at 08:00 GMT.", "Taken in on some day"] {
            assert_eq!(read(other), None);
        }
    }
}
