//! The heading row, found by its names, and which column is what.

use crate::config::settings::{Layout, LongColumns, Shape, TidyColumns, TidyMeasure};
use crate::domain::figure::Column;
use crate::read::across::{self as wide, WideMap};
use crate::read::code::Refusal;
use crate::read::grid::{FlawedCell, Grid, GridRow};
use crate::read::text;

/// Headings that name someone. One such column beside a return is left out, several are a list of persons.
const NAMING: [&str; 6] = ["surname", "forename", "first name", "last name", "child name", "childs name"];

/// Headings that say the file is about persons. Such a file is refused and its values are not shown.
const PERSONAL: [&str; 12] = [
    "nhs",
    "nhs number",
    "nhs no",
    "dob",
    "date of birth",
    "birth date",
    "birthdate",
    "postcode",
    "post code",
    "upn",
    "ni number",
    "national insurance",
];

/// Columns that every tidy file of the publisher has, read or not.
const TIDY: [&str; 10] = [
    "time_period",
    "time_identifier",
    "geographic_level",
    "country_code",
    "country_name",
    "region_code",
    "region_name",
    "old_la_code",
    "new_la_code",
    "la_name",
];

/// The heading row of a file and what it means.
pub(crate) struct Header<'e> {
    /// The layout that recognised it.
    pub(crate) layout: &'e Layout,
    /// Its index among the grid's rows.
    pub(crate) index: usize,
    /// Its line.
    pub(crate) line: u32,
    /// The headings as compared; empty for a column without one.
    pub(crate) names: Vec<String>,
    /// The headings as spelled in the file.
    pub(crate) spelled: Vec<String>,
    /// Which columns are read, in no order.
    pub(crate) used: Vec<usize>,
    /// Which column is what.
    pub(crate) columns: Columns<'e>,
}

/// Which column is what, by shape.
pub(crate) enum Columns<'e> {
    /// A row per authority, indicator and quarter.
    Long(LongMap),
    /// A row per area and period.
    Tidy(TidyMap<'e>),
    /// A row per authority or per measure.
    Wide(WideMap<'e>),
}

/// The columns of a long file.
pub(crate) struct LongMap {
    pub(crate) authority: usize,
    pub(crate) indicator: usize,
    pub(crate) quarter: usize,
    pub(crate) year: Option<usize>,
    pub(crate) numerator: usize,
    pub(crate) denominator: usize,
    pub(crate) value: usize,
    pub(crate) status: Option<usize>,
    pub(crate) note: Option<usize>,
}

/// The columns of a tidy file.
pub(crate) struct TidyMap<'e> {
    pub(crate) shape: &'e TidyColumns,
    pub(crate) time_period: usize,
    pub(crate) time_identifier: usize,
    pub(crate) level: usize,
    pub(crate) country: (usize, Option<usize>),
    pub(crate) region: (Option<usize>, Option<usize>),
    pub(crate) authority: (Option<usize>, Option<usize>),
    pub(crate) dfe_number: Option<usize>,
    pub(crate) measures: Vec<MeasureMap<'e>>,
    pub(crate) absent: Vec<&'e str>,
}

/// The columns of one measure.
pub(crate) struct MeasureMap<'e> {
    pub(crate) measure: &'e TidyMeasure,
    pub(crate) numerator: Option<usize>,
    pub(crate) denominator: Option<usize>,
    pub(crate) value: Option<usize>,
    pub(crate) only: Option<(usize, &'e str)>,
}

