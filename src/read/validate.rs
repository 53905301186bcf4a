//! A grid into a reading: every row is accepted or quarantined with a reason, or the file is refused.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::settings::Shape;
use crate::domain::figure::{Area, Observation, Place, Quarantined};
use crate::domain::indicator::{IndicatorId, Unit};
use crate::domain::quarter::Quarter;
use crate::read::across::WideMap;
use crate::read::breakdown;
use crate::read::code::Refusal;
use crate::read::doubt;
use crate::read::duplicates;
use crate::read::grid::{Grid, GridRow, QuarantinedLine};
use crate::read::layout::{self, Columns, Header};
use crate::read::long::LongRows;
use crate::read::named;
use crate::read::number::DecimalMark;
use crate::read::objection::Objection;
use crate::read::ragged::Ragged;
use crate::read::reading::{Expected, OtherQuarters, Reading, Remark, by_reason};
use crate::read::subject::Subjects;
use crate::read::tally::Tally;
use crate::read::template::{self, Labels};
use crate::read::text;
use crate::read::tidy::TidyRows;
use crate::read::wide::WideRows;

/// With more bad rows than this, and more bad than good, it is the wrong file.
const BAD_ROWS_MAX: usize = 1_000;

type Outcome = Result<Vec<Observation>, Objection>;

/// What the grid holds, for what was expected.
///
/// # Errors
/// When no layout recognises the headings, there are no rows, the text ends in the middle of one, every row
/// is about another authority or quarter, or most of very many rows are bad. Whether it may take the place
/// of another version is asked of [`crate::read::replacing`].
pub fn understand(grid: &Grid, expected: &Expected<'_>) -> Result<Reading, Refusal> {
    let header = layout::find(grid, expected.layouts)?;
    let mut tally = Tally::default();
    let mut rows = figure_rows(grid, &header, expected, &mut tally);
    if expected.other_quarters == OtherQuarters::LeftOut {
        let quarter = named::of_row(&header, expected);
        rows.retain(|row| quarter(row).is_none_or(|of_row| Some(of_row) == expected.quarter));
    }
    let mut quarantined = quarantined_lines(grid, &header);
    if rows.is_empty() && quarantined.is_empty() {
        return Err(Refusal::new(
            "no-rows",
            "the file has headings but no rows: fill it in and send it again",
        ));
    }
    let (mut outcomes, areas) = outcomes(grid, &header, expected, &rows, &mut tally)?;
    duplicates::object(&mut outcomes, expected);
    breakdown::refuse(&header, &rows, &outcomes, expected)?;
    let repeats = duplicates::exact(&rows, &outcomes);
    let (mut accepted, mut observations) = (0_u32, Vec::new());
    for (at, (row, outcome)) in rows.iter().zip(outcomes).enumerate() {
        match outcome {
            _ if repeats.contains(&at) => tally.note("repeated-rows", row.line, ""),
            Ok(found) => {
                accepted += 1;
                observations.extend(found);
            }
            Err(objection) => {
                let (place, raw) = ((grid.sheet.clone(), row.line), header.raw(row));
                quarantined.push(objection.quarantined(place, raw, |at| header.column(at)));
            }
        }
    }
    quarantined.sort_by_key(|row| row.place.line);
    let missing_indicators = missing_indicators(&header, expected, &observations);
    let set_aside_indicators =
        set_aside_indicators(&header, expected, &rows, &quarantined, &missing_indicators);
    let remarks = remarks(grid, &header, expected, tally, &observations, &missing_indicators);
    let reading = Reading {
        layout: header.layout.name.clone(),
        rows_read: accepted + u32::try_from(quarantined.len()).unwrap_or(u32::MAX - accepted),
        accepted,
        observations,
        quarantined,
        areas,
        remarks,
        missing_indicators,
        set_aside_indicators,
        columns: header.spelled.iter().filter(|name| !name.is_empty()).cloned().collect(),
    };
    is_believable(reading)
}

