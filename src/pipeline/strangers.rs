//! Files in a drop folder that are not taken in.
//!
//! Whoever put one there reads beside it why, and what to call it. The operator hears of each once; `status`
//! and `doctor` name it until it is gone. None of them is a failure of the run.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::collect::away::NOT_TAKEN;
use crate::collect::folder::{Stranger, Why};
use crate::collect::meant::{Meant, Reading};
use crate::collect::{CollectError, name_ending};
use crate::config::settings::{Settings, Source};
use crate::domain::authority::AuthorityCode;
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::quarter::Quarter;
use crate::pipeline::Report;
use crate::pipeline::agreed::Place;
use crate::pipeline::opening::Walk;
use crate::pipeline::polled;
use crate::store::grid::ReturnRow;
use crate::store::journal::{Happened, Line};

const FORMATS: &str = "XLSX, XLS, ODS, CSV or JSON";

/// A file that lies in a drop folder and is not taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lying {
    /// The collection whose folder it is.
    pub collection: String,
    /// Its name, as it may be shown.
    pub name: String,
    /// Why it is not taken in.
    pub why: String,
    /// Whose it seems to be; none when its name does not say that.
    pub of: Option<Of>,
}

/// Whose return a file that is not taken in seems to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Of {
    authority: AuthorityCode,
    /// None when its name does not say that: then it may be of the newest.
    quarter: Option<Quarter>,
    /// What its sender is to do, in sentences.
    next: String,
}

/// What is noted of a file: why it is not taken in, and whose it seems to be.
type Note = (String, Option<Of>);

/// What is said of a file that is not taken in.
struct Said {
    /// To the operator: why.
    why: String,
    /// To the operator: what to do; none when nothing is.
    next: Option<String>,
    /// To whoever put it there.
    receipt: Option<String>,
    /// To whoever is asked for the return that it seems to be; none when nothing is to be done.
    to_sender: Option<String>,
}

/// What lies in drop folders by the journal, which the last look wrote.
#[must_use]
pub fn lying(settings: &Settings, lines: &[Line]) -> Vec<Lying> {
    let folders = settings.collections.iter().filter(|one| matches!(one.source, Source::Folder(_)));
    let of_one = |collection: &str| {
        let noted = noted(lines, collection).into_iter();
        let lying = |(name, (why, of))| Lying { collection: collection.to_owned(), name, why, of };
        noted.map(lying).collect::<Vec<_>>()
    };
    folders.flat_map(|one| of_one(&one.name)).collect()
}

/// Of what lies in drop folders, what seems to be this return.
#[must_use]
pub fn instead_of(settings: &Settings, lines: &[Line], row: &ReturnRow, today: NaiveDate) -> Vec<Lying> {
    let newest = settings
        .collections
        .iter()
        .find(|one| one.name == row.collection)
        .and_then(|one| one.ended_quarters(today).last().copied());
    let is_it = |of: &Of| of.authority == row.authority && of.quarter.or(newest) == Some(row.quarter);
    let mut lying = lying(settings, lines);
    lying.retain(|one| one.collection == row.collection && one.of.as_ref().is_some_and(is_it));
    lying
}

impl Lying {
    /// That it lies in a folder, why it is not taken in, and what its sender is to do.
    #[must_use]
    pub fn in_words(&self, folder: &str) -> String {
        let next = self.of.as_ref().map_or("", |of| of.next.as_str());
        format!("`{}` lies in {folder} and is not taken in: {}. {next}", self.name, self.why)
    }
}

