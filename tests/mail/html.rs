//! The rules for the HTML part, each under the identifier it has in the reference.

use std::collections::BTreeSet;

use quarterdeck::domain::message::{Block, Letter};
use quarterdeck::mail::{RenderError, html, page, text};
use roxmltree::Node;

use crate::mail::letter::{digest, folder_settings, reminder, table, voice};
use crate::mail::parsed::{document, finished, inherited, named, page_of, parts, styles, words_of};

fn letters() -> [Letter; 2] {
    [digest(), reminder()]
}

#[test]
fn h01_the_page_is_small_enough_for_gmail() {
    for letter in letters() {
        assert!(page_of(&letter).len() <= 90_000);
    }
}

#[test]
fn h01_a_page_that_would_be_cut_off_shows_fewer_rows_and_says_so() {
    let mut letter = digest();
    let mut long = table();
    long.rows =
        (0..900).map(|row| vec![format!("authority {row}"), "late".to_owned(), row.to_string()]).collect();
    letter.blocks.push(Block::Table(long));
    let page = page_of(&letter);
    assert!(page.len() <= 102_400);
    assert!(page.contains("Rows 1 to 60 of 900: shortened"), "{}", page.len());
    let mail = folder_settings();
    assert!(text(&letter, &voice(&mail)).unwrap().contains("Rows 1 to 60 of 900: shortened"));
}

#[test]
fn h01_a_page_that_cannot_be_shortened_is_an_error_and_not_half_a_message() {
    let mut letter = digest();
    letter.blocks = vec![Block::Paragraph("word ".repeat(25_000))];
    let mail = folder_settings();
    assert!(matches!(html(&letter, &voice(&mail)), Err(RenderError::TooLong { .. })));
}

#[test]
fn h02_to_h04_doctype_language_charset_and_title_are_there() {
    for letter in letters() {
        let page = page_of(&letter);
        assert!(page.trim_start().starts_with("<!DOCTYPE html>\n<html lang=\"en-GB\">"));
        let document = document(&page);
        assert_eq!(named(&document, "meta").next().unwrap().attribute("charset"), Some("utf-8"));
        assert_eq!(words_of(named(&document, "title").next().unwrap()), letter.subject);
    }
}

#[test]
fn h05_no_element_that_mail_programs_remove() {
    let refused = [
        "script", "link", "iframe", "form", "input", "button", "object", "embed", "svg", "video", "audio",
        "picture", "canvas", "base",
    ];
    for letter in letters() {
        let page = page_of(&letter);
        let found = document(&page)
            .descendants()
            .filter(Node::is_element)
            .any(|node| refused.contains(&node.tag_name().name()));
        assert!(!found);
    }
}

#[test]
fn h06_no_css_that_outlook_or_gmail_do_not_know() {
    let refused = [
        "@import", "url(", "var(", "calc(", "flex", "grid", "position", "float", "rem;", "rgb", "hsl",
        "gradient", "shadow", "radius", "opacity",
    ];
    for letter in letters() {
        let page = page_of(&letter);
        let document = document(&page);
        for node in document.descendants().filter(Node::is_element) {
            let style = node.attribute("style").unwrap_or_default();
            assert!(refused.iter().all(|word| !style.contains(word)), "{style}");
            for (name, value) in styles(node).into_iter().filter(|(name, _)| name.ends_with("color")) {
                let hex = value.strip_prefix('#').unwrap_or_default();
                assert!(hex.len() == 6 && hex.chars().all(|c| c.is_ascii_hexdigit()), "{name}: {value}");
            }
        }
    }
}

#[test]
fn h07_there_is_no_style_sheet_to_lose() {
    for letter in letters() {
        assert!(!page_of(&letter).contains("<style"));
    }
}

fn is_layout(table: Node<'_, '_>) -> bool {
    table.attribute("role") == Some("presentation")
}

#[test]
fn t01_layout_tables_say_that_they_are() {
    let page = page_of(&digest());
    let document = document(&page);
    for table in named(&document, "table").filter(|table| is_layout(*table)) {
        for name in ["cellpadding", "cellspacing", "border"] {
            assert_eq!(table.attribute(name), Some("0"));
        }
        let own = |name: &str| {
            table.descendants().any(|node| {
                let nearest = node.ancestors().skip(1).find(|above| above.has_tag_name("table"));
                node.tag_name().name() == name && nearest == Some(table)
            })
        };
        assert!(!own("th") && !own("caption"));
    }
}

