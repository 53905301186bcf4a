//! Collections: when a return is due and where it comes from.

use std::path::Path;

use crate::config::checked::{Desk, Known, layouts, sources};
use crate::config::problem::Text;
use crate::config::settings::{Cadence, Collection, Reporters};
use crate::config::shape::Read;
use crate::config::written::collections::{CadenceWord, CollectionToml, ReportersWord};
use crate::config::written::quarterdeck::QuarterdeckToml;
use crate::domain::quarter::{NotAQuarter, Quarter};

/// The sound collections.
pub fn check(
    main: &Read<QuarterdeckToml>,
    folder: &Path,
    known: &Known<'_>,
    desk: &mut Desk,
) -> Vec<Collection> {
    let typed: Vec<&CollectionToml> =
        main.value.iter().flat_map(|typed| typed.collection.iter().flatten()).collect();
    desk.duplicates(&main.text, "collection", typed.iter().map(|collection| &collection.name));
    typed.into_iter().filter_map(|typed| one(&main.text, typed, folder, known, desk)).collect()
}

fn one(
    text: &Text,
    typed: &CollectionToml,
    folder: &Path,
    known: &Known<'_>,
    desk: &mut Desk,
) -> Option<Collection> {
    let at = format!("collection `{}`", typed.name.value);
    desk.short_name(text, "collection", &typed.name);
    let first_quarter = quarter(&typed.first_quarter)
        .map_err(|error| desk.problem(text, &typed.first_quarter.span, format!("{at}: {error}")))
        .ok();
    if let Some(due) = &typed.due_working_days
        && typed.reporters == ReportersWord::Publisher
    {
        let sentence = format!("{at}: nobody is chased for a publisher's file; remove `due_working_days`");
        desk.problem(text, &due.span, sentence);
    }
    let source = sources::check(text, typed, folder, &at, desk);
    let layouts = layouts::check(text, typed, known, &at, desk);
    Some(Collection {
        name: typed.name.value.clone(),
        title: typed.title.clone(),
        cadence: match typed.cadence {
            CadenceWord::Quarterly => Cadence::Quarterly,
            CadenceWord::Annual => Cadence::Annual,
        },
        first_quarter: first_quarter?,
        due_working_days: typed.due_working_days.as_ref().map(|days| days.value),
        revision_quarters: typed.revision_quarters,
        reporters: match typed.reporters {
            ReportersWord::Members => Reporters::Members,
            ReportersWord::Publisher => Reporters::Publisher,
        },
        provisional: typed.provisional,
        source,
        layouts,
    })
}

fn quarter(text: &str) -> Result<Quarter, NotAQuarter> {
    let year = text.get(..4).and_then(|year| year.parse().ok());
    let number = text.get(9..).and_then(|number| number.parse().ok());
    let quarter = year.zip(number).and_then(|(year, number)| Quarter::of(year, number));
    quarter.filter(|quarter| quarter.to_string() == text).ok_or_else(|| NotAQuarter(text.to_owned()))
}
