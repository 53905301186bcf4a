//! The words of the four kinds of message, and of a notice to the operator.

pub mod chaser;
pub mod digest;
pub mod notice;
pub mod receipt;
pub mod reminder;
