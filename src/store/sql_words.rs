//! The words of a statement, and of the views that it names: what it may stand on.

use std::collections::BTreeSet;

use crate::store::schema;

/// Whether `sql` stands on the view `name`, itself or by another view.
#[must_use]
pub fn stands_on(sql: &str, name: &str) -> bool {
    stood_on(sql).contains(name)
}

/// The words of a text and of all views that it names, themselves or by other views.
pub(super) fn stood_on(sql: &str) -> BTreeSet<String> {
    with_views_below(words_of(&without_comments(sql)))
}

/// Every word, in lower case, that may name what `sql` reads, itself, by views or by macros.
///
/// A text between quotes may look like a comment, so words in comments are among them; and a word of a view
/// may be the name of one that stands after it in their order, without meaning it.
#[must_use]
pub fn read_by(sql: &str) -> BTreeSet<String> {
    let macros = schema::macros().into_iter().flat_map(|text| words_of(&without_comments(text)));
    let mut named: BTreeSet<String> = words_of(sql).into_iter().chain(macros).collect();
    loop {
        let count = named.len();
        named = with_views_below(named);
        if named.len() == count {
            return named;
        }
    }
}

fn with_views_below(mut named: BTreeSet<String>) -> BTreeSet<String> {
    for view in schema::VIEWS.iter().rev() {
        if named.contains(view.name) {
            named.extend(words_of(&without_comments(view.statement)));
        }
    }
    named
}

fn without_comments(sql: &str) -> String {
    sql.lines().flat_map(|line| [line.split("--").next().unwrap_or_default(), "\n"]).collect()
}

/// A word too many costs a table that nobody reads.
fn words_of(sql: &str) -> BTreeSet<String> {
    let letters = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    sql.split(letters).map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_a_view_has_all_that_each_view_made_for_it_reads() {
        for view in schema::view_names() {
            let named = read_by(&format!("SELECT '--', * FROM {view}"));
            assert!(named.contains(view));
            for made in schema::VIEWS.iter().filter(|made| named.contains(made.name)) {
                let read = words_of(&without_comments(made.statement));
                assert!(read.is_subset(&named), "{view} has {} made without what it reads", made.name);
            }
        }
    }
}
