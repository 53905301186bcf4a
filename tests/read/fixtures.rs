//! A region of two authorities, a few indicators, and layouts by hand.

use std::convert::Infallible;

use chrono::NaiveDate;
use quarterdeck::config::settings::{
    Cadence, Layout, Limits, LongColumns, Shape, Symbol, TidyColumns, TidyMeasure,
};
use quarterdeck::domain::authority::{Authority, AuthorityCode};
use quarterdeck::domain::figure::Status;
use quarterdeck::domain::indicator::{Behaviour, Indicator, IndicatorId, Polarity, Unit};
use quarterdeck::domain::quarter::Quarter;
use quarterdeck::read::code::Refusal;
use quarterdeck::read::csv::delimited;
use quarterdeck::read::grid::Grid;
use quarterdeck::read::packed;
use quarterdeck::read::reading::{Expected, OtherQuarters, Reading};
use quarterdeck::read::sheets::the_return;
use quarterdeck::read::validate::understand;

pub(crate) const HEADING: &str = "authority_code,indicator,quarter,numerator,denominator,value,status,note\n";

pub(crate) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

pub(crate) fn code(text: &str) -> AuthorityCode {
    AuthorityCode::parse(text).unwrap()
}

pub(crate) fn limits() -> Limits {
    Limits {
        file_bytes_max: 20_000_000,
        unpacked_bytes_max: 100_000_000,
        rows_max: 200_000,
        columns_max: 500,
        field_chars_max: 10_000,
        connect_seconds: 1,
        fetch_seconds: 1,
        fetches_at_once: 1,
        run_seconds: 1,
        run_mebibytes: 8192,
        database_mebibytes: 1,
        worker_mebibytes: 1,
        worker_seconds: 1,
        result_rows_max: 1,
    }
}

pub(crate) fn authority(text: &str, name: &str) -> Authority {
    Authority {
        code: code(text),
        name: name.to_owned(),
        aliases: Vec::new(),
        dfe_number: "000".to_owned(),
        from: None,
        until: None,
        successors: Vec::new(),
        neighbours: Vec::new(),
    }
}

pub(crate) fn indicator(id: &str, unit: Unit, denominator: Option<&str>) -> Indicator {
    Indicator {
        id: IndicatorId::parse(id).unwrap(),
        name: id.to_owned(),
        collections: vec!["quarterly".to_owned()],
        theme: "demand".to_owned(),
        definition: String::new(),
        unit,
        numerator: "children".to_owned(),
        denominator: denominator.map(str::to_owned),
        polarity: Polarity::None,
        behaviour: Behaviour::Flow,
        seasonal: false,
        context: false,
        annualise: false,
        decimals: 1,
        plausible: None,
        target: None,
        minimum_denominator: 0.0,
        identities: Vec::new(),
        source: String::new(),
    }
}

pub(crate) fn symbol(text: &str, status: Status) -> Symbol {
    Symbol { text: text.to_owned(), status, from: None, until: None }
}

