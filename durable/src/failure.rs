//! What ends a durable function early: a failure, or an operation that has to wait.

use crate::limits::cut_error;
use minilambda::Error;
use std::fmt;

/// What operations and durable functions return.
pub type Result<T> = std::result::Result<T, Stop>;

/// Why a durable function does not go on: it has failed, or an operation has to wait.
///
/// Pass it on by `?`. An operation that has to wait ends the invocation: the function is called
/// again when the operation is over. [`Caught::caught`] tells a failure from a wait.
///
/// Every error that converts to [`minilambda::Error`] converts to it by `?`. It does not convert
/// to `minilambda::Error` itself: a function between two operations that returned one could lose a
/// wait.
#[must_use]
pub struct Stop(pub(crate) Reason);

pub(crate) enum Reason {
    /// Operations with these ids are awaited. Empty if the context has ended for another reason.
    Suspended(Vec<String>),
    Failed(Failure),
}

/// An error of an operation as it is recorded: a replay returns the same.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// The kind of the error, such as `"CardRefused"`, or one of this crate's; see the [crate].
    pub kind: String,
    /// Its message, of 30 KB at most as JSON in ASCII.
    pub message: String,
    /// The name of the operation; empty for an error of the function's own.
    pub operation: String,
}

impl Stop {
    pub(crate) fn suspended(on: Vec<String>) -> Self {
        Self(Reason::Suspended(on))
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Suspended(_) => f.write_str("an operation has to wait"),
            Reason::Failed(failure) => fmt::Display::fmt(failure, f),
        }
    }
}

impl Failure {
    /// An error of an operation.
    pub(crate) fn of(error: &Error, operation: &str) -> Self {
        Self::cut(error.kind().to_owned(), error.message().to_owned(), operation)
    }

    /// An error with a message of a length that the service takes.
    pub(crate) fn cut(mut kind: String, mut message: String, operation: &str) -> Self {
        if kind.is_empty() {
            // The service keeps no empty type: a replay would have another kind.
            "Durable.FAILED".clone_into(&mut kind);
        }
        cut_error(&mut kind, &mut message);
        Self { kind, message, operation: operation.to_owned() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, message, operation } = self;
        if operation.is_empty() {
            write!(f, "{kind}: {message}")
        } else {
            write!(f, "{operation:?} has failed with {kind}: {message}")
        }
    }
}

/// Passes a failure on that [`Caught::caught`] has told apart.
impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self(Reason::Failed(failure))
    }
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Failure::of(&error.into(), "").into()
    }
}

/// Tells the failure of an operation from a wait, to handle it.
///
/// ```
/// use minilambda_durable::{Caught, Durable, Result};
/// # fn reserve() -> std::result::Result<u32, minilambda::Error> { Ok(1) }
/// # fn charge() -> std::result::Result<String, minilambda::Error> { Ok(String::new()) }
/// # fn release(_: u32) -> std::result::Result<(), minilambda::Error> { Ok(()) }
///
/// fn order(_: (), durable: &Durable) -> Result<String> {
///     let place = durable.step("reserve", |_| reserve())?;
///     match durable.step("charge", |_| charge()).caught()? {
///         Ok(receipt) => Ok(receipt),
///         Err(failure) => {
///             durable.step("release", |_| release(place))?;
///             Err(failure.into())
///         }
///     }
/// }
/// ```
pub trait Caught<T> {
    /// Returns the value or the failure of an operation.
    ///
    /// # Errors
    /// A wait, which `?` passes on.
    fn caught(self) -> Result<std::result::Result<T, Failure>>;
}

impl<T> Caught<T> for Result<T> {
    fn caught(self) -> Result<std::result::Result<T, Failure>> {
        match self {
            Ok(value) => Ok(Ok(value)),
            Err(Stop(Reason::Failed(failure))) => Ok(Err(failure)),
            Err(stop) => Err(stop),
        }
    }
}
