//! A deadline as an iCalendar file: information, not an invitation.

use chrono::{DateTime, Days, NaiveDate, Utc};
use icalendar::{Calendar, Component as _, Event, EventStatus, Property, ValueType};

use crate::domain::message::CalendarEntry;

/// The METHOD inside the file, which the part's Content-Type repeats.
pub(crate) fn method(entry: &CalendarEntry) -> &'static str {
    if entry.cancelled { "CANCEL" } else { "PUBLISH" }
}

/// One VCALENDAR with one all-day VEVENT, CRLF lines folded at 75 octets.
///
/// The UID is stable per installation, deadline and party; `stamped` becomes DTSTAMP.
pub(crate) fn write(entry: &CalendarEntry, instance: &str, stamped: DateTime<Utc>) -> String {
    let mut event = Event::new();
    event
        .uid(&format!("{}@{instance}", entry.uid_stem))
        .timestamp(stamped)
        .sequence(entry.sequence)
        .summary(&entry.summary)
        .description(&entry.description)
        .add_property("TRANSP", "TRANSPARENT")
        .append_property(day("DTSTART", entry.on))
        .append_property(day("DTEND", entry.on.checked_add_days(Days::new(1)).unwrap_or(entry.on)));
    if entry.cancelled {
        event.status(EventStatus::Cancelled);
    }
    Calendar::empty()
        .append_property(("VERSION", "2.0"))
        .append_property(("PRODID", "-//Quarterdeck//Deadlines//EN"))
        .append_property(("CALSCALE", "GREGORIAN"))
        .append_property(("METHOD", method(entry)))
        .push(event)
        .done()
        .to_string()
}

/// The library's `all_day` ends an event on the day it begins; the end of an iCalendar event is exclusive.
fn day(key: &str, on: NaiveDate) -> Property {
    Property::new(key, on.format("%Y%m%d").to_string()).append_parameter(ValueType::Date).done()
}
