//! The integration tests, in one binary.

mod collect;
mod domain;
mod letters;
mod read;
mod worker;
