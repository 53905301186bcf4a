//! Fetching returns: over HTTP, or out of a drop folder. Nothing here is stored or parsed.

use std::path::PathBuf;

use thiserror::Error;

use crate::domain::authority::AuthorityCode;
use crate::domain::quarter::Quarter;

mod address;
pub mod away;
mod bearing;
mod body;
mod budget;
pub mod done;
pub mod ees;
mod file;
pub mod folder;
mod guard;
mod hosts;
pub mod http;
mod login;
pub mod looker;
mod lying;
mod mark;
pub mod meant;
mod names;
mod oauth;
pub mod page;
mod patience;
mod refusals;
mod suspect;
mod validators;
mod visit;

pub use crate::collect::names::ending as name_ending;

/// One return that is looked for, and what we have of it already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whose return; none for a publisher's file.
    pub authority: Option<AuthorityCode>,
    /// The authority's number at the Department for Education.
    pub dfe_number: Option<String>,
    /// The quarter; none for a publisher's file.
    pub quarter: Option<Quarter>,
    /// The entity tag of the last answer, as sent.
    pub etag: Option<String>,
    /// The last answer's `Last-Modified`, as sent.
    pub last_modified: Option<String>,
    /// The hash of the file that we have.
    pub had: Option<String>,
    /// Its place among what is looked for: a host is asked for the lowest first.
    pub rank: usize,
}

/// A file that arrived whole and looks like one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The file, unpacked from the transfer's compression.
    pub bytes: Vec<u8>,
    /// A name to show and to guess the format from; never a path.
    pub file_name: String,
    /// Where it came from: `scheme://host/path` or a folder, without query, user or secret.
    pub origin: String,
    /// The entity tag, to be sent back next time; the version of a data set; the stamp of a dropped file.
    pub etag: Option<String>,
    /// `Last-Modified`, to be sent back next time.
    pub last_modified: Option<String>,
}

/// How the search for one return ended. None of these stops the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived.
    Received(Received),
    /// The source says that it has not changed.
    Unchanged,
    /// It is not there yet.
    NotThere,
    /// It arrived and cannot be what it should be; what we had stays.
    Refused {
        /// Why, in words.
        reason: String,
        /// What came, when it came whole.
        body: Option<Box<Received>>,
        /// Who put it there.
        fault: Fault,
    },
    /// It could not be fetched.
    Failed {
        /// Why, in words, without secrets.
        reason: String,
    },
    /// It was not asked for: its host is left alone.
    Untried {
        /// Why, in words, without secrets.
        reason: String,
    },
    /// Our login is refused: nothing was asked for, or is asked for with it any more, until it changes.
    Barred {
        /// Why, in words, without secrets.
        reason: String,
    },
}

/// Who put it there, when what came cannot be a return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Whoever sends the return.
    Sender,
    /// The source itself, in place of what it should give: a sign-in page, an error message.
    Source,
    /// One of the two; the others of the source tell which. The mark is the same for what is alike; empty
    /// when likeness says nothing.
    Unclear(String),
}

impl Outcome {
    fn refused(reason: impl Into<String>) -> Self {
        Self::Refused { reason: reason.into(), body: None, fault: Fault::Sender }
    }

    /// It arrived whole and is not taken, through a fault of its sender: what we had stays.
    pub fn turned_away(reason: impl Into<String>, body: Received) -> Self {
        // Of an empty body nothing could be lost.
        let body = Some(Box::new(body)).filter(|body| !body.bytes.is_empty());
        Self::Refused { reason: reason.into(), body, fault: Fault::Sender }
    }

    /// The same, when it is refused through the fault of another.
    #[must_use]
    pub fn through(mut self, whose: Fault) -> Self {
        if let Self::Refused { fault, .. } = &mut self {
            *fault = whose;
        }
        self
    }

    fn failed(reason: impl Into<String>) -> Self {
        Self::Failed { reason: reason.into() }
    }
}

/// What became of one return that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What was looked for.
    pub wanted: Wanted,
    /// How it ended.
    pub outcome: Outcome,
    /// What else the source said, that someone should know.
    pub notes: Vec<Note>,
}

/// Something that a source says besides: a version that is held, a data set that is no longer kept up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about; the same words for the same matter, so that it is told once.
    pub about: String,
    /// What it says, in words.
    pub says: String,
}

/// What stops a whole source.
#[derive(Debug, Error)]
pub enum CollectError {
    /// A secret's file.
    #[error("cannot use the secret in `{}`: {reason}", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// Why; never the secret.
        reason: String,
    },
    /// A certificate authority's file.
    #[error("cannot use the certificates in `{}`: {reason}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The address, the proxy or the header's name.
    #[error("cannot use `{key}` of the source: {reason}")]
    Setting {
        /// The setting's name.
        key: &'static str,
        /// Why; never the value, which may hold a secret.
        reason: String,
    },
    /// The client itself.
    #[error("cannot start fetching: {0}")]
    Client(String),
    /// A drop folder.
    #[error(
        "cannot read the drop folder `{}`: {reason}; that does not mean that nobody has sent",
        path.display()
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A drop folder on a share that hangs.
    #[error(
        "the drop folder `{}` does not answer: {reason}; that does not mean that nobody has sent",
        path.display()
    )]
    Silent {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file of a drop folder that could not be put away.
    #[error("cannot put away `{}`: {reason}", path.display())]
    Settle {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}
