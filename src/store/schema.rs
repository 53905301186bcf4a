//! Tables, macros and views: what a database holds before any row.

use duckdb::Connection;
use sha2::{Digest, Sha256};

use crate::store::refusal::StoreError;

/// The version of the tables that this program writes. Rises whenever a table that was there changes.
///
/// A database is never altered in place: one with older tables is kept aside, and made again from the
/// journal, the received files and the messages. A table that is new is laid beside the others and needs no
/// new version.
pub const SCHEMA_VERSION: i32 = 3;

const TABLES: &str = include_str!("../../queries/schema/tables.sql");

const PARAMETERS: &str = include_str!("../../queries/views/parameters.sql");
const MACROS: [&str; 2] = [PARAMETERS, include_str!("../../queries/views/macros.sql")];

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
pub(crate) const VIEWS: [View; 30] = [
    view!("quarters"),
    view!("authorities"),
    view!("areas"),
    view!("indicators"),
    view!("observation_versions"),
    view!("observations"),
    view!("lineage"),
    view!("carried"),
    view!("series"),
    view!("held"),
    view!("judged"),
    view!("quality"),
    view!("intervals"),
    view!("rebases"),
    view!("xmr"),
    view!("trend"),
    view!("year_ago"),
    view!("cusum"),
    view!("plain_funnel"),
    view!("funnel"),
    view!("quartiles"),
    view!("ranks"),
    view!("comparators"),
    view!("neighbours"),
    view!("returns"),
    view!("quarantine"),
    view!("set_aside"),
    view!("findings"),
    view!("actions"),
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

/// The statements that say what a database holds before any row: tables, macros, views, in this order.
#[must_use]
pub fn statements() -> Vec<&'static str> {
    let views = VIEWS.iter().map(|view| view.statement);
    std::iter::once(TABLES).chain(MACROS).chain(views).collect()
}

/// The statements that make some of the views, in their order, where tables and macros are.
///
/// Whoever names a view has it bound with all that it stands on, down to the tables. So an empty temporary
/// table stands before each view while those that stand on it are made: half the time.
pub(crate) fn making_views(wanted: impl Fn(&View) -> bool) -> Vec<String> {
    let views: Vec<&View> = VIEWS.iter().filter(|view| wanted(view)).collect();
    let make = views.iter().map(|view| {
        let name = view.name;
        format!("{} CREATE TEMP TABLE {name} AS FROM main.{name} LIMIT 0;", view.statement)
    });
    let uncover = views.iter().map(|view| format!("DROP TABLE temp.main.{};", view.name));
    make.chain(uncover).collect()
}

/// Makes the tables alone.
pub(crate) fn lay_tables(connection: &Connection) -> duckdb::Result<()> {
    connection.execute_batch(TABLES)
}

/// Makes what is missing and renews macros and views, in one transaction, unless they are ours already.
pub(crate) fn lay(connection: &Connection) -> Result<(), StoreError> {
    let ours = fingerprint();
    admit(connection)?;
    match laid(connection)? {
        // Laying takes longer than `status` may.
        Some((SCHEMA_VERSION, found)) if found == ours => return Ok(()),
        _ => {}
    }
    let remember =
        format!("INSERT INTO schema_versions (version, fingerprint) VALUES ({SCHEMA_VERSION}, '{ours}');");
    let views = making_views(|_| true).concat();
    let script = format!("BEGIN; {TABLES} {} {views} {remember} COMMIT;", MACROS.concat());
    connection
        .execute_batch(&script)
        .map_err(|error| StoreError::failed("cannot lay tables and views", &error))
}

/// Makes each parameter that the operator may choose a number, as `parameter_settings` has it now.
///
/// As it is written it asks the table wherever a view names it, which is dozens of small plans within one.
pub(crate) fn fix_parameters(connection: &Connection) -> duckdb::Result<()> {
    connection.execute_batch(PARAMETERS)?;
    connection.execute_batch(&fixed_parameters(connection)?.concat())
}

/// The macros of the parameters that the operator may choose, each a number, as `parameter_settings` has it
/// now.
pub(crate) fn fixed_parameters(connection: &Connection) -> duckdb::Result<Vec<String>> {
    let head = "CREATE OR REPLACE MACRO ";
    let written = PARAMETERS.lines().filter_map(|line| line.strip_prefix(head)?.split_once("() AS "));
    let mut fixed = Vec::new();
    for (name, _) in written.filter(|(_, body)| body.contains("chosen(")) {
        let sql = format!("SELECT format('CAST({{}} AS {{}})', {name}(), typeof({name}()))");
        let number: String = connection.query_row(&sql, [], |row| row.get(0))?;
        fixed.push(format!("{head}{name}() AS {number};"));
    }
    let off = "SELECT string_agg(format('''{}''', name), ', ') FROM parameter_settings
                WHERE name LIKE 'off %' AND value <> 0";
    let off: Option<String> = connection.query_row(off, [], |row| row.get(0))?;
    let holds = off.map_or_else(|| "TRUE".to_owned(), |off| format!("'off ' || check_name NOT IN ({off})"));
    fixed.push(format!("{head}holds(check_name) AS {holds};"));
    Ok(fixed)
}

/// Whether the tables are ours, without a change to them.
///
/// # Errors
/// [`StoreError::Newer`] and [`StoreError::Older`].
pub fn admit(connection: &Connection) -> Result<(), StoreError> {
    match laid(connection)? {
        Some((found, _)) if found > SCHEMA_VERSION => Err(StoreError::Newer { found, ours: SCHEMA_VERSION }),
        Some((found, _)) if found < SCHEMA_VERSION => Err(StoreError::Older { found, ours: SCHEMA_VERSION }),
        _ => Ok(()),
    }
}

/// The fingerprint of the statements that make tables, macros and views.
pub(crate) fn fingerprint() -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(statements().concat()) {
        // Writing to a String cannot fail.
        if write!(text, "{byte:02x}").is_err() {
            text.clear();
        }
    }
    text
}

/// The newest version that ever wrote here, and the fingerprint of what stands now.
fn laid(connection: &Connection) -> Result<Option<(i32, String)>, StoreError> {
    let known: bool = connection.query_row(
        "SELECT count(*) > 0 FROM duckdb_tables() WHERE table_name = 'schema_versions'",
        [],
        |row| row.get(0),
    )?;
    if !known {
        return Ok(None);
    }
    let found: (Option<i32>, Option<String>) = connection.query_row(
        "SELECT max(version), arg_max(coalesce(fingerprint, ''), rowid) FROM schema_versions",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(found.0.map(|version| (version, found.1.unwrap_or_default())))
}
