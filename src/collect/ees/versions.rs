//! Which version is taken, and what is told of those that are not.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::collect::Note;
use crate::collect::ees::api::{Api, Paging, Stop, plain};
use crate::config::settings::{EesSource, MajorVersions};
use crate::domain::version::{Pin, Version};

/// As many versions as the API lists at once.
const PAGE_SIZE: &str = "20";
const PAGES_MAX: u32 = 50;

/// So many changes of a kind are named, the rest counted.
const CHANGES_MAX: usize = 8;

/// What to do.
pub(super) enum Choice {
    /// What we have stays.
    Stay,
    /// This version is wanted.
    Take(Version),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Set {
    title: String,
    status: String,
    superseding_data_set_id: Option<String>,
    latest_version: Option<Latest>,
}

#[derive(Deserialize)]
struct Latest {
    version: String,
}

#[derive(Deserialize)]
struct Page {
    paging: Paging,
    results: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    version: String,
    status: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Changes {
    major_changes: Map<String, Value>,
}

/// Decides by what is published, what is configured, and what we have.
pub(super) async fn choose(
    api: &Api<'_>,
    source: &EesSource,
    had: Option<&Version>,
    notes: &mut Vec<Note>,
) -> Result<Choice, Stop> {
    let set: Set = api.get_json("", &[]).await?;
    let title = plain(&set.title);
    if set.status == "Withdrawn" {
        return Err(Stop::failed(format!(
            "the publisher withdrew the data set \"{title}\"; what we had stays"
        )));
    }
    if let Some(note) = outdated(source, &set, &title) {
        notes.push(note);
    }
    let latest = set.latest_version.as_ref().and_then(|latest| Version::parse(&latest.version));
    let latest = latest
        .ok_or_else(|| Stop::failed(format!("the data set \"{title}\" has no version that is known")))?;
    let wanted = match &source.version {
        Some(pin) => pinned(api, pin, latest, &title).await?,
        None => latest,
    };
    let is_new_major = had.is_some_and(|had| wanted.major() > had.major());
    let Some(had) = had.filter(|_| is_new_major && source.version.is_none()) else {
        notes.extend(had.filter(|had| wanted < **had).map(|had| went_back(source, had, &wanted)));
        return Ok(Choice::Take(wanted));
    };
    let changes = changes(api, &wanted).await;
    notes.push(new_major(source, &title, &wanted, &changes));
    if source.major == MajorVersions::Take {
        return Ok(Choice::Take(wanted));
    }
    let standing = list(api).await?.into_iter().filter(|(version, status)| {
        version.major() == had.major() && status != "Withdrawn" && version >= had
    });
    Ok(standing.map(|(version, _)| version).max().map_or(Choice::Stay, Choice::Take))
}

async fn pinned(api: &Api<'_>, pin: &Pin, latest: Version, title: &str) -> Result<Version, Stop> {
    if pin.takes(&latest) {
        return Ok(latest);
    }
    let fitting: Vec<_> = list(api).await?.into_iter().filter(|(version, _)| pin.takes(version)).collect();
    let standing = fitting.iter().filter(|(_, status)| status != "Withdrawn").map(|(version, _)| version);
    let newest = standing.max().cloned();
    newest.ok_or_else(|| {
        let why = if fitting.is_empty() { "was never published" } else { "was withdrawn by the publisher" };
        Stop::failed(format!("the version of \"{title}\" that `version` asks for {why}; what we had stays"))
    })
}

/// Every version that the API lists, with its status.
async fn list(api: &Api<'_>) -> Result<Vec<(Version, String)>, Stop> {
    let mut found = Vec::new();
    let mut number = 1;
    loop {
        let page: Page =
            api.get_json("versions", &[("page", &number.to_string()), ("pageSize", PAGE_SIZE)]).await?;
        let listed = page.results.into_iter();
        found.extend(listed.filter_map(|one| Some((Version::parse(&one.version)?, one.status))));
        if number >= page.paging.total_pages.min(PAGES_MAX) {
            return Ok(found);
        }
        number += 1;
    }
}

fn outdated(source: &EesSource, set: &Set, title: &str) -> Option<Note> {
    let next = set.superseding_data_set_id.as_deref().map(plain);
    if set.status != "Deprecated" && next.is_none() {
        return None;
    }
    let instead = next.as_ref().map(|id| format!("; `{id}` takes its place")).unwrap_or_default();
    Some(Note {
        about: format!("ees {} outdated {}", source.data_set, next.unwrap_or_default()),
        says: format!("the publisher no longer keeps the data set \"{title}\" up{instead}"),
    })
}

fn went_back(source: &EesSource, had: &Version, wanted: &Version) -> Note {
    Note {
        about: format!("ees {} back from {had} to {wanted}", source.data_set),
        says: format!("the publisher went back from version {had} to {wanted}, which is taken again"),
    }
}

fn new_major(source: &EesSource, title: &str, version: &Version, changes: &str) -> Note {
    let done = match source.major {
        MajorVersions::Hold => {
            "is held, and what we had stays; write `major = \"take\"`, or `version`, to take it"
        }
        MajorVersions::Take => "was taken; see that its columns are still those of a layout",
    };
    Note {
        about: format!("ees {} major {version} {:?}", source.data_set, source.major),
        says: format!("version {version} of \"{title}\" {done}. {changes}"),
    }
}

/// What a new version changes, in words; that it cannot be said is no reason to stop.
async fn changes(api: &Api<'_>, version: &Version) -> String {
    match api.get_json::<Changes>(&format!("versions/{version}/changes"), &[]).await {
        Ok(changes) => {
            let kinds =
                changes.major_changes.iter().filter_map(|(kind, list)| one_kind(kind, list.as_array()?));
            let kinds: Vec<String> = kinds.collect();
            if kinds.is_empty() {
                return "It names no change that matters to us".to_owned();
            }
            format!("It changes {}", kinds.join("; "))
        }
        Err(_) => "What it changes could not be read".to_owned(),
    }
}

fn one_kind(kind: &str, list: &[Value]) -> Option<String> {
    let named = |state: Option<&Value>| state.filter(|state| !state.is_null()).map(name_of);
    let one = |change: &Value| match (named(change.get("previousState")), named(change.get("currentState"))) {
        (Some(before), Some(after)) if before != after => Some(format!("`{before}` became `{after}`")),
        (Some(before), Some(_)) => Some(format!("`{before}` changed")),
        (Some(before), None) => Some(format!("`{before}` is gone")),
        (None, Some(after)) => Some(format!("`{after}` is new")),
        (None, None) => None,
    };
    let told: Vec<String> = list.iter().filter_map(one).collect();
    let (first, rest) = told.split_at(told.len().min(CHANGES_MAX));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    (!told.is_empty()).then(|| format!("{}: {}{more}", spaced(kind), first.join(", ")))
}

fn name_of(state: &Value) -> String {
    let text = |name: &str| state.get(name).and_then(Value::as_str);
    let own = ["label", "name", "column", "code", "id"].into_iter().find_map(text);
    let level = || state.get("level").map(name_of);
    own.map(plain).or_else(level).unwrap_or_else(|| "something".to_owned())
}

/// `filterOptions` as `filter options`.
fn spaced(kind: &str) -> String {
    let mut words = String::new();
    for letter in plain(kind).chars() {
        if letter.is_uppercase() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}
