//! `sql`: one read-only query over the public views, in the sandbox.

use anyhow::{Result, bail};

use crate::cli::arguments::{SqlArguments, With};
use crate::cli::exit::Ending;
use crate::cli::in_force;
use crate::cli::print::{self, Rows, UsageError};
use crate::pipeline::apart::Snapshot;
use crate::store::analysis;
use crate::store::open::Store;
use crate::worker::query::{self, Job, Question};

/// Runs a query in a worker on a private copy of the public views.
///
/// # Errors
/// When the query is refused or fails, with the reason.
pub fn sql(with: &With, arguments: &SqlArguments) -> Result<Ending> {
    let settings = in_force::settings(with)?;
    let snapshot = Snapshot::elsewhere(&Store::open_read_only(&settings.state, &settings.limits)?)?;
    let limits = &settings.limits;
    let job = Job {
        snapshot: snapshot.file(),
        views: analysis::views(),
        questions: vec![Question {
            name: "sql".to_owned(),
            sql: arguments.query.clone(),
            variables: Vec::new(),
            computed: analysis::computed_for(&arguments.query),
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
        Some(Err(words)) if query::is_too_large(&words) => bail!(
            "{words}: {} MiB, a quarter of `worker_mebibytes`; ask for fewer rows at once, or raise it",
            job.mebibytes
        ),
        Some(Err(words)) => Err(UsageError(words).into()),
        None => bail!("the worker gave no answer"),
    }
}
