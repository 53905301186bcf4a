//! When each return can be fetched, in which version, and with what planted in it.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use thiserror::Error;

use crate::config::settings::Settings;
use crate::demo::chance::Chance;
use crate::demo::files::{self, WorkbookError};
use crate::demo::generator::{self, COLLECTION, SyntheticReturn};
use crate::demo::plan::Plan;
use crate::domain::authority::AuthorityCode;
use crate::domain::quarter::Quarter;

/// When nothing says when returns are due: six weeks.
const DUE_WORKING_DAYS: u32 = 30;

/// One version of a synthetic return, as it lies on the server from an instant on.
#[derive(Clone, Debug, PartialEq)]
pub struct Publication {
    /// Whose.
    pub authority: AuthorityCode,
    /// For which quarter.
    pub quarter: Quarter,
    /// 1, or 2 when sent again.
    pub version: u32,
    /// From when on it can be fetched.
    pub at: DateTime<Utc>,
    /// Such as `E08000003-2017-18-Q2.csv`.
    pub file_name: String,
    /// CSV or a workbook.
    pub form: Form,
    /// The file.
    pub bytes: Vec<u8>,
}

/// In which form a return is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A long CSV file.
    Csv,
    /// The workbook that an authority fills in.
    Workbook,
}

impl Form {
    /// The ending of the file's name.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Workbook => "xlsx",
        }
    }

    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Workbook => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// A return that could not be written.
#[derive(Debug, Error)]
#[error("synthetic return {authority} {quarter} cannot be written: {source}")]
pub struct PublicationError {
    /// Whose.
    authority: AuthorityCode,
    /// For which quarter.
    quarter: Quarter,
    /// Why.
    source: WorkbookError,
}

/// Every version of every return of the plan, in the order in which they can be fetched.
///
/// # Errors
/// When a workbook cannot be written.
pub fn publications(settings: &Settings, plan: &Plan) -> Result<Vec<Publication>, PublicationError> {
    let mut all = Vec::new();
    for made in generator::returns(settings, plan) {
        let first = first_day(settings, plan, &made);
        let stated = with_fraction(plan, made);
        if let Some(corrected) = resubmitted(settings, plan, &stated) {
            let later = settings.calendar.plus(first, plan.story.resubmission.working_days);
            all.push(written(plan, &corrected, 2, later)?);
        }
        all.push(written(plan, &stated, 1, first)?);
    }
    all.sort_by(|one, other| (one.at, &one.authority).cmp(&(other.at, &other.authority)));
    Ok(all)
}

/// The due day of a quarter's returns.
#[must_use]
pub fn due_day(settings: &Settings, quarter: Quarter) -> NaiveDate {
    let collection = settings.collections.iter().find(|collection| collection.name == COLLECTION);
    let days = collection.and_then(|collection| collection.due_working_days).unwrap_or(DUE_WORKING_DAYS);
    settings.calendar.plus(quarter.last_day(), i32::try_from(days).unwrap_or(i32::MAX))
}

/// One to twelve working days before the due day; the late one after it.
fn first_day(settings: &Settings, plan: &Plan, made: &SyntheticReturn) -> NaiveDate {
    let due = due_day(settings, made.quarter);
    let late = &plan.story.late;
    if made.authority == late.authority && made.quarter == late.quarter {
        return settings.calendar.plus(due, late.working_days);
    }
    let early = chance(plan, &made.authority, made.quarter, "day").between(1, 12);
    settings.calendar.plus(due, -early)
}

/// In office hours.
fn moment(plan: &Plan, made: &SyntheticReturn, day: NaiveDate) -> DateTime<Utc> {
    let minutes = chance(plan, &made.authority, made.quarter, "time").between(9 * 60, 17 * 60);
    (day.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minutes))).and_utc()
}

fn chance(plan: &Plan, authority: &AuthorityCode, quarter: Quarter, what: &str) -> Chance {
    Chance::of(plan.seed, &[authority.as_str(), &quarter.to_string(), what])
}

/// Plants a percentage stated as a fraction.
fn with_fraction(plan: &Plan, mut made: SyntheticReturn) -> SyntheticReturn {
    let story = &plan.story.fraction;
    if made.authority == story.authority && made.quarter == story.quarter {
        let planted = made.figures.iter_mut().find(|row| row.indicator == story.indicator);
        if let Some(row) = planted {
            row.figure.value = row.figure.value.map(|value| generator::rounded(value / 100.0, 3));
        }
    }
    made
}

/// The corrected return, for the one that is sent again.
fn resubmitted(settings: &Settings, plan: &Plan, made: &SyntheticReturn) -> Option<SyntheticReturn> {
    let story = &plan.story.resubmission;
    if made.authority != story.authority || made.quarter != story.quarter {
        return None;
    }
    let indicator = settings.indicators.iter().find(|indicator| indicator.id == story.indicator)?;
    let mut corrected = made.clone();
    let row = corrected.figures.iter_mut().find(|row| row.indicator == story.indicator)?;
    row.figure = generator::recounted(indicator, row.figure, story.factor);
    row.note.clone_from(&story.note);
    Some(corrected)
}

fn written(
    plan: &Plan,
    made: &SyntheticReturn,
    version: u32,
    day: NaiveDate,
) -> Result<Publication, PublicationError> {
    let form = if plan.workbooks.contains(&made.authority) { Form::Workbook } else { Form::Csv };
    let bytes = match form {
        Form::Csv => files::csv(made),
        Form::Workbook => files::workbook(made).map_err(|source| PublicationError {
            authority: made.authority.clone(),
            quarter: made.quarter,
            source,
        })?,
    };
    Ok(Publication {
        authority: made.authority.clone(),
        quarter: made.quarter,
        version,
        at: moment(plan, made, day),
        file_name: format!("{}-{}.{}", made.authority, quarter_in_names(made.quarter), form.ending()),
        form,
        bytes,
    })
}

/// The quarter as it stands in addresses and file names: `2017-18-Q2`.
#[must_use]
pub fn quarter_in_names(quarter: Quarter) -> String {
    quarter.to_string().replace(' ', "-")
}
