//! How a digest opens: counts of what changed, then what stays.

use crate::domain::letter::digest::facts::{Arrival, FindingFact, ReturnFact, Said};
use crate::domain::letter::digest::findings;
use crate::domain::letter::digest::seen::{Seen, is_neutral, is_told};
use crate::domain::letter::words;
use crate::domain::message::Block;

/// Open findings that are named in one line each.
const NAMED_MAX: usize = 12;

/// What a digest counts.
#[derive(Debug, Default)]
pub(super) struct Counts {
    new: usize,
    worse: usize,
    further: usize,
    still: usize,
    awake: usize,
    aside: usize,
    resolved: usize,
    revised: usize,
    continuing: usize,
    standing: usize,
    quieted: usize,
    more: usize,
    information: usize,
    outstanding: usize,
}

impl Counts {
    pub(super) fn of(seen: &Seen) -> Self {
        let more = seen.facts.findings_more;
        let mut counts = Self { revised: seen.revisions.len(), more, ..Self::default() };
        for finding in &seen.findings {
            if finding.level == 0 && is_told(finding) {
                counts.information += 1;
                continue;
            }
            *match (finding.said, is_neutral(finding)) {
                (Said::New, _) => &mut counts.new,
                (Said::Worse, false) => &mut counts.worse,
                (Said::Worse, true) => &mut counts.further,
                (Said::StillHigh, _) => &mut counts.still,
                (Said::Resolved, _) => &mut counts.resolved,
                (Said::Standing, _) => &mut counts.standing,
                (Said::Quieted, _) => &mut counts.quieted,
                (Said::QuietEnded, _) => &mut counts.awake,
                (Said::Aside, _) => &mut counts.aside,
                (Said::Continuing, _) => &mut counts.continuing,
            } += 1;
        }
        let overdue = |expected: &&&ReturnFact| {
            expected.working_days_late > 0 && !matches!(expected.arrival, Arrival::Received { .. })
        };
        counts.outstanding = seen.returns.iter().filter(overdue).count();
        counts
    }

    /// What was found comes first; what is only information is no finding.
    fn changes(&self) -> Vec<Option<String>> {
        let found = self.new + self.worse + self.further + self.still + self.awake + self.more;
        let nothing = found == 0 && self.information > 0;
        vec![
            nothing.then(|| "nothing stands out".to_owned()),
            words::some(self.new, "new"),
            words::some(self.worse, "worse"),
            words::some(self.further, "further from usual"),
            words::some(self.still, "still high"),
            words::some(self.awake, "no longer quiet"),
            words::some(self.more, "more to look at"),
            words::some(self.resolved, "resolved"),
            words::some(self.aside, "open already"),
            words::some(self.revised, if self.revised == 1 { "figure revised" } else { "figures revised" }),
            words::some(self.information, "for information"),
        ]
    }

    fn returns(&self) -> Option<String> {
        words::some(
            self.outstanding,
            if self.outstanding == 1 { "return outstanding" } else { "returns outstanding" },
        )
    }

    /// The counts in one line, such as `3 new, 1 worse, 2 resolved, 1 return outstanding`.
    pub(super) fn preheader(&self) -> String {
        let mut parts = self.changes();
        parts.push(self.returns());
        let text = words::strip(parts);
        if text.is_empty() { "0 changes, 0 returns outstanding".to_owned() } else { text }
    }

    /// What changed, what stays, what is provisional.
    pub(super) fn blocks(&self, seen: &Seen) -> Vec<Block> {
        let since = seen.facts.last_digest_on.map_or_else(
            || "This is your first digest".to_owned(),
            |last| format!("Since your last digest, on {}", words::day(last)),
        );
        let changes = words::strip(self.changes());
        let nothing = if is_first(seen) { "nothing is new" } else { "nothing changed" };
        let what = if changes.is_empty() { nothing.to_owned() } else { changes };
        let mut blocks = late(seen);
        blocks.push(words::paragraph(format!("{since}: {what}.")));
        let stays = self.stays();
        if !stays.is_empty() {
            let which = if is_first(seen) { "Open findings" } else { "Unchanged findings" };
            blocks.push(words::paragraph(format!("{which}: {stays}.")));
        }
        let named = named(seen);
        let rest = seen.findings.iter().filter(|finding| is_named(seen, finding)).count() - named.len();
        let mut lines: Vec<String> = named.into_iter().map(open_line).collect();
        lines.extend((rest > 0).then(|| format!("And {rest} more.")));
        blocks.extend(words::bullets(lines));
        blocks.push(words::paragraph(provisional(seen)));
        blocks
    }

    fn stays(&self) -> String {
        words::strip(vec![
            words::some(self.continuing, if self.continuing == 1 { "continues" } else { "continue" }),
            words::some(self.standing, "open for four quarters or more"),
            words::some(self.quieted, "acknowledged, snoozed or expected"),
        ])
    }
}

/// Nothing is unchanged to somebody who was told nothing before.
fn is_first(seen: &Seen) -> bool {
    seen.facts.last_digest_on.is_none()
}

/// What is open and was never told is named once, at most so many in one digest.
pub(super) fn named<'a>(seen: &Seen<'a>) -> Vec<&'a FindingFact> {
    seen.findings.iter().copied().filter(|finding| is_named(seen, finding)).take(NAMED_MAX).collect()
}

fn is_named(seen: &Seen, finding: &FindingFact) -> bool {
    finding.said == Said::Aside || finding.said == Said::Quieted && is_first(seen)
}

fn open_line(finding: &FindingFact) -> String {
    let what = finding.indicator.as_ref().map_or("the return", |indicator| &indicator.name);
    let since = finding.stretch.label(finding.since);
    let line = format!(
        "{}, open since {since}, {}: {what}, {}.",
        findings::level_word(finding.level),
        finding.stands,
        finding.authority.name
    );
    let done = finding.action.as_ref().map(|it| findings::action(finding, it));
    std::iter::once(line).chain(done).collect::<Vec<_>>().join(" ")
}

/// That a digest is made up for, which somebody expected on another day.
fn late(seen: &Seen) -> Vec<Block> {
    let due = seen.facts.fell_due;
    let words = || words::paragraph(format!("This digest was due on {}, and is late.", words::day(due)));
    (due < seen.facts.known_on).then(words).into_iter().collect()
}

fn provisional(seen: &Seen) -> String {
    let known = format!("Returns received up to {} are counted.", words::day(seen.facts.known_on));
    let figures = seen.figures.iter().any(|own| own.figure.provisional);
    let findings = seen.findings.iter().any(|finding| finding.provisional);
    let values = seen.region_values.iter().any(|value| value.value.figure.provisional);
    if figures || findings || values {
        format!("{known} Figures marked provisional are not yet validated and may change.")
    } else {
        known
    }
}
