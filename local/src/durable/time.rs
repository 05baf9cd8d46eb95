//! The time of the durable service.

use crate::clock;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

/// How time passes for durable executions: for waits, delays of retries, and timeouts.
///
/// The timeout of an invocation is always real time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum DurableTime {
    /// As on Lambda.
    #[default]
    Real,
    /// Faster than real time by a factor: with 3600, a wait of an hour takes a second. Factors are
    /// from 0.001 to 1,000,000; for another one the nearest of these is taken.
    Scaled(f64),
    /// When no function runs, the clock jumps to the earliest timer. Waits of an hour and of a
    /// second still end in their order. While there is only a timeout of a callback or of an
    /// execution left, the clock does not jump, so that the callback can be answered.
    Skip,
    /// The clock stands still until [`DurableExecution::advance`](crate::DurableExecution::advance)
    /// moves it.
    Manual,
}

/// The clock of the service. Times are since 1970.
#[derive(Debug)]
pub(crate) struct Clock {
    mode: DurableTime,
    base: Duration,
    from: Instant,
}

impl Clock {
    pub fn new(mode: DurableTime) -> Self {
        Self { mode: limited(mode), base: clock::now(), from: Instant::now() }
    }

    pub fn mode(&self) -> DurableTime {
        self.mode
    }

    pub fn now(&self) -> Duration {
        let passed = self.from.elapsed();
        match self.mode {
            DurableTime::Manual => self.base,
            DurableTime::Scaled(factor) => self.base.saturating_add(times(passed, factor)),
            DurableTime::Real | DurableTime::Skip => self.base.saturating_add(passed),
        }
    }

    /// Moves it forward to a time; it never goes back.
    pub fn advance_to(&mut self, time: Duration) {
        self.base = self.now().max(time);
        self.from = Instant::now();
    }

    pub fn set_mode(&mut self, mode: DurableTime) {
        self.base = self.now();
        self.from = Instant::now();
        self.mode = limited(mode);
    }

    /// The real time until a time comes by itself; `None` if it does not.
    pub fn until(&self, time: Duration) -> Option<Duration> {
        let left = time.saturating_sub(self.now());
        match self.mode {
            DurableTime::Manual => None,
            DurableTime::Scaled(factor) => Some(times(left, 1.0 / factor)),
            DurableTime::Real | DurableTime::Skip => Some(left),
        }
    }
}

/// The factors of [`DurableTime::Scaled`].
const FACTORS: RangeInclusive<f64> = 0.001..=1_000_000.0;

/// A factor that is none would lead the clock to the end of time.
fn limited(mode: DurableTime) -> DurableTime {
    match mode {
        DurableTime::Scaled(factor) => {
            // NaN is the least.
            DurableTime::Scaled(factor.max(*FACTORS.start()).min(*FACTORS.end()))
        }
        other => other,
    }
}

/// Without a panic at an overflow.
fn times(time: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

/// Reads how time passes, as a user has set it.
pub(crate) fn parse_mode(text: &str) -> Result<DurableTime, String> {
    match (text, text.parse::<f64>()) {
        ("real", _) => Ok(DurableTime::Real),
        ("skip", _) => Ok(DurableTime::Skip),
        ("stop", _) => Ok(DurableTime::Manual),
        (_, Ok(factor)) if FACTORS.contains(&factor) => Ok(DurableTime::Scaled(factor)),
        (_, Ok(_)) => Err("the factor of time is from 0.001 to 1000000".to_owned()),
        _ => Err("the time of durable executions is real, skip, stop or a factor".to_owned()),
    }
}

/// Reads a time as an AWS SDK sends it in a query: `2026-11-29T10:00:00Z`, or seconds since 1970.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let (date_and_time, fraction) = text.strip_suffix('Z')?.split_at_checked(19)?;
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let mut bytes = date_and_time.bytes().zip(*b"0000-00-00T00:00:00");
    if !bytes.all(|(byte, form)| byte == form || (is_digit(form) && is_digit(byte))) {
        return None;
    }
    let part = |from, to| date_and_time.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    let is_date = year >= 1970 && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !is_date || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = Duration::from_secs(clock::days(year, month, day) * 86_400);
    // The 30th of February would be a day of March.
    if clock::civil(days) != (year, month, day) {
        return None;
    }
    let ms = match fraction.strip_prefix('.') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(is_digit) => {
            format!("{digits:0<3}").get(..3)?.parse().ok()?
        }
        None if fraction.is_empty() => 0,
        _ => return None,
    };
    Some(days + Duration::from_secs(hour * 3600 + minute * 60 + second) + Duration::from_millis(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_moved_stands_still_otherwise() {
        let mut clock = Clock::new(DurableTime::Manual);
        let start = clock.now();
        assert_eq!(clock.until(start + Duration::from_secs(1)), None);
        clock.advance_to(start + Duration::from_secs(3600));
        clock.advance_to(start);
        assert_eq!(clock.now(), start + Duration::from_secs(3600));
    }

    #[test]
    fn a_scaled_clock_is_faster() {
        let clock = Clock::new(DurableTime::Scaled(1000.0));
        let left = clock.until(clock.now() + Duration::from_secs(1000)).unwrap();
        assert!(left <= Duration::from_secs(1), "{left:?}");
        let far = clock.until(Duration::MAX);
        assert!(far.is_some());
        for wild in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
            let clock = Clock::new(DurableTime::Scaled(wild));
            let (start, now) = (clock.base, clock.now());
            assert!(now.saturating_sub(start) < Duration::from_secs(86_400 * 366), "{wild}");
        }
    }

    #[test]
    fn times_of_a_query_are_read() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0.0),
            ("2000-02-29T00:00:00Z", 951_782_400.0),
            ("2026-11-29T11:05:00.25Z", 1_795_950_300.25),
            ("2026-11-29T11:05:00.125999999Z", 1_795_950_300.125),
            ("2016-12-31T23:59:60Z", 1_483_228_800.0),
            ("951782400.5", 951_782_400.5),
        ] {
            assert_eq!(parse(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in [
            "",
            "2026-11-29",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-11-00T00:00:00Z",
            "2026-11-31T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2026-11-29T24:00:00Z",
            "2026-11-29T11:60:00Z",
            "2026-11-29T11:05:61Z",
            "1969-12-31T23:59:59Z",
            "2026-1T1Z",
            "2026-1-1T1:2:3Z",
            "+026-11-29T11:05:00Z",
            "2026-11-29T11:05:+1Z",
            "2026-11-29T11:05:00.Z",
            "2026-11-29T11:05:00.+1Z",
            "2026-11-29T11:05:00.1é0Z",
            "2026-11-29T11:05:00,1Z",
            "2026-11-29-01T11:05:00Z",
            "2026-11-29T11:05:00",
            "２０２６-11-29T11:05:00Z",
            "-1",
            "NaN",
            "inf",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
