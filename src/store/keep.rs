//! Files that must be there after a power cut: written, synced, renamed, folder synced.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// The folder of received files in a state folder, each under its hash.
pub const RECEIVED: &str = "received";
/// The folder of messages in a state folder, each under its key.
pub const MESSAGES: &str = "messages";

/// How the name of a file begins that is being written, and how it ends.
const UNFINISHED: (&str, &str) = (".quarterdeck-", ".new");

/// Whether a file of this name was being written when a run died.
#[must_use]
pub fn is_unfinished(name: &str) -> bool {
    name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1)
}

/// The SHA-256 of `bytes`, in 64 hexadecimal digits.
#[must_use]
pub fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        if write!(text, "{byte:02x}").is_err() {
            text.clear();
        }
        text
    })
}

/// Keeps a received file under its hash in `folder/received`, and returns the hash.
///
/// # Errors
/// When the file cannot be written; then nothing was acknowledged.
pub fn keep_received(folder: &Path, bytes: &[u8]) -> io::Result<String> {
    let name = hash(bytes);
    let received = folder.join(RECEIVED);
    // What is there may be damaged: the same bytes coming again heal it.
    if !fs::read(received.join(&name)).is_ok_and(|kept| kept == bytes) {
        write_durably(&received, &name, bytes)?;
    }
    Ok(name)
}

/// Reads a received file back and makes sure that it is still what was received.
///
/// # Errors
/// When it is missing or its bytes no longer have the hash.
pub fn read_received(folder: &Path, name: &str) -> io::Result<Vec<u8>> {
    let bytes = fs::read(folder.join(RECEIVED).join(name))?;
    if hash(&bytes) == name {
        return Ok(bytes);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("received file `{name}` no longer has its hash")))
}

/// Writes a file so that it is wholly there after a power cut, or not at all.
///
/// # Errors
/// When any step fails; a file that was there before is untouched.
pub fn write_durably(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(UNFINISHED.0).suffix(UNFINISHED.1).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name)).map_err(|refused| refused.error)?;
    sync_folder(folder)
}

/// Makes the names in a folder durable.
///
/// # Errors
/// When the folder cannot be opened or synced.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
