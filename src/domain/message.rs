//! One finished mail to one person, and what it is made of.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::scope::EmailAddress;

/// The kinds of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// To the sender of a return, at once.
    Receipt,
    /// A return is late.
    Chaser,
    /// What changed, what is unusual, what is due.
    Digest,
    /// A deadline comes near.
    Reminder,
    /// Support was agreed, to both sides of it, at once.
    Support,
    /// To the operator: something could not be done.
    Notice,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Receipt, Self::Chaser, Self::Digest, Self::Reminder, Self::Support, Self::Notice];

    /// The word used in keys and tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Chaser => "chaser",
            Self::Digest => "digest",
            Self::Reminder => "reminder",
            Self::Support => "support",
            Self::Notice => "notice",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The key under which a message exists once: kind, subject, business period, recipient.
///
/// Lower-case letters, digits, `-` and `.`; safe as a file name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey(String);

impl MessageKey {
    /// Joins the four parts with dots; every other character becomes `-`.
    #[must_use]
    pub fn of(kind: Kind, subject: &str, period: &str, recipient: &str) -> Self {
        Self(format!("{}{}.{}", Self::stem(kind, subject), plain(period), plain(recipient)))
    }

    /// How the keys of every message of one kind and subject begin.
    #[must_use]
    pub fn stem(kind: Kind, subject: &str) -> String {
        format!("{}.{}.", kind.word(), plain(subject))
    }

    /// A key read back from the journal.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn plain(part: &str) -> String {
    part.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A message before it is rendered: the HTML and the text are made from the same blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// Under which it exists once.
    pub key: MessageKey,
    /// Which kind.
    pub kind: Kind,
    /// The recipient's short name.
    pub recipient: String,
    /// The recipient's name.
    pub to_name: String,
    /// The recipient's address.
    pub to: EmailAddress,
    /// At most 78 characters.
    pub subject: String,
    /// The first 90 characters a reader sees: counts, not "Dear".
    pub preheader: String,
    /// The one h1.
    pub title: String,
    /// The body, in order.
    pub blocks: Vec<Block>,
    /// Files that go with it.
    pub attachments: Vec<Attachment>,
    /// The key of the first message of this thread, when this is a later one.
    pub thread: Option<MessageKey>,
    /// The findings that it spells out, by their ids.
    pub told: Vec<String>,
    /// When it was queued; becomes the Date header.
    pub queued_at: DateTime<Utc>,
}

/// One piece of a letter's body.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// An h2.
    Heading(String),
    /// An h3.
    Subheading(String),
    /// Running text.
    Paragraph(String),
    /// A list.
    Bullets(Vec<String>),
    /// One finding: its level in words, its sentence, and small print.
    Finding(FindingBlock),
    /// A data table.
    Table(Table),
    /// A small chart.
    Chart(Chart),
    /// Small print, such as "provisional, unvalidated".
    Note(String),
}

/// A finding as shown in a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingBlock {
    /// Such as `High · new`.
    pub badge: String,
    /// What was found, as a heading.
    pub title: String,
    /// The sentence a director understands.
    pub sentence: String,
    /// Denominator, comparator and its vintage; and how to hear more of it.
    pub small_print: Vec<String>,
}

/// A data table. Every row has as many cells as there are columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it shows: measure, place, period, unit.
    pub caption: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, already formatted.
    pub rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading, unit included.
    pub heading: String,
    /// Where its cells stand.
    pub align: Align,
}

/// Where a cell's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A small line chart of one indicator.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// A headline with the message, at most ten words.
    pub title: String,
    /// Measure, place, period, unit.
    pub subtitle: String,
    /// Names the direction and both end values.
    pub alternative: String,
    /// One per quarter, such as `2017-18 Q2`.
    pub quarters: Vec<String>,
    /// At most four; the first is the reader's own.
    pub lines: Vec<ChartLine>,
    /// The usual range; none where the series has no chart of its own.
    pub usual_range: Option<Band>,
    /// The target.
    pub target: Option<f64>,
    /// Decimals of the labels.
    pub decimals: u8,
}

/// The usual range of a series, as its own chart has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// The lower limit.
    pub lower: f64,
    /// The upper limit.
    pub upper: f64,
    /// The place of the first quarter that it is about: where the chart begins anew.
    pub from: usize,
}

/// One line of a chart; a gap where there is no figure.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartLine {
    /// Its direct label.
    pub label: String,
    /// One per quarter.
    pub values: Vec<Option<f64>>,
}

/// A file that goes with a letter.
#[derive(Clone, Debug, PartialEq)]
pub enum Attachment {
    /// The figures of a digest, as CSV that opens in Excel.
    Figures {
        /// Such as `figures-2017-18-q2.csv`.
        file_name: String,
        /// The heading row.
        columns: Vec<String>,
        /// One per figure.
        rows: Vec<Vec<Cell>>,
    },
    /// A deadline as a calendar entry.
    Calendar(CalendarEntry),
}

/// A cell of an attachment: text is guarded against formulas, numbers are not touched.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number on stored precision.
    Number(f64),
    /// Nothing.
    Empty,
}

/// An all-day entry for a deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarEntry {
    /// Stable per deadline and party, such as `challenge-event-2017.e08000003`.
    pub uid_stem: String,
    /// What is due.
    pub summary: String,
    /// More words.
    pub description: String,
    /// The day.
    pub on: NaiveDate,
    /// Rises with every change of date or title.
    pub sequence: u32,
    /// Whether the deadline was called off.
    pub cancelled: bool,
}

/// A finished message: bytes that never change again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Under which it exists once.
    pub key: MessageKey,
    /// Which kind.
    pub kind: Kind,
    /// The recipient's short name.
    pub recipient: String,
    /// The one envelope recipient.
    pub to: EmailAddress,
    /// The subject, for lists.
    pub subject: String,
    /// The Message-ID, without angle brackets.
    pub message_id: String,
    /// The findings that it spells out, by their ids.
    pub told: Vec<String>,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
    /// The whole message, CRLF lines.
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use crate::domain::message::{Kind, MessageKey};

    #[test]
    fn a_key_begins_with_the_stem_of_its_subject_whatever_the_subject_is_made_of() {
        let key = MessageKey::of(Kind::Digest, "Weekly_region", "2017-11-17", "lead");
        assert_eq!(key.as_str(), "digest.weekly-region.2017-11-17.lead");
        assert!(key.as_str().starts_with(&MessageKey::stem(Kind::Digest, "Weekly_region")));
    }
}
