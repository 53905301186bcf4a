//! What was typed, checked into what we trust. Every check goes on after a problem.

pub mod analysis;
pub mod authorities;
pub mod collections;
pub mod deadlines;
pub mod digests;
pub mod holidays;
pub mod indicators;
pub mod ladder;
pub mod layouts;
pub mod mail;
pub mod recipients;
pub mod region;
pub mod sources;
pub mod watch;
pub mod web;
pub mod wide;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use crate::config::problem::{Problem, Text};
use crate::config::settings::{AddedCheck, Settings};
use crate::config::shape::{Names, Read};
use crate::config::written::authorities::AuthoritiesToml;
use crate::config::written::deadlines::DeadlinesToml;
use crate::config::written::indicators::IndicatorsToml;
use crate::config::written::quarterdeck::QuarterdeckToml;
use crate::config::written::recipients::RecipientsToml;
use crate::config::written::typed::At;
use crate::domain::authority::{Authority, AuthorityCode};

/// Every file of the configuration folder, as read.
#[derive(Debug)]
pub struct Folder<'a> {
    /// Relative paths in the files start here.
    pub path: &'a Path,
    /// quarterdeck.toml.
    pub quarterdeck: Read<QuarterdeckToml>,
    /// authorities.toml.
    pub authorities: Read<AuthoritiesToml>,
    /// indicators.toml.
    pub indicators: Read<IndicatorsToml>,
    /// deadlines.toml.
    pub deadlines: Read<DeadlinesToml>,
    /// recipients.toml.
    pub recipients: Read<RecipientsToml>,
    /// bank-holidays.json; none when it could not be read.
    pub holidays: Option<Text>,
    /// The copy of newer bank holidays in the state folder; counts only while an address is configured.
    pub newer_holidays: Option<Text>,
    /// The operator's checks.
    pub checks: Vec<AddedCheck>,
    /// A fingerprint of all files.
    pub fingerprint: String,
}

/// Problems and warnings on their way.
#[derive(Debug, Default)]
pub struct Desk {
    /// What must be put right.
    pub problems: Vec<Problem>,
    /// What should be looked at.
    pub warnings: Vec<Problem>,
}

impl Desk {
    /// Notes a problem at `span` of `text`.
    pub fn problem(&mut self, text: &Text, span: &Range<usize>, sentence: impl Into<String>) {
        self.problems.push(text.problem(span, sentence));
    }

    /// Notes a warning at `span` of `text`.
    pub fn warning(&mut self, text: &Text, span: &Range<usize>, sentence: impl Into<String>) {
        self.warnings.push(text.problem(span, sentence));
    }

    /// Reports names that stand twice in a list, at the later place.
    pub fn duplicates<'a>(
        &mut self,
        text: &Text,
        what: &str,
        names: impl IntoIterator<Item = &'a At<String>>,
    ) {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for name in names {
            if !seen.insert(name.value.as_str()) {
                self.problem(text, &name.span, format!("{what} `{}` is there twice; remove one", name.value));
            }
        }
    }

    /// Parses an ONS code, and reports it when it is none.
    pub fn code(&mut self, text: &Text, at: &str, typed: &At<String>) -> Option<AuthorityCode> {
        AuthorityCode::parse(typed)
            .map_err(|error| self.problem(text, &typed.span, format!("{at}: {error}")))
            .ok()
    }

    /// Reports a name that is not known, with the nearest one.
    pub fn reference(
        &mut self,
        text: &Text,
        at: &str,
        what: &str,
        typed: &At<String>,
        names: &Names,
    ) -> bool {
        let known = names.knows(typed);
        if !known {
            let hint = names.hint(typed);
            self.problem(text, &typed.span, format!("{at}: unknown {what} `{}`{hint}", typed.value));
        }
        known
    }

    /// A code of a known authority.
    pub fn authority(
        &mut self,
        text: &Text,
        at: &str,
        typed: &At<String>,
        names: &Names,
    ) -> Option<AuthorityCode> {
        let code = self.code(text, at, typed)?;
        self.reference(text, at, "authority", typed, names).then_some(code)
    }

    /// A short stable name: lower-case letters, digits and hyphens.
    pub fn short_name(&mut self, text: &Text, what: &str, typed: &At<String>) {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if typed.is_empty() || typed.len() > 60 || !typed.bytes().all(plain) {
            let sentence = format!("{what} `{}`: write lower-case letters, digits and hyphens", typed.value);
            self.problem(text, &typed.span, sentence);
        }
    }
}

/// What the files may refer to in each other.
#[derive(Debug)]
pub struct Known<'a> {
    /// The authorities that are sound.
    pub authorities: &'a [Authority],
    /// Every authority's code.
    pub codes: Names,
    /// Collections.
    pub collections: Names,
    /// Indicators.
    pub indicators: Names,
    /// Digests.
    pub digests: Names,
}

/// Checks the whole folder. Settings come out when nothing is wrong.
#[must_use]
pub fn check(folder: Folder<'_>, desk: &mut Desk) -> Option<Settings> {
    let authorities = authorities::check(&folder.authorities, desk);
    let known = Known {
        authorities: &authorities,
        codes: folder.authorities.names("authority"),
        collections: folder.quarterdeck.names("collection"),
        indicators: folder.indicators.names("indicator"),
        digests: folder.quarterdeck.names("digest"),
    };
    let main = &folder.quarterdeck;
    let indicators = indicators::check(&folder.indicators, &known, desk);
    let region = region::check(main, &known, desk);
    let collections = collections::check(main, folder.path, &known, desk);
    let recipients = recipients::check(&folder.recipients, main, &known, &indicators, desk);
    let digests = digests::check(main, &folder.recipients, desk);
    let analysis = analysis::check(main, &folder.checks, &known, desk);
    let chasing = ladder::chasing(main, desk);
    let post = mail::check(main, folder.path, desk);
    let backup = digests::backup(main, folder.path, desk);
    let newer_holidays = watch::newer_holidays(main, desk);
    let newer = folder.newer_holidays.as_ref().filter(|_| newer_holidays.is_some());
    let calendar = holidays::check(main, folder.holidays.as_ref(), newer, desk);
    let deadlines = deadlines::check(&folder.deadlines, &known, &calendar, desk);
    ladder::roles_without_people(&folder, &recipients, desk);
    region::carried(&collections, &indicators, main, desk);
    Some(Settings {
        region: region?,
        zone: region::zone(main, desk)?,
        state: folder.path.join(main.value.as_ref()?.state.as_ref()?),
        collections,
        digests,
        schedule: digests::schedule(main, desk)?,
        backup: backup?,
        heartbeat: watch::heartbeat(main, folder.path),
        metrics_file: watch::metrics_file(main, folder.path),
        newer_holidays,
        chasing: chasing?,
        mail: post?,
        limits: region::limits(main)?,
        indicators,
        deadlines,
        recipients,
        calendar,
        checks: folder.checks,
        analysis,
        fingerprint: folder.fingerprint,
        authorities,
    })
}
