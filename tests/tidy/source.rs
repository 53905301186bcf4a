//! The files of the house, and which of their lines are tests.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// One text file, by its path from the top of the house.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    /// A file that exists only in a test.
    pub(super) fn written(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(super) fn parsed(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }

    /// The first folder or file under `src`: `store`, `clock`, `main`.
    pub(super) fn room(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
    }

    /// The lines of items marked `#[cfg(test)]`, and of whole files of tests.
    pub(super) fn test_lines(&self) -> Vec<RangeInclusive<usize>> {
        let mut found = TestLines::default();
        found.visit_file(&self.parsed());
        if self.path.ends_with("/tests.rs") { vec![0..=usize::MAX] } else { found.ranges }
    }
}

#[derive(Default)]
struct TestLines {
    ranges: Vec<RangeInclusive<usize>>,
}

impl<'ast> Visit<'ast> for TestLines {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            syn::Item::Const(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if attributes.iter().any(is_cfg_test) {
            self.ranges.push(item.span().start().line..=item.span().end().line);
        } else {
            visit::visit_item(self, item);
        }
    }
}

fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
}

/// The Rust files under a folder.
pub(super) fn rust(folder: &str) -> Vec<Source> {
    under(folder)
        .into_iter()
        .filter(|file| Path::new(&file.path).extension() == Some("rs".as_ref()))
        .collect()
}

/// Every text file that people of the project wrote.
pub(super) fn texts() -> Vec<Source> {
    let folders =
        ["src", "tests", "queries", "config", ".ci", "findings"].iter().flat_map(|folder| under(folder));
    let written = |name: &String| !["Cargo.lock", ".git"].contains(&name.as_str());
    let files = top_level().into_iter().filter(|name| root().join(name).is_file() && written(name));
    folders.chain(files.filter_map(|name| read(&root().join(name)))).collect()
}

/// Every file under the four folders, by name only.
pub(super) fn everything() -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in ["src", "tests", "queries", "config"] {
        walk(&root().join(folder), &mut paths);
    }
    paths.iter().map(|path| Source::written(&from_top(path), "")).collect()
}

/// The names at the top of the house.
pub(super) fn top_level() -> Vec<String> {
    let entries = fs::read_dir(root()).expect("the top of the house can be listed");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The names that have no place at the top. `target` is Cargo's own, `quarterdeck-demo` the
/// demonstration's; git ignores both.
pub(super) fn top_level_strangers(names: &[String]) -> Vec<String> {
    const ALLOWED: [&str; 12] = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "config",
        "queries",
        "tests",
        "findings",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "target",
        "quarterdeck-demo",
    ];
    let stranger = |name: &&String| !name.starts_with('.') && !ALLOWED.contains(&name.as_str());
    names.iter().filter(stranger).cloned().collect()
}

/// The top of the house, wherever it stands.
pub(super) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn under(folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.iter().filter_map(|path| read(path)).collect()
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { walk(&path, into) } else { into.push(path) }
    }
}

/// None for what is not text: pictures, workbooks.
fn read(path: &Path) -> Option<Source> {
    let text = String::from_utf8(fs::read(path).ok()?).ok()?;
    Some(Source { path: from_top(path), text })
}

fn from_top(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

#[test]
fn a_stranger_at_the_top_is_seen() {
    let names = ["Cargo.toml", ".ci", "docs", "notes.txt"].map(str::to_owned);
    assert_eq!(top_level_strangers(&names), ["docs", "notes.txt"]);
}

#[test]
fn the_lines_of_tests_are_known() {
    let file = Source::written("src/read/x.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\n");
    assert_eq!(file.test_lines(), [2..=5]);
}
