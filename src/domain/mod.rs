//! Rules without files, sockets or database.

pub mod advice;
pub mod announcement;
pub mod authority;
pub mod calendar;
pub mod check;
pub mod cron;
pub mod deadline;
pub mod disclosure;
pub mod due;
pub mod figure;
pub mod finding;
pub mod indicator;
pub mod inhibition;
pub mod letter;
pub mod life;
pub mod message;
pub mod quarter;
pub mod quietness;
pub mod schedule;
pub mod scope;
pub mod sentence;
pub mod story;
pub mod stretch;
pub mod support;
pub mod turn;
pub mod version;
