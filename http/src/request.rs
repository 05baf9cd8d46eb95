//! A request, in one form for every front end.

use crate::event::{Parts, Source};
use crate::path::Path;
use crate::route::Matched;
use crate::{Form, RequestBuilder, Response, accept, event, form};
use http::Method;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use minilambda::{Context, Error, decode};
use minilambda_events::{Json, JsonRef, cookie};
use miniserde::Deserialize;
use std::path::{Component, PathBuf};
use std::str::FromStr;

const MAX_FORM_FIELDS: usize = 10_000;

/// An HTTP request.
///
/// Access by type returns a [`Response`] with the right status, which `?` returns to the client.
#[derive(Debug)]
pub struct Request<'a> {
    source: Source,
    method: Method,
    path: Path,
    matched: Matched,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Vec<u8>,
    authorizer: Json,
    client_ip: Option<String>,
    host: Option<String>,
    context: &'a Context,
    event: &'a [u8],
}

impl<'a> Request<'a> {
    /// Makes a request of its parts without the invalid ones. The reason to refuse the first of these is returned
    /// too: the client gets it with status 400.
    pub(crate) fn new(
        parts: Parts,
        method: Method,
        path: Path,
        matched: Matched,
        context: &'a Context,
        event: &'a [u8],
    ) -> (Self, Result<(), &'static str>) {
        let (headers, is_header_valid) = headers(parts.headers);
        let is_body_valid = parts.body.as_ref().map(drop).ok_or("the body is not base64");
        let request = Self {
            source: parts.source,
            method,
            path,
            matched,
            query: parts.query,
            headers,
            body: parts.body.unwrap_or_default(),
            authorizer: claims(&parts.authorizer),
            client_ip: parts.client_ip,
            host: parts.host,
            context,
            event,
        };
        (request, is_header_valid.and(is_body_valid))
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

    /// Returns the path, decoded, without the stage, the base path and a slash at its end.
    #[must_use]
    pub fn path(&self) -> String {
        self.path.to_string()
    }

    /// Returns the pattern of the route, such as `/todos/{id}`. It is empty if there is no route.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.matched.pattern
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns a header. Of several values it is the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next()
    }

    /// Returns all values of a header. They are UTF-8, as the event is, and `HeaderValue::to_str` would refuse
    /// one that is not ASCII.
    fn header_values(&self, name: impl header::AsHeaderName) -> impl Iterator<Item = &str> {
        let values = self.headers.get_all(name).into_iter();
        values.filter_map(|value| std::str::from_utf8(value.as_bytes()).ok())
    }

