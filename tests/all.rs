//! The integration tests, in one binary.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says why"
)]

mod analysis;
mod collect;
mod config;
mod demo;
mod domain;
mod fuzz;
mod letters;
mod lives;
mod mail;
mod read;
mod tidy;
mod walk;
mod worker;
