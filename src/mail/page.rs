//! A letter, arranged for the templates: cleaned words, drawn charts, nothing left to decide.

use serde::Serialize;

use crate::domain::message::{Align, Block, Chart, FindingBlock, Kind, Letter, Table};
use crate::mail::chart;
use crate::mail::render::Voice;

const CUT_OFF: &str = "mail programs cut a longer message off";

/// Pictures one message may have; later charts are tables.
const PICTURES_MAX: usize = 10;

/// A picture that belongs to the HTML part.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// The Content-ID, without angle brackets.
    pub(crate) cid: String,
    /// Such as `chart-1.png`.
    pub(crate) name: String,
    /// The PNG.
    pub(crate) bytes: Vec<u8>,
}

/// What both templates are filled from.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Page {
    pub(crate) subject: String,
    pub(crate) title: String,
    pub(crate) preheader: String,
    pub(crate) counts: Vec<Count>,
    pub(crate) notice: Option<String>,
    pub(crate) blocks: Vec<View>,
    pub(crate) behind: Vec<Grid>,
    pub(crate) region: String,
    pub(crate) why: &'static str,
    pub(crate) to_name: String,
    pub(crate) to: String,
    pub(crate) reply_to: String,
    pub(crate) unsubscribe: String,
}

/// One number of the strip at the head of the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Count {
    number: String,
    words: String,
}

/// One piece of the body; `kind` chooses the template's macro.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum View {
    Heading {
        level: u8,
        words: String,
    },
    Paragraph {
        words: String,
    },
    Bullets {
        items: Vec<String>,
    },
    Finding {
        badge: String,
        ink: &'static str,
        paper: &'static str,
        title: String,
        says: String,
        small: Vec<String>,
    },
    Table {
        grid: Grid,
    },
    Chart {
        title: String,
        subtitle: String,
        alternative: String,
        source: String,
        key: String,
        width: u32,
        height: u32,
    },
    Note {
        words: String,
    },
}

/// A table of finished cells.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Grid {
    caption: String,
    headings: Vec<String>,
    /// Per column: whether it holds numbers.
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
    /// What was left out, and why.
    rest: Option<String>,
}

/// The picture of each chart block, in order; nothing where a table is shown in its place.
pub(crate) fn pictures(letter: &Letter, voice: &Voice<'_>) -> Vec<Option<Picture>> {
    let charts = letter.blocks.iter().filter_map(|block| match block {
        Block::Chart(chart) => Some(chart),
        _ => None,
    });
    let picture = |(at, chart)| {
        let number = at + 1;
        let bytes = chart::draw(chart).ok().filter(|_| number <= PICTURES_MAX)?;
        let cid = format!("chart{number}.{}", voice.content_id(&letter.key));
        Some(Picture { cid, name: format!("chart-{number}.png"), bytes })
    };
    charts.enumerate().map(picture).collect()
}

/// Arranges `letter` with its `drawn` charts; tables show at most `rows_max` rows, and `notes` stand last.
pub(crate) fn arrange(
    letter: &Letter,
    voice: &Voice<'_>,
    drawn: &[Option<Picture>],
    rows_max: usize,
    notes: &[String],
) -> Page {
    let mut page = frame(letter, voice);
    let mut drawn = drawn.iter();
    let mut deepest = 1;
    for block in &letter.blocks {
        let view = match block {
            Block::Heading(words) => heading(2, words, &mut deepest),
            Block::Subheading(words) => heading(3, words, &mut deepest),
            Block::Paragraph(words) => View::Paragraph { words: prose(words) },
            Block::Bullets(items) => View::Bullets { items: items.iter().map(|item| prose(item)).collect() },
            Block::Finding(finding) => found(finding),
            Block::Table(table) => View::Table { grid: grid(table, rows_max) },
            Block::Note(words) => View::Note { words: prose(words) },
            Block::Chart(chart) => match drawn.next() {
                Some(Some(picture)) => {
                    page.behind.push(numbers(chart, rows_max));
                    shown(chart, picture)
                }
                Some(None) | None => View::Table { grid: numbers(chart, rows_max) },
            },
        };
        page.blocks.push(view);
    }
    page.blocks.extend(notes.iter().map(|note| View::Note { words: prose(note) }));
    page
}

