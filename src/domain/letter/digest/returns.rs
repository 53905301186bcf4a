//! Returns and deadlines as a digest shows them.

use chrono::Days;

use crate::domain::deadline::DeadlineKind;
use crate::domain::letter::digest::attached;
use crate::domain::letter::digest::facts::{Arrival, DEADLINE_DAYS_AHEAD, DeadlineFact, ReturnFact};
use crate::domain::letter::digest::seen::Seen;
use crate::domain::letter::{slips, table, words};
use crate::domain::message::{Block, Table};
use crate::domain::scope::Scope;

/// Names in one row of a table.
const NAMED_MAX: usize = 20;

/// What became of each return, with its errors by reason.
pub(super) fn detail(seen: &Seen) -> Vec<Block> {
    let mut blocks = Vec::new();
    for expected in &seen.returns {
        blocks.push(words::paragraph(arrival(seen, expected)));
        if let Arrival::Received { errors, .. } = &expected.arrival {
            blocks.extend(slips::bullets(errors));
        }
    }
    blocks
}

/// One line per return that is not in.
pub(super) fn outstanding_lines(seen: &Seen) -> Vec<String> {
    outstanding(seen).into_iter().map(|expected| arrival(seen, expected)).collect()
}

/// Who has not sent, a row for each collection and quarter, the newest quarter first; a line when all are in.
///
/// A return that is not in is not in, whether it is overdue, due today or not yet due.
pub(super) fn outstanding_table(seen: &Seen) -> Vec<Block> {
    let missing = outstanding(seen);
    if missing.is_empty() {
        return vec![words::paragraph("All returns that are expected are in.")];
    }
    let mut groups: Vec<Vec<&ReturnFact>> = Vec::new();
    for expected in &missing {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| is_alike(first, expected))) {
            Some(group) => group.push(expected),
            None => groups.push(vec![expected]),
        }
    }
    let columns = vec![
        table::left("Quarter"),
        table::left("Return"),
        table::left("Due"),
        table::right("Not received"),
        table::left("From whom"),
    ];
    let rows = groups.iter().filter_map(|group| group_row(seen, group)).collect();
    let known = words::day(seen.facts.known_on);
    let caption = format!("Returns not received by {known}: {}", missing.len());
    let all = format!("Each of them is in the attached `{}`.", attached::RETURNS_FILE);
    vec![Block::Table(Table { caption, columns, rows }), words::paragraph(all)]
}

fn is_alike(a: &ReturnFact, b: &ReturnFact) -> bool {
    a.collection_title == b.collection_title && a.quarter == b.quarter && a.due == b.due
}

fn group_row(seen: &Seen, group: &[&ReturnFact]) -> Option<Vec<String>> {
    let first = group.first()?;
    let all = match seen.recipient.scope {
        Scope::Region => first.of,
        Scope::Authorities(_) => seen.returns.iter().filter(|one| is_alike(one, first)).count(),
    };
    let mut group = group.to_vec();
    group.sort_by(|a, b| a.authority.name.cmp(&b.authority.name));
    let name = |one: &&ReturnFact| match one.arrival {
        Arrival::Refused { .. } => format!("{} (a file came and was not accepted)", one.authority.name),
        _ => one.authority.name.clone(),
    };
    let names: Vec<String> = group.iter().map(name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Some(vec![
        first.quarter.to_string(),
        first.collection_title.clone(),
        due_words(seen, first),
        format!("{} of {all}", names.len()),
        words::at_most(&names, NAMED_MAX),
    ])
}

/// `Friday 10 November 2017, 5 working days late`.
fn due_words(seen: &Seen, expected: &ReturnFact) -> String {
    let Some(day) = expected.due else { return "no due day".to_owned() };
    let when = match (words::near(day, seen.facts.written_on()), expected.working_days_late) {
        (Some(near), _) => format!(", {near}"),
        (None, late) if late > 0 => format!(", {} late", words::working_days(late)),
        (None, _) => String::new(),
    };
    format!("{}{when}", words::day(day))
}

/// Deadlines of the next two months and those that passed, soonest first.
pub(super) fn deadline_lines(seen: &Seen) -> Vec<String> {
    let until = seen.facts.written_on() + Days::new(DEADLINE_DAYS_AHEAD);
    let mut soon: Vec<&&DeadlineFact> =
        seen.deadlines.iter().filter(|deadline| deadline.on <= until && is_open(deadline)).collect();
    soon.sort_by(|a, b| a.on.cmp(&b.on).then_with(|| a.title.cmp(&b.title)));
    soon.into_iter().map(|deadline| deadline_words(seen, deadline)).collect()
}

/// Every deadline with somebody outstanding, one row per deadline.
pub(super) fn deadline_table(seen: &Seen) -> Vec<Block> {
    let mut rows: Vec<(&DeadlineFact, Vec<String>)> = Vec::new();
    let mut open: Vec<&&DeadlineFact> = seen.deadlines.iter().filter(|deadline| is_open(deadline)).collect();
    open.sort_by(|a, b| a.on.cmp(&b.on).then_with(|| a.title.cmp(&b.title)));
    for deadline in open {
        match rows.iter_mut().find(|(row, _)| row.title == deadline.title && row.on == deadline.on) {
            Some((_, parties)) => parties.push(party(deadline)),
            None => rows.push((deadline, vec![party(deadline)])),
        }
    }
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = vec![
        table::left("What"),
        table::left("Day"),
        table::right("Working days left"),
        table::left("Who is still to do it"),
    ];
    let rows = rows
        .into_iter()
        .map(|(deadline, parties)| {
            let near = words::near(deadline.on, seen.facts.written_on());
            let left = match (deadline.working_days_left, near) {
                (_, Some(near)) => near.to_owned(),
                (left @ ..0, None) => format!("{} overdue", left.unsigned_abs()),
                (left, None) => left.to_string(),
            };
            vec![deadline.title.clone(), words::day(deadline.on), left, parties.join("; ")]
        })
        .collect();
    vec![Block::Table(Table {
        caption: "Deadlines that somebody has still to meet".to_owned(),
        columns,
        rows,
    })]
}

/// The returns that are not in, the newest quarter first.
pub(super) fn outstanding<'a>(seen: &Seen<'a>) -> Vec<&'a ReturnFact> {
    let mut missing: Vec<&ReturnFact> = seen
        .returns
        .iter()
        .copied()
        .filter(|expected| !matches!(expected.arrival, Arrival::Received { .. }))
        .collect();
    missing.sort_by(|a, b| {
        let names = |it: &ReturnFact| (it.collection_title.clone(), it.authority.name.clone());
        b.quarter.cmp(&a.quarter).then_with(|| names(a).cmp(&names(b)))
    });
    missing
}

