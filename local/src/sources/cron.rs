//! Cron expressions of EventBridge, in UTC: minutes, hours, day of the month, month, day of the
//! week and year.
//!
//! See <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>.

use crate::clock;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The numbers that a field has.
type Numbers = Vec<u64>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cron {
    minutes: Numbers,
    hours: Numbers,
    days: Days,
    months: Numbers,
    years: Numbers,
}

/// The field of the days that is not `?`.
#[derive(Clone, Debug, PartialEq)]
enum Days {
    OfMonth(Numbers),
    LastOfMonth,
    /// The weekday that is the nearest one to a day of the month.
    Near(u64),
    /// 1 is Sunday.
    OfWeek(Numbers),
    /// The last one of the month.
    LastOfWeek(u64),
    /// The day of the week, and which one of the month.
    Nth(u64, u64),
}

impl Cron {
    pub fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<_> = text.split_whitespace().collect();
        let [minutes, hours, of_month, month, of_week, year] = fields.as_slice() else {
            return Err(format!(
                "a cron expression has six fields: minutes, hours, day of the month, month, day of the \
                 week, year, as in cron(0 8 * * ? *); here are {}",
                fields.len()
            ));
        };
        let days = match (*of_month, *of_week) {
            ("?", "?") => return Err("only one of the two days is `?`".to_owned()),
            ("?", of_week) => days_of_week(of_week)?,
            (of_month, "?") => days_of_month(of_month)?,
            _ => {
                let message = "one of the two days is `?`, the third field or the fifth one";
                return Err(message.to_owned());
            }
        };
        Ok(Self {
            minutes: numbers(minutes, "minutes", (0, 59), &[])?,
            hours: numbers(hours, "hours", (0, 23), &[])?,
            days,
            months: numbers(month, "months", (1, 12), &MONTHS)?,
            years: numbers(year, "years", (1970, 2199), &[])?,
        })
    }

    /// The first time after `now`, in seconds since 1970.
    pub fn next(&self, now: u64) -> Option<u64> {
        let first = now / 60 * 60 + 60;
        let mut day = first / 86_400;
        loop {
            let (year, month, date) = clock::civil(std::time::Duration::from_secs(day * 86_400));
            if self.years.last().is_none_or(|last| year > *last) {
                return None;
            }
            let is_day = self.years.contains(&year)
                && self.months.contains(&month)
                && self.days.contain(day, (year, month, date));
            if is_day {
                let mut times = self.hours.iter().flat_map(|hour| {
                    self.minutes.iter().map(move |minute| hour * 3600 + minute * 60)
                });
                let time = times.find(|time| day * 86_400 + time >= first);
                if let Some(time) = time {
                    return Some(day * 86_400 + time);
                }
            }
            day += 1;
        }
    }
}

impl Days {
    /// `day` is counted from 1970.
    fn contain(&self, day: u64, (year, month, date): (u64, u64, u64)) -> bool {
        let of_week = of_week(day);
        let length = length(year, month);
        match self {
            Self::OfMonth(dates) => dates.contains(&date),
            Self::LastOfMonth => date == length,
            Self::Near(meant) => {
                let first = day + 1 - date;
                *meant <= length && nearest_weekday(first, *meant, length) == date
            }
            Self::OfWeek(days) => days.contains(&of_week),
            Self::LastOfWeek(meant) => of_week == *meant && date + 7 > length,
            Self::Nth(meant, number) => of_week == *meant && date.div_ceil(7) == *number,
        }
    }
}

/// 1 is Sunday; 1 January 1970 was a Thursday.
fn of_week(day: u64) -> u64 {
    (day + 4) % 7 + 1
}

fn length(year: u64, month: u64) -> u64 {
    let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    clock::days(next.0, next.1, 1) - clock::days(year, month, 1)
}

/// The date of the nearest weekday to a date, in the same month. `first` is the day of its first.
fn nearest_weekday(first: u64, date: u64, length: u64) -> u64 {
    match of_week(first + date - 1) {
        7 if date == 1 => 3,
        7 => date - 1,
        1 if date == length => date - 2,
        1 => date + 1,
        _ => date,
    }
}

fn days_of_month(text: &str) -> Result<Days, String> {
    if text == "L" {
        return Ok(Days::LastOfMonth);
    }
    if let Some(date) = text.strip_suffix('W') {
        return Ok(Days::Near(one(date, "days of the month", (1, 31), &[])?));
    }
    numbers(text, "days of the month", (1, 31), &[]).map(Days::OfMonth)
}

fn days_of_week(text: &str) -> Result<Days, String> {
    const WHAT: &str = "days of the week";
    if text == "L" {
        return Ok(Days::OfWeek(vec![7]));
    }
    if let Some((day, number)) = text.split_once('#') {
        return Ok(Days::Nth(one(day, WHAT, (1, 7), &DAYS)?, one(number, WHAT, (1, 5), &[])?));
    }
    if let Some(day) = text.strip_suffix('L') {
        return Ok(Days::LastOfWeek(one(day, WHAT, (1, 7), &DAYS)?));
    }
    numbers(text, WHAT, (1, 7), &DAYS).map(Days::OfWeek)
}

