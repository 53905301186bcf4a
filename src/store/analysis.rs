//! Asking the checks: variables set, views frozen, one SELECT each, rows turned into answers.

use chrono::{DateTime, NaiveDate, Utc};
use duckdb::{Connection, Row};
use serde_json::{Value, json};

use crate::domain::authority::AuthorityCode;
pub use crate::domain::check::CheckAnswer;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::store::check_file::{CheckFile, Variable};
use crate::store::open::Store;
use crate::store::refusal::StoreError;
use crate::store::schema;
use crate::store::shelf;
use crate::store::sql_words;

/// The columns that a check returns, in any order.
pub const COLUMNS: [&str; 10] =
    ["authority", "indicator", "quarter", "fires", "level", "effect", "p", "eligible", "reason", "detail"];

const USUAL: &str = include_str!("../../queries/digests/usual.sql");

/// What many checks stand on: computed once for a question and not once for each check.
const FROZEN: [&str; 11] = [
    "observations",
    "series",
    "held",
    "judged",
    "quality",
    "intervals",
    "xmr",
    "trend",
    "year_ago",
    "quartiles",
    "comparators",
];

macro_rules! check {
    ($name:literal) => {
        ($name, include_str!(concat!("../../queries/checks/", $name, ".sql")))
    };
}

const SHIPPED: [(&str, &str); 24] = [
    check!("carried-forward"),
    check!("cusum-drift"),
    check!("denominator-jump"),
    check!("history-revised"),
    check!("implausible-jump"),
    check!("neighbour-gap"),
    check!("numerator-over-denominator"),
    check!("ohid-recent-trend"),
    check!("peer-outlier"),
    check!("rank-slide"),
    check!("return-late"),
    check!("return-missing"),
    check!("same-quarter-last-year"),
    check!("spc-outside-limits"),
    check!("spc-shift"),
    check!("spc-trend"),
    check!("spc-two-of-three"),
    check!("suppressed-value"),
    check!("sustained-trend"),
    check!("target-approach"),
    check!("target-assurance"),
    check!("target-breach"),
    check!("unit-slip"),
    check!("value-mismatch"),
];

/// The checks that are embedded in the program.
///
/// # Errors
/// When a header is wrong, which a test excludes.
pub fn shipped() -> Result<Vec<CheckFile>, StoreError> {
    let read = |(name, text): (&str, &str)| {
        CheckFile::parse(name, text)
            .map_err(|words| StoreError::failed(format!("cannot read the shipped check `{name}`"), &words))
    };
    SHIPPED.into_iter().map(read).collect()
}

/// The statements that make the macros, and the views that `sql` stands on, in order, for a database that has
/// our tables.
#[must_use]
pub fn views_for(sql: &str) -> Vec<String> {
    let named = sql_words::read_by(sql);
    let macros = schema::macros().into_iter().map(str::to_owned);
    macros.chain(schema::making_views(|view| named.contains(view.name))).collect()
}

/// What `getvariable` answers in a check: `collection`, `quarter`, `as_of`, `known_on`.
#[must_use]
pub fn variables(
    collection: &str,
    quarter: Quarter,
    as_of: NaiveDate,
    known_on: DateTime<Utc>,
) -> Vec<(String, Variable)> {
    vec![
        ("collection".to_owned(), Variable::Text(collection.to_owned())),
        ("quarter".to_owned(), Variable::Integer(quarter.index().into())),
        ("as_of".to_owned(), Variable::Date(as_of)),
        ("known_on".to_owned(), Variable::Instant(known_on.naive_utc())),
    ]
}

/// A question to the views: which collection, which quarter, as of which day, known when.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The collection that is asked about.
    pub collection: String,
    /// The quarter that is asked about; later figures are invisible.
    pub quarter: Quarter,
    /// The day on which it is asked: what was due before it is overdue.
    pub as_of: NaiveDate,
    /// What was received later is invisible.
    pub known_on: DateTime<Utc>,
}

/// What several checks answered to one question.
#[derive(Debug)]
pub struct Asked {
    /// Of each check, in their order.
    pub answers: Vec<Result<Vec<CheckAnswer>, StoreError>>,
    /// The usual range of each figure that has one.
    pub usual: Vec<UsualRange>,
}

