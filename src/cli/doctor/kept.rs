//! What was kept: received files, messages, backups; each against what the journal says of it.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::cli::doctor::Seen;
use crate::config::settings::Settings;
use crate::pipeline::picture::{Picture, age};
use crate::store::journal::{Happened, Line};
use crate::store::runs;
use crate::store::soundness::{self, Files};

const NAMED_MAX: usize = 3;

/// A line for each kind of file.
pub(super) fn look(settings: &Settings, lines: &[Line], picture: &Picture, now: DateTime<Utc>) -> Vec<Seen> {
    vec![
        files("received files", &soundness::received(&settings.state, lines)),
        files("message files", &soundness::messages(&settings.state, lines)),
        backup(settings, lines, picture, now),
    ]
}

fn files(check: &str, found: &Files) -> Seen {
    if found.gone.is_empty() && found.changed.is_empty() {
        return Seen::ok(check, format!("{}, each as it was journalled", found.count));
    }
    let names: Vec<String> =
        found.gone.iter().chain(&found.changed).take(NAMED_MAX).map(|name| runs::short(name)).collect();
    let saw = format!(
        "of {} are {} gone and {} no longer what was journalled, such as {}",
        found.count,
        found.gone.len(),
        found.changed.len(),
        names.join(", ")
    );
    Seen::problem(check, saw, "restore them from the last backup")
}

fn backup(settings: &Settings, lines: &[Line], picture: &Picture, now: DateTime<Utc>) -> Seen {
    let make = "make one with `quarterdeck backup`";
    let Some(line) = lines.iter().rev().find(|line| line.event == Happened::BackedUp) else {
        return if picture.backups.missed == 0 {
            Seen::ok("backup", "none was due yet")
        } else {
            Seen::warning("backup", "none was ever made", make)
        };
    };
    let path = line.detail.get("path").and_then(|path| path.as_str()).map(PathBuf::from);
    if !path.unwrap_or_else(|| settings.backup.folder.join(&line.subject)).exists() {
        let saw = format!("the last one, `{}`, is no longer where it was made", line.subject);
        return Seen::problem("backup", saw, make);
    }
    Seen::ok("backup", format!("`{}`, verified, {}", line.subject, age(line.at, now)))
}
