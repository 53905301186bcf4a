//! Findings as a digest shows them: the most pressing first, at most so many, the rest counted.

use std::collections::BTreeMap;

use crate::domain::check::{CheckKind, Means};
use crate::domain::finding::{Action, Deed};
use crate::domain::letter::digest::charts;
use crate::domain::letter::digest::facts::{ConfirmedFact, FindingFact, Said, UndoneFact};
use crate::domain::letter::digest::seen::{Seen, Standing, is_neutral, is_told};
use crate::domain::letter::facts::View;
use crate::domain::letter::{Occasion, words};
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
}

impl<'a> Story<'a> {
    /// All of them, the most pressing first.
    pub(super) fn findings(self) -> impl Iterator<Item = &'a FindingFact> {
        std::iter::once(self.lead).chain(self.also)
    }
}

/// Whether it is about how services fare, and not about the return or its figures.
pub(super) fn is_of_work(finding: &FindingFact) -> bool {
    finding.kind == CheckKind::Performance
}

/// Whether it doubts a return or a figure that is there.
pub(super) fn is_doubt(finding: &FindingFact) -> bool {
    !is_of_work(finding) && finding.gap.is_none()
}

/// The told findings as stories, in the order of telling.
pub(super) fn stories<'a>(seen: &Seen<'a>, wanted: impl Fn(&FindingFact) -> bool) -> Vec<Story<'a>> {
    let mut stories: Vec<Story> = Vec::new();
    let mut begun: BTreeMap<Thread, usize> = BTreeMap::new();
    for finding in seen.findings.iter().copied().filter(|finding| is_told(finding) && wanted(finding)) {
        let earlier = thread(finding).and_then(|thread| begun.get(&thread).copied());
        if let Some(story) = earlier.and_then(|at| stories.get_mut(at)) {
            story.also.push(finding);
            continue;
        }
        begun.extend(thread(finding).map(|thread| (thread, stories.len())));
        stories.push(Story { lead: finding, also: Vec::new() });
    }
    stories
}

/// The findings about how services fare with their charts, and a line that counts the rest.
pub(super) fn blocks(occasion: &Occasion, seen: &Seen, limits: Limits) -> Vec<Block> {
    let all = stories(seen, is_of_work);
    let (shown, rest) = all.split_at(limits.findings_max.min(all.len()));
    let mut charts_left = limits.charts_max;
    let mut blocks = Vec::new();
    for story in shown {
        blocks.extend(with_chart(occasion, seen, story, &mut charts_left));
    }
    blocks.extend(counted(seen, rest));
    blocks
}

/// The findings that `blocks` spells out within these limits, of those that are wanted.
pub(super) fn spelled_out<'a>(
    seen: &Seen<'a>,
    limits: Limits,
    wanted: impl Fn(&FindingFact) -> bool,
) -> Vec<&'a FindingFact> {
    let shown = stories(seen, wanted).into_iter().take(limits.findings_max);
    shown.flat_map(Story::findings).collect()
}

/// One story, and its chart while there is room for one.
pub(super) fn with_chart(
    occasion: &Occasion,
    seen: &Seen,
    story: &Story,
    charts_left: &mut usize,
) -> Vec<Block> {
    let mut blocks = vec![Block::Finding(block(occasion, seen, story))];
    if *charts_left > 0
        && let Some(chart) = charts::of(seen, story.lead, occasion.region)
    {
        *charts_left -= 1;
        blocks.push(Block::Chart(chart));
    }
    blocks
}

/// A line that counts the findings that are not told.
pub(super) fn counted(seen: &Seen, rest: &[Story]) -> Option<Block> {
    let untold =
        || rest.iter().flat_map(|story| std::iter::once(story.lead).chain(story.also.iter().copied()));
    let judged = untold().filter(|finding| finding.level > 0).count();
    let (more, rest) = (judged + seen.facts.findings_more, untold().count() - judged);
    let more = (more > 0).then(|| words::counted(more, "more finding", "more findings"));
    let counted: Vec<String> = more.into_iter().chain(words::some(rest, "more for information")).collect();
    let why = "They are less pressing and are counted only.";
    (!counted.is_empty()).then(|| words::paragraph(format!("And {}. {why}", words::listed(&counted))))
}

/// The finding's sentence, or one without numbers where they may not be shown.
pub(super) fn sentence(seen: &Seen, finding: &FindingFact) -> String {
    match &finding.indicator {
        Some(indicator) if !seen.shows_numbers(finding) => format!(
            "{}: please look at {} for {}. The numbers are not shown here.",
            finding.authority.name,
            words::lowered(&indicator.name),
            finding.stretch.label(finding.quarter)
        ),
        Some(indicator) => words::with_name(&finding.sentence, &indicator.name),
        None => finding.sentence.clone(),
    }
}

