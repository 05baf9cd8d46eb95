//! A request, in one form for every front end.

use crate::event::{Parts, Source};
use crate::{Form, RequestBuilder, Response, accept, event, form};
use http::Method;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use minilambda::{Context, Error, decode};
use miniserde::Deserialize;
use miniserde::json::{Object, Value};
use percent_encoding::percent_decode_str;
use std::str::FromStr;

/// An HTTP request.
///
/// Access by type returns a [`Response`] with the right status, which `?` returns to the client.
#[derive(Debug)]
pub struct Request<'a> {
    source: Source,
    method: Method,
    segments: Vec<String>,
    route: String,
    params: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Vec<u8>,
    authorizer: Object,
    client_ip: Option<String>,
    host: Option<String>,
    context: &'a Context,
    event: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads a request. The error is a response with status 400.
    pub(crate) fn new(
        parts: Parts,
        context: &'a Context,
        event: &'a [u8],
    ) -> Result<Self, Response> {
        let invalid = |what: &str| Response::problem(400, what);
        let method = parts.method.parse().map_err(|_| invalid("the method is invalid"))?;
        let segments = segments(&parts.path, parts.source.has_decoded_path())
            .ok_or_else(|| invalid("the path is not UTF-8"))?;
        let mut headers = HeaderMap::with_capacity(parts.headers.len());
        for (name, value) in parts.headers {
            let name = HeaderName::try_from(name);
            let value = HeaderValue::try_from(value);
            let (Ok(name), Ok(value)) = (name, value) else {
                return Err(invalid("a header is invalid"));
            };
            headers.append(name, value);
        }
        let body = parts.body.ok_or_else(|| invalid("the body is not base64"))?;
        Ok(Self {
            source: parts.source,
            method,
            segments,
            route: String::new(),
            params: Vec::new(),
            query: parts.query,
            headers,
            body,
            authorizer: claims(parts.authorizer),
            client_ip: parts.client_ip,
            host: parts.host,
            context,
            event,
        })
    }

    /// Returns the front end.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the path, decoded, without the stage and the base path.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/{}", self.segments.join("/"))
    }

    /// Returns the pattern of the route, such as `/todos/{id}`. It is empty before the route is found.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.route
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns a header that is text. Of several values it is the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the value of a cookie.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let headers = self.headers.get_all(header::COOKIE).into_iter();
        let cookies = headers.filter_map(|value| value.to_str().ok()).flat_map(|it| it.split(';'));
        let mut pairs = cookies.filter_map(|cookie| cookie.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// Returns a path parameter: `id` of a route `/todos/{id}`.
    ///
    /// # Errors
    /// Status 404 if it cannot be parsed, or the route does not have it.
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T, Response> {
        let value = self.params.iter().find(|(key, _)| *key == name);
        let value = value.and_then(|(_, value)| value.parse().ok());
        value.ok_or_else(|| Response::problem(404, format!("there is no such {name}")))
    }

    /// Returns a parameter of the query, the first of several values: `None` if the query has none.
    ///
    /// # Errors
    /// Status 400 if it cannot be parsed.
    pub fn query<T: FromStr>(&self, name: &str) -> Result<Option<T>, Response> {
        form::get(&self.query, name, "query")
    }

    /// Returns all parameters of the query, decoded. They are in the order of the query if the front end
    /// sends it, otherwise ordered by name, and the values of a name in their order.
    pub fn query_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Returns the body, decoded if it came in base64.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Decodes the body from JSON.
    ///
    /// # Errors
    /// Status 415 if the content type is not JSON, or 400 with the place of the mismatch.
    pub fn json<T: Deserialize>(&self) -> Result<T, Response> {
        let media_type = self.media_type();
        if !(media_type == "application/json" || media_type.ends_with("+json")) {
            return Err(Response::problem(415, "the content type must be application/json"));
        }
        decode(&self.body).map_err(|error| Response::problem(400, error.message()))
    }

    /// Decodes the body from an HTML form.
    ///
    /// # Errors
    /// Status 415 if the content type is not `application/x-www-form-urlencoded`, or 400 if the body is
    /// not UTF-8.
    pub fn form(&self) -> Result<Form, Response> {
        let expected = "application/x-www-form-urlencoded";
        if self.media_type() != expected {
            return Err(Response::problem(415, format!("the content type must be {expected}")));
        }
        let body = std::str::from_utf8(&self.body);
        let body = body.map_err(|_| Response::problem(400, "the body is not UTF-8"))?;
        Ok(Form(event::parse_query(body)))
    }

    /// Returns the media type in lower case, without parameters such as `charset`.
    fn media_type(&self) -> String {
        let content_type = self.header("content-type").unwrap_or_default();
        content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Returns which of the media types the client prefers, by its `Accept` header.
    ///
    /// # Errors
    /// Status 406 if it accepts none.
    pub fn accepts<'b>(&self, offered: &[&'b str]) -> Result<&'b str, Response> {
        let accept: Vec<_> = self.headers.get_all(header::ACCEPT).into_iter().collect();
        let accept: Vec<_> = accept.iter().filter_map(|value| value.to_str().ok()).collect();
        accept::preferred(Some(&accept.join(",")), offered).ok_or_else(|| {
            Response::problem(406, format!("the response can be {}", offered.join(", ")))
        })
    }

    /// Returns what the authorizer says of the caller: a claim of a token (`sub`), a field of a Lambda
    /// authorizer's context, or a field of the IAM identity (`userArn`).
    #[must_use]
    pub fn authorizer(&self, name: &str) -> Option<&str> {
        match self.authorizer.get(name)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns all that the authorizer says of the caller.
    #[must_use]
    pub fn authorizer_fields(&self) -> &Object {
        &self.authorizer
    }

    /// Returns the client's address. Behind a load balancer it is the last of `X-Forwarded-For`.
    #[must_use]
    pub fn client_ip(&self) -> Option<&str> {
        self.client_ip.as_deref()
    }

    /// Returns the host that the client asked for.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Returns `https` or `http`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.header("x-forwarded-proto").unwrap_or("https")
    }

    /// Returns the context of the invocation.
    #[must_use]
    pub fn context(&self) -> &Context {
        self.context
    }

    /// Decodes the event, for fields that only one front end has.
    ///
    /// # Errors
    /// If it is the event of another front end.
    pub fn event<E: Deserialize>(&self) -> Result<E, Error> {
        decode(self.event)
    }

    pub(crate) fn set_route(&mut self, pattern: String, params: Vec<(&'static str, String)>) {
        self.route = pattern;
        self.params = params;
    }

    pub(crate) fn segments(&self) -> &[String] {
        &self.segments
    }

    /// Removes the base path, if the path begins with it.
    pub(crate) fn remove_base(&mut self, base: &str) {
        let base = base.split('/').filter(|segment| !segment.is_empty());
        let count = base.clone().count();
        if count > 0 && base.eq(self.segments.iter().take(count)) {
            self.segments.drain(..count);
        }
    }

    /// Creates a GET request for [`Api::call`](crate::Api::call). The target may have a query.
    pub fn get(target: &str) -> RequestBuilder {
        RequestBuilder::new("GET", target)
    }

    /// Creates a POST request for [`Api::call`](crate::Api::call).
    pub fn post(target: &str) -> RequestBuilder {
        RequestBuilder::new("POST", target)
    }

    /// Creates a PUT request for [`Api::call`](crate::Api::call).
    pub fn put(target: &str) -> RequestBuilder {
        RequestBuilder::new("PUT", target)
    }

    /// Creates a DELETE request for [`Api::call`](crate::Api::call).
    pub fn delete(target: &str) -> RequestBuilder {
        RequestBuilder::new("DELETE", target)
    }

    /// Creates a request with any method for [`Api::call`](crate::Api::call).
    pub fn with_method(method: &str, target: &str) -> RequestBuilder {
        RequestBuilder::new(method, target)
    }
}

/// Splits a path and decodes each segment, so that `%2F` does not split. A slash at the end is
/// ignored. `None` if it is not UTF-8.
fn segments(path: &str, is_decoded: bool) -> Option<Vec<String>> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Some(Vec::new());
    }
    let decode = |segment: &str| {
        if is_decoded {
            return Some(segment.to_owned());
        }
        Some(percent_decode_str(segment).decode_utf8().ok()?.into_owned())
    };
    path.split('/').map(decode).collect()
}

/// Brings what authorizers say into one form: the fields of `claims`, `jwt.claims`, `lambda` and `iam` are
/// next to the others.
fn claims(authorizer: Option<Value>) -> Object {
    let Some(Value::Object(mut fields)) = authorizer else { return Object::new() };
    if let Some(Value::Object(mut jwt)) = fields.remove("jwt") {
        if let Some(claims) = jwt.remove("claims") {
            fields.insert("claims".to_owned(), claims);
        }
        fields.extend(jwt);
    }
    for inner in ["claims", "lambda", "iam"] {
        if let Some(Value::Object(inner)) = fields.remove(inner) {
            fields.extend(inner);
        }
    }
    fields
}
