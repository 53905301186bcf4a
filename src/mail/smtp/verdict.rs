//! What an answer means for its message, for the line, and for the rest of the run.

use std::collections::BTreeMap;

use crate::domain::message::MessageKey;
use crate::mail::smtp::line::Line;
use crate::mail::smtp::reply::Reply;
use crate::mail::{Bar, Sending};

/// What was learnt of the server in this run.
pub(super) struct Run {
    /// The line, while it is open.
    pub(super) line: Option<Line>,
    /// Why nothing more is sent in this run.
    pub(super) bar: Option<(String, Bar)>,
    /// How many times what a line should be given it is given.
    patience_of_lines: usize,
    /// How many messages it took.
    pub(super) accepted: usize,
    /// How many messages in a row had an answer that may be about us, none being taken in between.
    doubts: usize,
    /// Messages that are asked for again after the others, and how many were taken before.
    aside: BTreeMap<MessageKey, usize>,
}

/// Why a message was not taken before its body.
pub(super) enum Declined {
    /// This is the end of it for now; the line is as good as before.
    Message(Sending),
    /// The line was lost, given up or put off: before a recipient was named, or later.
    Line(String, Named),
    /// The server will have nothing from us.
    Us(String),
    /// It may be about us, and about this message.
    PerhapsUs(String),
}

/// Whether a recipient was named when the line failed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    NotYet,
    Already,
}

/// Whether MAIL says how long the message is. A server that puts off because of it may take it without.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Said,
    Unsaid,
}

/// What became of a body.
pub(super) enum Given {
    /// It had an answer.
    Answered(Reply),
    /// The line was lost before its end: no server takes that.
    Cut(String),
    /// The line was lost after its end.
    Lost(String),
    /// It was given, and nothing came.
    Silent(String),
}

impl Default for Run {
    fn default() -> Self {
        Self { line: None, bar: None, patience_of_lines: 1, accepted: 0, doubts: 0, aside: BTreeMap::new() }
    }
}

impl Run {
    /// The server put a fresh line off, and takes one now: whoever counts connections gets fewer of them.
    pub(super) fn opens_too_often(&mut self) {
        self.patience_of_lines = self.patience_of_lines.saturating_mul(10);
    }

    /// Whether a line was given what it should be.
    pub(super) fn has_had_enough(&self, line: &Line) -> bool {
        line.bodies >= line.bodies_max.saturating_mul(self.patience_of_lines)
    }

    /// What it means that a message was not taken before its body, also on a fresh line.
    pub(super) fn decline(&mut self, line: Line, key: &MessageKey, declined: Declined) -> Sending {
        match declined {
            Declined::Message(sending) => {
                // The server judged it for itself: what it said of others was not about all.
                self.doubts = 0;
                self.line = Some(line);
                sending
            }
            Declined::Line(reply, Named::NotYet) => self.barred(reply, Bar::PutOff),
            Declined::Line(reply, Named::Already) => {
                let verdict = Sending::Later { reply: reply.clone() };
                self.doubtful(key, reply, Bar::PutOff, verdict)
            }
            Declined::Us(reply) => {
                self.line = Some(line);
                self.barred(reply, Bar::Refused)
            }
            Declined::PerhapsUs(reply) => {
                self.line = Some(line);
                let verdict = Sending::Refused { reply: reply.clone() };
                if self.accepted > 0 {
                    return verdict;
                }
                self.doubtful(key, reply, Bar::Refused, verdict)
            }
        }
    }

    /// What a body's fate means for its message, and for the line.
    pub(super) fn judge(&mut self, line: Line, key: &MessageKey, given: Given) -> Sending {
        match given {
            Given::Answered(reply) if reply.is_yes() => {
                self.line = Some(line);
                self.accepted += 1;
                self.doubts = 0;
                Sending::Accepted { reply: reply.words() }
            }
            Given::Answered(reply) if reply.ends_the_line() => {
                let verdict = Sending::Later { reply: reply.words() };
                self.doubtful(key, reply.words(), Bar::PutOff, verdict)
            }
            Given::Answered(reply) if reply.is_later() => {
                self.line = Some(line);
                Sending::Later { reply: reply.words() }
            }
            Given::Answered(reply) if reply.is_never() => {
                self.line = Some(line);
                Sending::Refused { reply: reply.words() }
            }
            Given::Answered(reply) => {
                Sending::Unknown { reply: format!("the body was answered with {}", reply.words()) }
            }
            Given::Cut(words) => {
                let verdict = Sending::Later { reply: words.clone() };
                self.doubtful(key, words, Bar::OutOfReach, verdict)
            }
            Given::Lost(reply) => Sending::Unknown { reply },
            Given::Silent(reply) => {
                // Whoever is silent for so long gets no more bodies that may then be there twice.
                self.bar = Some((reply.clone(), Bar::OutOfReach));
                Sending::Unknown { reply }
            }
        }
    }

    /// Nothing more is sent in this run.
    fn barred(&mut self, reply: String, bar: Bar) -> Sending {
        self.bar = Some((reply.clone(), bar));
        Sending::Barred { reply, bar }
    }

    /// What may be about this message or about all: it is asked for again after the others. Two in a row bar
    /// the server; when others were taken meanwhile, it was about this one.
    fn doubtful(&mut self, key: &MessageKey, reply: String, bar: Bar, verdict: Sending) -> Sending {
        match self.aside.get(key) {
            Some(before) if self.accepted > *before => verdict,
            None if self.doubts == 0 => {
                self.doubts += 1;
                self.aside.insert(key.clone(), self.accepted);
                Sending::Aside { reply }
            }
            _ => self.barred(reply, bar),
        }
    }
}

/// 4xx is of the line, also 452 "too many messages"; 552 to a size that was said is of this message; any
/// other 5xx is of us.
pub(super) fn to_mail(reply: &Reply, size: Size) -> Result<(), Declined> {
    let words = format!("MAIL was answered with {}", reply.words());
    if reply.is_yes() {
        Ok(())
    } else if size == Size::Said && reply.is_about_size() {
        Err(Declined::Message(Sending::Refused { reply: words }))
    } else if reply.is_never() {
        Err(Declined::Us(words))
    } else {
        Err(Declined::Line(words, Named::NotYet))
    }
}

/// 552 to a recipient means too many of them or a full box, and both pass (RFC 5321, 4.5.3.1.10).
pub(super) fn to_rcpt(reply: &Reply) -> Result<(), Declined> {
    let words = format!("RCPT was answered with {}", reply.words());
    if reply.is_yes() {
        Ok(())
    } else if reply.ends_the_line() {
        Err(Declined::Line(words, Named::Already))
    } else if reply.is_never() && reply.is_about_us() {
        Err(Declined::PerhapsUs(words))
    } else if reply.is_never() && reply.code() != 552 {
        Err(Declined::Message(Sending::Refused { reply: words }))
    } else {
        Err(Declined::Message(Sending::Later { reply: words }))
    }
}

/// The body is not seen yet and the recipient was taken: what is refused here is mostly us.
pub(super) fn to_body(reply: &Reply) -> Result<(), Declined> {
    let words = format!("DATA was answered with {}", reply.words());
    if reply.code() == 354 {
        Ok(())
    } else if reply.ends_the_line() {
        Err(Declined::Line(words, Named::Already))
    } else if reply.is_never() {
        Err(Declined::PerhapsUs(words))
    } else {
        Err(Declined::Message(Sending::Later { reply: words }))
    }
}
