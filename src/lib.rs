//! Quarterdeck: the early-warning watch of a region's children's services.
//!
//! # The house
//!
//! ```text
//! 5  cli  demo                               arguments, printing; the synthetic year
//! 4  daemon                                  wakes on the schedule, stops on a signal
//! 3  pipeline                                the walk: the only room that knows every other
//! 2  collect  read  store  worker  mail      edges; they never import each other
//! 1  config                                  what was typed, checked into what we trust
//! 0  domain  clock                           rules without files, sockets, database
//! ```
//!
//! Arrows point down only, and a test keeps it so. Nothing below `daemon` and `cli` asks what time it is.
//!
//! # A return's day
//!
//! 1. [`daemon::run`] wakes four times a minute and asks [`domain::due`] whether anything fell due since the
//!    last walk. If so it starts this binary again, as `once`: [`pipeline::once`].
//! 2. [`pipeline::polling`] polls the sources ([`collect::http`], [`collect::ees`],
//!    [`collect::folder`]). What is new is kept under its hash ([`store::keep`]) and then journalled
//!    ([`store::journal`]): now it cannot be lost. A dropped file is put away once it was judged
//!    ([`pipeline::dropping`]).
//! 3. [`pipeline::loading`] reads every journalled file that the database does not have. [`read::sniff`]
//!    says what it is; a workbook is opened by a [`worker`], a child under limits; [`read::validate`] makes
//!    observations, quarantined rows and remarks of it, or refuses it whole; [`read::replacing`] says whether
//!    it may take the place of the version that counts. [`store::returns`] keeps all of it.
//! 4. [`pipeline::asking`] asks the checks (`queries/checks`) of every quarter that changed, lets one story
//!    stand for six ([`domain::inhibition`]), and folds the answers into findings ([`domain::finding`]).
//! 5. [`pipeline::composing`] writes the receipt: facts from [`store::facts`], without what its reader must
//!    not learn ([`pipeline::withheld`], [`domain::disclosure`]), words from [`domain::letter`], bytes from
//!    [`mail::finish`]. Load, answers, findings and messages are committed together.
//! 6. [`pipeline::posting`] keeps each message under its key, journals it, and sends it. `sending` is
//!    journalled after the relay's 354 and before the body; `sent` after its reply.
//!
//! # A reminder's day
//!
//! 1. At the hour of reminders the daemon starts a walk, also when no source has anything new.
//! 2. [`pipeline::reminding`] takes each party of each deadline that is not done ([`domain::deadline`]) and
//!    asks [`domain::deadline::notice_due`] for the latest step of its ladder that has come, counted in
//!    working days ([`domain::calendar`]). Steps that were sent, or that a later one has overtaken, are no
//!    more.
//! 3. [`domain::letter::reminder`] writes to the party's own people and to nobody else, with the calendar
//!    entry; later reminders of one deadline answer the first, so that they stand in one thread.
//! 4. The message's key holds deadline, party, day and step. A walk that is done twice finds the key and
//!    writes nothing; a deadline that moves has another day, and is reminded of again.

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
