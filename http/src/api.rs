//! The table of routes, and how a request is served.

use crate::check::check_conflicts;
use crate::event::Event;
use crate::route::{Function, StreamFunction, Target, find};
use crate::stream::{BodyStream, Out};
use crate::{Cors, Failure, Request, RequestBuilder, Response, Route, wire};
use http::Method;
use log::Level;
use minilambda::{Context, Error, ResponseStream, catch_panic};
use std::io::Write;
use std::time::Instant;

/// An HTTP API: a table of routes, and what is common to all of them.
///
/// ```
/// use minilambda_http::{Api, Cors, Failure, Request, Response, get};
///
/// static API: Api = Api::new(&[get("/health", health)])
///     .cors(&CORS)
///     .before(check_key)
///     .after(add_version);
/// static CORS: Cors = Cors::new(&["https://shop.example.com"]);
///
/// fn health(_: &Request) -> Result<Response, Failure> {
///     Ok(Response::text(200, "fine"))
/// }
///
/// fn check_key(request: &Request) -> Option<Response> {
///     let is_known = request.header("x-api-key") == Some("open-sesame");
///     (!is_known).then(|| Response::problem(401, "the x-api-key header is missing or wrong"))
/// }
///
/// fn add_version(_: &Request, response: Response) -> Response {
///     response.with_header("X-Version", "7")
/// }
///
/// assert_eq!(API.call(Request::get("/health")).status(), 401);
/// let response = API.call(Request::get("/health").header("x-api-key", "open-sesame"));
/// assert_eq!((response.body(), response.header("x-version")), (&b"fine"[..], Some("7")));
/// ```
///
/// Of the routes that match the method and the path, the most specific path serves the request,
/// whatever the order: a literal segment comes before `{name}`, and that before `{name*}`. HEAD is served
/// by the route for GET, and OPTIONS is answered with the path's methods, unless there is a route. A
/// path without a route is status 404, a method without a route 405.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    routes: &'static [Route],
    cors: Option<&'static Cors>,
    base_path: &'static str,
    before: Option<fn(&Request) -> Option<Response>>,
    after: Option<fn(&Request, Response) -> Response>,
    fallback: Option<Function>,
}

impl Api {
    /// Creates an API. Two routes that serve the same requests are a compile error in a `static`.
    #[must_use]
    pub const fn new(routes: &'static [Route]) -> Self {
        check_conflicts(routes);
        Self { routes, cors: None, base_path: "", before: None, after: None, fallback: None }
    }

    /// Allows web pages of other origins to call the API. Preflights are answered.
    #[must_use]
    pub const fn cors(self, cors: &'static Cors) -> Self {
        Self { cors: Some(cors), ..self }
    }

    /// Removes a base path from the paths that begin with it: that of a custom domain's mapping, such as
    /// `/shop`.
    #[must_use]
    pub const fn base_path(self, base_path: &'static str) -> Self {
        Self { base_path, ..self }
    }

    /// Sets a function that is called before the route's, also if there is no route. If it returns
    /// a response, that is sent. It is not called for preflights.
    #[must_use]
    pub const fn before(self, function: fn(&Request) -> Option<Response>) -> Self {
        Self { before: Some(function), ..self }
    }

    /// Sets a function that may change each response.
    #[must_use]
    pub const fn after(self, function: fn(&Request, Response) -> Response) -> Self {
        Self { after: Some(function), ..self }
    }

    /// Sets the function for paths without a route, which are status 404 otherwise.
    #[must_use]
    pub const fn fallback(self, function: Function) -> Self {
        Self { fallback: Some(function), ..self }
    }

    /// Serves an event. The macro [`http!`](crate::http!) makes a handler of it.
    ///
    /// # Errors
    /// If the event is not an HTTP request. Everything else is a response.
    pub fn serve(&self, event: Vec<u8>, context: &Context) -> Result<Vec<u8>, Error> {
        let parts = Event::decode(&event)?;
        let source = parts.source;
        let response = self.respond(Request::new(parts, context, &event));
        Ok(wire::write(source, response))
    }

