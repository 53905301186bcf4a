//! The finished bytes of a message: headers, parts and boundaries, the same for the same letter.

use std::time::SystemTime;

use lettre::message::header::{
    ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue, InReplyTo, References,
};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, message::MessageBuilder};

use crate::domain::message::{Letter, Message, MessageKey};
use crate::domain::scope::EmailAddress;
use crate::mail::attachment::File;
use crate::mail::page::{Picture, clean};
use crate::mail::render::{Composed, RenderError, Voice, compose};

/// Characters of a subject.
const SUBJECT_MAX: usize = 78;

/// The finished message of `letter`: the same letter and voice give the same bytes.
///
/// # Errors
/// When a template fails, the page is too long, or an address or header is not taken.
pub fn finish(letter: &Letter, voice: &Voice<'_>) -> Result<Message, RenderError> {
    let failed = |reason: String| RenderError::Header { key: letter.key.to_string(), reason };
    let Composed { html, text, pictures, files } = compose(letter, voice)?;
    let parts = Parts { key: &letter.key, voice, failed: &failed };
    let builder = headers(letter, voice, &failed)?;
    let alternative = parts.alternative(text, html, pictures)?;
    let whole = if files.is_empty() { alternative } else { parts.mixed(alternative, files)? };
    let built = builder.multipart(whole).map_err(|error| failed(error.to_string()))?;
    Ok(Message {
        key: letter.key.clone(),
        kind: letter.kind,
        recipient: letter.recipient.clone(),
        to: letter.to.clone(),
        subject: subject(&letter.subject),
        message_id: message_id(&letter.key, voice),
        told: letter.told.clone(),
        queued_at: letter.queued_at,
        bytes: built.formatted(),
    })
}

/// The Message-ID of a key, without angle brackets: its hash at the sender's domain.
#[must_use]
pub fn message_id(key: &MessageKey, voice: &Voice<'_>) -> String {
    format!("{}@{}", voice.fingerprint(key.as_str(), 64), voice.domain())
}

fn headers(
    letter: &Letter,
    voice: &Voice<'_>,
    failed: &dyn Fn(String) -> RenderError,
) -> Result<MessageBuilder, RenderError> {
    let mailbox = |name: Option<&str>, address: &EmailAddress| -> Result<Mailbox, RenderError> {
        let parsed: Address =
            address.as_str().parse().map_err(|error| failed(format!("`{address}`: {error}")))?;
        Ok(Mailbox::new(name.map(clean).filter(|name| !name.is_empty()), parsed))
    };
    let mut builder = lettre::Message::builder()
        .from(mailbox(Some(&voice.mail.from_name), &voice.mail.from)?)
        .reply_to(mailbox(None, &voice.mail.reply_to)?)
        .to(mailbox(Some(&letter.to_name), &letter.to)?)
        .subject(subject(&letter.subject))
        .date(SystemTime::from(letter.queued_at))
        .message_id(Some(format!("<{}>", message_id(&letter.key, voice))));
    let thread = letter.thread.as_ref().filter(|first| **first != letter.key);
    if let Some(first) = thread {
        let first = format!("<{}>", message_id(first, voice));
        builder = builder.header(InReplyTo::from(first.clone())).header(References::from(first));
    }
    let list = format!("{}.{}", letter.kind.word(), voice.domain());
    let name = clean(&format!("{} {}", voice.region, letter.kind.word()));
    let leave = format!("<mailto:{}?subject=unsubscribe%20{}>", voice.mail.unsubscribe, letter.kind.word());
    Ok(builder
        .raw_header(raw("List-Id", format!("\"{}\" <{list}>", name.replace(['"', '\\'], ""))))
        .raw_header(raw("List-Unsubscribe", leave))
        .raw_header(raw("Auto-Submitted", "auto-generated".to_owned()))
        .raw_header(raw("X-Auto-Response-Suppress", "OOF, AutoReply".to_owned())))
}

fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// Without control characters and cut at a word, because a longer subject is not shown anywhere.
fn subject(words: &str) -> String {
    let words = clean(words);
    if words.chars().count() <= SUBJECT_MAX {
        return words;
    }
    let kept: String = words.chars().take(SUBJECT_MAX - 1).collect();
    let at_word = kept.rsplit_once(' ').map_or(kept.as_str(), |(whole, _)| whole);
    format!("{at_word}\u{2026}")
}

/// Puts the parts of one message together.
struct Parts<'a> {
    key: &'a MessageKey,
    voice: &'a Voice<'a>,
    failed: &'a dyn Fn(String) -> RenderError,
}

impl Parts<'_> {
    fn mixed(&self, alternative: MultiPart, files: Vec<File>) -> Result<MultiPart, RenderError> {
        let mut mixed = self.multipart("mixed", "")?.multipart(alternative);
        for file in files {
            let named = Disposition::attachment(&file.name);
            mixed = mixed.singlepart(self.bytes(&file.content_type, named, None, file.bytes)?);
        }
        Ok(mixed)
    }

    fn alternative(
        &self,
        text: String,
        html: String,
        pictures: Vec<Picture>,
    ) -> Result<MultiPart, RenderError> {
        let alternative = self.multipart("alternative", "")?.singlepart(self.words("text/plain", text)?);
        let html = self.words("text/html", html)?;
        if pictures.is_empty() {
            return Ok(alternative.singlepart(html));
        }
        let mut related = self.multipart("related", "type=\"text/html\"; ")?.singlepart(html);
        for picture in pictures {
            let named = Disposition::inline(&picture.name);
            related =
                related.singlepart(self.bytes("image/png", named, Some(&picture.cid), picture.bytes)?);
        }
        Ok(alternative.multipart(related))
    }

    fn multipart(&self, kind: &str, parameters: &str) -> Result<MultiPart, RenderError> {
        let mark = self.voice.fingerprint(&format!("{}|{kind}", self.key), 24);
        let content_type =
            self.content_type(&format!("multipart/{kind}; {parameters}boundary=\"{kind}-{mark}\""))?;
        Ok(MultiPart::builder().header(content_type).build())
    }

    fn words(&self, content_type: &str, words: String) -> Result<SinglePart, RenderError> {
        let coded = Body::new_with_encoding(words, ContentTransferEncoding::QuotedPrintable)
            .map_err(|_| (self.failed)("the text cannot be written as quoted-printable".to_owned()))?;
        Ok(SinglePart::builder()
            .header(self.content_type(&format!("{content_type}; charset=utf-8"))?)
            .body(coded))
    }

    fn bytes(
        &self,
        content_type: &str,
        disposition: Disposition,
        cid: Option<&str>,
        bytes: Vec<u8>,
    ) -> Result<SinglePart, RenderError> {
        let coded = Body::new_with_encoding(bytes, ContentTransferEncoding::Base64)
            .map_err(|_| (self.failed)("a file cannot be written as base64".to_owned()))?;
        let mut part = SinglePart::builder().header(self.content_type(content_type)?).header(disposition);
        if let Some(cid) = cid {
            part = part.header(lettre::message::header::ContentId::from(format!("<{cid}>")));
        }
        Ok(part.body(coded))
    }

    fn content_type(&self, text: &str) -> Result<ContentType, RenderError> {
        ContentType::parse(text).map_err(|error| (self.failed)(format!("`{text}`: {error}")))
    }
}

/// A Content-Disposition with the file name in both forms: mail programs read one or the other.
#[derive(Clone)]
struct Disposition(String);

impl Disposition {
    fn attachment(name: &str) -> Self {
        Self(format!("attachment;\r\n filename=\"{name}\";\r\n filename*=UTF-8''{name}"))
    }

    fn inline(name: &str) -> Self {
        Self(format!("inline;\r\n filename=\"{name}\";\r\n filename*=UTF-8''{name}"))
    }
}

impl Header for Disposition {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Disposition")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::dangerous_new_pre_encoded(Self::name(), self.0.replace("\r\n", ""), self.0.clone())
    }
}
