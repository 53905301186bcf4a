//! Where returns come from: exactly one way, and every address, version and secret's file sound.

use std::path::Path;

use crate::config::checked::{Desk, web};
use crate::config::problem::Text;
use crate::config::settings::{
    EesQuery, EesSource, FolderSource, HttpSource, Login, MajorVersions, PrivateAddresses, Source,
};
use crate::config::written::collections::{CollectionToml, ReportersWord};
use crate::config::written::sources::{
    EesQueryToml, EesToml, FolderToml, HttpToml, MajorWord, OAuth2Toml, PrivateWord,
};
use crate::config::written::typed::At;
use crate::domain::version::Pin;

/// Where the API of Explore Education Statistics is.
const EES_BASE: &str = "https://api.education.gov.uk/statistics/v1";

/// As many rows as the API gives at once.
const PAGE_SIZE: u32 = 10_000;

/// The source of a collection; `Hand` when there is none, or more than one.
pub fn check(text: &Text, typed: &CollectionToml, folder: &Path, at: &str, desk: &mut Desk) -> Source {
    match (&typed.http, &typed.folder, &typed.ees) {
        (None, None, None) => Source::Hand,
        (Some(typed_http), None, None) => Source::Http(http(text, typed, typed_http, folder, at, desk)),
        (None, Some(drop), None) => Source::Folder(drop_folder(text, drop, folder, at, desk)),
        (None, None, Some(typed_ees)) => Source::Ees(ees(text, typed, typed_ees, folder, at, desk)),
        (http, drop, ees) => {
            let place = http.as_ref().map(|http| &http.url);
            let place = place.or(drop.as_ref().map(|drop| &drop.name));
            if let Some(place) = place.or(ees.as_ref().map(|ees| &ees.data_set)) {
                let sentence = format!("{at}: give one of `http`, `folder` and `ees`");
                desk.problem(text, &place.span, sentence);
            }
            Source::Hand
        }
    }
}

fn http(
    text: &Text,
    collection: &CollectionToml,
    typed: &HttpToml,
    folder: &Path,
    at: &str,
    desk: &mut Desk,
) -> HttpSource {
    let members = collection.reporters == ReportersWord::Members;
    let placeholders = members.then(|| web::wrong_placeholders(&typed.url)).flatten();
    if let Some(why) = web::wrong(&typed.url).or(placeholders) {
        desk.problem(text, &typed.url.span, format!("{at}: http: `url`: {why}"));
    }
    check_proxy(text, typed.proxy.as_ref(), &format!("{at}: http"), desk);
    if web::leads_here(&typed.url) && typed.private_addresses == PrivateWord::Refused {
        let sentence = format!("{at}: http: `url`: this machine needs `private_addresses = \"allowed\"`");
        desk.problem(text, &typed.url.span, sentence);
    }
    HttpSource {
        url: typed.url.value.clone(),
        login: login(text, typed, folder, at, desk),
        ca_file: typed.ca_file.as_ref().map(|file| folder.join(file)),
        proxy: typed.proxy.as_ref().map(|proxy| proxy.value.clone()),
        redirect_hosts: typed.redirect_hosts.clone(),
        private_addresses: private(typed.private_addresses),
    }
}

fn login(text: &Text, typed: &HttpToml, folder: &Path, at: &str, desk: &mut Desk) -> Login {
    let mut ways: Vec<Login> = Vec::new();
    ways.extend(typed.basic.iter().map(|basic| Login::Basic {
        user: basic.user.clone(),
        password_file: folder.join(&basic.password_file),
    }));
    ways.extend(
        typed.bearer.iter().map(|bearer| Login::Bearer { token_file: folder.join(&bearer.token_file) }),
    );
    ways.extend(
        typed
            .api_key
            .iter()
            .map(|key| Login::ApiKey { header: key.header.clone(), key_file: folder.join(&key.key_file) }),
    );
    ways.extend(typed.oauth2.iter().map(|oauth2| {
        check_token_url(text, typed, oauth2, at, desk);
        Login::OAuth2 {
            token_url: oauth2.token_url.value.clone(),
            client_id: oauth2.client_id.clone(),
            client_secret_file: folder.join(&oauth2.client_secret_file),
            scope: oauth2.scope.clone(),
        }
    }));
    if ways.len() > 1 {
        let sentence = format!("{at}: http: give one of `basic`, `bearer`, `api_key` and `oauth2`");
        desk.problem(text, &typed.url.span, sentence);
    }
    ways.into_iter().next().unwrap_or(Login::None)
}

fn check_token_url(text: &Text, http: &HttpToml, typed: &OAuth2Toml, at: &str, desk: &mut Desk) {
    let url = &typed.token_url;
    let why = web::wrong(url)
        .or_else(|| url.contains(['{', '?', '#']).then(|| "write it without `{..}`, `?` and `#`".to_owned()));
    if let Some(why) = why {
        desk.problem(text, &url.span, format!("{at}: http: oauth2: `token_url`: {why}"));
    }
    if web::leads_here(url) && http.private_addresses == PrivateWord::Refused {
        let sentence =
            format!("{at}: http: oauth2: `token_url`: this machine needs `private_addresses = \"allowed\"`");
        desk.problem(text, &url.span, sentence);
    }
}

