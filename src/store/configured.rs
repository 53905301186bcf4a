//! The part of the configuration that SQL needs, replaced at the start of each run.

use chrono::{Datelike, NaiveDate};
use duckdb::types::Value;
use duckdb::{Connection, Result, params};

use crate::config::settings::{Analysis, Cadence, Collection, Region, Reporters};
use crate::domain::authority::{Authority, AuthorityCode, Share};
use crate::domain::calendar::Calendar;
use crate::domain::indicator::{Indicator, IndicatorId, Polarity, Unit};
use crate::domain::quarter::Quarter;
use crate::store::{keep, schema};

const TABLES: [&str; 13] = [
    "authority_settings",
    "succession_settings",
    "neighbour_settings",
    "region_settings",
    "collection_settings",
    "indicator_settings",
    "seasonal_settings",
    "context_settings",
    "annualised_settings",
    "parameter_settings",
    "holiday_settings",
    "expected_returns",
    "asked_from_settings",
];

/// What the tables take from the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Configured<'a> {
    /// The region.
    pub region: &'a Region,
    /// Its authorities.
    pub authorities: &'a [Authority],
    /// The measures.
    pub indicators: &'a [Indicator],
    /// The collections.
    pub collections: &'a [Collection],
    /// Parameters of the views, and charts that begin anew.
    pub analysis: &'a Analysis,
    /// Working days, for due dates.
    pub calendar: &'a Calendar,
    /// The day on which this installation first ran.
    pub began: NaiveDate,
}

/// The day on which the return for `quarter` is due; none when the collection has no due day.
#[must_use]
pub fn due_day(collection: &Collection, quarter: Quarter, calendar: &Calendar) -> Option<NaiveDate> {
    let days = i32::try_from(collection.due_working_days?).ok()?;
    Some(calendar.plus(quarter.last_day(), days))
}

/// The first quarter of which returns are asked for: on the day on which an installation began, the newest
/// that had ended, or an older one that was not due yet. What was due before is history that may be loaded.
#[must_use]
pub fn asked_from(collection: &Collection, calendar: &Calendar, began: NaiveDate) -> Option<Quarter> {
    let ended = collection.ended_quarters(began);
    let is_open =
        |quarter: &&Quarter| due_day(collection, **quarter, calendar).is_some_and(|due| due >= began);
    ended.iter().find(is_open).or(ended.last()).copied()
}

/// Writes the configuration into its tables, unless it stands there. Call inside a transaction.
///
/// Expected returns reach from a collection's first quarter to the last that had ended by `today`.
///
/// # Errors
/// When the database refuses; the transaction must then be rolled back.
pub fn replace(connection: &Connection, from: &Configured<'_>, today: NaiveDate) -> Result<()> {
    replace_rebases(connection, from)?;
    let wanted = fingerprint(from, today);
    let sql = "SELECT count(*) > 0 FROM configured WHERE fingerprint = ?";
    if connection.query_row(sql, params![wanted], |row| row.get(0))? {
        return Ok(());
    }
    connection.execute_batch("DELETE FROM configured")?;
    write(connection, from, today)?;
    schema::fix_parameters(connection)?;
    connection.execute("INSERT INTO configured VALUES (?)", params![wanted]).map(drop)
}

/// Of all that is written, and of the statements that read it.
fn fingerprint(from: &Configured<'_>, today: NaiveDate) -> String {
    let ended: Vec<_> =
        from.collections.iter().map(|one| one.ended_quarters(today).last().copied()).collect();
    keep::hash(format!("{}{from:?}{ended:?}", schema::fingerprint()).as_bytes())
}

fn write(connection: &Connection, from: &Configured<'_>, today: NaiveDate) -> Result<()> {
    for table in TABLES {
        connection.execute(&format!("DELETE FROM {table}"), [])?;
    }
    let region = from.region;
    connection.execute(
        "INSERT INTO region_settings VALUES (?, ?, ?, ?)",
        params![region.name, region.code.as_str(), region.neighbours_version, region.small_number_max],
    )?;
    append_authorities(connection, from.authorities)?;
    append_collections(connection, from.collections)?;
    append_indicators(connection, from)?;
    append_analysis(connection, from)?;
    append_expected(connection, from, today)?;
    let mut rows = connection.appender("asked_from_settings")?;
    for it in from.collections {
        let first = asked_from(it, from.calendar, from.began);
        rows.append_row(params![it.name, first.map(Quarter::index)])?;
    }
    rows.flush()
}

fn append_authorities(connection: &Connection, authorities: &[Authority]) -> Result<()> {
    let mut rows = connection.appender("authority_settings")?;
    for it in authorities {
        let (from, until) = (it.from.map(day), it.until.map(day));
        rows.append_row(params![it.code.as_str(), it.name, it.dfe_number, from, until])?;
    }
    rows.flush()?;
    let mut rows = connection.appender("succession_settings")?;
    for it in authorities {
        for next in &it.successors {
            let share = match next.share {
                Share::Whole => "whole",
                Share::Part => "part",
            };
            rows.append_row(params![it.code.as_str(), next.to.as_str(), share])?;
        }
    }
    rows.flush()?;
    let mut rows = connection.appender("neighbour_settings")?;
    for it in authorities {
        for list in &it.neighbours {
            for (position, number) in (1_u32..).zip(&list.dfe_numbers) {
                rows.append_row(params![it.code.as_str(), list.version, position, number])?;
            }
        }
    }
    rows.flush()
}

