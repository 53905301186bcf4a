//! Quarterdeck: the early-warning watch of a region's children's services.

pub mod cli;
pub mod clock;
pub mod collect;
pub mod config;
pub mod daemon;
pub mod demo;
pub mod domain;
pub mod mail;
pub mod pipeline;
pub mod read;
pub mod store;
pub mod worker;
