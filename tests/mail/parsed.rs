//! Our own mail read back by another parser.

use std::collections::BTreeSet;

use mailparse::{MailHeaderMap as _, ParsedMail};
use quarterdeck::domain::message::{Letter, Message};
use quarterdeck::mail::{finish, html};
use roxmltree::{Document, Node, ParsingOptions};

use crate::mail::letter::{folder_settings, voice};

pub(crate) fn finished(letter: &Letter) -> Message {
    let mail = folder_settings();
    finish(letter, &voice(&mail)).unwrap()
}

pub(crate) fn page_of(letter: &Letter) -> String {
    let mail = folder_settings();
    html(letter, &voice(&mail)).unwrap()
}

/// Also proves that the page is well formed.
pub(crate) fn document(page: &str) -> Document<'_> {
    Document::parse_with_options(page, ParsingOptions { allow_dtd: true, ..ParsingOptions::default() })
        .unwrap()
}

pub(crate) fn named<'a>(
    document: &'a Document<'a>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'a>> {
    document.descendants().filter(move |node| node.has_tag_name(name))
}

pub(crate) fn words_of(node: Node<'_, '_>) -> String {
    let text: String = node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The properties of a style attribute.
pub(crate) fn styles(node: Node<'_, '_>) -> Vec<(String, String)> {
    node.attribute("style")
        .unwrap_or_default()
        .split(';')
        .filter_map(|rule| rule.split_once(':'))
        .flat_map(|(name, value)| longhand(name.trim(), value.trim()))
        .collect()
}

/// `font: 15px/21px Arial` is a size, a line and a family.
fn longhand(name: &str, value: &str) -> Vec<(String, String)> {
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    match (name, value.split_once('/')) {
        ("font", Some((size, rest))) => {
            let line = rest.split(' ').next().unwrap();
            vec![own("font-size", size), own("line-height", line)]
        }
        _ => vec![own(name, value)],
    }
}

/// The value of a property on the node or the nearest above it.
pub(crate) fn inherited(node: Node<'_, '_>, property: &str) -> Option<String> {
    node.ancestors()
        .filter(Node::is_element)
        .find_map(|node| styles(node).into_iter().find(|(name, _)| name == property).map(|(_, value)| value))
}

/// The parts of a message, outermost first, depth first.
pub(crate) fn parts<'a>(mail: &'a ParsedMail<'a>) -> Vec<&'a ParsedMail<'a>> {
    std::iter::once(mail).chain(mail.subparts.iter().flat_map(parts)).collect()
}

pub(crate) fn part<'a>(mail: &'a ParsedMail<'a>, mime: &str) -> &'a ParsedMail<'a> {
    parts(mail).into_iter().find(|part| part.ctype.mimetype == mime).unwrap()
}

/// Such as `multipart/mixed(text/plain, text/csv)`.
pub(crate) fn tree(mail: &ParsedMail<'_>) -> String {
    let below: Vec<String> = mail.subparts.iter().map(tree).collect();
    match below.as_slice() {
        [] => mail.ctype.mimetype.clone(),
        below => format!("{}({})", mail.ctype.mimetype, below.join(", ")),
    }
}

pub(crate) fn header(mail: &ParsedMail<'_>, name: &str) -> String {
    mail.headers.get_first_value(name).unwrap_or_default()
}

/// Everything that looks like a number.
pub(crate) fn numbers(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .map(|piece| piece.trim_matches(['.', ',']).to_owned())
        .filter(|piece| !piece.is_empty())
        .collect()
}
