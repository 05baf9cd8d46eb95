//! HTTP requests to a function, without a socket.

use crate::error::Error;
use crate::front_end::{self, FrontEnd};
use crate::invocation::Invocation;
use crate::json;
use crate::pool::{Request, Shared};
use miniserde::Deserialize;
use std::sync::Arc;

/// A request as a client sends it.
#[derive(Clone, Debug, Default)]
pub struct HttpRequest {
    /// The method, such as `GET`.
    pub method: String,
    /// The path, percent-encoded.
    pub path: String,
    /// The query without `?`, percent-encoded; may be empty.
    pub query: String,
    /// The headers. Cookies are in `cookie`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

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
    /// The invocation, with its log and its figures.
    pub invocation: Invocation,
}

/// A client of an HTTP function, see [`Lambda::http`](crate::Lambda::http).
#[derive(Clone)]
#[must_use]
pub struct HttpClient<'a> {
    lambda: &'a Arc<Shared>,
    handler: String,
    front_end: FrontEnd,
    headers: Vec<(String, String)>,
}

/// The value of a header, in any case of its name; the first if there are several.
pub(crate) fn value_of<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut headers = headers.iter();
    headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
}

impl HttpRequest {
    /// Returns a request for a path with an optional query, both percent-encoded.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// The value of a header.
    pub(crate) fn value_of(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }

    /// The path and the query.
    pub(crate) fn target(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("{}{mark}{}", self.path, self.query)
    }

    /// Returns the event that a front end sends for this request.
    #[must_use]
    pub fn event(&self, front_end: FrontEnd) -> Vec<u8> {
        front_end::event(front_end, self, "eu-central-1")
    }
}

impl HttpResponse {
    /// Returns the response that a front end makes of an invocation.
    #[must_use]
    pub fn new(front_end: FrontEnd, invocation: Invocation) -> Self {
        let (head, body) = front_end::response(front_end, &invocation);
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
        let is_cookie = |name: &str| name.eq_ignore_ascii_case("set-cookie");
        let headers = self.headers.iter().filter(|(name, _)| is_cookie(name));
        headers.map(|(_, value)| &**value).collect()
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
    pub(crate) fn new(lambda: &'a Arc<Shared>, handler: &str) -> Self {
        let front_end = FrontEnd::FunctionUrl;
        Self { lambda, handler: handler.to_owned(), front_end, headers: Vec::new() }
    }

    /// Sends the requests through another front end than a function URL.
    pub fn front_end(mut self, front_end: FrontEnd) -> Self {
        self.front_end = front_end;
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

    /// Sends a POST with a body of JSON.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub fn post(&self, target: &str, json: impl AsRef<[u8]>) -> Result<HttpResponse, Error> {
        self.send(with_json("POST", target, json.as_ref()))
    }

    /// Sends a PUT with a body of JSON.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub fn put(&self, target: &str, json: impl AsRef<[u8]>) -> Result<HttpResponse, Error> {
        self.send(with_json("PUT", target, json.as_ref()))
    }

    /// Sends a request, and waits for the response. A function that fails is a response such as 502.
    ///
    /// # Errors
    /// Those of [`Lambda::invoke`](crate::Lambda::invoke).
    pub fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, Error> {
        for (name, value) in self.headers.iter().chain(&[("host".to_owned(), "local".to_owned())]) {
            let has = request.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
            if !has {
                request.headers.push((name.clone(), value.clone()));
            }
        }
        let event = front_end::event(self.front_end, &request, &self.lambda.settings().region);
        let invocation = self.lambda.run(Request::new(&self.handler, &event), &mut |_| {})?;
        Ok(HttpResponse::new(self.front_end, invocation))
    }
}

fn with_json(method: &str, target: &str, json: &[u8]) -> HttpRequest {
    HttpRequest::new(method, target).header("content-type", "application/json").body(json)
}
