//! What a mail server answered, and whom its words are about.

use std::error::Error as _;

use lettre::transport::smtp;
use lettre::transport::smtp::response::Response;

/// Words by which a server without enhanced codes says at RCPT that it means us.
const WORDS_ABOUT_US: [&str; 3] = ["relay", "sender", "helo"];

/// One reply, of one line or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    code: u16,
    text: String,
}

impl Reply {
    /// What the library heard: it takes a reply of 4 or 5 for an error.
    ///
    /// # Errors
    /// In words, when there was no reply.
    pub(super) fn heard(answer: Result<Response, smtp::Error>) -> Result<Self, String> {
        match answer {
            Ok(reply) => {
                let lines: Vec<&str> = reply.message().collect();
                Ok(Self { code: reply.code().into(), text: lines.join(" / ") })
            }
            Err(error) => Self::refusal(&error).ok_or_else(|| words(&error)),
        }
    }

    /// The reply that an error of the library stands for, if there was one.
    pub(super) fn refusal(error: &smtp::Error) -> Option<Self> {
        let code = error.status()?.into();
        Some(Self { code, text: error.source().map(ToString::to_string).unwrap_or_default() })
    }

    /// Its number.
    pub(super) fn code(&self) -> u16 {
        self.code
    }

    /// What was asked is done.
    pub(super) fn is_yes(&self) -> bool {
        self.code / 100 == 2
    }

    /// Not now.
    pub(super) fn is_later(&self) -> bool {
        self.code / 100 == 4
    }

    /// Never, as far as the server knows.
    pub(super) fn is_never(&self) -> bool {
        self.code / 100 == 5
    }

    /// The server gives the line up, whatever was asked.
    pub(super) fn ends_the_line(&self) -> bool {
        self.code == 421
    }

    /// Number and words.
    pub(super) fn words(&self) -> String {
        format!("{} {}", self.code, self.text).trim_end().to_owned()
    }

    /// Whether it refuses us rather than the recipient. Many servers keep what they have against our name,
    /// our address or our sender until a recipient is named.
    pub(super) fn is_about_us(&self) -> bool {
        match self.enhanced() {
            // RFC 3463: policy and login; a command and what it says; the sender's address.
            Some((7, _) | (5, 1..) | (1, 7 | 8)) => true,
            Some(_) => false,
            None => {
                let text = self.text.to_ascii_lowercase();
                matches!(self.code, 500..=504 | 530 | 535 | 538)
                    || WORDS_ABOUT_US.iter().any(|word| text.contains(word))
            }
        }
    }

    /// Whether it refuses the size of this message (RFC 1870), and nothing else.
    pub(super) fn is_about_size(&self) -> bool {
        self.code == 552 && matches!(self.enhanced(), None | Some((3, 4) | (2, 3)))
    }

    /// Subject and detail of the enhanced code that a reply may begin with, such as `5.7.1`.
    fn enhanced(&self) -> Option<(u16, u16)> {
        let mut parts = self.text.split_whitespace().next()?.split('.');
        let class: u16 = parts.next()?.parse().ok()?;
        let (subject, detail) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        (class == self.code / 100 && parts.next().is_none()).then_some((subject, detail))
    }
}

/// Why there was no reply.
pub(super) fn words(error: &smtp::Error) -> String {
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    if error.is_response() { format!("what came is no reply of a mail server: {cause}") } else { cause }
}

#[cfg(test)]
mod tests {
    use crate::mail::smtp::reply::Reply;

    fn reply(code: u16, words: &str) -> Reply {
        Reply { code, text: words.to_owned() }
    }

    #[test]
    fn a_reply_about_us_is_told_from_one_about_the_recipient() {
        for (code, words) in [
            (554, "5.7.1 <zoe@banes.example>: Relay access denied"),
            (550, "relay not permitted"),
            (530, "Authentication required"),
            (550, "5.7.60 SMTP; Client does not have permissions to send as this sender"),
            (504, "5.5.2 <vm>: Helo command rejected: need fully-qualified hostname"),
            (554, "5.7.1 <unknown[192.0.2.7]>: Client host rejected: Access denied"),
            (553, "5.1.8 <x@y.example>... Domain of sender address x@y.example does not exist"),
            (550, "Sender verify failed"),
            (504, "not implemented"),
        ] {
            assert!(reply(code, words).is_about_us(), "{code} {words}");
        }
        for (code, words) in [
            (550, "5.1.1 no such person"),
            (550, "no such person"),
            (550, "5.1.1 <x@y.example>: User unknown in relay recipient table"),
            (550, "5.5.0 Requested action not taken: mailbox unavailable"),
            (552, "5.2.2 mailbox full"),
            (550, "5.7"),
        ] {
            assert!(!reply(code, words).is_about_us(), "{code} {words}");
        }
    }

    #[test]
    fn a_size_is_refused_by_552_unless_its_number_says_otherwise() {
        for words in
            ["5.3.4 Message size exceeds fixed limit", "5.2.3 too long", "Message size exceeds maximum"]
        {
            assert!(reply(552, words).is_about_size(), "{words}");
        }
        assert!(!reply(552, "5.2.2 mailbox full").is_about_size());
        assert!(!reply(554, "5.3.4 too big").is_about_size());
    }
}
