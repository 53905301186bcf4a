//! What people decided, by the journal: support that was agreed, and where a chart begins anew.

use chrono::{DateTime, NaiveDate, Utc};
use duckdb::{Connection, Result, params};
use serde_json::Value;

use crate::domain::authority::AuthorityCode;
use crate::domain::finding::FindingKey;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;
use crate::domain::support::{Review, Support};
use crate::store::configured::day;
use crate::store::deeds;
use crate::store::journal::{Happened, Line};
use crate::store::moments;
use crate::store::returns::instant;

/// A new normal: the chart of a figure begins anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNormal {
    /// The finding for which it was decided.
    pub key: FindingKey,
    /// The quarter in which the chart begins.
    pub from: Quarter,
    /// Who decided it.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl NewNormal {
    /// Whether it is about the figure of a finding.
    #[must_use]
    pub fn is_of(&self, key: &FindingKey) -> bool {
        self.key.indicator.is_some()
            && (&self.key.collection, &self.key.authority, &self.key.indicator)
                == (&key.collection, &key.authority, &key.indicator)
    }
}

/// Every new normal that was accepted and not taken back, oldest first.
#[must_use]
pub fn new_normals(lines: &[Line]) -> Vec<NewNormal> {
    let standing = deeds::standing(lines).into_iter();
    standing.filter(|line| line.event == Happened::Accepted).filter_map(new_normal).collect()
}

fn new_normal(line: &Line) -> Option<NewNormal> {
    Some(NewNormal {
        key: moments::key(&line.detail)?,
        from: Quarter::parse(text(&line.detail, "from")?).ok()?,
        by: text(&line.detail, "by")?.to_owned(),
        reason: text(&line.detail, "reason")?.to_owned(),
    })
}

/// A figure that somebody confirmed, as it stood then.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmation {
    /// The finding for which it was confirmed.
    pub key: FindingKey,
    /// The quarter of the figure.
    pub quarter: Quarter,
    /// What was counted.
    pub numerator: Option<f64>,
    /// Out of what.
    pub denominator: Option<f64>,
    /// The value.
    pub value: Option<f64>,
    /// Who confirmed it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// So far apart two texts of one number may lie, relative to it.
const SAME_NUMBER: f64 = 1e-9;

impl Confirmation {
    /// Whether it is about the figure of a finding.
    #[must_use]
    pub fn is_of(&self, key: &FindingKey) -> bool {
        self.key.indicator.is_some()
            && (&self.key.collection, &self.key.authority, &self.key.indicator)
                == (&key.collection, &key.authority, &key.indicator)
    }

    /// Whether the figure that the detail of an answer tells is the one that was confirmed.
    #[must_use]
    pub fn holds_for(&self, detail: &Value) -> bool {
        let same = |name: &str, then: Option<f64>| match (detail.get(name).and_then(Value::as_f64), then) {
            (Some(now), Some(then)) => (now - then).abs() <= SAME_NUMBER * then.abs().max(1.0),
            (now, then) => now.is_none() && then.is_none(),
        };
        same("numerator", self.numerator)
            && same("denominator", self.denominator)
            && same("value", self.value)
    }
}

/// Every figure that was confirmed, where that was not taken back, oldest first.
#[must_use]
pub fn confirmations(lines: &[Line]) -> Vec<Confirmation> {
    let standing = deeds::standing(lines).into_iter();
    standing.filter(|line| line.event == Happened::Confirmed).filter_map(confirmation).collect()
}

fn confirmation(line: &Line) -> Option<Confirmation> {
    let number = |name: &str| line.detail.get(name).and_then(Value::as_f64);
    Some(Confirmation {
        key: moments::key(&line.detail)?,
        quarter: Quarter::parse(text(&line.detail, "quarter")?).ok()?,
        numerator: number("numerator"),
        denominator: number("denominator"),
        value: number("value"),
        by: text(&line.detail, "by")?.to_owned(),
        at: line.at,
        reason: text(&line.detail, "reason")?.to_owned(),
    })
}

