use std::fmt::Write as _;

use quarterdeck::domain::message::{Align, Attachment, Block, Cell, Chart, Letter, Table};

/// Every word of a letter as plain text, in order.
pub(super) fn dump(letter: &Letter) -> String {
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").unwrap();
    line(format!("key: {}", letter.key));
    line(format!("to: {} <{}>", letter.to_name, letter.to));
    line(format!("subject: {}", letter.subject));
    line(format!("preheader: {}", letter.preheader));
    if let Some(thread) = &letter.thread {
        line(format!("thread: {thread}"));
    }
    line(format!("\n# {}", letter.title));
    for block in &letter.blocks {
        line(block_text(block));
    }
    for attachment in &letter.attachments {
        line(attachment_text(attachment));
    }
    out
}

fn block_text(block: &Block) -> String {
    match block {
        Block::Heading(text) => format!("\n## {text}"),
        Block::Subheading(text) => format!("\n### {text}"),
        Block::Paragraph(text) => text.clone(),
        Block::Bullets(items) => items.iter().map(|item| format!("* {item}")).collect::<Vec<_>>().join("\n"),
        Block::Finding(finding) => format!(
            "[{}] {}\n    {}\n    - {}",
            finding.badge,
            finding.title,
            finding.sentence,
            finding.small_print.join("\n    - ")
        ),
        Block::Table(table) => table_text(table),
        Block::Chart(chart) => chart_text(chart),
        Block::Note(text) => format!("({text})"),
    }
}

fn table_text(table: &Table) -> String {
    let headings: Vec<String> = table
        .columns
        .iter()
        .map(|column| match column.align {
            Align::Left => column.heading.clone(),
            Align::Right => format!("{} >", column.heading),
        })
        .collect();
    let mut lines = vec![format!("table: {}", table.caption), format!("| {} |", headings.join(" | "))];
    for row in &table.rows {
        assert_eq!(row.len(), table.columns.len(), "{row:?}");
        assert!(row.iter().all(|cell| !cell.is_empty()), "an empty cell in {row:?}");
        lines.push(format!("| {} |", row.join(" | ")));
    }
    lines.join("\n")
}

fn chart_text(chart: &Chart) -> String {
    assert!(chart.title.split_whitespace().count() <= 10, "{}", chart.title);
    let labels: Vec<&str> = chart.lines.iter().map(|line| line.label.as_str()).collect();
    format!(
        "chart: {}\n    {}\n    {}\n    lines: {}",
        chart.title,
        chart.subtitle,
        chart.alternative,
        labels.join(", ")
    )
}

fn attachment_text(attachment: &Attachment) -> String {
    match attachment {
        Attachment::Calendar(entry) => format!(
            "\nattached: calendar entry {} #{} on {}: {}\n    {}",
            entry.uid_stem, entry.sequence, entry.on, entry.summary, entry.description
        ),
        Attachment::Figures { file_name, columns, rows } => {
            let mut lines = vec![format!("\nattached: {file_name}"), columns.join(",")];
            for row in rows {
                let cells = row.iter().map(|cell| match cell {
                    Cell::Text(text) => text.clone(),
                    Cell::Number(number) => number.to_string(),
                    Cell::Empty => String::new(),
                });
                lines.push(cells.collect::<Vec<_>>().join(","));
            }
            lines.join("\n")
        }
    }
}
