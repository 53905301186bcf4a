//! Views that were computed for a question, put aside for the next work on the same question.
//!
//! While a question is worked on, temporary tables of the views' names stand before the views. Between two
//! pieces of work they bear other names, so that whoever asks nothing sees the views.

use std::cell::{Cell, RefCell};

use duckdb::Connection;

use crate::store::analysis::Question;
use crate::store::open::Store;
use crate::store::refusal::StoreError;

/// What is kept between two pieces of work: nothing, unless views are shared.
#[derive(Default)]
pub(crate) struct Shelf {
    is_open: Cell<bool>,
    places: RefCell<Vec<Place>>,
    /// How many places there ever were: each has names of its own.
    count: Cell<usize>,
}

/// So many questions of a collection are kept: a quarter, and the one before it while it is coming in.
const PLACES_MAX: usize = 2;

/// The computed views of one question.
struct Place {
    question: Question,
    number: usize,
    views: Vec<&'static str>,
}

impl Store {
    /// From now on until [`Store::share_no_more`], nothing is loaded: what views show to a question is
    /// computed once. Of each collection the views of the last two questions are kept.
    pub fn share(&self) {
        self.shelf.is_open.set(true);
    }

    /// Forgets what was computed, also after a transaction that was taken back.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn share_no_more(&self) -> Result<(), StoreError> {
        self.shelf.is_open.set(false);
        let places = self.shelf.places.take();
        places.iter().try_for_each(|place| place.drop_tables(self.connection()))
    }
}

impl Shelf {
    /// The views that were computed for a question, under their own names again; none when none were.
    pub(super) fn take(
        &self,
        connection: &Connection,
        question: &Question,
    ) -> Result<Vec<&'static str>, StoreError> {
        let mut places = self.places.borrow_mut();
        let Some(at) = places.iter().position(|place| place.question == *question) else {
            return Ok(Vec::new());
        };
        let place = places.remove(at);
        place.rename(connection, |view| (place.name_of(view), view.to_owned()))?;
        Ok(place.views)
    }

    /// Puts the views of a question aside; without sharing, they are forgotten.
    pub(super) fn put_back(
        &self,
        connection: &Connection,
        question: &Question,
        views: Vec<&'static str>,
    ) -> Result<(), StoreError> {
        if !self.is_open.get() {
            return clear(connection, &views);
        }
        self.count.set(self.count.get() + 1);
        let place = Place { question: question.clone(), number: self.count.get(), views };
        place.rename(connection, |view| (view.to_owned(), place.name_of(view)))?;
        let mut places = self.places.borrow_mut();
        places.push(place);
        let of_collection = |place: &&Place| place.question.collection == question.collection;
        if places.iter().filter(of_collection).count() > PLACES_MAX
            && let Some(oldest) = places.iter().position(|place| of_collection(&place))
        {
            places.remove(oldest).drop_tables(connection)?;
        }
        Ok(())
    }
}

impl Place {
    fn rename(
        &self,
        connection: &Connection,
        from_and_to: impl Fn(&str) -> (String, String),
    ) -> Result<(), StoreError> {
        let statement = |view: &&str| {
            let (from, to) = from_and_to(view);
            format!("ALTER TABLE temp.main.{from} RENAME TO {to};")
        };
        Ok(connection.execute_batch(&self.views.iter().map(statement).collect::<String>())?)
    }

    fn drop_tables(&self, connection: &Connection) -> Result<(), StoreError> {
        let statement = |view: &&str| format!("DROP TABLE IF EXISTS temp.main.{};", self.name_of(view));
        Ok(connection.execute_batch(&self.views.iter().map(statement).collect::<String>())?)
    }

    fn name_of(&self, view: &str) -> String {
        format!("aside_{}_{view}", self.number)
    }
}

/// Computes what is wanted and not among `views`, in order, and adds it there.
pub(super) fn complete(
    connection: &Connection,
    views: &mut Vec<&'static str>,
    wanted: impl Iterator<Item = (&'static str, String)>,
) -> Result<(), StoreError> {
    for (name, statement) in wanted {
        if !views.contains(&name) {
            connection
                .execute_batch(&statement)
                .map_err(|error| StoreError::failed(format!("cannot compute the view `{name}`"), &error))?;
            views.push(name);
        }
    }
    Ok(())
}

/// Takes computed views away, so that the views of those names are seen again.
pub(super) fn clear(connection: &Connection, views: &[&str]) -> Result<(), StoreError> {
    let drops = views.iter().map(|name| format!("DROP TABLE IF EXISTS temp.main.{name};"));
    Ok(connection.execute_batch(&drops.collect::<String>())?)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::quarter::Quarter;

    fn question(collection: &str) -> Question {
        let known_on = DateTime::UNIX_EPOCH;
        let (quarter, as_of) = (Quarter::from_index(8069), known_on.date_naive());
        Question { collection: collection.to_owned(), quarter, as_of, known_on }
    }

    fn tables(connection: &Connection) -> Vec<String> {
        let sql = "SELECT table_name FROM duckdb_tables() WHERE temporary ORDER BY table_name";
        let mut statement = connection.prepare(sql).unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    }

    fn asked(store: &Store, of: &Question, sql: &str) -> Vec<String> {
        store.frozen(of, sql, |connection| Ok(tables(connection))).unwrap()
    }

    #[test]
    fn what_was_computed_serves_the_same_question_and_nobody_else() {
        let store = Store::in_memory().unwrap();
        let (one, other) = (question("one"), question("other"));
        assert_eq!(asked(&store, &one, "FROM series"), ["observations", "series"]);
        assert!(tables(store.connection()).is_empty(), "without sharing");
        store.share();
        asked(&store, &one, "FROM series");
        let aside = ["aside_1_observations", "aside_1_series"];
        assert_eq!(tables(store.connection()), aside);
        assert_eq!(asked(&store, &one, "FROM observations"), ["observations", "series"]);
        let beside = asked(&store, &other, "FROM observations");
        assert_eq!(beside, ["aside_2_observations", "aside_2_series", "observations"]);
        let next = |by: i32| Question { quarter: Quarter::from_index(8069 + by), ..one.clone() };
        assert!(!asked(&store, &next(1), "FROM observations").contains(&"series".to_owned()));
        assert!(asked(&store, &one, "FROM observations").contains(&"series".to_owned()), "two are kept");
        asked(&store, &next(1), "FROM observations");
        asked(&store, &next(2), "FROM observations");
        assert!(!asked(&store, &one, "FROM observations").contains(&"series".to_owned()), "and no third");
        store.share_no_more().unwrap();
        assert!(tables(store.connection()).is_empty());
    }
}
