//! Functions of AWS Lambda, invoked by others.
//!
//! ```no_run
//! use minilambda_aws::lambda::Function;
//! use minilambda_aws::{Error, object};
//!
//! fn price(item: &str) -> Result<u64, Error> {
//!     Function::new("shop-prices").call(&object! { "item": item })
//! }
//! ```
//!
//! The role needs `lambda:InvokeFunction`. See
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html> and
//! <https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html>.

use crate::attempts::MAX_ATTEMPTS;
use crate::catalog::LAMBDA;
use crate::client::{Client, Empty};
use crate::error::Error;
use crate::event_stream::Messages;
use crate::response::Response;
use crate::rest::Request;
use minilambda::__private::decode_or;
use minilambda::{FromJson, ToJson};
use std::io::Write;

/// A function of Lambda.
#[derive(Clone, Debug)]
#[must_use]
pub struct Function<'a> {
    name: &'a str,
    qualifier: Option<&'a str>,
    execution: Option<&'a str>,
    client: Client<'a>,
}

impl<'a> Function<'a> {
    /// A function by its name or its ARN, in the region of this one.
    pub fn new(name: &'a str) -> Self {
        Self { name, qualifier: None, execution: None, client: LAMBDA.client() }
    }

    /// Uses a client with other choices. One that is [`idempotent`](Client::idempotent) invokes the
    /// function again if the response was lost.
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client, ..self }
    }

    /// Invokes a version or an alias, such as `prod`.
    pub fn qualifier(self, qualifier: &'a str) -> Self {
        Self { qualifier: Some(qualifier), ..self }
    }

    /// Names the execution that [`call`](Self::call) or [`send`](Self::send) starts, if the function
    /// is a durable one: 1 to 64 letters, digits, `-` and `_`. A second request with the name and
    /// the same event starts nothing, so a request is sent again if its response was lost. Another
    /// event with the name is the error `DurableExecutionAlreadyStartedException`.
    ///
    /// See <https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-idempotency.html>.
    pub fn execution_name(self, name: &'a str) -> Self {
        Self { execution: Some(name), ..self }
    }

    /// Invokes the function, and waits for its response: up to 30 minutes, and no longer than this
    /// invocation lasts.
    ///
    /// # Errors
    /// The function's error, for which [`Error::is_of_function`] is true, with its type as the
    /// [code](Error::code); its `stackTrace` is in
    /// [`Error::body`]. Those of [`Client::call`].
    pub fn call<I, O>(&self, event: &I) -> Result<O, Error>
    where
        I: ToJson + ?Sized,
        O: FromJson,
    {
        let response = self.invoke("RequestResponse", event)?;
        if response.header("x-amz-function-error").is_some() {
            return Err(Error::from_function(&response).of_request(&self.what()));
        }
        decode_or(&response.body, |message| {
            Error::invalid_response(format!("the response: {message}")).of_request(&self.what())
        })
    }

    /// Invokes the function, and writes its response to a writer as it comes: that of a streaming
    /// function, of up to 200 MB, or of any other.
    ///
    /// # Errors
    /// Those of [`call`](Self::call). Parts of the response may have been written before.
    pub fn call_to<I: ToJson + ?Sized>(
        &self,
        event: &I,
        writer: &mut dyn Write,
    ) -> Result<(), Error> {
        let end = "/response-streaming-invocations";
        let request = self.request(&self.client, "/2021-11-15/functions", end).json(event);
        let mut messages = Messages::new(writer);
        let place = request.place_in(None)?;
        let sent = request.send_to(place, Some(&mut messages), &mut MAX_ATTEMPTS.clone());
        messages.finish(sent).map_err(|error| error.of_request(&self.what()))
    }

    /// Hands the event over to Lambda, which invokes the function later, and again if it fails.
    ///
    /// # Errors
    /// Those of [`Client::call`].
    pub fn send(&self, event: &(impl ToJson + ?Sized)) -> Result<(), Error> {
        self.invoke("Event", event).map(drop)
    }

    /// Checks whether this role may invoke the function, without invoking it.
    ///
    /// # Errors
    /// Those of [`Client::call`].
    pub fn dry_run(&self) -> Result<(), Error> {
        // It has no effect, so it may be sent again.
        let function = Self { client: self.client.clone().idempotent(), ..self.clone() };
        function.invoke("DryRun", &Empty {}).map(drop)
    }

    fn what(&self) -> String {
        format!("LAMBDA Invoke {}", self.name)
    }

    fn invoke(&self, kind: &str, event: &(impl ToJson + ?Sized)) -> Result<Response, Error> {
        let (before, after) = ("/2015-03-31/functions", "/invocations");
        let request = match self.execution {
            Some(name) => {
                // Lambda starts no second execution with the name.
                let client = self.client.clone().idempotent();
                let request = self.request(&client, before, after);
                request.header("x-amz-durable-execution-name", name)
            }
            None => self.request(&self.client, before, after),
        };
        request.json(event).header("x-amz-invocation-type", kind).send()
    }

    fn request(&self, client: &Client<'a>, before: &str, after: &str) -> Request<'a> {
        let request = client.request("POST", before).segment(self.name).then(after);
        match self.qualifier {
            Some(qualifier) => request.query("Qualifier", qualifier),
            None => request,
        }
    }
}
