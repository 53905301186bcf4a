//! The words of a receipt: what came in, what was wrong with it, and something useful back.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::check::{DOUBTS, looks_back};
use crate::domain::figure::{Column, Place};
use crate::domain::letter::facts::{Named, OwnFigure, Revision, View};
use crate::domain::letter::{Draft, Occasion, table, words};
use crate::domain::message::{Attachment, Block, Cell, Kind, Letter, MessageKey};
use crate::domain::quarter::Quarter;
use crate::domain::scope::Recipient;

const REASONS_MAX: usize = 12;
const HASH_CHARS: usize = 12;
const ROWS_FILE: &str = "rows-not-accepted.csv";

/// What a receipt is written from: one submission.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiptFacts {
    /// The collection's short name.
    pub collection: String,
    /// What people call it, such as `Quarterly return`.
    pub collection_title: String,
    /// Whose return; none for a publisher's file, which is about many.
    pub authority: Option<Named>,
    /// Of which quarter; none for a publisher's file.
    pub quarter: Option<Quarter>,
    /// The file's name as sent.
    pub file_name: String,
    /// Its SHA-256, in hexadecimal.
    pub hash: String,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// Working days after the due day; none when nothing was due.
    pub working_days_late: Option<i32>,
    /// Accepted or refused.
    pub verdict: Verdict,
    /// What was noticed on the way in, such as `the encoding was converted`.
    pub remarks: Vec<Group>,
}

impl ReceiptFacts {
    /// Whether it is a publisher's file, which nobody who reads this can send again.
    fn is_published(&self) -> bool {
        self.authority.is_none()
    }
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It counts.
    Accepted(Accepted),
    /// Nothing of it counts; what was there before still does.
    Refused {
        /// Why, in a plain sentence.
        reason: String,
        /// The version that counts, and the day it came.
        standing: Option<(u32, NaiveDate)>,
        /// The rows for which it was refused, as made by [`grouped`]; only for its sender.
        errors: Vec<Group>,
        /// Each of those rows: code, sentence, place. They are attached as a file.
        refused_rows: Vec<(String, String, Place)>,
    },
}

/// What is said of an accepted file.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// 1 for the first.
    pub version: u32,
    /// The version that counted until it came; none where none did.
    pub replaces: Option<u32>,
    /// Rows read: accepted plus quarantined.
    pub rows_read: usize,
    /// Rows that count.
    pub rows_accepted: usize,
    /// Rows that were refused.
    pub rows_quarantined: usize,
    /// Refused rows by reason, as made by [`grouped`].
    pub errors: Vec<Group>,
    /// Each refused row: code, sentence, place. They are attached as a file.
    pub refused_rows: Vec<(String, String, Place)>,
    /// Names of indicators that were expected and are not in the file.
    pub missing: Vec<String>,
    /// Names of indicators that are in the file, and of which every row was set aside.
    pub set_aside: Vec<String>,
    /// What changed against the version before.
    pub revisions: Vec<Revision>,
    /// The sender's own headline figures with comparisons.
    pub headlines: Vec<OwnFigure>,
}

/// Rows with one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// A code such as `unknown-indicator`.
    pub code: String,
    /// A plain sentence: what, the value, what to do; of the first row when they differ.
    pub reason: String,
    /// How many different sentences there are.
    pub reasons: usize,
    /// Where, in the order of the file.
    pub places: Vec<Place>,
}

/// Rows grouped by code; the one with most rows first.
#[must_use]
pub fn grouped(rows: impl IntoIterator<Item = (String, String, Place)>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut said: BTreeSet<(String, String)> = BTreeSet::new();
    for (code, reason, place) in rows {
        let is_new = said.insert((code.clone(), reason.clone()));
        match groups.iter_mut().find(|group| group.code == code) {
            Some(group) => {
                group.places.push(place);
                group.reasons += usize::from(is_new);
            }
            None => groups.push(Group { code, reason, reasons: 1, places: vec![place] }),
        }
    }
    groups.sort_by(|a, b| {
        b.places.len().cmp(&a.places.len()).then_with(|| a.places.first().cmp(&b.places.first()))
    });
    groups
}

