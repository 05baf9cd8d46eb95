//! How a request is served.
//!
//! The route is found first. It decides whether the API itself responds, or one of the user's functions. `before`
//! is called unless the API itself responds, and `after` for each response.

use crate::event::Parts;
use crate::path::Path;
use crate::route::{Matched, Routed, StreamFunction, find};
use crate::stream::BodyStream;
use crate::{Api, Cors, Failure, Request, Response, Source};
use http::Method;
use log::Level;
use minilambda::__private::catch_panic;
use minilambda::{Context, Error, ResponseStream};
use std::time::Instant;

pub(crate) enum Answer {
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

impl Api {
    /// Serves a request without a stream.
    pub(crate) fn respond(&self, parts: Parts, context: &Context, event: &[u8]) -> Response {
        match self.answer(parts, context, event, None) {
            Ok(Answer::Whole(response)) => response,
            // Neither happens without a stream.
            Ok(Answer::Streamed) | Err(_) => Response::internal_error(),
        }
    }

    /// Serves a request. The error is that of a stream that has begun.
    pub(crate) fn answer(
        &self,
        parts: Parts,
        context: &Context,
        event: &[u8],
        stream: Option<&mut ResponseStream>,
    ) -> Result<Answer, Error> {
        let start = Instant::now();
        let (request, routed) = self.route(parts, context, event);
        let is_invalid = matches!(routed, Routed::Invalid(_));
        let result = match (self.ask_before(&request, &routed), routed, stream) {
            (Some(result), ..) => result,
            (None, Routed::Stream(function), Some(out)) if request.method() != Method::HEAD => {
                match self.stream(&request, function, out, start) {
                    Ok(()) => return Ok(Answer::Streamed),
                    Err(Broken::Begun(error)) => return Err(error),
                    Err(Broken::NotBegun(failure)) => Err(failure),
                }
            }
            (None, routed, _) => self.dispatch(&request, routed),
        };
        let response = self.finish(&request, response_of(&request, result));
        if is_invalid {
            log_invalid(&response);
        } else {
            log_access(&request, &response, start);
        }
        Ok(Answer::Whole(response))
    }

    /// Finds the route of a request.
    fn route<'a>(
        &self,
        parts: Parts,
        context: &'a Context,
        event: &'a [u8],
    ) -> (Request<'a>, Routed) {
        let method = parts.method.parse::<Method>().map_err(|_| "the method is invalid");
        let path = Path::decode(&parts.path, parts.source.has_decoded_path());
        let path = path.map(|path| path.without_base(self.base_path));
        let path = path.ok_or("the path is not UTF-8");
        let (routed, matched) = match (&method, &path) {
            (Ok(method), Ok(path)) => find(self.routes, method, path),
            (Err(reason), _) | (_, Err(reason)) => (Routed::Invalid(reason), Matched::default()),
        };
        let method = method.unwrap_or_else(|_| invalid_method());
        let path = path.unwrap_or_default();
        match Request::new(parts, method, path, matched, context, event) {
            (request, Err(reason)) if !matches!(routed, Routed::Invalid(_)) => {
                (request, Routed::Invalid(reason))
            }
            (request, _) => (request, routed),
        }
    }

    /// Calls `before`, unless the API itself responds. Returns its response or its panic.
    fn ask_before(&self, request: &Request, routed: &Routed) -> Option<Result<Response, Failure>> {
        let is_own = match routed {
            Routed::Invalid(_) => true,
            Routed::OtherMethods(_) => self.preflight(request).is_some(),
            Routed::Function(_) | Routed::Stream(_) | Routed::Nothing => false,
        };
        let before = self.before.filter(|_| !is_own)?;
        guard(|| Ok(before(request))).transpose()
    }

