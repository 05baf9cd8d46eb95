//! How a request is served: the route is found first, and decides who responds.
//!
//! That is the API itself, or the user's functions: those before and around the route, then that of
//! the route. `after` may change each response.

use crate::api::Api;
use crate::around::{Layer, catch_failure};
use crate::builder::RequestBuilder;
use crate::cors::Cors;
use crate::event;
use crate::failure::Failure;
use crate::pattern::Matched;
use crate::received::Received;
use crate::request::Request;
use crate::response::Response;
use crate::route::{Routed, StreamFunction, find};
use crate::stream::{BodyStream, Out};
use crate::wire;
use http::Method;
use log::Level;
use minilambda::__private::catch_panic;
use minilambda::{Context, Error, ResponseStream};
use std::io::Write;
use std::time::Instant;

impl Api {
    /// Serves an event. The macro [`http!`](crate::http!) makes a handler of it.
    ///
    /// # Errors
    /// If the event is not an HTTP request, or the response is larger than a load balancer accepts.
    /// Everything else is a response.
    pub fn serve(&self, event: Vec<u8>, context: &Context) -> Result<Vec<u8>, Error> {
        let received = event::decode(&event, self.base_path)?;
        self.respond_whole(received, context, event)
    }

    /// Serves an event and writes the response to a stream. The macro
    /// [`http_stream!`](crate::http_stream!) makes a handler of it.
    ///
    /// HTTP APIs, load balancers and VPC Lattice cannot stream: for them the response is written at
    /// once, in the form that they expect.
    ///
    /// # Errors
    /// As [`serve`](Self::serve), or if a [`stream`](crate::stream) route fails after it has
    /// begun its response.
    pub fn serve_stream(
        &self,
        event: Vec<u8>,
        context: &Context,
        out: &mut ResponseStream,
    ) -> Result<(), Error> {
        let received = event::decode(&event, self.base_path)?;
        if !received.can_stream() {
            let response = self.respond_whole(received, context, event)?;
            out.content_type("application/json")?;
            return Ok(out.write_all(&response)?);
        }
        if let Some(response) = self.run(received, context, &event, Some(out))? {
            out.head(&response)?;
            out.write_all(response.body())?;
        }
        Ok(())
    }

    /// Serves a request, for tests: without an event, and without the form of a front end.
    ///
    /// ```
    /// use minilambda_http::{Api, Request};
    ///
    /// static API: Api = Api::new(&[]);
    /// let request = Request::get("/todos?limit=2").header("accept", "text/csv");
    /// assert_eq!(API.call(request).status(), 404);
    /// ```
    #[must_use]
    pub fn call(&self, request: RequestBuilder) -> Response {
        self.respond(request.receive(self.base_path), &request.context, b"{}")
    }

    /// Serves a request, and writes the response as a whole for its front end.
    fn respond_whole(
        &self,
        received: Received,
        context: &Context,
        event: Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        let front_end = received.front_end;
        let response = self.respond(received, context, &event);
        wire::write(front_end, &response, event)
    }

    /// Serves a request without a stream.
    fn respond(&self, received: Received, context: &Context, event: &[u8]) -> Response {
        let response = self.run(received, context, event, None).ok().flatten();
        // Without a stream there is a response.
        response.unwrap_or_else(Response::internal_error)
    }

    /// Serves a request. Returns the response, or `None` if it was streamed. The error is that of a
    /// stream that has begun.
    fn run(
        &self,
        received: Received,
        context: &Context,
        event: &[u8],
        out: Option<&mut ResponseStream>,
    ) -> Result<Option<Response>, Error> {
        let start = Instant::now();
        let (routed, matched, layers) = match received.refusal {
            None => find(self.routes, &received.method, &received.path),
            Some(_) => (Routed::Nothing, Matched::default(), Vec::new()),
        };
        let request = Request::new(received, matched, context, event);
        let finish = |head| self.add_common(&request, head);
        let out = out.filter(|_| request.method() != Method::HEAD);
        let mut stream = out.map(|out| BodyStream::new(out, &finish, &request));
        let result =
            catch_failure(|| self.call_functions(&request, &routed, &layers, stream.as_mut()));
        let is_broken = stream.as_ref().is_some_and(BodyStream::is_broken);
        if let Some((Some(head), true)) = stream.map(BodyStream::into_head) {
            log_access(&request, &head, start);
            return match result {
                Ok(_) if is_broken => Err(broken()),
                result => result.map(|_| None).map_err(too_late),
            };
        }
        let response = self.finish(&request, response_of(&request, result));
        log_access(&request, &response, start);
        Ok(Some(response))
    }

    /// Calls the functions that serve a request. If they have written to the stream, the response
    /// is not sent.
    fn call_functions(
        &self,
        request: &Request,
        routed: &Routed,
        layers: &[Layer],
        mut stream: Option<&mut BodyStream>,
    ) -> Result<Response, Failure> {
        if let Some(response) = self.own_response(request, routed) {
            return Ok(response);
        }
        self.layer.call(request, layers, &mut |request| {
            self.call_function(request, routed, stream.as_deref_mut())
        })
    }

