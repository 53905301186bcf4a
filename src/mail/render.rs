//! A letter as HTML and as text, from the same arrangement.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, HtmlEscape, UndefinedBehavior, Value};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::config::settings::MailSettings;
use crate::domain::message::{Letter, MessageKey};
use crate::mail::page::{Page, Picture, arrange, pictures};
use crate::mail::{attachment, plain};

const HTML: &str = include_str!("templates/message.html");
const TEXT: &str = include_str!("templates/message.txt");
/// Bytes above which Gmail cuts a message off.
const HTML_MAX: usize = 102_400;
/// Bytes above which tables are shortened.
const HTML_AIM: usize = 90_000;
/// Rows a table may show; the next number is tried when the page is too large.
const ROWS_MAX: [usize; 5] = [usize::MAX, 60, 20, 8, 3];
/// Steps a template may take: a page has some thousands.
const FUEL: u64 = 5_000_000;

/// In whose name a letter speaks.
#[derive(Clone, Copy, Debug)]
pub struct Voice<'a> {
    /// The region's name.
    pub region: &'a str,
    /// The installation's short name, part of every Message-ID.
    pub instance: &'a str,
    /// Sender, answers, and where to write to be taken off.
    pub mail: &'a MailSettings,
    /// A line on every page, such as "synthetic figures".
    pub notice: Option<&'a str>,
}

/// Why a letter cannot be a message.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A template failed.
    #[error("the template `{template}` failed: {reason}")]
    Template {
        /// Its file.
        template: &'static str,
        /// What the engine said, with the line.
        reason: String,
    },
    /// The page is larger than mail programs show, even with short tables.
    #[error("the message `{key}` is too long: {bytes} bytes of HTML, at most {HTML_MAX}; send fewer blocks")]
    TooLong {
        /// The message.
        key: String,
        /// Bytes of its HTML.
        bytes: usize,
    },
    /// The figures cannot be written as CSV.
    #[error("the figures cannot be written as CSV: {reason}")]
    Figures {
        /// What the writer said.
        reason: String,
    },
    /// An address or header that the mail library does not take.
    #[error("the message `{key}` cannot be put together: {reason}")]
    Header {
        /// The message.
        key: String,
        /// What the library said.
        reason: String,
    },
}

/// Both parts, the pictures and the files of a message.
pub(crate) struct Composed {
    pub(crate) html: String,
    pub(crate) text: String,
    pub(crate) pictures: Vec<Picture>,
    pub(crate) files: Vec<attachment::File>,
}

impl Voice<'_> {
    /// What follows `chart1.` in a Content-ID: the same for the same message, and no other's.
    pub(crate) fn content_id(&self, key: &MessageKey) -> String {
        format!("{}@{}", self.fingerprint(key.as_str(), 16), self.domain())
    }

    /// The first `length` hexadecimal digits of the hash of installation and `subject`.
    pub(crate) fn fingerprint(&self, subject: &str, length: usize) -> String {
        let hash = Sha256::digest(format!("{}|{subject}", self.instance));
        let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).take(length).collect()
    }

    /// The sender's domain.
    pub(crate) fn domain(&self) -> &str {
        self.mail.from.as_str().rsplit_once('@').map_or("localhost", |(_, domain)| domain)
    }
}

/// The HTML part, with its pictures as `cid:` references.
///
/// # Errors
/// When a template fails or the page is too long.
pub fn html(letter: &Letter, voice: &Voice<'_>) -> Result<String, RenderError> {
    compose(letter, voice).map(|composed| composed.html)
}

/// The text part: everything the HTML says, lines of at most 78 characters.
///
/// # Errors
/// When a template fails or the page is too long.
pub fn text(letter: &Letter, voice: &Voice<'_>) -> Result<String, RenderError> {
    compose(letter, voice).map(|composed| composed.text)
}