/// Lines below the headings that could not be split, or have cells that could not be read.
///
/// Where columns are not kept, nothing of such a line is.
fn quarantined_lines(grid: &Grid, header: &Header<'_>) -> Vec<Quarantined> {
    let mut faulty: Vec<(&QuarantinedLine, Objection)> = Vec::new();
    for line in grid.quarantined.iter().filter(|line| line.line > header.line) {
        faulty.push((line, Objection::new(line.code, line.reason.clone())));
    }
    let mut flawed: BTreeMap<u32, (&QuarantinedLine, Objection)> = BTreeMap::new();
    for cell in grid.flawed.iter().filter(|cell| header.reads(cell)) {
        let objection = Objection::new(cell.row.code, cell.row.reason.clone()).at(cell.column);
        match flawed.get_mut(&cell.row.line) {
            Some((_, before)) => before.add(objection),
            None => drop(flawed.insert(cell.row.line, (&cell.row, objection))),
        }
    }
    let keeps_all = header.unread().is_empty();
    let row = |(line, objection): (&QuarantinedLine, Objection)| {
        let raw = if keeps_all { line.raw.clone() } else { "[not kept]".to_owned() };
        objection.quarantined((grid.sheet.clone(), line.line), raw, |at| header.column(at))
    };
    faulty.into_iter().chain(flawed.into_values()).map(row).collect()
}

/// The rows below the headings, without blank ones and, in a wide file, without texts between and below.
fn figure_rows<'g>(
    grid: &'g Grid,
    header: &Header<'_>,
    expected: &Expected<'_>,
    tally: &mut Tally,
) -> Vec<&'g GridRow> {
    let wide = match &header.columns {
        Columns::Wide(map) => Some((wide_rows(grid, header, map, expected), Labels::of(map))),
        Columns::Long(_) | Columns::Tidy(_) => None,
    };
    let flawed: BTreeSet<u32> =
        grid.flawed.iter().filter(|cell| header.reads(cell)).map(|cell| cell.row.line).collect();
    let mut rows = Vec::with_capacity(grid.rows.len());
    for row in grid.rows.iter().skip(header.index + 1).filter(|row| !flawed.contains(&row.line)) {
        let is_text = |(reader, labels): &(WideRows<'_>, Labels)| template::is_text_only(reader, labels, row);
        if row.is_blank() {
            tally.note("empty-rows-skipped", row.line, "");
        } else if wide.as_ref().is_some_and(is_text) {
            let words = row.cells.iter().find(|cell| !cell.trim().is_empty());
            tally.note("rows-without-figures", row.line, words.map_or("", String::as_str));
        } else {
            rows.push(row);
        }
    }
    rows
}

/// Which mark stands before decimals, by all figures of the file.
fn mark(grid: &Grid, header: &Header<'_>) -> DecimalMark {
    let columns = header.figure_columns();
    let below = grid.rows.get(header.index + 1..).unwrap_or_default();
    let cells = below.iter().flat_map(|row| columns.iter().filter_map(|at| row.cells.get(*at)));
    DecimalMark::of(grid.separator, cells.map(String::as_str))
}

fn wide_rows<'e>(
    grid: &Grid,
    header: &'e Header<'_>,
    map: &'e WideMap<'e>,
    expected: &'e Expected<'e>,
) -> WideRows<'e> {
    let subjects = Subjects::new(expected, map.shape.bare_year);
    WideRows::new(subjects, map, &header.layout.symbols, mark(grid, header), grid.sheet.clone())
}

