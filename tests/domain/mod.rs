//! Long walks through the rules.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod clocks;
mod disclosure;
mod lifecycle;
