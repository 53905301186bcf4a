//! How long to wait before asking again.

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Tries of one fetch, the first included.
pub(super) const ATTEMPTS_MAX: u32 = 4;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// The pause after try number `attempt` (from 0): doubling, half of it jitter, at least what was asked for.
pub(super) fn pause(attempt: u32, asked: Option<Duration>) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt)).min(PAUSE_MAX);
    let jittered = whole.mul_f64(0.5 + fastrand::f64() / 2.0);
    jittered.max(asked.unwrap_or_default())
}

/// What the server asks for: seconds, or a date, which is measured against the server's own clock.
pub(super) fn asked_for(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let wanted = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = wanted.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(wanted).ok()?;
    let now = DateTime::parse_from_rfc2822(text(DATE)?.trim()).ok()?;
    (until - now).to_std().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn asked(after: &'static str, date: Option<&'static str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static(after));
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_static(date));
        }
        asked_for(&headers)
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        let at = "Fri, 17 Nov 2017 08:00:00 GMT";
        assert_eq!(asked("7", None), Some(Duration::from_secs(7)));
        assert_eq!(asked("Fri, 17 Nov 2017 08:00:09 GMT", Some(at)), Some(Duration::from_secs(9)));
    }

    #[test]
    fn rubbish_is_as_good_as_nothing() {
        let at = "Fri, 17 Nov 2017 08:00:00 GMT";
        assert_eq!(asked("soon", Some(at)), None);
        assert_eq!(asked("-5", None), None);
        assert_eq!(asked("Fri, 17 Nov 2017 08:00:09 GMT", None), None);
        assert_eq!(asked("Fri, 17 Nov 2017 07:00:00 GMT", Some(at)), None);
    }

    #[test]
    fn pauses_grow_and_never_undercut_what_was_asked() {
        for attempt in 0..40 {
            let whole = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt)).min(PAUSE_MAX);
            let pause_now = pause(attempt, None);
            assert!(pause_now >= whole / 2 && pause_now <= whole);
        }
        assert_eq!(pause(0, Some(Duration::from_secs(61))), Duration::from_secs(61));
    }
}
