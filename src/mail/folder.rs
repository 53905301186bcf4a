//! A folder of `.eml` files in place of a mail server.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::domain::message::Message;
use crate::mail::{PostError, Sending};

/// Writes each message as `<key>.eml`, durable before it says so.
#[derive(Debug)]
pub struct FolderPost {
    path: PathBuf,
}

impl FolderPost {
    /// Makes the folder when it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: &Path) -> Result<Self, PostError> {
        // What is written there is about children: it is for this user alone.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|source| PostError::Folder { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned() })
    }

    /// Writes one message; the same bytes again change nothing, other bytes are refused.
    pub fn send(&self, message: &Message, at_body: &mut dyn FnMut() -> io::Result<()>) -> Sending {
        let target = self.path.join(format!("{}.eml", message.key));
        match fs::read(&target) {
            Ok(there) if there == message.bytes => {
                Sending::Accepted { reply: format!("already in `{}`", target.display()) }
            }
            Ok(_) => Sending::Refused {
                reply: format!("`{}` is there with other bytes; a message never changes", target.display()),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match at_body().and_then(|()| self.write(&target, &message.bytes)) {
                    Ok(()) => Sending::Accepted { reply: format!("written to `{}`", target.display()) },
                    Err(error) => later(&target, &error),
                }
            }
            Err(error) => later(&target, &error),
        }
    }

    /// Writes and takes away a file of no message.
    ///
    /// # Errors
    /// In words, when the folder cannot be written to.
    pub fn try_out(&self) -> Result<String, String> {
        let path = self.path.display();
        match NamedTempFile::with_prefix_in(".partial-", &self.path).and_then(NamedTempFile::close) {
            Ok(()) => Ok(format!("the folder `{path}` can be written to; nothing leaves the machine")),
            Err(error) => Err(format!("cannot write to `{path}`: {error}")),
        }
    }

    fn write(&self, target: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut partial = NamedTempFile::with_prefix_in(".partial-", &self.path)?;
        partial.write_all(bytes)?;
        partial.as_file().sync_all()?;
        partial.persist_noclobber(target).map_err(|refused| refused.error)?;
        File::open(&self.path)?.sync_all()
    }
}

fn later(target: &Path, error: &io::Error) -> Sending {
    Sending::Later { reply: format!("cannot write `{}`: {error}", target.display()) }
}
