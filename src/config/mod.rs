//! What was typed, checked into what we trust.

pub mod checked;
pub mod problem;
pub mod settings;
pub mod written;