/// Tells of what a look found, each file once: to the operator by the report, to its sender by a receipt.
///
/// # Errors
/// When the journal cannot be written, or the folder does not answer any more.
pub(super) fn tell(
    walk: &mut Walk<'_>,
    place: &mut Place<'_>,
    strangers: &[Stranger],
    receipts: &BTreeSet<String>,
    report: &mut Report,
) -> Result<Result<(), CollectError>> {
    let before = noted(walk.journal.lines(), &place.collection.name);
    let told = noted(of_whole_runs(walk.journal.lines()), &place.collection.name);
    let others = strangers.iter().filter(|one| !holds_our_own(walk.settings, place, one));
    let said: Vec<(&Stranger, Said)> =
        others.map(|one| (one, said(walk.settings, walk.today, place, one))).collect();
    let now: BTreeMap<String, Note> = said.iter().map(|(one, said)| noting(place, one, said)).collect();
    let new = said.iter().filter(|(one, _)| !told.contains_key(&one.shown));
    for (one, said) in new {
        if let Some(next) = &said.next {
            report.remarks.push(Trouble {
                room: Room::Drop,
                what: said.why.clone(),
                place: format!("{}: `{}`", place.collection.name, one.shown),
                next: next.clone(),
            });
        }
        if let (Some(name), Some(words)) = (&one.name, &said.receipt) {
            match place.looker.tell(name, words) {
                Ok(Ok(())) => {}
                Ok(Err(cause)) => tracing::debug!(cause, "a receipt could not be put beside a file"),
                Err(silence) => return Ok(Err(silence)),
            }
        }
    }
    report.lying += said.len();
    if now != before {
        let files: BTreeMap<_, _> = now.iter().map(|(name, (why, _))| (name, why)).collect();
        let of: BTreeMap<_, _> =
            now.iter().filter_map(|(name, (_, of))| Some((name, kept(of.as_ref()?)))).collect();
        let detail = json!({ "collection": place.collection.name, "files": files, "of": of });
        walk.journal.append(walk.now, Happened::Noted, &subject(&place.collection.name), detail)?;
    }
    Ok(take_back(place, strangers, receipts))
}

/// Whether it is a folder in which another folder of the configuration lies.
fn holds_our_own(settings: &Settings, place: &Place<'_>, one: &Stranger) -> bool {
    let (Why::Folder, Some(name)) = (&one.why, &one.name) else { return false };
    let path = place.naming.source.path.join(name);
    let drops = settings.collections.iter().filter_map(|one| match &one.source {
        Source::Folder(source) => Some(&source.path),
        _ => None,
    });
    drops.chain([&settings.state, &settings.backup.folder]).any(|one| one.starts_with(&path))
}

/// A receipt whose file is gone, or was taken in, goes too.
fn take_back(
    place: &mut Place<'_>,
    strangers: &[Stranger],
    receipts: &BTreeSet<String>,
) -> Result<(), CollectError> {
    let here: BTreeSet<&String> = strangers.iter().filter_map(|one| one.name.as_ref()).collect();
    for name in receipts.iter().filter(|name| !here.contains(name)) {
        if let Err(cause) = place.looker.untell(name)? {
            tracing::debug!(cause, "a receipt without its file could not be taken away");
        }
    }
    Ok(())
}

fn subject(collection: &str) -> String {
    format!("not taken in: {collection}")
}

/// The lines up to the end of the last run that came to one: what one noted that died, nobody has read.
fn of_whole_runs(lines: &[Line]) -> &[Line] {
    let is_end = |line: &Line| line.event == Happened::Walked && !polled::closes_a_history(&line.subject);
    let end = lines.iter().rposition(is_end).map_or(0, |at| at + 1);
    lines.get(..end).unwrap_or_default()
}

/// What lay there at the last look.
fn noted(lines: &[Line], collection: &str) -> BTreeMap<String, Note> {
    let subject = subject(collection);
    let is_it = |line: &&Line| line.event == Happened::Noted && line.subject == subject;
    let Some(line) = lines.iter().rev().find(is_it) else { return BTreeMap::new() };
    let files = line.detail.get("files").and_then(Value::as_object);
    let of = |name: &str| read_back(line.detail.get("of")?.get(name)?);
    let note = |(name, why): (&String, &Value)| Some((name.clone(), (why.as_str()?.to_owned(), of(name))));
    files.into_iter().flatten().filter_map(note).collect()
}

