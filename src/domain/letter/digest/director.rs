//! The digest of a director: one screen, no ranks.

use crate::domain::letter::Occasion;
use crate::domain::letter::digest::findings::Limits;
use crate::domain::letter::digest::opening::Counts;
use crate::domain::letter::digest::seen::Seen;
use crate::domain::letter::digest::{findings, quality, returns, support};
use crate::domain::letter::words;
use crate::domain::message::{Attachment, Block};

pub(super) const LIMITS: Limits = Limits { findings_max: 5, charts_max: 1 };

pub(super) fn body(occasion: &Occasion, seen: &Seen, counts: &Counts) -> (Vec<Block>, Vec<Attachment>) {
    let mut blocks = counts.blocks(occasion, seen);
    blocks.extend(words::section("What to look at first", findings::blocks(occasion, seen, LIMITS)));
    blocks.extend(words::section(support::HEADING, support::blocks(occasion, seen)));
    let mut due = returns::outstanding_lines(seen);
    due.extend(returns::deadline_lines(seen));
    blocks.extend(words::section("What is due", words::bullets(due)));
    blocks.extend(quality::one_line(seen));
    blocks.extend(occasion.about_findings());
    blocks.push(Block::Note(
        "These are starting points for a conversation, not judgements. Your performance lead has the detail."
            .to_owned(),
    ));
    (blocks, Vec::new())
}
