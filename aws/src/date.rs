//! The times of signatures and of responses.

use minilambda::civil_date;

/// `20261128T153000Z` of seconds since 1970.
pub(crate) fn basic(seconds: i64) -> String {
    let (year, month, day) = civil_date(seconds.div_euclid(86_400));
    let time = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// The seconds since 1970 of a `Date` header, `Sat, 28 Nov 2026 15:30:00 GMT`.
pub(crate) fn from_http(text: &str) -> Option<i64> {
    let mut words = text.split([' ', ',', ':', '-']).filter(|word| !word.is_empty()).skip(1);
    let day: i64 = words.next()?.parse().ok()?;
    let month = words.next()?;
    let year: i64 = words.next()?.parse().ok()?;
    let mut number = || words.next()?.parse::<i64>().ok();
    let (hour, minute, second) = (number()?, number()?, number()?);
    let names = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = i64::try_from(names.find(month)? / 3).ok()? + 1;
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// The seconds since 1970 of `2026-11-28T15:30:00Z`.
pub(crate) fn from_iso(text: &str) -> Option<i64> {
    let mut numbers = text.split(['-', 'T', ':', 'Z', '.', '+']).map(str::parse::<i64>);
    let mut number = || numbers.next()?.ok();
    let (year, month, day) = (number()?, number()?, number()?);
    let (hour, minute, second) = (number()?, number()?, number()?);
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// The days since 1970 of a date. Each year begins in March, so that the leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let march_month = (month + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        assert_eq!(basic(1_795_966_200), "20261129T153000Z");
        assert_eq!(from_http("Sun, 29 Nov 2026 15:30:00 GMT"), Some(1_795_966_200));
        assert_eq!(from_iso("2026-11-29T15:30:00Z"), Some(1_795_966_200));
        assert_eq!(from_http("yesterday"), None);
        for day in (-1000..40_000).step_by(13) {
            let (year, month, of_month) = civil_date(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }
}
