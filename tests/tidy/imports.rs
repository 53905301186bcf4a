//! Who may use whom.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source::Source;

/// The layers from the ground up. Within a layer nobody uses a neighbour, but for the line below.
const LAYERS: [(usize, &[&str]); 6] = [
    (0, &["domain", "clock"]),
    (1, &["config"]),
    (2, &["collect", "read", "store", "worker", "mail"]),
    (3, &["pipeline"]),
    (4, &["daemon"]),
    (5, &["cli", "demo"]),
];

/// `demo` sits beside `cli`, which walks the year with it.
const BESIDE: [(&str, &str); 1] = [("cli", "demo")];

/// The rooms that may ask what time it is.
const ASKS_THE_TIME: [&str; 2] = ["cli", "daemon"];

/// The import table, as people read it.
pub(super) fn table() -> String {
    let mut lines = vec!["import table (a layer uses only lower ones)".to_owned()];
    lines.extend(LAYERS.iter().rev().map(|(layer, rooms)| format!("  {layer}  {}", rooms.join("  "))));
    lines.extend(BESIDE.iter().map(|(from, to)| format!("  beside: {from} uses {to}")));
    lines.join("\n")
}

fn layer(room: &str) -> Option<usize> {
    LAYERS.iter().find(|(_, rooms)| rooms.contains(&room)).map(|(layer, _)| *layer)
}

/// Uses of a room that does not lie lower.
pub(super) fn against_the_table(file: &Source) -> Vec<String> {
    let from = file.room();
    if ["main", "lib"].contains(&from) {
        return Vec::new();
    }
    let Some(own) = layer(from) else {
        return vec![format!("{}: `{from}` has no layer in the import table", file.path)];
    };
    let allowed =
        |to: &str| to == from || BESIDE.contains(&(from, to)) || layer(to).is_some_and(|layer| layer < own);
    let uses = uses(&tokens(file));
    let wrong = uses.iter().filter(|(_, to)| !allowed(to));
    wrong.map(|(line, to)| format!("{}:{line}: `{from}` may not use `{to}`", file.path)).collect()
}

/// `use ..::*` and `super` outside tests: where a name comes from stands in full.
pub(super) fn globs_and_preludes(file: &Source) -> Vec<String> {
    let tests = file.test_lines();
    let lines = file.text.lines().enumerate().map(|(at, text)| (at + 1, text.trim()));
    let live = lines.filter(|(line, _)| !tests.iter().any(|range| range.contains(line)));
    live.filter(|(_, text)| text.starts_with("use ") || text.starts_with("pub use "))
        .filter(|(_, text)| text.contains("::*") || text.contains("super::"))
        .map(|(line, text)| format!("{}:{line}: write the names in full: `{text}`", file.path))
        .collect()
}

/// `crate::clock` anywhere but in the two rooms that may ask the time.
pub(super) fn clock_asked_too_low(file: &Source) -> Vec<String> {
    if ASKS_THE_TIME.contains(&file.room()) || ["main", "lib", "clock"].contains(&file.room()) {
        return Vec::new();
    }
    let uses = uses(&tokens(file));
    let asks = uses.iter().filter(|(_, to)| to == "clock");
    asks.map(|(line, _)| format!("{}:{line}: time is passed in", file.path)).collect()
}

fn tokens(file: &Source) -> TokenStream {
    file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path))
}

/// Every `crate::room`, inside macros and groups too, with its line.
fn uses(stream: &TokenStream) -> Vec<(usize, String)> {
    let trees: Vec<TokenTree> = stream.clone().into_iter().collect();
    let mut found = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Group(group) => found.extend(uses(&group.stream())),
            TokenTree::Ident(word) if *word == "crate" => {
                found.extend(rooms_after(trees.get(at + 1..).unwrap_or_default()));
            }
            _ => {}
        }
    }
    found
}

/// The rooms named after `crate`: one after `::`, or several in braces.
fn rooms_after(rest: &[TokenTree]) -> Vec<(usize, String)> {
    let colon = |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':');
    let [first, second, next, ..] = rest else { return Vec::new() };
    if !(colon(first) && colon(second)) {
        return Vec::new();
    }
    match next {
        TokenTree::Ident(room) => vec![(room.span().start().line, room.to_string())],
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => heads(&group.stream()),
        _ => Vec::new(),
    }
}

/// The first word of each member of a group.
fn heads(stream: &TokenStream) -> Vec<(usize, String)> {
    let mut head = true;
    let mut found = Vec::new();
    for tree in stream.clone() {
        match tree {
            TokenTree::Ident(word) if head => {
                found.push((word.span().start().line, word.to_string()));
                head = false;
            }
            TokenTree::Punct(punct) if punct.as_char() == ',' => head = true,
            _ => {}
        }
    }
    found
}

#[test]
fn an_import_that_points_up_is_seen() {
    let file = Source::written("src/domain/due.rs", "use crate::config::settings::Settings;");
    assert_eq!(against_the_table(&file), ["src/domain/due.rs:1: `domain` may not use `config`"]);
}

#[test]
fn an_edge_that_uses_an_edge_is_seen_even_in_a_group_or_a_macro() {
    let group = Source::written("src/store/open.rs", "use crate::{domain::figure::Figure, mail::render};");
    assert_eq!(against_the_table(&group), ["src/store/open.rs:1: `store` may not use `mail`"]);
    let text = "fn a() {\n    println!(\"{}\", crate::read::csv::rows());\n}";
    let inside = Source::written("src/mail/smtp.rs", text);
    assert_eq!(against_the_table(&inside), ["src/mail/smtp.rs:2: `mail` may not use `read`"]);
}

#[test]
fn cli_may_use_demo_and_demo_may_not_use_cli() {
    let walks = Source::written("src/cli/demo.rs", "use crate::demo::generator;");
    assert_eq!(against_the_table(&walks), Vec::<String>::new());
    let back = Source::written("src/demo/story.rs", "use crate::cli::demo;");
    assert_eq!(against_the_table(&back), ["src/demo/story.rs:1: `demo` may not use `cli`"]);
}

#[test]
fn a_room_without_a_layer_is_seen() {
    let file = Source::written("src/attic.rs", "fn a() {}");
    assert_eq!(against_the_table(&file), ["src/attic.rs: `attic` has no layer in the import table"]);
}

#[test]
fn a_glob_is_seen_outside_tests_only() {
    let text = "use crate::domain::figure::*;\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n";
    let file = Source::written("src/read/csv.rs", text);
    let expected = "src/read/csv.rs:1: write the names in full: `use crate::domain::figure::*;`";
    assert_eq!(globs_and_preludes(&file), [expected]);
}

#[test]
fn a_room_below_that_asks_the_time_is_seen() {
    let file = Source::written("src/pipeline.rs", "fn a() { crate::clock::now(); }");
    assert_eq!(clock_asked_too_low(&file), ["src/pipeline.rs:1: time is passed in"]);
    let daemon = Source::written("src/daemon.rs", "fn a() { crate::clock::now(); }");
    assert_eq!(clock_asked_too_low(&daemon), Vec::<String>::new());
}
