//! The digest of a performance lead: the detail of their own authority.

use std::collections::BTreeMap;

use crate::domain::letter::digest::findings::Limits;
use crate::domain::letter::digest::opening::Counts;
use crate::domain::letter::digest::seen::Seen;
use crate::domain::letter::digest::{attached, changes, findings, quality, returns, support};
use crate::domain::letter::facts::{Named, OwnFigure};
use crate::domain::letter::{Occasion, table, words};
use crate::domain::message::{Attachment, Block};
use crate::domain::stretch::Stretch;

pub(super) const LIMITS: Limits = Limits { findings_max: 10, charts_max: 4 };

pub(super) fn body(occasion: &Occasion, seen: &Seen, counts: &Counts) -> (Vec<Block>, Vec<Attachment>) {
    let (announcement, mut attachments) = attached::figures(seen);
    attachments.extend(attached::revisions(seen));
    let mut blocks = counts.blocks(occasion, seen);
    blocks.extend(words::section("What changed", changes::blocks(seen)));
    let looked_at = findings::blocks(occasion, seen, LIMITS);
    blocks.extend(words::section("What to look at, most pressing first", looked_at));
    blocks.extend(words::section("Your returns", returns::detail(seen)));
    blocks.extend(words::section(quality::HEADING, quality::blocks(occasion, seen, LIMITS)));
    blocks.extend(words::section(support::HEADING, support::blocks(occasion, seen)));
    blocks.extend(words::section("Your figures", own_figures(occasion, seen)));
    blocks.extend(announcement);
    blocks.extend(words::section("What is due, or overdue", words::bullets(returns::deadline_lines(seen))));
    blocks.extend(words::section("Notes", notes(seen)));
    blocks.extend(occasion.about_findings());
    (blocks, attachments)
}

/// Notes that travel with figures, each with whose it is.
pub(super) fn notes(seen: &Seen) -> Vec<Block> {
    let lines = seen.notes.iter().map(|note| match &note.authority {
        Some(named) => format!("{}: {}", named.name, words::sentence(&note.text)),
        None => words::sentence(&note.text),
    });
    words::bullets(lines.chain(neighbours(seen)).collect())
}

/// That quarterly figures have few neighbours to be compared with.
fn neighbours(seen: &Seen) -> Option<String> {
    let counts = || seen.neighbours.iter().map(|it| it.inside);
    let (least, most) = (counts().min()?, counts().max()?);
    let listed = seen.neighbours.iter().map(|it| it.listed).max()?;
    let how_many = if least == most { most.to_string() } else { format!("{least} to {most}") };
    let whose = match seen.neighbours.as_slice() {
        [only] => format!("the {listed} statistical neighbours of {}", only.authority.name),
        several => format!("the {listed} statistical neighbours of each of {} authorities", several.len()),
    };
    Some(format!(
        "Of {whose}, {how_many} are in this region. That is too few to compare quarterly figures with: they \
         are compared with neighbours only where figures are published for the same time."
    ))
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
