//! A synthetic year of returns for a region, served over loopback HTTP.
//!
//! `plan` reads what is to be made up; `generator` makes the figures; `publication` decides when each
//! return can be fetched and plants the story; `files` writes them as people send them; `server` serves
//! them; `story` tells which planted things were found; `index` lists the messages to read.

pub mod chance;
pub mod files;
pub mod generator;
pub mod index;
pub mod plan;
pub mod publication;
pub mod server;
pub mod story;
