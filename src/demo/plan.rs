//! What is to be made up: typical figures, each authority's own, and the story to plant.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error as _};
use thiserror::Error;

use crate::domain::authority::AuthorityCode;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::{NotAQuarter, Quarter};

const SHIPPED: &str = include_str!("../../config/demo.toml");

/// What the synthetic year is made from.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The same seed makes the same figures.
    pub seed: u64,
    /// The first quarter for which returns are made.
    #[serde(deserialize_with = "quarter")]
    pub first_quarter: Quarter,
    /// The last one.
    #[serde(deserialize_with = "quarter")]
    pub last_quarter: Quarter,
    /// Q1 to Q4: what share of a quarter's usual events falls into it, about 1.
    pub season: [f64; 4],
    /// The authorities that send a workbook; the others send CSV.
    #[serde(deserialize_with = "codes")]
    pub workbooks: Vec<AuthorityCode>,
    /// One per indicator; a measure leans only on measures before it.
    pub measures: Vec<Measure>,
    /// Children at the start and the end of a quarter must add up.
    pub balances: Vec<Balance>,
    /// Figures of each authority's own.
    #[serde(deserialize_with = "profiles")]
    pub profiles: BTreeMap<AuthorityCode, Profile>,
    /// The things to be found.
    pub story: Story,
}

impl Plan {
    /// Every quarter for which returns are made, oldest first.
    #[must_use]
    pub fn quarters(&self) -> Vec<Quarter> {
        (self.first_quarter.index()..=self.last_quarter.index()).map(Quarter::from_index).collect()
    }

    /// The plan that is part of the program.
    ///
    /// # Errors
    /// When the embedded text is not a plan.
    pub fn shipped() -> Result<Self, PlanError> {
        Self::parse(SHIPPED)
    }

    /// A plan from the text of a TOML file.
    ///
    /// # Errors
    /// When the text is no TOML, has an unknown key, or names what cannot be.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let plan: Self = toml::from_str(text).map_err(|error| PlanError::Toml(error.to_string()))?;
        leans_back(&plan.measures)?;
        Ok(plan)
    }
}

/// Why a text is not a plan.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PlanError {
    /// Not TOML, or not these keys.
    #[error("the plan of the demonstration cannot be read: {0}")]
    Toml(String),
    /// A measure that leans on one that does not come before it.
    #[error("the plan of the demonstration: measure `{0}` leans on `{1}`, which does not stand before it")]
    Order(String, String),
}

/// How one indicator's figures are made up.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The indicator.
    #[serde(deserialize_with = "indicator")]
    pub indicator: IndicatorId,
    /// The usual level: a year's rate per `per`, a percentage, or for a count the number per 10,000 children.
    #[serde(default)]
    pub typical: f64,
    /// How far authorities without a figure of their own lie apart.
    #[serde(default)]
    pub spread: f64,
    /// How far one authority's level moves from one quarter to the next.
    #[serde(default)]
    pub wander: f64,
    /// What it is counted out of.
    pub base: Base,
}

/// What a figure is counted out of.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// Children of some ages: this share of those under 18.
    Children(f64),
    /// Posts or people: this many for 10,000 children.
    Number(f64),
    /// What another indicator counted in the same quarter.
    CountsOf(#[serde(deserialize_with = "indicator")] IndicatorId),
    /// The same children as another indicator counts.
    SameAs(#[serde(deserialize_with = "indicator")] IndicatorId),
}

/// At the end = at the start + started - ceased.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// Those at the end.
    #[serde(deserialize_with = "indicator")]
    pub stock: IndicatorId,
    /// Those who came.
    #[serde(deserialize_with = "indicator")]
    pub starts: IndicatorId,
    /// Those who left; made to fit.
    #[serde(deserialize_with = "indicator")]
    pub ceases: IndicatorId,
}

/// An authority's own figures.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Children under 18.
    pub children: f64,
    /// Levels by indicator, in the unit of [`Measure::typical`].
    #[serde(default, deserialize_with = "levels")]
    pub levels: BTreeMap<IndicatorId, f64>,
}

/// The things that are planted.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// A return that comes after its due day.
    pub late: Late,
    /// A return that is sent again with another figure.
    pub resubmission: Resubmission,
    /// A percentage stated as a fraction.
    pub fraction: Fraction,
    /// A figure that really gets worse.
    pub deterioration: Deterioration,
    /// An authority so small that it withholds small numbers.
    pub suppressed: Suppressed,
}

/// A return that comes after its due day.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// Whose.
    #[serde(deserialize_with = "code")]
    pub authority: AuthorityCode,
    /// For which quarter.
    #[serde(deserialize_with = "quarter")]
    pub quarter: Quarter,
    /// How many working days after the due day.
    pub working_days: i32,
}