    /// Returns the value of a cookie, without the double quotes that may be around it. Of several cookies of
    /// the same name it is the first.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.header_values(header::COOKIE).find_map(|value| cookie(value, name))
    }

    /// Returns a path parameter: `id` of a route `/todos/{id}`.
    ///
    /// # Errors
    /// Status 404 if it cannot be parsed. If the route does not have the parameter, the program is wrong: an error
    /// is logged, and the status is 500. A function for all routes, such as [`before`](crate::Api::before), uses
    /// [`params`](Self::params).
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T, Response> {
        self.param_text(name)?.parse().map_err(|_| no_such(name))
    }

    /// Returns a path parameter, such as the rest of the path, as a path that stays below the folder it is
    /// joined to. A slash at its end is left out.
    ///
    /// ```
    /// use minilambda_http::{Api, Failure, Request, Response, get};
    /// use std::path::Path;
    ///
    /// static API: Api = Api::new(&[get("/files/{path*}", file)]);
    ///
    /// fn file(request: &Request) -> Result<Response, Failure> {
    ///     let path = Path::new("/var/task/files").join(request.relative_path("path")?);
    ///     Ok(Response::text(200, path.display().to_string()))
    /// }
    ///
    /// assert_eq!(API.call(Request::get("/files/a/b")).body(), b"/var/task/files/a/b");
    /// assert_eq!(API.call(Request::get("/files/..%2F..%2Fb")).status(), 404);
    /// ```
    ///
    /// # Errors
    /// Status 404 if it has an empty part, `.`, `..` or a zero byte, or is absolute. Status 500 if the route does
    /// not have the parameter, as from [`param`](Self::param).
    pub fn relative_path(&self, name: &str) -> Result<PathBuf, Response> {
        let text = self.param_text(name)?;
        let parts = || text.strip_suffix('/').unwrap_or(text).split('/');
        if parts().all(is_plain) { Ok(parts().collect()) } else { Err(no_such(name)) }
    }

    fn param_text(&self, name: &str) -> Result<&str, Response> {
        let mut params = self.params();
        params.find(|(key, _)| *key == name).map(|(_, value)| value).ok_or_else(|| {
            let (method, route) = (&self.method, self.route());
            log::error!("{method} {route}: the route has no parameter {name}");
            Response::internal_error()
        })
    }

    /// Returns the path parameters of the route, in their order.
    pub fn params(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.matched.params.iter().map(|(name, value)| (*name, &**value))
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
    /// not UTF-8 or has more than 10,000 fields: a field takes many times the memory of its text.
    pub fn form(&self) -> Result<Form, Response> {
        let expected = "application/x-www-form-urlencoded";
        if self.media_type() != expected {
            return Err(Response::problem(415, format!("the content type must be {expected}")));
        }
        let body = std::str::from_utf8(&self.body);
        let body = body.map_err(|_| Response::problem(400, "the body is not UTF-8"))?;
        if body.split('&').count() > MAX_FORM_FIELDS {
            let detail = format!("the form has more than {MAX_FORM_FIELDS} fields");
            return Err(Response::problem(400, detail));
        }
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
        let accept: Vec<_> = self.header_values(header::ACCEPT).collect();
        accept::preferred(Some(&accept.join(",")), offered).ok_or_else(|| {
            Response::problem(406, format!("the response can be {}", offered.join(", ")))
        })
    }

    /// Returns what the authorizer says of the caller: a claim of a token (`sub`), a field of a Lambda
    /// authorizer's context, or a field of the IAM identity (`userArn`).
    #[must_use]
    pub fn authorizer(&self, name: &str) -> Option<&str> {
        self.authorizer.get(name)?.as_str()
    }

    /// Returns all that the authorizer says of the caller: an object, or null if there is no authorizer.
    #[must_use]
    pub fn authorizer_fields(&self) -> &Json {
        &self.authorizer
    }

    /// Returns the client's address without its port, as the front end sends it. A load balancer and VPC Lattice
    /// add it at the end of `X-Forwarded-For`; the client may have made up the rest. A load balancer whose
    /// `routing.http.xff_header_processing.mode` is `preserve` adds nothing, so the client chooses the address.
    #[must_use]
    pub fn client_ip(&self) -> Option<&str> {
        self.client_ip.as_deref()
    }

    /// Returns the host that the client asked for.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Returns `https` or `http`, as the front end sends it.
    #[must_use]
    pub fn scheme(&self) -> &str {
        let last = self.header_values("x-forwarded-proto").last();
        let scheme = last.and_then(|value| value.rsplit(',').next()).unwrap_or_default();
        if scheme.trim().eq_ignore_ascii_case("http") { "http" } else { "https" }
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

fn no_such(name: &str) -> Response {
    Response::problem(404, format!("there is no such {name}"))
}

/// Whether a part of a path is the name of a file or a folder.
fn is_plain(part: &str) -> bool {
    let mut components = std::path::Path::new(part).components();
    let first = components.next();
    let is_name = matches!(first, Some(Component::Normal(name)) if name == part);
    is_name && components.next().is_none() && !part.contains('\0')
}

/// Leaves out invalid headers. A map holds 24,576 names.
fn headers(pairs: Vec<(String, String)>) -> (HeaderMap, Result<(), &'static str>) {
    let mut headers = HeaderMap::try_with_capacity(pairs.len()).unwrap_or_default();
    let mut result = Ok(());
    for (name, value) in pairs {
        let (name, value) = (HeaderName::try_from(name), HeaderValue::try_from(value));
        let (Ok(name), Ok(value)) = (name, value) else {
            result = result.and(Err("a header is invalid"));
            continue;
        };
        if headers.try_append(name, value).is_err() {
            return (headers, result.and(Err("there are too many headers")));
        }
    }
    (headers, result)
}

/// Brings what authorizers say into one form: the fields of `claims`, `jwt.claims`, `lambda` and `iam` are
/// next to the others. A field of such a name that is not an object is kept.
fn claims(authorizer: &Json) -> Json {
    let authorizer = authorizer.view();
    let inner = |name| authorizer.get(name);
    let (jwt, jwt_claims) = (inner("jwt"), authorizer.path("jwt.claims"));
    let parts = [
        (Some(authorizer), &["claims", "jwt", "lambda", "iam"][..]),
        (inner("claims"), &[]),
        (jwt_claims, &[]),
        (jwt, &["claims"]),
        (inner("lambda"), &[]),
        (inner("iam"), &[]),
    ];
    let mut all =
        parts.into_iter().filter_map(|(part, objects)| fields(part?, objects)).flatten().peekable();
    if all.peek().is_none() { Json::NULL } else { all.collect() }
}

/// The fields of an object, without the objects of these names.
fn fields<'a>(
    object: JsonRef<'a>,
    objects: &'a [&str],
) -> Option<impl Iterator<Item = (&'a str, Json)>> {
    let is_left_out =
        |name: &str, value: JsonRef| objects.contains(&name) && value.fields().is_some();
    let fields = object.fields()?.filter(move |(name, value)| !is_left_out(name, *value));
    Some(fields.map(|(name, value)| (name, value.to_json())))
}
