//! Repairing: what `rebuild` does by hand and what `probe` may do by itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::json;

use crate::config::settings::{Limits, Settings};
use crate::domain::message::MessageKey;
use crate::pipeline::keeping::{self, Found};
use crate::pipeline::opening::{self, Moment, Walk};
use crate::pipeline::rebuilding::{self, By, Loss, Lost, Remade, Remaking};
use crate::pipeline::{doubting, loading};
use crate::store::backup;
use crate::store::examine::Verdict;
use crate::store::journal::{self, Happened, Journal, JournalError, Line};
use crate::store::keep;
use crate::store::mending::{self, Mended};
use crate::store::mirror;
use crate::store::open::Store;
use crate::store::recover::{self, Doubt};
use crate::store::refusal::StoreError;
use crate::worker::{self, WorkerError};

/// What `rebuild` did.
#[derive(Debug, Default)]
pub struct Rebuilt {
    /// What became of the journal, when it had to be mended.
    pub journal: Option<MendedJournal>,
    /// What became of the database.
    pub database: Remade,
    /// Messages that are held, because they may have been sent.
    pub held: Vec<MessageKey>,
}

/// A journal that was mended.
#[derive(Debug)]
pub struct MendedJournal {
    /// Under which name the damaged one is kept.
    pub aside: Option<String>,
    /// How it was put together.
    pub mended: Mended,
    /// Lines that nobody had, when their loss was accepted.
    pub lost: usize,
    /// Received files that no line tells of.
    pub untold: Vec<String>,
}

