//! A client of HTTP functions, without a socket.

use crate::authorizer::Authorizer;
use crate::caller::Caller;
use crate::error::Error;
use crate::front_end::{self, FrontEnd, Head};
use crate::gateway::{Admission, Gateway};
use crate::http::{HttpRequest, value_of, values_of};
use crate::invocation::Invocation;
use crate::json;
use crate::pool::Pool;
use miniserde::{Deserialize, Serialize};
use std::sync::Arc;

/// A response as a client gets it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpResponse {
    /// The status, such as 200.
    pub status: u16,
    /// The headers. Each cookie is a `set-cookie` of its own.
    pub headers: Vec<(String, String)>,
    /// The body, decoded if it was base64.
    pub body: Vec<u8>,
    /// The invocation, with its log and its figures. If the authorizer refuses the request it is
    /// that of the authorizer, or an empty one.
    pub invocation: Invocation,
}

/// A client of an HTTP function, see [`Lambda::http`](crate::Lambda::http).
#[derive(Clone, Debug)]
#[must_use]
pub struct HttpClient<'a> {
    lambda: &'a Arc<Pool>,
    handler: String,
    /// The caller decides if none is chosen.
    front_end: Option<FrontEnd>,
    gateway: Result<Gateway, Error>,
    headers: Vec<(String, String)>,
}

impl HttpResponse {
    /// Returns the response that a front end makes of an invocation. A REST API decodes base64
    /// here, as if the client accepted one of the `binaryMediaTypes`.
    #[must_use]
    pub fn new(front_end: FrontEnd, invocation: Invocation) -> Self {
        Self::of(front_end::response(front_end, &invocation, true), invocation)
    }

    fn of((head, body): (Head, Vec<u8>), invocation: Invocation) -> Self {
        Self { status: head.status, headers: head.headers, body, invocation }
    }

    /// Returns a header, in any case of its name; the first if there are several.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }

    /// Returns the cookies that the response sets, such as `a=1; Secure`.
    #[must_use]
    pub fn cookies(&self) -> Vec<&str> {
        values_of(&self.headers, "set-cookie").collect()
    }

    /// Returns the body as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// If the body does not match the type.
    pub fn json<T: Deserialize>(&self) -> Result<T, Error> {
        json::typed(&self.body, "body")
    }
}

impl<'a> HttpClient<'a> {
    pub(crate) fn new(lambda: &'a Arc<Pool>, handler: &str) -> Self {
        let gateway = Gateway::new(FrontEnd::FunctionUrl, Caller::Unknown, Vec::new());
        let handler = handler.to_owned();
        Self { lambda, handler, front_end: None, gateway: Ok(gateway), headers: Vec::new() }
    }

    /// Sends the requests through another front end than a function URL. If this is not called,
    /// requests with [`claims`](Self::claims), [`token_claims`](Self::token_claims) or an
    /// [`authorizer`](Self::authorizer) go through an HTTP API, since a function URL has none of
    /// them.
    pub fn front_end(mut self, front_end: FrontEnd) -> Self {
        self.front_end = Some(front_end);
        self.change(|gateway| gateway.front_end = front_end)
    }

    /// Sends the requests as a caller with these claims, an object such as `{"sub":"user-17"}`. The
    /// function gets them as a JWT authorizer gives them through an HTTP API, an authorizer for a
    /// user pool of Cognito through a REST API, and a load balancer that authenticates users.
    pub fn claims(self, claims: impl AsRef<str>) -> Self {
        self.caller(Caller::claims(claims.as_ref()))
    }

    /// Takes the claims of each request from the token in its header `Authorization`, which is
    /// decoded but **not verified**. A request without a token is refused with 401.
    pub fn token_claims(self) -> Self {
        self.caller(Ok(Caller::Token))
    }

