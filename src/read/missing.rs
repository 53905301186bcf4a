//! The words that programs write where they have no value.

/// What people write, too, and then with a meaning of its own.
const SAID: [&str; 2] = ["N/A", "None"];

/// Each word, of whatever letter case, with what it stands for and what to do.
const WORDS: [(&str, &str); 10] = [
    ("NA", "which stands for a missing value in R: leave the cell empty (na = \"\")"),
    ("<NA>", "which stands for a missing value in pandas: leave the cell empty (na_rep = \"\")"),
    (
        "NaN",
        "which stands for a missing value in pandas and R: leave the cell empty (na_rep = \"\", na = \"\")",
    ),
    ("NaT", "which stands for a missing date in pandas: leave the cell empty (na_rep = \"\")"),
    ("None", "which stands for a missing value in Python, or means 0: leave the cell empty, or write 0"),
    ("NULL", "which stands for a missing value in a database: leave the cell empty"),
    ("\\N", "which stands for a missing value in a database: leave the cell empty"),
    (".", "which stands for a missing value in SAS and Stata: leave the cell empty"),
    ("N/A", "which is not a number: leave the cell empty where there is none"),
    ("#N/A", "which a spreadsheet shows where a formula found nothing: correct it, or leave the cell empty"),
];

/// Which of the words `text` is, as the end of a sentence: `the numerator is ..`; none when it is another.
pub(crate) fn writer(text: &str) -> Option<&'static str> {
    let is_meant = |(word, _): &&(&str, &str)| word.eq_ignore_ascii_case(text);
    WORDS.iter().find(is_meant).map(|(_, writer)| *writer)
}

/// What [`writer`] says of one, of several.
pub(crate) fn of_several(writer: &str) -> String {
    let pairs = [
        ("which stands", "stand"),
        ("which is not a number", "are not numbers"),
        ("which a spreadsheet shows", "are what a spreadsheet shows"),
    ];
    pairs.iter().fold(writer.to_owned(), |words, (one, several)| words.replacen(one, several, 1))
}

/// `text`, or nothing where it is such a word.
pub(crate) fn blanked(text: &str) -> &str {
    if writer(text).is_some() { "" } else { text }
}

/// Whether it is a person's word as well as a program's.
pub(crate) fn is_said(text: &str) -> bool {
    SAID.iter().any(|word| word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::writer;

    #[test]
    fn the_words_of_programs_are_known_in_every_letter_case() {
        for word in ["NA", "na", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A", "n/a", ".", "\\N"] {
            assert!(writer(word).is_some(), "{word}");
        }
        for word in ["", "c", "low", "none given", "NAN1", "0", "-", "national"] {
            assert_eq!(writer(word), None, "{word}");
        }
    }
}
