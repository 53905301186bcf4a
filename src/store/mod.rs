//! The database: opened, kept in shape, asked.

pub mod analysis;
pub mod check_file;
pub mod open;
pub mod refusal;
pub mod schema;
