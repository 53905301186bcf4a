//! The things that were planted, and whether they were found.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::demo::plan::{Plan, Story};
use crate::domain::authority::{Authority, AuthorityCode};
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;

/// What the walk through the year left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Every finding that was ever open.
    pub findings: Vec<FoundFinding>,
    /// Every return that was received.
    pub returns: Vec<FoundReturn>,
    /// How many figures each authority withheld.
    pub suppressed: BTreeMap<AuthorityCode, u64>,
}

/// A finding, by what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFinding {
    /// The check's name.
    pub check: String,
    /// The authority.
    pub authority: AuthorityCode,
    /// The indicator; none when it is about the whole return.
    pub indicator: Option<IndicatorId>,
    /// A quarter in which it fired.
    pub quarter: Quarter,
}

/// A return, by how it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundReturn {
    /// Whose.
    pub authority: AuthorityCode,
    /// For which quarter.
    pub quarter: Quarter,
    /// How many versions came.
    pub versions: u32,
    /// Whether the first came after its due day.
    pub late: bool,
}

/// One planted thing, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// What was planted, in words.
    pub planted: String,
    /// Whether it was found.
    pub found: bool,
    /// The arguments of the command that shows it.
    pub look: String,
}

/// Each planted thing in turn, held against the evidence.
#[must_use]
pub fn endings(plan: &Plan, authorities: &[Authority], evidence: &Evidence) -> Vec<Ending> {
    let names = Names(authorities);
    let story = &plan.story;
    vec![
        late(story, &names, evidence),
        resubmission(story, &names, evidence),
        fraction(story, &names, evidence),
        deterioration(story, &names, evidence),
        suppressed(story, &names, evidence),
    ]
}

/// The closing lines: what was planted, whether it was found, and the command that shows it.
///
/// `command` is the program with its configuration and state, such as `quarterdeck --state demo/state`.
#[must_use]
pub fn closing_lines(endings: &[Ending], command: &str) -> String {
    let found = endings.iter().filter(|ending| ending.found).count();
    let mut text = format!("{} things were planted in the figures, {found} were found.\n", endings.len());
    for ending in endings {
        let mark = if ending.found { "found    " } else { "not found" };
        // Writing to a String cannot fail.
        writeln!(text, "  {mark}  {}\n             {command} {}", ending.planted, ending.look)
            .unwrap_or_default();
    }
    text
}

fn late(story: &Story, names: &Names, evidence: &Evidence) -> Ending {
    let late = &story.late;
    let mut returns = evidence.returns.iter();
    Ending {
        planted: format!(
            "a late return: {}, {}, {} working days after its due day",
            names.of(&late.authority),
            late.quarter,
            late.working_days
        ),
        found: returns.any(|one| one.authority == late.authority && one.quarter == late.quarter && one.late),
        look: "returns".to_owned(),
    }
}

fn resubmission(story: &Story, names: &Names, evidence: &Evidence) -> Ending {
    let again = &story.resubmission;
    let mut returns = evidence
        .returns
        .iter()
        .filter(|one| one.authority == again.authority && one.quarter == again.quarter);
    let query = format!(
        "SELECT version, received_at, numerator, denominator, value, note FROM observation_versions \
         WHERE authority = '{}' AND indicator = '{}' AND quarter = {} ORDER BY version",
        again.authority,
        again.indicator,
        again.quarter.index()
    );
    Ending {
        planted: format!(
            "a return sent again with another figure: {}, {}, `{}`",
            names.of(&again.authority),
            again.quarter,
            again.indicator
        ),
        found: returns.any(|one| one.versions >= 2),
        look: format!("sql \"{query}\""),
    }
}

fn fraction(story: &Story, names: &Names, evidence: &Evidence) -> Ending {
    let planted = &story.fraction;
    let about = (&planted.authority, &planted.indicator);
    Ending {
        planted: format!(
            "a fraction stated where a percentage is meant: {}, {}, `{}`",
            names.of(&planted.authority),
            planted.quarter,
            planted.indicator
        ),
        found: evidence.says(&planted.checks, about, planted.quarter..=planted.quarter),
        look: "findings".to_owned(),
    }
}