fn append_collections(connection: &Connection, collections: &[Collection]) -> Result<()> {
    let mut rows = connection.appender("collection_settings")?;
    for it in collections {
        let reporters = match it.reporters {
            Reporters::Members => "members",
            Reporters::Publisher => "publisher",
        };
        rows.append_row(params![
            it.name,
            it.title,
            it.cadence.step(),
            it.first_quarter.index(),
            it.due_working_days,
            it.provisional,
            reporters
        ])?;
    }
    rows.flush()
}

fn append_indicators(connection: &Connection, from: &Configured<'_>) -> Result<()> {
    let mut rows = connection.appender("indicator_settings")?;
    for it in from.indicators {
        for collection in from.collections.iter().filter(|one| it.collections.contains(&one.name)) {
            let (unit, polarity) = (unit_word(it.unit), polarity_word(it.polarity));
            rows.append_row(params![
                collection.name,
                it.id.as_str(),
                it.name,
                it.theme,
                it.definition,
                unit,
                factor(it, collection.cadence),
                it.numerator,
                it.denominator,
                polarity,
                it.polarity.adverse(),
                it.behaviour.word(),
                it.decimals,
                it.target,
                it.minimum_denominator,
            ])?;
        }
    }
    rows.flush()
}

/// The collections that carry a measure.
fn carrying<'a>(from: &Configured<'a>, id: &IndicatorId) -> impl Iterator<Item = &'a Collection> {
    let of = from.indicators.iter().find(|one| one.id == *id);
    let names = of.map_or(&[][..], |one| &one.collections);
    from.collections.iter().filter(|one| names.contains(&one.name))
}

/// Where charts begin anew by the configuration; what people accepted is added to it in each run.
fn replace_rebases(connection: &Connection, from: &Configured<'_>) -> Result<()> {
    connection.execute("DELETE FROM rebase_settings", [])?;
    let mut rows = connection.appender("rebase_settings")?;
    for it in &from.analysis.rebases {
        let authority = it.authority.as_ref().map(AuthorityCode::as_str);
        for collection in carrying(from, &it.indicator) {
            let (indicator, quarter) = (it.indicator.as_str(), it.quarter.index());
            rows.append_row(params![collection.name, authority, indicator, quarter, it.reason])?;
        }
    }
    rows.flush()
}

fn append_analysis(connection: &Connection, from: &Configured<'_>) -> Result<()> {
    let marked = |table: &str, chosen: fn(&Indicator) -> bool| {
        let mut rows = connection.appender(table)?;
        for it in from.indicators.iter().filter(|one| chosen(one)) {
            for collection in carrying(from, &it.id) {
                rows.append_row(params![collection.name, it.id.as_str()])?;
            }
        }
        rows.flush()
    };
    marked("seasonal_settings", |one| one.seasonal)?;
    marked("context_settings", |one| one.context)?;
    append_annualised(connection, from)?;
    let mut rows = connection.appender("parameter_settings")?;
    for (name, value) in &from.analysis.charts {
        rows.append_row(params![name, value])?;
    }
    for check in &from.analysis.off {
        rows.append_row(params![format!("off {check}"), 1.0])?;
    }
    rows.flush()?;
    let mut rows = connection.appender("holiday_settings")?;
    for holiday in from.calendar.holidays() {
        rows.append_row(params![day(holiday)])?;
    }
    rows.flush()
}

fn append_annualised(connection: &Connection, from: &Configured<'_>) -> Result<()> {
    let mut rows = connection.appender("annualised_settings")?;
    for it in from.indicators {
        let carried = from.collections.iter().filter(|one| it.collections.contains(&one.name));
        for collection in carried.filter(|one| is_annualised(it, one.cadence)) {
            rows.append_row(params![collection.name, it.id.as_str()])?;
        }
    }
    rows.flush()
}

fn is_annualised(indicator: &Indicator, cadence: Cadence) -> bool {
    indicator.annualise && cadence == Cadence::Quarterly
}

/// value = factor x numerator / denominator; a quarter's flow rate is annualised where the indicator says so.
fn factor(indicator: &Indicator, cadence: Cadence) -> f64 {
    let year = if is_annualised(indicator, cadence) { 4.0 } else { 1.0 };
    match indicator.unit {
        Unit::Count => 1.0,
        Unit::Percent => 100.0,
        Unit::Rate { per } => f64::from(per) * year,
    }
}

fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "count",
        Unit::Percent => "percent",
        Unit::Rate { .. } => "rate",
    }
}

fn polarity_word(polarity: Polarity) -> &'static str {
    match polarity {
        Polarity::HighIsGood => "high-is-good",
        Polarity::LowIsGood => "low-is-good",
        Polarity::None => "none",
    }
}

fn append_expected(connection: &Connection, from: &Configured<'_>, today: NaiveDate) -> Result<()> {
    let mut rows = connection.appender("expected_returns")?;
    for collection in from.collections.iter().filter(|one| one.reporters == Reporters::Members) {
        for quarter in collection.ended_quarters(today) {
            let due = due_day(collection, quarter, from.calendar).map(day);
            for it in from.authorities.iter().filter(|one| one.existed_on(quarter.last_day())) {
                rows.append_row(params![collection.name, it.code.as_str(), quarter.index(), due])?;
            }
        }
    }
    rows.flush()
}

/// A day as the tables keep it.
#[must_use]
pub fn day(date: NaiveDate) -> Value {
    const UNIX_EPOCH_FROM_CE: i32 = 719_163;
    Value::Date32(date.num_days_from_ce() - UNIX_EPOCH_FROM_CE)
}
