//! A template that is filled in: a row per measure or per part of it, quarters or parts across.

use std::collections::{BTreeMap, HashMap};

use crate::config::settings::Time;
use crate::domain::figure::Observation;
use crate::read::across::{self, WideMap};
use crate::read::figures::{self, Part};
use crate::read::grid::GridRow;
use crate::read::long::cell;
use crate::read::objection::Objection;
use crate::read::ragged::Ragged;
use crate::read::subject;
use crate::read::tally::Tally;
use crate::read::text::{self, shown};
use crate::read::wide::{Key, Piece, WideRows};

type Outcome = Result<Vec<Observation>, Objection>;
/// A piece with the index of its row.
type Placed<'g> = (usize, Piece<'g>);

/// What the texts in the column of measures stand for: measures by index, with the part if the text says it.
pub(crate) struct Labels {
    known: HashMap<String, Vec<(usize, Option<Part>)>>,
}

impl Labels {
    /// The texts of the layout.
    pub(crate) fn of(map: &WideMap<'_>) -> Self {
        let mut known: HashMap<String, Vec<(usize, Option<Part>)>> = HashMap::new();
        for (index, measure) in map.shape.measures.iter().enumerate() {
            let texts = [
                (&measure.row, None),
                (&measure.numerator, Some(Part::Numerator)),
                (&measure.denominator, Some(Part::Denominator)),
                (&measure.value, Some(Part::Value)),
            ];
            for (label, part) in texts {
                let Some(label) = label else { continue };
                known.entry(text::heading(label)).or_default().push((index, part));
            }
        }
        Self { known }
    }

    /// The indexes of the measures that a text stands for.
    pub(crate) fn measures(&self, written: &str) -> Vec<usize> {
        self.find(written).into_iter().flatten().map(|(index, _)| *index).collect()
    }

    fn find(&self, written: &str) -> Option<&Vec<(usize, Option<Part>)>> {
        self.known.get(&text::heading(written))
    }
}

/// Whether the row is a group's heading, a note or another text: no figure, and about nothing that is known.
///
/// A measure that stands in it only because it is merged over the row is nothing that the row says.
pub(crate) fn is_text_only(rows: &WideRows<'_>, labels: &Labels, row: &GridRow) -> bool {
    let map = rows.map;
    if map.figure_columns().into_iter().any(|at| !cell(row, at).is_empty()) {
        return false;
    }
    let names_part = map.part.is_some_and(|at| across::part(cell(row, at), &map.shape.parts).is_some());
    let is_own = |at: &usize| row.covered_by(*at).is_none();
    let names_measure = map.indicator.filter(is_own).is_some_and(|at| labels.find(cell(row, at)).is_some());
    let names_authority = map.indicator.is_none()
        && map.authority.filter(is_own).is_some_and(|at| {
            let written = cell(row, at);
            let mut silent = Tally::default();
            rows.subjects.authority(written, None, row.line, &mut silent).is_ok()
        });
    !(names_part || names_measure || names_authority)
}

/// Every row, or why it is quarantined. The observation of a measure comes with the first of its rows.
pub(crate) fn read(
    rows: &mut WideRows<'_>,
    labels: &Labels,
    lines: &[&GridRow],
    ragged: &Ragged<'_>,
    tally: &mut Tally,
) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(lines.len());
    let mut figures: BTreeMap<Key, Vec<Placed<'_>>> = BTreeMap::new();
    let mut above = String::new();
    for (index, row) in lines.iter().enumerate() {
        let pieces = ragged.object(row, tally).and_then(|()| pieces(rows, labels, row, &mut above, tally));
        outcomes.push(pieces.map(|pieces| {
            for (key, piece) in pieces {
                figures.entry(key).or_default().push((index, piece));
            }
            Vec::new()
        }));
    }
    for placed in figures.values() {
        object_to_repeats(placed, &mut outcomes);
    }
    let made: Vec<Option<Observation>> =
        figures.iter().map(|(key, placed)| assemble(rows, key, placed, &mut outcomes, tally)).collect();
    settle(figures.values().zip(made), &mut outcomes);
    outcomes
}

