//! A small line chart as a PNG, drawn from the plotting library's primitives.
//!
//! Colours are those of the Government Analysis Function: one dark blue line for the reader's own,
//! the others grey, told apart by their dashes and by a label at their end.

use kuva::backend::png::PngBackend;
use kuva::render::color::Color;
use kuva::render::render::{Primitive, Scene, TextAnchor, TextSpan};
use thiserror::Error;

use crate::domain::message::{Chart, ChartLine};
use crate::mail::palette;
use crate::mail::scale::{Scale, scale};
use crate::mail::stroke::stroke;

/// Pixels at which a chart is shown; the picture has twice as many.
pub(crate) const WIDTH: u32 = 560;
/// As `WIDTH`, downwards.
pub(crate) const HEIGHT: u32 = 264;
/// Bytes a picture may have.
const BYTES_MAX: usize = 60 * 1024;

const GROUND: Color = Color::Rgb(0xff, 0xff, 0xff);
const GRID: Color = Color::Rgb(0xe1, 0xe6, 0xeb);
const BAND: Color = Color::Rgb(0xdf, 0xe9, 0xf2);
const QUIET: Color = Color::Rgb(0x4a, 0x56, 0x63);
const OWN: Color = Color::Rgb(0x12, 0x43, 0x6d);
const OTHER: Color = Color::Rgb(0x72, 0x7e, 0x8b);
const TARGET: Color = Color::Rgb(0x80, 0x16, 0x50);
/// Of the lines after the first.
const DASHES: [Option<(f64, f64)>; 3] = [None, Some((9.0, 5.0)), Some((2.0, 5.0))];

const TEXT: u32 = 15;
const LABEL: u32 = 16;
const LINES_MAX: usize = 4;
/// Quarters up to which each has a dot.
const DOTS_MAX: usize = 16;
/// Width of a letter by its height: a little more than the font's middle.
const LETTER: f64 = 0.59;
const LABEL_GAP: f64 = 19.0;

/// Why a chart cannot be a picture; its table is shown in its place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum NotDrawn {
    /// No figure, no line, or lines of another length than the quarters.
    #[error("the chart has no figures to draw")]
    NothingToDraw,
    /// More lines than can be told apart.
    #[error("the chart has more than four lines")]
    TooManyLines,
    /// The library refused, or the picture is too large for a mail.
    #[error("the chart could not be drawn: {0}")]
    Picture(String),
}

/// Draws `chart` as an opaque PNG of twice `WIDTH` by `HEIGHT` pixels; the same chart gives the same bytes.
///
/// When that has too many bytes, of once `WIDTH` by `HEIGHT`.
///
/// # Errors
/// When there is nothing to draw, too much, or the picture is too large.
pub(crate) fn draw(chart: &Chart) -> Result<Vec<u8>, NotDrawn> {
    let fits = |line: &ChartLine| line.values.len() == chart.quarters.len();
    if chart.lines.is_empty() || chart.quarters.is_empty() || !chart.lines.iter().all(fits) {
        return Err(NotDrawn::NothingToDraw);
    }
    if chart.lines.len() > LINES_MAX {
        return Err(NotDrawn::TooManyLines);
    }
    let figures = || chart.lines.iter().flat_map(|line| line.values.iter().flatten().copied());
    if !figures().any(f64::is_finite) {
        return Err(NotDrawn::NothingToDraw);
    }
    let range = chart.usual_range.into_iter().flat_map(|band| [band.lower, band.upper]);
    let scale = scale(figures().chain(range).chain(chart.target)).ok_or(NotDrawn::NothingToDraw)?;
    let mut sheet = Sheet::new(chart, scale);
    sheet.draw(chart);
    for size in [2.0, 1.0] {
        let png = PngBackend::new()
            .with_scale(size)
            .render_scene(&sheet.scene)
            .and_then(|png| palette::reduce(&png))
            .map_err(NotDrawn::Picture)?;
        if png.len() <= BYTES_MAX {
            return Ok(png);
        }
    }
    Err(NotDrawn::Picture(format!("more than {BYTES_MAX} bytes are too many for a mail")))
}

