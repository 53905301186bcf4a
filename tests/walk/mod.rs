//! The whole walk, on real parts: sources, workers, database, outbox, program.

mod chasers;
mod deadlines;
mod figures;
mod letters;
mod loss;
mod outbox;
mod quarter;
mod refusals;
mod region;
mod relay;
mod scope;
mod versions;
mod web;