/// As the journal keeps it.
fn kept(of: &Of) -> Value {
    let quarter = of.quarter.map(|quarter| quarter.to_string());
    json!({ "authority": of.authority.as_str(), "quarter": quarter, "next": of.next })
}

fn read_back(of: &Value) -> Option<Of> {
    let text = |name: &str| of.get(name).and_then(Value::as_str);
    Some(Of {
        authority: AuthorityCode::parse(text("authority")?).ok()?,
        quarter: text("quarter").and_then(Quarter::from_spelling),
        next: text("next")?.to_owned(),
    })
}

/// What is noted of a file, under its name.
fn noting(place: &Place<'_>, one: &Stranger, said: &Said) -> (String, Note) {
    let of = whose(place, one).zip(said.to_sender.clone());
    let of = of.map(|((authority, quarter), next)| Of { authority, quarter, next });
    (one.shown.clone(), (said.why.clone(), of))
}

/// The authority that a name says, and the quarter where it says that too.
fn whose(place: &Place<'_>, one: &Stranger) -> Option<(AuthorityCode, Option<Quarter>)> {
    let name = one.name.as_deref();
    let stem = match &one.why {
        Why::NoFile => return None,
        Why::Unclear(reading) => return Some((reading.authority.clone()?, reading.quarter)),
        Why::NotWanted(authority, quarter) => return Some((authority.clone(), Some(*quarter))),
        Why::Folder => name?,
        Why::Ending | Why::Left => name?.rsplit_once('.').map(|(stem, _)| stem)?,
    };
    match place.naming.meant(stem) {
        Meant::One(authority, quarter) => Some((authority, Some(quarter))),
        Meant::Unclear(reading) => Some((reading.authority?, reading.quarter)),
    }
}

fn said(settings: &Settings, today: NaiveDate, place: &Place<'_>, one: &Stranger) -> Said {
    let away = "it was not touched; see who put it there, or take it away";
    match &one.why {
        Why::NoFile => Said {
            why: "it is no plain file, or its name is no text".to_owned(),
            next: Some(away.to_owned()),
            receipt: None,
            to_sender: None,
        },
        Why::Folder => Said {
            why: "it is a folder, and only what lies in the drop folder itself is looked at".to_owned(),
            next: Some("have what is in it moved up into the drop folder".to_owned()),
            receipt: None,
            to_sender: Some("If the return is in it, move it up into the drop folder itself.".to_owned()),
        },
        Why::Left => Said {
            why:
                "by its name it is a file on its way, and it has not changed for a day: it was never finished"
                    .to_owned(),
            next: Some("ask its sender whether all of it came, and take it away".to_owned()),
            receipt: None,
            to_sender: Some("Send it again, and see that all of it comes.".to_owned()),
        },
        Why::Ending => Said {
            why: "its ending is not one of a format that is read".to_owned(),
            next: Some(format!("it was not touched; a return is {FORMATS}, packed or not")),
            receipt: Some(receipt(
                "It is not in a format that is read here.",
                &format!("Save the return as {FORMATS} and put that here."),
            )),
            to_sender: Some(format!("Save the return as {FORMATS} and put that there.")),
        },
        Why::Unclear(reading) => unclear(settings, today, place, one, reading),
        Why::NotWanted(authority, quarter) => not_wanted(settings, today, place, authority, *quarter),
    }
}

fn receipt(why: &str, next: &str) -> String {
    format!("{NOT_TAKEN}\n\n{why}\n\n{next}\n\nThis note goes away with the file.\n")
}

