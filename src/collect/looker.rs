//! A process of its own that looks into a drop folder: a share that hangs stops it, and not the run.
//!
//! What a file server keeps waiting may be in a state in which nothing ends it. So it is asked with a limit
//! of time, and left behind when it does not answer: it is told to end and never waited for. While it is
//! still there nobody looks into that folder again, because it holds the folder's lock.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::Mode;
use rustix::process::umask;
use serde::{Deserialize, Serialize};

use crate::collect::CollectError;
use crate::collect::away::{self, Put};
use crate::collect::lying::{self, Edges, Lies, Listing, Stamp};
use crate::collect::mark::{self, Mark};
use crate::config::settings::{FolderSource, Limits};
use crate::domain::sum;

/// A look of before that has not ended by then does not come back soon.
const READY: Duration = Duration::from_secs(10);

/// A child that was told to end is waited for so long, and then left to the system.
const PARTING: Duration = Duration::from_secs(1);

/// How long a folder may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one answer, or a piece of it.
    pub answer: Duration,
    /// For all of them.
    pub whole: Duration,
}

impl Patience {
    /// As long as a fetch may take; for so many folders together not more than half a run.
    #[must_use]
    pub fn of(limits: &Limits, folders: usize) -> Self {
        let folders = u64::try_from(folders).unwrap_or(u64::MAX).max(1);
        let whole = Duration::from_secs((limits.run_seconds / 2 / folders).max(1));
        Self { answer: Duration::from_secs(limits.fetch_seconds).min(whole), whole }
    }
}

/// The file whose lock is held by whoever looks into a folder.
#[must_use]
pub fn lock_file(state: &Path, source: &FolderSource) -> PathBuf {
    let place = sum::short(source.path.as_os_str().as_encoded_bytes());
    state.join(format!("folder-{place:016x}.lock"))
}

/// The first thing that the child hears.
#[derive(Debug, Serialize, Deserialize)]
struct Begin {
    root: PathBuf,
    lock: PathBuf,
}

/// What is asked of the child.
#[derive(Debug, Serialize, Deserialize)]
enum Ask {
    Mark,
    MakeMark,
    TryOut,
    List(Lies, SystemTime),
    Edges(Lies, Vec<String>),
    Read { lies: Lies, name: String, seen: Stamp, bytes_max: u64 },
    PutAway(Put),
    Tell { name: String, words: String },
    Untell { name: String },
}

/// What it answers; bytes follow their number.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    Ready,
    Still,
    Mark(Mark),
    Done(Result<(), String>),
    Listed(Result<Listing, String>),
    Edges(Vec<Edges>),
    Bytes(Result<u64, String>),
}

type Heard = (Answer, Vec<u8>);

/// The process, as long as it answers.
#[derive(Debug)]
pub struct Looker {
    path: PathBuf,
    patience: Patience,
    until: Instant,
    line: Result<Line, String>,
}

#[derive(Debug)]
struct Line {
    child: Child,
    asks: Sender<Vec<u8>>,
    answers: Receiver<Heard>,
}

/// Why there is no answer.
enum Lost {
    Ended,
    /// After so many seconds.
    Late(u64),
    /// There was no time left for this folder.
    Spent,
}

impl Looker {
    /// Starts a process of `program` that looks into the folder of `source`; it is not waited for here.
    #[must_use]
    pub fn start(program: &Path, source: &FolderSource, lock: &Path, patience: Patience) -> Self {
        let begin = Begin { root: source.path.clone(), lock: lock.to_owned() };
        let line = Line::open(program, &begin).map_err(|error| format!("nobody can be sent there: {error}"));
        let mut looker = Self {
            path: source.path.clone(),
            patience: Patience { answer: READY.min(patience.answer), ..patience },
            until: Instant::now() + patience.whole,
            line,
        };
        match looker.next() {
            Ok((Answer::Ready, _)) => {}
            Err(Lost::Late(_) | Lost::Spent) => {
                looker.leave("a look of before has not come back from there".to_owned());
            }
            Ok(_) | Err(Lost::Ended) => {
                looker.leave("whoever was to look there has ended".to_owned());
            }
        }
        looker.patience = patience;
        looker
    }

    /// Why nothing more is asked of it; none while it answers.
    #[must_use]
    pub fn silence(&self) -> Option<CollectError> {
        self.line
            .as_ref()
            .err()
            .map(|reason| CollectError::Silent { path: self.path.clone(), reason: reason.clone() })
    }

