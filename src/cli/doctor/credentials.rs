//! Secrets: each in a file of its own that is there, readable, one line, and nobody else's to read.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::process::geteuid;

use crate::cli::doctor::Seen;
use crate::config::settings::{PostSettings, Settings, Source};

const CHECK: &str = "credentials";

/// A secret is a line; what is larger is another file.
const BYTES_MAX: u64 = 16 << 10;

/// Where systemd puts what it hands to a unit, and to nobody else.
const HANDED_OVER: &str = "/run/credentials/";

const OTHERS_MAY_READ: u32 = 0o004;

/// One line per secret.
pub(super) fn look(settings: &Settings) -> Vec<Seen> {
    let secrets = secrets(settings);
    if secrets.is_empty() {
        return vec![Seen::ok(CHECK, "none is needed")];
    }
    secrets.into_iter().map(|(of, file)| one(&of, file)).collect()
}

fn secrets(settings: &Settings) -> Vec<(String, &Path)> {
    let mut found: Vec<(String, &Path)> = Vec::new();
    if let PostSettings::Smtp(smtp) = &settings.mail.post {
        found.extend(smtp.login.as_ref().map(|(_, file)| ("the mail server".to_owned(), file.as_path())));
    }
    for collection in &settings.collections {
        let Source::Http(source) = &collection.source else { continue };
        let Some(file) = source.login.secret_file() else { continue };
        found.push((format!("collection `{}`", collection.name), file));
    }
    if let Some(heartbeat) = &settings.heartbeat {
        found.push(("the heartbeat".to_owned(), &heartbeat.url_file));
        let failure = heartbeat.failure_url_file.as_deref();
        found.extend(failure.map(|file| ("the heartbeat of a failure".to_owned(), file)));
    }
    found
}

fn one(of: &str, file: &Path) -> Seen {
    let path = file.display();
    let says = |words: &str| format!("{of}: `{path}` {words}");
    let found = fs::File::open(file).and_then(|opened| {
        let metadata = opened.metadata()?;
        let mut bytes = Vec::new();
        opened.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok((metadata, bytes))
    });
    let (metadata, bytes) = match found {
        Ok(found) => found,
        Err(error) if file.starts_with(HANDED_OVER) && is_hidden(&error) => {
            let next = "systemd gives it to the running unit alone; see its `LoadCredential=`";
            return Seen::warning(CHECK, says("cannot be seen from here"), next);
        }
        Err(error) => {
            let next = "write the secret into it, for the daemon's user alone";
            return Seen::problem(CHECK, says(&format!("cannot be read: {error}")), next);
        }
    };
    if metadata.mode() & OTHERS_MAY_READ != 0 {
        return Seen::problem(
            CHECK,
            says("can be read by everyone on this machine"),
            format!("chmod 600 {path}"),
        );
    }
    if let Some(wrong) = wrong(&bytes) {
        return Seen::problem(CHECK, says(wrong), "write the secret into it, as one line");
    }
    let (owner, us) = (metadata.uid(), geteuid().as_raw());
    if owner != us && owner != 0 {
        return Seen::warning(
            CHECK,
            says(&format!("belongs to user {owner}, we are {us}")),
            "check its owner",
        );
    }
    Seen::ok(CHECK, says("is there, one line, and nobody else's to read"))
}

fn is_hidden(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
}

fn wrong(bytes: &[u8]) -> Option<&'static str> {
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > BYTES_MAX {
        return Some("is too long for a secret");
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Some("is not text") };
    let secret = text.trim_end_matches(['\r', '\n']);
    match secret.trim() {
        "" => Some("is empty"),
        _ if secret.contains(['\r', '\n']) => Some("has more than one line"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn a_secret_is_one_line_of_text() {
        assert_eq!(wrong(b"correct horse\r\n"), None);
        assert_eq!(wrong(b"\n"), Some("is empty"));
        assert_eq!(wrong(b"a\nb\n"), Some("has more than one line"));
        assert_eq!(wrong(b"\xff\xfe"), Some("is not text"));
        assert_eq!(wrong("a".repeat(20_000).as_bytes()), Some("is too long for a secret"));
    }
}
