//! The integration tests.

mod read;
