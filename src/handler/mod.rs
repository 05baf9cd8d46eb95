//! Handlers: what the static table holds, and the one place that calls them.

pub(crate) mod function;
pub(crate) mod lookup;
pub(crate) mod middleware;

use self::middleware::{Middleware, Next};
use crate::response_stream::ResponseSink;
use crate::{Context, Error, ResponseStream, panics};
use std::io::Write;

/// A handler as the static table holds it: a plain function pointer, and the functions around it.
///
/// [`handler!`](crate::handler!) makes one from a typed function, [`Handler::raw`] from a function
/// of bytes, and [`Handler::streaming`] from a function that writes its response to a stream.
/// [`init`](Self::init) and [`around`](Self::around) add to any of them.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    form: Form,
    pub(crate) init: Option<fn() -> Result<(), Error>>,
    around: Option<Around>,
}

/// The functions around a handler, and the one that calls them: a program whose table has none does
/// not contain it.
#[derive(Clone, Copy, Debug)]
struct Around {
    functions: &'static [Middleware],
    respond: RespondAround,
}

type RespondAround = fn(
    &Form,
    &'static [Middleware],
    Vec<u8>,
    &Context,
    &mut dyn ResponseSink,
) -> Result<Response, HandlerError>;

#[derive(Clone, Copy, Debug)]
enum Form {
    Buffered(fn(Vec<u8>, &Context) -> Result<Vec<u8>, Error>),
    /// Buffered too; the usage marks it, so that tools know it.
    Durable(fn(Vec<u8>, &Context) -> Result<Vec<u8>, Error>),
    Streaming(fn(Vec<u8>, &Context, &mut ResponseStream) -> Result<(), Error>),
}

/// What a handler has returned.
pub(crate) enum Response {
    /// A complete response, which is still to be sent.
    Buffered(Vec<u8>),
    /// A response that went to the sink.
    Streamed,
}

/// Why a handler has no response, or only the beginning of one.
pub(crate) struct HandlerError {
    pub error: Error,
    /// Whether a part of the response went to the sink already.
    pub has_begun: bool,
}

/// An error before any part of a response.
impl From<Error> for HandlerError {
    fn from(error: Error) -> Self {
        Self { error, has_begun: false }
    }
}