/// The numbers of a field: `*`, `1,3`, `1-5`, `0/15`, or names.
fn numbers(
    text: &str,
    what: &str,
    (least, most): (u64, u64),
    names: &[&str],
) -> Result<Numbers, String> {
    let one = |text| one(text, what, (least, most), names);
    let mut all = Vec::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                let step = step.parse().ok().filter(|step| *step > 0 && *step <= most);
                (range, step.ok_or_else(|| wrong(what, part, (least, most), names))?)
            }
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, to)) => (one(from)?, one(to)?),
            None if part.contains('/') => (one(range)?, most),
            None => (one(range)?, one(range)?),
        };
        if from <= to {
            all.extend((from..=to).step_by(usize::try_from(step).unwrap_or(1)));
        } else {
            // FRI-MON goes over the end.
            all.extend((from..=most).chain(least..=to));
        }
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn one(text: &str, what: &str, (least, most): (u64, u64), names: &[&str]) -> Result<u64, String> {
    let found = (least..).zip(names).find(|(_, name)| name.eq_ignore_ascii_case(text));
    let number = found.map(|(number, _)| number).or_else(|| text.parse().ok());
    let number = number.filter(|it| (least..=most).contains(it));
    number.ok_or_else(|| wrong(what, text, (least, most), names))
}

fn wrong(what: &str, text: &str, (least, most): (u64, u64), names: &[&str]) -> String {
    let names = names.first().map_or(String::new(), |name| format!(", or names such as {name}"));
    format!(
        "the {what} of a cron expression are not {text:?}, but from {least} to {most}, as in *, \
         {least},{most}, {least}-{most} or {least}/5{names}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Times after a date.
    fn times(expression: &str, (year, month, day): (u64, u64, u64), count: usize) -> Vec<String> {
        let cron = Cron::parse(expression).unwrap();
        let mut now = clock::days(year, month, day) * 86_400 - 1;
        let next = |_| {
            now = cron.next(now)?;
            Some(clock::rfc3339(Duration::from_secs(now)).get(..16)?.to_owned())
        };
        (0..count).map_while(next).collect()
    }

    #[test]
    fn the_times_are_those_of_aws_examples() {
        for (expression, expected) in [
            ("0 10 * * ? *", ["2026-02-27T10:00", "2026-02-28T10:00", "2026-03-01T10:00"]),
            ("15 12 * * ? *", ["2026-02-27T12:15", "2026-02-28T12:15", "2026-03-01T12:15"]),
            ("0 18 ? * MON-FRI *", ["2026-02-27T18:00", "2026-03-02T18:00", "2026-03-03T18:00"]),
            ("0 8 1 * ? *", ["2026-03-01T08:00", "2026-04-01T08:00", "2026-05-01T08:00"]),
            ("0/15 * * * ? *", ["2026-02-27T00:00", "2026-02-27T00:15", "2026-02-27T00:30"]),
            ("5,35 14 * * ? *", ["2026-02-27T14:05", "2026-02-27T14:35", "2026-02-28T14:05"]),
            ("0 0 L * ? *", ["2026-02-28T00:00", "2026-03-31T00:00", "2026-04-30T00:00"]),
            ("0 0 ? * 6L *", ["2026-02-27T00:00", "2026-03-27T00:00", "2026-04-24T00:00"]),
            ("15 10 ? * 6#3 *", ["2026-03-20T10:15", "2026-04-17T10:15", "2026-05-15T10:15"]),
            // The 1st of March 2026 is a Sunday, the 1st of August a Saturday.
            ("0 9 1W * ? *", ["2026-03-02T09:00", "2026-04-01T09:00", "2026-05-01T09:00"]),
            ("0 9 1W 8 ? *", ["2026-08-03T09:00", "2027-08-02T09:00", "2028-08-01T09:00"]),
            ("0 0 ? * fri-mon *", ["2026-02-27T00:00", "2026-02-28T00:00", "2026-03-01T00:00"]),
            ("0 0 29 2 ? *", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"]),
            ("0 6 1 JAN,JUL ? *", ["2026-07-01T06:00", "2027-01-01T06:00", "2027-07-01T06:00"]),
        ] {
            assert_eq!(times(expression, (2026, 2, 27), 3), expected, "{expression}");
        }
        assert_eq!(times("0 0 31 12 ? 2026", (2026, 2, 27), 3), ["2026-12-31T00:00"]);
        assert!(times("0 0 30 2 ? *", (2026, 2, 27), 1).is_empty());
    }

    #[test]
    fn what_is_no_expression_is_refused_with_its_field() {
        for (expression, said) in [
            ("0 10 * * ?", "six fields"),
            ("0 10 * * * *", "one of the two days is `?`"),
            ("0 10 ? * ? *", "only one"),
            ("60 10 * * ? *", "the minutes"),
            ("0 24 * * ? *", "the hours"),
            ("0 10 32 * ? *", "the days of the month"),
            ("0 10 * 13 ? *", "the months"),
            ("0 10 ? * 8 *", "the days of the week"),
            ("0 10 ? * MON#6 *", "the days of the week"),
            ("0 10 * * ? 1969", "the years"),
            ("0/0 10 * * ? *", "the minutes"),
            ("a-b 10 * * ? *", "\"a\""),
        ] {
            let error = Cron::parse(expression).unwrap_err();
            assert!(error.contains(said), "{expression}: {error}");
        }
    }
}