/// The key of a receipt: one per version, or per refused file.
#[must_use]
pub fn key(facts: &ReceiptFacts, recipient: &Recipient) -> MessageKey {
    let authority = facts.authority.as_ref().map_or("all", |authority| authority.code.as_str());
    let quarter = facts.quarter.map_or_else(|| "all".to_owned(), |quarter| quarter.to_string());
    let hash: String = facts.hash.chars().take(HASH_CHARS).collect();
    let period = match &facts.verdict {
        Verdict::Accepted(accepted) if facts.authority.is_some() => {
            format!("{quarter} v{}", accepted.version)
        }
        Verdict::Accepted(_) => format!("{quarter} file {hash}"),
        Verdict::Refused { .. } => format!("{quarter} refused {hash}"),
    };
    MessageKey::of(Kind::Receipt, &format!("{}-{authority}", facts.collection), &period, &recipient.id)
}

/// The receipt for one submission; none when the recipient may not see the authority.
#[must_use]
pub fn compose(occasion: &Occasion, facts: &ReceiptFacts) -> Option<Letter> {
    if facts.authority.as_ref().is_some_and(|authority| !occasion.recipient.may_see(&authority.code)) {
        return None;
    }
    let subject_of = subject_of(facts);
    let (subject, preheader, blocks) = match &facts.verdict {
        Verdict::Accepted(accepted) => (
            if facts.is_published() {
                format!("Received: {subject_of}")
            } else {
                with_version(&format!("Received: {subject_of}"), accepted.version)
            },
            accepted_counts(accepted),
            accepted_blocks(occasion, facts, accepted),
        ),
        Verdict::Refused { reason, standing, errors, .. } => (
            format!("Not accepted: {subject_of}"),
            format!("0 rows taken in. {}", words::sentence(reason)),
            refused_blocks(occasion, facts, reason, *standing, errors),
        ),
    };
    let (whose, what) = (whose(occasion, facts), words::lowered(&facts.collection_title));
    let title = if matches!(facts.verdict, Verdict::Accepted(_)) {
        format!("We have received {whose} {what}")
    } else {
        format!("We could not accept {whose} {what}")
    };
    let rows = match &facts.verdict {
        Verdict::Accepted(accepted) => &accepted.refused_rows,
        Verdict::Refused { refused_rows, .. } => refused_rows,
    };
    let attachments = if rows.is_empty() { Vec::new() } else { vec![refused_rows(rows)] };
    Some(occasion.letter(Draft {
        key: key(facts, occasion.recipient),
        kind: Kind::Receipt,
        subject,
        preheader,
        title,
        blocks,
        attachments,
        first: None,
    }))
}

/// A long name is cut, the version at its end is not: it tells the receipts of one return apart.
pub(super) fn with_version(subject: &str, version: u32) -> String {
    let version = format!(", version {version}");
    let room = words::SUBJECT_CHARS_MAX.saturating_sub(version.chars().count());
    format!("{}{version}", words::shortened(subject, room))
}

/// `your` to its sender, and the authority's name to whoever else hears of it.
fn whose(occasion: &Occasion, facts: &ReceiptFacts) -> String {
    match &facts.authority {
        None => "the".to_owned(),
        Some(authority) if occasion.recipient.owns(&authority.code) => "your".to_owned(),
        Some(authority) => format!("{}\u{2019}s", authority.name),
    }
}

