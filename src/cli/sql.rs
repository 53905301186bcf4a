//! `sql`: one read-only query over the public views, in the sandbox.

use anyhow::{Result, bail};
use serde_json::json;

use crate::cli::arguments::{Format, SqlArguments, With};
use crate::cli::exit::Ending;
use crate::cli::in_force;
use crate::cli::print::{self, Rows, UsageError};
use crate::pipeline::apart::Snapshot;
use crate::store::analysis;
use crate::store::open::Store;
use crate::store::schema;
use crate::worker::query::{self, Job, Question};

/// The public views are told where they are a contract.
const CONTRACT: &str = include_str!("../../queries/README.md");

/// What the engine says of a query that took too long.
const TOO_LONG: &str = "maximum execution time";

/// Runs a query in a worker on a private copy of the public views, or lists them.
///
/// # Errors
/// When the query is refused or fails, with the reason.
pub fn sql(with: &With, arguments: &SqlArguments) -> Result<Ending> {
    let Some(asked) = arguments.query.as_ref().filter(|_| !arguments.views) else {
        let mut views = views(CONTRACT);
        if arguments.print.format == Format::Table {
            views.columns.truncate(2);
            views.rows.iter_mut().for_each(|row| row.truncate(2));
        }
        views.print(arguments.print.format)?;
        if arguments.print.format == Format::Table {
            print::say(format_args!("their columns: `quarterdeck sql --views --format csv`"))?;
        }
        return Ok(Ending::Done);
    };
    let settings = in_force::settings(with)?;
    let snapshot = Snapshot::elsewhere(&Store::open_read_only(&settings.state, &settings.limits)?, asked)?;
    let limits = &settings.limits;
    let job = Job {
        snapshot: snapshot.file(),
        views: analysis::views_for(asked),
        offered: schema::view_names().into_iter().map(str::to_owned).collect(),
        questions: vec![Question {
            name: "sql".to_owned(),
            sql: asked.clone(),
            variables: Vec::new(),
            computed: analysis::computed_for(asked),
        }],
        rows_max: limits.result_rows_max,
        seconds: limits.worker_seconds,
        mebibytes: limits.worker_mebibytes / 4,
    };
    let program = print::program();
    let answers = query::ask(&program, &job, limits)?;
    match answers.answers.into_iter().next().map(|answer| answer.table) {
        Some(Ok(table)) => {
            let columns = table.columns.iter().map(|column| column.name.clone()).collect();
            let cut = table.cut;
            Rows { columns, rows: table.rows }.print(arguments.print.format)?;
            if cut {
                print::complain(format_args!(
                    "only the first {} rows are shown; the limit is `result_rows_max`",
                    limits.result_rows_max
                ));
            }
            Ok(Ending::Done)
        }
        // The query was right; that it is too large is no fault of the command line.
        Some(Err(words)) if words.contains(query::TOO_MUCH_MEMORY) => {
            bail!("{words}; ask for fewer rows at once, or raise it")
        }
        Some(Err(words)) if words.contains(TOO_LONG) => {
            bail!("{words}; ask for fewer rows at once, or raise `worker_seconds`")
        }
        Some(Err(words)) => Err(UsageError(words).into()),
        None => bail!("the worker gave no answer"),
    }
}

/// The table of the views in the documentation: name, what a row is for, columns.
fn views(contract: &str) -> Rows {
    let mut rows = Rows::of(&["view", "one row for", "columns"]);
    let table = contract.lines().skip_while(|line| !line.starts_with("| view |")).skip(2);
    for line in table.take_while(|line| line.starts_with('|')) {
        let cells = line.trim_matches('|').split('|').map(|cell| json!(cell.trim().replace('`', "")));
        rows.rows.push(cells.collect());
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_is_listed_with_what_a_row_is_for_and_its_columns() {
        let listed = views(CONTRACT);
        assert!(listed.rows.iter().all(|row| row.len() == listed.columns.len()), "{listed:?}");
        let names: Vec<String> = listed.rows.iter().map(|row| print::text(&row[0])).collect();
        let missing: Vec<&str> = schema::VIEWS
            .iter()
            .map(|view| view.name)
            .filter(|name| !names.iter().any(|it| it == name))
            .collect();
        assert_eq!(missing, Vec::<&str>::new());
    }
}