/// The cells of a row, each with what it is about.
fn pieces<'g>(
    rows: &mut WideRows<'_>,
    labels: &Labels,
    row: &'g GridRow,
    above: &mut String,
    tally: &mut Tally,
) -> Result<Vec<(Key, Piece<'g>)>, Objection> {
    let map = rows.map;
    if map.leaves_out(row) {
        return Ok(Vec::new());
    }
    let at = map.indicator.unwrap_or(usize::MAX);
    let own = cell(row, at);
    if !own.is_empty() {
        own.clone_into(above);
    }
    let written = if own.is_empty() && map.part.is_some() { above.as_str() } else { own };
    let meant = labels.find(written).ok_or_else(|| unknown(labels, written).at(at))?;
    let of_row = part_of(map, row)?;
    let is_across = map.shape.time == Time::Across;
    let mut found = Vec::new();
    for column in &map.figures {
        let asked = rows.subjects.expected.quarter;
        if is_across && asked.is_some() && column.quarter != asked {
            continue;
        }
        let (quarter, date) = match column.quarter {
            Some(quarter) => (quarter, quarter.last_day()),
            None => rows.time(row, tally)?,
        };
        // A publisher's template has columns for quarters to come.
        if is_across && cell(row, column.at).is_empty() && date > rows.subjects.expected.today {
            continue;
        }
        let authority =
            rows.subject(row, quarter, date, tally).map_err(|objection| match objection.column {
                None if is_across => objection.at(column.at),
                _ => objection,
            })?;
        for (measure, of_label) in meant {
            let part = column.part.or(of_row).or(*of_label).unwrap_or(Part::Value);
            let key = Key { authority: authority.clone(), measure: *measure, quarter, date };
            found.push((key, Piece { part, row, at: column.at }));
        }
    }
    Ok(found)
}

fn part_of(map: &WideMap<'_>, row: &GridRow) -> Result<Option<Part>, Objection> {
    let Some(at) = map.part else { return Ok(None) };
    let written = cell(row, at);
    across::part(written, &map.shape.parts).map(Some).ok_or_else(|| {
        let reason = format!("`{}` is neither numerator, denominator nor value: correct it", shown(written));
        let kind = "are neither numerator, denominator nor value: correct them";
        Objection::new("unknown-part", reason).at(at).like(written, kind)
    })
}

fn unknown(labels: &Labels, written: &str) -> Objection {
    if let Some(objection) = figures::uncomputed("measure", written) {
        return objection;
    }
    let known = labels.known.keys().map(String::as_str);
    if written.is_empty() {
        let reason = "the row has figures and does not say of what: write the measure";
        return Objection::new("unknown-indicator", reason);
    }
    let suggestion = subject::suggestion(written, known);
    let reason = format!("`{}` is not a measure of this return{suggestion}", shown(written));
    let objection = Objection::new("unknown-indicator", reason);
    if suggestion.starts_with(';') {
        objection
    } else {
        objection.like(written, "are no measures of this return: correct them, or delete the rows")
    }
}