#[test]
fn t02_tables_of_figures_have_caption_scope_head_and_body() {
    let page = page_of(&digest());
    let document = document(&page);
    let figures: Vec<_> = named(&document, "table").filter(|table| !is_layout(*table)).collect();
    assert_eq!(figures.len(), 2, "the table, and the chart's figures");
    for table in figures {
        assert_eq!(table.attribute("role"), None);
        for name in ["caption", "thead", "tbody"] {
            assert_eq!(table.children().filter(|node| node.has_tag_name(name)).count(), 1, "{name}");
        }
        let mut heads = table.descendants().filter(|node| node.has_tag_name("th"));
        assert!(heads.all(|head| matches!(head.attribute("scope"), Some("col" | "row"))));
        for cell in table.descendants().filter(|node| node.has_tag_name("td")) {
            assert!(!words_of(cell).is_empty(), "no empty cells");
        }
    }
}

#[test]
fn t02_numbers_stand_on_the_right() {
    let page = page_of(&digest());
    let document = document(&page);
    let cell = named(&document, "td").find(|cell| words_of(*cell) == "21").unwrap();
    assert_eq!(cell.attribute("align"), Some("right"));
}

#[test]
fn t03_tables_are_nested_at_most_four_deep() {
    let page = page_of(&digest());
    let document = document(&page);
    let depth = |node: Node<'_, '_>| node.ancestors().filter(|above| above.has_tag_name("table")).count();
    assert!(named(&document, "table").map(depth).max() <= Some(4));
}

#[test]
fn t04_the_page_is_640_wide() {
    let page = page_of(&digest());
    let document = document(&page);
    assert_eq!(named(&document, "table").nth(1).unwrap().attribute("width"), Some("640"));
}

#[test]
fn c01_padding_only_in_cells() {
    let page = page_of(&digest());
    for node in document(&page).descendants().filter(Node::is_element) {
        let padded = styles(node).iter().any(|(name, _)| name.starts_with("padding"));
        assert!(!padded || ["td", "th"].contains(&node.tag_name().name()));
    }
}

#[test]
fn c02_ink_and_paper_are_always_set_together() {
    let page = page_of(&digest());
    for node in document(&page).descendants().filter(Node::is_element) {
        let names: BTreeSet<String> = styles(node).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.contains("color"), names.contains("background-color"), "{node:?}");
    }
}

