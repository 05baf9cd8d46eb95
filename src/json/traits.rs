//! What JSON is read into, and what it is written from.
//!
//! Each trait is implemented for all types with miniserde's derive, and by this crate for
//! [`Serde`](crate::Serde). The two hidden methods have no meaning for other implementations.

use super::writer::encode_into;
use super::{mismatch, parser};
use crate::Error;
use miniserde::de::Visitor;
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize};

/// A type that JSON is read into: an event, a body, an item of a table, the output of a call.
///
/// Every type that derives miniserde's `Deserialize` is one, and with the feature `serde` so is
/// `Serde<T>`, for a type that derives serde's. It can be implemented for a type of yours, to read
/// it with another library:
///
/// ```
/// use minilambda::{Context, Error, FromJson, Handler, handler};
///
/// /// The text of the event, unread.
/// struct Text(String);
///
/// impl FromJson for Text {
///     fn from_json(json: &[u8]) -> Result<Self, Error> {
///         let text = std::str::from_utf8(json)?;
///         Ok(Self(text.to_owned()))
///     }
/// }
///
/// fn length(Text(text): Text, _: &Context) -> Result<usize, Error> {
///     Ok(text.len())
/// }
/// let response = handler!(length).call("[1, 2]", &Context::default());
/// assert_eq!(response.unwrap(), b"6");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from JSON",
    label = "`{Self}` neither derives `miniserde::Deserialize` nor is a `Serde<T>` whose `T` derives serde's",
    note = "add `#[derive(miniserde::Deserialize)]` to the type; serde's derive of the same name is another trait",
    note = "a type with serde's derive is read as `minilambda::Serde<{Self}>`, with the feature `serde` of minilambda; it must not borrow from the text",
    note = "`Serde` is around the whole type: `Serde<Option<T>>`, not `Option<Serde<T>>`; a part of an event of AWS is taken as `Json`, and read by `event.detail.decode::<Serde<T>>()`",
    note = "if it is `!`, write which type is read: `let order: Order = …`; `()` would be only JSON's null"
)]
pub trait FromJson: Sized {
    /// Reads a value from a JSON text.
    ///
    /// # Errors
    /// If the text is not JSON or does not match the type. The caller of a function and its log get
    /// the message, so it must not contain a value of the text.
    fn from_json(json: &[u8]) -> Result<Self, Error>;

    /// The visitor of a type of miniserde's.
    #[doc(hidden)]
    #[must_use]
    fn visitor(_: &mut Option<Self>) -> Option<&mut dyn Visitor> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<T: Deserialize> FromJson for T {
    fn from_json(json: &[u8]) -> Result<Self, Error> {
        let text = text_of(json).map_err(invalid_event)?;
        parser::parse(text).map_err(|refused| {
            invalid_event(mismatch::explain(text, &refused, std::any::type_name::<T>()))
        })
    }

    fn visitor(place: &mut Option<Self>) -> Option<&mut dyn Visitor> {
        Some(T::begin(place))
    }
}

/// A type that JSON is written from: a response, a body, an item of a table, the input of a call.
///
/// Every type that derives miniserde's `Serialize` is one, and with the feature `serde` so is
/// `Serde<T>`, for a type that derives serde's. It can be implemented for a type of yours, to write
/// it with another library.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be encoded as JSON",
    label = "`{Self}` neither derives `miniserde::Serialize` nor is a `Serde<T>` whose `T` derives serde's",
    note = "add `#[derive(miniserde::Serialize)]` to the type; serde's derive of the same name is another trait",
    note = "a type with serde's derive is written as `minilambda::Serde<{Self}>`, with the feature `serde` of minilambda",
    note = "`Serde` is around the whole type: `Serde<Option<T>>`, not `Option<Serde<T>>`"
)]
pub trait ToJson {
    /// Writes the value as a JSON text. `memory` is written over and returned; it may be empty.
    ///
    /// # Errors
    /// If the value cannot be written as JSON. Types of miniserde's always can.
    fn to_json(&self, memory: Vec<u8>) -> Result<Vec<u8>, Error>;

    /// The beginning of a value of miniserde's.
    #[doc(hidden)]
    fn fragment(&self) -> Option<Fragment<'_>> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> ToJson for T {
    fn to_json(&self, memory: Vec<u8>) -> Result<Vec<u8>, Error> {
        Ok(encode_into(self, memory))
    }

    fn fragment(&self) -> Option<Fragment<'_>> {
        Some(self.begin())
    }
}

/// Of types without a size, from which a trait object cannot be made.
macro_rules! unsized_to_json {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> ToJson for $type {
            fn to_json(&self, memory: Vec<u8>) -> Result<Vec<u8>, Error> {
                Ok(encode_into(&self, memory))
            }

            fn fragment(&self) -> Option<Fragment<'_>> {
                Some(self.begin())
            }
        }
    )*};
}
unsized_to_json! {
    [] str;
    [T: Serialize] [T];
    ['a] dyn Serialize + 'a;
}

/// Returns the text, without a byte order mark.
pub(super) fn text_of(bytes: &[u8]) -> Result<&str, String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(not_utf8) => Err(mismatch::not_utf8(bytes.len(), not_utf8)),
    }
}

#[cold]
pub(super) fn invalid_event(message: String) -> Error {
    Error::new("Function.InvalidEvent", message)
}
