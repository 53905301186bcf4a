//! The mail room: what renders, what it weighs, and how it leaves.

#![expect(clippy::unwrap_used, reason = "a test may stop where something is missing")]

mod calendar;
mod charts;
mod folder;
mod html;
mod letter;
mod login;
mod mime;
mod parsed;
pub(crate) mod relay;
mod smtp;
