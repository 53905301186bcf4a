//! The digest of the regional lead: who has not sent, what is held, revised, shared, due.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::domain::check::Means;
use crate::domain::letter::digest::facts::{FindingFact, RegionValue, RegionalFact, Said};
use crate::domain::letter::digest::findings::{Limits, Story};
use crate::domain::letter::digest::opening::Counts;
use crate::domain::letter::digest::performance_lead::notes;
use crate::domain::letter::digest::seen::{Seen, is_open, is_told};
use crate::domain::letter::digest::{attached, changes, findings, quality, returns, support};
use crate::domain::letter::facts::{Named, RegionFigure};
use crate::domain::letter::{Occasion, table, words};
use crate::domain::message::{Attachment, Block, Table};
use crate::domain::quarter::Quarter;
use crate::domain::stretch::Stretch;

const LIMITS: Limits = Limits { findings_max: 10, charts_max: 4 };

pub(super) fn body(occasion: &Occasion, seen: &Seen, counts: &Counts) -> (Vec<Block>, Vec<Attachment>) {
    let (announcement, mut attachments) = attached::figures(seen);
    attachments.extend(attached::revisions(seen));
    attachments.extend(attached::returns(&returns::outstanding(seen)));
    attachments.extend(attached::open_findings(seen));
    let mut blocks = counts.blocks(occasion, seen);
    blocks.extend(words::section("Returns not received", returns::outstanding_table(seen)));
    blocks.extend(words::section("Shared by several authorities", shared(occasion, seen)));
    blocks.extend(words::section("Findings by authority, most pressing first", by_authority(occasion, seen)));
    blocks.extend(words::section("Figures to confirm before use", listed(occasion, seen, is_asked)));
    blocks.extend(words::section("Figures confirmed", confirmed(seen)));
    blocks.extend(words::section("Figures missing from a return", missing(seen)));
    blocks.extend(words::section("Withheld figures", listed(occasion, seen, is_withheld)));
    blocks.extend(words::section("Revisions", changes::revision_table(seen)));
    blocks.extend(words::section(support::HEADING, support::blocks(occasion, seen)));
    blocks.extend(words::section("Open findings, counted", open_counts(seen)));
    blocks.extend(words::section(&format!("{} values", occasion.region), region_values(occasion, seen)));
    blocks.extend(announcement);
    blocks.extend(words::section("Deadlines", returns::deadline_table(seen)));
    blocks.extend(words::section("Notes", notes(seen)));
    blocks.extend(occasion.about_findings());
    (blocks, attachments)
}

/// The gaps of each return in one line, while they are open.
fn missing(seen: &Seen) -> Vec<Block> {
    words::bullets(quality::gap_lines(seen, is_open))
}

/// Open findings of a list of their own.
fn listed(occasion: &Occasion, seen: &Seen, wanted: fn(&FindingFact) -> bool) -> Vec<Block> {
    let all = open(seen, wanted);
    let line = |finding: &&FindingFact| {
        let mut said = vec![findings::sentence(seen, finding)];
        said.extend(finding.action.as_ref().map(|it| findings::action(finding, it)));
        said.extend(finding.undone.as_ref().map(|it| findings::undone(finding, it)));
        said.extend(held(occasion, finding));
        said.push(occasion.more_of(&finding.id));
        said.join(" ")
    };
    let mut lines: Vec<String> = all.iter().take(LIMITS.findings_max).map(line).collect();
    let rest = all.len().saturating_sub(LIMITS.findings_max);
    lines.extend((rest > 0).then(|| format!("And {rest} more.")));
    words::bullets(lines)
}

/// What is not used while nobody says that it is right.
fn held(occasion: &Occasion, finding: &FindingFact) -> Option<String> {
    let held = "It is judged by no other check until somebody confirms it";
    let is_held = finding.means == Means::FigureSuspect && finding.level > 0;
    is_held.then(|| format!("{held}: {}.", occasion.confirmed_by(&finding.id)))
}

