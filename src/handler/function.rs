//! Typed functions: which ones `handler!` accepts, and how they are called.
//!
//! The trait exists for the compiler's message. It is implemented for everything that fits, and
//! says in the words of this crate what does not.

use crate::{Context, Error, FromJson, ToJson, memory};

/// Makes a [`Handler`](crate::Handler) from a function `fn(E, &Context) -> Result<R, Error>`, where
/// `E` is [read from JSON](crate::FromJson) and `R` is [written as JSON](crate::ToJson): types that
/// derive miniserde's `Deserialize` and `Serialize`, or `Serde<T>` for a type with serde's.
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
    note = "it returns `Result<R, minilambda::Error>`; the event `E` is `minilambda::FromJson` and the response `R` is `minilambda::ToJson`: types that derive `miniserde::Deserialize` and `miniserde::Serialize`, or `minilambda::Serde<T>` for a type with serde's derives"
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

/// Decodes the event, calls the function, and encodes the response: what
/// [`handler!`](crate::handler!) makes a handler of.
///
/// # Errors
/// `Function.InvalidEvent` if the event is not JSON or does not match `E`; otherwise what the
/// function returns.
#[doc(hidden)]
pub fn call_typed<E: FromJson, R: ToJson, F: Function<E, R>>(
    function: F,
    event: Vec<u8>,
    context: &Context,
) -> Result<Vec<u8>, Error> {
    let argument = E::from_json(&event)?;
    let memory = memory::reuse(event);
    let response = function.invoke(argument, context)?;
    response.to_json(memory)
}
