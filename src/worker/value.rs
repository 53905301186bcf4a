//! DuckDB's values as JSON, exactly, without a panic for any of them.

use chrono::{DateTime, Days, NaiveDate, NaiveTime};
use duckdb::arrow::datatypes::DataType;
use duckdb::types::{TimeUnit, Value as Cell, ValueRef};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

const MICROS_A_SECOND: i64 = 1_000_000;

/// What the values of a column are, and how JSON shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// A number; a string of digits where 64 bits do not hold it.
    Integer,
    /// A number; `"nan"`, `"inf"` or `"-inf"` where it is none.
    Real,
    /// A string of digits, exact.
    Decimal,
    /// `"2017-09-30"`; `"infinity"` where it is none.
    Date,
    /// `"2017-11-17T08:00:00"`, UTC, with a fraction of a second where there is one.
    Instant,
    /// A string.
    Text,
    /// Anything else: a list, a structure, a time, an interval; bytes as hexadecimal.
    Other,
}

/// The kind of a result's column.
pub(super) fn kind_of(column: &DataType) -> Kind {
    match column {
        DataType::Boolean => Kind::Boolean,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Kind::Real,
        // HUGEINT, which sums of whole numbers are, travels as this.
        DataType::Decimal128(38, 0) => Kind::Integer,
        DataType::Decimal128(..) | DataType::Decimal256(..) => Kind::Decimal,
        DataType::Date32 | DataType::Date64 => Kind::Date,
        DataType::Timestamp(..) => Kind::Instant,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => Kind::Text,
        other if other.is_integer() => Kind::Integer,
        _ => Kind::Other,
    }
}

/// A value of a row.
pub(super) fn json_of(value: ValueRef<'_>) -> Value {
    match value {
        // The crate's own conversion panics on text that is not UTF-8.
        ValueRef::Text(bytes) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
        other => owned(other.to_owned()),
    }
}

fn owned(cell: Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Boolean(truth) => Value::Bool(truth),
        Cell::TinyInt(number) => number.into(),
        Cell::SmallInt(number) => number.into(),
        Cell::Int(number) => number.into(),
        Cell::BigInt(number) => number.into(),
        Cell::UTinyInt(number) => number.into(),
        Cell::USmallInt(number) => number.into(),
        Cell::UInt(number) => number.into(),
        Cell::UBigInt(number) => number.into(),
        Cell::HugeInt(number) => i64::try_from(number).map_or_else(|_| number.to_string().into(), Into::into),
        Cell::UHugeInt(number) => {
            u64::try_from(number).map_or_else(|_| number.to_string().into(), Into::into)
        }
        Cell::Float(number) => real(number.to_string().parse().unwrap_or(f64::NAN)),
        Cell::Double(number) => real(number),
        Cell::Decimal(number) => number.to_string().into(),
        Cell::Text(text) | Cell::Enum(text) => text.into(),
        Cell::Blob(bytes) | Cell::Geometry(bytes) => hexadecimal(&bytes).into(),
        Cell::Date32(days) => date(days).into(),
        Cell::Timestamp(unit, count) => instant(unit, count).into(),
        Cell::Time64(unit, count) => time(unit, count).into(),
        Cell::Interval { months, days, nanos } => {
            format!("{months} months {days} days {} microseconds", nanos / 1000).into()
        }
        Cell::List(items) | Cell::Array(items) => items.into_iter().map(owned).collect(),
        Cell::Struct(fields) => fields
            .iter()
            .map(|(name, cell)| (name.clone(), owned(cell.clone())))
            .collect::<Map<_, _>>()
            .into(),
        Cell::Map(pairs) => pairs
            .iter()
            .map(|(key, cell)| Value::from(vec![owned(key.clone()), owned(cell.clone())]))
            .collect(),
        Cell::Union(cell) => owned(*cell),
        other => format!("{other:?}").into(),
    }
}

fn real(number: f64) -> Value {
    let words = || {
        if number.is_nan() {
            "nan"
        } else if number > 0.0 {
            "inf"
        } else {
            "-inf"
        }
    };
    Number::from_f64(number).map_or_else(|| Value::from(words()), Value::Number)
}

fn date(days: i32) -> String {
    let epoch = NaiveDate::from_epoch_days(0).unwrap_or_default();
    let away = Days::new(u64::from(days.unsigned_abs()));
    let found = if days < 0 { epoch.checked_sub_days(away) } else { epoch.checked_add_days(away) };
    match (days, found) {
        (i32::MAX, _) => "infinity".to_owned(),
        (-2_147_483_647, _) => "-infinity".to_owned(),
        (_, Some(date)) => date.to_string(),
        (_, None) => format!("{days} days from 1970-01-01"),
    }
}

fn instant(unit: TimeUnit, count: i64) -> String {
    let found = match unit {
        TimeUnit::Second => DateTime::from_timestamp(count, 0),
        TimeUnit::Millisecond => DateTime::from_timestamp_millis(count),
        TimeUnit::Microsecond => DateTime::from_timestamp_micros(count),
        TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(count)),
    };
    match (count, found) {
        (i64::MAX, _) => "infinity".to_owned(),
        (-9_223_372_036_854_775_807, _) => "-infinity".to_owned(),
        (_, Some(moment)) => moment.naive_utc().format("%Y-%m-%dT%H:%M:%S%.f").to_string(),
        (_, None) => format!("{count} units from 1970-01-01"),
    }
}

fn time(unit: TimeUnit, count: i64) -> String {
    let micros = match unit {
        TimeUnit::Second => count.saturating_mul(MICROS_A_SECOND),
        TimeUnit::Millisecond => count.saturating_mul(1000),
        TimeUnit::Microsecond => count,
        TimeUnit::Nanosecond => count / 1000,
    };
    let seconds = u32::try_from(micros.div_euclid(MICROS_A_SECOND)).unwrap_or(u32::MAX);
    let nanos = u32::try_from(micros.rem_euclid(MICROS_A_SECOND) * 1000).unwrap_or(0);
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos)
        .map_or_else(|| format!("{micros} microseconds"), |time| time.format("%H:%M:%S%.f").to_string())
}

fn hexadecimal(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.filter_map(|half| char::from_digit(u32::from(half), 16)).collect()
}
