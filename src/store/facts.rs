//! Figures for messages: with their comparators, their history, and what was revised.

use chrono::{DateTime, Utc};
use duckdb::{Result, Row};

use crate::domain::authority::AuthorityCode;
use crate::domain::figure::Status;
use crate::domain::finding::bare;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::domain::support::Since;
use crate::store::analysis::Question;
use crate::store::open::Store;
use crate::store::refusal::StoreError;

const FIGURES: &str = include_str!("../../queries/digests/figures.sql");
const EXAMPLES: &str = include_str!("../../queries/digests/examples.sql");
const BASELINE: &str = include_str!("../../queries/digests/baseline.sql");
const HISTORY: &str = include_str!("../../queries/digests/history.sql");
const ACTIONS: &str = include_str!("../../queries/digests/actions.sql");
const REVISIONS: &str = include_str!("../../queries/digests/revisions.sql");

/// The numbers of one figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numbers {
    /// On stored precision, in the indicator's unit.
    pub value: Option<f64>,
    /// What was counted.
    pub numerator: Option<f64>,
    /// Out of what.
    pub denominator: Option<f64>,
    /// Whether the numbers are there; none when nothing was sent.
    pub status: Option<Status>,
}

/// An authority's figure beside what it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedFigure {
    /// Whose.
    pub authority: AuthorityCode,
    /// Of what.
    pub indicator: IndicatorId,
    /// The figure.
    pub own: Numbers,
    /// Not yet validated.
    pub provisional: bool,
    /// The same quarter a year earlier.
    pub last_year: Numbers,
    /// The region: sum over sum.
    pub region: Numbers,
    /// Authorities in the region's value, and of the region.
    pub reporting: Option<(u32, u32)>,
    /// The country's value and its quarter.
    pub country: Option<(f64, Quarter)>,
    /// The neighbours' median, how many of how many, its collection and quarter.
    pub neighbours: Option<Neighbours>,
    /// The usual range of its own history.
    pub usual_range: Option<(f64, f64)>,
    /// A note that came with it.
    pub note: Option<String>,
}

/// The statistical neighbours of an authority.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbours {
    /// Their median.
    pub median: f64,
    /// How many had a value.
    pub available: u32,
    /// Of how many.
    pub listed: u32,
    /// Of which collection.
    pub collection: String,
    /// Of which quarter.
    pub quarter: Quarter,
}

/// One point of a figure's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Whose.
    pub authority: AuthorityCode,
    /// Of what.
    pub indicator: IndicatorId,
    /// Of when.
    pub quarter: Quarter,
    /// The figure.
    pub own: Numbers,
    /// Whether it is part of the region's sum: given with both parts, and not held.
    pub summed: bool,
    /// Whose it was, when it is carried on from before the authority existed.
    pub carried_from: Vec<AuthorityCode>,
    /// When a figure of this place first came.
    pub known_from: Option<DateTime<Utc>>,
    /// The region: sum over sum.
    pub region: Numbers,
    /// Authorities in the region's value, and of the region.
    pub reporting: Option<(u32, u32)>,
}

/// A figure that a later version changed.
#[derive(Clone, Debug, PartialEq)]
pub struct RevisedFigure {
    /// Whose.
    pub authority: AuthorityCode,
    /// Of what.
    pub indicator: IndicatorId,
    /// Of when.
    pub quarter: Quarter,
    /// The version that changed it.
    pub version: u32,
    /// Before.
    pub old: Numbers,
    /// Now.
    pub new: Numbers,
    /// When the new version came.
    pub received_at: DateTime<Utc>,
}

/// The figures from which a usual range is worked out.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// The first of them.
    pub first: Quarter,
    /// The last.
    pub last: Quarter,
    /// How many.
    pub figures: u32,
    /// Which are taken, in words.
    pub words: String,
    /// Their average.
    pub mean: f64,
    /// Lower and upper limit.
    pub usual_range: Option<(f64, f64)>,
}

