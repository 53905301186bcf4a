//! Whom a reader asks: one person, by name and address, in every letter alike.

use std::fmt;

use crate::domain::letter::{Occasion, words};
use crate::domain::message::Block;
use crate::domain::scope::Role;

/// Who answers a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact<'a> {
    /// Their name, where it is known.
    pub name: Option<&'a str>,
    /// Their address.
    pub address: &'a str,
}

impl fmt::Display for Contact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(f, "{name} ({})", self.address),
            None => f.write_str(self.address),
        }
    }
}

impl Occasion<'_> {
    /// Whether the reader has this program at hand: a command is of use to nobody else.
    pub(super) fn has_commands(&self) -> bool {
        self.recipient.role == Role::Operator
    }

    /// By what the reader hears more of a finding: the command, or its number.
    pub(super) fn more_of(&self, finding: &str) -> String {
        if self.has_commands() {
            format!("More: quarterdeck explain {finding}")
        } else {
            format!("Finding {finding}.")
        }
    }

    /// Whom to tell that a figure is right.
    pub(super) fn confirmed_by(&self, finding: &str) -> String {
        if self.has_commands() {
            format!("quarterdeck confirm {finding} --by NAME --reason WHY")
        } else {
            format!("tell {}", self.contact)
        }
    }

    /// Whom to ask about the findings of a letter.
    pub(super) fn about_findings(&self) -> Option<Block> {
        let words = || format!("Questions about a finding? Give its number to {}.", self.contact);
        (!self.has_commands()).then(|| words::paragraph(words()))
    }

    /// The end of a letter to somebody who sent something, or should.
    pub(super) fn questions(&self) -> Block {
        let whom = format!("Questions? Reply to this message, or write to {}.", self.contact);
        words::paragraph(format!("{whom} A person reads it."))
    }
}
