//! What the ids of a data set stand for, as `/meta` says.

use serde::Deserialize;

use crate::collect::ees::api::{Stop, plain};

const NAMED_MAX: usize = 12;

/// The names of everything in one version.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Meta {
    pub(super) filters: Vec<Filter>,
    pub(super) indicators: Vec<Measure>,
    pub(super) geographic_levels: Vec<Level>,
    pub(super) locations: Vec<Locations>,
}

/// An indicator.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Measure {
    pub(super) id: String,
    pub(super) column: String,
    pub(super) label: String,
}

/// A breakdown and its options.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    pub(super) id: String,
    pub(super) column: String,
    pub(super) label: String,
    pub(super) options: Vec<Choice>,
}

/// One option of a filter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) label: String,
}

/// A geographic level.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Level {
    pub(super) code: String,
    pub(super) label: String,
}

/// The places of one level.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Locations {
    pub(super) level: Level,
    pub(super) options: Vec<Location>,
}

/// One place.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Location {
    pub(super) id: String,
    #[serde(alias = "name")]
    pub(super) label: String,
    pub(super) code: Option<String>,
    pub(super) old_code: Option<String>,
}

impl Meta {
    /// The indicators that are asked for, by column, label or id.
    pub(super) fn indicators(&self, wanted: &[String]) -> Result<Vec<&Measure>, Stop> {
        let one = |name: &String| {
            let found = self.indicators.iter().find(|it| is_one_of(name, [&it.column, &it.label, &it.id]));
            found.ok_or_else(|| {
                unknown("an indicator", name, self.indicators.iter().map(|it| it.column.as_str()))
            })
        };
        wanted.iter().map(one).collect()
    }

    /// The ids of the options of a filter.
    pub(super) fn options(&self, filter: &str, wanted: &[String]) -> Result<Vec<&str>, Stop> {
        let found = self.filters.iter().find(|it| is_one_of(filter, [&it.column, &it.label, &it.id]));
        let Some(found) = found else {
            return Err(unknown("a filter", filter, self.filters.iter().map(|it| it.column.as_str())));
        };
        let one = |name: &String| {
            let option = found.options.iter().find(|it| is_one_of(name, [&it.label, &it.id, &it.id]));
            option.map(|it| it.id.as_str()).ok_or_else(|| {
                let of = format!("an option of `{filter}`");
                unknown(&of, name, found.options.iter().map(|it| it.label.as_str()))
            })
        };
        wanted.iter().map(one).collect()
    }
}

fn is_one_of(name: &str, known: [&String; 3]) -> bool {
    known.into_iter().any(|one| one.eq_ignore_ascii_case(name))
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Stop {
    let mut known: Vec<String> = known.map(|one| format!("`{}`", plain(one))).collect();
    let more = known.len().saturating_sub(NAMED_MAX);
    known.truncate(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Stop::failed(format!("`{name}` is not {what} of the data set; there are {}{more}", known.join(", ")))
}
