//! The journal: what was received, queued, attempted, sent, acknowledged.
//!
//! One JSON object a line, each with its running number and its sum. The journal is synced before what it
//! announces is believed, and the database follows it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::store::keep;
use crate::store::schema::SCHEMA_VERSION;

/// The file in the state folder.
pub const FILE: &str = "journal.jsonl";
const SUM_DIGITS: usize = 16;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happened {
    /// A run began.
    Began,
    /// A run reached its end; the subject is the step, or `all`.
    Walked,
    /// A file was received and kept; the subject is its hash.
    Received,
    /// What came cannot be a return, and is kept all the same; the subject is its hash, the detail says why.
    TurnedAway,
    /// A version of a return was withdrawn; the subject is its hash, the detail says who and why.
    Withdrawn,
    /// Something that is told or done once; the subject says what, such as a drop folder that was seen.
    Noted,
    /// A run could not be done; the subject is `all`, the detail says why.
    Failed,
    /// A run that is careful is about to do something; the subject says what, such as `read` and a hash.
    Doing,
    /// What a run died of is not tried again; the subject is what it was doing.
    SetAside,
    /// A run was told to stop and gave back what it had not done; the subject is `all`.
    Stopped,
    /// A schedule came into force, or went; the subject is its job, the detail has its `cron` and `zone`.
    Scheduled,
    /// A copy of the state was made and verified; the subject is its name.
    BackedUp,
    /// The database, or the journal itself, was made again; the subject is `database` or `journal`.
    Rebuilt,
    /// Newer bank holidays were taken; the subject is the hash of the file.
    Refreshed,
    /// A message was queued; the subject is its key.
    Queued,
    /// A message's body is about to be sent.
    Sending,
    /// A relay took a message.
    Sent,
    /// A relay refused a message for good.
    Refused,
    /// A message could not be sent yet; a try is counted unless the detail's `counts` is false.
    Later,
    /// A run could send nothing more, which says nothing of any message; the subject is `mail`, the detail
    /// says why, and which `messages` it was then asked for.
    Barred,
    /// Whether a message was taken could not be known.
    Unknown,
    /// The operator holds a message back.
    Held,
    /// The operator lets a held or refused message go.
    Released,
    /// Someone owns a finding; the subject is its id.
    Acknowledged,
    /// A finding is quiet until a day.
    Snoozed,
    /// A finding is expected.
    Dismissed,
    /// A finding is the new normal: the chart begins anew from a quarter.
    Accepted,
    /// The figure that a finding doubts is right; the subject is the finding's id.
    Confirmed,
    /// A party is done with a deadline, or has supplied some; the subject is the deadline's id.
    Done,
    /// The last such deed on its subject was taken back; the detail says which `deed`, who and why.
    Undone,
    /// Support was agreed for a finding; the subject is the action's id.
    Supported,
    /// Support was looked at again; the subject is the action's id.
    Reviewed,
    /// What is believed of a finding changed; the subject is its id.
    Found,
}

impl Happened {
    /// The word in the journal and in tables.
    #[must_use]
    pub fn word(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// From 1, without gaps.
    pub seq: u64,
    /// When, by the clock the command was given.
    pub at: DateTime<Utc>,
    /// What happened.
    pub event: Happened,
    /// To what: a hash, a message key, a finding id, a step.
    pub subject: String,
    /// The rest.
    pub detail: Value,
}

impl Line {
    /// Whether it announces a file in the folder of received files; the subject is its hash.
    #[must_use]
    pub fn keeps_a_file(&self) -> bool {
        matches!(self.event, Happened::Received | Happened::TurnedAway)
    }