/// A name that does not say which return it is, and what it should be.
fn unclear(
    settings: &Settings,
    today: NaiveDate,
    place: &Place<'_>,
    one: &Stranger,
    reading: &Reading,
) -> Said {
    let against = reading.against.join("; ");
    let newest = place.collection.ended_quarters(today).last().copied();
    let of_then = |quarter: Quarter| settings.authorities.iter().find(|it| it.existed_on(quarter.last_day()));
    let quarter = reading.quarter.or(newest);
    let code = reading.authority.clone().or_else(|| Some(of_then(quarter?)?.code.clone()));
    let name = code.as_ref().zip(quarter).and_then(|(code, quarter)| place.naming.exact(code, quarter));
    let name = name.map(|name| format!("`{name}{}`", name_ending(one.name.as_deref().unwrap_or_default())));
    let (Some(name), Some(code), Some(quarter)) = (name, code, quarter) else {
        let next = "rename it as the collection's `name` says, or take it away".to_owned();
        return Said { why: against, next: Some(next), receipt: None, to_sender: None };
    };
    let called = settings.authorities.iter().find(|it| it.code == code).map_or("", |it| it.name.as_str());
    let right = match (&reading.authority, reading.quarter) {
        (Some(_), Some(_)) => name,
        (Some(_), None) => format!("{name} when it is of {quarter}"),
        (None, Some(_)) => format!("{name} when it is of {called}"),
        (None, None) => format!("{name} when it is of {called} and {quarter}"),
    };
    let to_sender = format!("Call it {right}. It is then taken in within a working day.");
    Said {
        why: format!("its name does not say which return it is: {against}"),
        next: Some(format!("have it called {right}, or take it away; a note beside it says so")),
        receipt: Some(receipt(
            &format!("The name of the file does not say which return it is: {against}."),
            &to_sender,
        )),
        to_sender: Some(to_sender),
    }
}

/// A return that is not looked for: too early, too old, or of an authority that was not there then.
fn not_wanted(
    settings: &Settings,
    today: NaiveDate,
    place: &Place<'_>,
    code: &AuthorityCode,
    quarter: Quarter,
) -> Said {
    let collection = place.collection;
    let last = quarter.last_day();
    if last >= today {
        let why = format!("{quarter} ends on {}; it is taken in then", last.format("%-d %B %Y"));
        let words = receipt(&format!("{}.", why.replacen(';', ":", 1)), "Nothing is to be done.");
        return Said { why, next: None, receipt: Some(words), to_sender: None };
    }
    let authority = settings.authorities.iter().find(|it| it.code == *code);
    let name = authority.map_or_else(|| code.to_string(), |it| it.name.clone());
    if authority.is_some_and(|it| !it.existed_on(last)) {
        let why = format!("{name} ({code}) did not exist on the last day of {quarter}");
        let words = receipt(&format!("{why}."), "Call it by the authority and the quarter that it is of.");
        let next = "see which authority and quarter it is of; its name says these".to_owned();
        return Said { why, next: Some(next), receipt: Some(words), to_sender: None };
    }
    let ask = "Ask whoever runs the collection, who can take it in by hand.";
    if !collection.ended_quarters(today).contains(&quarter) {
        let first = collection.first_quarter;
        let why = format!("the collection `{}` begins with {first} and has no {quarter}", collection.name);
        let words = receipt(&format!("{quarter} is not collected."), ask);
        let next = "take it away, or see `first_quarter` of the collection".to_owned();
        return Said { why, next: Some(next), receipt: Some(words), to_sender: Some(ask.to_owned()) };
    }
    let open = collection.revision_quarters;
    let why = format!(
        "{quarter} is closed: besides the newest quarter, {open} before it are taken in (`revision_quarters`)"
    );
    let next = format!(
        "`quarterdeck receive --history FILE --collection {} --authority CODE` takes in the past, then take \
         the file away",
        collection.name
    );
    let words = receipt(&format!("{quarter} is closed: new versions of it are not taken in from here."), ask);
    Said { why, next: Some(next), receipt: Some(words), to_sender: Some(ask.to_owned()) }
}