fn frame(letter: &Letter, voice: &Voice<'_>) -> Page {
    let preheader = clean(&letter.preheader);
    Page {
        subject: clean(&letter.subject),
        title: clean(&letter.title),
        counts: counts(&preheader),
        preheader,
        notice: voice.notice.map(clean),
        blocks: Vec::new(),
        behind: Vec::new(),
        region: clean(voice.region),
        why: why(letter.kind),
        to_name: clean(&letter.to_name),
        to: letter.to.to_string(),
        reply_to: voice.mail.reply_to.to_string(),
        unsubscribe: voice.mail.unsubscribe.to_string(),
    }
}

fn why(kind: Kind) -> &'static str {
    match kind {
        Kind::Receipt => "because you answer for the return it is about",
        Kind::Chaser => "because you answer for a return that is expected",
        Kind::Digest => "because you are on the list of this digest",
        Kind::Reminder => "because you, or your authority, have a part in this deadline",
        Kind::Support => "because your authority has a part in this support",
        Kind::Notice => "because you look after this installation",
    }
}

/// `3 new · 1 worse` as numbers with words; nothing when a part does not begin with a number.
fn counts(preheader: &str) -> Vec<Count> {
    let separator = if preheader.contains('\u{b7}') { '\u{b7}' } else { ',' };
    let parts: Option<Vec<Count>> = preheader
        .trim_end_matches('.')
        .split(separator)
        .map(|part| {
            let (number, words) = part.trim().split_once(' ')?;
            let digits = number.chars().all(|c| c.is_ascii_digit()) && !number.is_empty();
            (digits && words.chars().count() <= 34)
                .then(|| Count { number: number.to_owned(), words: words.to_owned() })
        })
        .collect();
    parts.filter(|parts| (2..=5).contains(&parts.len())).unwrap_or_default()
}

/// No level is skipped: an h3 that follows no h2 becomes one.
fn heading(wanted: u8, words: &str, deepest: &mut u8) -> View {
    let level = wanted.min(*deepest + 1);
    *deepest = level;
    View::Heading { level, words: clean(words) }
}

fn found(finding: &FindingBlock) -> View {
    let badge = clean(&finding.badge);
    let (ink, paper) = colours(badge.split([' ', '\u{b7}', ',']).next().unwrap_or_default());
    View::Finding {
        ink,
        paper,
        badge,
        title: clean(&finding.title),
        says: prose(&finding.sentence),
        small: finding.small_print.iter().map(|line| prose(line)).collect(),
    }
}

/// Ink and paper of a level; the badge says the level in words as well.
fn colours(level: &str) -> (&'static str, &'static str) {
    match level.to_lowercase().as_str() {
        "high" => ("#801650", "#fbeef5"),
        "medium" => ("#8f3a00", "#fdf0e6"),
        "low" => ("#12436d", "#e8f0f8"),
        "resolved" => ("#0f5f58", "#e6f4f2"),
        _ => ("#3d4a57", "#edf1f5"),
    }
}

fn shown(chart: &Chart, picture: &Picture) -> View {
    View::Chart {
        title: clean(&chart.title),
        subtitle: clean(&chart.subtitle),
        alternative: clean(&chart.alternative),
        source: format!("cid:{}", picture.cid),
        key: key(chart),
        width: chart::WIDTH,
        height: chart::HEIGHT,
    }
}

