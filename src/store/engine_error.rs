//! What an error of the engine says of the state: in use, too new, damaged, or nothing of it at all.
//!
//! The library hands on no codes, only a message that begins with the kind of the error. It is told by that
//! and by how the message goes on, never by a word in the middle: a path, a check or a text of ours may hold
//! any.

/// What an error says of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// Another process has it, with its number when that is known.
    InUse(Option<u32>),
    /// A newer engine wrote it.
    Newer,
    /// It cannot be read as what it was.
    Damaged,
    /// Nothing.
    Nothing,
}

/// How the engine ends the kind of an error.
const KIND_ENDS: &str = " Error: ";

/// Kinds that are thrown when what is read cannot have been written.
const DAMAGE_KINDS: [&str; 3] = ["INTERNAL", "Serialization", "Data Corruption"];

/// Beginnings of messages of other kinds that say the same, of the database or of its log.
const DAMAGE: [&str; 13] = [
    "Could not read enough bytes from file",
    "The file is not a valid DuckDB database file",
    "Failed to read WAL of version",
    "Failure while replaying",
    "Corrupt",
    "corrupt database file",
    // An older database beside a newer log, or the other way round.
    "This WAL was created for",
    "WAL does not match database file",
    "WAL cannot contain",
    "WAL checkpoint marker",
    "WAL replay",
    "Invalid WAL entry",
    "Failed to scan dictionary string",
];

/// The same of files that are not the state.
const OTHER_FILES: [&str; 2] = ["Corrupt temporary file", "Corrupt Parquet file"];

const NEWER: [&str; 2] =
    ["Trying to read a database file with storage version number", "Unsupported Storage Version"];

/// Behind these comes the error that was the first.
const AFTER_ANOTHER: [&str; 2] = ["Failed to commit: ", "Failed to create checkpoint because of error: "];

/// Reads an error's message.
pub(super) fn says(message: &str) -> Says {
    let (kind, rest) = match message.split_once(KIND_ENDS) {
        Some((kind, rest)) if kind.chars().all(|c| c.is_ascii_alphabetic() || c == ' ') => (kind, rest),
        _ => ("", message),
    };
    let begins = |all: &[&str]| all.iter().any(|words| rest.starts_with(words));
    if kind == "Resource In Use" || rest.starts_with("Could not set lock on file") {
        return Says::InUse(process(rest));
    }
    if begins(&NEWER)
        || is_about_a_file(rest, "Error opening", "file was written with a storage version greater")
    {
        return Says::Newer;
    }
    let is_none = is_about_a_file(rest, "The file", "exists, but it is not a valid DuckDB database file");
    let is_damage = DAMAGE_KINDS.contains(&kind) || begins(&DAMAGE) || is_none;
    if is_damage && !begins(&OTHER_FILES) {
        return Says::Damaged;
    }
    first(rest).map_or(Says::Nothing, says)
}

