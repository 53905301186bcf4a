//! What is wrong with a return and its figures: below what is about children, and gaps in one line a return.

use std::collections::BTreeMap;

use crate::domain::check::Means;
use crate::domain::letter::digest::facts::{FindingFact, Gap};
use crate::domain::letter::digest::findings::{self, Limits, is_doubt};
use crate::domain::letter::digest::seen::{Seen, is_told};
use crate::domain::letter::{Occasion, words};
use crate::domain::message::Block;

/// The heading of the section.
pub(super) const HEADING: &str = "About the return itself";

/// Figures that are named in one line.
const NAMED_MAX: usize = 8;

/// Doubts about figures with what to do, and the gaps of each return in one line.
pub(super) fn blocks(occasion: &Occasion, seen: &Seen, limits: Limits) -> Vec<Block> {
    let all = findings::stories(seen, is_doubt);
    let (shown, rest) = all.split_at(limits.findings_max.min(all.len()));
    let mut no_charts = 0;
    let mut blocks: Vec<Block> =
        shown.iter().flat_map(|story| findings::with_chart(occasion, seen, story, &mut no_charts)).collect();
    if !rest.is_empty() {
        let rest = words::counted(rest.len(), "more doubt about a figure", "more doubts about figures");
        blocks.push(words::paragraph(format!("And {rest}.")));
    }
    blocks.extend(words::bullets(gap_lines(seen, is_told)));
    blocks
}

/// All of it in one line, for somebody who does not make the returns.
pub(super) fn one_line(seen: &Seen) -> Vec<Block> {
    let told = || seen.findings.iter().copied().filter(|one| is_told(one) && is_doubt(one));
    let of_figures = |means: fn(Means) -> bool| {
        let about = told().filter(|one| means(one.means)).filter_map(|one| one.indicator.as_ref());
        let mut names: Vec<&str> = Vec::new();
        for name in about.map(|indicator| indicator.name.as_str()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    let is_held = |means| means == Means::FigureSuspect;
    let (held, doubted) = (of_figures(is_held), of_figures(|means| means != Means::FigureSuspect));
    let mut said: Vec<String> =
        told().filter(|one| one.indicator.is_none()).map(|one| one.sentence.clone()).collect();
    if !held.is_empty() {
        let to_confirm = "judged by no other check until somebody confirms it";
        said.push(format!("To be confirmed, and {to_confirm}: {}.", words::at_most(&held, NAMED_MAX)));
    }
    if !doubted.is_empty() {
        said.push(format!("To be checked: {}.", words::at_most(&doubted, NAMED_MAX)));
    }
    said.extend(gap_lines(seen, is_told));
    if said.is_empty() {
        return Vec::new();
    }
    words::section(HEADING, vec![words::paragraph(said.join(" "))])
}

/// Of each return one line: which figures are not there, and why.
pub(super) fn gap_lines(seen: &Seen, wanted: fn(&FindingFact) -> bool) -> Vec<String> {
    let mut returns: BTreeMap<(&str, &str, String), BTreeMap<Gap, Vec<&str>>> = BTreeMap::new();
    for finding in seen.findings.iter().copied().filter(|one| wanted(one)) {
        let Some((gap, indicator)) = finding.gap.zip(finding.indicator.as_ref()) else { continue };
        let authority = &finding.authority;
        let of = (authority.name.as_str(), authority.code.as_str(), finding.stretch.label(finding.quarter));
        returns.entry(of).or_default().entry(gap).or_default().push(&indicator.name);
    }
    let line = |((authority, _, quarter), gaps): (&(&str, &str, String), &BTreeMap<Gap, Vec<&str>>)| {
        let parts: Vec<String> = gaps.iter().map(|(gap, names)| part(*gap, names)).collect();
        format!("{authority}, {quarter}: {}.", parts.join("; "))
    };
    returns.iter().map(line).collect()
}

fn part(gap: Gap, names: &[&str]) -> String {
    let mut names = names.to_vec();
    names.sort_unstable();
    let (one, many) = match gap {
        Gap::SetAside => {
            ("figure was sent, but could not be used", "figures were sent, but could not be used")
        }
        Gap::NotSent => ("figure is not in the return", "figures are not in the return"),
    };
    format!("{} ({})", words::counted(names.len(), one, many), words::at_most(&names, NAMED_MAX))
}
