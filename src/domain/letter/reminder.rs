//! The words of a reminder.
