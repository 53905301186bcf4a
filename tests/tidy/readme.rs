//! Every command in the README is one that exists, and every command that exists is there.

use std::fs;

use clap::{CommandFactory, Parser};
use quarterdeck::cli::arguments::Arguments;

use super::source::root;

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("the README is there")
}

/// The lines of the code blocks.
fn code_lines(text: &str) -> Vec<&str> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if inside {
            found.push(line.trim());
        }
    }
    found
}

/// The words of a line as a shell splits them; quotes hold words together.
pub(super) fn words(line: &str) -> Vec<String> {
    let quoted = line.split('"').enumerate();
    let parts = quoted.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    parts.collect()
}

/// The command line that our program would be given; none when the line runs something else.
fn command_line(line: &str) -> Option<Vec<String>> {
    let words = words(line);
    let program = "quarterdeck".to_owned();
    match words.first()?.as_str() {
        "quarterdeck" => Some(words),
        "cargo" => {
            let given: Vec<String> = words.into_iter().skip_while(|word| word != "--").skip(1).collect();
            (!given.is_empty()).then(|| [vec![program], given].concat())
        }
        _ => None,
    }
}

/// What our program says against one line.
fn wrong(line: &str) -> Option<String> {
    let refused = Arguments::try_parse_from(command_line(line)?).err()?;
    Some(format!("`{line}`: {refused}"))
}

/// The commands in the first column of the table of commands.
fn table_of_commands(text: &str) -> Vec<String> {
    let rows = text.lines().skip_while(|line| !line.starts_with("| command |")).skip(2);
    let first = rows.map_while(|line| line.strip_prefix('|')?.split('|').next());
    let names =
        first.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>());
    let mut names: Vec<String> =
        names.filter_map(|name| name.split_whitespace().next().map(str::to_owned)).collect();
    names.sort();
    names
}

#[test]
fn every_command_in_the_readme_exists() {
    let text = readme();
    let lines = code_lines(&text);
    let wrong: Vec<String> = lines.iter().filter_map(|line| wrong(line)).collect();
    assert_eq!(wrong, Vec::<String>::new());
    let ours = lines.iter().filter(|line| command_line(line).is_some()).count();
    assert!(ours >= 10, "only {ours} commands in {lines:?}");
    assert!(
        lines.contains(&"cargo run -- demo") && lines.contains(&"cargo test"),
        "the two commands are gone"
    );
}

#[test]
fn every_command_is_in_the_readme() {
    let shown = Arguments::command();
    let shown = shown.get_subcommands().filter(|command| !command.is_hide_set());
    let mut expected: Vec<String> = shown.map(|command| command.get_name().to_owned()).collect();
    expected.sort();
    assert_eq!(table_of_commands(&readme()), expected);
}

#[test]
fn every_file_the_readme_points_to_exists() {
    let text = readme();
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let missing: Vec<&str> =
        targets.filter(|target| !target.contains("://") && !root().join(target).exists()).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn a_command_that_does_not_exist_is_seen() {
    assert_eq!(wrong("cargo run -- demo"), None);
    assert_eq!(wrong("cargo test"), None);
    assert_eq!(wrong("quarterdeck verify a.csv --quarter \"2017-18 Q2\""), None);
    assert!(wrong("quarterdeck collect").is_some_and(|told| told.contains("unrecognized subcommand")));
    assert!(wrong("quarterdeck once --dry-run").is_some_and(|told| told.contains("unexpected argument")));
}