/// The picture under way, and where values stand on it.
struct Sheet {
    scene: Scene,
    scale: Scale,
    left: f64,
    right: f64,
    top: f64,
    foot: f64,
    points: usize,
}

/// A label waiting for its place beside the end of a line.
struct EndLabel {
    at: f64,
    text: String,
    color: Color,
    own: bool,
}

impl Sheet {
    fn new(chart: &Chart, scale: Scale) -> Self {
        let mut scene = Scene::new(f64::from(WIDTH), f64::from(HEIGHT));
        scene.background_color = Some("#ffffff".to_owned());
        let ticks = scale.ticks.iter().map(|tick| width_of(&format!("{tick:.*}", scale.decimals), TEXT));
        let left = 8.0 + ticks.fold(0.0, f64::max) + 10.0;
        let labels = end_texts(chart).into_iter().chain(target_text(chart));
        let labels = labels.map(|text| width_of(&text, LABEL));
        let room = labels.fold(60.0, f64::max).min(236.0);
        let right = f64::from(WIDTH) - 8.0 - room - 14.0;
        Self {
            scene,
            scale,
            left,
            right,
            top: 16.0,
            foot: f64::from(HEIGHT) - 52.0,
            points: chart.quarters.len(),
        }
    }

    fn draw(&mut self, chart: &Chart) {
        self.band(chart);
        self.grid();
        self.quarters(chart);
        if let Some(target) = chart.target {
            let ends = [(self.left, self.y(target)), (self.right, self.y(target))];
            self.scene.elements.extend(stroke(&ends, &TARGET, 2.0, Some((8.0, 6.0))));
        }
        for (line, dashes) in chart.lines.iter().skip(1).zip(DASHES).rev() {
            self.series(line, &OTHER, 2.2, dashes);
        }
        if let Some(own) = chart.lines.first() {
            self.series(own, &OWN, 3.6, None);
            self.dots(own);
            self.first_value(chart);
        }
        self.end_labels(chart);
    }

    #[expect(clippy::cast_precision_loss, reason = "a chart has a few dozen quarters")]
    fn x(&self, at: usize) -> f64 {
        let inset = 10.0;
        let steps = self.points.saturating_sub(1).max(1) as f64;
        if self.points == 1 {
            return f64::midpoint(self.left, self.right);
        }
        self.left + inset + (self.right - self.left - 2.0 * inset) * at as f64 / steps
    }

    fn y(&self, value: f64) -> f64 {
        self.foot - (self.foot - self.top) * (value - self.scale.low) / (self.scale.high - self.scale.low)
    }

    fn band(&mut self, chart: &Chart) {
        let Some(band) = chart.usual_range.filter(|band| band.from < self.points) else { return };
        let (top, foot) = (self.y(band.lower.max(band.upper)), self.y(band.lower.min(band.upper)));
        let left = match band.from {
            0 => self.left,
            from => f64::midpoint(self.x(from - 1), self.x(from)),
        };
        self.scene.elements.push(Primitive::Rect {
            x: left,
            y: top,
            width: self.right - left,
            height: (foot - top).max(1.0),
            fill: BAND,
            stroke: None,
            stroke_width: None,
            opacity: None,
        });
    }

    fn grid(&mut self) {
        for tick in self.scale.ticks.clone() {
            let y = self.y(tick);
            self.scene.elements.push(Primitive::Line {
                x1: self.left,
                y1: y,
                x2: self.right,
                y2: y,
                stroke: GRID,
                stroke_width: 1.0,
                stroke_dasharray: None,
            });
            let text = format!("{tick:.*}", self.scale.decimals);
            self.text((self.left - 8.0, y + 5.0), text, TEXT, TextAnchor::End, &QUIET);
        }
    }

