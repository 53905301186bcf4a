//! The configuration: the shipped files, and what is said about wrong ones.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may say so by panicking")]

mod hints;
mod layouts;
mod left_over;
mod problems;
mod shipped;
mod sources;

use std::path::Path;

use quarterdeck::config::files::Files;
use quarterdeck::config::{Loaded, load_files};

/// The shipped files with edits, each a text that is there once and what takes its place.
fn edited(edits: &[(&str, &str, &str)]) -> Files {
    let folder = Path::new("config");
    edits.iter().fold(Files::shipped(folder), |files, (name, from, to)| {
        let text = files.text(name).unwrap().to_owned();
        assert_eq!(text.matches(from).count(), 1, "`{from}` must be there once in {name}");
        files.with(name, &text.replace(from, to))
    })
}

/// The problems of the shipped files with edits, as printed.
fn said(edits: &[(&str, &str, &str)]) -> String {
    match load_files(&edited(edits), Path::new("config")) {
        Ok(_) => String::new(),
        Err(problems) => problems.to_string(),
    }
}

fn loaded() -> Loaded {
    load_files(&Files::shipped(Path::new("config")), Path::new("config")).unwrap()
}