/// All support that was ever agreed, oldest first, each with its reviews.
#[must_use]
pub fn supports(lines: &[Line]) -> Vec<Support> {
    let mut supports: Vec<Support> = Vec::new();
    for line in lines {
        match line.event {
            Happened::Supported => supports.extend(support(line)),
            Happened::Reviewed => {
                let of = supports.iter_mut().find(|one| one.id == line.subject);
                if let Some((support, review)) = of.zip(review(line)) {
                    support.reviews.push(review);
                }
            }
            _ => {}
        }
    }
    supports
}

fn support(line: &Line) -> Option<Support> {
    let key = moments::key(&line.detail)?;
    Some(Support {
        id: line.subject.clone(),
        finding: key.id(),
        key,
        quarter: Quarter::parse(text(&line.detail, "quarter")?).ok()?,
        what: text(&line.detail, "what")?.to_owned(),
        by: text(&line.detail, "by")?.to_owned(),
        from: text(&line.detail, "from").and_then(|code| AuthorityCode::parse(code).ok()),
        review: date(&line.detail, "review")?,
        at: line.at,
        reviews: Vec::new(),
    })
}

fn review(line: &Line) -> Option<Review> {
    Some(Review {
        at: line.at,
        by: text(&line.detail, "by")?.to_owned(),
        outcome: text(&line.detail, "outcome")?.to_owned(),
        again: date(&line.detail, "again"),
    })
}

fn text<'a>(detail: &'a Value, name: &str) -> Option<&'a str> {
    detail.get(name).and_then(Value::as_str)
}

fn date(detail: &Value, name: &str) -> Option<NaiveDate> {
    text(detail, name)?.parse().ok()
}

/// Writes what was decided into its tables, after the configuration. Call inside a transaction.
///
/// # Errors
/// When the database refuses; the transaction must then be rolled back.
pub fn replace(connection: &Connection, lines: &[Line]) -> Result<()> {
    for it in new_normals(lines) {
        let indicator = it.key.indicator.as_ref().map(IndicatorId::as_str);
        connection.execute(
            "INSERT INTO rebase_settings
             SELECT * FROM (VALUES ($1, $2, $3, $4::INTEGER, $5))
             EXCEPT SELECT * FROM rebase_settings",
            params![it.key.collection, it.key.authority.as_str(), indicator, it.from.index(), it.reason],
        )?;
    }
    replace_confirmed(connection, lines)?;
    connection.execute("DELETE FROM support_actions", [])?;
    let mut rows = connection.appender("support_actions")?;
    for it in supports(lines) {
        let ended = it.ended();
        rows.append_row(params![
            it.id,
            it.finding,
            it.key.check,
            it.key.collection,
            it.key.authority.as_str(),
            it.key.indicator.as_ref().map(IndicatorId::as_str),
            it.quarter.index(),
            it.what,
            it.by,
            it.from.as_ref().map(AuthorityCode::as_str),
            instant(it.at),
            it.next_review().map(day),
            ended.map(|review| instant(review.at)),
            ended.map(|review| review.by.clone()),
            ended.map(|review| review.outcome.clone()),
        ])?;
    }
    rows.flush()
}

fn replace_confirmed(connection: &Connection, lines: &[Line]) -> Result<()> {
    connection.execute("DELETE FROM confirmed_figures", [])?;
    let mut rows = connection.appender("confirmed_figures")?;
    for it in confirmations(lines) {
        rows.append_row(params![
            it.key.collection,
            it.key.authority.as_str(),
            it.key.indicator.as_ref().map(IndicatorId::as_str),
            it.quarter.index(),
            it.numerator,
            it.denominator,
            it.value,
            it.by,
            instant(it.at),
            it.reason,
        ])?;
    }
    rows.flush()
}