    /// Sends the requests as a user or role of IAM, an object with some of the fields of
    /// `requestContext.authorizer.iam`, such as
    /// `{"userArn":"arn:aws:iam::123456789012:user/till"}`. The others have made-up values.
    pub fn iam(self, identity: impl AsRef<str>) -> Self {
        self.caller(Caller::iam(identity.as_ref()))
    }

    /// Lets another handler of the program decide about each request: a Lambda authorizer. It is
    /// the name of the handler, or an [`Authorizer`].
    pub fn authorizer(self, authorizer: impl Into<Authorizer>) -> Self {
        self.caller(Ok(Caller::Lambda(authorizer.into())))
    }

    /// Sets the `binaryMediaTypes` of a REST API, such as `image/*`. There are none if this is not
    /// called: then bodies are texts, those of requests are damaged if they are not UTF-8, and
    /// those of responses are not decoded. Other front ends have no such list.
    pub fn binary_media_types<S: Into<String>>(self, types: impl IntoIterator<Item = S>) -> Self {
        let types = types.into_iter().map(Into::into).collect();
        self.change(|gateway| gateway.binary_types = types)
    }

    fn caller(mut self, caller: Result<Caller, Error>) -> Self {
        match (&mut self.gateway, caller) {
            (Ok(gateway), Ok(caller)) => {
                let front_end = self.front_end.unwrap_or_else(|| caller.front_end());
                *gateway = Gateway::new(front_end, caller, gateway.binary_types.clone());
            }
            (Ok(_), Err(error)) => self.gateway = Err(error),
            (Err(_), _) => {}
        }
        self
    }

    fn change(mut self, change: impl FnOnce(&mut Gateway)) -> Self {
        if let Ok(gateway) = &mut self.gateway {
            change(gateway);
        }
        self
    }

    /// Adds a header to each request.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends a GET.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub fn get(&self, target: &str) -> Result<HttpResponse, Error> {
        self.send(HttpRequest::new("GET", target))
    }

    /// Sends a DELETE.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub fn delete(&self, target: &str) -> Result<HttpResponse, Error> {
        self.send(HttpRequest::new("DELETE", target))
    }

    /// Sends a POST whose body is a value as JSON. A JSON text is sent by [`send`](Self::send).
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub fn post<T: Serialize>(&self, target: &str, body: &T) -> Result<HttpResponse, Error> {
        self.send(HttpRequest::new("POST", target).json(body))
    }

    /// Sends a PUT whose body is a value as JSON.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub fn put<T: Serialize>(&self, target: &str, body: &T) -> Result<HttpResponse, Error> {
        self.send(HttpRequest::new("PUT", target).json(body))
    }

    /// Sends a PATCH whose body is a value as JSON.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub fn patch<T: Serialize>(&self, target: &str, body: &T) -> Result<HttpResponse, Error> {
        self.send(HttpRequest::new("PATCH", target).json(body))
    }

    /// Sends a request, and waits for the response. A function that fails is a response such as
    /// 502, and a request that the authorizer refuses is one such as 403.
    ///
    /// # Errors
    /// Those of [`Lambda::invoke`](crate::Lambda::invoke); and if the claims or the identity are
    /// not JSON, or the front end has no such authorizer.
    pub fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, Error> {
        for (name, value) in &self.headers {
            if request.value_of(name).is_none() {
                request.headers.push((name.clone(), value.clone()));
            }
        }
        request.complete("local");
        let gateway = self.gateway.as_ref().map_err(Clone::clone)?;
        match gateway.admit(self.lambda, &self.handler, &request)? {
            Admission::Run(asked) => {
                let invocation = self.lambda.run(asked, &mut |_| {})?;
                Ok(HttpResponse::of(gateway.response(&request, &invocation), invocation))
            }
            Admission::Refused { head, body, invocation } => {
                let invocation = invocation.unwrap_or_else(|| Invocation::of_response(""));
                Ok(HttpResponse::of((head, body), invocation))
            }
        }
    }
}
