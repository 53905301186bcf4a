//! Someone we write to, and what they may see.

use std::fmt;

use thiserror::Error;

use crate::domain::authority::AuthorityCode;
use crate::domain::host;

/// RFC 5321, 4.5.3.1.1.
const LOCAL_CHARS_MAX: usize = 64;

/// An e-mail address, parsed once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

/// A text that is not an address we would write to.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not an e-mail address")]
pub struct NotAnAddress(pub String);

impl EmailAddress {
    /// One `@`; before it printable ASCII without spaces, quotes or stray dots, after it a full domain name,
    /// which is kept in lower case. What servers and the mail library would not take is not an address.
    ///
    /// # Errors
    /// When `text` has any other shape.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let refused = || NotAnAddress(text.to_owned());
        let (local, domain) = text.split_once('@').ok_or_else(refused)?;
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && !b"\"(),:;<>@[\\]".contains(&b))
        };
        let fits = local.len() <= LOCAL_CHARS_MAX && text.len() <= 254;
        let sound = local.split('.').all(plain) && host::is_full_name(domain);
        if sound && fits && text.parse::<lettre::Address>().is_ok() {
            Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
        } else {
            Err(refused())
        }
    }

    /// What stands behind the `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit('@').next().unwrap_or_default()
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a recipient does, which decides what they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sends the returns of one or more authorities.
    PerformanceLead,
    /// Directs an authority's children's services.
    Director,
    /// Runs the region's programme.
    RegionalLead,
    /// Runs this daemon.
    Operator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::PerformanceLead, Self::Director, Self::RegionalLead, Self::Operator];

    /// The word used in the configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PerformanceLead => "performance-lead",
            Self::Director => "director",
            Self::RegionalLead => "regional-lead",
            Self::Operator => "operator",
        }
    }

    /// The role with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// Which authorities a recipient may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of the region.
    Region,
    /// These only.
    Authorities(Vec<AuthorityCode>),
}

/// How much of other authorities' small numbers a recipient sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figures {
    /// Every figure.
    Full,
    /// Small numbers withheld, except of the recipient's own authority.
    Suppressed,
    /// No figures, only sentences.
    None,
}

/// Someone we write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// A short stable name used in message keys, such as `e08000003-performance`.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Where we write.
    pub address: EmailAddress,
    /// What they do.
    pub role: Role,
    /// What they may see.
    pub scope: Scope,
    /// The themes they want; empty means all.
    pub themes: Vec<String>,
    /// How much they see of small numbers.
    pub figures: Figures,
    /// The digests they get, by name.
    pub digests: Vec<String>,
}

impl Recipient {
    /// Whether this recipient may see anything about `authority`.
    #[must_use]
    pub fn may_see(&self, authority: &AuthorityCode) -> bool {
        match &self.scope {
            Scope::Region => true,
            Scope::Authorities(codes) => codes.contains(authority),
        }
    }

    /// Whether `authority` is one of this recipient's own.
    #[must_use]
    pub fn owns(&self, authority: &AuthorityCode) -> bool {
        matches!(&self.scope, Scope::Authorities(codes) if codes.contains(authority))
    }

    /// How much this recipient sees of the figures of `authority`: of their own all, unless none at all.
    #[must_use]
    pub fn figures_of(&self, authority: &AuthorityCode) -> Figures {
        match self.figures {
            Figures::Suppressed if self.owns(authority) => Figures::Full,
            figures => figures,
        }
    }

    /// Whether this recipient wants to hear of `theme`.
    #[must_use]
    pub fn wants(&self, theme: &str) -> bool {
        self.themes.is_empty() || self.themes.iter().any(|wanted| wanted == theme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> AuthorityCode {
        AuthorityCode::parse(text).unwrap()
    }

    fn lead(scope: Scope) -> Recipient {
        Recipient {
            id: "e06000022-performance".to_owned(),
            name: "A. Lead".to_owned(),
            address: EmailAddress::parse("a.lead@council.example").unwrap(),
            role: Role::PerformanceLead,
            scope,
            themes: Vec::new(),
            figures: Figures::Suppressed,
            digests: Vec::new(),
        }
    }

    #[test]
    fn an_address_has_one_at_and_a_dot_after_it() {
        for text in ["a@b.example", "first.last+tag@sub.council.example", "o'neil@b.example"] {
            assert_eq!(EmailAddress::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            "a",
            "a@b",
            "@b.example",
            "a@",
            "a@b@c.example",
            "a b@c.example",
            "a@.example",
            "a@b.example.",
            "a@b..example",
            "a@b.example\r\nBcc: c@d.example",
            "a,b@c.example",
            "\u{e9}@b.example",
            "<a@b.example>",
            "a..b@c.example",
            ".a@c.example",
            "a.@c.example",
            "a@-c.example",
            "a@sub_domain.example",
            "a@10.0.0.1",
            &format!("{}@c.example", "a".repeat(65)),
        ] {
            assert_eq!(EmailAddress::parse(text), Err(NotAnAddress(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn the_domain_of_an_address_is_kept_in_lower_case() {
        let address = EmailAddress::parse("A.Lead@Council.Example").unwrap();
        assert_eq!((address.as_str(), address.domain()), ("A.Lead@council.example", "council.example"));
    }

    #[test]
    fn a_recipient_sees_their_own_authorities_and_no_other() {
        let one = lead(Scope::Authorities(vec![code("E06000022")]));
        assert!(one.may_see(&code("E06000022")) && one.owns(&code("E06000022")));
        assert!(!one.may_see(&code("E06000023")) && !one.owns(&code("E06000023")));
        let nobody = lead(Scope::Authorities(Vec::new()));
        assert!(!nobody.may_see(&code("E06000022")));
    }

    #[test]
    fn the_region_sees_everybody_and_owns_nobody() {
        let region = lead(Scope::Region);
        assert!(region.may_see(&code("E06000022")) && !region.owns(&code("E06000022")));
        assert_eq!(region.figures_of(&code("E06000022")), Figures::Suppressed);
    }

    #[test]
    fn small_numbers_of_ones_own_authority_are_not_withheld() {
        let mut one = lead(Scope::Authorities(vec![code("E06000022")]));
        assert_eq!(one.figures_of(&code("E06000022")), Figures::Full);
        assert_eq!(one.figures_of(&code("E06000023")), Figures::Suppressed);
        one.figures = Figures::None;
        assert_eq!(one.figures_of(&code("E06000022")), Figures::None);
    }

    #[test]
    fn no_theme_wanted_means_every_theme() {
        let mut one = lead(Scope::Region);
        assert!(one.wants("child-protection"));
        one.themes = vec!["workforce".to_owned()];
        assert!(one.wants("workforce") && !one.wants("child-protection"));
    }

    #[test]
    fn every_role_is_found_by_its_word() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.word()), Some(role));
        }
        assert_eq!(Role::parse("manager"), None);
    }
}
