//! Long walks through the rules.

mod clocks;
mod lifecycle;
