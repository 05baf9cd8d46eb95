//! How long is waited, and how much is read. `docs/guide/calling-aws.md` lists the defaults.

use minilambda::__private::time_left;
#[cfg(feature = "services")]
use minilambda::Context;
use std::time::{Duration, Instant};

/// Finding the address, connecting, and the handshake of TLS together.
const CONNECT: Duration = Duration::from_secs(3);

/// From the request's last byte to the end of the response's head. Botocore's read timeout.
pub(crate) const HEAD: Duration = Duration::from_secs(60);

/// Between two pieces of a body, in either direction.
const BETWEEN: Duration = Duration::from_secs(60);

/// The longest of the limits that a program sets: the system's have no more digits for those that mean "for ever".
const MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// The age of a connection from the end of its last request. AWS closes idle connections after 20 s
/// or more. After a freeze they may be closed without this side knowing it, and the clock of
/// timeouts may have stood still, so the time of day is compared.
pub(crate) const MAX_IDLE: Duration = Duration::from_secs(5);

/// The largest response that is kept in memory.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024 * 1024;

/// The most that is kept of the body of an error.
pub(crate) const MAX_ERROR_BYTES: usize = 64 * 1024;

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

    /// Whether there is time left after a delay.
    pub fn permits(self, delay: Duration) -> bool {
        self.left().is_none_or(|left| delay < left)
    }
}

#[cfg(test)]
mod tests {
    use super::{Deadline, Limits};
    use std::time::Duration;

    #[test]
    fn limits_that_mean_for_ever_are_ones_that_the_system_takes() {
        let ever = Duration::MAX;
        let limits = Limits { connect: ever, head: ever, between: ever, ..Limits::default() };
        let Limits { connect, head, between, .. } = limits.bounded();
        for limit in [connect, head, between] {
            assert!(Deadline::after(limit).left().is_some() && limit > Duration::from_secs(3600));
        }
    }
}
