//! From a letter to finished bytes, and from finished bytes to a mail server or a folder.

mod attachment;
mod calendar_file;
mod chart;
mod folder;
mod mime;
mod page;
mod palette;
mod plain;
mod render;
mod scale;
mod smtp;
mod stroke;

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use tokio::sync::watch;

use crate::config::settings::{MailSettings, PostSettings};
use crate::domain::message::Message;

pub use crate::mail::folder::FolderPost;
pub use crate::mail::mime::{finish, message_id};
pub use crate::mail::render::{RenderError, Voice, html, page, text};
pub use crate::mail::smtp::{Patience, SmtpPost};

/// Where messages go. Open one for each posting run; it keeps its connection.
#[derive(Debug)]
pub enum Post {
    /// A mail server.
    Smtp(Box<SmtpPost>),
    /// A folder of `.eml` files.
    Folder(FolderPost),
}

/// What is known about a message after it was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// The relay took it.
    Accepted {
        /// The relay's words.
        reply: String,
    },
    /// The relay will never take it.
    Refused {
        /// The relay's words, or ours.
        reply: String,
    },
    /// It was certainly not taken, and may be tried again: this counts as a try.
    Later {
        /// The relay's words, or what went wrong.
        reply: String,
    },
    /// It was given whole, and no reply came back.
    Unknown {
        /// What went wrong.
        reply: String,
    },
    /// It was certainly not taken, and whether that is about it shows when others were asked for: ask again
    /// after them. No try is counted.
    Aside {
        /// The relay's words, or what went wrong.
        reply: String,
    },
    /// It was certainly not taken, nor will any other be in this run, which says nothing of any of them. No
    /// try is counted.
    Barred {
        /// The relay's words, or what went wrong.
        reply: String,
        /// What it is that stops all of them.
        bar: Bar,
    },
}

/// What stops every message of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// Nobody answers, or not in a way that we can trust.
    OutOfReach,
    /// The mail server says that it will answer later.
    PutOff,
    /// The mail server will have nothing from us, as things are.
    Refused,
}

impl Bar {
    /// The word in the journal.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::OutOfReach => "out-of-reach",
            Self::PutOff => "put-off",
            Self::Refused => "refused",
        }
    }
}

/// Whether a run must come to its end: then an answer is waited for no longer than it takes to stop.
#[derive(Clone, Copy, Debug)]
pub struct Hurry<'a>(Option<&'a watch::Receiver<bool>>);

impl<'a> Hurry<'a> {
    /// Heard when the sender says true; never, when there is none.
    #[must_use]
    pub fn heard(from: Option<&'a watch::Receiver<bool>>) -> Self {
        Self(from)
    }

    /// Waits until the run is told to stop; for ever when nobody will.
    pub async fn told(self) {
        if let Some(told) = self.0
            && told.clone().wait_for(|stop| *stop).await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

/// Why there is nowhere to post to. Nothing was sent.
#[derive(Debug, Error)]
pub enum PostError {
    /// The certificate file is not there or not a certificate.
    #[error("cannot read the certificate authority `{}`: {reason}", path.display())]
    Authority {
        /// The file of the setting `ca_file`.
        path: PathBuf,
        /// What the system or the parser said.
        reason: String,
    },
    /// The system's certificates cannot be used.
    #[error("cannot prepare TLS for the mail server `{host}`: {reason}")]
    Tls {
        /// The mail server.
        host: String,
        /// What the library said.
        reason: String,
    },
    /// An address that the mail library does not take.
    #[error("cannot use `{address}` as the sender of the envelope: {reason}")]
    Sender {
        /// The setting `bounces`.
        address: String,
        /// What the library said.
        reason: String,
    },
    /// The folder cannot be made.
    #[error("cannot make the folder `{}` for messages: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Post {
    /// Gets ready to post; connects to nothing yet.
    ///
    /// # Errors
    /// When the folder cannot be made, or the certificates or the envelope's sender cannot be used.
    pub fn open(settings: &MailSettings) -> Result<Self, PostError> {
        match &settings.post {
            PostSettings::Smtp(smtp) => {
                let post = SmtpPost::open(smtp, &settings.bounces, Patience::OF_A_RUN)?;
                Ok(Self::Smtp(Box::new(post)))
            }
            PostSettings::Folder { path } => Ok(Self::Folder(FolderPost::open(path)?)),
        }
    }

    /// Hands one message over, within the time limit of the settings.
    ///
    /// `at_body` runs when the relay has said that it will take the body, and before the first byte
    /// of it: here the caller journals `sending`. When it fails, nothing is sent.
    pub async fn send(
        &self,
        message: &Message,
        at_body: &mut dyn FnMut() -> io::Result<()>,
        hurry: Hurry<'_>,
    ) -> Sending {
        match self {
            Self::Smtp(smtp) => smtp.send(message, at_body, hurry).await,
            Self::Folder(folder) => folder.send(message, at_body),
        }
    }

    /// Does all that comes before a message, and sends none: what was seen, in words.
    ///
    /// # Errors
    /// In words, without a secret.
    pub async fn try_out(self) -> Result<String, String> {
        match self {
            Self::Smtp(smtp) => smtp.try_out().await,
            Self::Folder(folder) => folder.try_out(),
        }
    }

    /// Whether nothing more can be sent in this run: the relay cannot be reached, puts us off, or refuses us.
    #[must_use]
    pub fn is_barred(&self) -> bool {
        match self {
            Self::Smtp(smtp) => smtp.is_barred(),
            Self::Folder(_) => false,
        }
    }

    /// Says goodbye to the mail server, if one was spoken to.
    pub async fn close(self) {
        match self {
            Self::Smtp(smtp) => smtp.close().await,
            Self::Folder(_) => {}
        }
    }
}
