//! Why an invocation failed.

use crate::backtrace::{self, Frame};
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// Why a handler could not answer: a kind, a message, and the place where it is known.
///
/// `?` makes one out of anything that converts to `Box<dyn std::error::Error>`: every error type,
/// `Box<dyn Error>`, `anyhow::Error`, and plain text. [`Error::new`] gives it a kind of its own.
///
/// ```
/// use minilambda::{Context, Error};
///
/// fn double(text: String, _: &Context) -> Result<i64, Error> {
///     let number: i64 = text.parse()?; // errorType: core::num::error::ParseIntError
///     number.checked_mul(2).ok_or_else(|| Error::new("TooLarge", "twice the number is over 64 bits"))
/// }
/// # assert!(double("x".into(), &Context::default()).is_err());
/// ```
///
/// It is not itself a [`std::error::Error`]: that is what lets `?` convert all the others.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror>.
pub struct Error {
    kind: Cow<'static, str>,
    message: String,
    frames: Vec<Frame>,
}

impl Error {
    /// An error of a kind of your own, such as `"OutOfStock"`, with a message for its reader.
    ///
    /// The kind is what the caller sees as `errorType`, and what metrics and retries can be told
    /// apart by. Neither kind nor message should hold a secret: both are logged.
    pub fn new(kind: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into(), frames: backtrace::here() }
    }

    /// An error that happened elsewhere.
    pub(crate) fn at(kind: &'static str, message: String, frames: Vec<Frame>) -> Self {
        Self { kind: kind.into(), message, frames }
    }

    /// The kind given to [`Error::new`], or the type of the error that `?` converted.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What happened, with its causes behind it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it happened, the innermost function first: nothing unless it was a panic, or
    /// `RUST_BACKTRACE` is set.
    pub(crate) fn frames(&self) -> &[Frame] {
        &self.frames
    }
}

impl<E: Into<Box<dyn StdError>>> From<E> for Error {
    fn from(error: E) -> Self {
        from_boxed(std::any::type_name::<E>(), &*error.into())
    }
}

fn from_boxed(kind: &'static str, error: &dyn StdError) -> Error {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        // Some errors say their cause in their own text; twice helps nobody.
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        source = cause.source();
    }
    // Text and boxes have no type worth naming.
    let nameless = ["&str", "alloc::", "anyhow::"].iter().any(|start| kind.starts_with(start));
    Error::new(if nameless { "Error" } else { kind }, message)
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

#[cfg(test)]
mod tests {
    use super::Error;
    use std::error::Error as StdError;
    use std::fmt;
    use std::rc::Rc;

    fn convert<E: Into<Error>>(error: E) -> Error {
        error.into()
    }

    #[test]
    fn everything_that_is_an_error_converts() {
        let number = "x".parse::<u8>().unwrap_err();
        let message = number.to_string();
        let boxed: Box<dyn StdError> = Box::new(number.clone());
        for (error, kind) in [
            (convert(number.clone()), "core::num::error::ParseIntError"),
            (convert(boxed), "Error"),
            (convert(message.clone()), "Error"),
            (convert(anyhow::Error::from(number)), "Error"),
        ] {
            assert_eq!((error.kind(), error.message()), (kind, &*message));
        }
        let error = convert("out of paper");
        assert_eq!((error.kind(), error.message()), ("Error", "out of paper"));
    }

    /// An error that cannot go to another thread, and tells its cause in its own text.
    #[derive(Debug)]
    struct Outer {
        _not_send: Rc<()>,
        cause: fmt::Error,
    }

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "outer ({})", self.cause)
        }
    }
    impl StdError for Outer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.cause)
        }
    }

    #[test]
    fn a_cause_that_is_told_already_is_not_told_twice() {
        let error = convert(Outer { _not_send: Rc::new(()), cause: fmt::Error });
        assert_eq!(error.message(), format!("outer ({})", fmt::Error));
    }
}
