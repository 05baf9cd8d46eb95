//! Errors of values that a call decodes.

use minilambda::Error;

/// Creates the error for a value that cannot be decoded. `what` says what was expected, never the
/// value itself, which may be a secret.
///
/// An event with such a value decodes nevertheless; the call that decodes the value returns this.
pub(crate) fn invalid(what: impl Into<String>) -> Error {
    Error::new("Function.InvalidEvent", what)
}