    /// Serves an event and writes the response to a stream. The macro
    /// [`http_stream!`](crate::http_stream!) makes a handler of it.
    ///
    /// # Errors
    /// If the event is not an HTTP request, or a [`stream`](crate::stream) route fails after it has
    /// begun its response.
    pub fn serve_stream(
        &self,
        event: Vec<u8>,
        context: &Context,
        out: &mut ResponseStream,
    ) -> Result<(), Error> {
        let parts = Event::decode(&event)?;
        let response = match Request::new(parts, context, &event) {
            Ok(mut request) => match self.answer(&mut request, Some(out)) {
                Ok(Answer::Whole(response)) => response,
                Ok(Answer::Streamed) => return Ok(()),
                Err(error) => return Err(error),
            },
            Err(response) => invalid(response),
        };
        out.head(&response)?;
        out.write_all(response.body())?;
        Ok(())
    }

    /// Serves a request, for tests: without an event, and without the form of a front end.
    ///
    /// ```
    /// use minilambda_http::{Api, Request};
    ///
    /// static API: Api = Api::new(&[]);
    /// assert_eq!(API.call(Request::get("/todos?limit=2").header("accept", "text/csv")).status(), 404);
    /// ```
    #[must_use]
    pub fn call(&self, request: RequestBuilder) -> Response {
        let context = Context::default();
        self.respond(Request::new(request.into_parts(), &context, b"{}"))
    }

    fn respond(&self, request: Result<Request, Response>) -> Response {
        let mut request = match request {
            Ok(request) => request,
            Err(response) => return invalid(response),
        };
        match self.answer(&mut request, None) {
            Ok(Answer::Whole(response)) => response,
            // Neither happens without a stream.
            Ok(Answer::Streamed) | Err(_) => internal_error(),
        }
    }

    /// Serves a request. The error is that of a stream that has begun.
    fn answer(
        &self,
        request: &mut Request,
        stream: Option<&mut ResponseStream>,
    ) -> Result<Answer, Error> {
        let start = Instant::now();
        let target = self.route(request);
        let request = &*request;
        let early = self.before.filter(|_| !self.is_preflight(request));
        let result = match early.map(|before| guard(|| Ok(before(request)))) {
            Some(Ok(Some(response))) => Ok(response),
            Some(Err(failure)) => Err(failure),
            Some(Ok(None)) | None => match (target, stream) {
                (Ok(Target::Stream(function)), Some(out)) if request.method() != Method::HEAD => {
                    match self.stream(request, function, out) {
                        Ok(head) => {
                            log_access(request, &head, start);
                            return Ok(Answer::Streamed);
                        }
                        Err(Broken::Begun(error)) => return Err(error),
                        Err(Broken::NotBegun(failure)) => Err(failure),
                    }
                }
                (Ok(Target::Stream(function)), _) => guard(|| whole(request, function)),
                (Ok(Target::Function(function)), _) => guard(|| function(request)),
                (Ok(Target::Nested(_)) | Err(None), _) => match self.fallback {
                    Some(fallback) => guard(|| fallback(request)),
                    None => Ok(Response::problem(404, "there is no such path")),
                },
                (Err(Some(response)), _) => Ok(response),
            },
        };
        let response = self.finish(request, response_of(request, result));
        let is_head = request.method() == Method::HEAD;
        let response = if is_head { response.with_body(Vec::new()) } else { response };
        log_access(request, &response, start);
        Ok(Answer::Whole(response))
    }

    /// Finds the route. The error is the response for a path that does not have the method, or `None`
    /// for a path without a route.
    fn route(&self, request: &mut Request) -> Result<Target, Option<Response>> {
        request.remove_base(self.base_path);
        let allowed = match find(self.routes, request.method(), request.segments()) {
            Ok(found) => {
                request.set_route(found.pattern, found.params);
                return Ok(found.target);
            }
            Err(allowed) if allowed.is_empty() => return Err(None),
            Err(allowed) => allowed.list(),
        };
        Err(Some(match self.cors.filter(|_| Cors::is_preflight(request)) {
            Some(cors) => cors.preflight(&allowed),
            None if request.method() == Method::OPTIONS => {
                Response::empty(204).with_header("allow", allowed)
            }
            None => Response::problem(405, "the path does not have this method")
                .with_header("allow", allowed),
        }))
    }