/// The number in `Conflicting lock is held in /usr/bin/x (PID 42)`; a path before it may hold anything.
fn process(rest: &str) -> Option<u32> {
    let (_, behind) = rest.rsplit_once("(PID ")?;
    behind.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// Whether a message says `what` of a file whose path stands in it: `The file "a/b" exists, ..`.
fn is_about_a_file(rest: &str, begins: &str, what: &str) -> bool {
    rest.strip_prefix(begins).is_some_and(|rest| rest.starts_with(" \"") && rest.contains(what))
}

/// The error of which this one is only what came after.
fn first(rest: &str) -> Option<&str> {
    let behind = AFTER_ANOTHER.iter().find_map(|words| rest.strip_prefix(words));
    let quoted = || {
        let is_invalid = rest.contains("invalidated");
        let (_, original) = rest.split_once("Original error").filter(|_| is_invalid)?;
        Some(original.trim_start_matches([':', ' ', '"']))
    };
    behind.or_else(quoted)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use duckdb::Connection;

    use super::{Says, says};
    use crate::store::open::Store;

    #[test]
    fn an_error_is_told_by_how_it_begins() {
        for (message, meant) in [
            ("INTERNAL Error: Attempted to access index 3 within vector of size 1", Says::Damaged),
            ("Serialization Error: Failed to deserialize: expected field 100", Says::Damaged),
            (
                "Data Corruption Error: Corrupt database file: computed checksum 1 does not match",
                Says::Damaged,
            ),
            (
                "IO Error: Could not read enough bytes from file \"a\": attempted to read 8 bytes",
                Says::Damaged,
            ),
            (
                "IO Error: The file \"/a b/c\" exists, but it is not a valid DuckDB database file!",
                Says::Damaged,
            ),
            ("Invalid Input Error: Failure while replaying WAL file \"x.wal\": no", Says::Damaged),
            (
                "IO Error: This WAL was created for this database file, but the WAL checkpoint iteration does \
                 not match the database file. That means the WAL was created for an older version.",
                Says::Damaged,
            ),
            ("IO Error: WAL does not match database file.", Says::Damaged),
            ("Internal Error: Corrupt temporary file \"x\": block header size (8)", Says::Nothing),
            ("TransactionContext Error: Failed to commit: INTERNAL Error: no", Says::Damaged),
            (
                "FATAL Error: Failed: database has been invalidated because of a previous fatal error.\n\
                 Original error: \"Data Corruption Error: Corrupt database file\"",
                Says::Damaged,
            ),
            (
                "IO Error: Could not set lock on file \"a (PID 7)\": Conflicting lock is held in x (PID 12).",
                Says::InUse(Some(12)),
            ),
            ("Resource In Use Error: a", Says::InUse(None)),
            (
                "IO Error: Trying to read a database file with storage version number 999, but we can only \
                 read storage versions between 64 and 68.",
                Says::Newer,
            ),
        ] {
            assert_eq!(says(message), meant, "{message}");
        }
    }

    #[test]
    fn a_name_or_a_text_that_holds_such_a_word_says_nothing() {
        for message in [
            "IO Error: Cannot open file \"/srv/WAL/corrupt INTERNAL/quarterdeck.duckdb\": Permission denied",
            "Catalog Error: Table with name INTERNAL_checksum does not exist!",
            "Binder Error: Referenced column \"WAL truncated\" not found",
            "Out of Memory Error: could not allocate block of size 1 (serialization)",
            "IO Error: Could not write file \"/WAL/x\": No space left on device",
            "FATAL Error: Failed to create checkpoint because of error: IO Error: Could not write \"WAL\"",
            "a check named INTERNAL Error: it is ours",
        ] {
            assert_eq!(says(message), Says::Nothing, "{message}");
        }
    }

    #[test]
    fn a_text_of_a_return_that_cannot_be_converted_is_no_damage() {
        let store = Store::in_memory().unwrap();
        for text in ["INTERNAL", "WAL truncated", "corrupt checksum"] {
            let asked = format!("SELECT '{text}'::INTEGER");
            let error = store.connection().query_row(&asked, [], |row| row.get::<_, i32>(0)).unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
            assert_eq!(says(&error.to_string()), Says::Nothing, "{error}");
        }
    }

    #[test]
    fn a_log_beside_another_version_of_its_database_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let [file, log] = ["a.duckdb", "a.duckdb.wal"].map(|name| folder.path().join(name));
        let run = |sql: &str| Connection::open(&file).and_then(|it| it.execute_batch(sql));
        let left = "PRAGMA disable_checkpoint_on_shutdown; INSERT INTO numbers VALUES (3);";
        run("CREATE TABLE numbers (n INTEGER); CHECKPOINT;").unwrap();
        let older = fs::read(&file).unwrap();
        run("INSERT INTO numbers VALUES (2); CHECKPOINT;").unwrap();
        run(left).unwrap();
        let newer = fs::read(&log).unwrap();
        run("CHECKPOINT;").unwrap();
        fs::write(&log, &newer).unwrap();
        let error = run("FROM numbers").unwrap_err().to_string();
        assert_eq!(says(&error), Says::Damaged, "an old log: {error}");
        fs::write(&file, older).unwrap();
        fs::write(&log, newer).unwrap();
        let error = run("FROM numbers").unwrap_err().to_string();
        assert_eq!(says(&error), Says::Damaged, "an old database: {error}");
    }
}
