//! The words of a digest.
