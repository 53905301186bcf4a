//! The gate before the wall: says in words why a query will not be run.
//!
//! The wall is the rest: a private copy in memory, external access off, a read-only transaction, a child
//! under limits. "It is a SELECT" protects nothing in DuckDB 2.0, where a SELECT may hold a COPY or a DELETE.

use std::collections::BTreeSet;

use duckdb::{Connection, params};
use serde_json::{Map, Value};

/// What is said of a query that was right, and too large.
pub const TOO_MUCH_MEMORY: &str = "it needs more memory than a query may use";

const QUERY_BYTES_MAX: usize = 100_000;

/// Functions of tables that read nothing but their arguments.
const TABLE_FUNCTIONS: [&str; 3] = ["range", "generate_series", "unnest"];

/// Functions that tell of the process, change it, or cannot be stopped once they run.
const REFUSED_FUNCTIONS: [&str; 12] = [
    "current_setting",
    "currval",
    "damerau_levenshtein",
    "editdist3",
    "error",
    "json_execute_serialized_sql",
    "levenshtein",
    "nextval",
    "setval",
    "sleep_ms",
    "test_vector_types",
    "write_log",
];

const QUERY_NODES: [&str; 4] = ["SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"];

/// Parts of a query that hold no name of their own.
const PLAIN_PARTS: [&str; 12] = [
    "SUBQUERY",
    "JOIN",
    "EXPRESSION_LIST",
    "EMPTY",
    "PIVOT",
    "LIMIT_MODIFIER",
    "LIMIT_PERCENT_MODIFIER",
    "ORDER_MODIFIER",
    "DISTINCT_MODIFIER",
    "ASCENDING",
    "DESCENDING",
    "ORDER_DEFAULT",
];

/// What a query may read; every name in lower case.
#[derive(Clone, Debug, Default)]
pub struct Readable {
    /// Tables, views, and table macros with `()` behind them.
    pub names: BTreeSet<String>,
    /// The views that whoever asks for something else is told of.
    pub offered: BTreeSet<String>,
}

impl Readable {
    /// What whoever asks for something else is told of: the views, and only where there are none the rest.
    fn offered(&self) -> &BTreeSet<String> {
        if self.offered.is_empty() { &self.names } else { &self.offered }
    }
}

/// Whether `sql` is one SELECT over what is `readable` and nothing else.
///
/// The text is bound as a value and parsed; nothing of it is run.
///
/// # Errors
/// In words, with line and column, naming what is refused.
pub fn gate(connection: &Connection, sql: &str, readable: &Readable) -> Result<(), String> {
    if sql.len() > QUERY_BYTES_MAX {
        return Err(format!("the query has {} bytes, more than {QUERY_BYTES_MAX}", sql.len()));
    }
    let tree: String = connection
        .query_row("SELECT json_serialize_sql(?::VARCHAR)::VARCHAR", params![sql], |row| row.get(0))
        .map_err(|error| in_words(&error.to_string(), sql))?;
    let tree: Value = serde_json::from_str(&tree)
        .map_err(|_| "an expression is nested too deeply to be checked; split it up with WITH".to_owned())?;
    if tree.get("error") == Some(&Value::Bool(true)) {
        return Err(not_a_select(&tree, sql));
    }
    match tree.get("statements").and_then(Value::as_array).map(Vec::as_slice) {
        Some([statement]) => Walk { sql, readable }.value(statement, &[]),
        Some([]) | None => Err("there is no query in it; write one SELECT".to_owned()),
        Some(many) => Err(format!("there are {} statements in it; only one SELECT is run", many.len())),
    }
}

fn not_a_select(tree: &Value, sql: &str) -> String {
    if tree.get("error_type").and_then(Value::as_str) == Some("not implemented") {
        return match first_word(sql).to_uppercase().as_str() {
            "PIVOT" => "a PIVOT needs its IN list, and nothing may stand beside it".to_owned(),
            "SELECT" | "WITH" | "FROM" | "VALUES" | "" => {
                "there is something beside a SELECT in it; only one SELECT is run".to_owned()
            }
            verb => format!("{verb} is not allowed; only one SELECT is run"),
        };
    }
    let message = tree.get("error_message").and_then(Value::as_str).unwrap_or("cannot be parsed");
    let position = tree.get("position").and_then(Value::as_str).and_then(|text| text.parse().ok());
    format!("{}{}", place(sql, position), one_line(message))
}

fn first_word(sql: &str) -> &str {
    let start = sql.trim_start();
    let rest = match (start.strip_prefix("--"), start.strip_prefix("/*")) {
        (Some(comment), _) => comment.split_once('\n'),
        (_, Some(comment)) => comment.split_once("*/"),
        (None, None) => return start.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default(),
    };
    rest.map_or("", |(_, rest)| first_word(rest))
}

/// DuckDB's error in words: it comes as JSON after the kind of error.
pub(super) fn in_words(error: &str, sql: &str) -> String {
    let parsed = error.find('{').and_then(|start| serde_json::from_str::<Value>(error.get(start..)?).ok());
    let Some(parsed) = parsed else { return one_line(error) };
    let message = match parsed.get("exception_type").and_then(Value::as_str) {
        Some("Out of Memory") => TOO_MUCH_MEMORY,
        _ => parsed.get("exception_message").and_then(Value::as_str).unwrap_or(error),
    };
    let position = parsed.get("position").and_then(Value::as_str).and_then(|text| text.parse().ok());
    format!("{}{}", place(sql, position), one_line(message))
}