/// Mends the journal when it must be, then makes the database again. Composes and posts nothing.
///
/// # Errors
/// When the state is in use, a newer program wrote it, or something is lost and `loss` does not accept it.
pub fn rebuild(settings: &Settings, moment: Moment, program: &Path, loss: Loss) -> Result<Rebuilt> {
    let lock = opening::lock(&settings.state)?;
    recover::sweep(&settings.state).context("cannot remove what an earlier run left behind")?;
    let mut rebuilt = Rebuilt::default();
    let verdict = examine(settings, program)?;
    let database = match verdict {
        Verdict::Sound | Verdict::Older(_) => {
            let store = Store::open_read_only(&settings.state, &settings.limits)?;
            let lines = mirror::lines(store.connection())?;
            store.close()?;
            lines
        }
        _ => Vec::new(),
    };
    let mut journal = match Journal::open(&settings.state) {
        Ok(journal) if tells_all(&journal, &database) => journal,
        Ok(_) | Err(JournalError::Damaged { .. } | JournalError::Gone(_)) => {
            let (journal, mended) = mend(settings, moment, &database, loss)?;
            rebuilt.journal = Some(mended);
            journal
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(doubt) = recover::doubt(&settings.state)? {
        rebuilt.held = doubting::hold_all(&mut journal, moment.now, &doubt)?;
    }
    let why = match verdict {
        Verdict::Damaged(words) | Verdict::Older(words) => words,
        Verdict::Missing => "the database was gone".to_owned(),
        _ => "you asked for it".to_owned(),
    };
    let remaking = Remaking { settings, moment, program, why: &why, by: By::Person, loss };
    (_, rebuilt.database) = rebuilding::remake(remaking, lock, journal)?;
    Ok(rebuilt)
}

/// Whether the journal has every line that the database saw; of one with another past nothing is taken.
fn tells_all(journal: &Journal, database: &[Line]) -> bool {
    let Some(seen) = database.last() else { return true };
    journal.lines().len() as u64 >= seen.seq
}

fn mend(
    settings: &Settings,
    moment: Moment,
    database: &[Line],
    loss: Loss,
) -> Result<(Journal, MendedJournal)> {
    let state = &settings.state;
    let path = state.join(journal::FILE);
    let damaged = match fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        read => read.with_context(|| format!("cannot read `{}`", path.display()))?,
    };
    if mending::is_newer(&damaged) {
        let words =
            format!("journal `{}` is damaged, and has lines that a newer quarterdeck wrote", path.display());
        bail!(opening::NotOurs(format!("{words}; install that one, then `quarterdeck rebuild`")));
    }
    let backup = backup::newest_journal(&settings.backup.folder);
    let mut mended = mending::mend(&damaged, database, &backup)?;
    if (mended.last == 0 || !mended.missing.is_empty()) && loss == Loss::Refused {
        bail!(Lost(lost_lines(&mended, !damaged.is_empty())));
    }
    let given_up = mended.missing.len();
    mended.accept_loss(moment.now)?;
    if !mended.end_is_certain {
        let why = "the journal was repaired, and its last lines may be lost".to_owned();
        recover::raise_doubt(state, &Doubt { since: moment.now, why })?;
    }
    let aside = if damaged.is_empty() {
        None
    } else {
        let aside = recover::aside_name(&path, moment.now);
        fs::copy(&path, &aside).and_then(|_| fs::File::open(&aside)?.sync_all())?;
        aside.file_name().map(|name| name.to_string_lossy().into_owned())
    };
    keep::write_durably(state, journal::FILE, &mended.bytes()).context("cannot write the mended journal")?;
    let mut journal = if mended.last == 0 { begin_again(settings, moment)? } else { Journal::open(state)? };
    let detail = json!({
        "why": "it was damaged, or behind the database",
        "aside": aside,
        "own": mended.own,
        "from_database": mended.from_database,
        "from_backup": mended.from_backup,
        "lost": given_up,
    });
    journal.append(moment.now, Happened::Rebuilt, "journal", detail)?;
    let untold = untold(state, journal.lines())?;
    Ok((journal, MendedJournal { aside, mended, lost: given_up, untold }))
}

/// A first line, where received files have outlived every line about them.
fn begin_again(settings: &Settings, moment: Moment) -> Result<Journal> {
    let folder = tempfile::tempdir().context("cannot make a folder")?;
    Journal::open(folder.path())?.append(
        moment.now,
        Happened::Rebuilt,
        "journal",
        json!({ "lost": "every line was lost, and the operator accepted it" }),
    )?;
    let bytes = fs::read(folder.path().join(journal::FILE))?;
    keep::write_durably(&settings.state, journal::FILE, &bytes)?;
    Ok(Journal::open(&settings.state)?)
}

fn lost_lines(mended: &Mended, has_file: bool) -> String {
    let what = if mended.last == 0 {
        let there = if has_file { "no line of the journal is whole" } else { "the journal is gone" };
        format!("{there}, and neither the database nor a backup has a copy")
    } else {
        let numbers: Vec<String> = mended.missing.iter().take(10).map(ToString::to_string).collect();
        let count = mended.missing.len();
        format!(
            "{count} of {} lines of the journal are in neither the file, the database nor a backup: {}{}",
            mended.last,
            numbers.join(", "),
            if count > 10 { " .." } else { "" }
        )
    };
    format!(
        "{what}; restore `{}` from a backup of your own, or give them up with `quarterdeck rebuild \
         --accept-loss`: what is not known as sent is then held; nothing was changed",
        journal::FILE
    )
}

/// Received files that no line tells of.
fn untold(state: &Path, lines: &[Line]) -> Result<Vec<String>> {
    let told: BTreeSet<&str> =
        lines.iter().filter(|line| line.keeps_a_file()).map(|line| line.subject.as_str()).collect();
    let entries = match fs::read_dir(state.join(keep::RECEIVED)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.filter(|name| name.len() == 64 && !told.contains(name.as_str())).collect())
}

/// Opens and reads the database in a child, which a damaged file may end.
///
/// # Errors
/// [`StoreError::InUse`]; when a newer program wrote it; or when it could not be looked at.
pub fn examine(settings: &Settings, program: &Path) -> Result<Verdict> {
    let limits = Limits { worker_seconds: settings.limits.run_seconds, ..settings.limits };
    let task = json!({ "state": settings.state, "limits": limits }).to_string();
    let verdict = match worker::run(program, &["worker", "database"], task.as_bytes(), &limits) {
        Ok(answer) => serde_json::from_slice(&answer).context("the worker's answer is not understood")?,
        // Killed from outside says nothing of the file; it would be made again and again.
        Err(WorkerError::Died { how, .. }) if how.contains("signal") && !how.contains("signal 9") => {
            Verdict::Damaged(format!("opening the database ended a process, which {how}"))
        }
        Err(error) => return Err(anyhow!(error).context("the database could not be looked at")),
    };
    match verdict {
        Verdict::InUse(process) => {
            let path = settings.state.join(crate::store::open::FILE_NAME);
            Err(StoreError::InUse { path, process }.into())
        }
        Verdict::Failed(words) => bail!("the database could not be looked at: {words}"),
        Verdict::Newer(words) => bail!(opening::NotOurs(words)),
        told => Ok(told),
    }
}

/// What a probe found and did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// What was repaired, in words.
    pub repaired: Vec<String>,
    /// What could not be, and what it matters, in words.
    pub remarks: Vec<String>,
}

