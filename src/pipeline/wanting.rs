//! What is looked for: which returns a source may have by now, and what we have of each.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::collect::Wanted;
use crate::config::settings::{Collection, Reporters, Settings, Source};
use crate::domain::authority::AuthorityCode;
use crate::domain::quarter::Quarter;
use crate::pipeline::had;
use crate::pipeline::opening::Walk;
use crate::pipeline::polled::Polled;
use crate::store::counting;
use crate::store::journal::Line;

/// What a source may have: the quarters that are open, and of the past what is not done with yet.
///
/// Nothing is known of a return whose latest file was refused: what was wrong with it may have happened on
/// its way, so the source must not say that it has not changed.
///
/// # Errors
/// When the database refuses.
pub(super) fn wanted(walk: &Walk<'_>, collection: &Collection) -> Result<Vec<Wanted>> {
    let mut list = in_order(walk, collection);
    for (rank, it) in list.iter_mut().enumerate() {
        it.rank = rank;
    }
    let refused = counting::refused(walk.store.connection()).context("cannot ask what was refused")?;
    had::fill(walk, (&collection.name, &collection.source), &refused, &mut list);
    Ok(list)
}

/// The newest quarter first, then the others backwards from where the last poll stopped; last what failed in
/// it. So neither a slow source nor an address that always fails keeps any other waiting for ever.
fn in_order(walk: &Walk<'_>, collection: &Collection) -> Vec<Wanted> {
    let polled = Polled::of(walk.journal.lines(), &collection.name, walk.settings.zone);
    let open = open_quarters(walk, collection);
    let mut quarters = if polled.is_closed() { open.clone() } else { collection.ended_quarters(walk.today) };
    quarters.reverse();
    let is_asked = !matches!(collection.source, Source::Folder(_) | Source::Hand);
    let mut list = of_quarters(walk.settings, collection, &quarters);
    list.retain(|it| {
        let is_open = it.quarter.is_none_or(|quarter| open.contains(&quarter));
        is_open || !is_asked || !polled.is_done_with(it)
    });
    let (failed, others): (Vec<_>, Vec<_>) = list.into_iter().partition(|it| polled.failed_last(it));
    let (mut newest, mut older): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|it| it.quarter == open.last().copied());
    for part in [&mut newest, &mut older] {
        let stopped_at = part.iter().position(|it| polled.stopped_at(it)).unwrap_or(0);
        part.rotate_left(stopped_at);
    }
    [newest, older, failed].concat()
}

/// The returns of some quarters, in their order; of a publisher with one file, that file.
pub(super) fn of_quarters(settings: &Settings, collection: &Collection, quarters: &[Quarter]) -> Vec<Wanted> {
    if is_one_file(collection) {
        return vec![Wanted::default()];
    }
    let mut list = Vec::new();
    for quarter in quarters.iter().copied() {
        if collection.reporters == Reporters::Publisher {
            list.push(Wanted { quarter: Some(quarter), ..Wanted::default() });
            continue;
        }
        for it in settings.authorities.iter().filter(|one| one.existed_on(quarter.last_day())) {
            list.push(Wanted {
                authority: Some(it.code.clone()),
                dfe_number: Some(it.dfe_number.clone()),
                quarter: Some(quarter),
                ..Wanted::default()
            });
        }
    }
    list
}

/// Whether a publisher has one file for every quarter, which grows.
fn is_one_file(collection: &Collection) -> bool {
    let same_address = |url: &str| collection.reporters == Reporters::Publisher && !url.contains("{quarter}");
    match &collection.source {
        Source::Ees(_) => true,
        Source::Http(source) => same_address(&source.url),
        Source::Folder(_) | Source::Hand => false,
    }
}

/// The quarters that are always polled: the newest, and those still open to revision; oldest first.
pub(super) fn open_quarters(walk: &Walk<'_>, collection: &Collection) -> Vec<Quarter> {
    let mut ended = collection.ended_quarters(walk.today);
    let open = usize::try_from(collection.revision_quarters).unwrap_or(0) + 1;
    ended.drain(..ended.len().saturating_sub(open));
    ended
}

/// Whether a line tells that something came for this return, taken or refused.
pub(super) fn is_about(line: &Line, collection: &str, wanted: &Wanted) -> bool {
    let text = |name: &str| line.detail.get(name).and_then(Value::as_str);
    line.keeps_a_file()
        && text("collection") == Some(collection)
        && text("authority") == wanted.authority.as_ref().map(AuthorityCode::as_str)
        && text("quarter") == wanted.quarter.map(|quarter| quarter.to_string()).as_deref()
}

/// Whether an old quarter comes with the history: in the first poll that asked for it.
pub(super) fn is_history(walk: &Walk<'_>, collection: &Collection, wanted: &Wanted) -> bool {
    let newest = collection.ended_quarters(walk.today).last().copied();
    let is_old = wanted.quarter.is_some_and(|quarter| Some(quarter) != newest);
    is_old
        && collection.source.is_polled()
        && !Polled::of(walk.journal.lines(), &collection.name, walk.settings.zone).knows(wanted)
}