/// `line 2, column 8: `, or nothing when the place is not in `sql`.
fn place(sql: &str, position: Option<usize>) -> String {
    let Some(before) = position.and_then(|position| sql.get(..position)) else { return String::new() };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: ")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Walk<'a> {
    sql: &'a str,
    readable: &'a Readable,
}

impl Walk<'_> {
    fn value(&self, value: &Value, named: &[String]) -> Result<(), String> {
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.value(item, named)),
            Value::Object(part) => self.part(part, named),
            _ => Ok(()),
        }
    }

    fn part(&self, part: &Map<String, Value>, named: &[String]) -> Result<(), String> {
        let mut named = named.to_vec();
        named.extend(names_given(part));
        if let Some(kind) = text(part, "type") {
            match text(part, "class") {
                Some(class) => self.expression(class, part)?,
                None => self.source(kind, part, &named)?,
            }
        }
        part.values().try_for_each(|child| self.value(child, &named))
    }

    fn expression(&self, class: &str, part: &Map<String, Value>) -> Result<(), String> {
        if class == "PARAMETER" {
            return self.refuse(part, "a `?` or `$` parameter has no value here; use getvariable('..')");
        }
        let function = text(part, "function_name").unwrap_or_default().to_lowercase();
        if REFUSED_FUNCTIONS.contains(&function.as_str()) {
            return self.refuse(part, &format!("the function `{function}` is not allowed"));
        }
        Ok(())
    }

    /// Everything that is not an expression: unknown kinds are refused, so that a new engine adds no hole.
    fn source(&self, kind: &str, part: &Map<String, Value>, named: &[String]) -> Result<(), String> {
        match kind {
            "BASE_TABLE" => self.table(part, named),
            "TABLE_FUNCTION" => self.table_function(part),
            "SHOW_REF" => self
                .refuse(part, &format!("DESCRIBE, SHOW and SUMMARIZE are not allowed; {}", self.offered())),
            _ if QUERY_NODES.contains(&kind) || PLAIN_PARTS.contains(&kind) => Ok(()),
            _ if kind.ends_with("_TYPE_INFO") => Ok(()),
            _ => match kind.strip_suffix("_QUERY_NODE") {
                Some(verb) => self.refuse(part, &format!("{verb} is not allowed; only SELECT is")),
                None => self.refuse(part, &format!("`{kind}` is not allowed in a query")),
            },
        }
    }

    fn table(&self, part: &Map<String, Value>, named: &[String]) -> Result<(), String> {
        let name = text(part, "table_name").unwrap_or_default();
        let qualified =
            ["schema_name", "catalog_name"].iter().any(|key| text(part, key).is_some_and(|t| !t.is_empty()));
        if qualified {
            let words = if self.readable.names.contains(&name.to_lowercase()) {
                format!("write `{name}` alone, without database and schema")
            } else {
                format!("`{name}` of another schema is nothing that a query may read; {}", self.offered())
            };
            return self.refuse(part, &words);
        }
        let plain = name.to_lowercase();
        if self.readable.names.contains(&plain) || named.contains(&plain) {
            return Ok(());
        }
        let nearest = self
            .readable
            .offered()
            .iter()
            .map(|known| (strsim::jaro_winkler(known, &plain), known))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|one, other| one.0.total_cmp(&other.0));
        let hint = nearest.map(|(_, known)| format!("; did you mean `{known}`?")).unwrap_or_default();
        let offered = self.offered();
        self.refuse(part, &format!("`{name}` is not one of the views that a query may read; {offered}{hint}"))
    }

    /// The views, for whoever asked for another one.
    fn offered(&self) -> String {
        let views: Vec<&str> = self.readable.offered().iter().map(String::as_str).collect();
        format!("there are {}", views.join(", "))
    }

    fn table_function(&self, part: &Map<String, Value>) -> Result<(), String> {
        let function = part.get("function").and_then(Value::as_object);
        let name =
            function.and_then(|function| text(function, "function_name")).unwrap_or_default().to_lowercase();
        if TABLE_FUNCTIONS.contains(&name.as_str()) || self.readable.names.contains(&format!("{name}()")) {
            return Ok(());
        }
        self.refuse(part, &format!("the function `{name}` may not be read from"))
    }

    fn refuse(&self, part: &Map<String, Value>, words: &str) -> Result<(), String> {
        let position =
            part.get("query_location").and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok());
        Err(format!("{}{words}", place(self.sql, position)))
    }
}

/// The names that a query gives to its parts by WITH; they hold for it and all inside it.
fn names_given(part: &Map<String, Value>) -> Vec<String> {
    let with = part.get("cte_map").and_then(|map| map.get("map")).and_then(Value::as_array);
    let keys = with.into_iter().flatten().filter_map(|entry| entry.get("key")?.as_str());
    keys.chain(text(part, "cte_name")).map(str::to_lowercase).collect()
}

fn text<'a>(part: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    part.get(key).and_then(Value::as_str)
}