/// Looks at everything in the state, and repairs what can be repaired without losing anything.
///
/// Files that never change are read and compared with their hashes until `enough` says so; the newest first.
///
/// # Errors
/// When the state is in use, or damaged so that the operator must say what to do; the error names the
/// command.
pub fn probe(
    settings: &Settings,
    moment: Moment,
    program: &Path,
    enough: &mut dyn FnMut() -> bool,
) -> Result<Probed> {
    let mut probed = Probed::default();
    let state = &settings.state;
    let lock = opening::lock(state)?;
    for path in recover::sweep(state).context("cannot remove what an earlier run left behind")? {
        probed.repaired.push(format!("`{}`, left behind by a run that died, was removed", path.display()));
    }
    let torn = fs::metadata(state.join("journal.torn")).and_then(|found| found.modified()).ok();
    let journal = Journal::open(state)?;
    if fs::metadata(state.join("journal.torn")).and_then(|found| found.modified()).ok() != torn {
        probed
            .repaired
            .push("the last line of the journal was torn; it is kept in `journal.torn`".to_owned());
    }
    let has_walked = journal.lines().iter().any(Line::ends_a_run);
    let why = match examine(settings, program)? {
        Verdict::Damaged(words) | Verdict::Older(words) => Some(words),
        Verdict::Missing if has_walked => Some("the database was gone".to_owned()),
        _ => None,
    };
    let lock = match why {
        Some(why) => {
            let (by, loss) = (By::Program, Loss::Refused);
            let remaking = Remaking { settings, moment, program, why: &why, by, loss };
            let (opened, remade) = rebuilding::remake(remaking, lock, journal)?;
            probed.repaired.push(remade_words(&why, &remade));
            probed.remarks.extend(remade.remarks);
            opened.lock
        }
        None => lock,
    };
    if !state.join(crate::store::open::FILE_NAME).exists() {
        return Ok(probed);
    }
    let mut walk = Walk::with_lock(settings, moment, program, Box::new(|_| {}), lock)?;
    opening::note_schedules(&mut walk.journal, settings, moment.now)?;
    let mut remade = Remade::default();
    let put_back = walk.begin_transaction().and_then(|()| rebuilding::put_messages_back(&walk, &mut remade));
    walk.end_transaction(put_back)?;
    look_at_messages(&walk, &mut probed, enough);
    look_at_received(&walk, &mut probed, enough)?;
    Ok(probed)
}

/// What was made again, in one line.
#[must_use]
pub fn remade_words(why: &str, remade: &Remade) -> String {
    let aside = remade.aside.as_ref().map(|name| format!("; the old file is kept as `{name}`"));
    format!(
        "the database was made again from {} received files and {} messages ({why}){}",
        remade.submissions,
        remade.messages,
        aside.unwrap_or_default()
    )
}

fn look_at_messages(walk: &Walk<'_>, probed: &mut Probed, enough: &mut dyn FnMut() -> bool) {
    let folder = walk.settings.state.join(keep::MESSAGES);
    for line in walk.journal.lines().iter().rev().filter(|line| line.event == Happened::Queued) {
        let name = keeping::file_name(&MessageKey::stored(&line.subject));
        if folder.join(name).exists() && enough() {
            continue;
        }
        match keeping::message(walk.settings, Some(&walk.store), line) {
            Ok((_, Found::Whole)) => {}
            Ok((_, Found::Healed)) => {
                probed.repaired.push(format!("the file of message `{}` was written again", line.subject));
            }
            Err(error) => probed.remarks.push(format!("message `{}`: {error:#}", line.subject)),
        }
    }
}

fn look_at_received(walk: &Walk<'_>, probed: &mut Probed, enough: &mut dyn FnMut() -> bool) -> Result<()> {
    let folder = walk.settings.state.join(keep::RECEIVED);
    let accepted = loading::accepted_losses(walk.journal.lines());
    let mut seen = BTreeSet::new();
    for line in walk.journal.lines().iter().rev().filter(|line| line.keeps_a_file()) {
        let hash = &line.subject;
        let path = folder.join(hash);
        let known = !seen.insert(hash.clone()) || accepted.contains(hash);
        if known || path.exists() && enough() {
            continue;
        }
        match keeping::received(walk.settings, hash) {
            Ok(Found::Whole) => {}
            Ok(Found::Healed) => {
                probed.repaired.push(format!("`received/{hash}` was taken from a backup"));
            }
            Err(error) => {
                // Out of the way, so that its source is asked for it again.
                if path.exists() {
                    let aside = recover::aside_name(&path, walk.now);
                    fs::rename(&path, &aside).and_then(|()| keep::sync_folder(&folder))?;
                }
                probed.remarks.push(format!("{error:#}; {}", without(line)));
            }
        }
    }
    Ok(())
}

/// What it matters that the kept file of a line is lost.
fn without(line: &Line) -> &'static str {
    match line.event {
        Happened::TurnedAway => "it was refused when it came, so no figure was ever taken from it",
        _ => {
            "the database has its figures, but could not be made again: the next run asks its source for it, \
             or ask for the return again and `quarterdeck receive` it"
        }
    }
}
