//! Reading: from the bytes of a file to observations and quarantined rows.

#![expect(clippy::unwrap_used, reason = "fixtures and readers of test files stop at what is wrong")]

mod dates;
mod fixtures;
mod hostile;
mod properties;
mod published;
mod releases;
mod rules;
mod tidy;
mod toml;
mod wide;
mod workbooks;
