//! What changed since the last digest, one line each.

use crate::domain::letter::digest::facts::{FindingFact, Said};
use crate::domain::letter::digest::findings::{self, said_word};
use crate::domain::letter::digest::seen::Seen;
use crate::domain::letter::facts::{Revision, View};
use crate::domain::letter::{table, words};
use crate::domain::message::Block;

const LINES_MAX: usize = 12;

/// Findings that are new, further off or gone, then revised figures.
pub(super) fn blocks(seen: &Seen) -> Vec<Block> {
    let findings =
        [Said::New, Said::Worse, Said::QuietEnded, Said::Resolved].into_iter().flat_map(|wanted| {
            seen.findings.iter().filter(move |finding| finding.said == wanted).map(|finding| line(finding))
        });
    let lines = findings.chain(seen.revisions.iter().map(|revision| revised(seen, revision)));
    words::bullets(capped(lines.collect()))
}

/// The revised figures as a table; nothing for a recipient without figures.
pub(super) fn revision_table(seen: &Seen) -> Vec<Block> {
    if seen.revisions.is_empty() || View::of(seen.recipient) == View::Sentences {
        return Vec::new();
    }
    let caption = words::counted(seen.revisions.len(), "figure revised", "figures revised");
    vec![Block::Table(table::revisions(caption, &seen.revisions))]
}

fn line(finding: &FindingFact) -> String {
    let word = words::sentence(said_word(finding));
    let what = finding.indicator.as_ref().map_or("the return", |indicator| &indicator.name);
    let when = finding.stretch.name(finding.quarter);
    let line = format!("{}: {what}, {}, {when}.", word.trim_end_matches('.'), finding.authority.name);
    let why = match (finding.said, &finding.confirmed) {
        (Said::Resolved, Some(it)) => Some(findings::confirmed(it)),
        (Said::New | Said::QuietEnded, _) if finding.undone.is_some() => {
            finding.undone.as_ref().map(|it| findings::undone(finding, it))
        }
        (Said::QuietEnded, _) => finding.lapsed.as_ref().map(|it| findings::lapsed(finding, it)),
        _ => None,
    };
    std::iter::once(line).chain(why).collect::<Vec<_>>().join(" ")
}

fn revised(seen: &Seen, revision: &Revision) -> String {
    let subject = format!(
        "Revised: {}, {}, {}, version {}",
        revision.indicator.name,
        revision.authority.name,
        revision.indicator.stretch.name(revision.quarter),
        revision.version
    );
    if View::of(seen.recipient) == View::Sentences {
        return format!("{subject}.");
    }
    let (before, now) = table::before_and_now(revision);
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
