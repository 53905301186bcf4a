//! Remarks that would repeat for row after row, counted and said once.

use std::collections::BTreeMap;

use crate::domain::figure::Place;
use crate::read::code::Code;
use crate::read::reading::Remark;
use crate::read::text;

/// Oddities met, by code: how many, and the first with its line.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    met: BTreeMap<Code, (u32, u32, String)>,
}

impl Tally {
    /// Counts one oddity.
    pub(crate) fn note(&mut self, code: Code, line: u32, value: &str) {
        self.met.entry(code).or_insert_with(|| (0, line, text::shown(value))).0 += 1;
    }

    /// One remark for each code.
    pub(crate) fn remarks(self, sheet: Option<&str>) -> Vec<Remark> {
        let remark = |(code, (count, line, first)): (Code, (u32, u32, String))| {
            let place = Place { sheet: sheet.map(str::to_owned), line, column: None };
            Remark { place: Some(place), code, text: sentence(code, count, &first) }
        };
        self.met.into_iter().map(remark).collect()
    }
}

fn sentence(code: Code, count: u32, first: &str) -> String {
    let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
    let what = match code {
        "thousands-separators" => "a number has thousands separators; they were left out",
        "decimal-comma" => "a number has a decimal comma, which was read as a point",
        "percent-sign" => "a percentage is written with a percent sign, which was left out",
        "respelled" => "a code, name or quarter is spelled in another way than asked for, and was understood",
        "outside-dates" => "a code is used for a date on which its authority did not exist",
        "implausible-value" => "a published value lies outside the plausible range of its indicator",
        "empty-rows-skipped" => "a row is empty but for separators, and was left out",
        "repeated-rows" => "a row repeats an earlier one in every cell, and was counted once",
        "float-noise" => "a count was stored a hair beside its whole number, which was taken",
        "rows-without-figures" => "a row holds text and no figure, and was left out",
        "other-quarters" => "another quarter stands in the file too, and was not taken in with this one",
        _ => "something odd was met",
    };
    if first.is_empty() { format!("{what}: {times}") } else { format!("{what}: {times}, first `{first}`") }
}
