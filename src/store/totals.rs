//! What the database counts, for those who watch the daemon from outside. Counts only, no figure of a return.

use duckdb::{Connection, Result};

/// What was ever loaded, and what stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Submissions that were accepted.
    pub loaded: u64,
    /// Submissions that were refused whole.
    pub refused: u64,
    /// Rows accepted.
    pub rows_accepted: u64,
    /// Rows quarantined.
    pub rows_quarantined: u64,
    /// Findings that are open.
    pub open: u64,
}

/// Counts.
///
/// # Errors
/// When the database refuses.
pub fn totals(connection: &Connection) -> Result<Totals> {
    let submissions = "
        SELECT
          count(*) FILTER (verdict = 'accepted'),
          count(*) FILTER (verdict = 'refused'),
          coalesce(sum(rows_accepted) FILTER (verdict = 'accepted'), 0)::UBIGINT,
          coalesce(sum(rows_quarantined), 0)::UBIGINT
        FROM submissions";
    let mut totals = connection.query_row(submissions, [], |row| {
        Ok(Totals {
            loaded: row.get(0)?,
            refused: row.get(1)?,
            rows_accepted: row.get(2)?,
            rows_quarantined: row.get(3)?,
            open: 0,
        })
    })?;
    let open = "
        SELECT count(*)
        FROM findings
        WHERE state IN ('new', 'worsening', 'improving', 'continuing', 'recovering')";
    totals.open = connection.query_row(open, [], |row| row.get(0))?;
    Ok(totals)
}