/// The usual range of one figure: the limits of its own chart, as far as its unit reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct UsualRange {
    /// Whose.
    pub authority: AuthorityCode,
    /// Of what.
    pub indicator: IndicatorId,
    /// The lower limit.
    pub lower: f64,
    /// The upper limit.
    pub upper: f64,
    /// The first quarter of the chart, where it began anew.
    pub since: Option<Quarter>,
}

fn usual_ranges(connection: &Connection) -> Result<Vec<UsualRange>, StoreError> {
    let mut statement = connection.prepare(USUAL)?;
    let mut rows = statement.query([])?;
    let mut ranges = Vec::new();
    while let Some(row) = rows.next()? {
        let (authority, indicator): (String, String) = (row.get(0)?, row.get(1)?);
        let named = AuthorityCode::parse(&authority).ok().zip(IndicatorId::parse(&indicator));
        let (lower, upper) = (row.get(2)?, row.get(3)?);
        let since = row.get::<_, Option<i32>>(4)?.map(Quarter::from_index);
        ranges.extend(named.map(|(authority, indicator)| UsualRange {
            authority,
            indicator,
            lower,
            upper,
            since,
        }));
    }
    Ok(ranges)
}

impl Store {
    /// Asks one check about one quarter of one collection.
    ///
    /// # Errors
    /// When the check does not run, or does not return what a check returns.
    pub fn ask(
        &self,
        check: &CheckFile,
        collection: &str,
        quarter: Quarter,
        as_of: NaiveDate,
        known_on: DateTime<Utc>,
    ) -> Result<Vec<CheckAnswer>, StoreError> {
        let question = Question { collection: collection.to_owned(), quarter, as_of, known_on };
        self.frozen(&question, &check.sql, |connection| answers(connection, check, quarter, Detail::OfAll))
    }

    /// Asks several checks the same question; the views are computed once. In the order of `checks`.
    ///
    /// Only answers that fire have a detail: nobody reads that of the others, which are most of them.
    ///
    /// # Errors
    /// When the views cannot be computed. Each check has its own result: one that fails stops no other.
    pub fn ask_all<'a>(
        &self,
        checks: impl IntoIterator<Item = &'a CheckFile>,
        question: &Question,
    ) -> Result<Asked, StoreError> {
        let checks: Vec<&CheckFile> = checks.into_iter().collect();
        let texts: Vec<&str> = checks.iter().map(|check| check.sql.as_str()).chain([USUAL]).collect();
        let alone = [("asked_only".to_owned(), Variable::Integer(1))];
        self.frozen(question, &texts.join("\n"), |connection| {
            set(connection, &alone)?;
            let each =
                checks.iter().map(|check| answers(connection, check, question.quarter, Detail::OfWhatFires));
            let answers = each.collect();
            reset(connection, &alone)?;
            Ok(Asked { answers, usual: usual_ranges(connection)? })
        })
    }

    /// Runs `work` while the views show what `question` may see; those that `sql` stands on are computed once
    /// and kept for the time, or for the next work on the same question while views are
    /// [shared](Self::share).
    ///
    /// Do not load anything in `work`: the views would not see it.
    ///
    /// # Errors
    /// Those of `work`, or when the views cannot be computed.
    pub fn frozen<T>(
        &self,
        question: &Question,
        sql: &str,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Question { collection, quarter, as_of, known_on } = question;
        let variables = variables(collection, *quarter, *as_of, *known_on);
        set(self.connection(), &variables)?;
        let done = self.computed(question, sql, work);
        // The first error tells more than what it leads to.
        let cleared = reset(self.connection(), &variables);
        done.and_then(|done| cleared.map(|()| done))
    }

    fn computed<T>(
        &self,
        question: &Question,
        sql: &str,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut views = self.shelf.take(self.connection(), question)?;
        let wanted = frozen_for(sql).map(|view| (view.name, frozen_statement(view)));
        let done =
            shelf::complete(self.connection(), &mut views, wanted).and_then(|()| work(self.connection()));
        // The first error tells more than what it leads to.
        let cleared = match &done {
            Ok(_) => self.shelf.put_back(self.connection(), question, views),
            Err(_) => shelf::clear(self.connection(), &views),
        };
        done.and_then(|done| cleared.map(|()| done))
    }
}

