//! Questions to which a check gave no answer: they are asked again.

use std::collections::{BTreeMap, BTreeSet};

use duckdb::{Connection, Result, params};

use crate::domain::quarter::Quarter;

/// A question that failed in so many runs in a row waits until the figures or the rules are others.
const RUNS_MAX: u32 = 3;

/// A check, a collection and a quarter.
pub type Question = (String, String, Quarter);

/// The collections and quarters of which a check is to be asked again.
///
/// # Errors
/// When the database refuses.
pub fn again(connection: &Connection) -> Result<BTreeSet<(String, Quarter)>> {
    let runs = runs(connection)?.into_iter().filter(|(_, runs)| *runs < RUNS_MAX);
    Ok(runs.map(|((_, collection, quarter), _)| (collection, quarter)).collect())
}

/// Keeps which of the questions about `asked` had no answer. Call inside a transaction.
///
/// # Errors
/// When the database refuses.
pub fn keep(
    connection: &Connection,
    asked: &BTreeSet<(String, Quarter)>,
    failed: &BTreeSet<Question>,
) -> Result<()> {
    let mut runs = runs(connection)?;
    if runs.is_empty() && failed.is_empty() {
        return Ok(());
    }
    runs.retain(|(check, collection, quarter), _| {
        let question = (check.clone(), collection.clone(), *quarter);
        failed.contains(&question) || !asked.contains(&(collection.clone(), *quarter))
    });
    for question in failed {
        *runs.entry(question.clone()).or_insert(0) += 1;
    }
    connection.execute("DELETE FROM unanswered", [])?;
    let mut rows = connection.appender("unanswered")?;
    for ((check, collection, quarter), runs) in runs {
        rows.append_row(params![check, collection, quarter.index(), runs])?;
    }
    rows.flush()
}

fn runs(connection: &Connection) -> Result<BTreeMap<Question, u32>> {
    let mut statement =
        connection.prepare("SELECT check_name, collection, quarter, runs FROM unanswered ORDER BY ALL")?;
    let rows = statement.query_map([], |row| {
        Ok(((row.get(0)?, row.get(1)?, Quarter::from_index(row.get(2)?)), row.get(3)?))
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::open::Store;

    #[test]
    fn a_question_without_an_answer_is_asked_again_three_times_and_no_more_once_it_is_answered() {
        let store = Store::in_memory().unwrap();
        let quarter = Quarter::of(2017, 2).unwrap();
        let asked = BTreeSet::from([("quarterly".to_owned(), quarter)]);
        let failed = BTreeSet::from([("mine".to_owned(), "quarterly".to_owned(), quarter)]);
        for is_again in [true, true, false] {
            keep(store.connection(), &asked, &failed).unwrap();
            assert_eq!(!again(store.connection()).unwrap().is_empty(), is_again);
        }
        keep(store.connection(), &asked, &BTreeSet::new()).unwrap();
        keep(store.connection(), &asked, &failed).unwrap();
        assert_eq!(again(store.connection()).unwrap(), asked);
        keep(store.connection(), &BTreeSet::new(), &BTreeSet::new()).unwrap();
        assert_eq!(again(store.connection()).unwrap(), asked, "nobody asked since");
    }
}
