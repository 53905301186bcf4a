//! The integration tests, in one binary.

mod analysis;
mod collect;
mod config;
mod demo;
mod domain;
mod letters;
mod mail;
mod read;
mod tidy;
mod worker;