/// The statements that compute those of the frozen views that `sql` stands on, in order.
///
/// Views within views are planned as one query, and all of its joins hold their memory to the end.
#[must_use]
pub fn computed_for(sql: &str) -> Vec<String> {
    frozen_for(sql).map(frozen_statement).collect()
}

fn frozen_for(sql: &str) -> impl Iterator<Item = &'static schema::View> {
    let named = sql_words::stood_on(sql);
    let views = schema::VIEWS.iter().filter(|view| FROZEN.contains(&view.name));
    views.filter(move |view| named.contains(view.name))
}

/// The view as it was made: its text would be parsed for each question again.
fn frozen_statement(view: &schema::View) -> String {
    let name = view.name;
    format!("CREATE OR REPLACE TEMP TABLE {name} AS FROM main.{name}")
}

fn set(connection: &Connection, variables: &[(String, Variable)]) -> Result<(), StoreError> {
    let set = |(name, value): &(String, Variable)| format!("SET VARIABLE {name} = {};", value.literal());
    let statements: Vec<String> = variables.iter().map(set).collect();
    Ok(connection.execute_batch(&statements.concat())?)
}

fn reset(connection: &Connection, variables: &[(String, Variable)]) -> Result<(), StoreError> {
    let statements: Vec<String> =
        variables.iter().map(|(name, _)| format!("RESET VARIABLE {name};")).collect();
    Ok(connection.execute_batch(&statements.concat())?)
}

/// Which answers are read with their detail.
#[derive(Clone, Copy)]
enum Detail {
    OfAll,
    OfWhatFires,
}

fn answers(
    connection: &Connection,
    check: &CheckFile,
    quarter: Quarter,
    detail: Detail,
) -> Result<Vec<CheckAnswer>, StoreError> {
    set(connection, &check.parameters)?;
    let answered = rows(connection, check, quarter, detail);
    let cleared = reset(connection, &check.parameters);
    answered.and_then(|answers| cleared.map(|()| capped(answers, check)))
}

fn rows(
    connection: &Connection,
    check: &CheckFile,
    quarter: Quarter,
    detail: Detail,
) -> Result<Vec<CheckAnswer>, StoreError> {
    let detail = match detail {
        Detail::OfAll => "detail",
        Detail::OfWhatFires => "CASE WHEN CAST(fires AS BOOLEAN) THEN detail END",
    };
    let typed = format!(
        "SELECT CAST(authority AS VARCHAR), CAST(indicator AS VARCHAR), CAST(quarter AS INTEGER),
                CAST(fires AS BOOLEAN), CAST(level AS INTEGER),
                CASE WHEN isfinite(CAST(effect AS DOUBLE)) THEN CAST(effect AS DOUBLE) END,
                CASE WHEN isfinite(CAST(p AS DOUBLE)) THEN CAST(p AS DOUBLE) END,
                CAST(eligible AS BOOLEAN), CAST(reason AS VARCHAR), CAST({detail} AS VARCHAR)
           FROM (\n{}\n) AS answers
          ORDER BY 1, 2, 3",
        check.sql
    );
    let failed = |error: duckdb::Error| {
        let words = by_lines_of_the_file(&error.to_string(), check, &typed);
        StoreError::failed(format!("check `{}` does not run", check.name), &words)
    };
    let mut statement = connection.prepare(&typed).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut answers = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let answer = Said::read(row).map_err(failed)?.answer(quarter);
        let answer = answer.map_err(|words| StoreError::failed(format!("check `{}`", check.name), &words))?;
        answers.push(answer);
    }
    Ok(answers)
}

/// The engine tells a line of the statement; the person looks for it in the file.
fn by_lines_of_the_file(words: &str, check: &CheckFile, statement: &str) -> String {
    let before = statement.split(&check.sql).next().unwrap_or_default().matches('\n').count();
    let told = words.split_once("LINE ").and_then(|(head, rest)| {
        let (number, tail) = rest.split_once(':')?;
        let line = number.parse::<usize>().ok()?.checked_sub(before)?;
        Some(format!("{head}line {}:{tail}", line + check.lines_before))
    });
    told.unwrap_or_else(|| words.to_owned())
}

