//! Times as a number counted from the beginning of 1970, UTC.

use super::number::{self, NumberOrText};
use super::rfc3339;
use crate::Error;
use miniserde::de::Visitor;
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize};
use std::time::SystemTime;

/// A time in seconds since 1970, with or without a fraction: kept as it was sent, a number or a
/// string.
///
/// ```
/// use minilambda_events::EpochSeconds;
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let time: EpochSeconds = miniserde::json::from_str("1772000000.25")?;
/// assert_eq!(time.time()?, UNIX_EPOCH + Duration::from_millis(1_772_000_000_250));
/// # Ok::<(), minilambda_events::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpochSeconds(pub NumberOrText);

impl EpochSeconds {
    /// Returns the time.
    ///
    /// # Errors
    /// If it is not a number, or out of range.
    pub fn time(&self) -> Result<SystemTime, Error> {
        time(&self.0, 1_000_000_000)
            .ok_or_else(|| crate::error::invalid("expected a time in seconds since 1970"))
    }
}

/// A time in milliseconds since 1970: kept as it was sent, a number or a string.
///
/// ```
/// use minilambda_events::EpochMillis;
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let time: EpochMillis = miniserde::json::from_str("\"1772000000250\"")?;
/// assert_eq!(time.time()?, UNIX_EPOCH + Duration::from_millis(1_772_000_000_250));
/// # Ok::<(), minilambda_events::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpochMillis(pub NumberOrText);

impl EpochMillis {
    /// Returns the time.
    ///
    /// # Errors
    /// If it is not a number, or out of range.
    pub fn time(&self) -> Result<SystemTime, Error> {
        time(&self.0, 1_000_000)
            .ok_or_else(|| crate::error::invalid("expected a time in milliseconds since 1970"))
    }
}

/// Returns the time that is `number` units of `unit_ns` nanoseconds after 1970. It is read from the
/// digits, because the arithmetic of floats would make 0.477 s to 0.476999 s.
fn time(number: &NumberOrText, unit_ns: i128) -> Option<SystemTime> {
    let mut text = number.text();
    if text.contains(['e', 'E']) {
        text = number.as_f64().ok()?.to_string().into();
    }
    let (negative, digits) = text.strip_prefix('-').map_or((false, &*text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    // 18 digits exceed the range of times, and do not overflow below.
    let only_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !only_digits(whole) || !only_digits(fraction) || whole.len() > 18 {
        return None;
    }
    let whole: i128 = whole.parse().ok()?;
    let billionths: i128 = rfc3339::billionths(fraction)?.into();
    let ns = whole * unit_ns + billionths * unit_ns / 1_000_000_000;
    rfc3339::from_ns(if negative { -ns } else { ns })
}

macro_rules! number_of_units {
    ($name:ident) => {
        impl From<NumberOrText> for $name {
            fn from(number: NumberOrText) -> Self {
                Self(number)
            }
        }

        impl Deserialize for $name {
            fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
                number::place(out)
            }
        }

        impl Serialize for $name {
            fn begin(&self) -> Fragment<'_> {
                self.0.begin()
            }
        }
    };
}
number_of_units!(EpochSeconds);
number_of_units!(EpochMillis);

#[cfg(test)]
mod tests {
    use super::{EpochMillis, EpochSeconds};
    use miniserde::json;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    fn seconds(text: &str) -> Option<SystemTime> {
        let time: EpochSeconds = json::from_str(text).unwrap();
        time.time().ok()
    }

    #[test]
    fn seconds_come_with_and_without_a_fraction() {
        for (text, ns) in [
            ("0", 0),
            ("1480641523.477", 1_480_641_523_477_000_000),
            ("1545084650.987654", 1_545_084_650_987_654_000),
            ("1.4806420200E9", 1_480_642_020_000_000_000),
            ("\"1.480642020E9\"", 1_480_642_020_000_000_000),
            ("1607497475.000", 1_607_497_475_000_000_000),
            ("\"1607497475.000000001\"", 1_607_497_475_000_000_001),
            ("\"1607497475.0000000019\"", 1_607_497_475_000_000_001),
        ] {
            assert_eq!(seconds(text), Some(UNIX_EPOCH + Duration::from_nanos(ns)), "{text}");
        }
        assert_eq!(seconds("-1.5"), Some(UNIX_EPOCH - Duration::from_millis(1500)));
    }

    #[test]
    fn what_is_no_time_is_an_error_of_the_call() {
        for text in [
            "\"\"",
            "\"-\"",
            "\".\"",
            "\"1.\"",
            "\".5\"",
            "\"1.2.3\"",
            "\"+1\"",
            "\"--1\"",
            "\"NaN\"",
            "\"soon\"",
            "\"999999999999999999999999999999999999999999999\"",
            "1e300",
            "-1e300",
            "\"1e999\"",
        ] {
            let time: EpochSeconds = json::from_str(text).unwrap();
            let error = time.time().unwrap_err().message().to_owned();
            assert_eq!(error, "expected a time in seconds since 1970");
        }
        let _ = seconds("18446744073709551615");
        let _ = seconds("-9223372036854775808");
        let _ = seconds("\"999999999999999999\"");
    }

    #[test]
    fn milliseconds_come_as_number_and_as_text() {
        for text in ["1523232000001", "\"1523232000001\"", "1523232000001.0"] {
            let time: EpochMillis = json::from_str(text).unwrap();
            let expected = UNIX_EPOCH + Duration::from_millis(1_523_232_000_001);
            assert_eq!(time.time().unwrap(), expected, "{text}");
            assert_eq!(json::to_string(&time), text);
        }
        let half: EpochMillis = json::from_str("0.5").unwrap();
        assert_eq!(half.time().unwrap(), UNIX_EPOCH + Duration::from_micros(500));
    }
}
