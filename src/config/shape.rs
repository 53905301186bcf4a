//! The collecting walk: every key and value of one TOML file is held against the file's schema.
//!
//! serde stops at its first error. This walk does not: it reports every syntax error, unknown key, missing
//! key and bad value with its place, takes out what is bad, and lets serde read what is left. An element of
//! a list that is bad is left out whole, so that nothing is reported twice; its name stays known, so that
//! those who refer to it are not blamed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::config::expected::{expected, fits};
use crate::config::problem::{Problem, Text, nearest, one_of};
use crate::config::sample;
use crate::domain::authority::AuthorityCode;

/// Names, each with what an authority is called.
type Labels = BTreeMap<String, Option<String>>;

/// What could be read of one file.
#[derive(Debug)]
pub struct Read<T> {
    /// The file, for the places of further problems.
    pub text: Text,
    /// What was typed, without what was bad. None when nothing can be said about the file.
    pub value: Option<T>,
    names: BTreeMap<String, Labels>,
}

impl<T> Read<T> {
    /// A file that could not be read at all.
    #[must_use]
    pub fn nothing(text: Text) -> Self {
        Self { text, value: None, names: BTreeMap::new() }
    }

    /// The names of the elements of a top-level list, also of the bad ones.
    #[must_use]
    pub fn names(&self, list: &str) -> Names {
        Names(self.value.as_ref().map(|_| self.names.get(list).cloned().unwrap_or_default()))
    }
}

/// Names that may be referred to. When their file could not be read, every name is let through.
#[derive(Clone, Debug)]
pub struct Names(Option<Labels>);

impl Names {
    /// Known names.
    #[must_use]
    pub fn of(names: BTreeSet<String>) -> Self {
        Self(Some(names.into_iter().map(|name| (name, None)).collect()))
    }

    /// Whether `typed` is a name, or may be one.
    #[must_use]
    pub fn knows(&self, typed: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.contains_key(typed))
    }

    /// The names as `` `a`, `b` or `c` ``.
    #[must_use]
    pub fn listed(&self) -> String {
        let names = self.0.iter().flatten().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        one_of(&names)
    }

    /// A hint for a name that is not known.
    ///
    /// Codes lie beside each other: one that differs in a digit is another authority's. Only two digits that
    /// changed places are taken for a slip.
    #[must_use]
    pub fn hint(&self, typed: &str) -> String {
        let Some(names) = &self.0 else { return String::new() };
        let is_code = AuthorityCode::parse(typed).is_ok() && names.values().any(Option::is_some);
        let may_be_meant = |name: &&str| !is_code || have_swapped(typed, name);
        match nearest(typed, names.keys().map(String::as_str).filter(may_be_meant)) {
            Some(name) => match names.get(name).and_then(Option::as_ref) {
                Some(label) => format!("; did you mean `{name}` ({label})?"),
                None => format!("; did you mean `{name}`?"),
            },
            None if is_code => "; authorities.toml has none with this code".to_owned(),
            None => String::new(),
        }
    }
}

/// Reads one file, and adds every problem of its syntax and shape to `problems`.
pub fn read<T: DeserializeOwned + JsonSchema>(
    text: Text,
    schema: &Value,
    problems: &mut Vec<Problem>,
) -> Read<T> {
    let (mut root, errors) = DeTable::parse_recoverable(&text.content);
    let names = names_of(root.get_ref());
    let mut walk = Walk { text: &text, root: schema, errors: Vec::new(), problems };
    for error in errors {
        let span = error.span().unwrap_or_default();
        walk.errors.push((span, error.message().to_owned()));
    }
    walk.root_table(root.get_mut());
    walk.report_syntax();
    let value = match T::deserialize(toml::de::Deserializer::from(root)) {
        Ok(value) => Some(value),
        Err(error) => {
            let sentence = error.message().replace('\n', "; ");
            problems.push(text.problem(&error.span().unwrap_or_default(), sentence));
            None
        }
    };
    Read { text, value, names }
}

fn names_of(root: &DeTable<'_>) -> BTreeMap<String, Labels> {
    let lists = root.iter().filter_map(|(key, value)| Some((key, value.get_ref().as_array()?)));
    lists
        .map(|(key, list)| {
            let tables = list.iter().filter_map(|element| element.get_ref().as_table());
            let called = |table| Some((name_of(table)?, label_of(table)));
            (key.get_ref().to_string(), tables.filter_map(called).collect())
        })
        .collect()
}

