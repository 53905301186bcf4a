//! Layouts written in TOML beside the shipped configuration, and what they read.

use std::fmt::Write;
use std::path::Path;

use chrono::NaiveDate;
use quarterdeck::config::files::Files;
use quarterdeck::config::load_files;
use quarterdeck::config::settings::{Collection, Settings};
use quarterdeck::domain::authority::AuthorityCode;
use quarterdeck::domain::figure::{Column, Figure, Observation, Status};
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::read::code::Refusal;
use quarterdeck::read::csv::delimited;
use quarterdeck::read::grid::{Grid, GridRow};
use quarterdeck::read::reading::{Expected, OtherQuarters, Reading};
use quarterdeck::read::validate::understand;

use super::fixtures::{code, day, found_by, limits};

/// Judgements of the inspectorate, besides the shipped indicators.
const JUDGEMENTS: [&str; 5] =
    ["judgement_overall", "judgement_leaders", "judgement_help", "judgement_care", "judgement_leavers"];

/// A collection `trial` with the layouts of `toml`, in the shipped configuration.
pub(crate) struct Trial {
    settings: Settings,
    pub(crate) authority: Option<AuthorityCode>,
    pub(crate) quarter: Option<Quarter>,
    pub(crate) today: NaiveDate,
}

/// The configuration with the collection `trial`, or what is said of it.
pub(crate) fn settings(reporters: &str, toml: &str) -> Result<Settings, String> {
    every(reporters, "quarterly", toml)
}

fn every(reporters: &str, cadence: &str, toml: &str) -> Result<Settings, String> {
    let folder = Path::new("config");
    let shipped = Files::shipped(folder);
    let trial = format!(
        "\n[[collection]]\nname = \"trial\"\ntitle = \"Trial\"\ncadence = \"{cadence}\"\n\
         first_quarter = \"2014-15 Q1\"\nrevision_quarters = 0\nreporters = \"{reporters}\"\n\
         provisional = false\n{toml}"
    );
    let main = format!("{}{trial}", shipped.text("quarterdeck.toml").unwrap());
    let mut indicators =
        shipped.text("indicators.toml").unwrap().replace("\"quarterly\"", "\"quarterly\", \"trial\"");
    for (id, unit) in JUDGEMENTS.map(|id| (id, "count")).into_iter().chain([
        ("attendance_pct", "percent"),
        ("absence_pct", "percent"),
        ("persistent_pct", "percent"),
        ("enrolment_count", "count"),
        ("sdq_average", "count"),
        ("missing_count", "count"),
    ]) {
        let denominator = if unit == "percent" { "denominator = \"possible sessions\"\n" } else { "" };
        write!(
            indicators,
            "\n[[indicator]]\nid = \"{id}\"\nname = \"{id}\"\ncollections = [\"trial\"]\ntheme = \"other\"\n\
             definition = \"Made for a test.\"\nunit = \"{unit}\"\nnumerator = \"sum of marks\"\n{denominator}\
             polarity = \"none\"\nbehaviour = \"stock\"\ndecimals = 1\nminimum_denominator = 0\n\
             source = \"a test\"\n"
        )
        .unwrap();
    }
    let files = shipped.with("quarterdeck.toml", &main).with("indicators.toml", &indicators);
    load_files(&files, folder).map(|loaded| loaded.settings).map_err(|problems| problems.to_string())
}

impl Trial {
    /// A publisher's files, read late.
    pub(crate) fn publisher(toml: &str) -> Self {
        let settings = settings("publisher", toml).unwrap_or_else(|words| panic!("{words}"));
        Self { settings, authority: None, quarter: None, today: day(2026, 11, 1) }
    }

    /// A publisher's yearly files, read late.
    pub(crate) fn annual(toml: &str) -> Self {
        let settings = every("publisher", "annual", toml).unwrap_or_else(|words| panic!("{words}"));
        Self { settings, authority: None, quarter: None, today: day(2026, 11, 1) }
    }

    /// The return of Devon for 2017-18 Q2.
    pub(crate) fn member(toml: &str) -> Self {
        let settings = settings("members", toml).unwrap_or_else(|words| panic!("{words}"));
        let quarter = Quarter::of(2017, 2);
        Self { settings, authority: Some(code("E10000008")), quarter, today: day(2017, 11, 17) }
    }

    fn collection(&self) -> &Collection {
        self.settings.collections.iter().find(|one| one.name == "trial").unwrap()
    }

    /// What the grid holds; rows read are always accounted for.
    pub(crate) fn read(&self, grid: &Grid) -> Result<Reading, Refusal> {
        let expected = Expected {
            collection: "trial",
            cadence: self.collection().cadence,
            authority: self.authority.as_ref(),
            quarter: self.quarter,
            indicators: &self.settings.indicators,
            layouts: &self.collection().layouts,
            authorities: &self.settings.authorities,
            today: self.today,
            other_quarters: OtherQuarters::SetAside,
        };
        let reading = understand(grid, &expected)?;
        let bad = u32::try_from(reading.quarantined.len()).unwrap();
        assert_eq!(reading.rows_read, reading.accepted + bad, "rows read = accepted + quarantined");
        Ok(reading)
    }

    /// The rows of a text file.
    pub(crate) fn text(&self, bytes: impl AsRef<[u8]>) -> Result<Reading, Refusal> {
        self.read(&delimited(bytes.as_ref(), &limits())?)
    }

    /// A packed file, its sheet found by the layouts.
    pub(crate) fn packed(&self, bytes: &[u8], name: &str) -> Result<Reading, Refusal> {
        self.read(&found_by(&self.collection().layouts, bytes, name, &limits())?)
    }

    /// A sheet whose cells are separated by `|`; blank lines are rows without cells.
    pub(crate) fn sheet(&self, sheet: &str) -> Result<Reading, Refusal> {
        self.read(&grid(sheet))
    }
}

/// A sheet whose cells are separated by `|`.
pub(crate) fn grid(sheet: &str) -> Grid {
    let rows = (1..).zip(sheet.lines()).filter(|(_, line)| !line.trim().is_empty());
    let rows = rows.map(|(line, text)| {
        let cells = text.split('|').map(|cell| cell.trim().to_owned()).collect();
        GridRow::of_texts(line, cells)
    });
    Grid { sheet: Some("Return".to_owned()), rows: rows.collect(), ..Grid::default() }
}

/// The observation of an indicator of an authority; there must be one.
pub(crate) fn found<'r>(reading: &'r Reading, authority: &str, indicator: &str) -> &'r Observation {
    let is_meant =
        |one: &&Observation| one.authority.as_str() == authority && one.indicator.as_str() == indicator;
    let mut found = reading.observations.iter().filter(is_meant);
    let one = found.next().unwrap_or_else(|| panic!("no {indicator} of {authority}: {reading:#?}"));
    assert!(found.next().is_none(), "{indicator} of {authority} twice");
    one
}

/// Numerator, denominator and value of a figure.
pub(crate) fn numbers(figure: &Figure) -> (Option<f64>, Option<f64>, Option<f64>) {
    assert!(figure.status == Status::Ok || figure.value.is_none(), "{figure:?}");
    (figure.numerator, figure.denominator, figure.value)
}

/// Line, column letters and code of each quarantined row.
pub(crate) fn places(reading: &Reading) -> Vec<(u32, String, &'static str)> {
    let rows = reading.quarantined.iter();
    let letters = |row: &quarterdeck::domain::figure::Quarantined| {
        row.place.column.as_ref().map(Column::letters).unwrap_or_default()
    };
    rows.map(|row| (row.place.line, letters(row), row.code)).collect()
}
