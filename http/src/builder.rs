//! Requests for tests.

use crate::Source;
use crate::event::{Parts, parse_query};
use minilambda_events::Json;
use miniserde::{Serialize, json};

/// A request for [`Api::call`](crate::Api::call), from [`Request::get`](crate::Request::get) and the like.
///
/// ```
/// use minilambda_http::{Api, Failure, Request, Response, get};
///
/// static API: Api = Api::new(&[get("/search", search)]);
///
/// fn search(request: &Request) -> Result<Response, Failure> {
///     let words: String = request.query("q")?.unwrap_or_default();
///     Ok(Response::text(200, format!("{words} in {}", request.header("accept-language").unwrap_or("en"))))
/// }
///
/// let response = API.call(Request::get("/search?q=green+tea").header("Accept-Language", "pt"));
/// assert_eq!(response.body(), b"green tea in pt");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RequestBuilder {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    authorizer: Json,
}

impl RequestBuilder {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            authorizer: Json::NULL,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a cookie.
    pub fn cookie(self, name: &str, value: &str) -> Self {
        self.header("cookie", &format!("{name}={value}"))
    }

    /// Sets a field of what the authorizer says of the caller, such as `sub`.
    pub fn authorizer(mut self, name: &str, value: &str) -> Self {
        self.authorizer.set(name, value);
        self
    }

    /// Sets the body.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Sets the body to JSON.
    pub fn json<T: Serialize + ?Sized>(self, body: &T) -> Self {
        self.body("application/json", json::to_string(body))
    }

    /// Returns the request as if it came from a function URL.
    pub(crate) fn into_parts(self) -> Parts {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        Parts {
            source: Source::FunctionUrl,
            method: self.method,
            path: path.to_owned(),
            query: parse_query(query),
            headers: self.headers,
            body: Some(self.body),
            authorizer: self.authorizer,
            client_ip: Some("127.0.0.1".to_owned()),
            host: Some("localhost".to_owned()),
        }
    }
}