    /// `Q2` under its point and the year under its first quarter; other names only at both ends.
    fn quarters(&mut self, chart: &Chart) {
        let named: Option<Vec<(&str, &str)>> =
            chart.quarters.iter().map(|quarter| quarter.rsplit_once(" Q")).collect();
        let Some(named) = named else { return self.ends(chart) };
        let every = self.quarters_apart();
        let mut year_before = "";
        let mut free_from = 0.0;
        for (at, (year, quarter)) in named.into_iter().enumerate() {
            let x = self.x(at);
            if (self.points - 1 - at).is_multiple_of(every) {
                let text = format!("Q{quarter}");
                self.text((x, self.foot + 21.0), text, TEXT, TextAnchor::Middle, &QUIET);
            }
            // The year of the last quarter ends where the picture does.
            let start = (x - 10.0).min(self.right + 40.0 - width_of(year, TEXT));
            if year != year_before && start >= free_from {
                self.text((start, self.foot + 42.0), year.to_owned(), TEXT, TextAnchor::Start, &QUIET);
                free_from = start + 10.0 + width_of(year, TEXT);
            }
            year_before = year;
        }
    }

    /// Every how many quarters there is room for a name.
    fn quarters_apart(&self) -> usize {
        [1, 2, 4, 8].into_iter().find(|every| self.x(*every) - self.x(0) >= 30.0).unwrap_or(16)
    }

    fn ends(&mut self, chart: &Chart) {
        let ends = [(0, TextAnchor::Start), (self.points.saturating_sub(1), TextAnchor::End)];
        for (at, anchor) in ends {
            if let Some(name) = chart.quarters.get(at) {
                self.text((self.x(at), self.foot + 22.0), name.clone(), TEXT, anchor, &QUIET);
            }
        }
    }

    /// A line with a gap where there is no figure; a figure alone between two gaps is a dot.
    fn series(&mut self, line: &ChartLine, color: &Color, width: f64, dashes: Option<(f64, f64)>) {
        let mut stretch: Vec<(f64, f64)> = Vec::new();
        for (at, value) in line.values.iter().copied().chain([None]).enumerate() {
            if let Some(value) = value.filter(|value| value.is_finite()) {
                stretch.push((self.x(at), self.y(value)));
                continue;
            }
            match std::mem::take(&mut stretch).as_slice() {
                [] => {}
                [alone] => self.dot(*alone, width, color),
                points => self.scene.elements.extend(stroke(points, color, width, dashes)),
            }
        }
    }

    fn dots(&mut self, line: &ChartLine) {
        let figures: Vec<(usize, f64)> = finite(line).collect();
        let dotted = if self.points <= DOTS_MAX { figures.as_slice() } else { &[] };
        for (at, value) in dotted {
            self.dot((self.x(*at), self.y(*value)), 3.6, &OWN);
        }
        if let Some((at, value)) = figures.last() {
            self.dot((self.x(*at), self.y(*value)), 6.0, &OWN);
        }
    }

    fn dot(&mut self, (cx, cy): (f64, f64), r: f64, color: &Color) {
        self.scene.elements.push(Primitive::Circle {
            cx,
            cy,
            r,
            fill: color.clone(),
            fill_opacity: None,
            stroke: Some(GROUND),
            stroke_width: Some(1.0),
        });
    }

    /// Above or below its dot, where no line runs; nowhere when lines run on both sides.
    fn first_value(&mut self, chart: &Chart) {
        let Some((at, value)) = chart.lines.first().and_then(|own| finite(own).next()) else { return };
        if at + 1 >= self.points {
            return;
        }
        let beside = (1..self.points - at).take_while(|step| self.x(at + step) - self.x(at) < 56.0).count();
        let near = |line: &ChartLine| -> Vec<f64> {
            line.values.iter().skip(at).take(2.max(1 + beside)).flatten().copied().collect()
        };
        let others = chart.lines.iter().skip(1).flat_map(near).chain(chart.target);
        let own = chart.lines.first().into_iter().flat_map(near).skip(1);
        let runs: Vec<f64> = others.chain(own).map(|value| self.y(value)).collect();
        let dot = self.y(value);
        let free = |top: f64, foot: f64| {
            let clear = runs.iter().all(|run| *run < top || *run > foot);
            clear && top >= self.top - 8.0 && foot <= self.foot
        };
        let baseline = match (free(dot - 27.0, dot - 8.0), free(dot + 8.0, dot + 26.0)) {
            (true, _) => dot - 11.0,
            (false, true) => dot + 23.0,
            (false, false) => return,
        };
        self.bold(((self.x(at) - 8.0).max(self.left + 2.0), baseline), number(value, chart.decimals));
    }