impl Header<'_> {
    /// How many cells a row must have: up to the last column with a heading.
    pub(crate) fn width(&self) -> usize {
        self.names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1)
    }

    /// Headings of columns that are not read, and are not expected to be there either.
    pub(crate) fn unread(&self) -> Vec<&str> {
        let ignored: &[String] = match &self.layout.shape {
            Shape::Long(columns) => &columns.ignored,
            Shape::Wide(columns) => &columns.ignored,
            Shape::Tidy(_) => &[],
        };
        let is_tidy = matches!(self.columns, Columns::Tidy(_));
        let columns = self.names.iter().enumerate();
        columns
            .filter(|(at, name)| !name.is_empty() && !self.used.contains(at))
            .filter(|(_, name)| !ignored.iter().any(|known| text::heading(known) == **name))
            .filter(|(_, name)| !(is_tidy && TIDY.contains(&name.as_str())))
            .map(|(_, name)| name.as_str())
            .collect()
    }

    /// Every column that holds figures.
    pub(crate) fn figure_columns(&self) -> Vec<usize> {
        match &self.columns {
            Columns::Long(map) => vec![map.numerator, map.denominator, map.value],
            Columns::Tidy(map) => {
                let columns = map.measures.iter().flat_map(|one| [one.numerator, one.denominator, one.value]);
                columns.flatten().collect()
            }
            Columns::Wide(map) => map.figure_columns(),
        }
    }

    /// Whether a cell that could not be read is one of a row of figures, in a column that is read.
    pub(crate) fn reads(&self, cell: &FlawedCell) -> bool {
        cell.row.line > self.line && (self.used.contains(&cell.column) || cell.column >= self.names.len())
    }

    /// Columns that a measure would have, were they there.
    pub(crate) fn absent(&self) -> &[&str] {
        match &self.columns {
            Columns::Long(_) => &[],
            Columns::Tidy(map) => &map.absent,
            Columns::Wide(map) => &map.absent,
        }
    }

    /// The column at this index, from 0, as a place names it.
    pub(crate) fn column(&self, at: usize) -> Column {
        let number = u32::try_from(at).map_or(u32::MAX, |at| at.saturating_add(1));
        Column { number, heading: self.spelled.get(at).cloned().unwrap_or_default() }
    }

    /// Whether `row` is the heading row once more.
    pub(crate) fn is_repeated_by(&self, row: &GridRow) -> bool {
        let mut names = row.cells.iter().map(|cell| text::heading(cell)).collect::<Vec<_>>();
        names.resize(self.names.len().max(names.len()), String::new());
        names.iter().zip(&self.names).all(|(one, other)| one == other)
    }

    /// The row for quarantine: columns that are not part of a return are not kept.
    pub(crate) fn raw(&self, row: &GridRow) -> String {
        let keeps_all = matches!(self.columns, Columns::Tidy(_));
        let kept = |(at, cell): (usize, &String)| {
            let is_known = keeps_all || self.used.contains(&at) || at >= self.names.len();
            if is_known || cell.trim().is_empty() { cell.clone() } else { "[not kept]".to_owned() }
        };
        text::raw(&row.cells.iter().enumerate().map(kept).collect::<Vec<_>>().join(","))
    }
}

/// The first heading row that one of the layouts recognises, trying the layouts in their order.
pub(crate) fn find<'e>(grid: &Grid, layouts: &'e [Layout]) -> Result<Header<'e>, Refusal> {
    match search(grid, layouts) {
        Search::Found(attempt) => attempt.sound(),
        Search::Nearest(nearest) => {
            let sheets: Vec<&str> = grid.sheet.as_deref().into_iter().collect();
            Err(refused(nearest.as_deref(), &sheets, layouts))
        }
    }
}

/// Whether the layout's headings are there, sound or not.
pub(crate) fn is_recognised(grid: &Grid, layout: &Layout) -> bool {
    matches!(search(grid, std::slice::from_ref(layout)), Search::Found(_))
}

/// The refusal of sheets of which none has the headings: what comes nearest to them, or where they were not.
pub(crate) fn without_headings(grids: &[Grid], layouts: &[Layout]) -> Refusal {
    let attempts = grids.iter().filter_map(|grid| {
        let Search::Nearest(nearest) = search(grid, layouts) else { return None };
        Some((nearest?, grid.sheet.as_deref().unwrap_or_default()))
    });
    let nearest = attempts.max_by_key(|(attempt, _)| attempt.share());
    let all: Vec<&str> = grids.iter().filter_map(|grid| grid.sheet.as_deref()).collect();
    match nearest {
        Some((attempt, sheet)) if attempt.is_near() => refused(Some(attempt.as_ref()), &[sheet], layouts),
        _ => refused(None, &all, layouts),
    }
}

/// What came of a search for the headings.
enum Search<'e> {
    /// The row that has them all, sound or not.
    Found(Box<Attempt<'e>>),
    /// The row that comes nearest to having them.
    Nearest(Option<Box<Attempt<'e>>>),
}

fn search<'e>(grid: &Grid, layouts: &'e [Layout]) -> Search<'e> {
    let mut nearest: Option<Box<Attempt<'e>>> = None;
    for layout in layouts {
        let head = grid.rows.iter().enumerate().take_while(|(_, row)| row.line <= layout.header_within);
        for (index, row) in head {
            let above = index.checked_sub(1).and_then(|above| grid.rows.get(above));
            let above = above.filter(|_| wide::has_two_rows(&layout.shape));
            for above in std::iter::once(None).chain(above.map(Some)) {
                let attempt = Box::new(Attempt::new(layout, index, row, above));
                if attempt.finder.missing.is_empty() {
                    return Search::Found(attempt);
                }
                if nearest.as_ref().is_none_or(|nearest| attempt.share() > nearest.share()) {
                    nearest = Some(attempt);
                }
            }
        }
    }
    Search::Nearest(nearest)
}