fn outcomes<'e>(
    grid: &Grid,
    header: &'e Header<'e>,
    expected: &'e Expected<'e>,
    rows: &[&GridRow],
    tally: &mut Tally,
) -> Result<(Vec<Outcome>, Vec<Area>), Refusal> {
    let mark = mark(grid, header);
    let symbols = &header.layout.symbols;
    let sheet = grid.sheet.clone();
    let ragged = Ragged::new(grid, header, expected, rows)?;
    match &header.columns {
        Columns::Long(map) => {
            let bare_year = match &header.layout.shape {
                Shape::Long(columns) => columns.bare_year,
                Shape::Tidy(_) | Shape::Wide(_) => None,
            };
            let subjects = Subjects::new(expected, bare_year);
            let reader = LongRows::new(subjects, map, symbols, mark, sheet);
            reader.check_subject(rows)?;
            let read = |row: &&GridRow| {
                ragged.object(row, tally).and_then(|()| reader.read(row, tally)).map(|one| vec![one])
            };
            Ok((rows.iter().map(read).collect(), Vec::new()))
        }
        Columns::Tidy(map) => {
            let mut reader = TidyRows::new(expected, map, symbols, mark, sheet);
            let outcomes = rows
                .iter()
                .map(|row| ragged.object(row, tally).and_then(|()| reader.read(row, tally)))
                .collect();
            Ok((outcomes, reader.areas()))
        }
        Columns::Wide(map) => {
            let mut reader = wide_rows(grid, header, map, expected);
            reader.check_subject(rows, grid.rows.get(..header.index).unwrap_or_default())?;
            if !map.figures.is_empty() {
                remark_on_quarters(header, map, expected, tally);
            }
            let outcomes = if map.indicator.is_some() {
                template::read(&mut reader, &Labels::of(map), rows, &ragged, tally)
            } else {
                rows.iter()
                    .map(|row| ragged.object(row, tally).and_then(|()| reader.read(row, tally)))
                    .collect()
            };
            Ok((outcomes, reader.areas()))
        }
    }
}

/// Remarks on columns of other quarters, and on days that stand for the quarter in which they fall.
fn remark_on_quarters(header: &Header<'_>, map: &WideMap<'_>, expected: &Expected<'_>, tally: &mut Tally) {
    let days = map.figures.iter().filter(|one| expected.quarter.is_none() || one.quarter == expected.quarter);
    for column in days.filter(|one| one.day.zip(one.quarter).is_some_and(|(day, it)| day != it.last_day())) {
        tally.note("date-as-quarter", header.line, &column.words);
    }
    let Some(asked) = expected.quarter.filter(|_| expected.other_quarters == OtherQuarters::SetAside) else {
        return;
    };
    let others: BTreeSet<Quarter> = map.figures.iter().filter_map(|column| column.quarter).collect();
    for quarter in others.into_iter().filter(|quarter| *quarter != asked) {
        tally.note("other-quarters", header.line, &quarter.to_string());
    }
}

/// For a member's return the collection's indicators, for a publisher's file the layout's.
fn missing_indicators(
    header: &Header<'_>,
    expected: &Expected<'_>,
    observations: &[Observation],
) -> Vec<IndicatorId> {
    let there: BTreeSet<&IndicatorId> =
        observations.iter().map(|observation| &observation.indicator).collect();
    let wanted: BTreeSet<&IndicatorId> = match &header.columns {
        Columns::Tidy(map) => map.measures.iter().map(|measure| &measure.measure.indicator).collect(),
        Columns::Wide(map) if expected.authority.is_none() => {
            map.shape.measures.iter().map(|measure| &measure.indicator).collect()
        }
        Columns::Long(_) | Columns::Wide(_) => expected
            .indicators
            .iter()
            .filter(|indicator| indicator.collections.iter().any(|name| name == expected.collection))
            .map(|indicator| &indicator.id)
            .collect(),
    };
    wanted.difference(&there).map(|id| (*id).clone()).collect()
}

/// The missing ones that rows are about which were set aside.
fn set_aside_indicators(
    header: &Header<'_>,
    expected: &Expected<'_>,
    rows: &[&GridRow],
    quarantined: &[Quarantined],
    missing: &[IndicatorId],
) -> Vec<IndicatorId> {
    if missing.is_empty() || quarantined.is_empty() {
        return Vec::new();
    }
    let lines: BTreeSet<u32> = quarantined.iter().map(|row| row.place.line).collect();
    let aside: Vec<&GridRow> = rows.iter().copied().filter(|row| lines.contains(&row.line)).collect();
    let named = named::indicators(header, expected, &aside);
    missing.iter().filter(|id| named.contains(id)).cloned().collect()
}

