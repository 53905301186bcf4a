//! What a mail server answered, and whom its words are about.

/// One reply, of one line or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    code: u16,
    lines: Vec<String>,
}

impl Reply {
    /// A reply with its lines, without their codes.
    pub(super) fn new(code: u16, lines: Vec<String>) -> Self {
        Self { code, lines }
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
        format!("{} {}", self.code, self.lines.join(" / ")).trim_end().to_owned()
    }

    /// What the server offers after EHLO.
    pub(super) fn offers(&self) -> &[String] {
        self.lines.get(1..).unwrap_or_default()
    }

    /// Whether it refuses us rather than the recipient: policy and login (RFC 3463, x.7.x), or a relay that
    /// is none for us, which some servers say without such a number.
    pub(super) fn is_about_us(&self) -> bool {
        let relays = self.lines.iter().any(|line| line.to_ascii_lowercase().contains("relay"));
        matches!(self.code, 530 | 535 | 538) || self.enhanced().is_some_and(|it| it.0 == 7) || relays
    }

    /// Whether it refuses the size of this message (RFC 1870), and nothing else.
    pub(super) fn is_about_size(&self) -> bool {
        self.code == 552 && matches!(self.enhanced(), None | Some((3, 4) | (2, 3)))
    }

    /// Subject and detail of the enhanced code that a reply may begin with, such as `5.7.1`.
    fn enhanced(&self) -> Option<(u16, u16)> {
        let mut parts = self.lines.first()?.split_whitespace().next()?.split('.');
        let class: u16 = parts.next()?.parse().ok()?;
        let (subject, detail) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        (class == self.code / 100 && parts.next().is_none()).then_some((subject, detail))
    }
}

#[cfg(test)]
mod tests {
    use crate::mail::smtp::reply::Reply;

    fn reply(code: u16, words: &str) -> Reply {
        Reply::new(code, vec![words.to_owned()])
    }

    #[test]
    fn a_reply_about_us_is_told_from_one_about_the_recipient() {
        for (code, words) in [
            (554, "5.7.1 <zoe@banes.example>: Relay access denied"),
            (550, "relay not permitted"),
            (530, "Authentication required"),
            (550, "5.7.60 SMTP; Client does not have permissions to send as this sender"),
        ] {
            assert!(reply(code, words).is_about_us(), "{code} {words}");
        }
        for (code, words) in [
            (550, "5.1.1 no such person"),
            (550, "no such person"),
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