/// Why no row is the headings, on sheets with these names; a text file has none.
fn refused(nearest: Option<&Attempt<'_>>, sheets: &[&str], layouts: &[Layout]) -> Refusal {
    let of_sheets = match sheets {
        [] => String::new(),
        [one] => format!(" of the sheet `{}`", text::shown(one)),
        several => format!(" of the sheets {}", text::listed(several, 10)),
    };
    if let Some(attempt) = nearest.filter(|attempt| attempt.is_near()) {
        return attempt.refusal(&of_sheets);
    }
    let within = layouts.iter().map(|layout| layout.header_within).max().unwrap_or(0);
    let wanted = layouts.first().map(|layout| text::listed(&wanted(&layout.shape), 12)).unwrap_or_default();
    let reason = format!(
        "no row of headings was found in the first {within} lines{of_sheets}: the return needs {wanted}"
    );
    Refusal::new("header-missing", reason)
}

fn wanted(shape: &Shape) -> Vec<&str> {
    match shape {
        Shape::Wide(columns) => wide::wanted(columns),
        Shape::Long(columns) => {
            let all = [
                &columns.authority,
                &columns.indicator,
                &columns.quarter,
                &columns.numerator,
                &columns.denominator,
                &columns.value,
            ];
            all.into_iter().filter_map(|accepted| accepted.first()).map(String::as_str).collect()
        }
        Shape::Tidy(columns) => {
            let measures = columns.measures.iter().flat_map(|measure| {
                let only = measure.only.as_ref().map(|(column, _)| column);
                [measure.numerator.as_ref(), measure.denominator.as_ref(), measure.value.as_ref(), only]
            });
            TIDY.iter().copied().take(4).chain(measures.flatten().map(String::as_str)).collect()
        }
    }
}

/// One layout tried on one row.
struct Attempt<'e> {
    layout: &'e Layout,
    index: usize,
    line: u32,
    finder: Finder,
    columns: Columns<'e>,
}

impl<'e> Attempt<'e> {
    fn new(layout: &'e Layout, index: usize, row: &GridRow, above: Option<&GridRow>) -> Self {
        let mut finder = Finder::new(row, above);
        let columns = match &layout.shape {
            Shape::Long(columns) => Columns::Long(long(&mut finder, columns)),
            Shape::Tidy(columns) => Columns::Tidy(tidy(&mut finder, columns)),
            Shape::Wide(columns) => Columns::Wide(wide::map(&mut finder, columns, row, above)),
        };
        Self { layout, index, line: row.line, finder, columns }
    }

    /// Percent of the wanted columns that are there.
    fn share(&self) -> usize {
        let wanted = self.finder.used.len() + self.finder.missing.len();
        self.finder.used.len() * 100 / wanted.max(1)
    }

    fn sound(self) -> Result<Header<'e>, Refusal> {
        let Finder { names, spelled, used, twice, .. } = self.finder;
        if let Some(name) = twice {
            let reason =
                format!("the column `{name}` is there twice in line {}: delete the wrong one", self.line);
            return Err(Refusal::new("duplicate-column", reason));
        }
        let (layout, index, line, columns) = (self.layout, self.index, self.line, self.columns);
        let header = Header { layout, index, line, names, spelled, used, columns };
        let unread = header.unread();
        let personal: Vec<&str> =
            unread.into_iter().filter(|name| is_one_of(name, &PERSONAL) || names_someone(name)).collect();
        if personal.is_empty() || (personal.len() == 1 && personal.iter().all(|name| names_someone(name))) {
            return Ok(header);
        }
        let names = text::listed(&personal, 6);
        let reason =
            format!("the file has columns about persons ({names}): a return holds totals only, delete them");
        Err(Refusal::new("personal-data", reason))
    }

    /// Whether so many of the headings are there that the row must be meant.
    fn is_near(&self) -> bool {
        self.share() >= 50
    }

    fn refusal(&self, of_sheets: &str) -> Refusal {
        let found: Vec<&String> = self.finder.names.iter().filter(|name| !name.is_empty()).collect();
        let missing = text::listed(&self.finder.missing, 12);
        let found = text::listed(&found, 20);
        // The names of a JSON file stand in no line.
        let place = if self.line == 0 { String::new() } else { format!(" in line {}", self.line) };
        let reason =
            format!("the headings{place}{of_sheets} lack {missing}; found were {found}: add what is missing");
        Refusal::new("missing-column", reason)
    }
}

/// Whether a heading names someone.
pub(crate) fn names_someone(name: &str) -> bool {
    is_one_of(name, &NAMING)
}

fn is_one_of(name: &str, headings: &[&str]) -> bool {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let name = format!(" {} ", words.collect::<Vec<_>>().join(" "));
    headings.iter().any(|personal| name.contains(&format!(" {personal} ")))
}

/// Looks for headings and keeps what it found.
pub(crate) struct Finder {
    pub(crate) names: Vec<String>,
    pub(crate) spelled: Vec<String>,
    pub(crate) used: Vec<usize>,
    pub(crate) missing: Vec<String>,
    twice: Option<String>,
}