fn arrival(seen: &Seen, expected: &ReturnFact) -> String {
    let subject = format!(
        "{} of {}, {}",
        expected.collection_title,
        expected.authority.name,
        expected.quarter.long_label()
    );
    match &expected.arrival {
        Arrival::Received { on, version, rows_accepted, rows_quarantined, .. } => format!(
            "{subject}: version {version} received on {}{}. {} read: {rows_accepted} accepted, \
             {rows_quarantined} set aside.",
            words::day(*on),
            if *version <= 1 { lateness(expected.working_days_late) } else { String::new() },
            words::counted(rows_accepted + rows_quarantined, "row", "rows"),
        ),
        Arrival::Refused { on, reason } => format!(
            "{subject}: a file came on {} and was not accepted. {}{}",
            words::day(*on),
            words::sentence(reason),
            due(seen, expected)
        ),
        Arrival::Outstanding => format!("{subject}: not received.{}", due(seen, expected)),
    }
}

fn due(seen: &Seen, expected: &ReturnFact) -> String {
    let Some(day) = expected.due else { return String::new() };
    match (words::near(day, seen.facts.written_on()), expected.working_days_late) {
        (Some(near), _) => format!(" It is due {near}, {}.", words::day(day)),
        (None, ..=0) => format!(" It is due on {}.", words::day(day)),
        (None, late) => format!(" It was due on {}, {} ago.", words::day(day), words::working_days(late)),
    }
}

fn lateness(working_days: i32) -> String {
    if working_days > 0 {
        format!(", {} after the due day", words::working_days(working_days))
    } else {
        String::new()
    }
}

fn is_open(deadline: &DeadlineFact) -> bool {
    deadline.supplied < deadline.needed
}

fn deadline_words(seen: &Seen, deadline: &DeadlineFact) -> String {
    let (day, who) = (words::day(deadline.on), party(deadline));
    let left = words::working_days(deadline.working_days_left);
    let near = words::near(deadline.on, seen.facts.written_on());
    match (deadline.kind, near, deadline.working_days_left) {
        (DeadlineKind::Due, None, ..0) => {
            format!("{}: overdue since {day}, {left}. Still to do it: {who}.", deadline.title)
        }
        (DeadlineKind::Due, Some(near), _) => {
            format!("{}: due {near}, {day}. Still to do it: {who}.", deadline.title)
        }
        (DeadlineKind::Due, None, _) => {
            format!("{}: by {day}, in {left}. Still to do it: {who}.", deadline.title)
        }
        // Nobody is late for what has not been.
        (DeadlineKind::Event, Some(near), _) => format!("{}: {near}, {day}. For {who}.", deadline.title),
        (DeadlineKind::Event, None, _) => format!("{}: {day}, in {left}. For {who}.", deadline.title),
    }
}

fn party(deadline: &DeadlineFact) -> String {
    let names: Vec<&str> = deadline.authorities.iter().map(|named| named.name.as_str()).collect();
    let who = if names.is_empty() { "the region".to_owned() } else { words::listed(&names) };
    if deadline.needed > 1 {
        format!("{who} ({} of {} so far)", deadline.supplied, deadline.needed)
    } else {
        who
    }
}
