//! The words of a chaser.