    /// Whether a run reached its end here. That a source's history is complete is told by the same word.
    #[must_use]
    pub fn ends_a_run(&self) -> bool {
        self.event == Happened::Walked && !self.subject.starts_with("history.")
    }
}

/// Why a journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// A line before the last is not what was written.
    #[error(
        "journal `{path}` is damaged in line {line}: {reason}; `quarterdeck rebuild` keeps it aside and \
        takes the line from the database's copy or the newest backup; it sends nothing"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// There is none, and yet there was a past.
    #[error(
        "journal `{0}` is gone or empty, and there are received files or messages beside it; \
        `quarterdeck rebuild` makes it again from the database's copy or the newest backup; it sends nothing"
    )]
    Gone(PathBuf),
    /// A newer program wrote it.
    #[error("journal `{path}` was written by a newer quarterdeck ({wrote}), and this is {}: {reason}; \
        install the newer one again, or restore a backup that was made before it; nothing was changed",
        env!("CARGO_PKG_VERSION"))]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version that wrote it.
        wrote: String,
        /// What this program does not know.
        reason: String,
    },
    /// The file cannot be read or written.
    #[error("cannot use journal `{path}`: {cause}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// The open journal, with every line in memory: some thousands a year.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    bytes: u64,
    lines: Vec<Line>,
}

impl Journal {
    /// Opens or creates the journal of a state folder.
    ///
    /// A torn last line, left by a power cut before anything relied on it, is kept aside and cut off.
    ///
    /// # Errors
    /// When the file cannot be opened, is gone from a state that was used, was written by a newer program, or
    /// has a damaged line before the last: then nothing is changed.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join(FILE);
        let io = |cause| JournalError::Io { path: path.clone(), cause };
        let (bytes, is_new) = match std::fs::read(&path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => (Vec::new(), true),
            read => (read.map_err(io)?, false),
        };
        let (lines, whole) = read_lines(folder, &bytes)?;
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
        if is_new {
            keep::sync_folder(folder).map_err(io)?;
        }
        if whole < bytes.len() {
            keep::write_durably(folder, "journal.torn", &bytes[whole..]).map_err(io)?;
            file.set_len(whole as u64).map_err(io)?;
            file.sync_all().map_err(io)?;
        }
        file.seek(SeekFrom::End(0)).map_err(io)?;
        Ok(Self { path: path.clone(), file, bytes: whole as u64, lines })
    }

    /// Reads a journal without the right to write it.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn read(folder: &Path) -> Result<Vec<Line>, JournalError> {
        let path = folder.join(FILE);
        let bytes = match std::fs::read(&path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(|cause| JournalError::Io { path, cause })?,
        };
        Ok(read_lines(folder, &bytes)?.0)
    }

    /// Every line, oldest first.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Writes one line and syncs it. Only afterwards may anyone act on it.
    ///
    /// # Errors
    /// When the line cannot be made durable.
    pub fn append(
        &mut self,
        at: DateTime<Utc>,
        event: Happened,
        subject: &str,
        detail: Value,
    ) -> Result<(), JournalError> {
        self.append_all(at, event, vec![(subject.to_owned(), detail)])
    }

    /// Writes several lines of one kind with a single sync.
    ///
    /// # Errors
    /// When the lines cannot be made durable.
    pub fn append_all(
        &mut self,
        at: DateTime<Utc>,
        event: Happened,
        entries: Vec<(String, Value)>,
    ) -> Result<(), JournalError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        let mut lines = Vec::with_capacity(entries.len());
        for (subject, detail) in entries {
            let seq = self.lines.len() as u64 + lines.len() as u64 + 1;
            let line = Line { seq, at, event, subject, detail };
            text.push_str(&sealed(&line).map_err(|cause| self.io(cause))?);
            text.push('\n');
            lines.push(line);
        }
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(cause) = written {
            // Half a line must not stand before the next one: a full disk would become a damaged journal.
            self.file
                .set_len(self.bytes)
                .and_then(|()| self.file.seek(SeekFrom::End(0)))
                .map_err(|c| self.io(c))?;
            return Err(self.io(cause));
        }
        self.bytes += text.len() as u64;
        self.lines.append(&mut lines);
        Ok(())
    }

    fn io(&self, cause: io::Error) -> JournalError {
        JournalError::Io { path: self.path.clone(), cause }
    }
}

