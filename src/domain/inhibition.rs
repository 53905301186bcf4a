//! What checks say of a quarter, and the rule by which one story is told once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::domain::authority::AuthorityCode;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;

/// What a check is about, which decides what hides what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// How children and services fare.
    Performance,
    /// Whether the figure can be believed, and whether it came.
    DataQuality,
}

impl CheckKind {
    /// The word used in a check's header.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Performance => "performance",
            Self::DataQuality => "data-quality",
        }
    }
}

/// What one check said of one figure, or of one whole return.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckAnswer {
    /// The authority; the region's code when the region is meant.
    pub authority: AuthorityCode,
    /// The measure; none for a whole return.
    pub indicator: Option<IndicatorId>,
    /// The quarter that was asked.
    pub quarter: Quarter,
    /// Whether the check fires.
    pub fires: bool,
    /// 1 low, 2 medium, 3 high; 0 is information only.
    pub level: u8,
    /// Adverse effect in standard units; larger is worse.
    pub effect: Option<f64>,
    /// The chance of such a figure without a change, where the check knows one.
    pub p: Option<f64>,
    /// Whether the check could judge. What is not eligible is never clear.
    pub eligible: bool,
    /// Why it could not judge, or why it does not fire although something was seen.
    pub reason: Option<String>,
    /// A JSON object with what the sentence and `explain` need.
    pub detail: Value,
}

/// The answers to one collection and quarter, by the check's name.
pub type ByCheck = BTreeMap<String, Vec<CheckAnswer>>;

/// These make a figure unusable: no performance check may judge it.
const HOLDING: [&str; 3] = ["implausible-jump", "numerator-over-denominator", "unit-slip"];

/// The first check, when it fires, tells the story of the second.
const TELLS_FOR: [(&str, &str); 2] =
    [("spc-outside-limits", "spc-two-of-three"), ("peer-outlier", "neighbour-gap")];

/// A return that did not come, or a count out of too few, is each authority's own story.
const OWN_STORIES: [&str; 2] = ["return-missing", "numerator-over-denominator"];

/// Fewer authorities than this are never a story of the region.
const REGIONAL_MIN: usize = 5;

/// One story, not six: hides what another answer already tells, and gathers what half the region shares.
///
/// A hidden answer is no longer eligible, so a finding that stands on it is frozen and not cleared.
/// Where at least half of the `existing` authorities (and five) fire alike, `region` gets one answer and
/// theirs become information. A check without a kind is taken as a performance check.
pub fn inhibit(
    answers: &mut ByCheck,
    kinds: &BTreeMap<String, CheckKind>,
    region: &AuthorityCode,
    existing: usize,
) {
    hide(answers, kinds);
    for (check, answers) in answers.iter_mut() {
        if OWN_STORIES.contains(&check.as_str()) {
            continue;
        }
        for story in shared_stories(answers, existing) {
            let told = tell_for_region(answers, &story, region, existing);
            answers.extend(told);
        }
    }
}

fn hide(answers: &mut ByCheck, kinds: &BTreeMap<String, CheckKind>) {
    let mut telling = BTreeSet::new();
    for (check, answers) in answers.iter() {
        telling.extend(answers.iter().filter(|answer| tells(answer)).map(|answer| Told::by(check, answer)));
    }
    for (check, answers) in answers.iter_mut() {
        let kind = kinds.get(check).copied().unwrap_or(CheckKind::Performance);
        for answer in answers.iter_mut() {
            if let Some(by) = hidden_by(check, kind, answer, &telling) {
                answer.fires = false;
                answer.eligible = false;
                answer.level = 0;
                answer.reason = Some(format!("hidden by {by}"));
            }
        }
    }
}

/// What was told of whom by which check.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    check: String,
    authority: AuthorityCode,
    indicator: Option<IndicatorId>,
}

impl Told {
    fn by(check: &str, answer: &CheckAnswer) -> Self {
        let authority = answer.authority.clone();
        Self { check: check.to_owned(), authority, indicator: answer.indicator.clone() }
    }
}

/// A suspicion that does not hold the figure hides nothing.
fn tells(answer: &CheckAnswer) -> bool {
    answer.fires && answer.detail.get("held") != Some(&Value::Bool(false))
}

fn hidden_by(
    check: &str,
    kind: CheckKind,
    answer: &CheckAnswer,
    telling: &BTreeSet<Told>,
) -> Option<&'static str> {
    let told = |check: &str, indicator: Option<&IndicatorId>| {
        telling.contains(&Told {
            check: check.to_owned(),
            authority: answer.authority.clone(),
            indicator: indicator.cloned(),
        })
    };
    if answer.indicator.is_some() && told("return-missing", None) {
        return Some("return-missing");
    }
    let holding = HOLDING.into_iter().find(|check| told(check, answer.indicator.as_ref()));
    if kind == CheckKind::Performance && holding.is_some() {
        return holding;
    }
    let by = TELLS_FOR.into_iter().find(|(by, of)| check == *of && told(by, answer.indicator.as_ref()));
    by.map(|(by, _)| by)
}

/// An indicator and a direction that half the region shares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Story {
    indicator: Option<IndicatorId>,
    direction: Option<String>,
}

