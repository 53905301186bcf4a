//! How long to wait before asking again, and how slowly an answer may come.

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use tokio::time::Instant;

use crate::config::settings::Limits;

/// Tries of one fetch, the first included.
pub(super) const ATTEMPTS_MAX: u32 = 4;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// No server is believed that wants to be left alone for longer; the year 2099 is a mistake.
const REST_MAX: Duration = Duration::from_hours(6);

/// A server that says nothing for this many times the limit on connecting is given up.
const SILENCE_FACTOR: u64 = 3;

/// An answer that brings less than this, on average over a window, is given up.
const BYTES_A_SECOND_MIN: u64 = 1024;
const WINDOW_MAX: Duration = Duration::from_secs(30);

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
    if !wanted.is_empty() && wanted.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(wanted.parse().map_or(REST_MAX, Duration::from_secs).min(REST_MAX));
    }
    let until = DateTime::parse_from_rfc2822(wanted).ok()?;
    let now = DateTime::parse_from_rfc2822(text(DATE)?.trim()).ok()?;
    (until - now).to_std().ok().map(|rest| rest.min(REST_MAX))
}

/// How long a server may say nothing.
pub(super) fn silence(connect_seconds: u64, whole_seconds: u64) -> Duration {
    Duration::from_secs(connect_seconds.saturating_mul(SILENCE_FACTOR).min(whole_seconds))
}

/// How fast the body of one answer comes.
pub(super) struct Pace {
    window: Duration,
    since: Instant,
    bytes: u64,
}

impl Pace {
    /// From now on; the window is 30 seconds, and at most half of the limit on one fetch.
    pub(super) fn start(limits: &Limits, now: Instant) -> Self {
        let half = Duration::from_millis(limits.fetch_seconds.saturating_mul(500));
        Self { window: half.min(WINDOW_MAX), since: now, bytes: 0 }
    }

    /// Within this time something must come.
    pub(super) fn window(&self) -> Duration {
        self.window
    }

    /// Whether, with so many bytes more, it still comes fast enough.
    pub(super) fn keeps(&mut self, more: usize, now: Instant) -> bool {
        self.bytes = self.bytes.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
        let spent = now.saturating_duration_since(self.since);
        if spent < self.window {
            return true;
        }
        let enough = u128::from(self.bytes) * 1000 >= spent.as_millis() * u128::from(BYTES_A_SECOND_MIN);
        (self.since, self.bytes) = (now, 0);
        enough
    }

    /// Why it was given up.
    pub(super) fn too_slow() -> String {
        format!("sends less than {BYTES_A_SECOND_MIN} bytes a second")
    }
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
        assert_eq!(asked("", None), None);
        assert_eq!(asked("1e9", None), None);
        assert_eq!(asked("Fri, 17 Nov 2017 08:00:09 GMT", None), None);
        assert_eq!(asked("Fri, 17 Nov 2017 07:00:00 GMT", Some(at)), None);
    }

    #[test]
    fn nobody_is_left_alone_for_longer_than_six_hours() {
        let at = "Fri, 17 Nov 2017 08:00:00 GMT";
        for far in ["86400", "99999999999999999999999", "Thu, 01 Jan 2099 00:00:00 GMT"] {
            assert_eq!(asked(far, Some(at)), Some(REST_MAX), "{far}");
        }
    }

    #[test]
    fn a_drip_is_told_from_a_slow_line() {
        let begun = Instant::now();
        for (bytes, lasts) in [(1024, true), (1000, false)] {
            let mut pace = Pace { window: WINDOW_MAX, since: begun, bytes: 0 };
            let kept = (1..=120).all(|second| pace.keeps(bytes, begun + Duration::from_secs(second)));
            assert_eq!(kept, lasts);
        }
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