/// The rows that were refused, for those who correct them in a spreadsheet.
fn refused_rows(rows: &[(String, String, Place)]) -> Attachment {
    let columns = ["sheet", "line", "column", "heading", "code", "reason"].map(str::to_owned);
    let text = |words: Option<String>| words.map_or(Cell::Empty, Cell::Text);
    let rows = rows.iter().map(|(code, reason, place)| {
        let column = place.column.as_ref();
        vec![
            text(place.sheet.clone()),
            Cell::Number(f64::from(place.line)),
            text(column.map(Column::letters)),
            text(column.map(|column| column.heading.clone())),
            text(Some(code.clone())),
            text(Some(reason.clone())),
        ]
    });
    Attachment::Figures { file_name: ROWS_FILE.to_owned(), columns: columns.into(), rows: rows.collect() }
}

fn subject_of(facts: &ReceiptFacts) -> String {
    match (facts.quarter, &facts.authority) {
        (Some(quarter), Some(authority)) => {
            format!("{} {quarter}, {}", facts.collection_title, authority.name)
        }
        _ => format!("{}, {}", facts.collection_title, facts.file_name),
    }
}

fn accepted_counts(accepted: &Accepted) -> String {
    let (missing, aside) = (accepted.missing.len(), accepted.set_aside.len());
    let missing = (missing > 0)
        .then(|| format!(" {} missing.", words::counted(missing, "indicator is", "indicators are")));
    let aside = (aside > 0)
        .then(|| format!(" {} set aside.", words::counted(aside, "indicator was", "indicators were")));
    let nothing = " No indicator is missing.".to_owned();
    let gaps = if missing.is_none() && aside.is_none() { Some(nothing) } else { None };
    let gaps: String = [gaps, missing, aside].into_iter().flatten().collect();
    format!(
        "{} read: {} accepted, {} quarantined.{gaps}",
        words::counted(accepted.rows_read, "row", "rows"),
        accepted.rows_accepted,
        accepted.rows_quarantined,
    )
}

fn accepted_blocks(occasion: &Occasion, facts: &ReceiptFacts, accepted: &Accepted) -> Vec<Block> {
    let mut blocks = vec![words::paragraph(format!("Thank you. {}", arrival(occasion, facts)))];
    blocks.push(words::paragraph(format!(
        "{} {}",
        version_words(facts, accepted),
        accepted_counts(accepted)
    )));
    blocks.extend(late(facts));
    blocks.extend(rows_not_accepted(&accepted.errors));
    let set_aside = missing_blocks(&accepted.set_aside);
    blocks.extend(words::section("Indicators of which every row was set aside", set_aside));
    blocks.extend(words::section("Indicators that are not in the file", missing_blocks(&accepted.missing)));
    blocks.extend(words::section("What to do", to_do(facts, accepted)));
    blocks.extend(words::section("What we noticed", group_bullets(&facts.remarks)));
    blocks.extend(revision_blocks(occasion, facts, accepted));
    blocks.extend(headline_blocks(occasion, facts, accepted));
    blocks.push(words::questions());
    blocks
}

/// The rows that were not accepted, by reason.
fn rows_not_accepted(errors: &[Group]) -> Vec<Block> {
    let mut blocks = group_bullets(errors);
    if !errors.is_empty() {
        blocks.push(words::paragraph(format!("Each of these rows is in the attached `{ROWS_FILE}`.")));
    }
    words::section("Rows that were not accepted", blocks)
}

