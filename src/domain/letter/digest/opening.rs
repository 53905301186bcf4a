//! How a digest opens: counts of what changed, then what stays.

use crate::domain::letter::digest::facts::{Arrival, Attention, Change, ReturnFact};
use crate::domain::letter::digest::seen::{Seen, is_neutral, is_standing};
use crate::domain::letter::words;
use crate::domain::message::Block;

/// What a digest counts.
#[derive(Debug, Default)]
pub(super) struct Counts {
    new: usize,
    worse: usize,
    further: usize,
    better: usize,
    nearer: usize,
    resolved: usize,
    revised: usize,
    continuing: usize,
    standing: usize,
    looked_after: usize,
    outstanding: usize,
}

impl Counts {
    pub(super) fn of(seen: &Seen) -> Self {
        let mut counts = Self { revised: seen.revisions.len(), ..Self::default() };
        for finding in &seen.findings {
            let neutral = is_neutral(finding);
            let open = finding.state.is_open();
            *match (seen.change(finding), neutral) {
                (Some(Change::Resolved), _) => &mut counts.resolved,
                _ if !open => continue,
                _ if finding.attention != Attention::Open => &mut counts.looked_after,
                (Some(Change::New), _) => &mut counts.new,
                (Some(Change::Worse), false) => &mut counts.worse,
                (Some(Change::Worse), true) => &mut counts.further,
                (Some(Change::Better), false) => &mut counts.better,
                (Some(Change::Better), true) => &mut counts.nearer,
                (None, _) if is_standing(finding) => &mut counts.standing,
                (None, _) => &mut counts.continuing,
            } += 1;
        }
        let overdue = |expected: &&&ReturnFact| {
            expected.working_days_late > 0 && !matches!(expected.arrival, Arrival::Received { .. })
        };
        counts.outstanding = seen.returns.iter().filter(overdue).count();
        counts
    }

    fn changes(&self) -> Vec<Option<String>> {
        vec![
            words::some(self.new, "new"),
            words::some(self.worse, "worse"),
            words::some(self.further, "further from usual"),
            words::some(self.better, "better"),
            words::some(self.nearer, "nearer to usual"),
            words::some(self.resolved, "resolved"),
            words::some(self.revised, if self.revised == 1 { "figure revised" } else { "figures revised" }),
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
        let what = if changes.is_empty() { "nothing changed".to_owned() } else { changes };
        let mut blocks = vec![words::paragraph(format!("{since}: {what}."))];
        let stays = self.stays();
        if !stays.is_empty() {
            blocks.push(words::paragraph(format!("Unchanged findings: {stays}.")));
        }
        blocks.push(words::paragraph(provisional(seen)));
        blocks
    }

    fn stays(&self) -> String {
        words::strip(vec![
            words::some(self.continuing, if self.continuing == 1 { "continues" } else { "continue" }),
            words::some(self.standing, "open for four quarters or more"),
            words::some(self.looked_after, "acknowledged, snoozed or expected"),
        ])
    }
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
