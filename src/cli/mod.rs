//! Arguments and printing; one file per command.
