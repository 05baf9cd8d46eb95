//! Conversions: other errors to [`Error`] by `?`, and [`Error`] to the box of other code.

use super::Error;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// The kind of an error that is converted to [`Error`], as its source.
///
/// A typed error of another crate of this project returns it from `source()`, so that `?` takes its
/// code for the kind, and not the name of its Rust type. A `From` for each such type would overlap
/// with the one for all errors, and this crate does not know the others.
///
/// ```
/// use minilambda::{Error, __private::ErrorKind};
///
/// #[derive(Debug)]
/// struct Refused(ErrorKind);
///
/// impl std::fmt::Display for Refused {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         f.write_str("the table has no such item")
///     }
/// }
/// impl std::error::Error for Refused {
///     fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
///         Some(&self.0)
///     }
/// }
/// let error = Error::from(Refused(ErrorKind::new("NoSuchItem")));
/// assert_eq!((error.kind(), error.message()), ("NoSuchItem", "the table has no such item"));
/// ```
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorKind(Cow<'static, str>);

impl ErrorKind {
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for ErrorKind {}

impl<E: Into<Box<dyn StdError>>> From<E> for Error {
    fn from(error: E) -> Self {
        match error.into().downcast::<Boxed>() {
            Ok(boxed) => boxed.0,
            Err(error) => Self::wrap(kind_of(std::any::type_name::<E>(), &*error), &*error),
        }
    }
}

/// An [`Error`] in the box of other code. It comes back unchanged; or, with a context around it,
/// with its kind, which is its source.
struct Boxed(Error);

impl fmt::Display for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl StdError for Boxed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0.kind)
    }
}

/// `?` in code that returns this box. Its text is the error's message; [`Error`] gets its kind back
/// from it.
impl From<Error> for Box<dyn StdError + Send + Sync> {
    fn from(error: Error) -> Self {
        Box::new(Boxed(error))
    }
}

/// Returns the kind that an error brings with it, or else the name of its type. A type with a name
/// brings a kind only as its own source: what caused it is something else. A box may have a context
/// around the error that brings the kind.
fn kind_of(type_name: &'static str, error: &dyn StdError) -> Cow<'static, str> {
    let name = kind_of_type(type_name);
    let depth = if name == NAMELESS { MAX_SOURCES } else { 1 };
    let kind = sources(error).take(depth).find_map(|source| source.downcast_ref::<ErrorKind>());
    kind.map_or(Cow::Borrowed(name), |kind| kind.0.clone())
}

/// The kind of text, and of boxes that hide the error's type.
const NAMELESS: &str = "Error";

/// Returns the name of an error type without the boxes around it; [`NAMELESS`] for text, for
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
    if nameless.iter().any(|start| name.starts_with(start)) { NAMELESS } else { name }
}

/// An error may name itself as its source. No useful chain is longer.
pub(super) const MAX_SOURCES: usize = 32;

fn sources<'a>(error: &'a dyn StdError) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |&source| source.source()).take(MAX_SOURCES)
}

/// Joins the messages of an error and its sources: `message: source: source`.
pub(super) fn message_with_sources(error: &dyn StdError) -> String {
    let mut message = error.to_string();
    for source in sources(error).filter(|source| !source.is::<ErrorKind>()) {
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
