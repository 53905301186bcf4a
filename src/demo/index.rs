//! The page from which every message can be opened.

use chrono::DateTime;
use chrono_tz::Tz;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, Value};
use serde::Serialize;

use crate::domain::message::Kind;

const TEMPLATE: &str = include_str!("index.html");

/// One message, as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whom it was sent to: their name.
    pub recipient: String,
    /// Their role or authority, in words; may be empty.
    pub role: String,
    /// Which kind.
    pub kind: Kind,
    /// The subject.
    pub subject: String,
    /// When it was sent, in the wall time of the configuration.
    pub sent_at: DateTime<Tz>,
    /// The page to read, relative to the index.
    pub page: String,
    /// The message itself, relative to the index.
    pub eml: String,
}

/// The head of the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Such as `Quarterdeck, a synthetic year`.
    pub title: String,
    /// A line that stands above everything, such as "Every figure here is synthetic."
    pub notice: String,
    /// Sentences under the title: what was received, found and sent.
    pub summary: Vec<String>,
}

#[derive(Serialize)]
struct Page<'a> {
    head: &'a Head,
    count: usize,
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    recipient: String,
    role: String,
    days: Vec<Day>,
    count: usize,
}

#[derive(Serialize)]
struct Day {
    date: String,
    entries: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    time: String,
    kind: &'static str,
    subject: String,
    page: String,
    eml: String,
}

/// The whole page as HTML: messages by recipient in order of name, then by day, latest first.
///
/// # Errors
/// When the template cannot be rendered.
pub fn page(head: &Head, entries: &[Entry]) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("index", TEMPLATE)?;
    let page = Page { head, count: entries.len(), groups: groups(entries) };
    environment.get_template("index")?.render(Value::from(Serde(page)))
}

fn groups(entries: &[Entry]) -> Vec<Group> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|one, other| {
        let whom = (&one.recipient, &one.role).cmp(&(&other.recipient, &other.role));
        whom.then(other.sent_at.cmp(&one.sent_at)).then(one.page.cmp(&other.page))
    });
    let same_reader =
        |one: &&Entry, other: &&Entry| one.recipient == other.recipient && one.role == other.role;
    sorted.chunk_by(same_reader).filter_map(group).collect()
}

fn group(entries: &[&Entry]) -> Option<Group> {
    let first = entries.first()?;
    let days = entries.chunk_by(|one, other| one.sent_at.date_naive() == other.sent_at.date_naive());
    Some(Group {
        recipient: first.recipient.clone(),
        role: first.role.clone(),
        days: days.filter_map(day).collect(),
        count: entries.len(),
    })
}

fn day(entries: &[&Entry]) -> Option<Day> {
    let date = entries.first()?.sent_at.format("%A %-d %B %Y").to_string();
    let line = |entry: &&Entry| Line {
        time: entry.sent_at.format("%H:%M").to_string(),
        kind: entry.kind.word(),
        subject: entry.subject.clone(),
        page: entry.page.clone(),
        eml: entry.eml.clone(),
    };
    Some(Day { date, entries: entries.iter().map(line).collect() })
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::{Entry, Head, page};
    use crate::domain::message::Kind;

    fn entry(recipient: &str, day: u32, subject: &str) -> Entry {
        let sent_at = Utc.with_ymd_and_hms(2017, 7, day, 8, 0, 0).unwrap();
        Entry {
            recipient: recipient.to_owned(),
            role: "director".to_owned(),
            kind: Kind::Digest,
            subject: subject.to_owned(),
            sent_at: sent_at.with_timezone(&chrono_tz::Europe::London),
            page: format!("messages/{recipient}-{day}.html"),
            eml: format!("messages/{recipient}-{day}.eml"),
        }
    }

    fn head() -> Head {
        let notice = "Every figure here is synthetic.".to_owned();
        Head { title: "A year".to_owned(), notice, summary: vec!["14 returns".to_owned()] }
    }

    #[test]
    fn messages_stand_under_their_reader_latest_first() {
        let entries = [entry("Beth", 3, "second"), entry("Ann", 4, "only"), entry("Beth", 2, "first")];
        let html = page(&head(), &entries).unwrap();
        let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("no `{text}` in {html}"));
        assert!(at("synthetic") < at("A year</h1>"));
        assert!(at(">Ann<") < at(">Beth<"));
        assert!(at(">Beth<") < at("second") && at("second") < at("first</a>"));
        assert!(at("Monday 3 July 2017") < at("Sunday 2 July 2017"));
        let plain = html.replace("&#x2f;", "/");
        assert!(
            plain.contains("href=\"messages/Ann-4.html\"") && plain.contains("href=\"messages/Ann-4.eml\"")
        );
        // Wall time: one hour ahead in July.
        assert!(html.contains("09:00"));
    }

    #[test]
    fn a_subject_cannot_break_the_page() {
        let html = page(&head(), &[entry("Ann", 1, "<script>alert(1)</script>")]).unwrap();
        assert!(!html.contains("<script>"));
    }
}