/// The figures behind the chart of a figure of the asked quarter; none where there is no chart.
///
/// # Errors
/// When the database refuses.
pub fn baseline(
    store: &Store,
    asking: &Question,
    authority: &AuthorityCode,
    indicator: &IndicatorId,
) -> std::result::Result<Option<Baseline>, StoreError> {
    store.frozen(asking, BASELINE, |connection| {
        let mut statement = connection.prepare(BASELINE)?;
        let mut rows = statement.query([authority.as_str(), indicator.as_str()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let range = row.get::<_, Option<f64>>("lower")?.zip(row.get("upper")?);
        let ends = quarter(row, "first_quarter")?.zip(quarter(row, "last_quarter")?);
        let (figures, words, mean) = (row.get("figures")?, row.get("baseline")?, row.get("mean")?);
        Ok(ends.map(|(first, last)| Baseline { first, last, figures, words, mean, usual_range: range }))
    })
}

/// An authority whose figure is sound, and whether it does well.
#[derive(Clone, Debug, PartialEq)]
pub struct ExampleFigure {
    /// Whose.
    pub authority: AuthorityCode,
    /// Of what.
    pub indicator: IndicatorId,
    /// Of when.
    pub quarter: Quarter,
    /// Whether it is better than the region by more than chance.
    pub better: bool,
    /// Whether it is in the best half of the region.
    pub best_half: bool,
    /// The figure, in the indicator's unit.
    pub value: f64,
    /// Its worst figure of the three years before, where there was one.
    pub worst: Option<f64>,
}

/// Who does well, or has recovered, on each figure of the asked collection.
///
/// # Errors
/// When the database refuses.
pub fn examples(store: &Store, asking: &Question) -> std::result::Result<Vec<ExampleFigure>, StoreError> {
    collect(store, EXAMPLES, asking, |row| {
        let (authority, indicator) = named(row)?;
        let (better, best_half) = (row.get("better")?, row.get("best_half")?);
        let (value, worst) = (row.get("value")?, row.get("worst")?);
        let quarter = quarter(row, "quarter")?;
        let figure =
            |quarter| ExampleFigure { authority, indicator, quarter, better, best_half, value, worst };
        Ok(quarter.map(figure))
    })
}

/// The figures of support that was agreed: then, and now.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionFigures {
    /// The action's id.
    pub action: String,
    /// The figure when it was agreed.
    pub then: Option<(Quarter, Numbers)>,
    /// The latest figure.
    pub now: Option<(Quarter, Numbers)>,
    /// What it did since.
    pub since: Since,
}

/// What the figures did since support was agreed, for the asked collection.
///
/// # Errors
/// When the database refuses.
pub fn actions(store: &Store, asking: &Question) -> std::result::Result<Vec<ActionFigures>, StoreError> {
    let side = |row: &Row<'_>, when: &str| -> Result<Option<(Quarter, Numbers)>> {
        let number = |name: &str| row.get::<_, Option<f64>>(format!("{name}_{when}").as_str());
        let numbers = Numbers {
            value: number("value")?,
            numerator: number("numerator")?,
            denominator: number("denominator")?,
            status: Some(Status::Ok),
        };
        Ok(quarter(row, &format!("quarter_{when}"))?.filter(|_| numbers.value.is_some()).zip(Some(numbers)))
    };
    collect(store, ACTIONS, asking, |row| {
        let (since, action): (String, String) = (row.get("since")?, row.get("action")?);
        Ok(Some(ActionFigures {
            action: bare(&action).to_owned(),
            then: side(row, "then")?,
            now: side(row, "now")?,
            since: Since::of_word(&since),
        }))
    })
}

/// Every figure of the asked collection and quarter.
///
/// # Errors
/// When the database refuses.
pub fn figures(store: &Store, asking: &Question) -> std::result::Result<Vec<ComparedFigure>, StoreError> {
    collect(store, FIGURES, asking, |row| {
        let (authority, indicator) = named(row)?;
        Ok(Some(ComparedFigure {
            authority,
            indicator,
            own: numbers(row, "")?,
            provisional: row.get("provisional")?,
            last_year: numbers(row, "last_year_")?,
            region: region(row)?,
            reporting: reporting(row)?,
            country: row.get::<_, Option<f64>>("country_value")?.zip(quarter(row, "country_quarter")?),
            neighbours: neighbours(row)?,
            usual_range: row.get::<_, Option<f64>>("lower")?.zip(row.get("upper")?),
            note: row.get("note")?,
        }))
    })
}