/// What was written to a journal since it was looked at last.
#[derive(Debug, Default)]
pub struct News {
    /// The lines of the kinds that were asked for.
    pub lines: Vec<Line>,
    /// When the very last line was written.
    pub last: Option<DateTime<Utc>>,
    /// How many bytes were read in all, for the next time.
    pub read: u64,
    /// Whether the journal is shorter than what was read before: then it must be read afresh.
    pub is_shorter: bool,
}

/// Reads on from byte `from`, keeping only lines of some kinds. Sums are left to those who open it.
///
/// # Errors
/// When the file cannot be read.
pub fn since(folder: &Path, from: u64, kinds: &[Happened]) -> io::Result<News> {
    let mut news = News { read: from, ..News::default() };
    let mut file = match File::open(folder.join(FILE)) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            news.is_shorter = from > 0;
            return Ok(news);
        }
        Err(cause) => return Err(cause),
    };
    if file.metadata()?.len() < from {
        news.is_shorter = true;
        return Ok(news);
    }
    file.seek(SeekFrom::Start(from))?;
    let marks: Vec<String> = kinds.iter().map(|kind| format!("\"event\":\"{}\"", kind.word())).collect();
    let mut reader = BufReader::new(file);
    let (mut piece, mut last) = (Vec::new(), Vec::new());
    while reader.read_until(b'\n', &mut piece)? > 0 && piece.ends_with(b"\n") {
        news.read += piece.len() as u64;
        let text = String::from_utf8_lossy(&piece);
        if marks.iter().any(|mark| text.contains(mark)) {
            news.lines.extend(serde_json::from_str(&text).ok());
        }
        std::mem::swap(&mut piece, &mut last);
        piece.clear();
    }
    news.last = serde_json::from_slice(&last).ok().map(|line: Line| line.at);
    Ok(news)
}

/// The line as written, without its end: its JSON with the sum of the rest as last member.
pub(crate) fn sealed(line: &Line) -> io::Result<String> {
    let mut body = serde_json::to_string(line)?;
    let sum = &keep::hash(body.as_bytes())[..SUM_DIGITS];
    body.pop();
    Ok(format!("{body},\"sum\":\"{sum}\"}}"))
}

/// The lines that are whole, and how many bytes they take.
fn read_lines(folder: &Path, bytes: &[u8]) -> Result<(Vec<Line>, usize), JournalError> {
    let path = folder.join(FILE);
    let mut lines: Vec<Line> = Vec::new();
    let mut whole = 0;
    for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
        let is_last = whole + piece.len() == bytes.len();
        let number = lines.len() + 1;
        match opened(piece) {
            Ok(line) if line.seq == number as u64 => lines.push(line),
            Ok(line) => {
                let reason = format!("line number {} where {number} belongs", line.seq);
                return Err(JournalError::Damaged { path, line: number, reason });
            }
            Err(Flaw::NotOurs(reason)) => return Err(newer(path, &lines, reason)),
            Err(Flaw::Broken(_)) if is_last && !piece.ends_with(b"\n") => break,
            Err(Flaw::Broken(reason)) => return Err(JournalError::Damaged { path, line: number, reason }),
        }
        whole += piece.len();
    }
    let schema = lines.iter().rev().filter(|line| line.event == Happened::Began).find_map(schema_of);
    if let Some(schema) = schema.filter(|schema| *schema > i64::from(SCHEMA_VERSION)) {
        return Err(newer(path, &lines, format!("its tables have version {schema}")));
    }
    if lines.is_empty() && has_past(folder) {
        return Err(JournalError::Gone(path));
    }
    Ok((lines, whole))
}

fn schema_of(line: &Line) -> Option<i64> {
    line.detail.get("schema").and_then(Value::as_i64)
}