    /// The name and last value of each line, beside its end, pushed apart where they would overlap.
    fn end_labels(&mut self, chart: &Chart) {
        let mut labels: Vec<EndLabel> = chart
            .lines
            .iter()
            .zip(end_texts(chart))
            .enumerate()
            .filter_map(|(rank, (line, text))| {
                let (_, last) = finite(line).last()?;
                let color = if rank == 0 { OWN } else { QUIET };
                Some(EndLabel { at: self.y(last), text, color, own: rank == 0 })
            })
            .collect();
        if let Some((target, text)) = chart.target.zip(target_text(chart)) {
            labels.push(EndLabel { at: self.y(target), text, color: TARGET, own: false });
        }
        labels.sort_by(|one, other| one.at.total_cmp(&other.at));
        spread(&mut labels, self.foot);
        let room = f64::from(WIDTH) - 8.0 - self.right - 10.0;
        for label in labels {
            let text = shortened(&label.text, LABEL, room);
            let place = (self.right + 10.0, label.at + 5.5);
            if label.own {
                self.bold(place, text);
            } else {
                self.text(place, text, LABEL, TextAnchor::Start, &label.color);
            }
        }
    }

    fn text(&mut self, (x, y): (f64, f64), content: String, size: u32, anchor: TextAnchor, color: &Color) {
        let (rotate, color) = (None, Some(color.clone()));
        self.scene.elements.push(Primitive::Text { x, y, content, size, anchor, rotate, bold: false, color });
    }

    /// The library draws bold letters only in a text of spans.
    fn bold(&mut self, (x, y): (f64, f64), text: String) {
        let spans = vec![TextSpan { bold: true, ..TextSpan::plain(text) }];
        let (size, anchor, color) = (LABEL, TextAnchor::Start, Some(OWN));
        self.scene.elements.push(Primitive::RichText { x, y, spans, size, anchor, color });
    }
}

fn spread(labels: &mut [EndLabel], foot: f64) {
    let mut lowest = f64::NEG_INFINITY;
    for label in labels.iter_mut() {
        label.at = label.at.max(lowest + LABEL_GAP);
        lowest = label.at;
    }
    let mut ceiling = foot + 6.0;
    for label in labels.iter_mut().rev() {
        label.at = label.at.min(ceiling);
        ceiling = label.at - LABEL_GAP;
    }
}

/// As a reader writes it: no minus before a zero.
pub(crate) fn number(value: f64, decimals: u8) -> String {
    let text = format!("{value:.*}", usize::from(decimals));
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        _ => text,
    }
}

fn end_texts(chart: &Chart) -> Vec<String> {
    let end = |line: &ChartLine| match finite(line).last() {
        Some((_, last)) => format!("{} {}", number(last, chart.decimals), line.label),
        None => String::new(),
    };
    chart.lines.iter().map(end).collect()
}

fn target_text(chart: &Chart) -> Option<String> {
    chart.target.map(|target| format!("Target {}", number(target, chart.decimals)))
}

fn finite(line: &ChartLine) -> impl Iterator<Item = (usize, f64)> {
    let known =
        |(at, value): (usize, &Option<f64>)| value.filter(|value| value.is_finite()).map(|value| (at, value));
    line.values.iter().enumerate().filter_map(known)
}

/// About the width of `text` in the library's font, bold letters included.
#[expect(clippy::cast_precision_loss, reason = "a label has a few dozen letters")]
fn width_of(text: &str, size: u32) -> f64 {
    text.chars().count() as f64 * f64::from(size) * LETTER
}

fn shortened(text: &str, size: u32, room: f64) -> String {
    if width_of(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = text.to_owned();
    while !kept.is_empty() && width_of(&kept, size) + f64::from(size) * LETTER > room {
        kept.pop();
    }
    format!("{}\u{2026}", kept.trim_end())
}
