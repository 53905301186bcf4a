//! What people did about findings and deadlines, by the journal, with what was taken back.

use serde_json::{Value, json};

use crate::cli::deadlines;
use crate::cli::findings::Kept;
use crate::cli::print::{self, Rows};
use crate::cli::typed::spelled;
use crate::config::settings::Settings;
use crate::domain::finding::named;
use crate::pipeline::{facts, found};
use crate::store::deeds::{is_undoable, undone};
use crate::store::journal::{Happened, Line};

/// One row for each deed, the newest first.
#[must_use]
pub fn rows(settings: &Settings, kept: &Kept, lines: &[Line]) -> Rows {
    let taken_back = undone(lines);
    let mut rows = Rows::of(&["day", "about", "deed", "whose", "what", "by", "reason", "taken back"]);
    let deeds = lines.iter().filter(|line| {
        is_undoable(line.event) || matches!(line.event, Happened::Supported | Happened::Reviewed)
    });
    for line in deeds.rev() {
        let back = taken_back.iter().find(|it| it.deed.seq == line.seq);
        let back = back.map(|it| format!("{} by {}: {}", print::day(settings, it.at), it.by, it.reason));
        let (whose, what) = about(settings, kept, line);
        rows.rows.push(vec![
            json!(print::day(settings, line.at)),
            json!(named(&line.subject)),
            json!(deed(line)),
            json!(whose),
            json!(what),
            json!(text(line, "by")),
            json!(["reason", "what", "outcome"].iter().find_map(|name| text(line, name))),
            json!(back),
        ]);
    }
    rows
}

/// Whose finding or deadline it is, and about what.
fn about(settings: &Settings, kept: &Kept, line: &Line) -> (Option<String>, Option<String>) {
    if line.event == Happened::Done {
        let of = settings.deadlines.iter().find(|one| one.id == line.subject);
        let party = text(line, "party").map(|id| deadlines::party_names(settings, id));
        return (party, of.map(|one| one.title.clone()));
    }
    let of_action = || kept.supports.iter().find(|one| one.id == line.subject).map(|one| &one.key);
    let finding = kept.findings.iter().find(|one| one.key.id() == line.subject);
    let Some(key) = finding.map(|one| &one.key).or_else(of_action) else { return (None, None) };
    let whose = finding
        .map_or_else(|| facts::named(settings, &key.authority).name, |one| found::whose(settings, one).name);
    let of = key.indicator.as_ref().and_then(|id| facts::indicator(settings, id));
    (Some(whose), Some(of.map_or_else(|| "the return".to_owned(), |of| of.name.clone())))
}

/// The word for what was done.
fn deed(line: &Line) -> String {
    let until = text(line, "until").or(text(line, "from")).filter(|_| line.event != Happened::Supported);
    let word = match line.event {
        Happened::Dismissed => "expected".to_owned(),
        Happened::Snoozed => "quiet until".to_owned(),
        Happened::Accepted => "new normal from".to_owned(),
        event => event.word(),
    };
    until.map_or_else(|| word.clone(), |until| format!("{word} {until}"))
}

/// A deed with who, when and why, in words.
#[must_use]
pub fn words(settings: &Settings, line: &Line) -> String {
    let part = |name: &str| text(line, name).unwrap_or_default();
    let of = match line.event {
        Happened::Done => format!(" ({})", deadlines::party_names(settings, part("party"))),
        _ => String::new(),
    };
    let why = text(line, "reason").map_or_else(String::new, |reason| format!(": {reason}"));
    format!("{}{of} by {} on {}{why}", deed(line), part("by"), spelled(print::day(settings, line.at)))
}

fn text<'a>(line: &'a Line, name: &str) -> Option<&'a str> {
    line.detail.get(name).and_then(Value::as_str)
}