/// What the band and the dashed line mean, with their numbers.
fn key(chart: &Chart) -> String {
    let range = chart.usual_range.map(|band| {
        let [low, high] = [band.lower, band.upper].map(|end| chart::number(end, chart.decimals));
        let since = chart.quarters.get(band.from).filter(|_| band.from > 0);
        let since = since.map_or_else(String::new, |quarter| format!(" since {}", clean(quarter)));
        format!("Pale band: usual range{since}, {low} to {high}.")
    });
    let target =
        chart.target.map(|target| format!("Dashed line: target, {}.", chart::number(target, chart.decimals)));
    range.into_iter().chain(target).collect::<Vec<_>>().join(" ")
}

/// The figures of a chart, a row per quarter.
fn numbers(chart: &Chart, rows_max: usize) -> Grid {
    let figure = |line: &crate::domain::message::ChartLine, at: usize| match line.values.get(at) {
        Some(Some(value)) if value.is_finite() => chart::number(*value, chart.decimals),
        _ => "no figure".to_owned(),
    };
    let rows: Vec<Vec<String>> = chart
        .quarters
        .iter()
        .enumerate()
        .map(|(at, quarter)| {
            let figures = chart.lines.iter().map(|line| figure(line, at));
            std::iter::once(clean(quarter)).chain(figures).collect()
        })
        .collect();
    let is_quarterly = chart.quarters.iter().all(|name| name.contains(" Q"));
    let (time, several) = if is_quarterly { ("Quarter", "quarters") } else { ("Time", "figures") };
    let headings = std::iter::once(time.to_owned()).chain(chart.lines.iter().map(|line| clean(&line.label)));
    let caption = format!("{}: {}. {}", clean(&chart.title), clean(&chart.subtitle), key(chart));
    Grid {
        caption: caption.trim().to_owned(),
        headings: headings.collect(),
        right: std::iter::once(false).chain(chart.lines.iter().map(|_| true)).collect(),
        rest: (rows.len() > rows_max).then(|| {
            format!("The latest {rows_max} of {} {several}: shortened, because {CUT_OFF}.", rows.len())
        }),
        rows: rows.iter().skip(rows.len().saturating_sub(rows_max)).cloned().collect(),
    }
}

fn grid(table: &Table, rows_max: usize) -> Grid {
    let cell = |text: &String| match clean(text) {
        empty if empty.is_empty() => "\u{2013}".to_owned(),
        text => text,
    };
    Grid {
        caption: clean(&table.caption),
        headings: table.columns.iter().map(|column| clean(&column.heading)).collect(),
        right: table.columns.iter().map(|column| column.align == Align::Right).collect(),
        rows: table.rows.iter().take(rows_max).map(|row| row.iter().map(cell).collect()).collect(),
        rest: rest(table.rows.len(), rows_max),
    }
}

fn rest(rows: usize, rows_max: usize) -> Option<String> {
    (rows > rows_max).then(|| format!("Rows 1 to {rows_max} of {rows}: shortened, because {CUT_OFF}."))
}

/// A sentence whose per cent signs stay with their numbers.
fn prose(text: &str) -> String {
    clean(text).replace(" %", "\u{a0}%")
}

/// One line without control characters and without characters that turn the direction of writing.
pub(crate) fn clean(text: &str) -> String {
    let turns =
        |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}');
    let spaced: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !turns(c)).collect();
    // Not every white space: a space that does not break stays.
    spaced.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use crate::mail::page::{clean, counts};

    #[test]
    fn a_preheader_of_numbers_becomes_a_strip() {
        let words = |text: &str| counts(text).into_iter().map(|count| count.words).collect::<Vec<_>>();
        assert_eq!(words("3 new \u{b7} 1 worse"), ["new", "worse"]);
        assert_eq!(words("3 new findings, 2 deadlines."), ["new findings", "deadlines"]);
        assert!(words("Nothing changed since 18 August").is_empty());
    }

    #[test]
    fn control_characters_and_turned_writing_are_taken_out() {
        assert_eq!(clean("a\r\nBcc: x\u{0}\u{202e}b\t c"), "a Bcc: x b c");
    }
}
