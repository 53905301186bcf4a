//! What was kept: received files, messages, backups; each against what the journal says of it.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::cli::doctor::{Seen, reach};
use crate::cli::print;
use crate::clock;
use crate::collect::CollectError;
use crate::config::settings::{Collection, Settings, Source};
use crate::pipeline::forgotten::{self, Clocks};
use crate::pipeline::picture::{Picture, age, counted};
use crate::store::journal::{Happened, Line};
use crate::store::runs;
use crate::store::soundness::{self, Files};

const NAMED_MAX: usize = 3;

/// A line for each kind of file.
pub(super) fn look(settings: &Settings, lines: &[Line], picture: &Picture, now: DateTime<Utc>) -> Vec<Seen> {
    let clocks = Clocks { today: print::day(settings, now), machine: clock::machine() };
    [
        files("received files", &soundness::received(&settings.state, lines)),
        files("message files", &soundness::messages(&settings.state, lines)),
        backup(settings, lines, picture, now),
    ]
    .into_iter()
    .chain(forgotten(settings, lines, clocks))
    .collect()
}

/// A line for each drop folder that holds what the journal does not know.
fn forgotten(settings: &Settings, lines: &[Line], clocks: Clocks) -> Vec<Seen> {
    let one = |collection: &Collection| {
        let Source::Folder(source) = &collection.source else { return None };
        let check = format!("put away {}", collection.name);
        let mut place = reach::place(settings, collection, source);
        let found = match forgotten::find(settings, lines, &mut place, clocks) {
            Ok(found) => found,
            // The line of the source says it.
            Err(CollectError::Silent { .. }) => return None,
            Err(error) => return Some(Seen::warning(check, error.to_string(), "see what its folder is")),
        };
        let names = found.iter().take(NAMED_MAX).map(|one| format!("`{}`", one.put_away.claim.file_name()));
        let names: Vec<String> = names.collect();
        (!found.is_empty()).then(|| {
            let files = counted(found.len(), "file that was put away is", "files that were put away are");
            let saw = format!("{files} not known to this state, such as {}", names.join(", "));
            Seen::warning(check, saw, "nothing: the next run takes them in again")
        })
    };
    settings.collections.iter().filter_map(one).collect()
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
