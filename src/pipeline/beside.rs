//! A file beside what is held: whether it may take the place of the version that counts, and whether what it
//! says of other quarters is what we hold of them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use duckdb::Connection;

use crate::config::settings::Settings;
use crate::domain::authority::AuthorityCode;
use crate::domain::figure::{Figure, Observation, Status};
use crate::domain::indicator::{Indicator, IndicatorId};
use crate::domain::letter::notice::{Room, Trouble};
use crate::domain::quarter::Quarter;
use crate::read::code::Refusal;
use crate::read::cut_short::{CutShort, End, cut_short};
use crate::read::grid::Grid;
use crate::read::named;
use crate::read::reading::{Expected, OtherQuarters, Reading, Remark};
use crate::read::replacing::{self, Before, Size};
use crate::read::validate::understand;
use crate::store::grid;
use crate::store::keep;
use crate::store::returns::{self, Arrival, Counting};

/// So many figures of another quarter are named, the rest counted.
const NAMED_MAX: usize = 3;
/// Of a file with very many quarters, the newest are compared.
const QUARTERS_MAX: usize = 16;

/// The codes of those refusals that keep a good version from being taken away.
pub const PROTECTING: [&str; 3] = ["nothing-accepted", "far-fewer-figures", "cut-short"];

/// Refuses a file that would take a good version away; what nobody could accept a row of, in any case.
///
/// `before` is the version that counts. Whoever says that a smaller one is meant is believed.
///
/// # Errors
/// With the reading, as [`replacing::may_count`].
pub fn may_count(
    settings: &Settings,
    bytes: &[u8],
    reading: Reading,
    before: Option<&Counting>,
    size: Size,
) -> Result<Reading, Refusal> {
    let figures = u32::try_from(reading.observations.len()).unwrap_or(u32::MAX);
    // What was a version before may come back, though it is the beginning of a later one.
    let is_new = |it: &&Counting| !it.hashes.contains(&keep::hash(bytes));
    let loses = |it: &&Counting| size == Size::Expected && figures > 0 && is_new(it);
    // A last figure without its end is another figure, however many there are.
    let is_less = |cut: &CutShort, standing: &Counting| figures < standing.figures || cut.end == End::InARow;
    if let Some(standing) = before.filter(loses) {
        // A kept file that is lost or damaged is nothing to compare with.
        let whole = keep::read_received(&settings.state, &standing.hash).unwrap_or_default();
        let cut = cut_short(&whole, bytes, settings.limits.unpacked_bytes_max);
        if let Some(cut) = cut.filter(|cut| is_less(cut, standing)) {
            let reason = format!(
                "the file is a beginning of version {}, which still counts: {cut}; send the whole of it, or \
                 tell the regional lead that it is meant to be smaller",
                standing.version
            );
            return Err(Refusal::of("cut-short", reason, reading));
        }
    }
    let before = before.map(|it| Before { version: it.version, figures: it.figures, numbers: it.numbers });
    replacing::may_count(reading, before.as_ref(), size)
}

/// What the operator hears when a version was kept from taking the place of a good one.
#[must_use]
pub fn told(arrival: &Arrival, refusal: &Refusal, replaces: Option<u32>) -> Option<Trouble> {
    let version = replaces.filter(|_| PROTECTING.contains(&refusal.code))?;
    let part = |text: Option<String>| text.map(|text| format!(" {text}")).unwrap_or_default();
    let (authority, quarter) = (arrival.authority.as_ref(), arrival.quarter);
    Some(Trouble {
        room: Room::Read,
        what: format!(
            "`{}` was refused ({}): it would have taken figures of version {version} away, which still \
             counts; the file is kept as `received/{}`",
            arrival.file_name, refusal.code, arrival.hash
        ),
        place: format!(
            "{}{}{}",
            arrival.collection,
            part(authority.map(ToString::to_string)),
            part(quarter.map(|quarter| quarter.to_string()))
        ),
        next: match refusal.code {
            "nothing-accepted" => "the sender was told why, and is asked to send it again",
            _ => {
                "the sender was told why; if it is meant to be smaller, `quarterdeck receive FILE --smaller \
                 --by NAME --reason WHY` takes it in"
            }
        }
        .to_owned(),
    })
}