/// No answer has a higher level than its check's header says.
fn capped(mut answers: Vec<CheckAnswer>, check: &CheckFile) -> Vec<CheckAnswer> {
    for answer in &mut answers {
        answer.level = answer.level.min(check.severity);
    }
    answers
}

/// Turns the rows of a check that ran as a worker into answers; only those that fire have a detail. Missing
/// columns are an error.
///
/// # Errors
/// In words: a column that is missing, or a value that is not what the column holds.
pub fn answers_of(
    columns: &[&str],
    rows: &[Vec<Value>],
    check: &CheckFile,
    quarter: Quarter,
) -> Result<Vec<CheckAnswer>, String> {
    let mut places = Vec::new();
    for name in COLUMNS {
        let place = columns.iter().position(|column| *column == name);
        places.push(place.ok_or_else(|| format!("the check does not return the column `{name}`"))?);
    }
    let cell = |row: &[Value], column: usize| -> Value {
        places.get(column).and_then(|place| row.get(*place)).cloned().unwrap_or(Value::Null)
    };
    let read = |row: &Vec<Value>| {
        let number = |column| cell(row, column).as_f64();
        let text = |column| cell(row, column).as_str().map(str::to_owned);
        let fires = cell(row, 3).as_bool();
        let object = || cell(row, 9).is_object().then(|| cell(row, 9).to_string());
        Said {
            authority: text(0),
            indicator: text(1),
            quarter: cell(row, 2).as_i64().and_then(|index| i32::try_from(index).ok()),
            fires,
            level: cell(row, 4).as_i64(),
            effect: number(5),
            p: number(6),
            eligible: cell(row, 7).as_bool(),
            reason: text(8),
            detail: if fires == Some(true) { text(9).or_else(object) } else { None },
        }
        .answer(quarter)
    };
    rows.iter().map(read).collect::<Result<_, _>>().map(|answers| capped(answers, check))
}

/// A row as a check returned it, not yet trusted.
struct Said {
    authority: Option<String>,
    indicator: Option<String>,
    quarter: Option<i32>,
    fires: Option<bool>,
    level: Option<i64>,
    effect: Option<f64>,
    p: Option<f64>,
    eligible: Option<bool>,
    reason: Option<String>,
    detail: Option<String>,
}

impl Said {
    fn read(row: &Row<'_>) -> duckdb::Result<Self> {
        Ok(Self {
            authority: row.get(0)?,
            indicator: row.get(1)?,
            quarter: row.get(2)?,
            fires: row.get(3)?,
            level: row.get(4)?,
            effect: row.get(5)?,
            p: row.get(6)?,
            eligible: row.get(7)?,
            reason: row.get(8)?,
            detail: row.get(9)?,
        })
    }

    fn answer(self, quarter: Quarter) -> Result<CheckAnswer, String> {
        let authority = self.authority.ok_or("a row has no authority")?;
        let authority = AuthorityCode::parse(&authority).map_err(|error| error.to_string())?;
        let indicator = match self.indicator {
            Some(text) => {
                Some(IndicatorId::parse(&text).ok_or_else(|| format!("`{text}` is not an indicator"))?)
            }
            None => None,
        };
        if self.quarter != Some(quarter.index()) {
            return Err(format!(
                "a row is not about {quarter}; return `quarter = getvariable('quarter')` only"
            ));
        }
        let level = self.level.and_then(|level| u8::try_from(level).ok()).filter(|level| *level <= 3);
        let detail = self.detail.as_deref().map_or_else(|| Ok(json!({})), serde_json::from_str);
        Ok(CheckAnswer {
            authority,
            indicator,
            quarter,
            fires: self.fires.ok_or("`fires` is NULL in a row; return TRUE or FALSE")?,
            level: level.ok_or("`level` is not 0, 1, 2 or 3 in a row")?,
            effect: self.effect,
            p: self.p,
            eligible: self.eligible.ok_or("`eligible` is NULL in a row; return TRUE or FALSE")?,
            reason: self.reason,
            detail: detail.map_err(|error| format!("`detail` is not JSON: {error}"))?,
        })
    }
}
