//! Times as strings.

use super::text::plain_text;
use crate::Error;
use minilambda::__private::{date_and_time, days};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A time in the form of RFC 3339, such as `2026-03-12T21:14:25.123Z`. It is kept as it was sent.
///
/// Fractions of any length are read, to the nanosecond, and offsets such as `+02:00` and `+0200`.
///
/// ```
/// use minilambda_events::Rfc3339;
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let time = Rfc3339::from("2026-02-25T07:13:20+01:00");
/// assert_eq!(time.time()?, UNIX_EPOCH + Duration::from_secs(1_772_000_000));
/// assert_eq!(Rfc3339::from(time.time()?).to_string(), "2026-02-25T06:13:20Z");
/// # Ok::<(), minilambda_events::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rfc3339(pub String);

plain_text!(Rfc3339);

impl Rfc3339 {
    /// Returns the time.
    ///
    /// # Errors
    /// If the string is not a time in this form.
    pub fn time(&self) -> Result<SystemTime, Error> {
        let time = parse(self.0.as_bytes());
        time.ok_or_else(|| crate::error::invalid("expected a time in the form of RFC 3339"))
    }
}

/// Formats a time in UTC, with a fraction of 0, 3, 6 or 9 digits.
impl From<SystemTime> for Rfc3339 {
    fn from(time: SystemTime) -> Self {
        let ns = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i128::try_from(after.as_nanos()).unwrap_or(i128::MAX),
            Err(before) => -i128::try_from(before.duration().as_nanos()).unwrap_or(i128::MAX),
        };
        let seconds = i64::try_from(ns.div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
        let fraction = ns.rem_euclid(1_000_000_000);
        let [year, month, day, hour, minute, second] = date_and_time(seconds);
        let fraction = match fraction {
            0 => String::new(),
            ns if ns % 1_000_000 == 0 => format!(".{:03}", ns / 1_000_000),
            ns if ns % 1_000 == 0 => format!(".{:06}", ns / 1_000),
            ns => format!(".{ns:09}"),
        };
        Self(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"))
    }
}

const DAY_SECONDS: i64 = 86_400;

fn parse(text: &[u8]) -> Option<SystemTime> {
    let (date_and_time, rest) = text.split_at_checked(19)?;
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T' | b't' | b' ',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
    ] = date_and_time
    else {
        return None;
    };
    let year = digits(&[*y1, *y2, *y3, *y4])?;
    let (month, day) = (digits(&[*m1, *m2])?, digits(&[*d1, *d2])?);
    let (hour, minute, second) = (digits(&[*h1, *h2])?, digits(&[*n1, *n2])?, digits(&[*s1, *s2])?);
    // 60 is a leap second, which counts as the first second of the next minute.
    if !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    if !(1..=days_of_month(year, month)).contains(&day) {
        return None;
    }
    let (fraction, zone) = match rest.strip_prefix(b".") {
        Some(rest) => rest.split_at(rest.iter().take_while(|byte| byte.is_ascii_digit()).count()),
        None => (&b"0"[..], rest),
    };
    let ns = billionths(std::str::from_utf8(fraction).ok()?)?;
    let seconds =
        days(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset(zone)?;
    from_ns(i128::from(seconds) * 1_000_000_000 + i128::from(ns))
}

/// Parses an offset, and returns the seconds by which the zone is ahead of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, h1, h2, m1, m2) = match zone {
        [b'Z' | b'z'] => return Some(0),
        [sign, h1, h2, b':', m1, m2] | [sign, h1, h2, m1, m2] => (sign, h1, h2, m1, m2),
        _ => return None,
    };
    let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    match sign {
        b'+' => Some(hours * 3600 + minutes * 60),
        b'-' => Some(-hours * 3600 - minutes * 60),
        _ => None,
    }
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

/// Parses the digits of a fraction, at least one, as nanoseconds. Further digits are cut off.
pub(crate) fn billionths(fraction: &str) -> Option<u32> {
    if fraction.is_empty() {
        return None;
    }
    let nine = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    nine.into_iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
    })
}

