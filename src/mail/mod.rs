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

use crate::config::settings::{MailSettings, PostSettings};
use crate::domain::message::Message;

pub use crate::mail::folder::FolderPost;
pub use crate::mail::mime::{finish, message_id};
pub use crate::mail::render::{RenderError, Voice, html, page, text};
pub use crate::mail::smtp::SmtpPost;

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
    /// It was certainly not taken, and may be tried again.
    Later {
        /// The relay's words, or what went wrong.
        reply: String,
    },
    /// It was given whole, and no reply came back.
    Unknown {
        /// What went wrong.
        reply: String,
    },
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
    #[error("cannot use `{address}` as the sender of the envelope")]
    Sender {
        /// The setting `bounces`.
        address: String,
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
    /// When the folder cannot be made, or the certificates or the sender cannot be used.
    pub fn open(settings: &MailSettings) -> Result<Self, PostError> {
        match &settings.post {
            PostSettings::Smtp(smtp) => Ok(Self::Smtp(Box::new(SmtpPost::open(smtp, &settings.bounces)?))),
            PostSettings::Folder { path } => Ok(Self::Folder(FolderPost::open(path)?)),
        }
    }

    /// Hands one message over, within the time limit of the settings.
    ///
    /// `at_body` runs when the relay has said that it will take the body, and before the first byte
    /// of it: here the caller journals `sending`. When it fails, nothing is sent.
    pub async fn send(&self, message: &Message, at_body: &mut dyn FnMut() -> io::Result<()>) -> Sending {
        match self {
            Self::Smtp(smtp) => smtp.send(message, at_body).await,
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

    /// Whether nothing more can be sent in this run: the relay cannot be reached, or refuses our login.
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
