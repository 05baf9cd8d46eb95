//! The error type of handlers.

mod conversion;
#[cfg(test)]
mod tests;

pub use conversion::ErrorKind;

use crate::backtrace::{self, Frame};
use conversion::message_with_sources;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// The reason why a handler failed: a kind, a message, and a stack trace if one is known.
///
/// `?` converts everything that converts to `Box<dyn std::error::Error>`: every error type,
/// `Box<dyn Error>`, `anyhow::Error`, `String` and `&str`. [`Error::new`] sets a kind of your own.
/// [`Error::wrap`] sets a kind and takes the message from another error.
///
/// ```
/// use minilambda::{Context, Error};
///
/// fn double(text: String, _: &Context) -> Result<i64, Error> {
///     let number: i64 = text.parse()?; // errorType: core::num::error::ParseIntError
///     number.checked_mul(2).ok_or_else(|| Error::new("TooLarge", "the double exceeds 64 bits"))
/// }
/// # assert!(double("x".into(), &Context::default()).is_err());
/// ```
///
/// # The kind
///
/// The kind becomes `errorType` in the response and in the log. If `?` converted the error, the
/// kind is the name of its Rust type, which may change when a dependency is updated. If a Step
/// Functions `Retry`, a metric or a caller matches on the kind, set it with [`Error::new`] or
/// [`Error::wrap`].
///
/// # Boxes
///
/// `?` takes `Box<dyn Error>` in, and carries this type out into `Box<dyn Error + Send + Sync>`, in
/// which it keeps its kind. This type has no conversion in the other two directions: they would
/// overlap with these (E0119). The other box comes in by a line that also sets the kind:
///
/// ```
/// # use minilambda::Error;
/// # fn library() -> Result<(), Box<dyn std::error::Error + Send + Sync>> { Ok(()) }
/// # fn handler() -> Result<(), Error> {
/// library().map_err(|error| Error::wrap("LibraryError", &*error))?;
/// # Ok(())
/// # }
/// # assert!(handler().is_ok());
/// ```
///
/// `Error` does not implement [`std::error::Error`]. If it did, the conversion from all other
/// error types could not exist.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror>.
pub struct Error {
    kind: ErrorKind,
    message: String,
    frames: Vec<Frame>,
    is_logged: bool,
}

impl Error {
    /// Creates an error with a kind of your own, such as `"OutOfStock"`.
    ///
    /// The caller gets the kind as `errorType` and the message as `errorMessage`, and both are
    /// logged, so neither may hold a secret.
    pub fn new(kind: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::with_frames(kind, message.into(), backtrace::capture())
    }

    /// Creates an error with a kind of your own and the message of another error, including the
    /// messages of its sources.
    ///
    /// ```
    /// use minilambda::Error;
    ///
    /// fn port(text: &str) -> Result<u16, Error> {
    ///     text.parse().map_err(|error| Error::wrap("InvalidPort", &error))
    /// }
    /// assert_eq!(port("x").unwrap_err().kind(), "InvalidPort");
    /// ```
    ///
    /// A boxed error is passed as `&*error`.
    pub fn wrap(kind: impl Into<Cow<'static, str>>, error: &dyn StdError) -> Self {
        Self::new(kind, message_with_sources(error))
    }

    /// Creates an error with a known stack trace.
    pub(crate) fn with_frames(
        kind: impl Into<Cow<'static, str>>,
        message: String,
        frames: Vec<Frame>,
    ) -> Self {
        Self { kind: ErrorKind::new(kind), message, frames, is_logged: false }
    }

    /// Returns the kind: the one given to [`Error::new`] or [`Error::wrap`], or the type of the
    /// error that `?` converted.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.kind.name()
    }

    /// Returns the message. The messages of the error's sources follow its own.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn into_message(self) -> String {
        self.message
    }

    /// The stack trace, innermost function first: empty unless the error is a panic or
    /// `RUST_BACKTRACE` is set.
    pub(crate) fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Marks an error that the log has already: a panic, which its hook logs.
    pub(crate) fn already_logged(mut self) -> Self {
        self.is_logged = true;
        self
    }

    pub(crate) fn is_logged(&self) -> bool {
        self.is_logged
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        self.frames.first().map_or(Ok(()), |frame| write!(f, " (at {}:{})", frame.path, frame.line))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
