//! The words of each kind of message, and of a notice to the operator.
//!
//! Facts in, a [`Letter`] out: no clock, no database, no formatting for a medium.

pub mod agreement;
pub mod chaser;
pub mod contact;
pub mod digest;
pub mod facts;
pub mod notice;
pub mod receipt;
pub mod reminder;
mod slips;
mod table;
pub mod withdrawal;
mod words;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::domain::letter::contact::Contact;
use crate::domain::message::{Attachment, Block, Kind, Letter, MessageKey};
use crate::domain::scope::Recipient;

/// To whom, when and in whose name a letter is written.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The one reader.
    pub recipient: &'a Recipient,
    /// When it is queued; becomes the Date header.
    pub queued_at: DateTime<Utc>,
    /// The day it is written, in the region's wall time.
    pub today: NaiveDate,
    /// The zone of every time printed.
    pub zone: Tz,
    /// The region's name, such as `East Midlands`.
    pub region: &'a str,
    /// Whom the reader asks.
    pub contact: Contact<'a>,
    /// A line on every page, such as "synthetic figures".
    pub notice: Option<&'a str>,
}

struct Draft {
    key: MessageKey,
    kind: Kind,
    subject: String,
    preheader: String,
    title: String,
    blocks: Vec<Block>,
    attachments: Vec<Attachment>,
    first: Option<MessageKey>,
}

impl Occasion<'_> {
    fn letter(&self, mut draft: Draft) -> Letter {
        draft.blocks.extend(self.notice.map(|line| Block::Note(line.to_owned())));
        Letter {
            thread: draft.first.filter(|first| first != &draft.key),
            key: draft.key,
            kind: draft.kind,
            recipient: self.recipient.id.clone(),
            to_name: self.recipient.name.clone(),
            to: self.recipient.address.clone(),
            subject: words::shortened(&draft.subject, words::SUBJECT_CHARS_MAX),
            preheader: words::shortened(&draft.preheader, words::PREHEADER_CHARS_MAX),
            title: draft.title,
            blocks: draft.blocks,
            attachments: draft.attachments,
            told: Vec::new(),
            queued_at: self.queued_at,
        }
    }
}
