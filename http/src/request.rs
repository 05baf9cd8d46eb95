//! A request, in one form for every front end.

use crate::accept;
use crate::data::{Data, Value};
use crate::form::{self, Form};
use crate::pattern::Matched;
use crate::received::{FrontEnd, Received};
use crate::response::Response;
use http::Method;
use http::header::HeaderMap;
use minilambda::{Context, Error, FromJson, decode};
use minilambda_events::__private::parse_query;
use minilambda_events::{Json, JsonRef, cookie};
use std::any::{Any, type_name};
use std::fmt;
use std::path::{Component, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

const MAX_FORM_FIELDS: usize = 10_000;

/// An HTTP request.
///
/// Access by type returns a [`Response`] with the right status, which `?` returns to the client.
pub struct Request<'a> {
    received: Received,
    matched: Matched,
    context: &'a Context,
    event: &'a [u8],
    data: Data,
    /// The facts about the caller that are numbers or booleans, as texts, once one is asked for.
    texts: OnceLock<Json>,
}

/// Prints nothing that the client has sent.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("front_end", &self.front_end())
            .field("method", self.method())
            .field("route", &self.route())
            .finish_non_exhaustive()
    }
}

impl<'a> Request<'a> {
    pub(crate) fn new(
        received: Received,
        matched: Matched,
        context: &'a Context,
        event: &'a [u8],
    ) -> Self {
        let (data, texts) = (Data::default(), OnceLock::new());
        Self { received, matched, context, event, data, texts }
    }

