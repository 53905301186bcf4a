//! Rows of ids as a tidy grid of names, like the publisher's own CSV.

use std::collections::{BTreeMap, BTreeSet};

use crate::collect::ees::api::{Stop, plain};
use crate::collect::ees::meta::{Location, Locations, Measure, Meta};
use crate::collect::ees::query::{Period, Row};

/// The levels that the department's standard has columns for: their code, name and older code.
const LEVELS: [(&str, &[&str]); 3] = [
    ("NAT", &["country_code", "country_name"]),
    ("REG", &["region_code", "region_name"]),
    ("LA", &["new_la_code", "la_name", "old_la_code"]),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The rows under their headings. Nothing is added: an id that `/meta` does not know is an error.
pub(super) fn tidy(rows: &[Row], meta: &Meta, indicators: &[&Measure]) -> Result<Vec<u8>, Stop> {
    let levels: BTreeSet<&str> =
        rows.iter().flat_map(|row| row.locations.keys().map(String::as_str)).collect();
    let levels = in_order(&levels);
    let used: BTreeSet<&str> = rows.iter().flat_map(|row| row.filters.keys().map(String::as_str)).collect();
    let filters: Vec<_> = meta.filters.iter().filter(|filter| used.contains(filter.id.as_str())).collect();
    if filters.len() < used.len() {
        return Err(Stop::failed("the rows name a filter that the data set's `/meta` does not have"));
    }
    let places = places(meta);
    let mut headings: Vec<String> =
        ["time_period", "time_identifier", "geographic_level"].map(str::to_owned).to_vec();
    headings.extend(levels.iter().flat_map(|level| columns(level)));
    headings.extend(filters.iter().map(|filter| filter.column.clone()));
    headings.extend(indicators.iter().map(|indicator| indicator.column.clone()));
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let mut line =
            vec![time_period(&row.time_period), time_identifier(&row.time_period), level_name(meta, row)];
        for level in &levels {
            line.extend(place(level, row, &places)?);
        }
        for filter in &filters {
            let id = row.filters.get(&filter.id).map(String::as_str).unwrap_or_default();
            let option =
                filter.options.iter().find(|option| option.id == id).map(|option| option.label.clone());
            if option.is_none() && !id.is_empty() {
                return Err(unknown_id("an option", id));
            }
            line.push(option.unwrap_or_default());
        }
        line.extend(indicators.iter().map(|it| row.values.get(&it.id).cloned().unwrap_or_default()));
        lines.push(line);
    }
    lines.sort();
    written(&headings, &lines).map_err(|error| Stop::failed(format!("cannot write the rows as CSV: {error}")))
}

fn written(headings: &[String], lines: &[Vec<String>]) -> Result<Vec<u8>, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(headings).map_err(|error| error.to_string())?;
    for line in lines {
        writer.write_record(line).map_err(|error| error.to_string())?;
    }
    writer.into_inner().map_err(|error| error.to_string())
}

/// The levels of the standard first, then others by their code.
fn in_order<'a>(levels: &BTreeSet<&'a str>) -> Vec<&'a str> {
    let known = LEVELS.iter().filter_map(|(level, _)| levels.get(level).copied());
    let others = levels.iter().copied().filter(|level| !LEVELS.iter().any(|(known, _)| known == level));
    known.chain(others).collect()
}

fn columns(level: &str) -> Vec<String> {
    match LEVELS.iter().find(|(known, _)| *known == level) {
        Some((_, columns)) => columns.iter().map(|&column| column.to_owned()).collect(),
        None => ["code", "name"].map(|part| format!("{}_{part}", level.to_lowercase())).to_vec(),
    }
}

type Places<'a> = BTreeMap<(&'a str, &'a str), &'a Location>;

fn places<'a>(meta: &'a Meta) -> Places<'a> {
    let of = |group: &'a Locations| {
        let level = group.level.code.as_str();
        group.options.iter().map(move |place| ((level, place.id.as_str()), place))
    };
    meta.locations.iter().flat_map(of).collect()
}

fn place(level: &str, row: &Row, places: &Places<'_>) -> Result<Vec<String>, Stop> {
    let count = columns(level).len();
    let Some(id) = row.locations.get(level) else { return Ok(vec![String::new(); count]) };
    let place = places.get(&(level, id.as_str())).ok_or_else(|| unknown_id("a place", id))?;
    let parts = [place.code.clone(), Some(place.label.clone()), place.old_code.clone()];
    Ok(parts.into_iter().map(Option::unwrap_or_default).take(count).collect())
}

fn unknown_id(what: &str, id: &str) -> Stop {
    Stop::failed(format!("the rows name {what}, `{}`, that the data set's `/meta` does not have", plain(id)))
}

fn level_name(meta: &Meta, row: &Row) -> String {
    let known = meta.geographic_levels.iter().find(|level| level.code == row.geographic_level);
    known.map_or_else(|| row.geographic_level.clone(), |level| level.label.clone())
}

/// `2017/2018` as the standard writes it: `201718`.
fn time_period(period: &Period) -> String {
    match period.period.split_once('/') {
        Some((first, second)) if first.len() == 4 && second.len() == 4 => {
            format!("{first}{}", second.get(2..).unwrap_or_default())
        }
        _ => period.period.clone(),
    }
}

/// The code of a period in the words of the standard; a code that is not known stays.
fn time_identifier(period: &Period) -> String {
    let code = period.code.as_str();
    let known = match code {
        "P1" => "Part 1 (April to September)",
        "P2" => "Part 2 (October to March)",
        "T1" => "Autumn term",
        "T2" => "Spring term",
        "T3" => "Summer term",
        "T1T2" => "Autumn and spring term",
        "RY" => "Reporting year",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let numbered = |letter: char| code.strip_prefix(letter).and_then(|rest| rest.parse::<usize>().ok());
    if let Some(week) = numbered('W') {
        return format!("Week {week}");
    }
    if let Some(month) = numbered('M').and_then(|month| MONTHS.get(month.checked_sub(1)?)) {
        return (*month).to_owned();
    }
    let years =
        [("AY", "Academic year"), ("CY", "Calendar year"), ("FY", "Financial year"), ("TY", "Tax year")];
    let year = years.into_iter().find_map(|(start, name)| Some((code.strip_prefix(start)?, name)));
    match year {
        Some(("", name)) => name.to_owned(),
        Some((rest, name)) => format!("{name} {rest}"),
        None => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(period: &str, code: &str) -> (String, String) {
        let period = Period { period: period.to_owned(), code: code.to_owned() };
        (time_period(&period), time_identifier(&period))
    }

    #[test]
    fn periods_are_written_as_the_standard_does() {
        for (of, code, number, words) in [
            ("2017/2018", "FYQ2", "201718", "Financial year Q2"),
            ("2017/2018", "FY", "201718", "Financial year"),
            ("2024", "CY", "2024", "Calendar year"),
            ("2019", "RY", "2019", "Reporting year"),
            ("2024", "W23", "2024", "Week 23"),
            ("2024", "M2", "2024", "February"),
            ("2024/2025", "AYQ1", "202425", "Academic year Q1"),
            ("2024/2025", "T1T2", "202425", "Autumn and spring term"),
            ("2024", "X9", "2024", "X9"),
        ] {
            assert_eq!(period(of, code), (number.to_owned(), words.to_owned()));
        }
    }
}
