//! How long is waited, how much is read, and how many threads are started.
//! `docs/guide/calling-aws.md` lists the defaults.

#[cfg(feature = "services")]
use crate::error::Error;
use minilambda::__private::time_left;
#[cfg(feature = "services")]
use minilambda::Context;
#[cfg(feature = "services")]
use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Finding the address, connecting, and the handshake of TLS together.
const CONNECT: Duration = Duration::from_secs(3);

/// From the request's last byte to the end of the response's head. Botocore's read timeout.
pub(crate) const HEAD: Duration = Duration::from_secs(60);

/// Between two pieces of a body, in either direction.
const BETWEEN: Duration = Duration::from_secs(60);

/// The longest of the limits that a program sets: the system's have no more digits for those that
/// mean "for ever".
const MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// The age of a connection from the end of its last request. AWS closes idle connections after 20 s
/// or more. After a freeze they may be closed without this side knowing it, and the clock of
/// timeouts may have stood still, so the time of day is compared.
pub(crate) const MAX_IDLE: Duration = Duration::from_secs(5);

/// The largest response that is kept in memory.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024 * 1024;

/// The most that is kept of the body of an error. That of a condition may have an item of 400 KB,
/// whose signs JSON escapes with up to six bytes.
pub(crate) const MAX_ERROR_BYTES: usize = 3 * 1024 * 1024;

/// The most threads that a call starts, whatever the program has set. Each needs a connection and
/// the memory of what it sends or reads.
#[cfg(feature = "services")]
pub(crate) const MAX_THREADS: u8 = 64;

/// The limits of each attempt of a request, and its deadline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub connect: Duration,
    pub head: Duration,
    pub between: Duration,
    pub max_response_bytes: u64,
    pub deadline: Deadline,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: CONNECT,
            head: HEAD,
            between: BETWEEN,
            max_response_bytes: MAX_RESPONSE_BYTES,
            deadline: Deadline::default(),
        }
    }
}

impl Limits {
    /// The same with limits that the system takes.
    pub fn bounded(self) -> Self {
        let Self { connect, head, between, .. } = self;
        Self { connect: connect.min(MAX), head: head.min(MAX), between: between.min(MAX), ..self }
    }
}

/// The time at which a request has to be over.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// The deadline of an invocation, seen from now.
    #[cfg(feature = "services")]
    pub fn from_context(context: &Context) -> Self {
        Self::before(context.time_left().map(|left| (left, left)))
    }

    /// The deadline of the invocation that this thread serves, if any.
    pub fn current() -> Self {
        Self::before(time_left())
    }

    /// The same for what is written down of work that is done: it may use the half of what is left.
    #[cfg(feature = "services")]
    pub fn last() -> Self {
        Self::last_of(time_left())
    }

    #[cfg(feature = "services")]
    fn last_of(times: Option<(Duration, Duration)>) -> Self {
        let half = times.and_then(|(left, _)| Self::after(left / 2).0);
        Self(Self::before(times).0.max(half))
    }

    /// A tenth of an invocation's time, half a second at most, is for its response: of all its
    /// time, or a hundred requests would use up the reserve of each other.
    fn before(times: Option<(Duration, Duration)>) -> Self {
        let end = |(left, total): (Duration, Duration)| {
            let reserve = (total / 10).min(Duration::from_millis(500));
            Instant::now().checked_add(left.saturating_sub(reserve))
        };
        Self(times.and_then(end))
    }

    /// The deadline after a time.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    /// A quarter of the time that is left.
    #[cfg(feature = "services")]
    pub fn first_quarter(self) -> Self {
        self.left().map_or(self, |left| Self::after(left / 4))
    }

    /// The earlier of two.
    pub fn or_earlier(self, other: Self) -> Self {
        Self(self.0.into_iter().chain(other.0).min())
    }

    /// The time that is left; `None` without a deadline.
    pub fn left(self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }

    pub fn is_over(self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// Waits for what another thread reads, whose requests have limits, too.
    #[cfg(feature = "services")]
    pub fn wait<'a, T>(
        self,
        changed: &Condvar,
        state: MutexGuard<'a, T>,
    ) -> Result<MutexGuard<'a, T>, Error> {
        if self.is_over() {
            let reason = "the invocation's time was over while another thread read it";
            return Err(Error::new("Aws.NotSent", reason));
        }
        let woken = changed.wait_timeout(state, self.left().unwrap_or(MAX));
        Ok(woken.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Whether there is time left after a delay.
    pub fn permits(self, delay: Duration) -> bool {
        self.left().is_none_or(|left| delay < left)
    }
}

/// Finds pages that lead in a circle: some earlier token is compared with each that follows, after
/// one page the first, after two the second, after four the fourth, and so on.
#[cfg(feature = "services")]
#[derive(Debug)]
pub(crate) struct Circle<T> {
    earlier: Option<T>,
    pages: u64,
}

#[cfg(feature = "services")]
impl<T: Clone + PartialEq> Circle<T> {
    pub fn new() -> Self {
        Self { earlier: None, pages: 0 }
    }

    /// Whether a token came before.
    pub fn is_closed_by(&mut self, token: &T) -> bool {
        let is_closed = self.earlier.as_ref() == Some(token);
        self.pages = self.pages.saturating_add(1);
        if self.pages.is_power_of_two() {
            self.earlier = Some(token.clone());
        }
        is_closed
    }
}

#[cfg(all(test, feature = "services"))]
mod tests {
    use super::*;

    #[test]
    fn limits_that_mean_for_ever_are_ones_that_the_system_takes() {
        let ever = Duration::MAX;
        let limits = Limits { connect: ever, head: ever, between: ever, ..Limits::default() };
        let Limits { connect, head, between, .. } = limits.bounded();
        for limit in [connect, head, between] {
            assert!(Deadline::after(limit).left().is_some() && limit > Duration::from_secs(3600));
        }
    }

    #[test]
    fn what_is_written_down_at_last_has_half_of_the_time_that_is_left() {
        let [second, hour] = [1, 3600].map(Duration::from_secs);
        // Nothing else is sent in the last half second.
        let late = Some((second / 5, hour));
        assert!(Deadline::before(late).is_over());
        let begin = Instant::now();
        let end = Deadline::last_of(late).0.unwrap();
        assert!(end >= begin + second / 10 && end <= Instant::now() + second / 10);
        // Before that it has no less than others.
        let end = Deadline::last_of(Some((hour, hour))).0.unwrap();
        assert!(end >= begin + Duration::from_millis(3_599_500) && end < Instant::now() + hour);
        assert!(Deadline::last_of(Some((Duration::ZERO, hour))).is_over());
        assert_eq!(Deadline::last_of(None), Deadline::before(None));
    }

    #[test]
    fn pages_in_a_circle_are_found() {
        for (before, length) in [(0, 1), (0, 2), (3, 5), (100, 7)] {
            let mut circle = Circle::new();
            let token = |page| if page < before { page } else { before + (page - before) % length };
            let end = (0..1000).position(|page| circle.is_closed_by(&token(page)));
            assert!(end.is_some_and(|pages| pages < 4 * (before + length)), "{before} {length}");
        }
        let mut circle = Circle::new();
        assert!(!(0..1000).any(|page| circle.is_closed_by(&page)));
    }
}