fn deterioration(story: &Story, names: &Names, evidence: &Evidence) -> Ending {
    let planted = &story.deterioration;
    let since = planted.until.plus(1 - i32::try_from(planted.levels.len()).unwrap_or(1));
    let about = (&planted.authority, &planted.indicator);
    Ending {
        planted: format!(
            "a figure that really gets worse: {}, `{}`, from {since} to {}",
            names.of(&planted.authority),
            planted.indicator,
            planted.until
        ),
        found: evidence.says(&planted.checks, about, since..=planted.until),
        look: "findings".to_owned(),
    }
}

fn suppressed(story: &Story, names: &Names, evidence: &Evidence) -> Ending {
    let authority = &story.suppressed.authority;
    let count = evidence.suppressed.get(authority).copied().unwrap_or(0);
    let query = format!(
        "SELECT quarter, indicator, symbol FROM observations \
         WHERE authority = '{authority}' AND status = 'suppressed' ORDER BY quarter, indicator"
    );
    Ending {
        planted: format!(
            "a small authority that withholds small numbers: {}, {count} figures kept as withheld, none as 0",
            names.of(authority)
        ),
        found: count > 0,
        look: format!("sql \"{query}\""),
    }
}

impl Evidence {
    /// Whether one of these checks fired about this authority and indicator in one of these quarters.
    fn says(
        &self,
        checks: &[String],
        (authority, indicator): (&AuthorityCode, &IndicatorId),
        quarters: std::ops::RangeInclusive<Quarter>,
    ) -> bool {
        self.findings.iter().any(|finding| {
            checks.contains(&finding.check)
                && finding.authority == *authority
                && finding.indicator.as_ref() == Some(indicator)
                && quarters.contains(&finding.quarter)
        })
    }
}

struct Names<'a>(&'a [Authority]);

impl<'a> Names<'a> {
    fn of(&self, code: &'a AuthorityCode) -> &'a str {
        let known = self.0.iter().find(|authority| authority.code == *code);
        known.map_or(code.as_str(), |authority| authority.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{Evidence, FoundFinding, FoundReturn, closing_lines, endings};
    use crate::demo::plan::Plan;

    fn told(evidence: &Evidence) -> Vec<bool> {
        let plan = Plan::shipped().unwrap();
        endings(&plan, &[], evidence).into_iter().map(|ending| ending.found).collect()
    }

    #[test]
    fn nothing_is_found_without_evidence() {
        assert_eq!(told(&Evidence::default()), [false; 5]);
    }

    #[test]
    fn each_thing_is_found_by_its_own_evidence_only() {
        let story = Plan::shipped().unwrap().story;
        let came = |authority: &crate::domain::authority::AuthorityCode, quarter, versions, late| {
            let returns = vec![FoundReturn { authority: authority.clone(), quarter, versions, late }];
            Evidence { returns, ..Evidence::default() }
        };
        let late = came(&story.late.authority, story.late.quarter, 1, true);
        assert_eq!(told(&late), [true, false, false, false, false]);
        let on_time = came(&story.late.authority, story.late.quarter, 1, false);
        assert_eq!(told(&on_time), [false; 5]);
        let again = came(&story.resubmission.authority, story.resubmission.quarter, 2, false);
        assert_eq!(told(&again), [false, true, false, false, false]);
        let finding = |check: &str| FoundFinding {
            check: check.to_owned(),
            authority: story.fraction.authority.clone(),
            indicator: Some(story.fraction.indicator.clone()),
            quarter: story.fraction.quarter,
        };
        let slip = Evidence { findings: vec![finding("unit-slip")], ..Evidence::default() };
        assert_eq!(told(&slip), [false, false, true, false, false]);
        let other = Evidence { findings: vec![finding("target-breach")], ..Evidence::default() };
        assert_eq!(told(&other), [false; 5]);
        let counts = [(story.suppressed.authority, 12)].into();
        let small = Evidence { suppressed: counts, ..Evidence::default() };
        assert_eq!(told(&small), [false, false, false, false, true]);
    }

    #[test]
    fn the_closing_lines_say_where_to_look() {
        let plan = Plan::shipped().unwrap();
        let lines = closing_lines(&endings(&plan, &[], &Evidence::default()), "quarterdeck --state s");
        assert!(lines.starts_with("5 things were planted in the figures, 0 were found.\n"));
        assert!(lines.contains("  not found  a late return: E06000024, 2017-18 Q2, 6 working days after"));
        assert!(lines.contains("\n             quarterdeck --state s returns\n"));
    }
}
