//! The hidden `worker`: the child's side of one untrusted thing.

use std::io::{self, Read, Write};
use std::panic;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::cli::arguments::WorkerArguments;
use crate::cli::exit::Ending;
use crate::collect::looker;
use crate::config::settings::Limits;
use crate::read::packed;
use crate::store::examine;
use crate::worker::{ChildLimits, OF_THE_MACHINE, REFUSED, close_inherited, confine, end_with_parent};
use crate::worker::{query, trial};

#[derive(Deserialize)]
struct DatabaseTask {
    state: PathBuf,
    limits: Limits,
}

#[derive(Deserialize)]
struct PackedTask {
    sheet: Option<String>,
    file_name: String,
    limits: Limits,
}

/// Lets go of what it inherited, confines itself, reads its task from standard input, answers on standard
/// output.
///
/// # Errors
/// When the task is not understood; the parent reports it.
pub fn worker(arguments: &WorkerArguments) -> Result<Ending> {
    end_with_parent()?;
    close_inherited()?;
    if arguments.task == "folder" {
        // Our own look at a folder that may hang: what it needs is a life of its own, not walls.
        looker::serve(io::stdin().lock(), io::stdout().lock()).context("cannot look into the folder")?;
        return Ok(Ending::Done);
    }
    let mut input = Vec::new();
    io::stdin().lock().read_to_end(&mut input).context("cannot read the task")?;
    let answer = match arguments.task.as_str() {
        // Our own file, only read, and as large as it is: what may happen is that it ends this process.
        "database" => {
            let task: DatabaseTask = serde_json::from_slice(&input).context("the task is not understood")?;
            serde_json::to_vec(&examine::examine(&task.state, &task.limits))?
        }
        "packed" => packed_grid(&input)?,
        "sql" => {
            let job: query::Job = serde_json::from_slice(&input).context("the task is not understood")?;
            confine(sql_limits(&job), &readable(&job.snapshot))?;
            match query::attend(&input) {
                Ok(answer) => answer,
                Err(words) => return refuse(&words),
            }
        }
        "trial" => {
            let open_files = trial::open_files().context("cannot count its open files")?;
            let confinement = confine(ChildLimits { mebibytes: 512, seconds: 10 }, &[])?;
            serde_json::to_vec(&trial::attempt(confinement, open_files))?
        }
        other => bail!("there is no task `{other}`"),
    };
    io::stdout().lock().write_all(&answer).context("cannot answer")?;
    Ok(Ending::Done)
}

/// The folder of the snapshot, which holds nothing else: the engine looks for its log there too.
fn readable(snapshot: &Path) -> Vec<&Path> {
    OF_THE_MACHINE.iter().map(Path::new).chain(snapshot.parent()).collect()
}

/// The engine's own memory, and as much again for what it does not count.
fn sql_limits(job: &query::Job) -> ChildLimits {
    ChildLimits { mebibytes: job.mebibytes.saturating_mul(4), seconds: job.seconds }
}

/// Says why in words on standard output; the exit status tells the parent that these are no answer.
fn refuse(words: &str) -> Result<Ending> {
    io::stdout().lock().write_all(words.as_bytes()).context("cannot answer")?;
    Ok(Ending::Worker(REFUSED))
}

/// Says nothing on standard error: the words of a panic may hold what the file holds.
fn packed_grid(input: &[u8]) -> Result<Vec<u8>> {
    let end = input.iter().position(|byte| *byte == b'\n').context("the task has no first line")?;
    let (head, bytes) = input.split_at(end);
    let task: PackedTask = serde_json::from_slice(head).context("the task is not understood")?;
    let limits = &task.limits;
    confine(ChildLimits { mebibytes: limits.worker_mebibytes, seconds: limits.worker_seconds }, &[])?;
    panic::set_hook(Box::new(|_| {}));
    let bytes = bytes.get(1..).unwrap_or_default();
    let grid = packed::packed(bytes, &task.file_name, task.sheet.as_deref(), limits);
    Ok(serde_json::to_vec(&grid)?)
}
