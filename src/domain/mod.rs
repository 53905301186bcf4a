//! Rules without files, sockets or database.

pub mod authority;
pub mod calendar;
pub mod deadline;
pub mod disclosure;
pub mod due;
pub mod figure;
pub mod finding;
pub mod indicator;
pub mod letter;
pub mod message;
pub mod quarter;
pub mod scope;
pub mod sentence;