impl Finder {
    /// Headings of `row`, and of the row above it where `row` has none.
    fn new(row: &GridRow, above: Option<&GridRow>) -> Self {
        let width = row.cells.len().max(above.map_or(0, |above| above.cells.len()));
        let spelled = (0..width).map(|at| {
            let here = row.cells.get(at).filter(|cell| !cell.trim().is_empty());
            let there = || above.and_then(|above| above.cells.get(at));
            here.or_else(there).map(|cell| cell.trim().to_owned()).unwrap_or_default()
        });
        let spelled: Vec<String> = spelled.collect();
        let names = spelled.iter().map(|cell| text::heading(cell)).collect();
        Self { names, spelled, used: Vec::new(), missing: Vec::new(), twice: None }
    }

    /// The column with one of these headings, if there is one.
    pub(crate) fn optional<S: AsRef<str>>(&mut self, accepted: &[S]) -> Option<usize> {
        let accepted: Vec<String> = accepted.iter().map(|name| text::heading(name.as_ref())).collect();
        let columns = self.names.iter().enumerate().filter(|(_, name)| !name.is_empty());
        let mut hits = columns.filter(|(_, name)| accepted.contains(name)).map(|(at, _)| at);
        let at = hits.next().or_else(|| accepted.iter().find_map(|name| self.unnamed(name)))?;
        if let Some(second) = hits.next() {
            self.twice = self.names.get(second).cloned();
        }
        if !self.used.contains(&at) {
            self.used.push(at);
        }
        Some(at)
    }

    /// `(unnamed 2)` is the second column without a heading: old files give codes and names none.
    fn unnamed(&self, name: &str) -> Option<usize> {
        let number: usize = name.strip_prefix("(unnamed ")?.strip_suffix(')')?.parse().ok()?;
        let mut unnamed = self.names.iter().enumerate().filter(|(_, name)| name.is_empty());
        unnamed.nth(number.checked_sub(1)?).map(|(at, _)| at)
    }

    /// The column with one of these headings, which must be there.
    pub(crate) fn required<S: AsRef<str>>(&mut self, accepted: &[S]) -> usize {
        self.optional(accepted).unwrap_or_else(|| {
            self.missing.extend(accepted.first().map(|name| name.as_ref().to_owned()));
            usize::MAX
        })
    }
}

fn long(finder: &mut Finder, columns: &LongColumns) -> LongMap {
    LongMap {
        authority: finder.required(&columns.authority),
        indicator: finder.required(&columns.indicator),
        quarter: finder.required(&columns.quarter),
        year: finder.optional(&columns.year),
        numerator: finder.required(&columns.numerator),
        denominator: finder.required(&columns.denominator),
        value: finder.required(&columns.value),
        status: finder.optional(&columns.status),
        note: finder.optional(&columns.note),
    }
}

fn tidy<'e>(finder: &mut Finder, columns: &'e TidyColumns) -> TidyMap<'e> {
    let (measures, absent) = measures(finder, &columns.measures);
    TidyMap {
        shape: columns,
        time_period: finder.required(&["time_period"]),
        time_identifier: finder.required(&["time_identifier"]),
        level: finder.required(&["geographic_level"]),
        country: (finder.required(&["country_code"]), finder.optional(&["country_name"])),
        region: (finder.optional(&["region_code"]), finder.optional(&["region_name"])),
        authority: (finder.optional(&["new_la_code"]), finder.optional(&["la_name"])),
        dfe_number: finder.optional(&["old_la_code"]),
        measures,
        absent,
    }
}

/// The columns of the measures, and the columns that are not there of those that need not be.
pub(crate) fn measures<'e>(
    finder: &mut Finder,
    measures: &'e [TidyMeasure],
) -> (Vec<MeasureMap<'e>>, Vec<&'e str>) {
    let (mut found, mut absent) = (Vec::with_capacity(measures.len()), Vec::new());
    for measure in measures {
        let names = [&measure.numerator, &measure.denominator, &measure.value];
        let lacking = names.into_iter().flatten().find(|name| finder.optional(&[name]).is_none());
        match lacking.filter(|_| measure.optional) {
            Some(name) => absent.push(name.as_str()),
            None => found.push(measured(finder, measure)),
        }
    }
    (found, absent)
}

fn measured<'e>(finder: &mut Finder, measure: &'e TidyMeasure) -> MeasureMap<'e> {
    let mut column = |name: &Option<String>| name.as_ref().map(|name| finder.required(&[name]));
    MeasureMap {
        measure,
        numerator: column(&measure.numerator),
        denominator: column(&measure.denominator),
        value: column(&measure.value),
        only: measure.only.as_ref().map(|(name, text)| (finder.required(&[name]), text.as_str())),
    }
}
