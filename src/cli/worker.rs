//! The hidden `worker`: the child's side of one untrusted thing.

use std::io::{self, Read, Write};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::cli::arguments::WorkerArguments;
use crate::cli::exit::Ending;
use crate::config::settings::Limits;
use crate::read;
use crate::worker::{self, query};

#[derive(Deserialize)]
struct WorkbookTask {
    sheet: Option<String>,
    limits: Limits,
}

/// Confines itself, reads its task from standard input, answers on standard output.
///
/// # Errors
/// When the task is not understood; the parent reports it.
pub fn worker(arguments: &WorkerArguments) -> Result<Ending> {
    let mut input = Vec::new();
    io::stdin().lock().read_to_end(&mut input).context("cannot read the task")?;
    let answer = match arguments.task.as_str() {
        "workbook" => workbook(&input)?,
        "query" => {
            let job: query::Job = serde_json::from_slice(&input).context("the task is not understood")?;
            worker::confine(&worker::ChildLimits::of(job.mebibytes, job.seconds))?;
            serde_json::to_vec(&query::answer(&job))?
        }
        other => bail!("there is no task `{other}`"),
    };
    io::stdout().lock().write_all(&answer).context("cannot answer")?;
    Ok(Ending::Done)
}

fn workbook(input: &[u8]) -> Result<Vec<u8>> {
    let end = input.iter().position(|byte| *byte == b'\n').context("the task has no first line")?;
    let (head, bytes) = input.split_at(end);
    let task: WorkbookTask = serde_json::from_slice(head).context("the task is not understood")?;
    worker::confine(&worker::ChildLimits::of(task.limits.worker_mebibytes, task.limits.worker_seconds))?;
    let grid = read::workbook(&bytes[1..], task.sheet.as_deref(), &task.limits);
    Ok(serde_json::to_vec(&grid.map_err(|refusal| (refusal.code.to_string(), refusal.reason)))?)
}