fn refused_blocks(
    occasion: &Occasion,
    facts: &ReceiptFacts,
    reason: &str,
    standing: Option<(u32, NaiveDate)>,
    errors: &[Group],
) -> Vec<Block> {
    let kept = "The file is kept as it came. Nothing was replaced.";
    let counts = match standing {
        Some((version, on)) => format!("Version {version}, received on {}, still counts.", words::day(on)),
        None if facts.quarter.is_some() => "No version of this return has been accepted yet.".to_owned(),
        None => "What was taken in before still counts.".to_owned(),
    };
    let mut blocks = vec![words::paragraph(format!("{} We could not take it in.", arrival(occasion, facts)))];
    blocks.extend(words::section("Why", vec![words::paragraph(words::sentence(reason))]));
    blocks.extend(rows_not_accepted(errors));
    let is_own = facts.authority.as_ref().is_some_and(|one| occasion.recipient.owns(&one.code));
    let next = if !is_own && !facts.is_published() {
        "The sender was told the same. If the return is meant to be smaller, the operator can take the file \
         in with `quarterdeck receive FILE --smaller --by NAME --reason WHY`."
    } else if facts.is_published() {
        "Fetch the file again from where it is published, whole and as it is. If it is refused again, the \
         configuration does not know its layout yet."
    } else {
        "Correct the file and send the whole of it again. A new receipt will follow."
    };
    blocks.extend(words::section("What to do", vec![words::paragraph(next)]));
    blocks.push(words::paragraph(format!("{kept} {counts}")));
    blocks.extend(words::section("What we noticed", group_bullets(&facts.remarks)));
    blocks.push(words::questions());
    blocks
}

fn arrival(occasion: &Occasion, facts: &ReceiptFacts) -> String {
    let about = match (&facts.authority, facts.quarter) {
        (Some(authority), Some(quarter)) => format!(" from {} for {}", authority.name, quarter.long_label()),
        (Some(authority), None) => format!(" from {}", authority.name),
        (None, Some(quarter)) => format!(" for {}", quarter.long_label()),
        (None, None) => String::new(),
    };
    format!(
        "The file `{}`{about} was received on {}.",
        facts.file_name,
        words::moment(facts.received_at, occasion.zone)
    )
}

fn version_words(facts: &ReceiptFacts, accepted: &Accepted) -> String {
    let version = accepted.version;
    match accepted.replaces {
        _ if facts.is_published() => {
            "What earlier files said, and this one does not, still counts.".to_owned()
        }
        Some(before) => format!("It is version {version} and replaces version {before}, which is kept."),
        None => format!("It is version {version}."),
    }
}

fn late(facts: &ReceiptFacts) -> Option<Block> {
    let days = facts.working_days_late.filter(|days| *days > 0)?;
    Some(words::paragraph(format!("It came {} after the due day.", words::working_days(days))))
}

fn group_bullets(groups: &[Group]) -> Vec<Block> {
    let mut items: Vec<String> = groups.iter().take(REASONS_MAX).map(group_words).collect();
    let rest = groups.get(REASONS_MAX..).unwrap_or_default();
    if !rest.is_empty() {
        let rows: usize = rest.iter().map(|group| group.places.len()).sum();
        let reasons = words::counted(rest.len(), "more reason", "more reasons");
        items.push(format!("And {reasons}, in {}.", words::counted(rows, "row", "rows")));
    }
    words::bullets(items)
}

pub(super) fn group_words(group: &Group) -> String {
    let reason = words::sentence(&group.reason);
    if group.places.is_empty() {
        return format!("{reason} ({})", group.code);
    }
    let rows = words::counted(group.places.len(), "row", "rows");
    let places = words::places(&group.places);
    if group.reasons > 1 {
        return format!("{reason} And the like ({}: {rows}, {places}).", group.code);
    }
    format!("{reason} ({}: {rows}, {places})", group.code)
}

fn missing_blocks(missing: &[String]) -> Vec<Block> {
    words::bullets(missing.to_vec())
}

fn to_do(facts: &ReceiptFacts, accepted: &Accepted) -> Vec<Block> {
    let mut items = Vec::new();
    if facts.is_published() {
        return to_do_for_published(accepted);
    }
    if !accepted.errors.is_empty() {
        items.push(
            "Correct these rows and send the whole file again. It becomes the next version. Until then the \
             accepted rows count."
                .to_owned(),
        );
    }
    if !accepted.missing.is_empty() {
        items.push(
            "Add the missing indicators. If you cannot supply one, send its row with the status \
                `unavailable`."
                .to_owned(),
        );
    }
    let is_doubtful = |group: &Group| DOUBTS.contains(&group.code.as_str()) || looks_back(&group.code);
    if facts.remarks.iter().any(is_doubtful) {
        items.push(
            "Look at the figures that we noticed, below. Where one is wrong, correct it and send the whole \
             file again."
                .to_owned(),
        );
    }
    if items.is_empty() {
        return vec![words::paragraph("Nothing. The return is complete.")];
    }
    words::bullets(items)
}