/// What is said of a finding, in words that fit its measure.
pub(super) fn said_word(finding: &FindingFact) -> &'static str {
    match (finding.said, is_neutral(finding)) {
        // What opened earlier is no news, though this reader has not heard of it.
        (Said::New, _) if finding.since != finding.quarter => "not told before",
        (Said::New, _) if finding.figure_was_told => "one more sign of what was told",
        (Said::New, _) => "new",
        (Said::Worse, false) => "worse",
        (Said::Worse, true) => "further from usual",
        (Said::Resolved, _) if finding.confirmed.is_some() => "confirmed",
        (Said::Resolved, _) => "resolved",
        (Said::QuietEnded, _) => "no longer quiet",
        (Said::StillHigh | Said::Standing | Said::Quieted | Said::Continuing | Said::Aside, _) => {
            "still there"
        }
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

fn block(occasion: &Occasion, seen: &Seen, story: &Story) -> FindingBlock {
    FindingBlock {
        badge: format!("{} · {}", level_word(story.lead.level), said_word(story.lead)),
        title: story.lead.title.clone(),
        sentence: sentence(seen, story.lead),
        small_print: small_print(occasion, seen, story),
    }
}

fn small_print(occasion: &Occasion, seen: &Seen, story: &Story) -> Vec<String> {
    let finding = story.lead;
    let mut lines: Vec<String> = finding.lapsed.iter().map(|it| lapsed(finding, it)).collect();
    lines.extend(finding.undone.as_ref().map(|it| undone(finding, it)));
    lines.push(numbers(seen, finding));
    lines.extend(finding.confirmed.as_ref().map(confirmed));
    if seen.shows_numbers(finding) {
        lines.extend(finding.chance.iter().cloned());
    }
    if finding.means == Means::FigureSuspect && finding.level > 0 {
        let until = "it is judged by no other check until somebody confirms it";
        lines.push(format!("If the figure is right, answer this mail and say why: {until}."));
    }
    if seen.shows_numbers(finding) && !finding.comparators.is_empty() {
        lines.push(format!("Compared with {}.", finding.comparators.join("; ")));
    }
    for also in &story.also {
        let (word, sentence) = (said_word(also), sentence(seen, also));
        lines.push(format!("Also, {word}: {sentence} {}", occasion.more_of(&also.id)));
    }
    if finding.by.len() > 1 && is_of_work(finding) {
        let by = words::listed(&finding.by);
        lines.push(format!("This one figure stands out against {by}; if it is wrong, so is all of that."));
    }
    if let Some((firing, of)) = finding.shared {
        lines.push(format!(
            "The same is seen in {firing} of {of} authorities: a change of definition or a national \
             change is likely."
        ));
    }
    if finding.since != finding.quarter {
        lines.push(format!("Open since {}.", finding.stretch.label(finding.since)));
    }
    lines.extend(finding.action.as_ref().map(|it| action(finding, it)));
    if !finding.ask.is_empty() {
        lines.push(format!("Whom to ask: {}.", finding.ask.join("; ")));
    }
    lines.push(occasion.more_of(&finding.id));
    lines
}

/// Whether a figure is provisional stands here only where that differs within one mail.
fn numbers(seen: &Seen, finding: &FindingFact) -> String {
    let quarter = finding.stretch.long_name(finding.quarter);
    let standing = match (seen.standing(), finding.provisional) {
        (Standing::Mixed, true) => ", provisional",
        (Standing::Mixed, false) => ", final",
        (Standing::Provisional | Standing::Final, _) => "",
    };
    let said = match &finding.figure {
        Some(figure) if figure.value.is_none() && figure.numerator.is_none() => quarter,
        Some(_) if View::of(seen.recipient) == View::Sentences => format!("{quarter}{standing}"),
        Some(figure) if !figure.is_shown() => {
            format!("{quarter}, {}{standing}", figure.value_words())
        }
        Some(figure) => {
            let numbers = finding.indicator.as_ref().and_then(|of| figure.numbers_words(of));
            let numbers = numbers.map_or_else(String::new, |words| format!(" ({words})"));
            format!("{}{numbers}, {quarter}{standing}", figure.value_words())
        }
        None => quarter,
    };
    words::sentence(&said)
}

/// By whom a figure was confirmed, when and why.
pub(super) fn confirmed(it: &ConfirmedFact) -> String {
    because(&format!("Confirmed by {} on {}", it.by, words::day(it.on)), &it.reason)
}

/// What was done about it, and who took it back.
pub(super) fn undone(finding: &FindingFact, it: &UndoneFact) -> String {
    let back = format!("Taken back by {} on {}", it.by, words::day(it.on));
    format!("{} {}", action(finding, &it.action), because(&back, &it.reason))
}

/// What was done about it, and that it holds no more.
pub(super) fn lapsed(finding: &FindingFact, action: &Action) -> String {
    let done = self::action(finding, action);
    let since = match (action.deed, is_neutral(finding)) {
        (Deed::Snooze { .. }, _) if finding.said == Said::QuietEnded => {
            "That day has passed, and it is still open."
        }
        (Deed::Acknowledge, false) => "It has got worse since.",
        (Deed::Acknowledge, true) => "It has moved further since.",
        _ => "Its level has risen since.",
    };
    format!("{done} {since}")
}

pub(super) fn action(finding: &FindingFact, action: &Action) -> String {
    let deed = match action.deed {
        Deed::Confirm { quarter } => format!("Confirmed for {}", finding.stretch.label(quarter)),
        Deed::Acknowledge => "Acknowledged".to_owned(),
        Deed::Snooze { until } if finding.said == Said::QuietEnded => {
            format!("Was quiet until {}", words::day(until))
        }
        Deed::Snooze { until } => format!("Snoozed until {}", words::day(until)),
        Deed::Dismiss => "Expected".to_owned(),
        Deed::Accept { from } => format!("The new normal from {}", finding.stretch.label(from)),
    };
    because(&format!("{deed}, by {}", action.by), &action.reason)
}

/// No reason is given to somebody from whom the figure is withheld.
fn because(what: &str, reason: &str) -> String {
    if reason.is_empty() { format!("{what}.") } else { format!("{what}: {}", words::sentence(reason)) }
}

/// What makes findings one story; errors of the figure are a story of their own.
type Thread<'a> = (&'a str, &'a str, Quarter, bool);

fn thread(finding: &FindingFact) -> Option<Thread<'_>> {
    let indicator = finding.indicator.as_ref()?;
    Some((finding.authority.code.as_str(), indicator.id.as_str(), finding.quarter, is_of_work(finding)))
}