    /// The number of the process, while it answers.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.line.as_ref().ok().map(|line| line.child.id())
    }

    /// Looks for the mark of a drop folder: the `done` folder that the first look makes.
    ///
    /// # Errors
    /// [`CollectError::Silent`], as everything here, when the folder does not answer.
    pub fn mark(&mut self) -> Result<Mark, CollectError> {
        match self.ask(&Ask::Mark)? {
            (Answer::Mark(mark), _) => Ok(mark),
            other => Err(self.strange(&other)),
        }
    }

    /// Makes the `done` and `refused` of a drop folder that is seen for the first time.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn make_mark(&mut self) -> Result<(), CollectError> {
        let done = self.done(&Ask::MakeMark)?;
        done.map_err(|reason| CollectError::Settle { path: self.path.clone(), reason })
    }

    /// Whether the folder can be read, and files be put away.
    ///
    /// # Errors
    /// In words, what cannot be done.
    pub fn try_out(&mut self) -> Result<Result<(), String>, CollectError> {
        self.done(&Ask::TryOut)
    }

    /// Writes a receipt beside a file that stays where it was dropped. One that is there stays as it is.
    ///
    /// # Errors
    /// In words, why not.
    pub fn tell(&mut self, name: &str, words: &str) -> Result<Result<(), String>, CollectError> {
        self.done(&Ask::Tell { name: name.to_owned(), words: words.to_owned() })
    }

    /// Takes such a receipt away when its file is gone.
    ///
    /// # Errors
    /// In words, why not.
    pub fn untell(&mut self, name: &str) -> Result<Result<(), String>, CollectError> {
        self.done(&Ask::Untell { name: name.to_owned() })
    }

    pub(super) fn list(&mut self, lies: Lies, machine_now: SystemTime) -> Result<Listing, CollectError> {
        match self.ask(&Ask::List(lies, machine_now))? {
            (Answer::Listed(listed), _) => {
                listed.map_err(|reason| CollectError::Folder { path: lies.within(&self.path), reason })
            }
            other => Err(self.strange(&other)),
        }
    }

    /// The edges of each of the files, in their order.
    pub(super) fn edges(&mut self, lies: Lies, names: Vec<String>) -> Result<Vec<Edges>, CollectError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        match self.ask(&Ask::Edges(lies, names))? {
            (Answer::Edges(edges), _) => Ok(edges),
            other => Err(self.strange(&other)),
        }
    }

    pub(super) fn read(
        &mut self,
        lies: Lies,
        name: &str,
        seen: Stamp,
        bytes_max: u64,
    ) -> Result<Result<Vec<u8>, String>, CollectError> {
        match self.ask(&Ask::Read { lies, name: name.to_owned(), seen, bytes_max })? {
            (Answer::Bytes(read), bytes) => Ok(read.map(|_| bytes)),
            other => Err(self.strange(&other)),
        }
    }

    pub(super) fn put_away(&mut self, put: Put) -> Result<Result<(), String>, CollectError> {
        self.done(&Ask::PutAway(put))
    }

    fn done(&mut self, ask: &Ask) -> Result<Result<(), String>, CollectError> {
        match self.ask(ask)? {
            (Answer::Done(done), _) => Ok(done),
            other => Err(self.strange(&other)),
        }
    }

    fn ask(&mut self, ask: &Ask) -> Result<Heard, CollectError> {
        if let Some(silence) = self.silence() {
            return Err(silence);
        }
        let mut text = serde_json::to_vec(ask).unwrap_or_default();
        text.push(b'\n');
        if let Ok(line) = &self.line
            && line.asks.send(text).is_err()
        {
            return Err(self.leave("whoever looked there has ended".to_owned()));
        }
        self.hear()
    }

    /// The next answer; when there is none, nothing more is asked.
    fn hear(&mut self) -> Result<Heard, CollectError> {
        self.next().map_err(|lost| {
            let why = match lost {
                Lost::Ended => "whoever looked there has ended".to_owned(),
                Lost::Late(seconds) => format!("nothing came back within {seconds} seconds"),
                Lost::Spent => format!(
                    "it took more than {} seconds in all; the next run goes on there",
                    self.patience.whole.as_secs()
                ),
            };
            self.leave(why)
        })
    }

    fn next(&self) -> Result<Heard, Lost> {
        let Ok(line) = &self.line else { return Err(Lost::Ended) };
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            let limit = self.patience.answer.min(left);
            match line.answers.recv_timeout(limit) {
                Ok((Answer::Still, _)) => {}
                Ok(heard) => return Ok(heard),
                Err(RecvTimeoutError::Disconnected) => return Err(Lost::Ended),
                Err(RecvTimeoutError::Timeout) if limit < self.patience.answer => return Err(Lost::Spent),
                Err(RecvTimeoutError::Timeout) => return Err(Lost::Late(limit.as_secs())),
            }
        }
    }

    fn strange(&mut self, heard: &Heard) -> CollectError {
        self.leave(format!("what came back was not asked for: {:?}", heard.0))
    }

    /// Gives it up, for the reason that comes first.
    fn leave(&mut self, why: String) -> CollectError {
        let reason = match std::mem::replace(&mut self.line, Err(why.clone())) {
            Ok(line) => {
                line.part();
                why
            }
            Err(before) => before,
        };
        self.line = Err(reason.clone());
        CollectError::Silent { path: self.path.clone(), reason }
    }
}