pub(crate) fn names(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

pub(crate) fn long_layout() -> Layout {
    let columns = LongColumns {
        authority: names("authority_code authority"),
        indicator: names("indicator"),
        quarter: names("quarter"),
        year: Vec::new(),
        bare_year: None,
        numerator: names("numerator"),
        denominator: names("denominator"),
        value: names("value"),
        status: names("status"),
        note: names("note"),
        ignored: names("indicator_name"),
    };
    let later = Symbol { from: Some(day(2020, 1, 1)), ..symbol("x", Status::Unavailable) };
    let earlier = Symbol { until: Some(day(2019, 12, 31)), ..symbol("x", Status::Suppressed) };
    let symbols = vec![symbol("c", Status::Suppressed), earlier, later];
    Layout { name: "long".to_owned(), shape: Shape::Long(columns), symbols, sheet: None, header_within: 20 }
}

/// `measures`: indicator, numerator, denominator, value; `-` for none.
pub(crate) fn tidy_layout(reference: (u32, u32), measures: &[(&str, &str, &str, &str)]) -> Layout {
    let column = |name: &str| Some(name.to_owned()).filter(|name| name != "-");
    let measure = |(id, numerator, denominator, value): &(&str, &str, &str, &str)| TidyMeasure {
        indicator: IndicatorId::parse(id).unwrap(),
        row: None,
        optional: false,
        numerator: column(numerator),
        denominator: column(denominator),
        value: column(value),
        only: None,
    };
    let shape =
        TidyColumns { reference, reference_year_offset: 0, measures: measures.iter().map(measure).collect() };
    let symbols = vec![
        symbol("c", Status::Suppressed),
        symbol("x", Status::Unavailable),
        symbol("z", Status::NotApplicable),
        symbol("u", Status::Unreliable),
        symbol("low", Status::RoundsToZero),
        symbol("k", Status::RoundsToZero),
    ];
    Layout { name: "tidy".to_owned(), shape: Shape::Tidy(shape), symbols, sheet: None, header_within: 5 }
}

/// The return in a packed file, as a run finds it; where a sheet is named, that sheet.
pub(crate) fn packed(
    bytes: &[u8],
    name: &str,
    sheet: Option<&str>,
    limits: &Limits,
) -> Result<Grid, Refusal> {
    match sheet {
        Some(_) => packed::packed(bytes, name, sheet, limits).map(|mut grids| grids.remove(0)),
        None => found_by(&[long_layout()], bytes, name, limits),
    }
}

/// The sheet that these layouts find.
pub(crate) fn found_by(
    layouts: &[Layout],
    bytes: &[u8],
    name: &str,
    limits: &Limits,
) -> Result<Grid, Refusal> {
    let open = |sheet: Option<&str>| Ok::<_, Infallible>(packed::packed(bytes, name, sheet, limits));
    the_return(layouts, open).unwrap()
}

/// As [`packed`], of an XLSX workbook.
pub(crate) fn workbook(bytes: &[u8], sheet: Option<&str>, limits: &Limits) -> Result<Grid, Refusal> {
    packed(bytes, "return.xlsx", sheet, limits)
}

/// What is expected, owned.
pub(crate) struct World {
    pub(crate) authority: Option<AuthorityCode>,
    pub(crate) quarter: Option<Quarter>,
    pub(crate) indicators: Vec<Indicator>,
    pub(crate) layouts: Vec<Layout>,
    pub(crate) authorities: Vec<Authority>,
    pub(crate) today: NaiveDate,
}

impl World {
    /// The return of E06000022 for 2017-18 Q2: a percentage, a count, a rate.
    pub(crate) fn member() -> Self {
        let percent = Indicator {
            plausible: Some((5.0, 100.0)),
            ..indicator("in_time_pct", Unit::Percent, Some("conferences"))
        };
        let rate = Indicator {
            plausible: Some((50.0, 2500.0)),
            annualise: true,
            ..rate("referral_rate", "children aged 0 to 17")
        };
        let agency = Indicator {
            numerator: "agency social workers (FTE)".to_owned(),
            ..indicator("agency_pct", Unit::Percent, Some("all social workers (FTE)"))
        };
        Self {
            authority: Some(code("E06000022")),
            quarter: Quarter::of(2017, 2),
            indicators: vec![percent, indicator("plan_count", Unit::Count, None), rate, agency],
            layouts: vec![long_layout()],
            authorities: vec![
                authority("E06000022", "Bath and North East Somerset"),
                authority("E06000023", "Bristol, City of"),
            ],
            today: day(2017, 11, 17),
        }
    }

    /// A publisher's file.
    pub(crate) fn publisher(layout: Layout, indicators: Vec<Indicator>) -> Self {
        Self {
            authority: None,
            quarter: None,
            indicators,
            layouts: vec![layout],
            today: day(2025, 12, 1),
            ..Self::member()
        }
    }

    pub(crate) fn expected(&self) -> Expected<'_> {
        Expected {
            collection: "quarterly",
            cadence: Cadence::Quarterly,
            authority: self.authority.as_ref(),
            quarter: self.quarter,
            indicators: &self.indicators,
            layouts: &self.layouts,
            authorities: &self.authorities,
            today: self.today,
            other_quarters: OtherQuarters::SetAside,
        }
    }

    pub(crate) fn read(&self, bytes: impl AsRef<[u8]>) -> Result<Reading, Refusal> {
        let grid = delimited(bytes.as_ref(), &limits())?;
        let reading = understand(&grid, &self.expected())?;
        let bad = u32::try_from(reading.quarantined.len()).unwrap();
        assert_eq!(reading.rows_read, reading.accepted + bad, "rows read = accepted + quarantined");
        Ok(reading)
    }

    /// The rows under the usual headings.
    pub(crate) fn rows(&self, rows: &str) -> Reading {
        self.read(format!("{HEADING}{rows}")).unwrap()
    }

    /// The code of the only row, which must be quarantined, and its reason.
    pub(crate) fn objection(&self, row: &str) -> (&'static str, String) {
        let reading = self.rows(row);
        assert_eq!((reading.accepted, reading.quarantined.len()), (0, 1), "{row}: {reading:?}");
        (reading.quarantined[0].code, reading.quarantined[0].reason.clone())
    }

    pub(crate) fn refusal(&self, bytes: impl AsRef<[u8]>) -> Refusal {
        self.read(bytes).unwrap_err()
    }
}

pub(crate) fn rate(id: &str, denominator: &str) -> Indicator {
    indicator(id, Unit::Rate { per: 10_000 }, Some(denominator))
}

pub(crate) fn remark_codes(reading: &Reading) -> Vec<&'static str> {
    reading.remarks.iter().map(|remark| remark.code).collect()
}
