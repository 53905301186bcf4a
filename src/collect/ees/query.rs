//! A part of a data set, asked for page by page.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::collect::Note;
use crate::collect::ees::api::{Api, Paging, Stop, plain};
use crate::collect::ees::grid;
use crate::collect::ees::meta::{Measure, Meta};
use crate::config::settings::EesQuery;
use crate::domain::version::Version;

const PAGES_MAX: u32 = 10_000;

/// One row of an answer; values are texts, among them symbols such as `c`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) time_period: Period,
    pub(super) geographic_level: String,
    #[serde(default)]
    pub(super) locations: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) filters: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) values: BTreeMap<String, String>,
}

/// A time period, such as `2017/2018` and `FYQ2`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Period {
    pub(super) code: String,
    pub(super) period: String,
}

#[derive(Deserialize)]
struct Page {
    paging: Paging,
    results: Vec<Row>,
    #[serde(default)]
    warnings: Vec<Warning>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Warning {
    code: String,
    message: String,
}

/// The rows that were asked for as one tidy CSV: the same rows are always the same bytes.
pub(super) async fn rows(
    api: &Api<'_>,
    asked: &EesQuery,
    version: &Version,
    notes: &mut Vec<Note>,
) -> Result<Vec<u8>, Stop> {
    let version = version.to_string();
    let meta: Meta = api.get_json("meta", &[("dataSetVersion", &version)]).await?;
    let indicators = meta.indicators(&asked.indicators)?;
    let mut body = body(asked, &meta, &indicators)?;
    let mut rows: Vec<Row> = Vec::new();
    let (mut number, mut bytes, mut total) = (1, 0, None);
    loop {
        set(&mut body, "page", json!(number));
        let (page, length): (Page, usize) =
            api.post_json("query", &[("dataSetVersion", &version)], &body).await?;
        bytes += length;
        total = Some(within(api, &page, bytes, total)?);
        let is_empty = page.results.is_empty();
        rows.extend(page.results);
        if number == 1 {
            warned(&page.warnings, rows.is_empty(), &version, api, notes)?;
        }
        if number >= page.paging.total_pages.min(PAGES_MAX) || is_empty {
            break;
        }
        number += 1;
    }
    if total != u64::try_from(rows.len()).ok() {
        let reason = format!("{} rows came of {} that were announced", rows.len(), total.unwrap_or(0));
        return Err(Stop::failed(reason));
    }
    grid::tidy(&rows, &meta, &indicators)
}

/// The total of a page, when it fits our limits and the pages before it.
fn within(api: &Api<'_>, page: &Page, bytes: usize, before: Option<u64>) -> Result<u64, Stop> {
    let limits = &api.visit.limits;
    let total = page.paging.total_results;
    if before.is_some_and(|before| before != total) {
        return Err(Stop::failed("the data set changed between two pages; the next run asks again"));
    }
    if total > u64::from(limits.rows_max) {
        return Err(Stop::refused(format!("the query has {total} rows, more than {}", limits.rows_max)));
    }
    if u64::try_from(bytes).unwrap_or(u64::MAX) > limits.unpacked_bytes_max {
        return Err(Stop::refused(format!("the pages have more than {} bytes", limits.unpacked_bytes_max)));
    }
    Ok(total)
}

/// No rows is a warning and not a file; other warnings are told.
fn warned(
    warnings: &[Warning],
    is_empty: bool,
    version: &str,
    api: &Api<'_>,
    notes: &mut Vec<Note>,
) -> Result<(), Stop> {
    let one = |warning: &Warning| plain(&format!("{} ({})", warning.message, warning.code));
    let words = warnings.iter().map(one).collect::<Vec<_>>().join("; ");
    if is_empty {
        let said = if words.is_empty() { String::new() } else { format!(": {words}") };
        return Err(Stop::refused(format!("the query finds no rows in version {version}{said}")));
    }
    if !words.is_empty() {
        let about = format!("ees {} warns {version} {words}", api.source.data_set);
        notes.push(Note { about, says: format!("the query of version {version} brings a warning: {words}") });
    }
    Ok(())
}

fn body(asked: &EesQuery, meta: &Meta, indicators: &[&Measure]) -> Result<Value, Stop> {
    let mut criteria = Vec::new();
    if !asked.geographic_levels.is_empty() {
        criteria.push(json!({ "geographicLevels": { "in": asked.geographic_levels } }));
    }
    for (filter, options) in &asked.filters {
        criteria.push(json!({ "filters": { "in": meta.options(filter, options)? } }));
    }
    for (comparator, period) in [("gte", &asked.from), ("lte", &asked.until)] {
        criteria.extend(period.as_ref().map(
            |(period, code)| json!({ "timePeriods": { comparator: { "period": period, "code": code } } }),
        ));
    }
    let ids: Vec<&str> = indicators.iter().map(|it| it.id.as_str()).collect();
    let mut body = json!({
        "indicators": ids,
        "sorts": [
            { "field": "timePeriod", "direction": "Asc" },
            { "field": "geographicLevel", "direction": "Asc" },
        ],
        "pageSize": asked.page_size,
    });
    if !criteria.is_empty() {
        set(&mut body, "criteria", json!({ "and": criteria }));
    }
    Ok(body)
}

fn set(body: &mut Value, name: &str, value: Value) {
    if let Some(members) = body.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