fn drop_folder(text: &Text, typed: &FolderToml, folder: &Path, at: &str, desk: &mut Desk) -> FolderSource {
    if let Some(why) = web::wrong_placeholders(&typed.name) {
        desk.problem(text, &typed.name.span, format!("{at}: folder: `name`: {why}"));
    }
    if let Some(shown) = &typed.shown_as
        && (shown.value.trim().is_empty() || shown.value.chars().any(char::is_control))
    {
        let sentence = format!("{at}: folder: `shown_as`: write in one line what those who send know it by");
        desk.problem(text, &shown.span, sentence);
    }
    FolderSource {
        path: folder.join(&typed.path),
        name: typed.name.value.clone(),
        settle_seconds: typed.settle_seconds,
        shown_as: typed.shown_as.as_ref().map(|shown| shown.value.trim().to_owned()),
    }
}

fn ees(
    text: &Text,
    collection: &CollectionToml,
    typed: &EesToml,
    folder: &Path,
    at: &str,
    desk: &mut Desk,
) -> EesSource {
    let at = format!("{at}: ees");
    if collection.reporters == ReportersWord::Members {
        let sentence =
            format!("{at}: one data set is published for the country; write `reporters = \"publisher\"`");
        desk.problem(text, &typed.data_set.span, sentence);
    }
    if let Some(base) = &typed.base_url {
        let why = web::wrong(base).or_else(|| {
            base.contains(['{', '?', '#']).then(|| "write it without `{..}`, `?` and `#`".to_owned())
        });
        if let Some(why) = why {
            desk.problem(text, &base.span, format!("{at}: `base_url`: {why}"));
        }
        if web::leads_here(base) && typed.private_addresses == PrivateWord::Refused {
            let sentence = format!("{at}: `base_url`: this machine needs `private_addresses = \"allowed\"`");
            desk.problem(text, &base.span, sentence);
        }
    }
    if typed.data_set.is_empty() || !typed.data_set.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        let sentence = format!("{at}: `data_set`: write the id of the data set, letters, digits and hyphens");
        desk.problem(text, &typed.data_set.span, sentence);
    }
    let version = typed.version.as_ref().and_then(|version| {
        let refuse = |error| desk.problem(text, &version.span, format!("{at}: `version`: {error}"));
        Pin::parse(version).map_err(refuse).ok()
    });
    check_proxy(text, typed.proxy.as_ref(), &at, desk);
    EesSource {
        base_url: typed
            .base_url
            .as_ref()
            .map_or(EES_BASE, |base| base.value.trim_end_matches('/'))
            .to_owned(),
        data_set: typed.data_set.value.clone(),
        version,
        major: match typed.major {
            MajorWord::Hold => MajorVersions::Hold,
            MajorWord::Take => MajorVersions::Take,
        },
        query: typed.query.as_ref().map(|typed| query(text, typed, &at, desk)),
        ca_file: typed.ca_file.as_ref().map(|file| folder.join(file)),
        proxy: typed.proxy.as_ref().map(|proxy| proxy.value.clone()),
        private_addresses: private(typed.private_addresses),
    }
}

fn query(text: &Text, typed: &EesQueryToml, at: &str, desk: &mut Desk) -> EesQuery {
    if typed.indicators.is_empty() {
        let sentence = format!("{at}: query: `indicators`: name at least one");
        desk.problem(text, &typed.indicators.span, sentence);
    }
    let mut period = |name: &str, typed: Option<&At<String>>| {
        let typed = typed?;
        let parts = typed.split_once('|').filter(|(period, code)| is_period(period) && is_code(code));
        if parts.is_none() {
            let sentence = format!(
                "{at}: query: `{name}`: write a period and its code, such as `2014|FY` or `2014/2015|FYQ2`"
            );
            desk.problem(text, &typed.span, sentence);
        }
        parts.map(|(period, code)| (period.to_owned(), code.to_owned()))
    };
    EesQuery {
        from: period("from", typed.from.as_ref()),
        until: period("until", typed.until.as_ref()),
        indicators: typed.indicators.value.clone(),
        geographic_levels: typed.geographic_levels.clone(),
        filters: typed.filters.iter().map(|it| (it.column.clone(), it.options.clone())).collect(),
        page_size: typed.page_size.unwrap_or(PAGE_SIZE),
    }
}

fn is_period(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'/')
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn private(word: PrivateWord) -> PrivateAddresses {
    match word {
        PrivateWord::Refused => PrivateAddresses::Refused,
        PrivateWord::Allowed => PrivateAddresses::Allowed,
    }
}

fn check_proxy(text: &Text, proxy: Option<&At<String>>, at: &str, desk: &mut Desk) {
    if let Some((proxy, why)) = proxy.and_then(|proxy| Some((proxy, web::wrong_proxy(proxy)?))) {
        desk.problem(text, &proxy.span, format!("{at}: `proxy`: {why}"));
    }
}
