//! Reading: from the bytes of a file to observations and quarantined rows.

#![expect(clippy::unwrap_used, reason = "fixtures and readers of test files stop at what is wrong")]

mod choosing;
mod dates;
mod faults;
pub(crate) mod fixtures;
mod hostile;
mod json;
mod kinds;
pub(crate) mod making;
mod merges;
mod oddities;
mod packages;
mod preflight;
mod properties;
mod published;
mod ragged;
mod releases;
mod rules;
mod sheets;
mod shown;
mod tidy;
mod toml;
mod uncomputed;
mod wide;
mod workbooks;
mod years;
