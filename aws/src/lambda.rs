//! Functions of AWS Lambda: invoking another one.
//!
//! ```no_run
//! use minilambda::Error;
//! use minilambda_aws::lambda::Function;
//! use minilambda_aws::object;
//! use miniserde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct Price {
//!     cents: u64,
//! }
//!
//! fn price(item: &str) -> Result<u64, Error> {
//!     let price = Function::new("prices").qualifier("live").invoke(&object! { "item": item });
//!     match price {
//!         Ok(Price { cents }) => Ok(cents),
//!         // The function has failed with an error of its own.
//!         Err(error) if error.is_of_function() && error.code() == "NoSuchItem" => Ok(0),
//!         Err(error) => Err(error.into()),
//!     }
//! }
//! ```
//!
//! The role needs `lambda:InvokeFunction`. See
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html> and
//! <https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html>.

use crate::attempts::MAX_ATTEMPTS;
use crate::catalog::LAMBDA;
use crate::client::Client;
use crate::error::Error;
use crate::event_stream::Messages;
use crate::response::Response;
use crate::rest::Request;
use minilambda::__private::decode_or;
use minilambda::{Context, encode};
use miniserde::{Deserialize, Serialize};
use std::io::Write;

/// A function.
#[derive(Clone, Debug)]
#[must_use]
pub struct Function<'a> {
    name: &'a str,
    qualifier: Option<&'a str>,
    client: Client<'a>,
}

impl<'a> Function<'a> {
    /// The function with this name or ARN.
    pub fn new(name: &'a str) -> Self {
        Self { name, qualifier: None, client: LAMBDA.client() }
    }

    /// Sets the version or the alias.
    pub fn qualifier(self, qualifier: &'a str) -> Self {
        Self { qualifier: Some(qualifier), ..self }
    }

    /// Uses a client with other choices, such as `LAMBDA.client().region("eu-west-1")`. With
    /// [`idempotent`](Client::idempotent) an invocation whose response was lost is repeated.
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client, ..self }
    }

    /// Keeps the requests inside the time that an invocation has left.
    pub fn within(self, context: &Context) -> Self {
        Self { client: self.client.within(context), ..self }
    }

    /// Invokes the function and waits for its response: for 15 minutes, but never longer than the
    /// own invocation has left. An event and a response have at most 6 MB.
    ///
    /// # Errors
    /// The function's, for which [`Error::is_of_function`] is true: its type is the code. The
    /// service's, such as `ResourceNotFoundException`, or this crate's; see the [crate].
    pub fn invoke<I, O>(&self, event: &I) -> Result<O, Error>
    where
        I: Serialize + ?Sized,
        O: Deserialize,
    {
        let response = self.invoke_bytes(encode(&event))?;
        decode_or(&response, |message| {
            Error::invalid_response(format!("the response of the invoked function: {message}"))
        })
    }

    /// The same with bytes, which are a document of JSON, and which may be empty.
    ///
    /// # Errors
    /// Those of [`invoke`](Self::invoke).
    pub fn invoke_bytes(&self, event: impl Into<Vec<u8>>) -> Result<Vec<u8>, Error> {
        let response = self.request("RequestResponse", event.into()).send()?;
        match response.header("x-amz-function-error") {
            Some(kind) => Err(Error::from_function(kind, &response)),
            None => Ok(response.body),
        }
    }

    /// Hands an event of at most 1 MB to Lambda, which invokes the function later, and again if it
    /// fails.
    ///
    /// # Errors
    /// Those of [`invoke`](Self::invoke), but none of the function.
    pub fn invoke_async<I: Serialize + ?Sized>(&self, event: &I) -> Result<(), Error> {
        self.request("Event", encode(&event)).send()?;
        Ok(())
    }

    /// Asks whether the function is there, and may be invoked, without doing it: a dry run.
    ///
    /// # Errors
    /// Those of [`invoke`](Self::invoke), but none of the function.
    pub fn check<I: Serialize + ?Sized>(&self, event: &I) -> Result<(), Error> {
        // Nothing happens, so it may happen twice.
        let request = Self { client: self.client.clone().idempotent(), ..self.clone() };
        request.request("DryRun", encode(&event)).send()?;
        Ok(())
    }

    /// Invokes the function and writes its response to a writer as it comes, part by part: that of
    /// a streaming function, of up to 200 MB, or of any other.
    ///
    /// # Errors
    /// Those of [`invoke`](Self::invoke). Parts of the response may have been written before;
    /// nothing is repeated then.
    pub fn invoke_to<I: Serialize + ?Sized>(
        &self,
        event: &I,
        writer: &mut dyn Write,
    ) -> Result<(), Error> {
        let request = self.path("/2021-11-15/functions", "/response-streaming-invocations");
        let request = request.header("content-type", "application/json").body(encode(&event));
        let mut messages = Messages::new(writer);
        let place = request.place_in(None)?;
        let sent = request.send_to(place, Some(&mut messages), &mut MAX_ATTEMPTS.clone());
        messages.finish(sent).map_err(|error| error.of_request("LAMBDA InvokeWithResponseStream"))
    }

    fn request(&self, kind: &str, event: Vec<u8>) -> Request<'a> {
        let request = self.path("/2015-03-31/functions", "/invocations");
        let request = request.header("x-amz-invocation-type", kind);
        request.header("content-type", "application/json").body(event)
    }

    fn path(&self, before: &str, after: &str) -> Request<'a> {
        let request = self.client.request("POST", before).segment(self.name).then(after);
        match self.qualifier {
            Some(qualifier) => request.query("Qualifier", qualifier),
            None => request,
        }
    }
}

impl Error {
    /// An error that a function has returned.
    fn from_function(kind: &str, response: &Response) -> Self {
        let error = Self::of_invoked(kind, &String::from_utf8_lossy(&response.body));
        error.of_response(response).of_request("LAMBDA Invoke")
    }
}