impl Handler {
    /// Makes a handler from a function that gets the event's bytes and returns the response's, for
    /// use with another JSON library or with none.
    ///
    /// The response is sent as `application/json` if its first byte, blanks aside, can begin a JSON
    /// text, and otherwise as `application/octet-stream`. Nothing else of it is read.
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
        Self::new(Form::Buffered(function))
    }

    /// Makes a handler from a function that gets the event's bytes and writes its response to a
    /// [`ResponseStream`], which the caller reads while the function runs.
    /// [`decode`](crate::decode) turns the bytes into a type.
    ///
    /// ```
    /// use minilambda::{Context, Error, Handler, ResponseStream};
    /// use std::io::Write;
    ///
    /// fn count(_: Vec<u8>, _: &Context, out: &mut ResponseStream) -> Result<(), Error> {
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
        function: fn(Vec<u8>, &Context, &mut ResponseStream) -> Result<(), Error>,
    ) -> Self {
        Self::new(Form::Streaming(function))
    }

    const fn new(form: Form) -> Self {
        Self { form, init: None, around: None }
    }

    /// Sets a function that is called once before the first event, if this handler is the one that
    /// the function's configuration names: the other handlers of the binary do not need its
    /// clients, secrets and permissions.
    ///
    /// It is called after [`Hooks::init`](crate::Hooks::init) and before
    /// [`Hooks::before_snapshot`](crate::Hooks::before_snapshot), once for all workers, and in the
    /// time that Lambda allows for all of them. If it fails or panics, Lambda gets an init error
    /// and the process exits. [`call`](Self::call) does not call it.
    ///
    /// ```
    /// use minilambda::{Context, Error, Handler, handler};
    /// use std::sync::OnceLock;
    ///
    /// static HANDLERS: &[(&str, Handler)] = &[
    ///     ("shop.order", handler!(order).init(read_table_name)),
    ///     ("shop.health", handler!(health)), // needs no table
    /// ];
    /// static TABLE: OnceLock<String> = OnceLock::new();
    ///
    /// fn read_table_name() -> Result<(), Error> {
    ///     let name = std::env::var("TABLE").map_err(|_| Error::new("Settings", "TABLE is not set"))?;
    ///     TABLE.get_or_init(|| name);
    ///     Ok(())
    /// }
    ///
    /// fn order(id: String, _: &Context) -> Result<String, Error> {
    ///     let table = TABLE.get().ok_or("init was not called")?;
    ///     Ok(format!("{id} is in {table}"))
    /// }
    ///
    /// fn health(_: Option<String>, _: &Context) -> Result<&'static str, Error> {
    ///     Ok("fine")
    /// }
    /// ```
    ///
    /// # Panics
    /// If it is called twice for a handler: the first function would be lost. In a `static` that is
    /// a compile error.
    #[must_use]
    pub const fn init(self, function: fn() -> Result<(), Error>) -> Self {
        assert!(self.init.is_none(), "the handler has an init already");
        Self { init: Some(function), ..self }
    }

    /// Puts functions around the handler: the first is called with the event, and calls the second
    /// by [`Next::run`], and so on to the handler. See [`Middleware`].
    ///
    /// ```
    /// use minilambda::{Context, Error, Handler, Next, handler};
    ///
    /// static HANDLERS: &[(&str, Handler)] = &[("shop.order", handler!(order).around(&[timed]))];
    ///
    /// fn timed(event: Vec<u8>, context: &Context, next: Next) -> Result<Vec<u8>, Error> {
    ///     let start = std::time::Instant::now();
    ///     let result = next.run(event, context);
    ///     log::info!("{} after {:?}", if result.is_ok() { "done" } else { "failed" }, start.elapsed());
    ///     result
    /// }
    ///
    /// fn order(id: String, _: &Context) -> Result<String, Error> {
    ///     Ok(format!("{id} is on its way"))
    /// }
    /// # assert!(HANDLERS[0].1.call("\"A-1\"", &Context::default()).is_ok());
    /// ```
    ///
    /// # Panics
    /// If it is called twice for a handler: the functions of the first list would be lost, such as
    /// one that authorises. In a `static` that is a compile error.
    #[must_use]
    pub const fn around(self, functions: &'static [Middleware]) -> Self {
        assert!(self.around.is_none(), "the handler has functions around it already: use one list");
        Self { around: Some(Around { functions, respond: respond_around }), ..self }
    }

    /// Makes the handler of a durable function: for `minilambda-durable`.
    #[doc(hidden)]
    #[must_use]
    pub const fn durable(function: fn(Vec<u8>, &Context) -> Result<Vec<u8>, Error>) -> Self {
        Self::new(Form::Durable(function))
    }

    /// Whether it is a durable function.
    pub(crate) fn is_durable(&self) -> bool {
        matches!(self.form, Form::Durable(_))
    }

    /// Calls the handler as the runtime does, to test it: decodes the event, catches a panic, and
    /// returns the complete response, also of a streaming handler.
    ///
    /// ```
    /// use minilambda::{Context, Error, Handler, handler};
    ///
    /// fn greet(name: String, _: &Context) -> Result<String, Error> {
    ///     Ok(format!("Hello, {name}!"))
    /// }
    /// let response = handler!(greet).call("\"Ada\"", &Context::default());
    /// assert_eq!(response.unwrap(), b"\"Hello, Ada!\"");
    /// ```
    ///
    /// # Errors
    /// What the function returns; `Function.InvalidEvent` if the event does not match the
    /// function's type; `Function.Panic`.
    pub fn call(&self, event: impl Into<Vec<u8>>, context: &Context) -> Result<Vec<u8>, Error> {
        let mut streamed = Vec::new();
        match self.respond(event.into(), context, &mut streamed) {
            Ok(Response::Buffered(response)) => Ok(response),
            Ok(Response::Streamed) => Ok(streamed),
            Err(failure) => Err(failure.error),
        }
    }

    /// Calls the function. Its panic becomes an error.
    pub(crate) fn respond(
        &self,
        event: Vec<u8>,
        context: &Context,
        sink: &mut dyn ResponseSink,
    ) -> Result<Response, HandlerError> {
        if let Some(around) = self.around {
            return (around.respond)(&self.form, around.functions, event, context, sink);
        }
        match self.form {
            Form::Buffered(function) | Form::Durable(function) => {
                panics::catch(|| function(event, context))
                    .map(Response::Buffered)
                    .map_err(HandlerError::from)
            }
            Form::Streaming(function) => {
                let mut stream = ResponseStream::new(sink);
                panics::catch(|| function(event, context, &mut stream))
                    .and_then(|()| Ok(stream.finish()?))
                    .map(|()| Response::Streamed)
                    .map_err(|error| HandlerError { error, has_begun: stream.has_begun() })
            }
        }
    }
}