fn remarks(
    grid: &Grid,
    header: &Header<'_>,
    expected: &Expected<'_>,
    tally: Tally,
    observations: &[Observation],
    missing: &[IndicatorId],
) -> Vec<Remark> {
    let place = |line: Option<u32>| line.map(|line| Place { sheet: grid.sheet.clone(), line, column: None });
    let whole = |code, text: String| Remark { place: None, code, text };
    let mut remarks: Vec<Remark> = grid
        .remarks
        .iter()
        .map(|remark| Remark { place: place(remark.line), code: remark.code, text: remark.text.clone() })
        .collect();
    let unread = header.unread();
    if !unread.is_empty() {
        let names = text::listed(&unread, 10);
        remarks.push(whole(
            "columns-not-read",
            format!("columns that are not part of the layout were not read: {names}"),
        ));
    }
    if let Some(name) = unread.iter().find(|name| layout::names_someone(name)) {
        let text = format!("the column `{name}` seems to name persons; nothing of it was kept: leave it out");
        remarks.push(whole("personal-column", text));
    }
    if !header.absent().is_empty() {
        let names = text::listed(header.absent(), 10);
        remarks.push(whole(
            "column-not-there",
            format!("columns that the file may have are not in it: {names}"),
        ));
    }
    let mut named = header.names.iter().take(header.width()).enumerate();
    if named.any(|(at, name)| name.is_empty() && !header.used.contains(&at)) {
        remarks.push(whole("unnamed-column", "a column without a heading was not read".to_owned()));
    }
    let sheet = grid.sheet.as_deref();
    remarks.extend(tally.remarks(sheet, header));
    remarks.extend(doubt::remarks(tally.doubts, observations, sheet, header));
    remarks.extend(fractions(expected, observations).map(|text| whole("fraction-as-percent", text)));
    if !missing.is_empty() {
        let lacking: Vec<String> = missing.iter().map(|id| expected.indicator_called(id)).collect();
        remarks.push(whole(
            "missing-indicators",
            format!("no figure was accepted for {}", text::listed(&lacking, 40)),
        ));
    }
    remarks
}

/// Percentages of a publisher's file that are all fractions. Those of a return are told one by one.
fn fractions(expected: &Expected<'_>, observations: &[Observation]) -> Option<String> {
    if expected.authority.is_some() {
        return None;
    }
    let percents: BTreeSet<&IndicatorId> = expected
        .indicators
        .iter()
        .filter(|indicator| indicator.unit == Unit::Percent)
        .map(|indicator| &indicator.id)
        .collect();
    let mut groups: BTreeMap<&IndicatorId, (u32, u32, &Observation)> = BTreeMap::new();
    let stated = observations.iter().filter(|one| one.figure.value.is_some_and(|value| value > 0.0));
    for observation in stated.filter(|one| percents.contains(&one.indicator)) {
        let counts = groups.entry(&observation.indicator).or_insert((0, 0, observation));
        counts.0 += 1;
        counts.1 += u32::from(doubt::is_fraction(&observation.figure));
    }
    let (count, _, first) = groups.into_values().find(|(count, fractions, _)| count == fractions)?;
    let (line, value) = (first.place.line, first.figure.value.unwrap_or_default());
    Some(format!(
        "all {count} percentages of {} and the like lie between 0 and 1, such as {value} in line {line}: \
         if they are fractions, send 82.9 for 82.9 %, not 0.829",
        expected.indicator_called(&first.indicator)
    ))
}

fn is_believable(reading: Reading) -> Result<Reading, Refusal> {
    let bad = reading.quarantined.len();
    if bad > BAD_ROWS_MAX && u32::try_from(bad).unwrap_or(u32::MAX) > reading.accepted {
        let reasons = by_reason(&reading).into_iter().take(3);
        let reasons: Vec<String> =
            reasons.map(|(code, count, first)| format!("{count} x {code} ({})", first.reason)).collect();
        let reason = format!("{bad} of {} rows are bad, mostly: {}", reading.rows_read, reasons.join("; "));
        return Err(Refusal::new("too-many-bad-rows", reason));
    }
    if reading.accepted > 0 && reading.observations.is_empty() {
        let reason = "no row is about anything that is collected: check the categories the layout asks for";
        return Err(Refusal::new("no-observations", reason));
    }
    Ok(reading)
}
