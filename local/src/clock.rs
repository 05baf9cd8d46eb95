//! The time of day, as AWS writes it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time since 1970.
pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Milliseconds, as AWS counts time.
pub(crate) fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds with their fraction.
pub(crate) fn fraction_ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Year, month and day.
pub(crate) fn civil(time: Duration) -> (u64, u64, u64) {
    // Years begin in March here, so that a leap day is the last of its year.
    let days = time.as_secs() / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

/// The days from 1970 to a date.
pub(crate) fn days(year: u64, month: u64, day: u64) -> u64 {
    // As above.
    let year = if month > 2 { year } else { year - 1 };
    let month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * month + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

/// `2026/11/28`, in UTC.
pub(crate) fn date(time: Duration) -> String {
    let (year, month, day) = civil(time);
    format!("{year:04}/{month:02}/{day:02}")
}

/// `2026-11-28T15:30:00.123Z`.
pub(crate) fn rfc3339(time: Duration) -> String {
    let (hour, minute, second) = time_of_day(time);
    let date = date(time).replace('/', "-");
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{:03}Z", time.subsec_millis())
}

/// `28/Nov/2026:15:30:00 +0000`, as API Gateway writes it.
pub(crate) fn access_log(time: Duration) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day) = civil(time);
    let name = usize::try_from(month).ok().and_then(|month| MONTHS.get(month - 1));
    let (hour, minute, second) = time_of_day(time);
    let name = name.unwrap_or(&"Jan");
    format!("{day:02}/{name}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000")
}

fn time_of_day(time: Duration) -> (u64, u64, u64) {
    let seconds = time.as_secs() % 86_400;
    (seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let at = |seconds| Duration::new(seconds, 7_000_000);
        assert_eq!(rfc3339(at(0)), "1970-01-01T00:00:00.007Z");
        assert_eq!(rfc3339(at(951_782_399)), "2000-02-28T23:59:59.007Z");
        assert_eq!(rfc3339(at(951_782_400)), "2000-02-29T00:00:00.007Z");
        assert_eq!(access_log(at(1_773_350_065)), "12/Mar/2026:21:14:25 +0000");
        assert_eq!(date(at(1_798_761_599)), "2026/12/31");
    }
}
