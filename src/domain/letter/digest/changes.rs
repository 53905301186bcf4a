//! What changed since the last digest, one line each.

use crate::domain::letter::digest::facts::{Change, FindingFact};
use crate::domain::letter::digest::findings::change_word;
use crate::domain::letter::digest::seen::Seen;
use crate::domain::letter::facts::Revision;
use crate::domain::letter::{table, words};
use crate::domain::message::Block;
use crate::domain::scope::Figures;

const LINES_MAX: usize = 12;

/// Changes of findings, the most pressing first, then revised figures.
pub(super) fn blocks(seen: &Seen) -> Vec<Block> {
    let mut changed: Vec<(Change, &FindingFact)> = seen
        .findings
        .iter()
        .filter_map(|finding| seen.change(finding).map(|change| (change, *finding)))
        .collect();
    changed.sort_by(|(_, a), (_, b)| b.level.cmp(&a.level).then_with(|| a.id.cmp(&b.id)));
    let ordered = [Change::New, Change::Worse, Change::Better, Change::Resolved].into_iter();
    let lines = ordered.flat_map(|wanted| {
        changed
            .iter()
            .filter(move |(change, _)| *change == wanted)
            .map(|(change, finding)| line(*change, finding))
    });
    let lines: Vec<String> =
        lines.chain(seen.revisions.iter().map(|revision| revised(seen, revision))).collect();
    words::bullets(capped(lines))
}

/// The revised figures as a table; nothing for a recipient without figures.
pub(super) fn revision_table(seen: &Seen) -> Vec<Block> {
    if seen.revisions.is_empty() || seen.recipient.figures == Figures::None {
        return Vec::new();
    }
    let caption = words::counted(seen.revisions.len(), "figure revised", "figures revised");
    vec![Block::Table(table::revisions(caption, &seen.revisions, seen.recipient))]
}

fn line(change: Change, finding: &FindingFact) -> String {
    let word = words::sentence(change_word(change, finding));
    let what = finding.measure.as_ref().map_or("the return", |measure| &measure.name);
    format!("{}: {what}, {}, {}.", word.trim_end_matches('.'), finding.authority.name, finding.quarter)
}

fn revised(seen: &Seen, revision: &Revision) -> String {
    let subject = format!(
        "Revised: {}, {}, {}, version {}",
        revision.measure.name, revision.authority.name, revision.quarter, revision.version
    );
    if seen.recipient.figures == Figures::None {
        return format!("{subject}.");
    }
    let (before, now) = table::before_and_now(revision, seen.recipient);
    let consequence = revision.consequence.as_ref().map(|text| format!(" {}", words::sentence(text)));
    format!("{subject}: {before} before, {now} now.{}", consequence.unwrap_or_default())
}

fn capped(mut lines: Vec<String>) -> Vec<String> {
    let rest = lines.len().saturating_sub(LINES_MAX);
    lines.truncate(LINES_MAX);
    if rest > 0 {
        lines.push(format!("And {rest} more."));
    }
    lines
}
