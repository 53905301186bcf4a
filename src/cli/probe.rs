//! `probe`.

use anyhow::Result;

use crate::cli::arguments::With;
use crate::cli::exit::Ending;
use crate::cli::print;
use crate::clock;
use crate::pipeline::{Moment, Walk};

/// Opens the state.
///
/// # Errors
/// When it is damaged.
pub fn probe(with: &With) -> Result<Ending> {
    let settings = print::settings(with)?;
    let moment = Moment { now: print::now(with), machine: clock::machine() };
    let program = print::program();
    Walk::open(&settings, moment, &program, Box::new(|_| {}))?;
    Ok(Ending::Done)
}
