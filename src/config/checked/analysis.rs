//! Which checks are asked, how charts are drawn, and where they begin anew.

use crate::config::checked::{Desk, Known};
use crate::config::settings::{AddedCheck, Analysis, Rebase};
use crate::config::shape::{Names, Read};
use crate::config::written::analysis::{ChartsToml, RebaseToml};
use crate::config::written::quarterdeck::QuarterdeckToml;
use crate::config::written::typed::At;
use crate::domain::check::SHIPPED;
use crate::domain::indicator::IndicatorId;
use crate::domain::quarter::Quarter;

/// What is configured of the analysis.
pub fn check(
    main: &Read<QuarterdeckToml>,
    added: &[AddedCheck],
    known: &Known<'_>,
    desk: &mut Desk,
) -> Analysis {
    let Some(file) = &main.value else { return Analysis::default() };
    let names = SHIPPED.iter().map(|name| (*name).to_owned());
    let names = Names::of(names.chain(added.iter().map(|check| check.name.clone())).collect());
    for typed in file.checks.on.iter().chain(&file.checks.off) {
        desk.reference(&main.text, "checks", "check", typed, &names);
    }
    desk.duplicates(&main.text, "check", file.checks.on.iter().chain(&file.checks.off));
    let told = |list: &[At<String>]| list.iter().map(|name| name.value.clone()).collect();
    Analysis {
        on: told(&file.checks.on),
        off: told(&file.checks.off),
        charts: charts(&file.charts),
        rebases: file.rebase.iter().filter_map(|typed| rebase(main, typed, known, desk)).collect(),
    }
}

/// By the names of `queries/views/parameters.sql`; their ranges are the schema's.
fn charts(typed: &ChartsToml) -> Vec<(&'static str, f64)> {
    let figures = |name, number: Option<u32>| Some((name, f64::from(number?)));
    let chosen = [
        figures("trend_length", typed.trend_length),
        figures("shift_length", typed.shift_length),
        typed.screen_outliers.map(|yes| ("screen_outliers", f64::from(u8::from(yes)))),
        figures("limits_points_min", typed.limits_points_min),
        figures("fixed_points", typed.fixed_points),
        figures("stock_left_out", typed.stock_left_out),
        typed.autocorrelation_max.map(|most| ("autocorrelation_max", most)),
    ];
    chosen.into_iter().flatten().collect()
}

fn rebase(
    main: &Read<QuarterdeckToml>,
    typed: &RebaseToml,
    known: &Known<'_>,
    desk: &mut Desk,
) -> Option<Rebase> {
    let there = desk.reference(&main.text, "rebase", "indicator", &typed.indicator, &known.indicators);
    let quarter = Quarter::parse(&typed.quarter)
        .map_err(|error| desk.problem(&main.text, &typed.quarter.span, format!("rebase: {error}")));
    let authority = match &typed.authority {
        Some(code) => Some(desk.authority(&main.text, "rebase", code, &known.codes)?),
        None => None,
    };
    let indicator = IndicatorId::parse(&typed.indicator).filter(|_| there)?;
    Some(Rebase { indicator, authority, quarter: quarter.ok()?, reason: typed.reason.clone() })
}
