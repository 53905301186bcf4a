//! What changed since the last digest, one line each.

use std::collections::BTreeMap;

use crate::domain::letter::digest::attached::REVISIONS_FILE;
use crate::domain::letter::digest::facts::{FindingFact, Said};
use crate::domain::letter::digest::findings::{self, said_word};
use crate::domain::letter::digest::quality;
use crate::domain::letter::digest::seen::{Seen, is_told};
use crate::domain::letter::facts::{Revision, View};
use crate::domain::letter::{table, words};
use crate::domain::message::Block;

const LINES_MAX: usize = 12;

/// So many revised figures stand in the letter, the largest changes; all of them are attached.
const REVISIONS_MAX: usize = 8;

/// Findings that are new, further off or gone, the gaps of a return, then revised figures.
pub(super) fn blocks(seen: &Seen) -> Vec<Block> {
    let open = told(seen, &[Said::New, Said::Worse, Said::QuietEnded]);
    let lines = open.into_iter().chain(told(seen, &[Said::Resolved])).collect();
    let mut lines = capped(lines, LINES_MAX, "");
    lines.extend(quality::gap_lines(seen, is_told));
    let revised = seen.revisions.iter().map(|revision| revised(seen, revision)).collect();
    let attached = format!(", in the attached `{REVISIONS_FILE}`");
    let is_attached = View::of(seen.recipient) == View::Figures;
    lines.extend(capped(revised, REVISIONS_MAX, if is_attached { &attached } else { "" }));
    lines.extend(filled(seen));
    words::bullets(lines)
}

/// What is told of findings, a line for each figure: several findings about one are one line.
fn told(seen: &Seen, wanted: &[Said]) -> Vec<String> {
    let mut lines: Vec<(String, Vec<String>, Vec<String>)> = Vec::new();
    let of = |said: &Said| {
        let said = *said;
        seen.findings.iter().filter(move |finding| finding.said == said && finding.gap.is_none())
    };
    for finding in wanted.iter().flat_map(of) {
        let what = subject(finding);
        let at = lines.iter().position(|(told, ..)| *told == what).unwrap_or_else(|| {
            lines.push((what, Vec::new(), Vec::new()));
            lines.len() - 1
        });
        let Some((_, said, whys)) = lines.get_mut(at) else { continue };
        let word = said_word(finding).to_owned();
        said.extend((!said.contains(&word)).then_some(word));
        whys.extend(why(finding).filter(|why| !whys.contains(why)));
    }
    let line = |(what, said, whys): (String, Vec<String>, Vec<String>)| {
        let said = words::sentence(&words::listed(&said));
        let line = format!("{}: {what}.", said.trim_end_matches('.'));
        std::iter::once(line).chain(whys).collect::<Vec<_>>().join(" ")
    };
    lines.into_iter().map(line).collect()
}

/// The revised figures as a table, the largest changes; nothing for a recipient without figures.
pub(super) fn revision_table(seen: &Seen) -> Vec<Block> {
    if View::of(seen.recipient) == View::Sentences {
        return Vec::new();
    }
    let mut blocks = Vec::new();
    if let Some(shown) =
        seen.revisions.get(..REVISIONS_MAX.min(seen.revisions.len())).filter(|it| !it.is_empty())
    {
        let all = words::counted(seen.revisions.len(), "figure revised", "figures revised");
        let caption = if shown.len() < seen.revisions.len() {
            let largest = shown.len();
            format!("{all}: the {largest} largest changes beside what is usual for the figure")
        } else {
            all
        };
        blocks.push(Block::Table(table::revisions(caption, shown)));
    }
    blocks.extend(words::bullets(filled(seen)));
    if !blocks.is_empty() {
        blocks.push(words::paragraph(format!("Each of them is in the attached `{REVISIONS_FILE}`.")));
    }
    blocks
}

/// A gap that was filled is no revision: one line for each return.
fn filled(seen: &Seen) -> Vec<String> {
    let mut returns: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for it in &seen.filled {
        let of = (it.authority.name.as_str(), it.indicator.stretch.name(it.quarter));
        *returns.entry(of).or_default() += 1;
    }
    let line = |((authority, time), count): (&(&str, String), &usize)| {
        let count =
            words::counted(*count, "figure that was missing is in", "figures that were missing are in");
        format!("{authority}, {time}: {count}.")
    };
    returns.iter().map(line).collect()
}

/// Which figure, whose and of when.
fn subject(finding: &FindingFact) -> String {
    let of_return = || format!("the return ({})", words::lowered(&finding.title));
    let what = finding.indicator.as_ref().map_or_else(of_return, |indicator| indicator.name.clone());
    let when = finding.stretch.name(finding.quarter);
    format!("{what}, {}, {when}", finding.authority.name)
}

/// Who confirmed it, took a deed back, or had it quiet.
fn why(finding: &FindingFact) -> Option<String> {
    match (finding.said, &finding.confirmed) {
        (Said::Resolved, Some(it)) => Some(findings::confirmed(it)),
        (Said::New | Said::QuietEnded, _) if finding.undone.is_some() => {
            finding.undone.as_ref().map(|it| findings::undone(finding, it))
        }
        (Said::QuietEnded, _) => finding.lapsed.as_ref().map(|it| findings::lapsed(finding, it)),
        _ => None,
    }
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

fn capped(mut lines: Vec<String>, most: usize, attached: &str) -> Vec<String> {
    let rest = lines.len().saturating_sub(most);
    lines.truncate(most);
    if rest > 0 {
        lines.push(format!("And {rest} more{attached}."));
    }
    lines
}
