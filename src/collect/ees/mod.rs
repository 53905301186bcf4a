//! The `ees` source: a data set of Explore Education Statistics, by its public API, version 1.
//!
//! The version that we have is kept as an entity tag. The same version is not fetched again; a new one is a
//! new file, whose figures are compared with the old ones like those of any other version.

mod api;
mod grid;
mod meta;
mod query;
mod versions;

use sha2::{Digest, Sha256};

use crate::collect::body::Most;
use crate::collect::ees::api::{Api, Stop};
use crate::collect::ees::versions::{Choice, choose};
use crate::collect::file::not_of_the_host;
use crate::collect::suspect::why_refused;
use crate::collect::visit::{Lost, Visit};
use crate::collect::{Note, Outcome, Received, Wanted};
use crate::config::settings::{EesQuery, EesSource, HttpSource, Login};
use crate::domain::version::Version;

/// Of the sum of a question, so much tells it from another.
const MARK_BYTES: usize = 6;

/// The API as an address to ask: no login, no other host.
pub(super) fn as_http(source: &EesSource) -> HttpSource {
    HttpSource {
        url: source.base_url.clone(),
        login: Login::None,
        ca_file: source.ca_file.clone(),
        proxy: source.proxy.clone(),
        redirect_hosts: Vec::new(),
        private_addresses: source.private_addresses,
    }
}

/// Where the file of a data set is said to come from.
#[must_use]
pub fn origin(source: &EesSource) -> String {
    format!("{}/data-sets/{}", source.base_url, source.data_set)
}

/// The data set in the version that is wanted, unless we have it; and what the publisher says besides.
pub(super) async fn fetch(
    visit: &Visit,
    source: &EesSource,
    wanted: &Wanted,
) -> Result<(Outcome, Vec<Note>), Lost> {
    let mut notes = Vec::new();
    let outcome = match fetched(&Api { visit, source }, source, wanted, &mut notes).await {
        Ok(outcome) | Err(Stop::Outcome(outcome)) => outcome,
        Err(Stop::Lost(lost)) => not_of_the_host(lost)?,
    };
    Ok((outcome, notes))
}

async fn fetched(
    api: &Api<'_>,
    source: &EesSource,
    wanted: &Wanted,
    notes: &mut Vec<Note>,
) -> Result<Outcome, Stop> {
    let had = wanted.etag.as_deref().and_then(|tag| tag.split(' ').next()).and_then(Version::parse);
    let version = match choose(api, source, had.as_ref(), notes).await? {
        Choice::Stay => return Ok(Outcome::Unchanged),
        Choice::Take(version) => version,
    };
    let tag = tag(&version, source.query.as_ref());
    if wanted.etag.as_ref() == Some(&tag) {
        return Ok(Outcome::Unchanged);
    }
    let (bytes, part) = match &source.query {
        None => {
            let answer = api.file(&[("dataSetVersion", &version.to_string())]).await?;
            (answer.bytes, "")
        }
        Some(asked) => (query::rows(api, asked, &version, notes).await?, "_query"),
    };
    let most = Most::of_a_file(&api.visit.limits);
    if most.is_less_than(bytes.len()) {
        return Ok(Outcome::refused(most.told()));
    }
    let received = Received {
        bytes,
        file_name: format!("{}_v{version}{part}.csv", source.data_set),
        origin: origin(source),
        etag: Some(tag),
        last_modified: None,
    };
    Ok(match why_refused(&received.bytes) {
        Some(reason) => Outcome::turned_away(reason, received),
        None => Outcome::Received(received),
    })
}

/// The version, and which question was asked of it: another question is another file.
fn tag(version: &Version, query: Option<&EesQuery>) -> String {
    let Some(query) = query else { return version.to_string() };
    let sum = Sha256::digest(format!("{query:?}").as_bytes());
    let mark = sum.iter().take(MARK_BYTES).fold(0_u64, |mark, byte| mark << 8 | u64::from(*byte));
    format!("{version} {mark:012x}")
}