    /// Returns the settings for a preflight, if the request has the form of one. It is one only if its path has
    /// routes, and none for OPTIONS.
    fn preflight(&self, request: &Request) -> Option<&'static Cors> {
        self.cors.filter(|_| Cors::is_preflight(request))
    }

    /// Serves a request by its route, without a stream.
    fn dispatch(&self, request: &Request, routed: Routed) -> Result<Response, Failure> {
        match routed {
            Routed::Function(function) => guard(|| function(request)),
            Routed::Stream(function) => guard(|| whole(request, function)),
            Routed::OtherMethods(allowed) => Ok(match self.preflight(request) {
                Some(cors) => cors.preflight(&allowed),
                None if request.method() == Method::OPTIONS => {
                    Response::empty(204).with_header("allow", allowed)
                }
                None => Response::problem(405, "the path does not have this method")
                    .with_header("allow", allowed),
            }),
            Routed::Nothing => match self.fallback {
                Some(fallback) => guard(|| fallback(request)),
                None => Ok(Response::problem(404, "there is no such path")),
            },
            Routed::Invalid(reason) => Ok(Response::problem(400, reason)),
        }
    }

    fn add_cors(&self, request: &Request, response: Response) -> Response {
        match self.cors {
            Some(cors) => cors.apply(request, response),
            None => response,
        }
    }

    /// Adds what is common to all responses. The error is a panic of `after`.
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

    /// Calls the function of a [`stream`](crate::stream) route, and logs the access if it has begun its response.
    fn stream(
        &self,
        request: &Request,
        function: StreamFunction,
        out: &mut ResponseStream,
        start: Instant,
    ) -> Result<(), Broken> {
        let finish = |head| self.add_common(request, head);
        let mut body = BodyStream::new(out, &finish, request);
        let result = guard(|| {
            function(request, &mut body)?;
            Ok(body.end()?)
        });
        // A stream that ends well has sent its head.
        let (Some(head), true) = body.into_head() else {
            return result.map_err(Broken::NotBegun);
        };
        log_access(request, &head, start);
        result.map_err(|failure| match failure {
            Failure::Error(error) => Broken::Begun(error),
            Failure::Response(response) => {
                let status = response.status().as_u16();
                let message = format!("status {status} is too late: the response has begun");
                Broken::Begun(Error::new("Function.StreamBegun", message))
            }
        })
    }
}

/// Calls one of the user's functions. A panic is an error.
fn guard<T>(function: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_panic(|| Ok(function())).unwrap_or_else(|panic| Err(Failure::Error(panic)))
}

/// Collects the response of a stream, for a front end that does not stream, and for HEAD.
fn whole(request: &Request, function: StreamFunction) -> Result<Response, Failure> {
    let mut written = Vec::new();
    let mut body = BodyStream::new(&mut written, &Ok, request);
    let result = function(request, &mut body).and_then(|()| Ok(body.end()?));
    match (result, body.into_head()) {
        (Ok(()), (Some(head), _)) => Ok(head.with_body(written)),
        // `begin` has ended the function.
        (Err(_), (Some(head), _)) if request.method() == Method::HEAD => Ok(head),
        (Err(failure), _) => Err(failure),
        (Ok(()), (None, _)) => Ok(Response::internal_error()),
    }
}

/// Replaces an invalid method.
fn invalid_method() -> Method {
    Method::from_bytes(b"INVALID").unwrap_or_default()
}

/// Makes a response of a failure. An error is logged, and the client does not see it.
fn response_of(request: &Request, result: Result<Response, Failure>) -> Response {
    match result {
        Ok(response) | Err(Failure::Response(response)) => response,
        Err(Failure::Error(error)) => {
            log::error!("{} {} failed: {error}", request.method(), request.route());
            Response::internal_error()
        }
    }
}

/// The route of an invalid request is not known.
fn log_invalid(response: &Response) {
    let status = response.status().as_u16();
    log::info!(target: "minilambda_http", "an invalid request: {status}");
}

/// Writes one line for each request, with the route and not the path, which may have secrets. The
/// health checks of a load balancer are written on the level debug.
fn log_access(request: &Request, response: &Response, start: Instant) {
    let level = if is_health_check(request) { Level::Debug } else { Level::Info };
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

/// Whether the load balancer itself has made the request. A client can send any `User-Agent`, but the load
/// balancer adds the other headers to its requests.
fn is_health_check(request: &Request) -> bool {
    let is_agent = |agent: &str| agent.starts_with("ELB-HealthChecker/");
    let of_clients = ["x-forwarded-for", "x-forwarded-proto", "x-amzn-trace-id"];
    matches!(request.source(), Source::LoadBalancer { .. })
        && request.header("user-agent").is_some_and(is_agent)
        && !of_clients.iter().any(|name| request.headers().contains_key(*name))
}
