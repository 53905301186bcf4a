//! The database and the journal: opened, kept in shape, asked.

pub mod analysis;
pub mod backup;
pub mod check_file;
pub mod configured;
pub mod examine;
pub mod facts;
pub mod findings;
pub mod grid;
pub mod holder;
pub mod journal;
pub mod judged;
pub mod keep;
pub mod mending;
pub mod mirror;
pub mod moments;
pub mod open;
pub mod outbox;
pub mod recover;
pub mod refusal;
pub mod returns;
pub mod runs;
pub mod schedules;
pub mod schema;
pub mod snapshot;
pub mod soundness;
pub mod totals;
