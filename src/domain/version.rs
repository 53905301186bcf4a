//! Versions of a published data set, such as `2.1`, and which of them are wanted, such as `2.*`.

use std::fmt;

use thiserror::Error;

const PARTS_MAX: usize = 3;

/// A version: one to three whole numbers, compared from the left.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(Vec<u32>);

impl Version {
    /// Reads `2`, `2.1` or `2.1.3`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Option<Vec<u32>> = text.split('.').map(plain_number).collect();
        parts.filter(|parts| parts.len() <= PARTS_MAX).map(Self)
    }

    /// The first number: when it changes, columns may have gone.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.0.first().copied().unwrap_or_default()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("."))
    }
}

/// Which versions are wanted: `2.1` only that one, `2.*` every one that begins so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pin {
    /// Exactly this version.
    Exact(Version),
    /// The newest one that begins so.
    Within(Version),
}

/// What is not a pinned version.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not a version; write one such as `2.1`, or `2.*` for the newest that begins with 2")]
pub struct NotAPin(String);

impl Pin {
    /// Reads `2.1` or `2.*`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, NotAPin> {
        let pin = match text.strip_suffix(".*") {
            Some(start) => Version::parse(start).map(Self::Within),
            None => Version::parse(text).map(Self::Exact),
        };
        pin.ok_or_else(|| NotAPin(text.to_owned()))
    }

    /// Whether a version is one of those wanted.
    #[must_use]
    pub fn takes(&self, version: &Version) -> bool {
        match self {
            Self::Exact(wanted) => wanted == version,
            Self::Within(start) => version.0.starts_with(&start.0),
        }
    }
}

fn plain_number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(version("2.10") > version("2.9") && version("3.0") > version("2.10"));
        assert!(version("2.1.1") > version("2.1"));
        assert_eq!(version("2.10.3").to_string(), "2.10.3");
        assert_eq!(version("2.10").major(), 2);
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for bad in ["", "v2", "2.", ".1", "2.1.1.1", "+2", "2.-1", "99999999999", "2. 1"] {
            assert_eq!(Version::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_star_takes_every_version_that_begins_so() {
        let pin = Pin::parse("2.*").unwrap();
        assert!(pin.takes(&version("2.0")) && pin.takes(&version("2.1.1")) && !pin.takes(&version("20.1")));
        assert!(Pin::parse("2.1").unwrap().takes(&version("2.1")));
        assert!(!Pin::parse("2.1").unwrap().takes(&version("2.1.1")));
        assert!(Pin::parse("*").is_err() && Pin::parse("2*").is_err());
    }
}