/// The same part of a figure twice: the later is left out when it is the same, else neither counts.
fn object_to_repeats(placed: &[Placed<'_>], outcomes: &mut [Outcome]) {
    for (at, (row, piece)) in placed.iter().enumerate() {
        let earlier = placed.iter().take(at).find(|(_, earlier)| earlier.part == piece.part);
        let Some((other, earlier)) = earlier else { continue };
        let (word, line) = (piece.part.word(), earlier.row.line);
        let (here, there) = (cell(piece.row, piece.at), cell(earlier.row, earlier.at));
        if here == there {
            let reason = format!("the {word} is the same as in line {line}: delete the row");
            object(outcomes, *row, Objection::new("duplicate-row", reason).at(piece.at));
            continue;
        }
        let differ = |here: &str, there: &str, line: u32| {
            let (here, there) = (shown(here), shown(there));
            let reason =
                format!("the {word} is `{here}` here and `{there}` in line {line}: delete the wrong one");
            Objection::new("conflicting-rows", reason).at(piece.at)
        };
        object(outcomes, *row, differ(here, there, line));
        object(outcomes, *other, differ(there, here, piece.row.line));
    }
}

/// The figure of one key, unless a row of it is refused; an objection goes to the row at fault.
fn assemble(
    rows: &WideRows<'_>,
    key: &Key,
    placed: &[Placed<'_>],
    outcomes: &mut [Outcome],
    tally: &mut Tally,
) -> Option<Observation> {
    // A denominator that several measures share says nothing of a measure that is not in the file.
    let is_told = placed.iter().any(|(_, piece)| piece.part != Part::Denominator);
    if !is_told || placed.iter().any(|(row, _)| is_refused(outcomes, *row)) {
        return None;
    }
    let kept: Vec<&Placed<'_>> = placed.iter().filter(|(row, _)| is_kept(outcomes, *row)).collect();
    let pieces: Vec<Piece<'_>> = kept.iter().map(|(_, piece)| *piece).collect();
    let measure = rows.map.shape.measures.get(key.measure)?;
    rows.observation(key, &measure.indicator, &pieces, tally).unwrap_or_else(|objections| {
        for (at, objection) in objections {
            if let Some((row, _)) = kept.get(at) {
                object(outcomes, *row, objection);
            }
        }
        None
    })
}

/// Gives each figure to the first of its rows. A figure falls with any of its rows, a row with all of its.
fn settle<'p>(
    figures: impl Iterator<Item = (&'p Vec<Placed<'p>>, Option<Observation>)>,
    outcomes: &mut [Outcome],
) {
    let (mut standing, mut fallen) = (Vec::new(), BTreeMap::new());
    for (placed, made) in figures {
        let bad = placed.iter().find(|(row, _)| is_refused(outcomes, *row));
        match made.filter(|_| bad.is_none()) {
            Some(observation) => standing.push((placed, observation)),
            None => fallen.extend(placed.iter().map(|(row, _)| (*row, bad.map(|(_, piece)| piece.row.line)))),
        }
    }
    for (placed, observation) in standing {
        for (row, _) in placed {
            fallen.remove(row);
        }
        let first = placed.iter().find(|(row, _)| is_kept(outcomes, *row));
        if let Some(Ok(found)) = first.and_then(|(row, _)| outcomes.get_mut(*row)) {
            found.push(observation);
        }
    }
    for (row, line) in fallen {
        // What is wrong with the row itself is told, and is enough.
        if !is_kept(outcomes, row) {
            continue;
        }
        let objection = if let Some(line) = line {
            let reason = format!("line {line} of the same measure was not accepted: correct that one");
            let kind = "are other lines of these measures that were not accepted: correct those";
            Objection::new("part-refused", reason).like(&format!("line {line}"), kind)
        } else {
            let reason = "the rest of the measure is not in the file: add it, or delete the row";
            Objection::new("part-refused", reason)
        };
        object(outcomes, row, objection);
    }
}

fn is_kept(outcomes: &[Outcome], row: usize) -> bool {
    outcomes.get(row).is_some_and(Result::is_ok)
}

/// Whether a row is refused, and not only as a repetition.
fn is_refused(outcomes: &[Outcome], row: usize) -> bool {
    matches!(outcomes.get(row), Some(Err(objection)) if !objection.is_only("duplicate-row"))
}

/// Objects to a row, besides what was objected to before.
fn object(outcomes: &mut [Outcome], row: usize, objection: Objection) {
    match outcomes.get_mut(row) {
        Some(Err(before)) => before.add(objection),
        Some(outcome) => *outcome = Err(objection),
        None => {}
    }
}
