//! The words of a notice.
