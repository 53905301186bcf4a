//! Plain text within 78 characters a line.

/// The longest line of a text part, in characters.
pub(crate) const WIDTH: usize = 78;

/// Breaks `text` at spaces; the first line starts with `first`, the others with `rest`.
///
/// A word longer than a line is broken within.
pub(crate) fn wrapped(text: &str, first: &str, rest: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split_ascii_whitespace() {
        for piece in pieces(word, WIDTH.saturating_sub(length(rest).max(length(first)))) {
            if !empty && length(&line) + 1 + length(&piece) > WIDTH {
                lines.push(std::mem::replace(&mut line, rest.to_owned()));
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(&piece);
            empty = false;
        }
    }
    lines.push(line);
    lines.join("\n")
}

/// A table as aligned columns, or as lists when it is too wide. `right` says which columns hold numbers.
pub(crate) fn columns(headings: &[String], right: &[bool], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(at, heading)| {
            rows.iter()
                .filter_map(|row| row.get(at))
                .map(|cell| length(cell))
                .fold(length(heading), usize::max)
        })
        .collect();
    let whole = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
    if whole > WIDTH {
        return lists(headings, rows);
    }
    let line = |cells: &[String]| -> String {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .zip(right)
            .map(
                |((cell, width), right)| {
                    if *right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
                },
            )
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let head = [line(headings), rule.join("  ")];
    head.into_iter().chain(rows.iter().map(|row| line(row))).collect::<Vec<_>>().join("\n")
}

fn lists(headings: &[String], rows: &[Vec<String>]) -> String {
    let item = |row: &Vec<String>| -> String {
        headings
            .iter()
            .zip(row)
            .enumerate()
            .map(|(at, (heading, cell))| {
                let first = if at == 0 { "- " } else { "  " };
                wrapped(&format!("{heading}: {cell}"), first, "    ")
            })
            .collect::<Vec<_>>()
            .join("\n")
    };
    rows.iter().map(item).collect::<Vec<_>>().join("\n")
}

fn pieces(word: &str, longest: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(longest.max(1)).map(|chunk| chunk.iter().collect()).collect()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use crate::mail::plain::{WIDTH, columns, wrapped};

    #[test]
    fn a_long_line_breaks_at_a_space_and_keeps_its_indent() {
        let text = wrapped(&"word ".repeat(40), "- ", "  ");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(text.starts_with("- word word"));
        assert!(text.lines().skip(1).all(|line| line.starts_with("  word")));
    }

    #[test]
    fn a_word_longer_than_a_line_is_broken() {
        let text = wrapped(&"x".repeat(200), "", "");
        assert_eq!(text.lines().map(|line| line.chars().count()).collect::<Vec<_>>(), [78, 78, 44]);
    }

    #[test]
    fn numbers_stand_on_the_right() {
        let headings = ["Authority".to_owned(), "Rate".to_owned()];
        let rows =
            [vec!["Torbay".to_owned(), "82.9".to_owned()], vec!["Wiltshire".to_owned(), "8.2".to_owned()]];
        let expected = "Authority  Rate\n---------  ----\nTorbay     82.9\nWiltshire   8.2";
        assert_eq!(columns(&headings, &[false, true], &rows), expected);
    }

    #[test]
    fn a_table_that_is_too_wide_becomes_lists() {
        let headings = ["Authority".to_owned(), "What was said about it".to_owned()];
        let rows = [vec!["Torbay".to_owned(), "word ".repeat(20).trim().to_owned()]];
        let text = columns(&headings, &[false, false], &rows);
        assert!(text.starts_with("- Authority: Torbay\n  What was said about it: word"));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
    }
}