/// What was asked for and somebody confirmed since: said once.
fn confirmed(seen: &Seen) -> Vec<Block> {
    let all = seen.findings.iter().filter(|finding| finding.said == Said::Resolved);
    let line = |finding: &&FindingFact| {
        let about = finding.indicator.as_ref()?;
        let who = findings::confirmed(finding.confirmed.as_ref()?);
        let when = finding.stretch.name(finding.quarter);
        Some(format!("{}, {}, {when}. {who}", finding.authority.name, about.name))
    };
    words::bullets(all.filter_map(line).collect())
}

fn open<'a>(seen: &Seen<'a>, wanted: fn(&FindingFact) -> bool) -> Vec<&'a FindingFact> {
    seen.findings.iter().copied().filter(|finding| wanted(finding) && is_open(finding)).collect()
}

/// The findings that this style spells out, in its three lists.
pub(super) fn spelled_out<'a>(seen: &Seen<'a>) -> Vec<&'a FindingFact> {
    let shown = in_order(seen).into_iter().take(LIMITS.findings_max);
    let mut told: Vec<&FindingFact> = shown.flat_map(Story::findings).collect();
    for wanted in [is_asked, is_withheld] {
        told.extend(open(seen, wanted).into_iter().take(LIMITS.findings_max).filter(|one| is_told(one)));
    }
    told
}

/// Whether it is about the quality of a figure, and still asks for somebody: what was dismissed asks no more,
/// unless the figure is held.
fn is_asked(finding: &FindingFact) -> bool {
    is_about_a_figure(finding) && (finding.said != Said::Quieted || finding.means == Means::FigureSuspect)
}

fn is_about_a_figure(finding: &FindingFact) -> bool {
    findings::is_doubt(finding) && finding.indicator.is_some() && !is_withheld(finding)
}

/// Whether it says that figures are withheld: there is nothing to confirm.
fn is_withheld(finding: &FindingFact) -> bool {
    finding.check == "suppressed-value"
}

fn is_listed(finding: &FindingFact) -> bool {
    is_about_a_figure(finding) || is_withheld(finding) || finding.gap.is_some()
}

fn shared(occasion: &Occasion, seen: &Seen) -> Vec<Block> {
    let line = |regional: &&RegionalFact| {
        let mut names: Vec<&str> = regional.authorities.iter().map(|named| named.name.as_str()).collect();
        names.sort_unstable();
        format!(
            "{}, {}. {} in {} of {} authorities: {}. A change of definition or a national change is likely. \
             {}",
            regional.indicator.name,
            regional.indicator.stretch.name(regional.quarter),
            regional.title,
            names.len(),
            regional.of,
            names.join("; "),
            occasion.more_of(&regional.id)
        )
    };
    words::bullets(seen.regional.iter().map(line).collect())
}

/// What is about children first, then what is about a whole return.
fn in_order<'a>(seen: &Seen<'a>) -> Vec<Story<'a>> {
    let (mut work, others): (Vec<Story>, Vec<Story>) = findings::stories(seen, |finding| !is_listed(finding))
        .into_iter()
        .partition(|story| findings::is_of_work(story.lead));
    work.extend(others);
    work
}

/// The ten most pressing, under the name of their authority; held and withheld figures stand above.
fn by_authority(occasion: &Occasion, seen: &Seen) -> Vec<Block> {
    let all = in_order(seen);
    let (shown, rest) = all.split_at(LIMITS.findings_max.min(all.len()));
    let mut groups: Vec<(&Named, Vec<&Story>)> = Vec::new();
    for story in shown {
        match groups.iter_mut().find(|(named, _)| named.code == story.lead.authority.code) {
            Some((_, group)) => group.push(story),
            None => groups.push((&story.lead.authority, vec![story])),
        }
    }
    let mut charts_left = LIMITS.charts_max;
    let mut blocks = Vec::new();
    for (named, group) in groups {
        blocks.push(Block::Subheading(named.name.clone()));
        for story in group {
            blocks.extend(findings::with_chart(occasion, seen, story, &mut charts_left));
        }
    }
    blocks.extend(findings::counted(seen, rest));
    blocks
}

