//! Rebuilding: the database made again from the journal, the received files and the messages.
//!
//! Nothing is composed and nothing is posted. The old file is kept aside, and put back when this fails.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use thiserror::Error;

use crate::config::settings::Settings;
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::message::MessageKey;
use crate::pipeline::opening::{Moment, Opened, Walk};
use crate::pipeline::{Report, asking, keeping, loading};
use crate::store::examine;
use crate::store::journal::{Happened, Journal, Line};
use crate::store::mirror;
use crate::store::open::{FILE_NAME, Store};
use crate::store::outbox;
use crate::store::recover::{self, Aside};
use crate::store::refusal::StoreError;
use crate::store::returns::Arrival;
use crate::store::withdrawn;

/// The subject of the lines of a rebuild.
const REBUILD: &str = "rebuild";
/// Messages are many and large: so many go into the database at once.
const MESSAGES_AT_ONCE: usize = 50;
/// How many lost files are named in one error.
const NAMES_MAX: usize = 10;

/// Whether files that nobody has any more may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// They may not: they are named, and nothing is done.
    Refused,
    /// The operator accepts that they are gone.
    Accepted,
}

/// Something is gone that nothing can be made from.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Lost(pub String);

/// What a rebuild made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remade {
    /// The name under which the old database is kept; none when there was none.
    pub aside: Option<String>,
    /// Submissions loaded again, the refused ones too.
    pub submissions: usize,
    /// Messages put back into the database.
    pub messages: usize,
    /// Files and messages that were taken from a backup.
    pub healed: usize,
    /// What could not be put back, in words.
    pub remarks: Vec<String>,
}

/// Whose idea it was to make the database again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Somebody called for `rebuild`, and read what came of it.
    Person,
    /// The program could not go on without.
    Program,
}

impl By {
    fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Program => "program",
        }
    }
}

/// For whom and when the database is made again.
#[derive(Clone, Copy, Debug)]
pub struct Remaking<'a> {
    /// The whole configuration.
    pub settings: &'a Settings,
    /// When.
    pub moment: Moment,
    /// This binary, for workers.
    pub program: &'a Path,
    /// Why, for the journal and the operator.
    pub why: &'a str,
    /// Whose idea it was.
    pub by: By,
    /// Whether lost files are left out.
    pub loss: Loss,
}

/// Opens the database; one that is gone or has older tables is made again first.
///
/// # Errors
/// As [`Store::open`]; when there is no room; or when it cannot be made again.
pub fn ready(it: Remaking<'_>, lock: File, mut journal: Journal) -> Result<Opened> {
    let (state, limits) = (&it.settings.state, &it.settings.limits);
    recover::sweep(state).context("cannot remove what an earlier run left behind")?;
    if let Err(error) = recover::room_for_a_run(state) {
        let failed =
            journal.append(it.moment.now, Happened::Failed, "all", json!({ "why": error.to_string() }));
        return Err(match failed {
            Ok(()) => error.into(),
            Err(untold) => {
                anyhow::Error::from(error).context(format!("it could not be journalled: {untold}"))
            }
        });
    }
    let has_walked = journal.lines().iter().any(Line::ends_a_run);
    if has_walked && !state.join(FILE_NAME).exists() {
        let why = "the database was gone";
        return remake(Remaking { why, ..it }, lock, journal)
            .and_then(|(opened, _)| opened.reopened(it.settings));
    }
    match Store::open(state, limits) {
        Err(older @ StoreError::Older { .. }) => {
            let why = examine::in_short(&older);
            let (opened, _) = remake(Remaking { why: &why, ..it }, lock, journal)?;
            opened.reopened(it.settings)
        }
        store => {
            let store = store?;
            mirror::refuse_empty(store.connection(), journal.lines())?;
            mirror::follow(store.connection(), journal.lines())?;
            Ok(Opened { lock, journal, store: Some(store) })
        }
    }
}

