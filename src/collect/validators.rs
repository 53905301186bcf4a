//! What a source is asked to compare with what we have, and how far it can be trusted.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH};

use crate::collect::Wanted;

/// A file that was changed so short a time before it was sent may have been changed once more in the same
/// second: its time then says nothing (RFC 9110, 8.8.2.2). A minute, since the clock of whoever stamps the
/// file need not be that of whoever sends it.
const STILL: TimeDelta = TimeDelta::minutes(1);

/// The conditions under which the file need not be sent.
pub(super) fn conditions(wanted: &Wanted) -> Vec<(HeaderName, String)> {
    let tags = wanted.etag.as_deref().map(|etag| (IF_NONE_MATCH, tags(etag)));
    let time = wanted.last_modified.clone().map(|time| (IF_MODIFIED_SINCE, time));
    tags.into_iter().chain(time).collect()
}

/// Apache's `mod_deflate` calls what it packed `"..-gzip"`, and compares with the tag of the file itself.
fn tags(etag: &str) -> String {
    match etag.strip_suffix("-gzip\"") {
        Some(own) if !own.ends_with('"') => format!("{etag}, {own}\""),
        _ => etag.to_owned(),
    }
}

/// Of an answer's entity tag and time, those with which it can be asked whether the file changed.
pub(super) fn that_hold(
    etag: Option<String>,
    last_modified: Option<String>,
    date: Option<&str>,
) -> (Option<String>, Option<String>) {
    let changed = last_modified.as_deref().and_then(instant);
    let has_stood =
        changed.zip(date.and_then(instant)).is_some_and(|(changed, sent)| sent - changed >= STILL);
    if has_stood {
        return (etag, last_modified);
    }
    (etag.filter(|etag| !changed.is_some_and(|changed| is_made_of(changed, etag))), None)
}

/// nginx makes its tag of the second of the change and the size: it is no stronger than the time.
fn is_made_of(changed: DateTime<Utc>, etag: &str) -> bool {
    let bare = etag.strip_prefix("W/").unwrap_or(etag).trim_start_matches('"');
    bare.split('-').next() == Some(&format!("{:x}", changed.timestamp()))
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text.trim()).ok().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::{tags, that_hold};

    fn held(etag: &str, changed: &str, date: &str) -> (bool, bool) {
        let own = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (etag, time) = that_hold(own(etag), own(changed), Some(date).filter(|date| !date.is_empty()));
        (etag.is_some(), time.is_some())
    }

    #[test]
    fn a_time_that_may_not_have_stood_still_is_not_asked_with() {
        let sent = "Fri, 17 Nov 2017 08:00:00 GMT";
        assert_eq!(held("\"v1\"", "Fri, 17 Nov 2017 07:59:00 GMT", sent), (true, true));
        assert_eq!(held("\"v1\"", "Fri, 17 Nov 2017 07:59:01 GMT", sent), (true, false));
        assert_eq!(held("", "Fri, 17 Nov 2017 08:00:00 GMT", sent), (false, false));
        assert_eq!(held("", "Fri, 17 Nov 2017 09:00:00 GMT", sent), (false, false), "a time to come");
        assert_eq!(held("", "Fri, 17 Nov 2017 07:00:00 GMT", ""), (false, false), "a server without a clock");
        assert_eq!(held("\"v1\"", "", sent), (true, false));
    }

    #[test]
    fn a_tag_that_is_made_of_the_time_is_no_stronger_than_it() {
        let sent = "Fri, 17 Nov 2017 08:00:00 GMT";
        for tag in ["\"5a0e96ff-1f3\"", "W/\"5a0e96ff-1f3\""] {
            assert_eq!(held(tag, "Fri, 17 Nov 2017 07:59:59 GMT", sent), (false, false), "{tag}");
            assert_eq!(held(tag, "Fri, 17 Nov 2017 07:49:59 GMT", sent), (true, true), "{tag}");
        }
    }

    #[test]
    fn the_tag_of_what_was_packed_is_sent_beside_that_of_the_file() {
        assert_eq!(tags("\"2f-55e-gzip\""), "\"2f-55e-gzip\", \"2f-55e\"");
        assert_eq!(tags("W/\"2f-gzip\""), "W/\"2f-gzip\", W/\"2f\"");
        assert_eq!(tags("\"2f-55e\""), "\"2f-55e\"");
        assert_eq!(tags("\"-gzip\""), "\"-gzip\"");
    }
}
