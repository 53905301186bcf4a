//! Messages read back by another parser, every part decoded.

use std::fs;
use std::io::{Cursor, Read as _};
use std::path::Path;

use mailparse::{MailHeaderMap as _, ParsedMail};

/// One message as it left.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    /// The name of its file without `.eml`: its key.
    pub(super) key: String,
    pub(super) to: String,
    pub(super) subject: String,
    /// The plain text, in one line.
    pub(super) text: String,
    /// The page.
    pub(super) page: String,
    /// The attached files that are text.
    pub(super) files: Vec<String>,
    /// Every picture.
    pub(super) pictures: Vec<Vec<u8>>,
    /// Subject, text, page and attachments.
    pub(super) everything: String,
}

impl Mail {
    pub(super) fn all_in(folder: &Path) -> Vec<Self> {
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let mut mails: Vec<Self> = entries
            .map(|entry| entry.unwrap().path())
            .map(|path| Self::parse(path.file_stem().unwrap().to_str().unwrap(), &fs::read(&path).unwrap()))
            .collect();
        mails.sort_by(|one, other| one.key.cmp(&other.key));
        mails
    }

    pub(super) fn parse(key: &str, bytes: &[u8]) -> Self {
        let mail = mailparse::parse_mail(bytes).unwrap();
        let header = |name: &str| mail.headers.get_first_value(name).unwrap();
        let parts = parts(&mail);
        let text = parts.iter().find(|part| part.ctype.mimetype == "text/plain").unwrap();
        let of_kind =
            |kind: &str| parts.iter().filter(|part| part.ctype.mimetype == kind).collect::<Vec<_>>();
        let page = of_kind("text/html").first().map(|page| page.get_body().unwrap());
        let decoded: Vec<String> = parts.iter().map(|part| decoded(part)).collect();
        Self {
            key: key.to_owned(),
            to: header("To"),
            subject: header("Subject"),
            text: one_line(&text.get_body().unwrap()),
            page: page.unwrap_or_default(),
            files: of_kind("text/csv").iter().map(|file| file.get_body().unwrap()).collect(),
            pictures: of_kind("image/png").iter().map(|one| one.get_body_raw().unwrap()).collect(),
            everything: format!("{} {}", header("Subject"), decoded.join("\n")),
        }
    }
}

/// Those whose key starts like this.
pub(super) fn starting<'a>(mails: &'a [Mail], start: &str) -> Vec<&'a Mail> {
    mails.iter().filter(|mail| mail.key.starts_with(start)).collect()
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn parts<'a>(mail: &'a ParsedMail<'a>) -> Vec<&'a ParsedMail<'a>> {
    std::iter::once(mail).chain(mail.subparts.iter().flat_map(parts)).collect()
}

/// The words of a part; those of a workbook too, and none of a picture.
fn decoded(part: &ParsedMail<'_>) -> String {
    let kind = part.ctype.mimetype.as_str();
    if kind.starts_with("text/") {
        return part.get_body().unwrap();
    }
    if !kind.contains("spreadsheet") {
        assert!(kind.starts_with("multipart/") || kind == "image/png", "an unknown part: {kind}");
        return String::new();
    }
    let mut book = zip::ZipArchive::new(Cursor::new(part.get_body_raw().unwrap())).unwrap();
    let mut words = String::new();
    for index in 0..book.len() {
        book.by_index(index).unwrap().read_to_string(&mut words).unwrap();
    }
    words
}