    /// Why the client gets status 400.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        self.received.refusal
    }

    /// Returns the front end.
    #[must_use]
    pub fn front_end(&self) -> FrontEnd {
        self.received.front_end
    }

    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.received.method
    }

    /// Returns the path, decoded, without the stage, the base path and a slash at its end.
    #[must_use]
    pub fn path(&self) -> &str {
        self.received.path.text()
    }

    /// Returns the pattern of the route, such as `/todos/{id}`. It is empty if there is no route.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.matched.pattern
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.received.headers.map()
    }

    /// Returns a header. Of several values it is the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next()
    }

    /// Returns all values of a header. They are UTF-8, as the event is, and `HeaderValue::to_str`
    /// would refuse one that is not ASCII.
    fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.received.headers.values(name)
    }

    /// Returns the value of a cookie, without the double quotes that may be around it. Of several
    /// cookies of the same name it is the first.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.header_values("cookie").find_map(|value| cookie(value, name))
    }

    /// Returns a path parameter: `id` of a route `/todos/{id}`.
    ///
    /// # Errors
    /// Status 404 if it cannot be parsed. If the route does not have the parameter, the program is
    /// wrong: an error is logged, and the status is 500. A function for all routes, such as
    /// [`before`](crate::Api::before), uses [`params`](Self::params).
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T, Response> {
        self.param_text(name)?.parse().map_err(|_| no_such(name))
    }

    /// Returns a path parameter, such as the rest of the path, as a path that stays below the
    /// folder it is joined to. A slash at its end is left out.
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
    /// Status 404 if it has an empty part, `.`, `..` or a zero byte, or is absolute. Status 500 if
    /// the route does not have the parameter, as from [`param`](Self::param).
    pub fn relative_path(&self, name: &str) -> Result<PathBuf, Response> {
        let text = self.param_text(name)?;
        let parts = || text.strip_suffix('/').unwrap_or(text).split('/');
        if parts().all(is_plain) { Ok(parts().collect()) } else { Err(no_such(name)) }
    }

    fn param_text(&self, name: &str) -> Result<&str, Response> {
        let mut params = self.params();
        params.find(|(key, _)| *key == name).map(|(_, value)| value).ok_or_else(|| {
            let (method, route) = (self.method(), self.route());
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
        form::get(&self.received.query, name, "query")
    }

    /// Returns all parameters of the query, decoded. They are in the order of the query if the
    /// front end sends it, otherwise ordered by name, and the values of a name in their order.
    pub fn query_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.received.query.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Returns the body, decoded if it came in base64.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.received.body
    }

    /// Decodes the body from JSON.
    ///
    /// # Errors
    /// Status 415 if the content type is not JSON, or 400 with the place of the mismatch.
    pub fn json<T: FromJson>(&self) -> Result<T, Response> {
        let media_type = self.media_type();
        if !(media_type == "application/json" || media_type.ends_with("+json")) {
            return Err(Response::problem(415, "the content type must be application/json"));
        }
        decode(self.body()).map_err(|error| Response::problem(400, error.message()))
    }

    /// Decodes the body from an HTML form.
    ///
    /// # Errors
    /// Status 415 if the content type is not `application/x-www-form-urlencoded`, or 400 if the
    /// body is not UTF-8 or has more than 10,000 fields: a field takes many times the memory of its
    /// text.
    pub fn form(&self) -> Result<Form, Response> {
        let expected = "application/x-www-form-urlencoded";
        if self.media_type() != expected {
            return Err(Response::problem(415, format!("the content type must be {expected}")));
        }
        let body = std::str::from_utf8(self.body());
        let body = body.map_err(|_| Response::problem(400, "the body is not UTF-8"))?;
        if body.split('&').count() > MAX_FORM_FIELDS {
            let detail = format!("the form has more than {MAX_FORM_FIELDS} fields");
            return Err(Response::problem(400, detail));
        }
        Ok(Form(parse_query(body)))
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
        let accept: Vec<_> = self.header_values("accept").collect();
        accept::preferred(&accept.join(","), offered).ok_or_else(|| {
            Response::problem(406, format!("the response can be {}", offered.join(", ")))
        })
    }

    /// Returns a fact about the caller from the authorizer: a claim of a token (`sub`), a field of
    /// a Lambda authorizer's context, or a field of the IAM identity by its name in an HTTP API
    /// (`userArn`, `accountId`, `userId`). A number or a boolean, which an HTTP API passes on as it
    /// is, becomes text, as in a REST API.
    #[must_use]
    pub fn authorizer(&self, name: &str) -> Option<&str> {
        let fact = self.received.authorizer.get(name)?;
        fact.as_str().or_else(|| self.texts.get_or_init(|| self.other_facts()).get(name)?.as_str())
    }

    fn other_facts(&self) -> Json {
        let is_scalar = |it: &JsonRef| it.as_number().is_some() || it.as_bool().is_some();
        let facts = self.received.authorizer.fields().into_iter().flatten();
        facts.filter(|(_, it)| is_scalar(it)).map(|(name, it)| (name, it.to_string())).collect()
    }

    /// Returns all facts about the caller from the authorizer, as the front end sends them: an
    /// object, or null if there is no authorizer, or it has said nothing.
    #[must_use]
    pub fn authorizer_fields(&self) -> &Json {
        &self.received.authorizer
    }

    /// Returns the client's address without its port, as the front end sends it. A load balancer
    /// and VPC Lattice add it at the end of `X-Forwarded-For`; the client may have invented the
    /// rest. So does an HTTP API with mutual TLS, whose `sourceIp` is a proxy of AWS. A load
    /// balancer whose `routing.http.xff_header_processing.mode` is `preserve` adds nothing, so the
    /// client chooses the address. `None` if there is no address, as from the test button of API
    /// Gateway's console.
    #[must_use]
    pub fn client_ip(&self) -> Option<&str> {
        self.received.client_ip.as_deref()
    }

    /// Returns the host that the client asked for.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.header("host").or(self.received.domain_name.as_deref())
    }

    /// Returns `https` or `http`, as the front end sends it.
    #[must_use]
    pub fn scheme(&self) -> &str {
        let last = self.header_values("x-forwarded-proto").last();
        let scheme = last.and_then(|value| value.rsplit(',').next()).unwrap_or_default();
        if scheme.trim().eq_ignore_ascii_case("http") { "http" } else { "https" }
    }

    /// Hands a value to the functions after this one: those before and around the route, the
    /// route's, and [`after`](crate::Api::after). They find it by its type. Of several values of a
    /// type they find the last.
    ///
    /// ```
    /// use minilambda_http::{Api, Failure, Request, Response, get};
    /// use miniserde::Deserialize;
    ///
    /// static API: Api = Api::new(&[get("/me", me)]).before(&[log_in]);
    ///
    /// #[derive(Deserialize)]
    /// struct User {
    ///     sub: String,
    /// }
    ///
    /// /// The authorizer of the front end has checked the token; its facts become a type.
    /// fn log_in(request: &Request) -> Option<Response> {
    ///     match request.authorizer_fields().decode::<User>() {
    ///         Ok(user) => request.set(user),
    ///         Err(_) => return Some(Response::problem(401, "who are you?")),
    ///     }
    ///     None
    /// }
    ///
    /// fn me(request: &Request) -> Result<Response, Failure> {
    ///     let user: &User = request.data()?;
    ///     Ok(Response::text(200, user.sub.clone()))
    /// }
    ///
    /// assert_eq!(API.call(Request::get("/me").authorizer("sub", "user-17")).body(), b"user-17");
    /// assert_eq!(API.call(Request::get("/me")).status(), 401);
    /// // A function is tested without the one that sets the user:
    /// let request = Request::get("/me").data(User { sub: "user-17".to_owned() });
    /// assert_eq!(me(&request.build())?.body(), b"user-17");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn set<T: Any + Send + Sync>(&self, value: T) {
        self.add(Arc::new(value));
    }

    pub(crate) fn add(&self, value: Value) {
        self.data.add(value);
    }

    /// Returns the value of this type that was [`set`](Self::set).
    ///
    /// # Errors
    /// If there is none, the program is wrong: an error is logged, and the status is 500.
    pub fn data<T: Any>(&self) -> Result<&T, Response> {
        self.data_if_set().ok_or_else(|| {
            let (method, route) = (self.method(), self.route());
            log::error!("{method} {route}: no function has set a {}", type_name::<T>());
            Response::internal_error()
        })
    }

    /// Returns the value of this type that was [`set`](Self::set), if there is one.
    #[must_use]
    pub fn data_if_set<T: Any>(&self) -> Option<&T> {
        self.data.last()
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
    pub fn event<E: FromJson>(&self) -> Result<E, Error> {
        decode(self.event)
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
