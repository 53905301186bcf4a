//! The integration tests, in one binary.

mod collect;
mod domain;
mod read;
mod worker;
