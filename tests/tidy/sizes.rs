//! How long files, functions and lines may be, and how long they are.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::source::Source;

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_CHARS_MAX: usize = 110;

/// A file that is too long.
pub(super) fn long_file(file: &Source) -> Vec<String> {
    let lines = file.text.lines().count();
    let long = (lines > FILE_LINES_MAX).then(|| format!("{}: {lines} lines, at most 500", file.path));
    long.into_iter().collect()
}

/// Functions that are too long, from signature to closing brace.
pub(super) fn long_functions(file: &Source) -> Vec<String> {
    let long = functions(file).into_iter().filter(|function| function.lines > FUNCTION_LINES_MAX);
    long.map(|function| format!("{}: {} lines, at most 70", function.place, function.lines)).collect()
}

/// Lines that are too long, in characters. In tests the expected texts are not counted.
pub(super) fn long_lines(file: &Source) -> Vec<String> {
    let tests = if file.path.starts_with("tests/") { vec![0..=usize::MAX] } else { file.test_lines() };
    let lines = file.text.lines().enumerate().map(|(at, text)| (at + 1, text));
    let measured = lines.map(|(line, text)| {
        let in_tests = tests.iter().any(|range| range.contains(&line));
        (line, if in_tests { without_texts(text) } else { text.chars().count() })
    });
    measured
        .filter(|(_, chars)| *chars > LINE_CHARS_MAX)
        .map(|(line, chars)| format!("{}:{line}: {chars} characters, at most 110", file.path))
        .collect()
}

/// The characters of a line outside double quotes; a quote opened on the line runs to its end.
fn without_texts(line: &str) -> usize {
    let parts = line.replace("\\\"", "");
    parts.split('"').step_by(2).map(|part| part.chars().count()).sum()
}

/// Median and largest file and function of these files.
pub(super) fn figures(files: &[Source]) -> String {
    let file_sizes = files.iter().map(|file| (file.text.lines().count(), file.path.clone())).collect();
    let in_src = files.iter().flat_map(functions).filter(|function| !function.is_test);
    let function_sizes = in_src.map(|function| (function.lines, function.place)).collect();
    [summary("file", file_sizes), summary("function", function_sizes)].join("\n")
}

fn summary(what: &str, mut sizes: Vec<(usize, String)>) -> String {
    sizes.sort();
    let median = sizes.get(sizes.len() / 2).map_or(0, |(lines, _)| *lines);
    let Some((lines, name)) = sizes.last() else { return format!("no {what}") };
    format!("median {what} {median} lines of {} {what}s; largest {what} {lines} lines ({name})", sizes.len())
}

struct Function {
    place: String,
    lines: usize,
    is_test: bool,
}

fn functions(file: &Source) -> Vec<Function> {
    let tests = file.test_lines();
    let mut found = Spans::default();
    found.visit_file(&file.parsed());
    let measured = found.spans.into_iter().map(|(name, first, last)| Function {
        place: format!("{}:{first}: fn {name}", file.path),
        lines: last - first + 1,
        is_test: tests.iter().any(|range| range.contains(&first)),
    });
    measured.collect()
}

#[derive(Default)]
struct Spans {
    spans: Vec<(String, usize, usize)>,
}

impl Spans {
    fn keep(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (first, last) = (signature.span().start().line, block.span().end().line);
        self.spans.push((signature.ident.to_string(), first, last));
    }
}

impl<'ast> Visit<'ast> for Spans {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.keep(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.keep(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.keep(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[test]
fn a_file_of_501_lines_is_too_long() {
    assert_eq!(long_file(&Source::written("src/a.rs", &"\n".repeat(500))), Vec::<String>::new());
    let long = Source::written("src/a.rs", &"\n".repeat(501));
    assert_eq!(long_file(&long), ["src/a.rs: 501 lines, at most 500"]);
}

#[test]
fn a_function_of_71_lines_is_too_long() {
    let of = |lines: usize| format!("struct A;\nimpl A {{\nfn a() {{\n{}}}\n}}", "\n".repeat(lines - 2));
    assert_eq!(long_functions(&Source::written("src/a.rs", &of(70))), Vec::<String>::new());
    let long = Source::written("src/a.rs", &of(71));
    assert_eq!(long_functions(&long), ["src/a.rs:3: fn a: 71 lines, at most 70"]);
}

#[test]
fn a_line_of_111_characters_is_too_long() {
    let text = format!("// {}\n// {}\n", "é".repeat(107), "é".repeat(108));
    let file = Source::written("src/a.rs", &text);
    assert_eq!(long_lines(&file), ["src/a.rs:2: 111 characters, at most 110"]);
}

#[test]
fn an_expected_text_may_be_longer_than_its_line() {
    let text = format!("const A: &str = \"{}\";\n// {}\n", "a".repeat(100), "b".repeat(108));
    let shown = Source::written("tests/config/a.rs", &text);
    assert_eq!(long_lines(&shown), ["tests/config/a.rs:2: 111 characters, at most 110"]);
    let code = Source::written("src/config/a.rs", &text);
    assert_eq!(long_lines(&code).len(), 2);
}

#[test]
fn the_figures_count_files_and_functions() {
    let files = [("src/a.rs", "fn a() {\n}\n"), ("src/b.rs", "fn b() {}\n"), ("src/c.rs", "\n\n\n\n")]
        .map(|(path, text)| Source::written(path, text));
    let expected = "median file 2 lines of 3 files; largest file 4 lines (src/c.rs)\n\
                    median function 2 lines of 2 functions; largest function 2 lines (src/a.rs:1: fn a)";
    assert_eq!(figures(&files), expected);
}