fn newer(path: PathBuf, lines: &[Line], reason: String) -> JournalError {
    let version = |line: &Line| line.detail.get("version").and_then(Value::as_str).map(str::to_owned);
    let mut began = lines.iter().rev().filter(|line| line.event == Happened::Began);
    let wrote = began.find_map(version).unwrap_or_else(|| "of unknown version".to_owned());
    JournalError::Newer { path, wrote, reason }
}

/// Whether anything was ever received or written here: the journal announces both.
fn has_past(folder: &Path) -> bool {
    [keep::RECEIVED, keep::MESSAGES].iter().any(|name| {
        let entries = std::fs::read_dir(folder.join(name));
        entries.is_ok_and(|entries| {
            entries.flatten().any(|entry| !keep::is_unfinished(&entry.file_name().to_string_lossy()))
        })
    })
}

/// What is wrong with a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is not what was written.
    Broken(String),
    /// It is what was written, and this program does not understand it.
    NotOurs(String),
}

/// The line that a piece of the file is, when its sum holds.
pub(crate) fn opened(piece: &[u8]) -> Result<Line, Flaw> {
    let broken = |reason: &str| Flaw::Broken(reason.to_owned());
    let text = std::str::from_utf8(piece).map_err(|_| broken("not UTF-8"))?;
    let text = text.strip_suffix('\n').ok_or_else(|| broken("no line end"))?;
    let (body, seal) = text.rsplit_once(",\"sum\":\"").ok_or_else(|| broken("no sum"))?;
    let body = format!("{body}}}");
    if seal.strip_suffix("\"}") != Some(&keep::hash(body.as_bytes())[..SUM_DIGITS]) {
        return Err(broken("the sum does not match"));
    }
    serde_json::from_str(&body).map_err(|error| Flaw::NotOurs(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use chrono::DateTime;
    use serde_json::json;

    use super::{Happened, Journal, JournalError};

    fn written(count: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        for number in 0..count {
            let detail = json!({ "note": "a \",\"sum\":\" inside" });
            journal
                .append(DateTime::UNIX_EPOCH, Happened::Received, &format!("hash{number}"), detail)
                .unwrap();
        }
        folder
    }

    #[test]
    fn what_was_written_is_read_back() {
        let folder = written(3);
        let lines = Journal::read(folder.path()).unwrap();
        assert_eq!(
            lines.iter().map(|line| line.subject.as_str()).collect::<Vec<_>>(),
            ["hash0", "hash1", "hash2"]
        );
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_kept_aside() {
        let folder = written(3);
        let path = folder.path().join("journal.jsonl");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        assert_eq!(journal.lines().len(), 2);
        journal.append(DateTime::UNIX_EPOCH, Happened::Sent, "key", json!({})).unwrap();
        assert_eq!(Journal::read(folder.path()).unwrap().len(), 3);
        assert!(folder.path().join("journal.torn").exists());
    }

    #[test]
    fn a_flipped_byte_before_the_last_line_is_damage() {
        let folder = written(3);
        let path = folder.path().join("journal.jsonl");
        let mut bytes = fs::read(&path).unwrap();
        bytes[20] ^= 1;
        fs::write(&path, bytes).unwrap();
        let damaged = Journal::open(folder.path()).unwrap_err();
        assert!(matches!(damaged, JournalError::Damaged { line: 1, .. }));
    }

    #[test]
    fn a_lost_line_is_damage() {
        let folder = written(3);
        let path = folder.path().join("journal.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        let without_second: Vec<&str> =
            text.lines().enumerate().filter(|(n, _)| *n != 1).map(|(_, l)| l).collect();
        fs::write(&path, without_second.join("\n") + "\n").unwrap();
        assert!(matches!(Journal::open(folder.path()).unwrap_err(), JournalError::Damaged { line: 2, .. }));
    }
}