/// A return that is sent again with another figure.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resubmission {
    /// Whose.
    #[serde(deserialize_with = "code")]
    pub authority: AuthorityCode,
    /// For which quarter.
    #[serde(deserialize_with = "quarter")]
    pub quarter: Quarter,
    /// The figure that changes.
    #[serde(deserialize_with = "indicator")]
    pub indicator: IndicatorId,
    /// What its numerator is multiplied by.
    pub factor: f64,
    /// How many working days after the first version.
    pub working_days: i32,
    /// The note that the sender puts beside it.
    pub note: String,
}

/// A percentage stated as a fraction.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fraction {
    /// By whom.
    #[serde(deserialize_with = "code")]
    pub authority: AuthorityCode,
    /// For which quarter.
    #[serde(deserialize_with = "quarter")]
    pub quarter: Quarter,
    /// Of which indicator.
    #[serde(deserialize_with = "indicator")]
    pub indicator: IndicatorId,
    /// The checks of which one should see it.
    pub checks: Vec<String>,
}

/// A figure that really gets worse.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deterioration {
    /// Whose.
    #[serde(deserialize_with = "code")]
    pub authority: AuthorityCode,
    /// Which indicator's.
    #[serde(deserialize_with = "indicator")]
    pub indicator: IndicatorId,
    /// The last quarter of it.
    #[serde(deserialize_with = "quarter")]
    pub until: Quarter,
    /// The levels it goes through, the last one in `until`.
    pub levels: Vec<f64>,
    /// The checks of which one should see it.
    pub checks: Vec<String>,
}

/// An authority so small that it withholds small numbers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppressed {
    /// Whose figures.
    #[serde(deserialize_with = "code")]
    pub authority: AuthorityCode,
}

/// A measure is made from those before it, so nothing may lean forward.
fn leans_back(measures: &[Measure]) -> Result<(), PlanError> {
    for (at, measure) in measures.iter().enumerate() {
        let (Base::CountsOf(other) | Base::SameAs(other)) = &measure.base else { continue };
        if !measures.iter().take(at).any(|earlier| earlier.indicator == *other) {
            return Err(PlanError::Order(measure.indicator.to_string(), other.to_string()));
        }
    }
    Ok(())
}

fn code<'de, D: Deserializer<'de>>(from: D) -> Result<AuthorityCode, D::Error> {
    AuthorityCode::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

fn codes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<AuthorityCode>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| AuthorityCode::parse(text).map_err(D::Error::custom)).collect()
}

fn profiles<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<AuthorityCode, Profile>, D::Error> {
    let written = BTreeMap::<String, Profile>::deserialize(from)?.into_iter();
    written
        .map(|(text, profile)| Ok((AuthorityCode::parse(&text).map_err(D::Error::custom)?, profile)))
        .collect()
}

fn indicator<'de, D: Deserializer<'de>>(from: D) -> Result<IndicatorId, D::Error> {
    indicator_of(&String::deserialize(from)?)
}

fn levels<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<IndicatorId, f64>, D::Error> {
    let written = BTreeMap::<String, f64>::deserialize(from)?.into_iter();
    written.map(|(text, level)| Ok((indicator_of(&text)?, level))).collect()
}

fn indicator_of<E: serde::de::Error>(text: &str) -> Result<IndicatorId, E> {
    IndicatorId::parse(text).ok_or_else(|| E::custom(format!("`{text}` is not an indicator")))
}

fn quarter<'de, D: Deserializer<'de>>(from: D) -> Result<Quarter, D::Error> {
    let text = String::deserialize(from)?;
    quarter_of(&text).ok_or_else(|| D::Error::custom(NotAQuarter(text)))
}

/// Only the one spelling of the glossary.
fn quarter_of(text: &str) -> Option<Quarter> {
    let year = text.get(..4)?.parse().ok()?;
    let number = text.get(text.len() - 1..)?.parse().ok()?;
    Quarter::of(year, number).filter(|quarter| quarter.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::{Plan, PlanError, SHIPPED, quarter_of};

    #[test]
    fn the_shipped_plan_is_one() {
        let plan = Plan::shipped().unwrap();
        assert_eq!(plan.quarters().len(), 14);
        assert_eq!(plan.profiles.len(), 16);
    }

    #[test]
    fn a_measure_that_leans_forward_is_refused() {
        let text = SHIPPED.replacen("counts_of = \"referral_rate\"", "counts_of = \"ehe_rate\"", 1);
        assert!(matches!(Plan::parse(&text), Err(PlanError::Order(_, other)) if other == "ehe_rate"));
    }

    #[test]
    fn a_quarter_has_one_spelling() {
        assert_eq!(
            quarter_of("2017-18 Q2").map(|quarter| quarter.to_string()).as_deref(),
            Some("2017-18 Q2")
        );
        assert_eq!(quarter_of("2017-19 Q2"), None);
        assert_eq!(quarter_of("2017/18 Q2"), None);
        assert_eq!(quarter_of(""), None);
    }
}