/// Nobody can correct a publisher's file: only how we read it.
fn to_do_for_published(accepted: &Accepted) -> Vec<Block> {
    if accepted.errors.is_empty() && accepted.missing.is_empty() {
        return vec![words::paragraph("Nothing. Every row was taken in.")];
    }
    let mut items = Vec::new();
    if !accepted.errors.is_empty() {
        items.push(
            "Nothing has to be sent again. The rows above are left out, and the others count. If one of \
             them should count, the configuration does not know its authority, measure or symbol yet."
                .to_owned(),
        );
    }
    if !accepted.missing.is_empty() {
        items.push(
            "Of the indicators that are not in this file, what other files of the publisher said still \
             counts."
                .to_owned(),
        );
    }
    words::bullets(items)
}

fn revision_blocks(occasion: &Occasion, facts: &ReceiptFacts, accepted: &Accepted) -> Vec<Block> {
    if accepted.version <= 1 || View::of(occasion.recipient) == View::Sentences {
        return Vec::new();
    }
    // A publisher's version counts its files, which need not be about the same.
    let heading = match (&facts.authority, accepted.replaces) {
        (Some(_), Some(before)) => format!("What changed against version {before}"),
        (Some(_), None) => return Vec::new(),
        (None, _) => "What changed against the files before".to_owned(),
    };
    let seen: Vec<&Revision> = accepted
        .revisions
        .iter()
        .filter(|revision| occasion.recipient.may_see(&revision.authority.code))
        .collect();
    if seen.is_empty() && facts.authority.is_none() {
        return Vec::new();
    }
    let block = if seen.is_empty() {
        words::paragraph("No figure changed.")
    } else {
        let caption = words::counted(seen.len(), "figure changed", "figures changed");
        Block::Table(table::revisions(caption, &seen))
    };
    words::section(&heading, vec![block])
}

fn headline_blocks(occasion: &Occasion, facts: &ReceiptFacts, accepted: &Accepted) -> Vec<Block> {
    let recipient = occasion.recipient;
    let seen: Vec<&OwnFigure> =
        accepted.headlines.iter().filter(|own| recipient.may_see(&own.authority.code)).collect();
    let (Some(first), Some(quarter)) = (seen.first(), facts.quarter) else { return Vec::new() };
    if View::of(recipient) == View::Sentences {
        return Vec::new();
    }
    let time = first.indicator.stretch.long_name(quarter);
    let caption = format!("Figures of {}, {time}", first.authority.name);
    let table = table::own_figures(&caption, occasion.region, (quarter, first.indicator.stretch), &seen);
    let note = "The region's value is the sum over those authorities that have sent so far. It will move.";
    words::section(
        "Your figures beside last year and the region",
        vec![Block::Table(table), Block::Note(note.to_owned())],
    )
}

#[cfg(test)]
mod tests {
    use crate::domain::figure::Place;
    use crate::domain::letter::receipt::grouped;

    #[test]
    fn the_reason_with_most_rows_comes_first() {
        let row = |code: &str, line| {
            (code.to_owned(), format!("{code} is wrong"), Place { sheet: None, line, column: None })
        };
        let groups = grouped([row("once", 2), row("twice", 3), row("twice", 9), row("also-once", 1)]);
        let codes: Vec<&str> = groups.iter().map(|group| group.code.as_str()).collect();
        assert_eq!(codes, ["twice", "also-once", "once"]);
        assert_eq!(groups[0].places.len(), 2);
    }
}
