//! Times of files and recent sets, in the user's time zone.

use std::time::SystemTime;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit, ZonedDateTime};

/// Formats a time relative to today: `today 14:02`, `yesterday 9:30`, `Nov 3, 9:30`, `2025-11-03`.
pub(super) fn when(time: Timestamp) -> String {
    let zone = TimeZone::system();
    relative(&time.to_zoned_datetime(zone.clone()), &Timestamp::now().to_zoned_datetime(zone))
}

/// Formats the time of a file exactly: `2026-11-03 14:02:07`.
pub(super) fn exact(time: SystemTime) -> Option<String> {
    let time = Timestamp::try_from(time).ok()?.to_zoned_datetime(TimeZone::system());
    Some(time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn relative(time: &ZonedDateTime, now: &ZonedDateTime) -> String {
    let days = time.date().until((Unit::Day, now.date())).map_or(i32::MAX, |span| span.get_days());
    match days {
        0 => time.strftime("today %-H:%M").to_string(),
        1 => time.strftime("yesterday %-H:%M").to_string(),
        _ if time.year() == now.year() => time.strftime("%b %-d, %-H:%M").to_string(),
        _ => time.strftime("%Y-%m-%d").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_relative_to_today() {
        let at = |text: &str| {
            let time: Timestamp = text.parse().expect("a time");
            time.to_zoned_datetime(TimeZone::UTC)
        };
        let now = at("2026-03-01T10:00:00Z");
        let shown = |text| relative(&at(text), &now);
        assert_eq!(shown("2026-03-01T09:05:00Z"), "today 9:05");
        assert_eq!(shown("2026-02-28T23:59:00Z"), "yesterday 23:59");
        assert_eq!(shown("2026-02-01T14:02:00Z"), "Feb 1, 14:02");
        assert_eq!(shown("2025-12-31T14:02:00Z"), "2025-12-31");
    }
}
