//! `returns`: the chase grid.

use anyhow::Result;
use serde_json::json;

use crate::cli::arguments::{ReturnsArguments, With};
use crate::cli::exit::Ending;
use crate::cli::print::{self, Rows};
use crate::config::settings::Settings;
use crate::store::grid::{self, ReturnRow};
use crate::store::open::Store;

/// Prints what is due, received and late, by collection, authority and quarter.
///
/// # Errors
/// When the configuration is wrong or the state cannot be read.
pub fn returns(with: &With, arguments: &ReturnsArguments) -> Result<Ending> {
    let settings = print::settings(with)?;
    let quarter = arguments.quarter.as_deref().map(print::quarter).transpose()?;
    let store = Store::open_read_only(&settings.state, &settings.limits)?;
    let mut grid = grid::returns(store.connection())?;
    grid.retain(|row| arguments.collection.as_ref().is_none_or(|name| *name == row.collection));
    match quarter {
        Some(quarter) => grid.retain(|row| row.quarter == quarter),
        None if !arguments.all => keep_newest(&mut grid),
        None => {}
    }
    rows(&settings, &grid, print::day(&settings, print::now(with))).print(arguments.print.format)?;
    Ok(Ending::Done)
}

fn keep_newest(grid: &mut Vec<ReturnRow>) {
    let newest: std::collections::BTreeMap<String, _> =
        grid.iter().map(|row| (row.collection.clone(), row.quarter)).collect();
    grid.retain(|row| newest.get(&row.collection) == Some(&row.quarter));
}

fn rows(settings: &Settings, grid: &[ReturnRow], today: chrono::NaiveDate) -> Rows {
    let mut rows = Rows::of(&[
        "collection",
        "quarter",
        "authority",
        "name",
        "due",
        "received",
        "version",
        "accepted",
        "quarantined",
        "working days late",
        "remark",
    ]);
    for row in grid {
        let name =
            settings.authorities.iter().find(|one| one.code == row.authority).map(|one| one.name.clone());
        let received = row.first_received_at.map(|at| print::day(settings, at));
        let late = row.due.map(|due| settings.calendar.between(due, received.unwrap_or(today)).max(0));
        rows.rows.push(vec![
            json!(row.collection),
            json!(row.quarter.to_string()),
            json!(row.authority.as_str()),
            json!(name),
            json!(row.due),
            json!(received),
            json!(row.version),
            json!(row.accepted),
            json!(row.quarantined),
            json!(late.filter(|days| *days > 0)),
            json!(remark(row, today)),
        ]);
    }
    rows
}

fn remark(row: &ReturnRow, today: chrono::NaiveDate) -> String {
    match (&row.first_received_at, row.due) {
        (Some(_), _) => String::new(),
        (None, _) if row.refused.is_some() => format!("refused: {}", row.refused.clone().unwrap_or_default()),
        (None, Some(due)) if due < today => "not received".to_owned(),
        (None, _) => "not due yet".to_owned(),
    }
}
