//! A trial of the confinement: in a child that confined itself, what it should not can be tried.

use std::env;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::parent_id;
use std::path::Path;
use std::process::{self, Command};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::settings::Limits;
use crate::worker::{Confinement, WorkerError, run};

/// What a confined child could do, and could not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// What the kernel took from it.
    pub confinement: Confinement,
    /// What it tried and was refused.
    pub refused: Vec<String>,
    /// What it tried and could do.
    pub possible: Vec<String>,
    /// Its open files: the three pipes and no others.
    pub open_files: usize,
}

/// The parent's side: has a child of `program` confine itself and try.
///
/// # Errors
/// When the child gives no answer.
pub fn ask(program: &Path, limits: &Limits) -> Result<Trial, WorkerError> {
    let output = run(program, &["worker", "trial"], b"", limits)?;
    serde_json::from_slice(&output)
        .map_err(|error| WorkerError::Said(format!("the worker's answer cannot be read: {error}")))
}

/// The child's side, after it confined itself: tries each thing once.
#[must_use]
pub fn attempt(confinement: Confinement, open_files: usize) -> Trial {
    let mut trial = Trial { confinement, refused: Vec::new(), possible: Vec::new(), open_files };
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let made = env::temp_dir().join(format!("quarterdeck-trial-{}", process::id()));
    let parent = parent_id();
    let tried: [(&str, io::Result<()>); 5] = [
        ("read a file", File::open("/etc/passwd").map(drop)),
        ("read the environment of its parent", File::open(format!("/proc/{parent}/environ")).map(drop)),
        ("write a file", File::create_new(&made).and_then(|_| fs::remove_file(&made))),
        ("connect", TcpStream::connect_timeout(&nowhere, Duration::from_millis(200)).map(drop)),
        ("run a program", Command::new("/bin/true").status().map(drop)),
    ];
    for (what, ended) in tried {
        let denied = matches!(&ended, Err(error) if error.kind() == ErrorKind::PermissionDenied);
        let list = if denied { &mut trial.refused } else { &mut trial.possible };
        list.push(what.to_owned());
    }
    trial
}

/// How many files this process has open.
///
/// # Errors
/// When the kernel does not tell.
pub fn open_files() -> io::Result<usize> {
    // One of them is the folder that is being read.
    Ok(fs::read_dir("/proc/self/fd")?.count().saturating_sub(1))
}