/// Calls the functions around a handler, and by them the handler.
fn respond_around(
    form: &Form,
    around: &'static [Middleware],
    event: Vec<u8>,
    context: &Context,
    sink: &mut dyn ResponseSink,
) -> Result<Response, HandlerError> {
    match form {
        Form::Buffered(function) | Form::Durable(function) => {
            let mut call = |event: Vec<u8>, context: &Context| function(event, context);
            let result = Next::new(around, &mut call).run(event, context);
            result.map(Response::Buffered).map_err(HandlerError::from)
        }
        Form::Streaming(function) => {
            let mut stream = ResponseStream::new(sink);
            let mut call = |event: Vec<u8>, context: &Context| {
                let result = panics::catch(|| function(event, context, &mut stream));
                if result.is_err() {
                    stream.discard_unsent(); // a middleware may respond in the handler's place
                }
                result.map(|()| Vec::new())
            };
            Next::new(around, &mut call)
                .run(event, context)
                .and_then(|bytes| Ok(stream.write_all(&bytes)?))
                .and_then(|()| Ok(stream.finish()?))
                .map(|()| Response::Streamed)
                .map_err(|error| HandlerError { error, has_begun: stream.has_begun() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Handler, Response};
    use crate::{Context, Error, ResponseStream};
    use std::io::Write;

    fn stream(event: Vec<u8>, _: &Context, out: &mut ResponseStream) -> Result<(), Error> {
        out.write_all(&event)?;
        if event == b"late" {
            out.flush()?;
        }
        assert!(event != b"panic", "as asked");
        if event == b"early" || event == b"late" {
            return Err("as asked".into());
        }
        Ok(())
    }

    #[test]
    fn a_failure_says_whether_the_stream_has_begun() {
        for (event, begun) in
            [("early", Some(false)), ("late", Some(true)), ("panic", Some(false)), ("x", None)]
        {
            let mut out = Vec::new();
            let result =
                Handler::streaming(stream).respond(event.into(), &Context::default(), &mut out);
            assert!(!matches!(result, Ok(Response::Buffered(_))));
            assert_eq!(result.err().map(|failure| failure.has_begun), begun, "{event}");
        }
        let response = Handler::streaming(stream).call("x", &Context::default());
        assert_eq!(response.unwrap(), b"x");
    }

    #[test]
    fn a_payload_whose_drop_panics_is_an_error_like_any_other() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                std::panic::panic_any("dropped");
            }
        }
        fn bomb(_: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
            std::panic::panic_any(Bomb)
        }
        let error = Handler::raw(bomb).call("1", &Context::default()).unwrap_err();
        assert_eq!((error.kind(), error.message()), ("Function.Panic", "the panic has no message"));
    }
}
