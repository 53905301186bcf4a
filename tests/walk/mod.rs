//! The whole walk, on real parts: sources, workers, database, outbox, program.

mod actions;
mod autumn;
mod chasers;
mod checks;
mod commands;
mod daemon;
mod deadlines;
mod deaths;
mod doctor;
mod figures;
mod letters;
mod loss;
mod outbox;
mod published;
mod quarter;
mod refreshing;
mod refusals;
mod region;
mod relay;
mod schedules;
mod scope;
mod status;
mod telling;
mod versions;
mod web;
