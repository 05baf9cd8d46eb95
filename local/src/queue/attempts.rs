//! What follows an attempt of an asynchronous invocation.

use crate::asynchronous::Asynchronous;
use crate::error::{Error, ErrorKind};
use crate::invocation::Invocation;
use std::time::Duration;

/// An event that is older is discarded.
const MAX_AGE: Duration = Duration::from_secs(6 * 60 * 60);

/// The delay after the first attempt that was throttled. It doubles with each one.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);

const MAX_BACKOFF: Duration = Duration::from_secs(5 * 60);

/// The attempts that an event has had.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attempts {
    pub failed: usize,
    pub throttled: u32,
}

/// The end of one attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    Succeeded,
    /// The function has failed.
    Failed,
    /// There was no program for it, or none can be started.
    Throttled,
    SystemError,
    /// The function is gone.
    NoFunction,
}

#[derive(Debug, PartialEq)]
pub(super) enum Next {
    Done,
    Again { after: Duration, why: &'static str },
    Discard(Cause),
}

/// Why an event is discarded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cause {
    Failed,
    TooOld,
    NoFunction,
}

impl Cause {
    pub fn text(self) -> &'static str {
        match self {
            Self::Failed => "all attempts failed",
            Self::TooOld => "it is as old as an event may be",
            Self::NoFunction => "there is no such function any more",
        }
    }
}

impl Outcome {
    pub fn of(result: &Result<Invocation, Error>) -> Self {
        match result.as_ref().map_err(Error::kind) {
            Ok(invocation) if invocation.failure.is_none() => Self::Succeeded,
            Ok(_) => Self::Failed,
            Err(ErrorKind::Throttled) => Self::Throttled,
            Err(ErrorKind::NoSuchHandler) => Self::NoFunction,
            Err(_) => Self::SystemError,
        }
    }
}

impl Attempts {
    /// Decides what follows an attempt, at an age of the event. `delays` are those after failures
    /// of the function.
    pub fn next(
        &mut self,
        outcome: Outcome,
        age: Duration,
        delays: &[Duration],
        wanted: &Asynchronous,
    ) -> Next {
        let max_age = wanted.max_age.unwrap_or(MAX_AGE);
        let again = |after: Duration, why| {
            if age + after > max_age {
                return Next::Discard(Cause::TooOld);
            }
            Next::Again { after, why }
        };
        match outcome {
            Outcome::Succeeded => Next::Done,
            Outcome::NoFunction => Next::Discard(Cause::NoFunction),
            Outcome::Failed => {
                let is_last = wanted.retries.is_some_and(|most| self.failed as u64 >= most);
                let delay = delays.get(self.failed).filter(|_| !is_last);
                self.failed += 1;
                delay.map_or(Next::Discard(Cause::Failed), |delay| again(*delay, "failed"))
            }
            Outcome::Throttled | Outcome::SystemError => {
                let doubled = FIRST_BACKOFF.saturating_mul(1 << self.throttled.min(16));
                self.throttled += 1;
                let is_throttled = outcome == Outcome::Throttled;
                let why = if is_throttled { "was throttled" } else { "could not be processed" };
                again(doubled.min(MAX_BACKOFF), why)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAYS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

    /// The delays until an event is discarded or done, and why.
    fn life(outcomes: impl Iterator<Item = Outcome>) -> Option<(Vec<u64>, Duration, Next)> {
        life_with(&Asynchronous::default(), outcomes)
    }

    fn life_with(
        wanted: &Asynchronous,
        outcomes: impl Iterator<Item = Outcome>,
    ) -> Option<(Vec<u64>, Duration, Next)> {
        let (mut attempts, mut age, mut delays) = (Attempts::default(), Duration::ZERO, Vec::new());
        for outcome in outcomes {
            match attempts.next(outcome, age, &DELAYS, wanted) {
                Next::Again { after, .. } => {
                    delays.push(after.as_secs());
                    age += after;
                }
                end => return Some((delays, age, end)),
            }
        }
        None
    }

    #[test]
    fn an_event_whose_function_fails_is_tried_two_more_times() {
        let (delays, _, end) = life(std::iter::repeat(Outcome::Failed)).unwrap();
        assert_eq!((delays, end), (vec![60, 120], Next::Discard(Cause::Failed)));
    }

    #[test]
    fn the_retries_and_the_age_of_a_function_are_its_own() {
        let failed = || std::iter::repeat(Outcome::Failed);
        for (retries, expected) in [(0, vec![]), (1, vec![60]), (2, vec![60, 120])] {
            let wanted = Asynchronous { retries: Some(retries), ..Asynchronous::default() };
            let (delays, _, end) = life_with(&wanted, failed()).unwrap();
            assert_eq!((delays, end), (expected, Next::Discard(Cause::Failed)));
        }
        let max_age = Some(Duration::from_secs(100));
        let wanted = Asynchronous { max_age, ..Asynchronous::default() };
        let (delays, _, end) = life_with(&wanted, failed()).unwrap();
        assert_eq!((delays, end), (vec![60], Next::Discard(Cause::TooOld)));
        let (delays, _, end) = life_with(&wanted, std::iter::repeat(Outcome::Throttled)).unwrap();
        assert_eq!((delays, end), (vec![1, 2, 4, 8, 16, 32], Next::Discard(Cause::TooOld)));
    }

    #[test]
    fn a_throttled_event_is_tried_for_six_hours() {
        for outcome in [Outcome::Throttled, Outcome::SystemError] {
            let (delays, age, end) = life(std::iter::repeat(outcome)).unwrap();
            assert_eq!(delays[..11], [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
            assert!(delays[9..].iter().all(|delay| *delay == 300));
            assert!(age <= MAX_AGE && age + MAX_BACKOFF > MAX_AGE, "{age:?}");
            assert_eq!(end, Next::Discard(Cause::TooOld));
        }
    }

    #[test]
    fn being_throttled_takes_none_of_the_two_retries() {
        let throttled = std::iter::repeat_n(Outcome::Throttled, 20);
        let failed = std::iter::repeat_n(Outcome::Failed, 1);
        let mixed = throttled.clone().chain(failed.clone()).chain(throttled).chain(failed);
        let (delays, ..) = life(mixed.clone().chain([Outcome::Failed])).unwrap();
        assert_eq!(
            delays.iter().filter(|delay| DELAYS.contains(&Duration::from_secs(**delay))).count(),
            2
        );
        let (_, _, end) = life(mixed.chain([Outcome::Succeeded])).unwrap();
        assert_eq!(end, Next::Done);
    }

    #[test]
    fn an_event_of_a_function_that_is_gone_is_discarded_at_once() {
        let (delays, _, end) = life(std::iter::once(Outcome::NoFunction)).unwrap();
        assert_eq!((delays.len(), end), (0, Next::Discard(Cause::NoFunction)));
    }
}
