//! Why a row is quarantined: everything that is wrong with it, each with its column.

use crate::domain::figure::{Column, Place, Quarantined};
use crate::domain::slip::{Alike, Fault};
use crate::read::code::Code;
use crate::read::figures::Part;
use crate::read::text;

/// Why a row is quarantined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Objection {
    /// One of [`ALL`](crate::read::code::ALL).
    pub(crate) code: Code,
    /// A plain sentence: what, the value, what to do.
    pub(crate) reason: String,
    /// The part of a figure that is at fault.
    pub(crate) part: Option<Part>,
    /// The column that is at fault, from 0.
    pub(crate) column: Option<usize>,
    /// How it is told together with others like it.
    alike: Option<Box<Alike>>,
    /// What else is wrong with the row.
    also: Vec<Objection>,
}

impl Objection {
    /// An objection with this code and sentence.
    pub(crate) fn new(code: Code, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), part: None, column: None, alike: None, also: Vec::new() }
    }

    /// The same, told together with others by `text`: `{text}, .. and {text} {kind}`.
    pub(crate) fn like(mut self, text: &str, kind: impl Into<String>) -> Self {
        self.alike = Some(Box::new(Alike { text: text::shown(text), kind: kind.into() }));
        self
    }

    /// The same about this part of a figure.
    pub(crate) fn about(mut self, part: Part) -> Self {
        self.part = Some(part);
        self
    }

    /// The same about this column, from 0; a column that the file does not have is none.
    pub(crate) fn at(mut self, column: impl Into<Option<usize>>) -> Self {
        self.column = column.into().filter(|at| *at != usize::MAX).or(self.column);
        self
    }

    /// The same with each thing that is wrong changed.
    pub(crate) fn mapped(mut self, change: impl Fn(Self) -> Self) -> Self {
        let also = std::mem::take(&mut self.also);
        let also = also.into_iter().map(&change).collect();
        Self { also, ..change(self) }
    }

    /// Each thing that is wrong, with the column of the part that is at fault.
    pub(crate) fn located(self, column: impl Fn(Part) -> Option<usize>) -> Self {
        self.mapped(|one| {
            let found = one.part.and_then(&column);
            one.at(found)
        })
    }

    /// Each thing that is wrong by itself.
    pub(crate) fn each(mut self) -> Vec<Self> {
        let also = std::mem::take(&mut self.also);
        std::iter::once(self).chain(also).collect()
    }

    /// Also objects to `other`, unless its column was objected to already: one cell has one fault.
    pub(crate) fn add(&mut self, other: Self) {
        for one in other.each() {
            let is_said = |said: &Self| match (said.column, one.column) {
                (Some(column), Some(other)) => column == other,
                _ => said.reason == one.reason,
            };
            if !is_said(self) && !self.also.iter().any(is_said) {
                self.also.push(one);
            }
        }
    }

    /// Whether every objection has this code.
    pub(crate) fn is_only(&self, code: Code) -> bool {
        self.code == code && self.also.iter().all(|one| one.code == code)
    }

    /// The quarantined row; `column` says which column stands at an index.
    pub(crate) fn quarantined(
        self,
        (sheet, line): (Option<String>, u32),
        raw: String,
        column: impl Fn(usize) -> Column,
    ) -> Quarantined {
        let place = Place { sheet, line, column: self.column.map(&column) };
        let also = self.also.into_iter().map(|one| Fault {
            column: one.column.map(&column),
            code: one.code,
            reason: one.reason,
            alike: one.alike.map(|alike| *alike),
        });
        let (code, alike) = (self.code, self.alike.map(|alike| *alike));
        Quarantined { place, raw, code, reason: self.reason, alike, also: also.collect() }
    }
}

/// Gathers everything that is wrong with one row.
#[derive(Default)]
pub(crate) struct Faults {
    found: Option<Objection>,
}

impl Faults {
    /// What was read; nothing where it was objected to, which is kept.
    pub(crate) fn ok<T>(&mut self, read: Result<T, Objection>) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(objection) => {
                self.object(objection);
                None
            }
        }
    }

    /// Keeps an objection.
    pub(crate) fn object(&mut self, objection: Objection) {
        match &mut self.found {
            Some(found) => found.add(objection),
            None => self.found = Some(objection),
        }
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_none()
    }

    /// The whole of what was read, unless something is wrong with it.
    pub(crate) fn settle<T>(self, whole: Option<T>) -> Result<T, Objection> {
        match (self.found, whole) {
            (None, Some(whole)) => Ok(whole),
            (Some(found), _) => Err(found),
            (None, None) => Err(Objection::new("unreadable", "the row cannot be read: write it anew")),
        }
    }
}