/// What a code stands for: nobody knows codes by heart.
fn label_of(table: &DeTable<'_>) -> Option<String> {
    table.get("code").and_then(|_| Some(table.get("name")?.get_ref().as_str()?.to_owned()))
}

/// What an element of a list is called: the first of these keys that holds a text.
fn name_of(table: &DeTable<'_>) -> Option<String> {
    ["id", "code", "name", "indicator", "version", "text", "party", "first"]
        .iter()
        .find_map(|key| Some(table.get(*key)?.get_ref().as_str()?.to_owned()))
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Sound,
    Bad,
}

struct Walk<'a> {
    text: &'a Text,
    root: &'a Value,
    /// Syntax errors that no value was blamed for yet.
    errors: Vec<(Range<usize>, String)>,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Walk<'a> {
    fn root_table(&mut self, table: &mut DeTable<'_>) {
        let torn = !self.errors.is_empty();
        let meant = self.unknown_keys(table, self.root, "");
        for (key, schema) in properties(self.root) {
            let Some(value) = table.get_mut(key.as_str()) else {
                if is_required(self.root, key) && !torn && !meant.contains(key) {
                    self.missing(&(0..0), "", key, schema);
                }
                continue;
            };
            if self.root_value(value, schema, key) == Verdict::Bad {
                table.remove(key.as_str());
            }
        }
    }

    /// A bad element of a list at the top is left out, and the rest of the list stays.
    fn root_value(&mut self, value: &mut Spanned<DeValue<'_>>, schema: &'a Value, key: &str) -> Verdict {
        let schema = self.resolve(schema);
        let Some(items) = schema.get("items") else { return self.value(value, schema, key, "") };
        let DeValue::Array(list) = value.get_mut() else { return self.value(value, schema, key, "") };
        let mut kept = DeArray::new();
        let typed = std::mem::replace(list, DeArray::new());
        for (index, mut element) in typed.iter().cloned().enumerate() {
            let label = label(key, &element, index);
            if self.element(&mut element, items, key, "", &label) == Verdict::Sound {
                kept.push(element);
            }
        }
        *list = kept;
        Verdict::Sound
    }

    fn value(&mut self, value: &mut Spanned<DeValue<'_>>, schema: &'a Value, key: &str, at: &str) -> Verdict {
        let schema = self.resolve(schema);
        let span = value.span();
        if let Some(index) = self.errors.iter().position(|(error, _)| overlap(error, &span)) {
            let (_, message) = self.errors.swap_remove(index);
            return self.bad_syntax(&span, &message, key, at);
        }
        match (value.get_mut(), schema.get("items")) {
            (DeValue::Table(table), _) if schema.get("properties").is_some() => {
                self.table(table, schema, &span, &join(at, key))
            }
            (DeValue::Array(list), Some(items)) => {
                let mut verdict = Verdict::Sound;
                for (index, element) in list.iter_mut().enumerate() {
                    let label = label(key, element, index);
                    verdict = verdict.max(self.element(element, items, key, at, &label));
                }
                verdict
            }
            (typed, _) if fits(typed, schema) => Verdict::Sound,
            (typed, _) => {
                let hint = expected(typed, schema);
                self.bad_value(&span, &hint, key, at)
            }
        }
    }

    fn element(
        &mut self,
        element: &mut Spanned<DeValue<'_>>,
        items: &'a Value,
        key: &str,
        at: &str,
        label: &str,
    ) -> Verdict {
        let schema = self.resolve(items);
        let span = element.span();
        match element.get_mut() {
            DeValue::Table(table) if schema.get("properties").is_some() => {
                self.table(table, schema, &span, &join(at, label))
            }
            _ => self.value(element, schema, key, at),
        }
    }

    fn table(
        &mut self,
        table: &mut DeTable<'_>,
        schema: &'a Value,
        span: &Range<usize>,
        at: &str,
    ) -> Verdict {
        let torn = self.errors.iter().any(|(error, _)| error.start >= span.start);
        let meant = self.unknown_keys(table, schema, at);
        let mut verdict = if meant.is_empty() { Verdict::Sound } else { Verdict::Bad };
        for (key, sub) in properties(schema) {
            match table.get_mut(key.as_str()) {
                Some(value) => verdict = verdict.max(self.value(value, sub, key, at)),
                None if is_required(schema, key) => {
                    verdict = Verdict::Bad;
                    if !torn && !meant.contains(key) {
                        self.missing(span, at, key, sub);
                    }
                }
                None => {}
            }
        }
        verdict
    }

    /// Reports and takes out unknown keys; returns the absent keys that were probably meant.
    fn unknown_keys(&mut self, table: &mut DeTable<'_>, schema: &Value, at: &str) -> BTreeSet<String> {
        let known: Vec<&str> = properties(schema).map(|(key, _)| key.as_str()).collect();
        let mut meant = BTreeSet::new();
        let mut unknown = Vec::new();
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let typed = key.get_ref().as_ref();
            let near = nearest(typed, known.iter().copied());
            let file = format!("{typed}_file");
            let meant_key = known.iter().find(|key| **key == file).copied().or(near);
            meant.extend(meant_key.filter(|key| !table.contains_key(*key)).map(str::to_owned));
            let hint = match (near, is_secret(typed)) {
                (_, true) => format!(
                    "; a secret is never written into the configuration: put it into a file that only the \
                     daemon can read, and give the file's path as `{typed}_file`"
                ),
                (Some(near), false) => format!("; did you mean `{near}`?"),
                (None, false) => format!("; the keys here are {}", one_of(&known)),
            };
            self.report(&key.span(), at, &format!("unknown key `{typed}`{hint}"));
            unknown.push(typed.to_owned());
        }
        for key in unknown {
            table.remove(key.as_str());
        }
        meant
    }

    /// A value that is not TOML, such as a date that does not exist.
    fn bad_syntax(&mut self, value: &Range<usize>, message: &str, key: &str, at: &str) -> Verdict {
        let rest = self.text.content.get(value.start..).unwrap_or_default();
        let end = rest.find(['\n', '#']).unwrap_or(rest.len());
        let quoted = self.text.quote(&(value.start..value.start + end));
        let why = message.replace('\n', "; ");
        self.report(value, at, &format!("`{key} = {quoted}`: {why}"));
        Verdict::Bad
    }

    fn bad_value(&mut self, span: &Range<usize>, expected: &str, key: &str, at: &str) -> Verdict {
        let quoted = self.text.quote(span);
        self.report(span, at, &format!("`{key} = {quoted}`: expected {expected}"));
        Verdict::Bad
    }

    fn missing(&mut self, span: &Range<usize>, at: &str, key: &str, schema: &Value) {
        let says = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let says = says.split_whitespace().collect::<Vec<_>>().join(" ");
        let says = says.split(". ").next().unwrap_or_default().trim_end_matches('.');
        let such_as =
            sample::line(at, key).map_or_else(String::new, |line| format!("; write it, such as `{line}`"));
        self.report(span, at, &format!("`{key}` is missing: {}{such_as}", lower_first(says)));
    }

    fn report_syntax(&mut self) {
        for (span, message) in std::mem::take(&mut self.errors) {
            self.problems.push(self.text.problem(&span, message.replace('\n', "; ")));
        }
    }

    fn report(&mut self, span: &Range<usize>, at: &str, sentence: &str) {
        self.problems.push(self.text.problem(span, join(at, sentence)));
    }

    /// Follows `$ref`, and takes the schema out of its "or null".
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let inner = schema.get("anyOf").and_then(Value::as_array).and_then(|either| either.first());
        let schema = inner.unwrap_or(schema);
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/$defs/"));
        let target = name.and_then(|name| self.root.get("$defs")?.get(name));
        target.unwrap_or(schema)
    }
}

/// Whether two neighbouring letters changed places.
fn have_swapped(one: &str, other: &str) -> bool {
    strsim::damerau_levenshtein(one, other) == 1 && strsim::levenshtein(one, other) == 2
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn is_required(schema: &Value, key: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|keys| keys.iter().any(|required| required == key))
}

fn is_secret(key: &str) -> bool {
    let last = key.rsplit(['_', '-']).next().unwrap_or(key);
    ["password", "passwd", "pwd", "token", "key", "apikey", "secret"].contains(&last)
}

fn label(key: &str, element: &Spanned<DeValue<'_>>, index: usize) -> String {
    match element.get_ref().as_table().and_then(name_of) {
        Some(name) => format!("{key} `{name}`"),
        None => format!("{key} {}", index + 1),
    }
}

fn join(at: &str, more: &str) -> String {
    if at.is_empty() { more.to_owned() } else { format!("{at}: {more}") }
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end.max(one.start + 1)
}

fn lower_first(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