impl Drop for Looker {
    fn drop(&mut self) {
        if let Ok(line) = std::mem::replace(&mut self.line, Err(String::new())) {
            line.part();
        }
    }
}

impl Line {
    fn open(program: &Path, begin: &Begin) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(["worker", "folder"])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (asks, to_write) = channel::<Vec<u8>>();
        let (said, answers) = channel();
        if let Some(stdin) = child.stdin.take() {
            thread::spawn(move || write_all(stdin, &to_write));
        }
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || listen(stdout, &said));
        }
        let mut first = serde_json::to_vec(begin)?;
        first.push(b'\n');
        asks.send(first).map_err(io::Error::other)?;
        Ok(Self { child, asks, answers })
    }

    /// Hangs up. A child that is well ends by itself; one that is not is told to, and left behind.
    fn part(self) {
        let Self { mut child, asks, answers } = self;
        drop(asks);
        let begun = Instant::now();
        let has_ended = || loop {
            match answers.recv_timeout(PARTING.saturating_sub(begun.elapsed())) {
                Ok(_) => {}
                Err(_) => return begun.elapsed() < PARTING,
            }
        };
        let ended = has_ended();
        if !ended && let Err(cause) = child.kill() {
            tracing::debug!(%cause, "a look could not be told to end");
        }
        // Its pipe is closed by then, so this is at once; it is never waited for otherwise.
        let reaped = if ended { child.wait().map(Some) } else { child.try_wait() };
        if let Err(cause) = reaped {
            tracing::debug!(%cause, "a look is left to the system");
        }
    }
}

fn write_all(mut stdin: ChildStdin, to_write: &Receiver<Vec<u8>>) -> io::Result<()> {
    for text in to_write {
        stdin.write_all(&text)?;
        stdin.flush()?;
    }
    Ok(())
}

fn listen(stdout: ChildStdout, said: &Sender<Heard>) -> io::Result<()> {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut text = String::new();
        if stdout.read_line(&mut text)? == 0 {
            return Ok(());
        }
        let answer: Answer = serde_json::from_str(&text)?;
        let mut bytes = Vec::new();
        if let Answer::Bytes(Ok(count)) = &answer {
            (&mut stdout).take(*count).read_to_end(&mut bytes)?;
            if u64::try_from(bytes.len()).ok() != Some(*count) {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
        }
        said.send((answer, bytes)).map_err(io::Error::other)?;
    }
}

/// The child's side: answers what is asked, until nobody asks any more.
///
/// # Errors
/// When nobody listens, or what is asked is not understood.
pub fn serve(input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut lines = input.lines();
    let Some(first) = lines.next().transpose()? else { return Ok(()) };
    let begin: Begin = serde_json::from_str(&first)?;
    // What is made there has the rights of the drop folder, and not those of the state.
    umask(Mode::empty());
    // Held until this process is gone; where there is no state yet, nobody was left behind either.
    let lock = File::open(&begin.lock).ok();
    lock.as_ref().map(File::lock).transpose()?;
    say(&mut output, &Answer::Ready)?;
    for line in lines {
        answer(&begin.root, serde_json::from_str(&line?)?, &mut output)?;
    }
    Ok(())
}

fn answer(root: &Path, ask: Ask, output: &mut impl Write) -> io::Result<()> {
    let mut still = || say(output, &Answer::Still);
    let answer = match ask {
        Ask::Mark => Answer::Mark(mark::look_for(root)),
        Ask::MakeMark => Answer::Done(mark::make(root)),
        Ask::TryOut => Answer::Done(mark::try_out(root)),
        Ask::List(lies, machine_now) => Answer::Listed(lying::list(root, lies, machine_now, &mut still)),
        Ask::Edges(lies, names) => {
            Answer::Edges(names.iter().map(|name| lying::edges(root, lies, name)).collect())
        }
        Ask::Read { lies, name, seen, bytes_max } => {
            match lying::read(&lies.within(root).join(name), seen, bytes_max, &mut still) {
                Ok(bytes) => {
                    let count = u64::try_from(bytes.len()).map_err(io::Error::other)?;
                    say(output, &Answer::Bytes(Ok(count)))?;
                    output.write_all(&bytes)?;
                    return output.flush();
                }
                Err(reason) => Answer::Bytes(Err(reason)),
            }
        }
        Ask::PutAway(put) => Answer::Done(away::put(root, &put)),
        Ask::Tell { name, words } => Answer::Done(away::tell(root, &name, &words)),
        Ask::Untell { name } => Answer::Done(away::untell(root, &name)),
    };
    say(output, &answer)
}

fn say(output: &mut impl Write, answer: &Answer) -> io::Result<()> {
    let mut text = serde_json::to_vec(answer)?;
    text.push(b'\n');
    output.write_all(&text)?;
    output.flush()
}
