//! The digest of a performance lead: the detail of their own authority.

use std::collections::BTreeMap;

use crate::domain::letter::digest::findings::Limits;
use crate::domain::letter::digest::opening::Counts;
use crate::domain::letter::digest::seen::Seen;
use crate::domain::letter::digest::{attached, changes, findings, returns, support};
use crate::domain::letter::facts::{Named, OwnFigure};
use crate::domain::letter::{Occasion, table, words};
use crate::domain::message::{Attachment, Block};
use crate::domain::stretch::Stretch;

pub(super) const LIMITS: Limits = Limits { findings_max: 10, charts_max: 4 };

pub(super) fn body(occasion: &Occasion, seen: &Seen, counts: &Counts) -> (Vec<Block>, Vec<Attachment>) {
    let (announcement, attachments) = attached::figures(seen);
    let mut blocks = counts.blocks(seen);
    blocks.extend(words::section("What changed", changes::blocks(seen)));
    blocks.extend(words::section("Your returns", returns::detail(seen)));
    blocks.extend(words::section(
        "What to look at, most pressing first",
        findings::blocks(seen, occasion.region, LIMITS),
    ));
    blocks.extend(words::section(support::HEADING, support::blocks(seen)));
    blocks.extend(words::section("Your figures", own_figures(occasion, seen)));
    blocks.extend(announcement);
    blocks.extend(words::section("What is due, or overdue", words::bullets(returns::deadline_lines(seen))));
    blocks.extend(words::section("Notes", notes(seen)));
    (blocks, attachments)
}

/// Notes that travel with figures, each with whose it is.
pub(super) fn notes(seen: &Seen) -> Vec<Block> {
    let lines = seen.notes.iter().map(|note| match &note.authority {
        Some(named) => format!("{}: {}", named.name, words::sentence(&note.text)),
        None => words::sentence(&note.text),
    });
    words::bullets(lines.collect())
}

fn own_figures(occasion: &Occasion, seen: &Seen) -> Vec<Block> {
    let mut per_authority: BTreeMap<&Named, Vec<&OwnFigure>> = BTreeMap::new();
    for own in &seen.figures {
        per_authority.entry(&own.authority).or_default().push(own);
    }
    let tables = per_authority.into_iter().map(|(named, figures)| {
        let time = attached::time_of_most(&figures);
        let (quarter, stretch) = time.unwrap_or((seen.facts.quarter, Stretch::Quarter));
        let caption = format!("Figures of {}, {}", named.name, stretch.long_name(quarter));
        Block::Table(table::own_figures(&caption, occasion.region, (quarter, stretch), &figures))
    });
    tables.collect()
}
