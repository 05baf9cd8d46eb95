//! The time of day, and dates of the Gregorian calendar.
//!
//! Years begin in March in the calculations, so that the leap day is the last of its year; 400
//! years have 146,097 days.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// From 0000-03-01 to 1970-01-01.
const DAYS_TO_1970: i64 = 719_468;
const DAY_SECONDS: i64 = 86_400;

/// Returns the time since 1970, or zero if the clock is earlier.
#[must_use]
pub fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Returns whether a time is less than this long ago, and not in the future: the clock may be set
/// back. It is the time of day, because a freeze stops other clocks.
#[must_use]
pub fn is_recent(time: SystemTime, limit: Duration) -> bool {
    time.elapsed().is_ok_and(|age| age < limit)
}

/// Returns year, month, day, hour, minute and second in UTC of a number of seconds since 1970.
#[must_use]
pub fn date_and_time(seconds: i64) -> [i64; 6] {
    let (year, month, day) = date(seconds.div_euclid(DAY_SECONDS));
    let second = seconds.rem_euclid(DAY_SECONDS);
    [year, month, day, second / 3600, second / 60 % 60, second % 60]
}

/// Returns the date (year, month, day) of a number of days since 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_TO_1970;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day_of_month)
}

/// Returns the days from 1970-01-01 to a date.
#[must_use]
pub fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - DAYS_TO_1970
}

#[cfg(test)]
mod tests {
    use super::{date, date_and_time, days};

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (days, expected) in [
            (0, (1970, 1, 1)),
            (58, (1970, 2, 28)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (20_780, (2026, 11, 23)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(date(days), expected);
        }
        assert_eq!(date_and_time(951_827_696), [2000, 2, 29, 12, 34, 56]);
        assert_eq!(date_and_time(-1), [1969, 12, 31, 23, 59, 59]);
    }

    #[test]
    fn days_and_dates_go_there_and_back() {
        let mut last = date(-800_001);
        for day in -800_000..3_000_000 {
            let (year, month, day_of_month) = date(day);
            assert!((year, month, day_of_month) > last);
            assert_eq!(days(year, month, day_of_month), day);
            last = (year, month, day_of_month);
        }
    }
}
