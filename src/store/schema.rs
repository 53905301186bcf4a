//! Tables, macros and views: what a database holds before any row.

use duckdb::Connection;

use crate::store::refusal::StoreError;

/// The version of the tables that this program writes.
pub const SCHEMA_VERSION: i32 = 1;

const TABLES: &str = include_str!("../../queries/schema/tables.sql");

const MACROS: [&str; 2] =
    [include_str!("../../queries/views/parameters.sql"), include_str!("../../queries/views/macros.sql")];

/// A view of the public contract: its name and its statement.
pub(crate) struct View {
    pub(crate) name: &'static str,
    pub(crate) statement: &'static str,
}

macro_rules! view {
    ($name:literal) => {
        View { name: $name, statement: include_str!(concat!("../../queries/views/", $name, ".sql")) }
    };
}

/// Every view, each after those it stands on.
pub(crate) const VIEWS: [View; 18] = [
    view!("quarters"),
    view!("authorities"),
    view!("areas"),
    view!("indicators"),
    view!("observation_versions"),
    view!("observations"),
    view!("series"),
    view!("held"),
    view!("judged"),
    view!("intervals"),
    view!("xmr"),
    view!("funnel"),
    view!("ranks"),
    view!("comparators"),
    view!("returns"),
    view!("quarantine"),
    view!("findings"),
    view!("revisions"),
];

/// The names of the public views, each after those it stands on.
#[must_use]
pub fn view_names() -> Vec<&'static str> {
    VIEWS.iter().map(|view| view.name).collect()
}

/// The statements that make the macros, for a database that has none of our tables.
#[must_use]
pub fn macros() -> Vec<&'static str> {
    MACROS.to_vec()
}

/// The statements that make an empty database: tables, macros, views, in this order.
#[must_use]
pub fn statements() -> Vec<&'static str> {
    let views = VIEWS.iter().map(|view| view.statement);
    std::iter::once(TABLES).chain(MACROS).chain(views).collect()
}

/// Makes what is missing and renews macros and views, in one transaction.
pub(crate) fn lay(connection: &Connection) -> Result<(), StoreError> {
    if let Some(found) = version(connection)?
        && found > SCHEMA_VERSION
    {
        return Err(StoreError::Newer { found, ours: SCHEMA_VERSION });
    }
    let script = format!("BEGIN; {} COMMIT;", statements().concat());
    connection
        .execute_batch(&script)
        .map_err(|error| StoreError::failed("cannot lay tables and views", &error))?;
    connection.execute(
        "INSERT INTO schema_versions (version) SELECT ? WHERE NOT EXISTS (FROM schema_versions WHERE version = ?)",
        [SCHEMA_VERSION, SCHEMA_VERSION],
    )?;
    Ok(())
}

fn version(connection: &Connection) -> Result<Option<i32>, StoreError> {
    let laid: bool = connection.query_row(
        "SELECT count(*) > 0 FROM duckdb_tables() WHERE table_name = 'schema_versions'",
        [],
        |row| row.get(0),
    )?;
    if !laid {
        return Ok(None);
    }
    Ok(connection.query_row("SELECT max(version) FROM schema_versions", [], |row| row.get(0))?)
}
