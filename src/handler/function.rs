//! Typed functions: which ones `handler!` accepts, and how they are called.
//!
//! The traits exist for the compiler's messages. Each is implemented for everything that fits, and
//! says in the words of this crate what does not.

use crate::json::encode_into;
use crate::{Context, Error, decode, memory};
use miniserde::{Deserialize, Serialize};

/// Makes a [`Handler`](crate::Handler) from a function `fn(E, &Context) -> Result<R, Error>`, where
/// `E` derives miniserde's `Deserialize` and `R` its `Serialize`.
///
/// It is a closure that captures nothing, so it is a plain function pointer: a table of handlers
/// is data in the binary and costs nothing at start.
///
/// ```
/// use minilambda::{Context, Error, Handler, handler};
/// use miniserde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Greeting {
///     name: String,
/// }
/// fn greet(greeting: Greeting, _: &Context) -> Result<String, Error> {
///     Ok(format!("Hello, {}!", greeting.name))
/// }
/// static HANDLERS: &[(&str, Handler)] = &[("greet", handler!(greet))];
/// ```
///
/// An event of the type `()` matches only `null`. A function that ignores its event takes a struct
/// without fields, which matches every object, or is a [raw](crate::Handler::raw) one, which
/// matches everything.
#[macro_export]
macro_rules! handler {
    ($function:expr) => {
        $crate::Handler::raw(|event, context| {
            $crate::__private::call_typed($function, event, context)
        })
    };
}

/// A function that [`handler!`](crate::handler!) accepts.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "not of the form `fn(E, &Context) -> Result<R, minilambda::Error>`",
    note = "a handler is a plain function, not an async one; it takes the event by value and then `&minilambda::Context`",
    note = "it returns `Result<R, minilambda::Error>`; the event `E` derives `miniserde::Deserialize` and the response `R` derives `miniserde::Serialize`"
)]
pub trait Function<E, R>: Copy {
    #[doc(hidden)]
    fn invoke(self, event: E, context: &Context) -> Result<R, Error>;
}

#[diagnostic::do_not_recommend]
impl<F: Fn(E, &Context) -> Result<R, Error> + Copy, E, R> Function<E, R> for F {
    fn invoke(self, event: E, context: &Context) -> Result<R, Error> {
        self(event, context)
    }
}

/// The type of an event of a typed handler.
#[diagnostic::on_unimplemented(
    message = "the event `{Self}` cannot be decoded from JSON",
    label = "`{Self}` does not derive `miniserde::Deserialize`",
    note = "add `#[derive(miniserde::Deserialize)]` to the type; serde's derive of the same name is another trait"
)]
pub trait Event: Sized {
    #[doc(hidden)]
    fn from_json(json: &[u8]) -> Result<Self, Error>;
}

#[diagnostic::do_not_recommend]
impl<E: Deserialize> Event for E {
    fn from_json(json: &[u8]) -> Result<Self, Error> {
        decode(json)
    }
}

/// The type of a response of a typed handler.
#[diagnostic::on_unimplemented(
    message = "the response `{Self}` cannot be encoded as JSON",
    label = "`{Self}` does not derive `miniserde::Serialize`",
    note = "add `#[derive(miniserde::Serialize)]` to the type; serde's derive of the same name is another trait"
)]
pub trait ToResponse {
    #[doc(hidden)]
    fn to_json(&self, memory: Vec<u8>) -> Vec<u8>;
}

#[diagnostic::do_not_recommend]
impl<R: Serialize> ToResponse for R {
    fn to_json(&self, memory: Vec<u8>) -> Vec<u8> {
        encode_into(self, memory)
    }
}

/// Decodes the event, calls the function, and encodes the response: what
/// [`handler!`](crate::handler!) makes a handler of.
///
/// # Errors
/// `Function.InvalidEvent` if the event is not JSON or does not match `E`; otherwise what the
/// function returns.
#[doc(hidden)]
pub fn call_typed<E: Event, R: ToResponse, F: Function<E, R>>(
    function: F,
    event: Vec<u8>,
    context: &Context,
) -> Result<Vec<u8>, Error> {
    let argument = E::from_json(&event)?;
    let memory = memory::reuse(event);
    let response = function.invoke(argument, context)?;
    Ok(response.to_json(memory))
}
