//! A table for people: as wide as the terminal, and never narrower than its words, for a code that is broken
//! in two can be copied by nobody.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, TableStyle, Width, presets};

use crate::cli::print::{Rows, text};

/// A narrower terminal gets tables as wide as they are.
const COLUMNS_MIN: u16 = 40;

/// What stands around a cell between lines, and without them.
const LINED: usize = 3;
const BARE: usize = 2;

/// A cell of so many characters stays whole though it has blanks, as `2017-18 Q2` does.
const WHOLE_MAX: usize = 10;

/// The columns of the terminal; none when nobody watches, as of a pipe: then a row is one line, however long.
#[must_use]
pub fn width() -> Option<u16> {
    Table::new().width()
}

/// The rows between lines where there is room for every word, else without lines, else a row as a list.
#[must_use]
pub fn laid_out(rows: &Rows, width: Option<u16>) -> String {
    let words = longest_words(rows);
    let around = |each: usize| words.iter().map(|word| word + each).sum::<usize>();
    match width.filter(|width| *width >= COLUMNS_MIN) {
        None => bare(rows).trim_fmt(),
        Some(width) if around(LINED) < usize::from(width) => {
            within(table(rows, presets::UTF8_FULL_CONDENSED), &words, width)
        }
        Some(width) if around(BARE) <= usize::from(width) + BARE => within(bare(rows), &words, width),
        Some(width) => lists(rows, usize::from(width)),
    }
}

fn table(rows: &Rows, style: TableStyle) -> Table {
    let mut table = Table::new();
    table.load_style(style);
    table.set_header(&rows.columns);
    for row in &rows.rows {
        table.add_row(row.iter().map(text));
    }
    table
}

fn bare(rows: &Rows) -> Table {
    let mut table = table(rows, presets::NOTHING);
    let last = rows.columns.len().saturating_sub(1);
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if at < last { 2 } else { 0 }));
    }
    table
}

fn within(mut table: Table, words: &[usize], width: u16) -> String {
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    for (column, word) in table.column_iter_mut().zip(words) {
        let least = u16::try_from(*word).unwrap_or(u16::MAX).saturating_add(column.padding_width());
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
    }
    table.trim_fmt()
}

/// The longest word of each column, its heading's too; a short cell is one word.
fn longest_words(rows: &Rows) -> Vec<usize> {
    let longest = |text: &str| text.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
    let least = |text: &str| match text.chars().count() {
        short @ ..=WHOLE_MAX => short,
        _ => longest(text),
    };
    let column = |(at, heading): (usize, &String)| {
        let cells = rows.rows.iter().filter_map(|row| row.get(at)).map(|cell| least(&text(cell)));
        cells.max().unwrap_or(0).max(longest(heading))
    };
    rows.columns.iter().enumerate().map(column).collect()
}

/// Each row as a list of its headings and what it has of them.
fn lists(rows: &Rows, width: usize) -> String {
    let heading = rows.columns.iter().map(|name| name.chars().count()).max().unwrap_or(0) + BARE;
    let list = |row: &Vec<serde_json::Value>| {
        let cells = rows.columns.iter().zip(row).map(|(name, cell)| (name, text(cell)));
        let lines = cells.filter(|(_, cell)| !cell.is_empty()).map(|(name, cell)| {
            let pieces = folded(&cell, width.saturating_sub(heading));
            format!("{name:heading$}{}", pieces.join(&format!("\n{:heading$}", "")))
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    rows.rows.iter().map(list).collect::<Vec<_>>().join("\n\n")
}

/// A text in lines of at most so many characters; a longer word has a line of its own.
fn folded(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn grid() -> Rows {
        let mut rows = Rows::of(&["collection", "authority", "name", "remark"]);
        let remark = "a newer file was refused on 3 November 2017: it holds no figure of this quarter";
        rows.rows.push(vec![json!("quarterly"), json!("E06000015"), json!("Derby"), json!(remark)]);
        rows.rows.push(vec![json!("quarterly"), json!("E10000018"), json!("Leicestershire"), json!(null)]);
        rows
    }

    #[test]
    fn a_table_fits_the_terminal_and_breaks_no_code() {
        for width in [40, 50, 56, 60, 64, 80, 100, 120, 200] {
            let text = laid_out(&grid(), Some(width));
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= usize::from(width), "{width}: {widest}\n{text}");
            for code in ["E06000015", "E10000018", "Leicestershire", "collection", "authority"] {
                assert!(text.contains(code), "{width}: {code}\n{text}");
            }
        }
    }

    #[test]
    fn through_a_pipe_a_row_is_one_line_in_columns_without_an_end_of_blanks() {
        let text = laid_out(&grid(), None);
        let expected = "collection  authority  name            remark\n\
            quarterly   E06000015  Derby           a newer file was refused on 3 November 2017: it holds no \
            figure of this quarter\n\
            quarterly   E10000018  Leicestershire";
        assert_eq!(text, expected);
    }

    #[test]
    fn where_the_words_are_wider_than_the_terminal_a_row_is_a_list() {
        let text = laid_out(&grid(), Some(44));
        assert!(
            text.starts_with("collection  quarterly\nauthority   E06000015\nname        Derby\n"),
            "{text}"
        );
        assert!(text.contains("\n            November 2017: it holds no\n"), "{text}");
        assert!(text.ends_with("\nname        Leicestershire"), "an empty cell is left out: {text}");
    }
}
