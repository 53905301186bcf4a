//! Returns of sixteen authorities whose larger numbers are all different from one another.

pub(super) const AUTHORITIES: [&str; 16] = [
    "E06000022",
    "E06000023",
    "E06000024",
    "E06000025",
    "E06000026",
    "E06000027",
    "E06000028",
    "E06000029",
    "E06000030",
    "E06000052",
    "E06000053",
    "E06000054",
    "E10000008",
    "E10000009",
    "E10000013",
    "E10000027",
];
/// It misses the target for timely assessments in the second quarter of 2017-18, and by far.
pub(super) const MISSES_ITS_TARGET: &str = "E06000027";
pub(super) const HEADINGS: &str = "authority_code,indicator,quarter,numerator,denominator,value,note";

/// What was counted, out of what.
pub(super) struct Row {
    pub(super) indicator: &'static str,
    pub(super) numerator: u32,
    pub(super) denominator: u32,
}

pub(super) fn figures(code: &str, quarter: &str) -> Vec<Row> {
    let place = AUTHORITIES.iter().position(|one| *one == code).unwrap();
    let place = u32::try_from(place).unwrap();
    let year: u32 = quarter[..4].parse().unwrap();
    let number: u32 = quarter[quarter.len() - 1..].parse().unwrap();
    let at = (year - 2014) * 4 + number;
    let children = 241_017 + 13_019 * place;
    let referrals = 4_211 + 311 * place + 7 * at;
    let assessed = referrals - 500 - place;
    let share = if code == MISSES_ITS_TARGET && quarter == "2017-18 Q2" { 60 } else { 91 };
    vec![
        Row { indicator: "referral_rate", numerator: referrals, denominator: children },
        Row { indicator: "rereferral_pct", numerator: referrals * 21 / 100, denominator: referrals },
        Row { indicator: "assessment_completed_rate", numerator: assessed, denominator: children },
        Row { indicator: "assessment_45wd_pct", numerator: assessed * share / 100, denominator: assessed },
        Row { indicator: "cla_rate", numerator: 2_213 + 131 * place + at, denominator: children },
    ]
}

pub(super) fn csv(code: &str, quarter: &str) -> String {
    written(code, quarter, &figures(code, quarter))
}

/// The same return with another number of referrals.
pub(super) fn csv_with_referrals(code: &str, quarter: &str, referrals: u32) -> String {
    let mut rows = figures(code, quarter);
    rows[0].numerator = referrals;
    rows[1].denominator = referrals;
    written(code, quarter, &rows)
}

fn written(code: &str, quarter: &str, rows: &[Row]) -> String {
    let line =
        |row: &Row| format!("{code},{},{quarter},{},{},,\r\n", row.indicator, row.numerator, row.denominator);
    format!("{HEADINGS}\r\n{}", rows.iter().map(line).collect::<String>())
}