fn open_counts(seen: &Seen) -> Vec<Block> {
    let mut rows: BTreeMap<(&str, &str), (u8, [usize; 4])> = BTreeMap::new();
    for finding in seen.findings.iter().copied().filter(|finding| is_open(finding)) {
        let theme = finding.indicator.as_ref().map_or("returns", |indicator| indicator.theme.as_str());
        let row = rows.entry((finding.authority.name.as_str(), theme)).or_default();
        let (level, [told, continuing, standing, quieted]) = row;
        *level = finding.level.max(*level);
        *match finding.said {
            Said::Standing => standing,
            Said::Quieted => quieted,
            Said::Continuing => continuing,
            Said::New | Said::Worse | Said::StillHigh | Said::QuietEnded | Said::Aside | Said::Resolved => {
                told
            }
        } += 1;
    }
    if rows.is_empty() {
        return Vec::new();
    }
    let headings =
        ["Told here", "Told before", "Open four quarters or more", "Acknowledged, snoozed or expected"];
    let counted = [0, 1, 2, 3].map(|at| rows.values().any(|(_, counts)| counts.get(at) > Some(&0)));
    let kept = |at: &usize| counted.get(*at) == Some(&true);
    let mut columns = vec![table::left("Authority"), table::left("Theme"), table::left("Highest level")];
    columns.extend((0..).zip(headings).filter(|(at, _)| kept(at)).map(|(_, heading)| table::right(heading)));
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by_key(|(_, (level, counts))| Reverse((*level, counts.iter().sum::<usize>())));
    let rows = rows.into_iter().map(|((authority, theme), (level, counts))| {
        let names = [authority.to_owned(), words::theme(theme), findings::level_word(level).to_owned()];
        let numbers = (0..).zip(counts).filter(|(at, _)| kept(at)).map(|(_, count)| count.to_string());
        names.into_iter().chain(numbers).collect()
    });
    let caption = "Number of open findings by authority and theme, the most severe first".to_owned();
    let all = format!("Each of them is in the attached `{}`.", attached::FINDINGS_FILE);
    vec![Block::Table(Table { caption, columns, rows: rows.collect() }), words::paragraph(all)]
}

fn region_values(occasion: &Occasion, seen: &Seen) -> Vec<Block> {
    if seen.region_values.is_empty() {
        return Vec::new();
    }
    let mut groups: BTreeMap<(Quarter, Stretch, String), Vec<&RegionValue>> = BTreeMap::new();
    for region in &seen.region_values {
        let status = region.value.figure.status_words();
        groups.entry((region.quarter, region.indicator.stretch, status)).or_default().push(region);
    }
    let tables = groups.into_iter().map(|((quarter, stretch, status), values)| {
        let columns = vec![
            table::left("Indicator"),
            table::right("Value"),
            table::right("Numbers"),
            table::right("Authorities counted"),
            table::right(table::a_year_ago(std::iter::once(stretch))),
        ];
        let rows = values.into_iter().map(region_row).collect();
        let place = occasion.region;
        let time = stretch.name(quarter);
        let caption = format!("{place}, {time}, {status}: sum over sum of the authorities counted");
        Block::Table(Table { caption, columns, rows })
    });
    tables.collect()
}

fn region_row(region: &RegionValue) -> Vec<String> {
    let figure = &region.value.figure;
    let once = |words: String| words::unit_once(&words, &region.indicator.name);
    vec![
        region.indicator.name.clone(),
        once(figure.value_words()),
        table::numbers(figure, &region.indicator),
        format!("{} of {}", region.value.reporting, region.value.of),
        once(region.last_year.as_ref().map_or_else(|| "not known".to_owned(), RegionFigure::words)),
    ]
}
