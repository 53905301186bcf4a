//! Collections: when a return is due and where it comes from.

use std::path::Path;

use crate::config::checked::{Desk, Known, layouts, web};
use crate::config::problem::Text;
use crate::config::settings::{
    Cadence, Collection, FolderSource, HttpSource, Login, PrivateAddresses, Reporters, Source,
};
use crate::config::shape::Read;
use crate::config::written::collections::{
    CadenceWord, CollectionToml, FolderToml, HttpToml, PrivateWord, ReportersWord,
};
use crate::config::written::quarterdeck::QuarterdeckToml;
use crate::domain::quarter::{NotAQuarter, Quarter};

/// The sound collections.
pub fn check(
    main: &Read<QuarterdeckToml>,
    folder: &Path,
    known: &Known<'_>,
    desk: &mut Desk,
) -> Vec<Collection> {
    let typed: Vec<&CollectionToml> =
        main.value.iter().flat_map(|typed| typed.collection.iter().flatten()).collect();
    desk.duplicates(&main.text, "collection", typed.iter().map(|collection| &collection.name));
    typed.into_iter().filter_map(|typed| one(&main.text, typed, folder, known, desk)).collect()
}

fn one(
    text: &Text,
    typed: &CollectionToml,
    folder: &Path,
    known: &Known<'_>,
    desk: &mut Desk,
) -> Option<Collection> {
    let at = format!("collection `{}`", typed.name.value);
    desk.short_name(text, "collection", &typed.name);
    let first_quarter = quarter(&typed.first_quarter)
        .map_err(|error| desk.problem(text, &typed.first_quarter.span, format!("{at}: {error}")))
        .ok();
    if let Some(due) = &typed.due_working_days
        && typed.reporters == ReportersWord::Publisher
    {
        let sentence = format!("{at}: nobody is chased for a publisher's file; remove `due_working_days`");
        desk.problem(text, &due.span, sentence);
    }
    let source = source(text, typed, folder, &at, desk);
    let layouts = layouts::check(text, typed, known, &at, desk);
    Some(Collection {
        name: typed.name.value.clone(),
        title: typed.title.clone(),
        cadence: match typed.cadence {
            CadenceWord::Quarterly => Cadence::Quarterly,
            CadenceWord::Annual => Cadence::Annual,
        },
        first_quarter: first_quarter?,
        due_working_days: typed.due_working_days.as_ref().map(|days| days.value),
        revision_quarters: typed.revision_quarters,
        reporters: match typed.reporters {
            ReportersWord::Members => Reporters::Members,
            ReportersWord::Publisher => Reporters::Publisher,
        },
        provisional: typed.provisional,
        source,
        layouts,
    })
}

fn quarter(text: &str) -> Result<Quarter, NotAQuarter> {
    let year = text.get(..4).and_then(|year| year.parse().ok());
    let number = text.get(9..).and_then(|number| number.parse().ok());
    let quarter = year.zip(number).and_then(|(year, number)| Quarter::of(year, number));
    quarter.filter(|quarter| quarter.to_string() == text).ok_or_else(|| NotAQuarter(text.to_owned()))
}

fn source(text: &Text, typed: &CollectionToml, folder: &Path, at: &str, desk: &mut Desk) -> Source {
    match (&typed.http, &typed.folder) {
        (Some(typed_http), Some(_)) => {
            let sentence = format!("{at}: give one of `http` and `folder`, not both");
            desk.problem(text, &typed_http.url.span, sentence);
            Source::Hand
        }
        (Some(typed_http), None) => Source::Http(http(text, typed, typed_http, folder, at, desk)),
        (None, Some(drop)) => Source::Folder(drop_folder(text, drop, folder, at, desk)),
        (None, None) => Source::Hand,
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
    if let Some((proxy, why)) = typed.proxy.as_ref().and_then(|proxy| Some((proxy, web::wrong_proxy(proxy)?)))
    {
        desk.problem(text, &proxy.span, format!("{at}: http: `proxy`: {why}"));
    }
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
        private_addresses: match typed.private_addresses {
            PrivateWord::Refused => PrivateAddresses::Refused,
            PrivateWord::Allowed => PrivateAddresses::Allowed,
        },
    }
}

fn login(text: &Text, typed: &HttpToml, folder: &Path, at: &str, desk: &mut Desk) -> Login {
    match (&typed.basic, &typed.bearer, &typed.api_key) {
        (None, None, None) => Login::None,
        (Some(basic), None, None) => {
            Login::Basic { user: basic.user.clone(), password_file: folder.join(&basic.password_file) }
        }
        (None, Some(bearer), None) => Login::Bearer { token_file: folder.join(&bearer.token_file) },
        (None, None, Some(key)) => {
            Login::ApiKey { header: key.header.clone(), key_file: folder.join(&key.key_file) }
        }
        _ => {
            let sentence = format!("{at}: http: give one of `basic`, `bearer` and `api_key`");
            desk.problem(text, &typed.url.span, sentence);
            Login::None
        }
    }
}

fn drop_folder(text: &Text, typed: &FolderToml, folder: &Path, at: &str, desk: &mut Desk) -> FolderSource {
    if let Some(why) = web::wrong_placeholders(&typed.name) {
        desk.problem(text, &typed.name.span, format!("{at}: folder: `name`: {why}"));
    }
    FolderSource {
        path: folder.join(&typed.path),
        name: typed.name.value.clone(),
        settle_seconds: typed.settle_seconds,
    }
}