/// Returns the time this many nanoseconds after 1970, if it is in range.
pub(crate) fn from_ns(ns: i128) -> Option<SystemTime> {
    let distance = ns.unsigned_abs();
    let seconds = u64::try_from(distance / 1_000_000_000).ok()?;
    let distance = Duration::new(seconds, u32::try_from(distance % 1_000_000_000).ok()?);
    if ns < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::{Rfc3339, from_ns};
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    fn at(seconds: i64, ns: u32) -> SystemTime {
        from_ns(i128::from(seconds) * 1_000_000_000 + i128::from(ns)).unwrap()
    }

    #[test]
    fn known_instants() {
        for (text, seconds, ns) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("1970-01-01T00:00:00.123Z", 0, 123_000_000),
            ("1969-12-31T23:59:59.5Z", -1, 500_000_000),
            ("2000-02-29T00:00:00Z", 951_782_400, 0),
            ("2000-03-01T00:00:00Z", 951_868_800, 0),
            ("2001-09-09T01:46:40Z", 1_000_000_000, 0),
            ("2016-12-31T23:59:60Z", 1_483_228_800, 0),
            ("2100-02-28T23:59:59Z", 4_107_542_399, 0),
            ("2100-03-01T00:00:00Z", 4_107_542_400, 0),
            ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
            ("9999-12-31T23:59:59Z", 253_402_300_799, 0),
            ("2026-03-12T21:14:25.123456789987Z", 1_773_350_065, 123_456_789),
            ("2026-03-12t21:14:25z", 1_773_350_065, 0),
            ("2026-03-12 23:14:25+02:00", 1_773_350_065, 0),
            ("2026-03-12T23:14:25.000+0200", 1_773_350_065, 0),
            ("2026-03-12T17:44:25-03:30", 1_773_350_065, 0),
        ] {
            assert_eq!(Rfc3339::from(text).time().unwrap(), at(seconds, ns), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_an_error_that_does_not_tell_it() {
        for text in [
            "",
            "Z",
            "2026-03-12",
            "2026-03-12T21:14:25",
            "2026-03-12T21:14:25.Z",
            "2026-03-12T21:14:25,5Z",
            "2026-03-12T21:14:25+2",
            "2026-03-12T21:14:25+24:00",
            "2026-03-12T21:14:25+02:60",
            "2026-03-12T21:14:25*02:00",
            "2026-03-12T21:14:25ZZ",
            "2026-13-12T21:14:25Z",
            "2026-00-12T21:14:25Z",
            "2026-03-00T21:14:25Z",
            "2026-04-31T21:14:25Z",
            "2100-02-29T21:14:25Z",
            "2026-03-12T24:14:25Z",
            "2026-03-12T21:60:25Z",
            "2026-03-12T21:14:61Z",
            "+026-03-12T21:14:25Z",
            "12/Mar/2026:21:14:25 +0000",
            "２０２６-03-12T21:14:25Z",
        ] {
            let error = Rfc3339::from(text).time().unwrap_err().message().to_owned();
            assert_eq!(error, "expected a time in the form of RFC 3339", "{text}");
        }
    }

    #[test]
    fn a_time_of_the_clock_is_written_with_the_digits_that_it_needs() {
        for (text, ns) in [
            ("2001-09-09T01:46:40Z", 0),
            ("2001-09-09T01:46:40.050Z", 50_000_000),
            ("2001-09-09T01:46:40.000007Z", 7_000),
            ("2001-09-09T01:46:40.000000007Z", 7),
        ] {
            assert_eq!(Rfc3339::from(at(1_000_000_000, ns)).0, text);
        }
        assert_eq!(Rfc3339::from(at(-1, 500_000_000)).0, "1969-12-31T23:59:59.500Z");
        let far = UNIX_EPOCH.checked_add(Duration::from_secs(i64::MAX as u64));
        far.map(Rfc3339::from);
    }
}
