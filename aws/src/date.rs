//! The times of signatures and of responses.

use minilambda::__private::date_and_time;
use minilambda_events::Rfc3339;
use std::time::UNIX_EPOCH;

/// `20261128T153000Z` of seconds since 1970.
pub(crate) fn basic(seconds: i64) -> String {
    let [year, month, day, hour, minute, second] = date_and_time(seconds);
    let mut text = String::with_capacity(16);
    // Formatting would take five times as long.
    for (part, after) in [
        (year / 100, ""),
        (year % 100, ""),
        (month, ""),
        (day, "T"),
        (hour, ""),
        (minute, ""),
        (second, "Z"),
    ] {
        text.extend(
            [part / 10 % 10, part % 10]
                .map(|digit| char::from(b'0' + u8::try_from(digit).unwrap_or_default())),
        );
        text.push_str(after);
    }
    text
}

/// The seconds since 1970 of a `Date` header, `Sat, 28 Nov 2026 15:30:00 GMT`. The older forms of
/// HTTP, whose years have two digits, are not read.
pub(crate) fn from_http(text: &str) -> Option<i64> {
    let (_, rest) = text.trim().strip_suffix(" GMT")?.split_once(", ")?;
    let mut words = rest.split(' ');
    let mut word = || words.next();
    let (day, month, year, time) = (word()?, word()?, word()?, word()?);
    let names =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = names.iter().position(|name| *name == month)? + 1;
    if word().is_some() || day.len() != 2 || time.len() != 8 {
        return None;
    }
    from_iso(&format!("{year}-{month:02}-{day}T{time}Z"))
}

/// The seconds since 1970 of `2026-11-28T15:30:00Z`, with any offset. Times before 1970 are none.
pub(crate) fn from_iso(text: &str) -> Option<i64> {
    // Some tools write the zone of Universal Time in letters.
    let text =
        text.trim().strip_suffix("UTC").map_or(text.trim().to_owned(), |it| format!("{it}Z"));
    let time = Rfc3339::from(&*text).time().ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        assert_eq!(basic(1_795_966_200), "20261129T153000Z");
        for seconds in [0, 951_782_400, 1_609_459_199, 4_102_444_800, 253_402_300_799] {
            let [year, month, day, hour, minute, second] = date_and_time(seconds);
            let text = format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z");
            assert_eq!(basic(seconds), text);
        }
        assert_eq!(from_http("Sun, 29 Nov 2026 15:30:00 GMT"), Some(1_795_966_200));
        for text in
            ["2026-11-29T15:30:00Z", "2026-11-29T17:30:00.5+02:00", "2026-11-29T15:30:00UTC"]
        {
            assert_eq!(from_iso(text), Some(1_795_966_200), "{text}");
        }
    }

    #[test]
    fn a_time_that_is_none_is_neither_a_panic_nor_a_guess() {
        for text in [
            "",
            "yesterday",
            "Sunday, 29-Nov-26 15:30:00 GMT",
            "Sun Nov 29 15:30:00 2026",
            "Sun, 29 Nov 26 15:30:00 GMT",
            "Sun, 29 Nov 99999999999999999 15:30:00 GMT",
            "Sun, 29 Nov -999 15:30:00 GMT",
            "Sun, 31 Feb 2026 15:30:00 GMT",
            "Sun, 29 nov 2026 15:30:00 GMT",
            "Sun, 29 Nov 2026 25:30:00 GMT",
            "Sun, 29 Nov 2026 15:30:00 PST",
        ] {
            assert_eq!(from_http(text), None, "{text}");
        }
        let absurd = "9223372036854775807-01-01T00:00:00Z";
        for text in ["2026-13-01T00:00:00Z", absurd, "1900-01-01T00:00:00Z", "2026-11-29"] {
            assert_eq!(from_iso(text), None, "{text}");
        }
    }
}
