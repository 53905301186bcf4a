//! Words that say nothing, words that give up, words that put off, words of one machine.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::source::Source;

const EMPTY: [&str; 10] =
    ["manager", "helper", "util", "common", "misc", "service", "processor", "handler", "data", "info"];

/// Types, modules and functions named with a word that says nothing.
pub(super) fn empty_names(file: &Source) -> Vec<String> {
    let mut names = Names::default();
    names.visit_file(&file.parsed());
    let empty = names.found.iter().filter(|(_, name)| empty_word(name).is_some());
    empty.map(|(line, name)| format!("{}:{line}: `{name}` says nothing", file.path)).collect()
}

/// A file or folder named with a word that says nothing.
pub(super) fn empty_file_name(file: &Source) -> Vec<String> {
    let parts = file.path.split('/').map(|part| part.split('.').next().unwrap_or(part));
    let empty = parts.filter_map(empty_word).map(|word| format!("{}: `{word}` says nothing", file.path));
    empty.collect()
}

/// The empty word in a name, alone or as one part of it, singular or plural.
fn empty_word(name: &str) -> Option<&'static str> {
    // Data quality is a kind of check.
    let parts = parts(&name.replace("data_quality", "").replace("DataQuality", ""));
    EMPTY.into_iter().find(|word| {
        parts.iter().any(|part| part == word || part.strip_suffix('s').is_some_and(|one| one == *word))
    })
}

/// `OutboxManager` and `outbox_manager` are both `outbox`, `manager`.
fn parts(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() {
            spaced.push('_');
        }
        spaced.extend(letter.to_lowercase());
    }
    spaced.split(['_', '-']).map(str::to_owned).collect()
}

#[derive(Default)]
struct Names {
    found: Vec<(usize, String)>,
}

impl Names {
    fn keep(&mut self, name: &proc_macro2::Ident) {
        self.found.push((name.span().start().line, name.to_string()));
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        match item {
            syn::Item::Mod(item) => self.keep(&item.ident),
            syn::Item::Struct(item) => self.keep(&item.ident),
            syn::Item::Enum(item) => self.keep(&item.ident),
            syn::Item::Trait(item) => self.keep(&item.ident),
            syn::Item::Type(item) => self.keep(&item.ident),
            _ => {}
        }
        visit::visit_item(self, item);
    }

    /// The name of a test is a sentence, in which any word may stand.
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let is_test = |attribute: &syn::Attribute| {
            attribute.path().segments.last().is_some_and(|word| word.ident == "test")
        };
        if item.attrs.iter().any(is_test) {
            visit::visit_block(self, &item.block);
        } else {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.keep(&signature.ident);
        visit::visit_signature(self, signature);
    }
}

/// Calls that end the program where an error could be returned, outside tests.
pub(super) fn giving_up(file: &Source) -> Vec<String> {
    let tests = file.test_lines();
    let stream: TokenStream = file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path));
    let calls = abrupt_calls(&stream).into_iter();
    let live = calls.filter(|(line, _)| !tests.iter().any(|range| range.contains(line)));
    live.map(|(line, call)| format!("{}:{line}: `{call}` ends the program", file.path)).collect()
}

fn abrupt_calls(stream: &TokenStream) -> Vec<(usize, String)> {
    let trees: Vec<TokenTree> = stream.clone().into_iter().collect();
    let mut found = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Group(group) => found.extend(abrupt_calls(&group.stream())),
            TokenTree::Ident(word) => {
                let before = at.checked_sub(1).and_then(|at| trees.get(at));
                if is_abrupt(&word.to_string(), before, trees.get(at + 1)) {
                    found.push((word.span().start().line, word.to_string()));
                }
            }
            _ => {}
        }
    }
    found
}

fn is_abrupt(word: &str, before: Option<&TokenTree>, after: Option<&TokenTree>) -> bool {
    match word {
        "unwrap" | "expect" | "unwrap_err" | "expect_err" => is_mark(before, '.') || is_mark(before, ':'),
        "panic" | "todo" | "unimplemented" | "dbg" => is_mark(after, '!'),
        _ => false,
    }
}

fn is_mark(tree: Option<&TokenTree>, mark: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

/// Notes about work that is not done.
pub(super) fn put_off(file: &Source) -> Vec<String> {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    lines_with(file, |line| {
        let mut words = line.split(|letter: char| !letter.is_alphanumeric());
        words.find(|word| marks.contains(word)).map(|word| format!("`{word}`: do it now, or write an issue"))
    })
}

/// Absolute paths of one person's machine.
pub(super) fn machine_paths(file: &Source) -> Vec<String> {
    let roots = ["ro-ot", "wo-rk", "ho-me", "Us-ers"].map(|name| format!("/{}/", name.replace('-', "")));
    lines_with(file, |line| {
        let root = roots.iter().find(|root| starts_a_path(line, root))?;
        Some(format!("`{root}` is a path of one machine"))
    })
}

fn starts_a_path(line: &str, root: &str) -> bool {
    let inside = |letter: char| letter.is_alphanumeric() || letter == '.';
    line.match_indices(root).any(|(at, _)| !line.get(..at).unwrap_or("").ends_with(inside))
}

fn lines_with(file: &Source, complaint: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let lines = file.text.lines().enumerate();
    lines.filter_map(|(at, line)| Some(format!("{}:{}: {}", file.path, at + 1, complaint(line)?))).collect()
}

#[test]
fn a_name_that_says_nothing_is_seen() {
    let text = "struct DigestManager;\nfn load_data() {}\nmod utils {}\nenum Database { Info }\n\
                #[tokio::test]\nasync fn the_common_case() {}\nfn is_data_quality() {}\n";
    let file = Source::written("src/mail/a.rs", text);
    let expected = ["1: `DigestManager`", "2: `load_data`", "3: `utils`"];
    assert_eq!(empty_names(&file), expected.map(|what| format!("src/mail/a.rs:{what} says nothing")));
}

#[test]
fn a_file_name_that_says_nothing_is_seen() {
    let bad = Source::written("src/mail/smtp_helpers.rs", "");
    assert_eq!(empty_file_name(&bad), ["src/mail/smtp_helpers.rs: `helper` says nothing"]);
    let unit = Source::written("config/systemd/quarterdeck.service", "");
    assert_eq!(empty_file_name(&unit), Vec::<String>::new());
}

#[test]
fn a_call_that_ends_the_program_is_seen_outside_tests_only() {
    let text = "fn a() {\n    b().unwrap();\n    format!(\"{}\", c().expect(\"c\"));\n    panic!();\n}\n\
                #[expect(lint)]\nfn d() { e().unwrap_or(1); }\n\
                #[cfg(test)]\nmod tests { fn f() { g().unwrap(); } }\n";
    let file = Source::written("src/store/a.rs", text);
    let expected = ["2: `unwrap`", "3: `expect`", "4: `panic`"];
    assert_eq!(giving_up(&file), expected.map(|what| format!("src/store/a.rs:{what} ends the program")));
}

#[test]
fn work_put_off_is_seen() {
    let file = Source::written("src/a.rs", concat!("fn a() {}\n// TO", "DO: later\n"));
    let expected = concat!("src/a.rs:2: `TO", "DO`: do it now, or write an issue");
    assert_eq!(put_off(&file), [expected]);
}

#[test]
fn a_path_of_one_machine_is_seen() {
    let file = Source::written("README.md", concat!("cd /ro", "ot/x\ncd src/ho", "me/y\n"));
    let expected = concat!("README.md:1: `/ro", "ot/` is a path of one machine");
    assert_eq!(machine_paths(&file), [expected]);
}
