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
use crate::collect::{CollectError, Outcome, name_ending};
use crate::config::settings::{Settings, Source};
use crate::domain::authority::{Authority, AuthorityCode};
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::quarter::Quarter;
use crate::pipeline::agreed::Place;
use crate::pipeline::opening::Walk;
use crate::pipeline::{Report, loading, polled};
use crate::read::{named, succession};
use crate::store::grid::ReturnRow;
use crate::store::journal::{Happened, Line};
use crate::store::keep;

const FORMATS: &str = "XLSX, XLS, ODS, CSV or JSON";

/// So many files are looked into in one run, to say what they should be called.
const LOOKED_INTO_MAX: usize = 50;

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

/// Of what [lies](lying) in drop folders, what seems to be this return.
pub fn instead_of<'a>(
    settings: &Settings,
    lying: &'a [Lying],
    row: &'a ReturnRow,
    today: NaiveDate,
) -> impl Iterator<Item = &'a Lying> {
    let newest = settings
        .collections
        .iter()
        .find(|one| one.name == row.collection)
        .and_then(|one| one.ended_quarters(today).last().copied());
    let is_it = move |of: &Of| of.authority == row.authority && of.quarter.or(newest) == Some(row.quarter);
    lying.iter().filter(move |one| one.collection == row.collection && one.of.as_ref().is_some_and(is_it))
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
    let mut now: BTreeMap<String, Note> = BTreeMap::new();
    let mut looked_into = 0;
    for one in strangers {
        if holds_our_own(walk.settings, place, one) {
            continue;
        }
        let is_new = !told.contains_key(&one.shown);
        let inside = if is_new && looked_into < LOOKED_INTO_MAX {
            looked_into += 1;
            look_into(walk, place, one)?
        } else {
            Inside::default()
        };
        let said = said(walk, place, one, &inside);
        let (name, note) = noting(place, one, &said);
        // What its rows said when it was looked into is not forgotten.
        let known = before.get(&name).filter(|(why, _)| !is_new && *why == note.0).cloned();
        now.insert(name, known.unwrap_or(note));
        if !is_new {
            continue;
        }
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
    report.lying += now.len();
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

/// What the rows of a file say that its name does not.
#[derive(Debug, Default)]
struct Inside {
    authorities: BTreeSet<AuthorityCode>,
    quarters: BTreeSet<Quarter>,
}

/// Reads a file of which the name does not say which return it is. What cannot be read says nothing.
fn look_into(walk: &mut Walk<'_>, place: &mut Place<'_>, one: &Stranger) -> Result<Inside> {
    let limits = &walk.settings.limits;
    let (Why::Unclear(_), Some(claim)) = (&one.why, one.claim()) else { return Ok(Inside::default()) };
    let Outcome::Received(received) = claim.bytes(&mut place.looker, &place.naming, limits) else {
        return Ok(Inside::default());
    };
    let subject = format!("read {}", keep::hash(&received.bytes));
    if !walk.may_do(&subject)? {
        return Ok(Inside::default());
    }
    let (collection, name) = (place.collection, received.file_name.as_str());
    walk.is_doing(&subject, &format!("looking into `{}` of {}", one.shown, collection.name))?;
    let grid = loading::rows(walk.program, limits, &received.bytes, name, &collection.layouts)?;
    walk.is_doing(&format!("poll {}", collection.name), "putting notes beside files in a drop folder")?;
    let Ok(grid) = grid else { return Ok(Inside::default()) };
    let expected = loading::expected(walk, collection, None, None);
    Ok(Inside {
        authorities: named::authorities(&grid, &expected).unwrap_or_default(),
        quarters: named::quarters(&grid, &expected).unwrap_or_default(),
    })
}

fn said(walk: &Walk<'_>, place: &Place<'_>, one: &Stranger, inside: &Inside) -> Said {
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
        Why::Unclear(reading) => unclear(walk, place, one, (reading, inside)),
        Why::NotWanted(authority, quarter) => not_wanted(walk, place, one, (authority, *quarter)),
    }
}

fn receipt(why: &str, next: &str) -> String {
    format!("{NOT_TAKEN}\n\n{why}\n\n{next}\n\nThis note goes away with the file.\n")
}

