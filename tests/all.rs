//! The integration tests, in one binary.

mod collect;
mod config;
mod domain;
mod letters;
mod mail;
mod read;
mod worker;
