//! The region, the zone, the limits, and whether collections and indicators know each other.

use std::collections::BTreeSet;

use chrono_tz::Tz;

use crate::config::checked::{Desk, Known};
use crate::config::problem::{did_you_mean, one_of};
use crate::config::settings::{Collection, Limits, Region};
use crate::config::shape::Read;
use crate::config::written::quarterdeck::QuarterdeckToml;
use crate::config::written::typed::At;
use crate::domain::indicator::Indicator;

/// The region.
pub fn check(main: &Read<QuarterdeckToml>, known: &Known<'_>, desk: &mut Desk) -> Option<Region> {
    let typed = main.value.as_ref()?.region.as_ref()?;
    desk.short_name(&main.text, "region: instance", &typed.instance);
    if let Some(version) = typed.neighbours.as_ref().filter(|_| !known.authorities.is_empty()) {
        neighbours(main, version, known, desk);
    }
    Some(Region {
        name: typed.name.clone(),
        code: desk.code(&main.text, "region", &typed.code)?,
        instance: typed.instance.value.clone(),
        neighbours_version: typed.neighbours.as_ref().map(|it| it.value.clone()).unwrap_or_default(),
        notice: typed.notice.clone(),
        small_number_max: typed.small_number_max,
    })
}

fn neighbours(main: &Read<QuarterdeckToml>, version: &At<String>, known: &Known<'_>, desk: &mut Desk) {
    let lists = known.authorities.iter().flat_map(|authority| &authority.neighbours);
    let versions: BTreeSet<&str> = lists.map(|list| list.version.as_str()).collect();
    if versions.contains(version.as_str()) {
        return;
    }
    let versions: Vec<&str> = versions.into_iter().collect();
    let there = if versions.is_empty() {
        "authorities.toml has no lists: leave `neighbours` out, and nothing is compared with them".to_owned()
    } else {
        format!("authorities.toml has {}", one_of(&versions))
    };
    let sentence = format!("region: unknown version of the neighbour lists `{}`; {there}", version.value);
    desk.problem(&main.text, &version.span, sentence);
}

/// The zone of all times.
pub fn zone(main: &Read<QuarterdeckToml>, desk: &mut Desk) -> Option<Tz> {
    let typed = main.value.as_ref()?.zone.as_ref()?;
    let zone = typed.parse::<Tz>().ok();
    if zone.is_none() {
        let hint = did_you_mean(typed, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
        let sentence = format!("`zone = \"{}\"`: no such time zone{hint}", typed.value);
        desk.problem(&main.text, &typed.span, sentence);
    }
    zone
}

/// The limits; their ranges are the schema's.
#[must_use]
pub fn limits(main: &Read<QuarterdeckToml>) -> Option<Limits> {
    let typed = main.value.as_ref()?.limits.as_ref()?;
    Some(Limits {
        file_bytes_max: typed.file_mebibytes << 20,
        unpacked_bytes_max: typed.unpacked_mebibytes << 20,
        rows_max: typed.rows_max,
        columns_max: typed.columns_max,
        field_chars_max: typed.field_chars_max,
        connect_seconds: typed.connect_seconds,
        fetch_seconds: typed.fetch_seconds,
        fetches_at_once: typed.fetches_at_once,
        run_seconds: typed.run_seconds,
        run_mebibytes: typed.run_mebibytes,
        database_mebibytes: typed.database_mebibytes,
        worker_mebibytes: typed.worker_mebibytes,
        worker_seconds: typed.worker_seconds,
        result_rows_max: typed.result_rows_max,
    })
}

/// A collection that no indicator belongs to can hold nothing.
pub fn carried(
    collections: &[Collection],
    indicators: &[Indicator],
    main: &Read<QuarterdeckToml>,
    desk: &mut Desk,
) {
    if indicators.is_empty() {
        return;
    }
    for collection in collections {
        let carries = |indicator: &Indicator| indicator.collections.contains(&collection.name);
        let typed = main.value.iter().flat_map(|typed| typed.collection.iter().flatten());
        let place = typed.map(|typed| &typed.name).find(|name| name.value == collection.name);
        if let Some(place) = place.filter(|_| !indicators.iter().any(carries)) {
            let sentence =
                format!("collection `{}`: no indicator names it in `collections`", collection.name);
            desk.warning(&main.text, &place.span, sentence);
        }
    }
}
