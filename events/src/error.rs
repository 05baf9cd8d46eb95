//! What goes wrong when a value is read.

use std::borrow::Cow;
use std::fmt;

/// Why a value could not be read: what was expected of it, never the value itself, which may be
/// a secret.
///
/// An event with such a value decodes all the same; the call that reads the value returns this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Cow<'static, str>);

impl Error {
    pub(crate) fn new(why: impl Into<Cow<'static, str>>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
