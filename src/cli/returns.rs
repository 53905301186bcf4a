//! `returns`: the chase grid.

use anyhow::Result;
use serde_json::json;

use crate::cli::arguments::{Format, ReturnsArguments, With};
use crate::cli::exit::Ending;
use crate::cli::in_force;
use crate::cli::print::{self, Rows};
use crate::config::settings::Settings;
use crate::pipeline::strangers::{self, Lying};
use crate::store::grid::{self, ReturnRow};
use crate::store::journal::Journal;
use crate::store::open::Store;

/// Prints what is due, received and late, by collection, authority and quarter.
///
/// # Errors
/// When the configuration is wrong or the state cannot be read.
pub fn returns(with: &With, arguments: &ReturnsArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let quarter = arguments.quarter.as_deref().map(print::quarter).transpose()?;
    arguments.collection.as_deref().map(|name| print::collection(&settings, name)).transpose()?;
    let store = Store::open_read_only(&settings.state, &settings.limits)?;
    let mut grid = grid::returns(store.connection())?;
    grid.retain(|row| arguments.collection.as_ref().is_none_or(|name| *name == row.collection));
    match quarter {
        Some(quarter) => grid.retain(|row| row.quarter == quarter),
        None if !arguments.all => keep_newest(&mut grid),
        None => {}
    }
    let (today, format) = (print::day(&settings, print::now(with)), arguments.print.format);
    let lying = strangers::lying(&settings, &Journal::read(&settings.state)?);
    rows(&settings, &lying, &grid, (today, format)).print(format)?;
    Ok(Ending::Done)
}

fn keep_newest(grid: &mut Vec<ReturnRow>) {
    let newest: std::collections::BTreeMap<String, _> =
        grid.iter().map(|row| (row.collection.clone(), row.quarter)).collect();
    grid.retain(|row| newest.get(&row.collection) == Some(&row.quarter));
}

fn rows(
    settings: &Settings,
    lying: &[Lying],
    grid: &[ReturnRow],
    (today, format): (chrono::NaiveDate, Format),
) -> Rows {
    // The word of the mails for people; a program knows the column by its name.
    let quarantined = if format == Format::Table { "set aside" } else { "quarantined" };
    let mut rows = Rows::of(&[
        "collection",
        "quarter",
        "authority",
        "name",
        "due",
        "received",
        "version",
        "accepted",
        quarantined,
        "working days late",
        "remark",
    ]);
    for row in grid {
        let name =
            settings.authorities.iter().find(|one| one.code == row.authority).map(|one| one.name.clone());
        let received = row.first_received_at.map(|at| print::day(settings, at));
        let due = row.due.filter(|_| !row.is_history);
        let late = due.map(|due| settings.calendar.between(due, received.unwrap_or(today)).max(0));
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
            json!(remark(settings, lying, row, today)),
        ]);
    }
    rows
}

/// What else is to be known of a return: what was refused or withdrawn, whether it is missing, and what lies
/// there in its place.
fn remark(settings: &Settings, lying: &[Lying], row: &ReturnRow, today: chrono::NaiveDate) -> String {
    let day = |at| print::day(settings, at).format("%-d %B %Y");
    let refused = row.refused.as_ref().map(|reason| match (row.received_at, row.refused_at) {
        (Some(_), Some(at)) => format!("a newer file was refused on {}: {reason}", day(at)),
        _ => format!("refused: {reason}"),
    });
    let withdrawn = row
        .withdrawn
        .as_ref()
        .map(|(version, at, why)| format!("version {version} was withdrawn on {}: {why}", day(*at)));
    let stands = match (&row.first_received_at, row.due) {
        (Some(_), _) => row.is_history.then(|| "history".to_owned()),
        (None, _) if refused.is_some() => None,
        (None, Some(due)) if due < today => Some("not received".to_owned()),
        (None, Some(_)) => Some("not due yet".to_owned()),
        (None, None) => Some("not received; it is not asked for".to_owned()),
    };
    let is_missing = |_: &&Lying| row.first_received_at.is_none();
    let lying = strangers::instead_of(settings, lying, row, today).filter(is_missing);
    let lying = lying.map(|one| one.in_words("the drop folder"));
    [stands, refused, withdrawn].into_iter().flatten().chain(lying).collect::<Vec<_>>().join("; ")
}
