//! How a digest opens: counts of what changed, then what stays.

use crate::domain::letter::digest::facts::{Arrival, FindingFact, ReturnFact, Said};
use crate::domain::letter::digest::findings;
use crate::domain::letter::digest::seen::{Seen, Standing, is_neutral, is_told};
use crate::domain::letter::{Occasion, words};
use crate::domain::message::Block;
use crate::domain::scope::Scope;

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
    /// Those of `information` that are worse; they are counted apart from it.
    informed_worse: usize,
    doubts: usize,
    gaps: usize,
    gaps_still: usize,
    gaps_closed: usize,
    outstanding: usize,
    overdue: usize,
}

impl Counts {
    pub(super) fn of(seen: &Seen) -> Self {
        let more = seen.facts.findings_more;
        let mut counts = Self { revised: seen.revisions.len(), more, ..Self::default() };
        for finding in &seen.findings {
            if let Some(counted) = counts.apart(finding) {
                *counted += 1;
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
        let is_out = |one: &&&ReturnFact| !matches!(one.arrival, Arrival::Received { .. });
        counts.outstanding = seen.returns.iter().filter(is_out).count();
        counts.overdue = seen.returns.iter().filter(is_out).filter(|one| one.working_days_late > 0).count();
        counts
    }

    /// What is counted for itself: doubts about figures and gaps are no findings about a service, and what is
    /// only information is none at all.
    fn apart(&mut self, finding: &FindingFact) -> Option<&mut usize> {
        let told = is_told(finding);
        match finding.gap {
            Some(_) if told => return Some(&mut self.gaps),
            // That a figure is in by now is told among the revisions.
            Some(_) if finding.said == Said::Resolved => return Some(&mut self.gaps_closed),
            Some(_) => return Some(&mut self.gaps_still),
            None => {}
        }
        let of_figure = finding.indicator.is_some() && findings::is_doubt(finding);
        match (finding.level, told && of_figure) {
            (0, _) if told && finding.said == Said::Worse && !is_neutral(finding) => {
                Some(&mut self.informed_worse)
            }
            (0, _) if told => Some(&mut self.information),
            (_, true) => Some(&mut self.doubts),
            _ => None,
        }
    }

    /// What was found comes first; what is only information is no finding.
    fn changes(&self) -> Vec<Option<String>> {
        let found = self.new + self.worse + self.further + self.still + self.awake + self.more;
        // That something is worse stands out, though it is told for information only.
        let nothing = found + self.informed_worse == 0 && self.information + self.doubts + self.gaps > 0;
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
        ]
    }

    /// What is only information, and what is about the return itself.
    fn besides(&self) -> Vec<Option<String>> {
        vec![
            words::some(self.informed_worse, "worse, for information"),
            words::some(self.information, "for information"),
            words::some(
                self.doubts,
                if self.doubts == 1 { "doubt about a figure" } else { "doubts about figures" },
            ),
            words::some(self.gaps, if self.gaps == 1 { "figure missing" } else { "figures missing" }),
        ]
    }

    fn returns(&self) -> Option<String> {
        let one = self.outstanding == 1;
        match (self.outstanding, self.overdue) {
            (all, overdue) if all == overdue => {
                words::some(all, if one { "return overdue" } else { "returns overdue" })
            }
            (all, 0) => words::some(all, if one { "return to come" } else { "returns to come" }),
            (all, overdue) => words::some(all, &format!("returns not in ({overdue} overdue)")),
        }
    }

    /// The counts in one line, such as `3 new, 1 worse, 2 resolved, 1 return outstanding`.
    pub(super) fn preheader(&self) -> String {
        let mut parts = self.changes();
        parts.push(self.returns());
        parts.extend(self.besides());
        let text = words::strip(parts);
        if text.is_empty() { "0 changes, 0 returns overdue".to_owned() } else { text }
    }

    /// What changed, what stays, what is provisional.
    pub(super) fn blocks(&self, occasion: &Occasion, seen: &Seen) -> Vec<Block> {
        let since = seen.facts.last_digest_on.map_or_else(
            || "This is your first digest".to_owned(),
            |last| format!("Since your last digest, on {}", words::day(last)),
        );
        let changes = words::strip(self.changes().into_iter().chain(self.besides()).collect());
        let nothing = if is_first(seen) { "nothing is new" } else { "nothing changed" };
        let what = if changes.is_empty() { nothing.to_owned() } else { changes };
        let mut blocks = late(seen);
        blocks.push(words::paragraph(format!("{since}: {what}.")));
        let stays = self.stays();
        if !stays.is_empty() {
            let which = if is_first(seen) { "Open findings" } else { "Unchanged findings" };
            blocks.push(words::paragraph(format!("{which}: {stays}.")));
        }
        blocks.extend(standing(occasion, seen));
        let named = named(seen);
        let rest = seen.findings.iter().filter(|finding| is_named(seen, finding)).count() - named.len();
        let mut lines: Vec<String> = named.into_iter().map(|it| open_line(occasion, it)).collect();
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
            words::some(
                self.gaps_still,
                if self.gaps_still == 1 { "figure still missing" } else { "figures still missing" },
            ),
        ])
    }
}

/// Which have been open for long, in one line; of a whole region the attached list says it.
fn standing(occasion: &Occasion, seen: &Seen) -> Option<Block> {
    let is_own = matches!(seen.recipient.scope, Scope::Authorities(_));
    let all = seen.findings.iter().filter(|finding| is_own && finding.said == Said::Standing);
    let one = |finding: &&FindingFact| {
        let what = finding.indicator.as_ref().map_or("the return", |indicator| &indicator.name);
        let since = finding.stretch.label(finding.since);
        let more = occasion.more_of(&finding.id);
        format!("{what} since {since} ({})", words::lowered(more.trim_end_matches('.')))
    };
    let named: Vec<String> = all.map(one).collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    let words = || format!("Open for four quarters or more: {}.", words::at_most(&named, NAMED_MAX));
    (!named.is_empty()).then(|| words::paragraph(words()))
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
    let is_open = finding.said == Said::Aside || finding.said == Said::Quieted && is_first(seen);
    finding.gap.is_none() && is_open
}

fn open_line(occasion: &Occasion, finding: &FindingFact) -> String {
    let what = finding.indicator.as_ref().map_or("the return", |indicator| &indicator.name);
    let since = finding.stretch.label(finding.since);
    let stands = finding.stands.as_ref().map_or_else(String::new, |stands| format!(", {stands}"));
    let line = format!(
        "{}, open since {since}{stands}: {what}, {}.",
        findings::level_word(finding.level),
        finding.authority.name
    );
    let done = finding.action.as_ref().map(|it| findings::action(finding, it));
    let more = occasion.more_of(&finding.id);
    std::iter::once(line).chain(done).chain([more]).collect::<Vec<_>>().join(" ")
}

/// That a digest is made up for, which somebody expected on another day.
fn late(seen: &Seen) -> Vec<Block> {
    let due = seen.facts.fell_due;
    let words = || words::paragraph(format!("This digest was due on {}, and is late.", words::day(due)));
    (due < seen.facts.known_on).then(words).into_iter().collect()
}

fn provisional(seen: &Seen) -> String {
    let known = format!("Returns received up to {} are counted.", words::day(seen.facts.known_on));
    match seen.standing() {
        Standing::Provisional => {
            format!("{known} All figures are provisional: they are not yet validated and may change.")
        }
        Standing::Mixed => {
            format!("{known} Figures marked provisional are not yet validated and may change.")
        }
        Standing::Final => known,
    }
}
