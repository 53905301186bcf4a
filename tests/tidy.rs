//! The rules of the house, held by tests. `cargo test tidy -- --nocapture` prints the figures.
//!
//! Each rule is a function from one file to the sentences it has against it. One test runs it over the
//! house; another feeds it a bad snippet, so that a rule that cannot fail is noticed.

mod advice;
mod imports;
mod place;
mod readme;
mod sizes;
mod source;
mod words;

use source::{Source, everything, rust, texts};

/// Every complaint of a rule about these files, one a line.
fn complaints(files: &[Source], rule: fn(&Source) -> Vec<String>) -> String {
    files.iter().flat_map(rule).collect::<Vec<_>>().join("\n")
}

#[test]
fn imports_point_down_only() {
    let house = rust("src");
    assert!(house.len() > 20, "only {} files found under src", house.len());
    assert_eq!(complaints(&house, imports::against_the_table), "");
    assert_eq!(complaints(&house, imports::globs_and_preludes), "");
    assert_eq!(complaints(&house, imports::clock_asked_too_low), "");
}

#[test]
fn every_command_that_is_advised_can_be_typed() {
    let house = rust("src");
    let count = house.iter().map(|file| advice::advised(&file.text).len()).sum::<usize>();
    assert!(count > 30, "only {count} commands are advised");
    assert_eq!(complaints(&house, advice::that_cannot_be_typed), "");
}

#[test]
fn files_functions_and_lines_are_short() {
    let all: Vec<Source> = [rust("src"), rust("tests")].concat();
    assert_eq!(complaints(&all, sizes::long_file), "");
    assert_eq!(complaints(&all, sizes::long_functions), "");
    assert_eq!(complaints(&all, sizes::long_lines), "");
}

#[test]
fn names_say_something() {
    let all: Vec<Source> = [rust("src"), rust("tests")].concat();
    assert_eq!(complaints(&all, words::empty_names), "");
    assert_eq!(complaints(&everything(), words::empty_file_name), "");
}

#[test]
fn nothing_in_src_gives_up() {
    assert_eq!(complaints(&rust("src"), words::giving_up), "");
}

#[test]
fn nothing_is_put_off() {
    assert_eq!(complaints(&texts(), words::put_off), "");
}

#[test]
fn the_code_knows_no_region() {
    assert_eq!(complaints(&rust("src"), place::named), "");
}

#[test]
fn no_path_of_one_machine_is_written_down() {
    assert_eq!(complaints(&texts(), words::machine_paths), "");
}

#[test]
fn the_top_level_is_the_agreed_one() {
    assert_eq!(source::top_level_strangers(&source::top_level()), Vec::<String>::new());
}

#[test]
fn the_figures_of_the_house_are_printed() {
    let figures = sizes::figures(&rust("src"));
    let table = imports::table();
    println!("{figures}\n{table}");
    for expected in ["median file", "largest file", "median function", "largest function"] {
        assert!(figures.contains(expected), "no {expected} in:\n{figures}");
    }
    assert!(table.contains("cli") && table.contains("domain"), "no import table:\n{table}");
}
