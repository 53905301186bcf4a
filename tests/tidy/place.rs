//! Nothing in the code knows which region it watches.

use super::source::Source;

/// The region of the shipped configuration and its authorities: ONS codes, and the names people use.
pub(super) const PLACES: [&str; 41] = [
    "South West",
    "SouthWest",
    "south_west",
    "south-west",
    "E12000009",
    "E06000022",
    "E06000023",
    "E06000024",
    "E06000025",
    "E06000026",
    "E06000027",
    "E06000028",
    "E06000029",
    "E06000030",
    "E06000052",
    "E06000053",
    "E06000054",
    "E06000058",
    "E06000059",
    "E06000066",
    "E10000008",
    "E10000009",
    "E10000013",
    "E10000027",
    "Bath and North East Somerset",
    "Bournemouth",
    "Bristol",
    "Cornwall",
    "Devon",
    "Dorset",
    "Gloucestershire",
    "Isles of Scilly",
    "Scilly",
    "North Somerset",
    "Plymouth",
    "Poole",
    "Somerset",
    "South Gloucestershire",
    "Swindon",
    "Torbay",
    "Wiltshire",
];

/// Lines outside tests that name one of these places.
pub(super) fn named(file: &Source) -> Vec<String> {
    let tests = file.test_lines();
    let lines = file.text.lines().enumerate().map(|(at, text)| (at + 1, text));
    let live = lines.filter(|(line, _)| !tests.iter().any(|range| range.contains(line)));
    live.filter_map(|(line, text)| {
        let folded = text.to_lowercase();
        let place = PLACES.iter().find(|place| whole_word(&folded, &place.to_lowercase()))?;
        Some(format!("{}:{line}: the code names `{place}`", file.path))
    })
    .collect()
}

fn whole_word(text: &str, word: &str) -> bool {
    let edge = |letter: Option<char>| !letter.is_some_and(char::is_alphanumeric);
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|part| part.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|part| part.chars().next());
        edge(before) && edge(after)
    })
}

#[test]
fn a_place_in_the_code_is_seen_outside_tests_only() {
    let text = "/// For the South West.\nfn a() -> &str { \"E06000022\" }\n\
                #[cfg(test)]\nmod tests { const A: &str = \"E06000022\"; }\n";
    let found = named(&Source::written("src/a.rs", text));
    assert_eq!(found, ["src/a.rs:1: the code names `South West`", "src/a.rs:2: the code names `E06000022`"]);
}

#[test]
fn a_place_is_a_whole_word() {
    assert!(whole_word("from poole to devon.", "devon"));
    assert!(!whole_word("the pooled variance", "poole"));
}
