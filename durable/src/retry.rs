//! When a step that has failed is tried again.

use minilambda::__private::fraction;
use minilambda::Error;
use std::time::Duration;

/// When a step that has failed is tried again: data, for a `static`.
///
/// ```
/// use minilambda_durable::Retry;
/// use std::time::Duration;
///
/// static CARDS: Retry = Retry {
///     attempts: 3,
///     first_delay: Duration::from_secs(1),
///     unless: &["CardRefused"],
///     ..Retry::DEFAULT
/// };
/// ```
///
/// The delay before the second attempt is the first delay. Each further one is longer by the
/// factor, up to the longest delay. The service counts in seconds, from 1.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// How often the step is carried out at most.
    pub attempts: u32,
    /// The delay before the second attempt.
    pub first_delay: Duration,
    /// The longest delay.
    pub longest_delay: Duration,
    /// By which factor each delay is longer than the one before.
    pub factor: f64,
    /// Which part of the delay is random.
    pub jitter: Jitter,
    /// The kinds of errors after which the step is not tried again.
    pub unless: &'static [&'static str],
    /// The kinds of errors after which it is tried again; empty: all others.
    pub only: &'static [&'static str],
}

/// Which part of a delay is random, so that functions that failed together do not try again
/// together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Jitter {
    /// None.
    None,
    /// The second half.
    Half,
    /// All of it.
    Full,
}

impl Retry {
    /// What AWS's SDKs do: 6 attempts, 5 s doubling to a minute, with full jitter.
    pub const DEFAULT: Self = Self {
        attempts: 6,
        first_delay: Duration::from_secs(5),
        longest_delay: Duration::from_secs(60),
        factor: 2.0,
        jitter: Jitter::Full,
        unless: &[],
        only: &[],
    };

    /// The first failure is final.
    pub const NEVER: Self = Self { attempts: 1, ..Self::DEFAULT };

    /// Returns the delay after an attempt, from 1, that has failed: `None` if it was the last.
    pub(crate) fn delay(&self, attempt: u32, error: &Error) -> Option<Duration> {
        let kind = error.kind();
        let is_excluded = self.unless.contains(&kind) || NEVER_AGAIN.contains(&kind);
        let is_included = self.only.is_empty() || self.only.contains(&kind);
        if attempt >= self.attempts || is_excluded || !is_included {
            return None;
        }
        let power = i32::try_from(attempt).unwrap_or(i32::MAX) - 1;
        let longest = self.longest_delay.as_secs_f64();
        // NaN and negative factors are delays of none.
        let delay =
            (self.first_delay.as_secs_f64() * self.factor.powi(power)).min(longest).max(0.0);
        let random = match self.jitter {
            Jitter::None => 1.0,
            Jitter::Half => 0.5 + fraction() / 2.0,
            Jitter::Full => fraction(),
        };
        Some(Duration::try_from_secs_f64(delay * random).unwrap_or(self.longest_delay))
    }
}

/// The kinds of errors that another attempt cannot change.
const NEVER_AGAIN: [&str; 2] = ["Durable.TooLarge", "Durable.InvalidResult"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_the_longest_and_end() {
        let retry = Retry { jitter: Jitter::None, attempts: 7, ..Retry::DEFAULT };
        let error = Error::new("A", "a");
        let seconds = |attempt| retry.delay(attempt, &error).map(|delay| delay.as_secs());
        let delays: Vec<_> = (1..=7).map(seconds).collect();
        assert_eq!(delays, [Some(5), Some(10), Some(20), Some(40), Some(60), Some(60), None]);
        assert_eq!(Retry::NEVER.delay(1, &error), None);
        let wild = Retry { attempts: u32::MAX, factor: f64::MAX, ..retry };
        assert_eq!(wild.delay(u32::MAX - 1, &error), Some(Duration::from_secs(60)));
        let wild = Retry { factor: f64::NAN, ..wild };
        assert!(wild.delay(3, &error).unwrap() <= Duration::from_secs(60));
        let wild = Retry { longest_delay: Duration::MAX, factor: f64::INFINITY, ..retry };
        assert!(wild.delay(3, &error).is_some());
    }

    #[test]
    fn the_kind_of_the_error_decides() {
        let retry = Retry { unless: &["Refused"], ..Retry::DEFAULT };
        assert_eq!(retry.delay(1, &Error::new("Refused", "")), None);
        assert!(retry.delay(1, &Error::new("Timeout", "")).is_some());
        let retry = Retry { only: &["Timeout"], ..Retry::DEFAULT };
        assert_eq!(retry.delay(1, &Error::new("Refused", "")), None);
        assert!(retry.delay(1, &Error::new("Timeout", "")).is_some());
        assert_eq!(Retry::DEFAULT.delay(1, &Error::new("Durable.TooLarge", "")), None);
    }

    #[test]
    fn jitter_stays_in_its_part() {
        for _ in 0..200 {
            let of = |jitter| {
                let retry = Retry { jitter, ..Retry::DEFAULT };
                retry.delay(1, &Error::new("A", "")).unwrap().as_secs_f64()
            };
            assert!((0.0..=5.0).contains(&of(Jitter::Full)));
            assert!((2.5..=5.0).contains(&of(Jitter::Half)));
        }
    }
}
