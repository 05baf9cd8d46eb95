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
//! The role needs `lambda:InvokeFunction`. A response stream of a function is not read.

use crate::catalog::LAMBDA;
use crate::client::{Client, Empty};
use crate::error::Error;
use crate::response::Response;
use minilambda::__private::decode_or;
use miniserde::{Deserialize, Serialize};

/// A function of Lambda.
#[derive(Clone, Debug)]
#[must_use]
pub struct Function<'a> {
    name: &'a str,
    qualifier: Option<&'a str>,
    client: Client<'a>,
}

impl<'a> Function<'a> {
    /// A function by its name or its ARN, in the region of this one.
    pub fn new(name: &'a str) -> Self {
        Self { name, qualifier: None, client: LAMBDA.client() }
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

    /// Invokes the function, and waits for its response: up to 15 minutes, and no longer than this
    /// invocation lasts.
    ///
    /// # Errors
    /// The function's error, with its type as the [code](Error::code); its `stackTrace` is in
    /// [`Error::body`]. Those of [`Client::call`].
    pub fn call<I, O>(&self, event: &I) -> Result<O, Error>
    where
        I: Serialize + ?Sized,
        O: Deserialize,
    {
        let response = self.invoke("RequestResponse", event)?;
        if response.header("x-amz-function-error").is_some() {
            return Err(Error::from_function(response).of_request(&self.what()));
        }
        decode_or(&response.body, |message| {
            Error::invalid_response(format!("the response: {message}")).of_request(&self.what())
        })
    }

    /// Hands the event over to Lambda, which invokes the function later, and again if it fails.
    ///
    /// # Errors
    /// Those of [`Client::call`].
    pub fn send(&self, event: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.invoke("Event", event).map(drop)
    }

    /// Checks whether this role may invoke the function, without invoking it.
    ///
    /// # Errors
    /// Those of [`Client::call`].
    pub fn dry_run(&self) -> Result<(), Error> {
        self.invoke("DryRun", &Empty {}).map(drop)
    }

    fn what(&self) -> String {
        format!("LAMBDA Invoke {}", self.name)
    }

    fn invoke(&self, kind: &str, event: &(impl Serialize + ?Sized)) -> Result<Response, Error> {
        let request = self.client.request("POST", "/2015-03-31/functions");
        let mut request = request.segment(self.name).segment("invocations").json(event);
        if let Some(qualifier) = self.qualifier {
            request = request.query("Qualifier", qualifier);
        }
        request.header("x-amz-invocation-type", kind).send()
    }
}
