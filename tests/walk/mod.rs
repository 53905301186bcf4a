//! The whole walk, on real parts: sources, workers, database, outbox, program.

mod actions;
mod autumn;
mod backups;
mod chasers;
mod checks;
mod commands;
mod daemon;
mod damage;
mod deadlines;
mod figures;
mod letters;
mod loss;
mod outbox;
mod published;
mod quarter;
mod refusals;
mod region;
mod relay;
mod scope;
mod state;
mod versions;
mod web;