fn luminance(hex: &str) -> f64 {
    let channel = |from: usize| {
        let share = f64::from(u8::from_str_radix(&hex[from..from + 2], 16).unwrap()) / 255.0;
        if share <= 0.03928 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn visible<'a>(document: &'a roxmltree::Document<'a>) -> impl Iterator<Item = Node<'a, 'a>> {
    let body = named(document, "body").next().unwrap();
    body.descendants().filter(|node| node.is_text() && !words_of(*node).is_empty())
}

#[test]
fn c03_every_word_has_contrast() {
    for letter in letters() {
        let page = page_of(&letter);
        let document = document(&page);
        for node in visible(&document) {
            let ink = inherited(node, "color").unwrap();
            let paper = inherited(node, "background-color").unwrap();
            assert!(contrast(&ink, &paper) >= 4.5, "{ink} on {paper}: {}", words_of(node));
        }
    }
}

#[test]
fn c03_every_level_has_contrast() {
    for badge in ["High", "Medium", "Low", "Resolved", "Unheard-of"] {
        let mut letter = digest();
        letter.blocks = vec![Block::Finding(crate::mail::letter::finding(badge, "asks", "says"))];
        let page = page_of(&letter);
        let document = document(&page);
        let chip = named(&document, "strong").find(|node| words_of(*node).contains(badge)).unwrap();
        let (ink, paper) = (inherited(chip, "color").unwrap(), inherited(chip, "background-color").unwrap());
        assert!(contrast(&ink, &paper) >= 4.5, "{badge}");
    }
}

#[test]
fn c04_letters_are_14_pixels_or_more_on_lines_in_pixels() {
    for letter in letters() {
        let page = page_of(&letter);
        let document = document(&page);
        for node in visible(&document) {
            let pixels =
                |name| -> f64 { inherited(node, name).unwrap().strip_suffix("px").unwrap().parse().unwrap() };
            assert!(pixels("font-size") >= 14.0 && pixels("line-height") > pixels("font-size"));
        }
    }
}

#[test]
fn i01_pictures_and_references_are_the_same_set() {
    let message = finished(&digest());
    let mail = mailparse::parse_mail(&message.bytes).unwrap();
    let parts = parts(&mail);
    let ids: BTreeSet<String> = parts
        .iter()
        .map(|part| crate::mail::parsed::header(part, "Content-ID"))
        .filter(|id| !id.is_empty())
        .map(|id| id.trim_matches(['<', '>']).to_owned())
        .collect();
    let page = crate::mail::parsed::part(&mail, "text/html").get_body().unwrap();
    let document = document(&page);
    let sources: BTreeSet<String> = named(&document, "img")
        .map(|image| image.attribute("src").unwrap().strip_prefix("cid:").unwrap().to_owned())
        .collect();
    assert_eq!(ids, sources);
    assert!(ids.len() == 1 && ids.iter().all(|id| id.contains('@')));
}

#[test]
fn i02_a_chart_says_in_words_what_it_shows() {
    let page = page_of(&digest());
    let document = document(&page);
    let alternative = named(&document, "img").next().unwrap().attribute("alt").unwrap();
    assert!(alternative.contains("falling from 80.7") && alternative.contains("to 61.4"));
}

#[test]
fn l01_links_are_absolute_and_l02_say_where_they_lead() {
    for letter in letters() {
        let page = page_of(&letter);
        let document = document(&page);
        for link in named(&document, "a") {
            let target = link.attribute("href").unwrap();
            assert!(target.starts_with("mailto:") || target.starts_with("https://"));
            assert!(words_of(link).contains('@') && !words_of(link).to_lowercase().contains("click"));
        }
    }
}

#[test]
fn a01_one_h1_and_no_level_skipped() {
    for letter in letters() {
        let page = page_of(&letter);
        let levels: Vec<u32> = document(&page)
            .descendants()
            .filter_map(|node| node.tag_name().name().strip_prefix('h')?.parse().ok())
            .collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
        assert_eq!(levels.first(), Some(&1));
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    }
}

#[test]
fn a02_words_in_a_picture_are_also_on_the_page() {
    let page = page_of(&digest());
    let document = document(&page);
    let words = words_of(named(&document, "body").next().unwrap());
    let drawn = ["61.4", "77.0", "76.3", "B&NES", "South West", "Neighbours", "target, 85.0", "72.6 to 88.9"];
    assert!(drawn.iter().all(|word| words.contains(word)));
}

#[test]
fn p01_the_page_opens_with_the_counts() {
    for letter in letters() {
        let page = page_of(&letter);
        let document = document(&page);
        let words = words_of(named(&document, "body").next().unwrap());
        let expected = letter.preheader.replace(" \u{b7}", "");
        assert!(words.starts_with(&expected), "{words}");
    }
}

#[test]
fn the_notice_stands_on_every_page() {
    let mail = folder_settings();
    for letter in letters() {
        for words in [page_of(&letter), text(&letter, &voice(&mail)).unwrap()] {
            assert!(words.contains("Synthetic figures: made up for a test."));
        }
    }
}

#[test]
fn what_people_typed_is_shown_and_never_obeyed() {
    let mut letter = reminder();
    letter.title = "<script>alert(1)</script> & \"co\"\u{0}\u{202e}".to_owned();
    let page = page_of(&letter);
    let document = document(&page);
    assert_eq!(named(&document, "script").count(), 0);
    assert_eq!(words_of(named(&document, "h1").next().unwrap()), "<script>alert(1)</script> & \"co\"");
}

#[test]
fn the_page_for_a_browser_carries_its_pictures() {
    let mail = folder_settings();
    let page = page(&digest(), &voice(&mail)).unwrap();
    assert!(!page.contains("cid:") && page.contains("src=\"data:image/png;base64,iVBORw0KGgo"));
    document(&page);
}