    fn is_preflight(&self, request: &Request) -> bool {
        self.cors.is_some() && Cors::is_preflight(request)
    }

    /// Adds what is common to all responses.
    fn finish(&self, request: &Request, response: Response) -> Response {
        let response = match self.cors {
            Some(cors) => cors.apply(request, response),
            None => response,
        };
        match self.after {
            Some(after) => {
                guard(|| Ok(after(request, response))).unwrap_or_else(|_| internal_error())
            }
            None => response,
        }
    }

    /// Calls the function of a [`stream`](crate::stream) route, and returns the status and headers.
    fn stream(
        &self,
        request: &Request,
        function: StreamFunction,
        out: &mut ResponseStream,
    ) -> Result<Response, Broken> {
        let finish = |head| self.finish(request, head);
        let mut body = BodyStream::new(out, &finish);
        let result = guard(|| {
            function(request, &mut body)?;
            body.flush()?;
            Ok(())
        });
        match (result, body.into_head()) {
            (Ok(()), head) => Ok(head.unwrap_or_else(internal_error)),
            (Err(failure), None) => Err(Broken::NotBegun(failure)),
            (Err(Failure::Error(error)), Some(_)) => Err(Broken::Begun(error)),
            (Err(Failure::Response(response)), Some(_)) => Err(Broken::Begun(Error::new(
                "Function.StreamBegun",
                format!(
                    "status {} is too late: the response has begun",
                    response.status().as_u16()
                ),
            ))),
        }
    }
}

enum Answer {
    Whole(Response),
    Streamed,
}

/// A stream that failed.
enum Broken {
    /// The client can still get another response.
    NotBegun(Failure),
    /// The client has got a part of the response.
    Begun(Error),
}

/// Calls a function of the user's. A panic is an error.
fn guard<T>(function: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_panic(|| Ok(function())).unwrap_or_else(|panic| Err(Failure::Error(panic)))
}

/// Collects the response of a stream, for a front end that does not stream.
fn whole(request: &Request, function: StreamFunction) -> Result<Response, Failure> {
    let mut written = Vec::new();
    let mut body = BodyStream::new(&mut written, &|head| head);
    function(request, &mut body)?;
    body.flush()?;
    let head = body.into_head().unwrap_or_else(internal_error);
    Ok(head.with_body(written))
}

/// Makes a response of a failure. The client gets no word of an error.
fn response_of(request: &Request, result: Result<Response, Failure>) -> Response {
    match result {
        Ok(response) | Err(Failure::Response(response)) => response,
        Err(Failure::Error(error)) => {
            log::error!("{} {} failed: {error}", request.method(), request.route());
            internal_error()
        }
    }
}

fn internal_error() -> Response {
    Response::problem(500, "the server has failed; its log has the reason")
}

fn invalid(response: Response) -> Response {
    log::info!(target: "minilambda_http", "an invalid request: {}", response.status().as_u16());
    response
}

/// Writes one line for each request, with the route and not the path, which may have secrets. The
/// health checks of a load balancer are written on the level debug.
fn log_access(request: &Request, response: &Response, start: Instant) {
    let agent = request.header("user-agent").unwrap_or_default();
    let is_check = agent.starts_with("ELB-HealthChecker/");
    let level = if is_check { Level::Debug } else { Level::Info };
    let route = if request.route().is_empty() { "-" } else { request.route() };
    log::log!(
        target: "minilambda_http",
        level,
        "{} {route} {} in {:.2} ms",
        request.method(),
        response.status().as_u16(),
        start.elapsed().as_secs_f64() * 1000.0
    );
}
