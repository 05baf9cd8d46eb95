//! What a table of handlers holds, and how an event becomes a handler's argument.

pub(crate) mod lookup;
pub(crate) mod panics;

use crate::{Context, Error, Stream, decode};
use miniserde::{Deserialize, Serialize, json};

/// A handler as the table holds it: a plain function pointer.
///
/// [`handler!`](crate::handler!) makes one of a typed function, [`Handler::raw`] of one that
/// takes the event as it came, and [`Handler::streaming`] of one that writes its response bit by bit.
#[derive(Clone, Copy, Debug)]
pub struct Handler(pub(crate) Form);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    Whole(fn(Vec<u8>, &Context) -> Result<Vec<u8>, Error>),
    Streaming(fn(Vec<u8>, &Context, &mut Stream) -> Result<(), Error>),
}

impl Handler {
    /// A handler that gets the event's bytes as they came and gives the response's as they go,
    /// for another JSON library, or none.
    ///
    /// ```
    /// use minilambda::{Context, Error, Handler};
    ///
    /// fn echo(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    ///     Ok(event)
    /// }
    /// static HANDLERS: &[(&str, Handler)] = &[("echo", Handler::raw(echo))];
    /// ```
    #[must_use]
    pub const fn raw(function: fn(Vec<u8>, &Context) -> Result<Vec<u8>, Error>) -> Self {
        Self(Form::Whole(function))
    }

    /// A handler that gets the event's bytes and writes its response to a [`Stream`], which the
    /// caller reads while the handler goes on; [`decode`] makes a type of the bytes.
    ///
    /// ```
    /// use minilambda::{Context, Error, Handler, Stream};
    /// use std::io::Write;
    ///
    /// fn count(_: Vec<u8>, _: &Context, out: &mut Stream) -> Result<(), Error> {
    ///     out.content_type("text/plain")?;
    ///     for number in 0..1000 {
    ///         writeln!(out, "{number}")?;
    ///     }
    ///     Ok(())
    /// }
    /// static HANDLERS: &[(&str, Handler)] = &[("count", Handler::streaming(count))];
    /// ```
    ///
    /// See <https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html>.
    #[must_use]
    pub const fn streaming(
        function: fn(Vec<u8>, &Context, &mut Stream) -> Result<(), Error>,
    ) -> Self {
        Self(Form::Streaming(function))
    }
}

/// Makes a [`Handler`] of a function `fn(E, &Context) -> Result<R, Error>`, where `E` derives
/// miniserde's `Deserialize` and `R` its `Serialize`.
///
/// It is no more than a closure that captures nothing, so it is a plain function pointer: a table
/// of them is data in the binary, and costs nothing at start.
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
#[macro_export]
macro_rules! handler {
    ($function:expr) => {
        $crate::Handler::raw(|event, context| $crate::typed($function, event, context))
    };
}

/// Decodes the event, calls the function, encodes its response: what [`handler!`](crate::handler!)
/// stands for. A test calls it to try a function on an event's text.
///
/// # Errors
/// `Function.InvalidEvent` when the event is not JSON or does not fit `E`; else what the
/// function returns.
pub fn typed<E: Deserialize, R: Serialize>(
    function: fn(E, &Context) -> Result<R, Error>,
    event: Vec<u8>,
    context: &Context,
) -> Result<Vec<u8>, Error> {
    let argument = decode(&event)?;
    let memory = kept(event);
    let response = function(argument, context)?;
    Ok(put(json::to_string(&response), memory))
}

/// The memory of an event or a response serves the next event: with musl, to get some anew from the
/// system takes as long as all else that is done for 256 KB. More than this the function may want.
pub(crate) fn kept(memory: Vec<u8>) -> Vec<u8> {
    const MAX_KEPT_BYTES: usize = 1024 * 1024;
    if memory.capacity() > MAX_KEPT_BYTES { Vec::new() } else { memory }
}

/// The text, in this memory if there is room for it.
fn put(text: String, mut memory: Vec<u8>) -> Vec<u8> {
    if text.len() > memory.capacity() {
        return text.into_bytes();
    }
    memory.clear();
    memory.extend_from_slice(text.as_bytes());
    memory
}
