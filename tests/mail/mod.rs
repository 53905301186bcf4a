//! The mail room: what renders, what it weighs, and how it leaves.

mod calendar;
mod charts;
mod folder;
mod html;
mod letter;
mod mime;
mod parsed;
mod relay;
mod smtp;