/// A name that does not say which return it is, and what it should be.
fn unclear(
    walk: &Walk<'_>,
    place: &Place<'_>,
    one: &Stranger,
    (reading, inside): (&Reading, &Inside),
) -> Said {
    let against = reading.against.join("; ");
    let Some(right) = right_name(walk, place, one, (reading, inside)) else {
        let next = "rename it as the collection's `name` says, or take it away".to_owned();
        return Said { why: against, next: Some(next), receipt: None, to_sender: None };
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

/// What a file is to be called: by its name, else by its rows. Nobody is named whom neither of them names.
fn right_name(
    walk: &Walk<'_>,
    place: &Place<'_>,
    one: &Stranger,
    (reading, inside): (&Reading, &Inside),
) -> Option<String> {
    let newest = place.collection.ended_quarters(walk.today).last().copied();
    let of_rows = inside.quarters.first().copied().filter(|_| inside.quarters.len() == 1);
    let quarter = reading.quarter.or(of_rows).or(newest)?;
    let ending = name_ending(one.name.as_deref().unwrap_or_default());
    let in_rows = whose_rows(&walk.settings.authorities, inside, quarter);
    let known = |code: &AuthorityCode| walk.settings.authorities.iter().find(|it| it.code == *code);
    let meant: Vec<&Authority> = match (&reading.authority, in_rows) {
        (Some(named), Some(other)) if other.code != *named => {
            known(named).into_iter().chain([other]).collect()
        }
        (Some(named), _) => known(named).into_iter().collect(),
        (None, Some(other)) => vec![other],
        (None, None) => reading.candidates.iter().filter_map(known).collect(),
    };
    let by_rows = (reading.quarter.is_some() || of_rows.is_some())
        && (reading.authority.is_some() || in_rows.is_some())
        && meant.len() == 1;
    let time = reading.quarter.is_none().then(|| quarter.to_string());
    let right = meant.iter().filter_map(|it| {
        let name = place.naming.exact(&it.code, quarter)?;
        let is_said = meant.len() == 1 && reading.authority.is_some();
        let whose = (!is_said).then(|| it.name_among(&walk.settings.authorities, walk.today));
        let when: Vec<String> = whose.into_iter().chain(time.clone()).collect();
        let when =
            if when.is_empty() { String::new() } else { format!(" when it is of {}", when.join(" and ")) };
        let as_said = if by_rows && !when.is_empty() { ", as its rows say" } else { "" };
        Some(format!("`{name}{ending}`{when}{as_said}"))
    });
    let right: Vec<String> = right.collect();
    if !right.is_empty() {
        return Some(right.join(", or "));
    }
    let pattern = place.naming.pattern(quarter)?;
    let mark = if pattern.contains("{CODE}") {
        "the nine characters of the authority's code in place of `{CODE}`, as in the rows of its returns and \
         in our letters to it"
    } else {
        "the authority's number at the Department for Education in place of `{NUMBER}`"
    };
    let when = time.map_or_else(String::new, |time| format!(" when it is of {time}"));
    Some(format!("`{pattern}{ending}`{when}, with {mark}"))
}

/// The one authority that rows name, by the code that it has in that quarter.
fn whose_rows<'a>(all: &'a [Authority], inside: &Inside, quarter: Quarter) -> Option<&'a Authority> {
    let last = quarter.last_day();
    let code = inside.authorities.first().filter(|_| inside.authorities.len() == 1)?;
    let known = all.iter().find(|one| one.code == *code)?;
    if known.existed_on(last) { Some(known) } else { succession::same_area(all, known, last) }
}

/// A return that is not looked for: too early, too old, or of an authority that was not there then.
fn not_wanted(
    walk: &Walk<'_>,
    place: &Place<'_>,
    one: &Stranger,
    (code, quarter): (&AuthorityCode, Quarter),
) -> Said {
    let (collection, today) = (place.collection, walk.today);
    let last = quarter.last_day();
    if last >= today {
        let why = format!("{quarter} ends on {}; it is taken in then", last.format("%-d %B %Y"));
        let words = receipt(&format!("{}.", why.replacen(';', ":", 1)), "Nothing is to be done.");
        return Said { why, next: None, receipt: Some(words), to_sender: None };
    }
    let all = &walk.settings.authorities;
    if let Some(gone) = all.iter().find(|it| it.code == *code && !it.existed_on(last)) {
        return of_another_time(walk, place, one, (gone, quarter));
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

/// A return under the code of an authority that was not there at the end of its quarter.
fn of_another_time(
    walk: &Walk<'_>,
    place: &Place<'_>,
    one: &Stranger,
    (gone, quarter): (&Authority, Quarter),
) -> Said {
    let last = quarter.last_day();
    let expected = loading::expected(walk, place.collection, None, Some(quarter));
    let why = succession::reason(&expected, gone, last);
    let there = succession::same_area(&walk.settings.authorities, gone, last);
    let named = there.and_then(|it| Some((&it.code, place.naming.exact(&it.code, quarter)?)));
    let (next, to_do) = match named {
        Some((code, name)) => {
            let name = format!("`{name}{}`", name_ending(one.name.as_deref().unwrap_or_default()));
            (
                format!("have it called {name}, and `{code}` written in its rows; a note beside it says so"),
                format!(
                    "Call it {name}, and write `{code}` in its rows. It is then taken in within a working \
                     day."
                ),
            )
        }
        None => (
            "see which authority and quarter it is of; a note beside it says who was there".to_owned(),
            "Send a return for each authority that was there on the last day of its quarter.".to_owned(),
        ),
    };
    let words = receipt(&format!("{why}."), &to_do);
    Said { why, next: Some(next), receipt: Some(words), to_sender: Some(to_do) }
}
