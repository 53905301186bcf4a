//! Reading: from the bytes of a file to observations and quarantined rows.

mod fixtures;
mod hostile;
mod properties;
mod published;
mod rules;
mod tidy;
mod workbooks;