/// The history of every figure of the asked collection.
///
/// # Errors
/// When the database refuses.
pub fn history(store: &Store, asking: &Question) -> std::result::Result<Vec<Point>, StoreError> {
    collect(store, HISTORY, asking, |row| {
        let (authority, indicator) = named(row)?;
        let own = Numbers {
            value: row.get("value")?,
            numerator: row.get("numerator")?,
            denominator: row.get("denominator")?,
            status: None,
        };
        let Some(quarter) = quarter(row, "quarter")? else { return Ok(None) };
        Ok(Some(Point {
            authority,
            indicator,
            quarter,
            own,
            summed: row.get("summed")?,
            carried_from: carried_from(row)?,
            known_from: row.get::<_, Option<i64>>("known_from")?.and_then(DateTime::from_timestamp_micros),
            region: region(row)?,
            reporting: reporting(row)?,
        }))
    })
}

/// Every revision of the asked collection that is known.
///
/// # Errors
/// When the database refuses.
pub fn revisions(store: &Store, asking: &Question) -> std::result::Result<Vec<RevisedFigure>, StoreError> {
    collect(store, REVISIONS, asking, |row| {
        let (authority, indicator) = named(row)?;
        let Some(quarter) = quarter(row, "quarter")? else { return Ok(None) };
        Ok(Some(RevisedFigure {
            authority,
            indicator,
            quarter,
            version: row.get("version")?,
            old: numbers(row, "old_")?,
            new: numbers(row, "new_")?,
            received_at: DateTime::from_timestamp_micros(row.get("received_at")?).unwrap_or_default(),
        }))
    })
}

fn collect<T>(
    store: &Store,
    sql: &str,
    asking: &Question,
    each: impl Fn(&Row<'_>) -> Result<Option<T>>,
) -> std::result::Result<Vec<T>, StoreError> {
    store.frozen(asking, sql, |connection| {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.extend(each(row)?);
        }
        Ok(found)
    })
}

fn named(row: &Row<'_>) -> Result<(AuthorityCode, IndicatorId)> {
    let (authority, indicator): (String, String) = (row.get("authority")?, row.get("indicator")?);
    AuthorityCode::parse(&authority)
        .ok()
        .zip(IndicatorId::parse(&indicator))
        .ok_or_else(|| duckdb::Error::InvalidColumnName(format!("{authority} {indicator}")))
}

fn numbers(row: &Row<'_>, prefix: &str) -> Result<Numbers> {
    let number = |name: &str| row.get::<_, Option<f64>>(format!("{prefix}{name}").as_str());
    let status: Option<String> = row.get(format!("{prefix}status").as_str())?;
    Ok(Numbers {
        value: number("value")?,
        numerator: number("numerator")?,
        denominator: number("denominator")?,
        status: status.as_deref().and_then(Status::parse),
    })
}

fn region(row: &Row<'_>) -> Result<Numbers> {
    Ok(Numbers {
        value: row.get("region_value")?,
        numerator: row.get("region_numerator")?,
        denominator: row.get("region_denominator")?,
        status: Some(Status::Ok),
    })
}

/// Contributors of expected.
fn reporting(row: &Row<'_>) -> Result<Option<(u32, u32)>> {
    let contributors: Option<u32> = row.get("region_contributors")?;
    Ok(contributors.zip(row.get("region_expected")?))
}

fn carried_from(row: &Row<'_>) -> Result<Vec<AuthorityCode>> {
    let codes: Option<String> = row.get("carried_from")?;
    Ok(codes
        .iter()
        .flat_map(|codes| codes.split(", "))
        .filter_map(|code| AuthorityCode::parse(code).ok())
        .collect())
}

fn neighbours(row: &Row<'_>) -> Result<Option<Neighbours>> {
    let median: Option<f64> = row.get("neighbours_median")?;
    let available: Option<u32> = row.get("neighbours_available")?;
    let listed: Option<u32> = row.get("neighbours_listed")?;
    let of = quarter(row, "neighbours_quarter")?;
    let collection: Option<String> = row.get("neighbours_collection")?;
    let collection = collection.unwrap_or_default();
    Ok(median.zip(available).zip(listed).zip(of).map(|(((median, available), listed), quarter)| Neighbours {
        median,
        available,
        listed,
        collection,
        quarter,
    }))
}

fn quarter(row: &Row<'_>, name: &str) -> Result<Option<Quarter>> {
    Ok(row.get::<_, Option<i32>>(name)?.map(Quarter::from_index))
}
