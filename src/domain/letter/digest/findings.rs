//! Findings as a digest shows them: the most pressing first, at most so many, the rest counted.

use std::collections::BTreeSet;

use crate::domain::letter::digest::charts;
use crate::domain::letter::digest::facts::{Attention, Change, Evidence, FindingFact};
use crate::domain::letter::digest::seen::{Seen, is_neutral};
use crate::domain::letter::words;
use crate::domain::message::{Block, FindingBlock};

/// How much room a style gives to findings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub findings_max: usize,
    pub charts_max: usize,
}

/// The listed findings: by level, then kinds of evidence, then effect.
pub(super) fn ordered<'a>(seen: &Seen<'a>) -> Vec<&'a FindingFact> {
    let mut listed: Vec<&FindingFact> =
        seen.findings.iter().copied().filter(|finding| seen.is_listed(finding)).collect();
    listed.sort_by(|a, b| {
        b.level
            .cmp(&a.level)
            .then_with(|| evidence_kinds(seen, b).cmp(&evidence_kinds(seen, a)))
            .then_with(|| b.effect.total_cmp(&a.effect))
            .then_with(|| a.authority.name.cmp(&b.authority.name))
            .then_with(|| a.id.cmp(&b.id))
    });
    listed
}

/// The listed findings with their charts, and a line that counts the rest.
pub(super) fn blocks(seen: &Seen, region: &str, room: Room) -> Vec<Block> {
    let all = ordered(seen);
    let (shown, rest) = all.split_at(room.findings_max.min(all.len()));
    let mut charts_left = room.charts_max;
    let mut blocks = Vec::new();
    for finding in shown {
        blocks.extend(with_chart(seen, finding, region, &mut charts_left));
    }
    blocks.extend(counted(rest));
    blocks
}

/// One finding, and its chart while there is room for one.
pub(super) fn with_chart(
    seen: &Seen,
    finding: &FindingFact,
    region: &str,
    charts_left: &mut usize,
) -> Vec<Block> {
    let mut blocks = vec![Block::Finding(block(seen, finding))];
    if *charts_left > 0
        && let Some(chart) = charts::of(seen, finding, region)
    {
        *charts_left -= 1;
        blocks.push(Block::Chart(chart));
    }
    blocks
}

/// A line that counts the findings that are not spelled out.
pub(super) fn counted(rest: &[&FindingFact]) -> Option<Block> {
    if rest.is_empty() {
        return None;
    }
    let per_level = [3, 2, 1, 0].map(|level| {
        let count = rest.iter().filter(|finding| finding.level.min(3) == level).count();
        words::some(count, &level_word(level).to_lowercase())
    });
    Some(words::paragraph(format!("And {} more: {}.", rest.len(), words::strip(per_level.into()))))
}

/// The finding's sentence, or one without numbers where they may not be shown.
pub(super) fn sentence(seen: &Seen, finding: &FindingFact) -> String {
    match &finding.measure {
        Some(measure) if !seen.shows_numbers(finding) => format!(
            "{}: {} for {} needs a look. The numbers are not shown here.",
            finding.authority.name, measure.name, finding.quarter
        ),
        _ => finding.sentence.clone(),
    }
}

/// What happened to a finding, in words that fit its measure.
pub(super) fn change_word(change: Change, finding: &FindingFact) -> &'static str {
    match (change, is_neutral(finding)) {
        (Change::New, _) => "new",
        (Change::Worse, false) => "worse",
        (Change::Worse, true) => "further from usual",
        (Change::Better, false) => "better",
        (Change::Better, true) => "nearer to usual",
        (Change::Resolved, _) => "resolved",
    }
}

/// `High`, `Medium`, `Low`, `For information`.
pub(super) fn level_word(level: u8) -> &'static str {
    match level {
        0 => "For information",
        1 => "Low",
        2 => "Medium",
        _ => "High",
    }
}

fn block(seen: &Seen, finding: &FindingFact) -> FindingBlock {
    let state = seen.change(finding).map_or("unchanged", |change| change_word(change, finding));
    FindingBlock {
        badge: format!("{} · {state}", level_word(finding.level)),
        asks: finding.asks.clone(),
        sentence: sentence(seen, finding),
        small_print: small_print(seen, finding),
    }
}

fn small_print(seen: &Seen, finding: &FindingFact) -> Vec<String> {
    let mut lines = vec![numbers(seen, finding)];
    if seen.shows_numbers(finding) && !finding.comparators.is_empty() {
        lines.push(format!("Compared with {}.", finding.comparators.join("; ")));
    }
    let kinds = evidence_kinds(seen, finding);
    if kinds > 1 {
        lines.push(format!("{kinds} independent kinds of evidence point the same way."));
    }
    if let Some((firing, of)) = finding.shared {
        lines.push(format!(
            "The same is seen in {firing} of {of} authorities: a change of definition or a national change is \
             likely."
        ));
    }
    if finding.since != finding.quarter {
        lines.push(format!("Open since {}.", finding.since));
    }
    lines.extend(attention(&finding.attention));
    lines.push(format!("More: quarterdeck explain {}", finding.id));
    lines
}

fn numbers(seen: &Seen, finding: &FindingFact) -> String {
    let standing = if finding.provisional { "provisional, unvalidated" } else { "final" };
    let quarter = finding.quarter.long_label();
    match &finding.figure {
        Some(figure) => {
            let view = seen.view(finding);
            format!(
                "{} ({}), {quarter}, {}.",
                figure.value_words(view),
                figure.numbers_words(view),
                figure.status_words()
            )
        }
        None => format!("{quarter}, {standing}."),
    }
}

fn attention(attention: &Attention) -> Option<String> {
    match attention {
        Attention::Open => None,
        Attention::Acknowledged { by, reason } => Some(format!("Acknowledged by {by}: {reason}")),
        Attention::Snoozed { until, by, reason } => {
            Some(format!("Snoozed until {} by {by}: {reason}", words::day(*until)))
        }
        Attention::Dismissed { by, reason } => Some(format!("Expected, says {by}: {reason}")),
    }
}

fn evidence_kinds(seen: &Seen, finding: &FindingFact) -> usize {
    let same = |other: &&&FindingFact| {
        other.state.is_open()
            && other.authority.code == finding.authority.code
            && other.quarter == finding.quarter
            && measure_id(other) == measure_id(finding)
            && measure_id(other).is_some()
    };
    let kinds: BTreeSet<Evidence> = seen.findings.iter().filter(same).map(|other| other.evidence).collect();
    kinds.len().max(1)
}

fn measure_id(finding: &FindingFact) -> Option<&str> {
    finding.measure.as_ref().map(|measure| measure.id.as_str())
}
