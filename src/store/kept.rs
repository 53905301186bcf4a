//! The answers that count, as kept.

use std::collections::BTreeMap;

use duckdb::{Connection, Result};
use serde_json::Value;

use crate::domain::authority::AuthorityCode;
use crate::domain::finding::{Answer, FindingKey, Outcome};
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;

/// The member of an answer's detail that holds the level at which people see it, where that is lower.
pub const SHOWN_LEVEL: &str = "shown_level";

/// The newest quarter of which each check was asked, by check and collection.
pub(super) fn newest_asked(connection: &Connection) -> Result<BTreeMap<(String, String), Quarter>> {
    let mut statement = connection.prepare(
        "SELECT check_name, collection, max(quarter) FROM asked GROUP BY check_name, collection ORDER BY ALL",
    )?;
    let rows =
        statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), Quarter::from_index(row.get(2)?))))?;
    rows.collect()
}

/// An answer that counts, and its detail when it fires.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// The answer.
    pub answer: Answer,
    /// What its sentence needs.
    pub detail: Value,
    /// The check whose answer it is; another than the finding's where several tell one story.
    pub teller: String,
    /// The checks that fire for the same reason.
    pub also: Vec<String>,
}

/// Which series are read: those that never fired are most of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// Those that fired once.
    EverFired,
    /// All of them.
    All,
}

const EVER_FIRED: &str = "SEMI JOIN (
    SELECT DISTINCT check_name, collection, authority, coalesce(indicator, '') AS indicator
      FROM answers
     WHERE fires AND eligible
  ) AS fired
  ON fired.check_name = answers.check_name
  AND fired.collection = answers.collection
  AND fired.authority = answers.authority
  AND fired.indicator = coalesce(answers.indicator, '')";

/// The answers that count, in order of quarters: for each check, collection and quarter those of the latest
/// run in which the answers were new.
pub(super) fn kept_answers(connection: &Connection, which: Which) -> Result<BTreeMap<FindingKey, Vec<Kept>>> {
    let only = match which {
        Which::EverFired => EVER_FIRED,
        Which::All => "",
    };
    let mut statement = connection.prepare(&format!(
        "WITH latest AS (
           SELECT max(run) AS run, check_name, collection, quarter
             FROM asked
            GROUP BY check_name, collection, quarter
         )
         SELECT check_name, collection, authority, indicator, quarter, fires, level, effect, eligible,
                CASE WHEN fires AND eligible THEN detail END
           FROM (SELECT answers.* FROM answers {only}) AS kept
           SEMI JOIN latest USING (run, check_name, collection, quarter)
          ORDER BY check_name, collection, authority, indicator, quarter"
    ))?;
    let mut rows = statement.query([])?;
    let mut kept: BTreeMap<FindingKey, Vec<Kept>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let authority: String = row.get(2)?;
        let indicator: Option<String> = row.get(3)?;
        let Ok(authority) = AuthorityCode::parse(&authority) else { continue };
        let key = FindingKey {
            check: row.get(0)?,
            collection: row.get(1)?,
            authority,
            indicator: indicator.as_deref().and_then(IndicatorId::parse),
        };
        let detail: Option<String> = row.get(9)?;
        let detail = detail.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null);
        let level: u8 = row.get(6)?;
        let shown = detail.get(SHOWN_LEVEL).and_then(Value::as_u64);
        let answer = Answer {
            quarter: Quarter::from_index(row.get(4)?),
            outcome: match (row.get(8)?, row.get(5)?) {
                (false, _) => Outcome::Unknown,
                (true, true) => Outcome::Fires,
                (true, false) => Outcome::Clear,
            },
            level,
            shown: shown.and_then(|shown| u8::try_from(shown).ok()).unwrap_or(level),
            effect: row.get::<_, Option<f64>>(7)?.unwrap_or(0.0),
            other_scale: false,
        };
        let teller = key.check.clone();
        kept.entry(key).or_default().push(Kept { answer, detail, teller, also: Vec::new() });
    }
    Ok(kept)
}