impl Story {
    fn of(answer: &CheckAnswer) -> Self {
        let direction = answer.detail.get("direction").and_then(Value::as_str).map(str::to_owned);
        Self { indicator: answer.indicator.clone(), direction }
    }
}

fn shared_stories(answers: &[CheckAnswer], existing: usize) -> Vec<Story> {
    let mut firing: BTreeMap<Story, BTreeSet<&AuthorityCode>> = BTreeMap::new();
    for answer in answers.iter().filter(|answer| answer.fires) {
        firing.entry(Story::of(answer)).or_default().insert(&answer.authority);
    }
    let shared = |areas: usize| areas >= REGIONAL_MIN && areas * 2 >= existing;
    firing.into_iter().filter(|(_, areas)| shared(areas.len())).map(|(story, _)| story).collect()
}

fn tell_for_region(
    answers: &mut [CheckAnswer],
    story: &Story,
    region: &AuthorityCode,
    existing: usize,
) -> Option<CheckAnswer> {
    let mut told: Option<CheckAnswer> = None;
    let mut areas = Vec::new();
    for answer in answers.iter_mut().filter(|answer| answer.fires && Story::of(answer) == *story) {
        areas.push(answer.authority.to_string());
        let worst = told.get_or_insert_with(|| answer.clone());
        worst.level = worst.level.max(answer.level);
        worst.effect = larger(worst.effect, answer.effect);
        answer.level = 0;
        answer.reason = Some("shared by half the region".to_owned());
    }
    let mut told = told?;
    told.authority = region.clone();
    told.p = None;
    told.reason = None;
    told.detail = json!({
        "says": "regional",
        "n": areas.len(),
        "of": existing,
        "areas": areas,
        "direction": story.direction,
        "quarter": told.quarter.to_string(),
    });
    Some(told)
}

fn larger(mine: Option<f64>, theirs: Option<f64>) -> Option<f64> {
    match (mine, theirs) {
        (Some(mine), Some(theirs)) => Some(mine.max(theirs)),
        (mine, theirs) => mine.or(theirs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(authority: usize, fires: bool) -> CheckAnswer {
        CheckAnswer {
            authority: AuthorityCode::parse(&format!("E0600{authority:04}")).unwrap(),
            indicator: IndicatorId::parse("rereferral_pct"),
            quarter: Quarter::from_index(8069),
            fires,
            level: 2,
            effect: Some(1.0),
            p: None,
            eligible: true,
            reason: None,
            detail: json!({ "direction": "up" }),
        }
    }

    fn told(answers: &[(&str, Vec<CheckAnswer>)]) -> ByCheck {
        let mut by_check: ByCheck =
            answers.iter().map(|(check, answers)| ((*check).to_owned(), answers.clone())).collect();
        let quality = ["unit-slip", "return-missing"].map(|check| (check.to_owned(), CheckKind::DataQuality));
        inhibit(&mut by_check, &BTreeMap::from(quality), &AuthorityCode::parse("E12000009").unwrap(), 16);
        by_check
    }

    #[test]
    fn a_figure_held_by_a_data_quality_check_is_not_judged_by_a_performance_check() {
        let told = told(&[
            ("unit-slip", vec![answer(1, true)]),
            ("target-breach", vec![answer(1, true), answer(2, true)]),
        ]);
        assert!(told["unit-slip"][0].fires);
        let hidden = &told["target-breach"][0];
        assert!(!hidden.fires && !hidden.eligible);
        assert_eq!(hidden.reason.as_deref(), Some("hidden by unit-slip"));
        assert!(told["target-breach"][1].fires);
    }

    #[test]
    fn a_possible_slip_does_not_hold_the_figure() {
        let mut perhaps = answer(1, true);
        perhaps.detail = json!({ "held": false });
        let told = told(&[("unit-slip", vec![perhaps]), ("target-breach", vec![answer(1, true)])]);
        assert!(told["target-breach"][0].fires);
    }

    #[test]
    fn a_missing_return_hides_what_is_said_of_its_indicators() {
        let mut whole = answer(1, true);
        whole.indicator = None;
        let told = told(&[("return-missing", vec![whole, answer(1, true)])]);
        assert!(told["return-missing"][0].fires);
        assert!(!told["return-missing"][1].fires);
    }

    #[test]
    fn half_the_region_alike_is_one_story_of_the_region() {
        for (firing, answers) in [(8, 17), (7, 16)] {
            let each = (0..16).map(|n| answer(n, n < firing)).collect();
            assert_eq!(told(&[("peer-outlier", each)])["peer-outlier"].len(), answers, "{firing} of 16 fire");
        }
    }

    #[test]
    fn a_story_of_the_region_leaves_its_authorities_as_information() {
        let told = told(&[("peer-outlier", (0..10).map(|n| answer(n, true)).collect())]);
        let answers = &told["peer-outlier"];
        assert!(answers[..10].iter().all(|answer| answer.level == 0));
        assert_eq!(answers[10].authority.as_str(), "E12000009");
        assert_eq!(answers[10].level, 2);
        assert_eq!(answers[10].detail["n"], 10);
    }

    #[test]
    fn returns_that_did_not_come_are_each_authority_s_own_story() {
        let told = told(&[("return-missing", (0..16).map(|n| answer(n, true)).collect())]);
        assert_eq!(told["return-missing"].len(), 16);
    }
}