/// Makes the database again beside the old one, then moves the old one aside. The journal must be whole.
///
/// # Errors
/// When a received file is lost, there is no room, or the database refuses; then the old one stays.
pub fn remake(it: Remaking<'_>, lock: File, journal: Journal) -> Result<(Opened, Remade)> {
    let state = &it.settings.state;
    recover::room_for_a_run(state)?;
    let mut remade = Remade::default();
    let mut journal = journal;
    find_received(it, &mut journal, &mut remade)?;
    let store = Store::fresh(state, &it.settings.limits)?;
    let opened = Opened { lock, journal, store: Some(store) };
    let mut walk = Walk::upon(it.settings, it.moment, it.program, Box::new(|_| {}), opened)?;
    walk.begin_as(REBUILD)?;
    // A run that died is not to be forgotten because the database was made again after it.
    let died: Vec<Value> = std::mem::take(&mut walk.troubles).iter().map(written).collect();
    walk.begin_transaction()?;
    let done = refill(&mut walk, &mut remade);
    let filled = walk.end_transaction(done);
    let mut opened = walk.into_parts();
    if let Err(error) = filled {
        let why = format!("{error:#}");
        opened.journal.append(it.moment.now, Happened::Failed, REBUILD, json!({ "why": why }))?;
        return Err(error.context("the database could not be made again; the old one is where it was"));
    }
    let store = opened.store.take().context("the new database is closed")?;
    mirror::follow(store.connection(), opened.journal.lines())?;
    let aside = Aside::database(state, it.moment.now).context("cannot move the old database aside")?;
    if let Err(error) = store.put_in_place(state) {
        aside.put_back().context("cannot put the old database back")?;
        return Err(error.into());
    }
    remade.aside = aside.name();
    let detail = json!({
        "why": it.why,
        "by": it.by.word(),
        "aside": remade.aside,
        "submissions": remade.submissions,
        "messages": remade.messages,
        "healed": remade.healed,
        "died": died,
    });
    opened.journal.append(it.moment.now, Happened::Rebuilt, "database", detail)?;
    opened.journal.append(it.moment.now, Happened::Walked, REBUILD, json!({}))?;
    Ok((opened, remade))
}

impl Opened {
    /// The database that was put in place, opened under its name.
    fn reopened(self, settings: &Settings) -> Result<Self> {
        let store = Store::open(&settings.state, &settings.limits)?;
        mirror::follow(store.connection(), self.journal.lines())?;
        Ok(Self { store: Some(store), ..self })
    }
}

/// Everything that finished walks loaded: what came later waits for the next one, which writes its receipts.
fn refill(walk: &mut Walk<'_>, remade: &mut Remade) -> Result<()> {
    walk.replace_configuration()?;
    let mut report = Report::default();
    let until = last_walked(walk.journal.lines());
    let loaded = loading::load_until(walk, until, &mut report)?;
    remade.submissions = loaded.len();
    let finished: Vec<Line> =
        walk.journal.lines().iter().take_while(|line| line.seq <= until).cloned().collect();
    let gone = withdrawn::follow(walk.store.connection(), &finished)?;
    asking::ask(walk, &loaded, &gone, &mut report)?;
    remade.remarks.extend(report.failures.iter().map(|one| format!("{}: {}", one.place, one.what)));
    put_messages_back(walk, remade)
}

/// The line of the last walk that reached its end; every one of them loads.
fn last_walked(lines: &[Line]) -> u64 {
    let loads = |line: &&Line| line.ends_a_run() && line.subject != REBUILD;
    lines.iter().rev().find(loads).map_or(0, |line| line.seq)
}

/// Puts the messages back that the journal tells of and the database does not have.
///
/// # Errors
/// When the database refuses.
pub fn put_messages_back(walk: &Walk<'_>, remade: &mut Remade) -> Result<()> {
    let known = outbox::keys(walk.store.connection())?;
    let mut seen: BTreeSet<MessageKey> = BTreeSet::new();
    let mut batch = Vec::new();
    for line in walk.journal.lines().iter().filter(|line| line.event == Happened::Queued) {
        let key = MessageKey::stored(&line.subject);
        if known.contains(&key) || !seen.insert(key) {
            continue;
        }
        match keeping::message(walk.settings, None, line) {
            Ok((message, found)) => {
                remade.healed += usize::from(found == keeping::Found::Healed);
                batch.push(message);
            }
            Err(error) => remade.remarks.push(format!("message `{}`: {error:#}", line.subject)),
        }
        if batch.len() == MESSAGES_AT_ONCE {
            remade.messages += batch.len();
            outbox::queue(walk.store.connection(), &std::mem::take(&mut batch))?;
        }
    }
    remade.messages += batch.len();
    Ok(outbox::queue(walk.store.connection(), &batch)?)
}

