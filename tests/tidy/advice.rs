//! Every command that a message, a mail or an error advises is one that can be typed as it stands.

use clap::{CommandFactory, Parser};
use quarterdeck::cli::arguments::Arguments;

use super::source::Source;

/// What stands for a day, an instant and a number where a command is advised; other words may be any text.
const PLACEHOLDERS: [(&str, &str); 3] =
    [("DATE", "2027-01-20"), ("INSTANT", "2027-01-20T08:00:00Z"), ("N", "1")];

/// The advice of a file against which our command line has something.
pub(super) fn that_cannot_be_typed(source: &Source) -> Vec<String> {
    let wrong = |advice: &String| against(advice).map(|why| format!("{}: `{advice}`: {why}", source.path));
    advised(&source.text).iter().filter_map(wrong).collect()
}

/// The commands as a reader sees them, between backticks or in a sentence; what only a comment says is not
/// advised to anybody.
pub(super) fn advised(text: &str) -> Vec<String> {
    let spoken: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let joined = spoken.join("\n").replace("\\\"", "\"");
    let pieces: Vec<&str> = joined.split("\\\n").collect();
    let first = pieces.first().map(|piece| (*piece).to_owned());
    let rest = pieces.iter().skip(1).map(|piece| piece.trim_start().to_owned());
    let whole: String = first.into_iter().chain(rest).collect();
    let places: Vec<usize> = whole.match_indices("quarterdeck ").map(|(at, _)| at).collect();
    places.into_iter().filter_map(|at| command(whole.get(..at)?, whole.get(at..)?)).collect()
}

/// The command that stands after `before`; none where the word is only our name.
fn command(before: &str, text: &str) -> Option<String> {
    if before.ends_with('`') {
        return text.split('`').next().map(filled);
    }
    let name = text.split([' ', '"', '\'', '`', '.', ',', ';', ')']).nth(1)?;
    let is_ours = Arguments::command().get_subcommands().any(|one| one.get_name() == name);
    // A sentence goes on behind a command's name alone.
    let ends = text.find(['"', ';', ')', ',', '`']).unwrap_or(text.len());
    is_ours.then(|| filled(text.get(..ends).unwrap_or(text).trim_end_matches('.')))
}

/// A value in the place of each `{}`, `{name}` or `{call()}`.
fn filled(text: &str) -> String {
    let mut pieces = text.split('{');
    let start = pieces.next().unwrap_or_default().to_owned();
    let rest = pieces.map(|piece| piece.split_once('}').map_or(piece, |(_, after)| after));
    rest.fold(start, |so_far, piece| format!("{so_far}X{piece}"))
}

fn against(advice: &str) -> Option<String> {
    let named = |word: String| match PLACEHOLDERS.iter().find(|(name, _)| *name == word) {
        Some((_, value)) => (*value).to_owned(),
        None => word,
    };
    let words: Vec<String> = super::readme::words(advice).into_iter().map(named).collect();
    // Its name alone says which command, not how to type it.
    if let [_, name] = words.as_slice() {
        let is_ours = Arguments::command().get_subcommands().any(|one| one.get_name() == name);
        return (!is_ours).then(|| "there is no such command".to_owned());
    }
    let refused = Arguments::try_parse_from(&words).err()?.to_string();
    Some(refused.lines().take(3).collect::<Vec<_>>().join(" "))
}

#[test]
fn advice_that_cannot_be_typed_is_seen() {
    let text = "let a = \"see `quarterdeck confirm {id}`\";\n// `quarterdeck nonsense a b`\n\
                let b = \"`quarterdeck once \\\n    --again \\\"{x}\\\"` or `quarterdeck status`\";\n\
                let c = \"`quarterdeck oops`\";\nlet d = \"More: quarterdeck review {}\";\n\
                let e = \"another quarterdeck has it\"; let f = \"quarterdeck explain {id}.\";\n";
    let file = Source::written("src/a.rs", text);
    let found = that_cannot_be_typed(&file);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].contains("--by <BY>") && found[1].contains("no such command"), "{found:?}");
    assert!(found[2].contains("--outcome"), "{found:?}");
    assert!(advised(text).contains(&"quarterdeck once --again \"X\"".to_owned()), "{:?}", advised(text));
}
