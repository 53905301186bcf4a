mod domain;
//! The integration tests, in one binary.
mod collect;
mod worker;
