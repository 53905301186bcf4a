//! Findings as a digest shows them: the most pressing first, at most so many, the rest counted.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::letter::digest::charts;
use crate::domain::letter::digest::facts::{Attention, Change, Evidence, FindingFact};
use crate::domain::letter::digest::seen::{Seen, is_neutral};
use crate::domain::letter::facts::{View, WITHHELD};
use crate::domain::letter::words;
use crate::domain::message::{Block, FindingBlock};
use crate::domain::quarter::Quarter;

/// How many findings and charts a style has room for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub findings_max: usize,
    pub charts_max: usize,
}

/// Findings of one series and quarter: one story, told once.
pub(super) struct Story<'a> {
    /// The most pressing of them.
    pub lead: &'a FindingFact,
    also: Vec<&'a FindingFact>,
    evidence_kinds: usize,
}

/// What makes findings one story; errors of the figure are a story of their own.
type Thread<'a> = (&'a str, &'a str, Quarter, Matter);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Matter {
    Performance,
    Quality,
}

/// The listed findings as stories: by level, then kinds of evidence, then effect.
pub(super) fn stories<'a>(seen: &Seen<'a>, wanted: impl Fn(&FindingFact) -> bool) -> Vec<Story<'a>> {
    let mut kinds: BTreeMap<Thread, BTreeSet<Evidence>> = BTreeMap::new();
    for finding in seen.findings.iter().filter(|finding| finding.state.is_open()) {
        if let Some(thread) = thread(finding) {
            kinds.entry(thread).or_default().insert(finding.evidence);
        }
    }
    let kinds_of = |finding| thread(finding).and_then(|thread| kinds.get(&thread)).map_or(1, BTreeSet::len);
    let mut listed: Vec<&FindingFact> =
        seen.findings.iter().copied().filter(|finding| seen.is_listed(finding) && wanted(finding)).collect();
    listed.sort_by(|a, b| {
        (b.level.cmp(&a.level))
            .then_with(|| kinds_of(b).cmp(&kinds_of(a)))
            .then_with(|| b.effect.total_cmp(&a.effect))
            .then_with(|| a.authority.name.cmp(&b.authority.name))
            .then_with(|| a.id.cmp(&b.id))
    });
    let mut stories: Vec<Story> = Vec::new();
    let mut told: BTreeMap<Thread, usize> = BTreeMap::new();
    for finding in listed {
        let earlier = thread(finding).and_then(|thread| told.get(&thread).copied());
        if let Some(story) = earlier.and_then(|at| stories.get_mut(at)) {
            story.also.push(finding);
            continue;
        }
        told.extend(thread(finding).map(|thread| (thread, stories.len())));
        stories.push(Story { lead: finding, also: Vec::new(), evidence_kinds: kinds_of(finding) });
    }
    stories
}

/// The listed findings with their charts, and a line that counts the rest.
pub(super) fn blocks(seen: &Seen, region: &str, limits: Limits) -> Vec<Block> {
    let all = stories(seen, |_| true);
    let (shown, rest) = all.split_at(limits.findings_max.min(all.len()));
    let mut charts_left = limits.charts_max;
    let mut blocks = Vec::new();
    for story in shown {
        blocks.extend(with_chart(seen, story, region, &mut charts_left));
    }
    blocks.extend(counted(rest));
    blocks
}

/// One story, and its chart while there is room for one.
pub(super) fn with_chart(seen: &Seen, story: &Story, region: &str, charts_left: &mut usize) -> Vec<Block> {
    let mut blocks = vec![Block::Finding(block(seen, story))];
    if *charts_left > 0
        && let Some(chart) = charts::of(seen, story.lead, region)
    {
        *charts_left -= 1;
        blocks.push(Block::Chart(chart));
    }
    blocks
}

/// A line that counts the stories that are not told.
pub(super) fn counted(rest: &[Story]) -> Option<Block> {
    if rest.is_empty() {
        return None;
    }
    let per_level = [3, 2, 1, 0].map(|level| {
        let count = rest.iter().filter(|story| story.lead.level.min(3) == level).count();
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

fn block(seen: &Seen, story: &Story) -> FindingBlock {
    FindingBlock {
        badge: format!("{} · {}", level_word(story.lead.level), state_word(seen, story.lead)),
        asks: story.lead.asks.clone(),
        sentence: sentence(seen, story.lead),
        small_print: small_print(seen, story),
    }
}

fn state_word(seen: &Seen, finding: &FindingFact) -> &'static str {
    seen.change(finding).map_or("unchanged", |change| change_word(change, finding))
}

fn small_print(seen: &Seen, story: &Story) -> Vec<String> {
    let finding = story.lead;
    let mut lines = vec![numbers(seen, finding)];
    if seen.shows_numbers(finding) && !finding.comparators.is_empty() {
        lines.push(format!("Compared with {}.", finding.comparators.join("; ")));
    }
    for also in &story.also {
        let (word, sentence) = (state_word(seen, also), sentence(seen, also));
        lines.push(format!("Also, {word}: {sentence} More: quarterdeck explain {}", also.id));
    }
    if story.evidence_kinds > 1 {
        lines.push(format!("{} independent kinds of evidence.", story.evidence_kinds));
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
    let quarter = finding.quarter.long_label();
    let standing = if finding.provisional { "provisional, unvalidated" } else { "final" };
    let view = seen.view(finding);
    match &finding.figure {
        Some(figure) if view.shows(figure.disclosure) => format!(
            "{} ({}), {quarter}, {}.",
            figure.value_words(view),
            figure.numbers_words(view),
            figure.status_words()
        ),
        Some(_) if view == View::WithoutSmall => format!("{quarter}, {WITHHELD}, {standing}."),
        _ => format!("{quarter}, {standing}."),
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

fn thread(finding: &FindingFact) -> Option<Thread<'_>> {
    let measure = finding.measure.as_ref()?;
    let quality = finding.evidence == Evidence::Quality;
    let matter = if quality { Matter::Quality } else { Matter::Performance };
    Some((finding.authority.code.as_str(), measure.id.as_str(), finding.quarter, matter))
}