    /// Calls the function of the route or the fallback, or makes the response for neither.
    fn call_function(
        &self,
        request: &Request,
        routed: &Routed,
        stream: Option<&mut BodyStream>,
    ) -> Result<Response, Failure> {
        match (routed, stream) {
            (Routed::Function(function), _) => function(request),
            (Routed::Stream(function), None) => collect(request, *function),
            (Routed::Stream(function), Some(stream)) => {
                function(request, stream)?;
                stream.end()?;
                Ok(Response::empty(200))
            }
            (Routed::OtherMethods(allowed), _) if request.method() == Method::OPTIONS => {
                Ok(Response::empty(204).with_header("allow", allowed))
            }
            (Routed::OtherMethods(allowed), _) => {
                let response = Response::problem(405, "the path does not have this method");
                Ok(response.with_header("allow", allowed))
            }
            (Routed::Nothing, _) => match self.fallback {
                Some(fallback) => fallback(request),
                None => Ok(Response::problem(404, "there is no such path")),
            },
        }
    }

    /// Returns the response for which `before` is not called: to an invalid request, and to a
    /// preflight, which is one only if its path has routes, and none for OPTIONS.
    fn own_response(&self, request: &Request, routed: &Routed) -> Option<Response> {
        match (request.refusal(), routed, self.cors) {
            (Some(refusal), ..) => Some(Response::problem(400, refusal)),
            (None, Routed::OtherMethods(allowed), Some(cors)) if Cors::is_preflight(request) => {
                Some(cors.preflight(allowed))
            }
            _ => None,
        }
    }

    fn add_cors(&self, request: &Request, response: Response) -> Response {
        match self.cors {
            Some(cors) => cors.apply(request, response),
            None => response,
        }
    }

    /// Adds the headers for other origins and calls `after`. The error is its panic.
    fn add_common(&self, request: &Request, response: Response) -> Result<Response, Error> {
        let response = self.add_cors(request, response);
        match self.after {
            Some(after) => catch_panic(|| Ok(after(request, response))),
            None => Ok(response),
        }
    }

    /// Completes a response that is sent at once.
    fn finish(&self, request: &Request, response: Response) -> Response {
        let response = self
            .add_common(request, response)
            .unwrap_or_else(|_| self.add_cors(request, Response::internal_error()));
        let response = response.without_forbidden_body();
        if request.method() == Method::HEAD { response.with_body(Vec::new()) } else { response }
    }
}

/// Collects the response of a stream, for a front end that does not stream, and for HEAD.
fn collect(request: &Request, function: StreamFunction) -> Result<Response, Failure> {
    let mut written = Vec::new();
    let mut stream = BodyStream::new(&mut written, &Ok, request);
    let result = function(request, &mut stream).and_then(|()| Ok(stream.end()?));
    match (result, stream.into_head()) {
        (Ok(()), (Some(head), _)) => Ok(head.with_body(written)),
        // `begin` has ended the function.
        (Err(_), (Some(head), _)) if request.method() == Method::HEAD => Ok(head),
        (Err(failure), _) => Err(failure),
        (Ok(()), (None, _)) => Ok(Response::internal_error()),
    }
}

/// Turns the failure of a stream that has begun into an error.
fn too_late(failure: Failure) -> Error {
    match failure {
        Failure::Error(error) => error,
        Failure::Response(response) => {
            let status = response.status().as_u16();
            let message = format!("status {status} is too late: the response has begun");
            Error::new("Function.StreamBegun", message)
        }
    }
}

/// The error of a stream whose function has failed, if a function around it has made a response of
/// the failure. Without it the client would take the part that it has for all of it.
fn broken() -> Error {
    let message = "the function of the stream has failed, and a function around it has responded \
                   instead, which is too late: the response has begun";
    Error::new("Function.StreamBegun", message)
}

/// Turns a failure into a response. An error is logged; its details never reach the client.
fn response_of(request: &Request, result: Result<Response, Failure>) -> Response {
    match result {
        Ok(response) | Err(Failure::Response(response)) => response,
        Err(Failure::Error(error)) => {
            log::error!("{} {} failed: {error}", request.method(), request.route());
            Response::internal_error()
        }
    }
}

/// Writes one line for each request, with the route instead of the path, which may have secrets.
/// The health checks of a load balancer are written on the level debug.
fn log_access(request: &Request, response: &Response, start: Instant) {
    let status = response.status().as_u16();
    if request.refusal().is_some() {
        log::info!(target: "minilambda_http", "an invalid request: {status}");
        return;
    }
    let level = if is_health_check(request) { Level::Debug } else { Level::Info };
    let route = if request.route().is_empty() { "-" } else { request.route() };
    // As a float it would take a thousand instructions.
    let hundredths = (start.elapsed().as_micros() + 5) / 10;
    log::log!(
        target: "minilambda_http",
        level,
        "{} {route} {status} in {}.{:02} ms",
        request.method(),
        hundredths / 100,
        hundredths % 100
    );
}

/// Whether the load balancer itself has made the request. A client can send any `User-Agent`, but
/// the load balancer adds the other headers to the requests of clients.
fn is_health_check(request: &Request) -> bool {
    let is_agent = |agent: &str| agent.starts_with("ELB-HealthChecker/");
    let of_clients = ["x-forwarded-for", "x-forwarded-proto", "x-amzn-trace-id"];
    request.front_end().is_load_balancer()
        && request.header("user-agent").is_some_and(is_agent)
        && !of_clients.iter().any(|name| request.header(name).is_some())
}
