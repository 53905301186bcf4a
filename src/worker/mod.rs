//! One untrusted thing in a child process under limits: a user's query, a workbook.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::config::settings::Limits;

mod calls;
mod confine;
mod fence;
mod gate;
pub mod query;
pub mod trial;
mod value;

pub use confine::{
    ChildLimits, Confinement, Hold, OF_THE_MACHINE, close_inherited, confine, end_with_parent,
};

/// The exit status of a child that refuses by itself; its words are then on its standard output.
pub const REFUSED: u8 = 65;

const STDERR_BYTES_MAX: u64 = 64 * 1024;
const WORDS_CHARS_MAX: usize = 300;
const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;
const SIGXFSZ: i32 = 25;

/// Why a child gave no answer.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum WorkerError {
    /// It could not be started, or its limits could not be set.
    #[error("cannot start the worker: {0}")]
    Start(String),
    /// It ended by a signal or with a failure.
    #[error("the worker {how}{}", in_brackets(words))]
    Died {
        /// How it ended, such as `was killed by signal 11`.
        how: String,
        /// The last line it said; may be empty.
        words: String,
    },
    /// It took more than its time, and was killed.
    #[error("the worker took more than {seconds} seconds and was stopped")]
    TimedOut {
        /// The limit.
        seconds: u64,
    },
    /// It answered more than we take.
    #[error("the worker's answer is larger than {bytes_max} bytes")]
    TooMuch {
        /// The limit.
        bytes_max: u64,
    },
    /// It refused by itself, in its own words.
    #[error("{0}")]
    Said(String),
}

fn in_brackets(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(" ({words})") }
}

enum Heard {
    Answer(io::Result<Vec<u8>>),
    Complaint(Vec<u8>),
}

/// Runs `program` with `arguments` as a child, gives it `input`, and returns what it answers.
///
/// The child has no environment and no folder, gets `limits.worker_seconds` in all, and may answer
/// `limits.unpacked_bytes_max` bytes. What it may do besides is its own first step: [`confine`].
/// Blocks: call it from a thread that may wait.
///
/// # Errors
/// When there is no answer: see [`WorkerError`].
pub fn run(
    program: &Path,
    arguments: &[&str],
    input: &[u8],
    limits: &Limits,
) -> Result<Vec<u8>, WorkerError> {
    let started = |error: io::Error| WorkerError::Start(format!("`{}`: {error}", program.display()));
    let deadline = Instant::now() + Duration::from_secs(limits.worker_seconds);
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(started)?;
    let heard = listen(&mut child, input, limits.unpacked_bytes_max);
    let outcome = wait(&heard, deadline, limits);
    if outcome.is_err() {
        child.kill().map_err(started)?;
    }
    let status = child.wait().map_err(started)?;
    let (answer, complaint) = outcome?;
    judge(status, answer, &complaint, limits)
}

/// Threads of their own, so that no full pipe and no left-over grandchild can hold us up.
fn listen(child: &mut Child, input: &[u8], bytes_max: u64) -> Receiver<Heard> {
    let (sender, heard) = channel();
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_vec();
        // A child that does not read its input says why by its exit, so a broken pipe is no news.
        thread::spawn(move || stdin.write_all(&input).is_ok());
    }
    if let Some(stdout) = child.stdout.take() {
        let sender: Sender<Heard> = sender.clone();
        thread::spawn(move || {
            sender.send(Heard::Answer(read_up_to(stdout, bytes_max.saturating_add(1)))).is_ok()
        });
    }
    if let Some(stderr) = child.stderr.take() {
        thread::spawn(move || {
            sender.send(Heard::Complaint(read_up_to(stderr, STDERR_BYTES_MAX).unwrap_or_default())).is_ok()
        });
    }
    heard
}

fn read_up_to(pipe: impl Read, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.take(bytes_max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn wait(
    heard: &Receiver<Heard>,
    deadline: Instant,
    limits: &Limits,
) -> Result<(Vec<u8>, Vec<u8>), WorkerError> {
    let (mut answer, mut complaint) = (None, None);
    while answer.is_none() || complaint.is_none() {
        let left = deadline.saturating_duration_since(Instant::now());
        match heard.recv_timeout(left) {
            Ok(Heard::Answer(Ok(bytes))) => {
                if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limits.unpacked_bytes_max {
                    return Err(WorkerError::TooMuch { bytes_max: limits.unpacked_bytes_max });
                }
                answer = Some(bytes);
            }
            Ok(Heard::Answer(Err(error))) => return Err(WorkerError::Start(error.to_string())),
            Ok(Heard::Complaint(bytes)) => complaint = Some(bytes),
            Err(_) => return Err(WorkerError::TimedOut { seconds: limits.worker_seconds }),
        }
    }
    Ok((answer.unwrap_or_default(), complaint.unwrap_or_default()))
}

fn judge(
    status: ExitStatus,
    answer: Vec<u8>,
    complaint: &[u8],
    limits: &Limits,
) -> Result<Vec<u8>, WorkerError> {
    if status.success() {
        return Ok(answer);
    }
    if status.code() == Some(i32::from(REFUSED)) {
        return Err(WorkerError::Said(String::from_utf8_lossy(&answer).trim().to_owned()));
    }
    let how = match (status.signal(), status.code()) {
        (Some(SIGXCPU), _) => return Err(WorkerError::TimedOut { seconds: limits.worker_seconds }),
        (Some(SIGABRT), _) => "gave up, most likely out of memory (signal 6)".to_owned(),
        (Some(SIGKILL), _) => "was killed, most likely out of memory or time (signal 9)".to_owned(),
        (Some(SIGXFSZ), _) => "tried to write a file, which it must not (signal 25)".to_owned(),
        (Some(signal), _) => format!("was ended by signal {signal}"),
        (None, code) => format!("ended with status {}", code.unwrap_or_default()),
    };
    Err(WorkerError::Died { how, words: last_line(complaint) })
}

fn last_line(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.trim().chars().filter(|c| !c.is_control()).take(WORDS_CHARS_MAX).collect()
}
