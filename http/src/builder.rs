//! Requests for tests.

use crate::data::Value;
use crate::path::Path;
use crate::pattern::Matched;
use crate::received::{FrontEnd, Received};
use crate::request::Request;
use minilambda::{Context, ToJson};
use minilambda_events::__private::parse_query;
use minilambda_events::Json;
use std::any::Any;
use std::sync::Arc;

/// A request for [`Api::call`](crate::Api::call), from [`Request::get`](crate::Request::get) and
/// others.
///
/// ```
/// use minilambda_http::{Api, Failure, Request, Response, get};
///
/// static API: Api = Api::new(&[get("/search", search)]);
///
/// fn search(request: &Request) -> Result<Response, Failure> {
///     let words: String = request.query("q")?.unwrap_or_default();
///     let language = request.header("accept-language").unwrap_or("en");
///     Ok(Response::text(200, format!("{words} in {language}")))
/// }
///
/// let response = API.call(Request::get("/search?q=green+tea").header("Accept-Language", "pt"));
/// assert_eq!(response.body(), b"green tea in pt");
/// ```
///
/// [`build`](Self::build) makes a request for a handler without an [`Api`](crate::Api):
///
/// ```
/// use minilambda_http::{Failure, Request, Response};
///
/// fn greet(request: &Request) -> Result<Response, Failure> {
///     Ok(Response::text(200, format!("Hello, {}!", request.param::<String>("name")?)))
/// }
///
/// let response = greet(&Request::get("/").param("name", "Ada").build())?;
/// assert_eq!(response.body(), b"Hello, Ada!");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RequestBuilder {
    method: String,
    target: String,
    params: Vec<(&'static str, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    authorizer: Json,
    client_ip: String,
    pub(crate) data: Vec<Value>,
    pub(crate) context: Context,
}

/// Requests for [`Api::call`](crate::Api::call). The target may have a query.
impl Request<'_> {
    /// Creates a GET request.
    pub fn get(target: &str) -> RequestBuilder {
        Self::with_method("GET", target)
    }

    /// Creates a POST request.
    pub fn post(target: &str) -> RequestBuilder {
        Self::with_method("POST", target)
    }

    /// Creates a PUT request.
    pub fn put(target: &str) -> RequestBuilder {
        Self::with_method("PUT", target)
    }

    /// Creates a PATCH request.
    pub fn patch(target: &str) -> RequestBuilder {
        Self::with_method("PATCH", target)
    }

    /// Creates a DELETE request.
    pub fn delete(target: &str) -> RequestBuilder {
        Self::with_method("DELETE", target)
    }

    /// Creates a request with any method.
    pub fn with_method(method: &str, target: &str) -> RequestBuilder {
        RequestBuilder {
            method: method.to_owned(),
            target: target.to_owned(),
            params: Vec::new(),
            headers: Vec::new(),
            body: Vec::new(),
            authorizer: Json::NULL,
            client_ip: "127.0.0.1".to_owned(),
            data: Vec::new(),
            context: Context::default(),
        }
    }
}

impl RequestBuilder {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a cookie.
    pub fn cookie(self, name: &str, value: &str) -> Self {
        self.header("cookie", &format!("{name}={value}"))
    }

    /// Sets a fact about the caller from the authorizer, such as `sub`.
    pub fn authorizer(mut self, name: &str, value: &str) -> Self {
        self.authorizer.set(name, value);
        self
    }

    /// Sets the body.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Sets the body to JSON. If it cannot be written, which happens only to types of other
    /// libraries than miniserde, an error is logged and the body stays empty.
    pub fn json<T: ToJson + ?Sized>(self, body: &T) -> Self {
        let body = body.to_json(Vec::new()).unwrap_or_else(|error| {
            log::error!("the body of a request: {}", error.message());
            Vec::new()
        });
        self.body("application/json", body)
    }

    /// Sets the client's address. The default is `127.0.0.1`.
    pub fn client_ip(mut self, address: &str) -> Self {
        address.clone_into(&mut self.client_ip);
        self
    }

    /// Sets the host that the client asks for. The default is `localhost`.
    pub fn host(self, host: &str) -> Self {
        self.header("host", host)
    }

    /// Sets the context of the invocation: its id, its deadline.
    pub fn context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// Sets a value as [`Request::set`] does, for [`build`](Self::build): in an
    /// [`Api`](crate::Api) the functions before the route set it.
    pub fn data<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.data.push(Arc::new(value));
        self
    }

    /// Adds a path parameter, for [`build`](Self::build): an [`Api`](crate::Api) takes those of its
    /// route from the path.
    pub fn param(mut self, name: &'static str, value: &str) -> Self {
        self.params.push((name, value.to_owned()));
        self
    }

    /// Returns the request, to call a handler without an [`Api`](crate::Api). Its route is empty.
    #[must_use]
    pub fn build(&self) -> Request<'_> {
        let matched = Matched { params: self.params.clone(), ..Matched::default() };
        let request = Request::new(self.receive(""), matched, &self.context, b"{}");
        self.data.iter().for_each(|value| request.add(Arc::clone(value)));
        request
    }

    /// Returns the request as if it came from a function URL.
    pub(crate) fn receive(&self, base_path: &str) -> Received {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let path = Path::decode(path, false, base_path);
        let (headers, body) = (self.headers.clone(), Some(self.body.clone()));
        Received {
            query: parse_query(query),
            authorizer: self.authorizer.clone(),
            client_ip: Some(self.client_ip.clone()),
            domain_name: Some("localhost".to_owned()),
            ..Received::new(FrontEnd::FunctionUrl, &self.method, path, headers, body)
        }
    }
}
