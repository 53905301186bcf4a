//! Files that must be there after a power cut: written, synced, renamed, folder synced.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// How a file begins that is not whole yet.
const UNFINISHED: &str = ".unfinished-";

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
    let received = folder.join("received");
    if !received.join(&name).exists() {
        write_durably(&received, &name, bytes)?;
    }
    Ok(name)
}

/// Reads a received file back and makes sure that it is still what was received.
///
/// # Errors
/// When it is missing or its bytes no longer have the hash.
pub fn read_received(folder: &Path, name: &str) -> io::Result<Vec<u8>> {
    let bytes = fs::read(folder.join("received").join(name))?;
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
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name)).map_err(|refused| refused.error)?;
    sync_folder(folder)
}

/// Removes what a run that was killed left half written in the state folder, and nothing else.
///
/// # Errors
/// When a folder cannot be listed or a file not removed.
pub fn remove_unfinished(state: &Path) -> io::Result<()> {
    for folder in [state.to_owned(), state.join("received"), state.join("messages")] {
        let entries = match fs::read_dir(&folder) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

/// Makes the names in a folder durable.
///
/// # Errors
/// When the folder cannot be opened or synced.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{remove_unfinished, write_durably};

    #[test]
    fn only_what_was_left_half_written_is_removed() {
        let state = tempfile::tempdir().unwrap();
        let received = state.path().join("received");
        write_durably(&received, "whole", b"a").unwrap();
        for name in [".unfinished-x7Yz12", ".tmp-of-someone-else"] {
            fs::write(received.join(name), b"half").unwrap();
        }
        remove_unfinished(state.path()).unwrap();
        let names = fs::read_dir(&received).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        assert_eq!(names, [".tmp-of-someone-else", "whole"]);
    }
}
