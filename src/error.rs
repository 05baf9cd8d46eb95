//! The error type of handlers.

use crate::backtrace::{self, Frame};
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
/// # `Box<dyn Error + Send + Sync>`
///
/// `?` cannot convert this type: the standard library has no conversion from it to
/// `Box<dyn Error>`, and a second `From` for it in this crate would overlap with the first.
/// Write this line instead:
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
    kind: Cow<'static, str>,
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
        Self::at(kind, message.into(), backtrace::capture())
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
    pub(crate) fn at(
        kind: impl Into<Cow<'static, str>>,
        message: String,
        frames: Vec<Frame>,
    ) -> Self {
        Self { kind: kind.into(), message, frames, is_logged: false }
    }

    /// Returns the kind: the one given to [`Error::new`] or [`Error::wrap`], or the type of the
    /// error that `?` converted.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the message. The messages of the error's sources follow its own.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
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

impl<E: Into<Box<dyn StdError>>> From<E> for Error {
    fn from(error: E) -> Self {
        Self::wrap(kind_of_type(std::any::type_name::<E>()), &*error.into())
    }
}

/// Returns the name of an error type without the boxes around it; `Error` for text, for
/// `dyn Error`, and for the boxes of `anyhow` and `eyre`, whose names say nothing.
fn kind_of_type(name: &'static str) -> &'static str {
    let mut name = name;
    for container in ["alloc::boxed::Box<", "alloc::sync::Arc<", "alloc::rc::Rc<"] {
        name =
            name.strip_prefix(container).and_then(|inner| inner.strip_suffix('>')).unwrap_or(name);
    }
    let nameless = [
        "&",
        "dyn ",
        "alloc::string::String",
        "alloc::borrow::Cow<",
        "anyhow::Error",
        "eyre::Report",
    ];
    if nameless.iter().any(|start| name.starts_with(start)) { "Error" } else { name }
}

/// An error may name itself as its source. No useful chain is longer.
const MAX_SOURCES: usize = 32;

/// Joins the messages of an error and its sources: `message: source: source`.
fn message_with_sources(error: &dyn StdError) -> String {
    let mut message = error.to_string();
    let sources = std::iter::successors(error.source(), |&source| source.source());
    for source in sources.take(MAX_SOURCES) {
        let text = source.to_string();
        if !ends_with_source(&message, &text) {
            message.push_str(": ");
            message.push_str(&text);
        }
    }
    message
}

/// Whether the message repeats its source at its end, as in `cannot read: no such file` or
/// `cannot read (no such file)`.
fn ends_with_source(message: &str, source: &str) -> bool {
    let closing = |c: char| c.is_whitespace() || ")]}\"'.".contains(c);
    let opening = |c: char| c.is_whitespace() || "([{\"'".contains(c);
    let Some(before) =
        message.trim_end_matches(closing).strip_suffix(source.trim_end_matches(closing))
    else {
        return false;
    };
    let separator = before.trim_end_matches(opening);
    separator.is_empty()
        || separator.ends_with([':', ';', ',', '-', '\u{2013}', '\u{2014}'])
        || before.ends_with(['(', '[', '{', '"', '\''])
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
    use super::{Error, MAX_SOURCES};
    use std::borrow::Cow;
    use std::error::Error as StdError;
    use std::fmt;
    use std::rc::Rc;

    fn convert<E: Into<Error>>(error: E) -> Error {
        error.into()
    }

    #[test]
    fn every_error_type_converts() {
        let number = "x".parse::<u8>().unwrap_err();
        let message = number.to_string();
        let boxed: Box<dyn StdError> = Box::new(number.clone());
        for (error, kind) in [
            (convert(number.clone()), "core::num::error::ParseIntError"),
            (convert(boxed), "Error"),
            (convert(message.clone()), "Error"),
            (convert(Cow::Borrowed("").into_owned() + &message), "Error"),
            (convert(anyhow::Error::from(number.clone())), "Error"),
            (convert(Box::new(number)), "core::num::error::ParseIntError"),
        ] {
            assert_eq!((error.kind(), error.message()), (kind, &*message));
        }
        let error = convert("out of paper");
        assert_eq!((error.kind(), error.message()), ("Error", "out of paper"));
    }

    #[test]
    fn errors_of_the_library_alloc_keep_their_type() {
        let not_utf8 = String::from_utf8(vec![0xff]).unwrap_err();
        assert_eq!(convert(not_utf8).kind(), "alloc::string::FromUtf8Error");
        let nul = std::ffi::CString::new("a\0b").unwrap_err();
        assert_eq!(convert(nul).kind(), "alloc::ffi::c_str::NulError");
        let reserve = Vec::<u64>::new().try_reserve(usize::MAX).unwrap_err();
        assert_eq!(convert(reserve).kind(), "alloc::collections::TryReserveError");
    }

    #[test]
    fn a_boxed_error_of_threads_is_wrapped() {
        let error: Box<dyn StdError + Send + Sync> = "no stock".into();
        let error = Error::wrap("Database", &*error);
        assert_eq!((error.kind(), error.message()), ("Database", "no stock"));
    }

    /// An error with a string and, perhaps, a source; not `Send`.
    #[derive(Debug)]
    struct Chained(
        &'static str,
        Option<Box<Chained>>,
        #[allow(dead_code, reason = "it is not Send")] Rc<()>,
    );

    impl fmt::Display for Chained {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }
    impl StdError for Chained {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            self.1.as_ref().map(|source| &**source as &dyn StdError)
        }
    }

    fn chain(texts: &[&'static str]) -> String {
        let error = texts
            .iter()
            .rev()
            .fold(None, |source, text| Some(Box::new(Chained(text, source, Rc::default()))));
        convert(*error.unwrap()).message().to_owned()
    }

    #[test]
    fn a_source_is_dropped_only_if_the_message_ends_with_it() {
        for (texts, message) in [
            (&["outer", "inner"][..], "outer: inner"),
            (&["outer", "middle", "inner"], "outer: middle: inner"),
            (&["outer: inner", "inner"], "outer: inner"),
            (&["outer (inner)", "inner"], "outer (inner)"),
            (&["outer: \"inner\".", "inner"], "outer: \"inner\"."),
            (&["a: b: c", "b: c", "c"], "a: b: c"),
            (&["a", "b: c", "c"], "a: b: c"),
            (&["same", "same"], "same"),
            (&["row 10 cannot be read", "row 1"], "row 10 cannot be read: row 1"),
            (&["cannot read row 1", "1"], "cannot read row 1: 1"),
            (&["in row 1 of 2", "row 1"], "in row 1 of 2: row 1"),
            (&["disrow 1", "row 1"], "disrow 1: row 1"),
        ] {
            assert_eq!(chain(texts), message);
        }
    }

    #[derive(Debug)]
    struct Endless(Cow<'static, str>);

    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&self.0)
        }
    }
    impl StdError for Endless {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(self)
        }
    }

    #[test]
    fn a_chain_without_an_end_is_cut() {
        assert_eq!(convert(Endless("a bad icon".into())).message(), "a bad icon");
        let message = convert(Endless("x - y".into())).message().to_owned();
        assert!(message.len() <= (MAX_SOURCES + 1) * "x - y: ".len());
    }
}