/// The HTML with its pictures inside, to be opened in a browser.
///
/// # Errors
/// When a template fails or the page is too long.
pub fn page(letter: &Letter, voice: &Voice<'_>) -> Result<String, RenderError> {
    let composed = compose(letter, voice)?;
    Ok(composed.pictures.iter().fold(composed.html, |html, picture| {
        html.replace(
            &format!("cid:{}", picture.cid),
            &format!("data:image/png;base64,{}", base64(&picture.bytes)),
        )
    }))
}

/// Renders a letter, with shorter tables when the page would be cut off.
pub(crate) fn compose(letter: &Letter, voice: &Voice<'_>) -> Result<Composed, RenderError> {
    let (files, left_out) = attachment::files(letter, voice.instance)?;
    let environment = environment()?;
    let drawn = pictures(letter, voice);
    let mut shortest = 0;
    for rows_max in ROWS_MAX {
        let page = arrange(letter, voice, &drawn, rows_max, &left_out);
        let html = fill(&environment, "message.html", &page)?;
        shortest = html.len();
        if shortest <= HTML_AIM || (Some(&rows_max) == ROWS_MAX.last() && shortest <= HTML_MAX) {
            let text = fill(&environment, "message.txt", &page)?;
            let pictures = drawn.into_iter().flatten().collect();
            return Ok(Composed { html, text, pictures, files });
        }
    }
    Err(RenderError::TooLong { key: letter.key.to_string(), bytes: shortest })
}

fn environment() -> Result<Environment<'static>, RenderError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|error| failed("message.html", &error))?,
    );
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|name| match name.rsplit_once('.') {
        Some((_, "html")) => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    environment.add_filter("wrapped", |words: String, first: String, rest: String| {
        plain::wrapped(&words, &first, &rest)
    });
    environment.add_filter("underlined", |words: String, with: String| {
        words
            .lines()
            .map(|line| format!("{line}\n{}", with.repeat(line.chars().count())))
            .collect::<Vec<_>>()
            .join("\n")
    });
    environment.add_filter("columns", |rows: Vec<Vec<String>>, headings: Vec<String>, right: Vec<bool>| {
        plain::columns(&headings, &right, &rows)
    });
    environment.add_filter("ticked", |words: String| Value::from_safe_string(ticked(&words)));
    for (name, source) in [("message.html", HTML), ("message.txt", TEXT)] {
        environment.add_template(name, source).map_err(|error| failed(name, &error))?;
    }
    Ok(environment)
}

/// Escaped for HTML, with what stands between backticks as code: a page needs no backticks.
fn ticked(words: &str) -> String {
    let pieces: Vec<&str> = words.split('`').collect();
    // An odd one out is no pair.
    if pieces.len().is_multiple_of(2) {
        return HtmlEscape(words).to_string();
    }
    let element = |(at, piece): (usize, &&str)| match HtmlEscape(piece) {
        plain if at % 2 == 0 => plain.to_string(),
        code => format!("<code>{code}</code>"),
    };
    pieces.iter().enumerate().map(element).collect()
}

fn fill(environment: &Environment<'_>, name: &'static str, page: &Page) -> Result<String, RenderError> {
    environment
        .get_template(name)
        .and_then(|template| template.render(Serde(page)))
        .map_err(|error| failed(name, &error))
}

fn failed(template: &'static str, error: &minijinja::Error) -> RenderError {
    RenderError::Template { template, reason: format!("{error:#}") }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| {
        DIGITS.get(usize::try_from(bits & 63).unwrap_or(0)).map_or('=', |digit| char::from(*digit))
    };
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            let digits = [digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), digit(bits)];
            digits.into_iter().enumerate().map(move |(at, digit)| if at > chunk.len() { '=' } else { digit })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::mail::render::{base64, ticked};

    #[test]
    fn what_stands_between_backticks_is_code_and_never_a_mark() {
        assert_eq!(ticked("write `c`, not `<5`"), "write <code>c</code>, not <code>&lt;5</code>");
        assert_eq!(ticked("one ` alone <b>"), "one ` alone &lt;b&gt;");
    }

    #[test]
    fn base64_gives_the_examples_of_its_standard() {
        let pairs = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in pairs {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
