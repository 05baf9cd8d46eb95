//! Failures of the tool itself.

use std::fmt;

/// A failure of the tool itself: the program cannot be started, the event is not JSON, or a socket
/// cannot be opened. A failure of the function is a part of its [`Invocation`](crate::Invocation).
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program has no such handler.
    NoSuchHandler,
    /// The event is not JSON.
    InvalidEvent,
    /// The event is larger than Lambda accepts.
    EventTooLarge,
    /// As many programs are busy as [`Builder::max_programs`](crate::Builder::max_programs)
    /// permits.
    Throttled,
    /// AWS would refuse the configuration: a reserved variable, say, or an authorizer that the
    /// front end does not have.
    InvalidSettings,
    /// The response does not match the type that was asked for.
    InvalidResponse,
    /// The durable service refuses a request, as Lambda would.
    Refused,
    /// A durable execution has this name already, and another input.
    AlreadyStarted,
    /// A durable execution goes on for longer than the caller waits.
    TimedOut,
    /// The program cannot be started, or the machine does not give what is needed.
    Start,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn start(what: &str, error: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Start, format!("{what}: {error}"))
    }

    pub(crate) fn no_thread(error: std::io::Error) -> Self {
        Self::start("cannot start a thread", error)
    }

    /// Returns what failed.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