/// Every received file is there and whole, comes from a backup, or its loss is accepted.
fn find_received(it: Remaking<'_>, journal: &mut Journal, remade: &mut Remade) -> Result<()> {
    let accepted = loading::accepted_losses(journal.lines());
    let arrivals: Vec<Arrival> = journal.lines().iter().filter_map(loading::arrival).collect();
    let (mut seen, mut lost) = (BTreeSet::new(), Vec::new());
    for arrival in arrivals {
        if !seen.insert(arrival.hash.clone()) || accepted.contains(&arrival.hash) {
            continue;
        }
        match keeping::received(it.settings, &arrival.hash) {
            Ok(found) => remade.healed += usize::from(found == keeping::Found::Healed),
            Err(_) => lost.push(arrival),
        }
    }
    if lost.is_empty() {
        return Ok(());
    }
    if it.loss == Loss::Refused {
        bail!(Lost(words(&lost)));
    }
    for arrival in lost {
        remade.remarks.push(format!("{} is lost, as you accepted", whose(&arrival)));
        let detail =
            json!({ "words": format!("{} was lost, and the operator accepted it", whose(&arrival)) });
        let subject = loading::lost_subject(&arrival.hash);
        journal.append(it.moment.now, Happened::SetAside, &subject, detail)?;
    }
    Ok(())
}

fn whose(arrival: &Arrival) -> String {
    let part = |text: Option<String>| text.map(|text| format!(" {text}")).unwrap_or_default();
    format!(
        "`received/{}` ({}{}{}, `{}`)",
        arrival.hash,
        arrival.collection,
        part(arrival.authority.as_ref().map(ToString::to_string)),
        part(arrival.quarter.map(|quarter| quarter.to_string())),
        arrival.file_name
    )
}

fn words(lost: &[Arrival]) -> String {
    let names: Vec<String> = lost.iter().take(NAMES_MAX).map(whose).collect();
    let more = lost.len().saturating_sub(NAMES_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "the database cannot be made again without {}{more}: restore the file into `received/` from a \
         backup, or ask for the return again and `quarterdeck receive` it, or give it up with \
         `quarterdeck rebuild --accept-loss`; the old database is where it was",
        names.join(", ")
    )
}

/// What was made again since the last walk that reached its end, for the operator. What somebody asked for is
/// no trouble.
#[must_use]
pub fn told(lines: &[Line]) -> Option<(String, Vec<Trouble>)> {
    let after = last_walked(lines);
    let rebuilt: Vec<&Line> =
        lines.iter().filter(|line| line.event == Happened::Rebuilt && line.seq > after).collect();
    let text = |line: &Line, name: &str| {
        line.detail.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let trouble = |line: &&Line| Trouble {
        room: Room::Run,
        what: format!("made again, because {}", text(line, "why")),
        place: format!("the {}", line.subject),
        next: match text(line, "aside").as_str() {
            "" => "nothing: nothing is lost".to_owned(),
            aside => format!("nothing: nothing is lost; the old file is kept as `{aside}`"),
        },
    };
    let last = rebuilt.last()?.seq;
    let died = rebuilt.iter().filter_map(|line| line.detail.get("died")?.as_array()).flatten();
    let mut troubles: Vec<Trouble> = died.map(read_back).collect();
    let is_news = |line: &&&Line| !text(line, "why").is_empty() && text(line, "by") != By::Person.word();
    troubles.extend(rebuilt.iter().filter(is_news).map(trouble));
    Some((format!("rebuilt {last}"), troubles))
}

fn written(trouble: &Trouble) -> Value {
    json!({ "what": trouble.what, "place": trouble.place, "next": trouble.next })
}

fn read_back(trouble: &Value) -> Trouble {
    let text = |name: &str| trouble.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Trouble { room: Room::Run, what: text("what"), place: text("place"), next: text("next") }
}