/// What the file says of other quarters than its own and is not what we hold of them.
///
/// It is not taken: whose quarter it is was not said. But nobody should believe that it was.
///
/// # Errors
/// When the database refuses.
pub fn other_quarters(
    connection: &Connection,
    (grid, reading): (&Grid, &Reading),
    expected: &Expected<'_>,
    withdrawn: &BTreeSet<u64>,
) -> Result<Vec<Remark>> {
    let has_others = reading.remarks.iter().any(|remark| remark.code == "other-quarters")
        || reading.quarantined.iter().any(|row| row.code == "wrong-quarter");
    let (Some(authority), Some(asked), true) = (expected.authority, expected.quarter, has_others) else {
        return Ok(Vec::new());
    };
    let quarters = named::quarters(grid, expected).unwrap_or_default();
    let others = quarters.into_iter().rev().filter(|quarter| *quarter != asked).take(QUARTERS_MAX);
    let mut remarks = Vec::new();
    for quarter in others {
        let standing = returns::counting(connection, expected.collection, authority, quarter, withdrawn)?;
        let Some(standing) = standing else { continue };
        let of_quarter =
            Expected { quarter: Some(quarter), other_quarters: OtherQuarters::LeftOut, ..*expected };
        let Ok(reading) = understand(grid, &of_quarter) else { continue };
        let held = grid::figures_of(connection, standing.submission)?;
        let differ = differences(&reading.observations, &held);
        if !differ.is_empty() {
            let text = words(quarter, standing.version, &differ, expected.indicators);
            remarks.push(Remark { place: None, code: "other-quarters-differ", text });
        }
    }
    Ok(remarks)
}

/// Figures that a file gives and that are held otherwise, or not at all.
#[must_use]
pub fn differences<'r>(
    sent: &'r [Observation],
    held: &BTreeMap<String, Figure>,
) -> Vec<(&'r Observation, Option<Figure>)> {
    let differs = |one: &&Observation| held.get(one.indicator.as_str()) != Some(&one.figure);
    let beside = |one: &'r Observation| (one, held.get(one.indicator.as_str()).copied());
    sent.iter().filter(differs).map(beside).collect()
}

fn words(
    quarter: Quarter,
    version: u32,
    differ: &[(&Observation, Option<Figure>)],
    indicators: &[Indicator],
) -> String {
    let name = |id: &IndicatorId| {
        indicators.iter().find(|one| one.id == *id).map_or_else(|| id.to_string(), Indicator::shown_name)
    };
    let one = |(sent, held): &(&Observation, Option<Figure>)| {
        let held = held.map_or_else(|| "not held".to_owned(), |held| format!("{} held", written(&held)));
        format!("{} {} here, {held}", name(&sent.indicator), written(&sent.figure))
    };
    let named: Vec<String> = differ.iter().take(NAMED_MAX).map(one).collect();
    let more = match differ.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let figures = if differ.len() == 1 { "1 figure".to_owned() } else { format!("{} figures", differ.len()) };
    format!(
        "{quarter} in this file differs in {figures} from version {version}, which counts ({}{more}); it was \
         not taken in: send the file as the return of {quarter} too",
        named.join("; ")
    )
}

/// `12 of 340`, `82.9`, or the status.
fn written(figure: &Figure) -> String {
    match (figure.numerator, figure.denominator, figure.value) {
        (Some(numerator), Some(denominator), _) => format!("{numerator} of {denominator}"),
        (Some(number), None, _) | (None, _, Some(number)) => number.to_string(),
        (None, Some(denominator), None) if figure.status == Status::Ok => format!("of {denominator}"),
        _ => figure.status.word().to_owned(),
    }
}

/// The version of an arrival's return that counts.
///
/// # Errors
/// When the database refuses.
pub fn counting(
    connection: &Connection,
    arrival: &Arrival,
    withdrawn: &BTreeSet<u64>,
) -> Result<Option<Counting>> {
    let of: Option<(&AuthorityCode, Quarter)> = arrival.authority.as_ref().zip(arrival.quarter);
    let Some((authority, quarter)) = of else { return Ok(None) };
    Ok(returns::counting(connection, &arrival.collection, authority, quarter, withdrawn)?)
}
