//! Spans of OpenTelemetry without its SDK: OTLP as JSON over HTTP, to the collector's layer on
//! `localhost:4318` or another endpoint.
//!
//! ```
//! use minilambda::{Context, Error, Handler, Hooks, handler};
//! use minilambda_aws::otel;
//!
//! fn order(pieces: u32, _: &Context) -> Result<u32, Error> {
//!     otel::attribute("shop.pieces", pieces);
//!     let boxes = otel::span("pack", || pieces.div_ceil(6));
//!     Ok(boxes)
//! }
//!
//! static HANDLERS: &[(&str, Handler)] =
//!     &[("shop.order", handler!(order).around(&[otel::invocation]))];
//! static HOOKS: Hooks = Hooks::new().after_response(|_| otel::flush());
//! # // minilambda::run_with(HANDLERS, &HOOKS)
//! ```
//!
//! [`invocation`] makes the span of the handler, with `faas.invocation_id`, `cloud.resource_id`,
//! `faas.coldstart`, and `error.type` if it fails. It is a child of the span that an HTTP request's
//! `traceparent` names, or of X-Ray's if that samples the invocation. Each request of this crate to
//! AWS is a span too, from then on, and carries the trace in `traceparent` and `x-amzn-trace-id`.
//! For a request of another client there is [`traceparent`].
//!
//! [`flush`] sends what has ended, after the response: a collector that hangs delays no response.
//! It has one second, and after a failure it is left alone for 30. Meanwhile spans are kept, up to
//! 2,048 and 4 MB. If it refuses them, they are lost. The log says each of these.
//!
//! The variables are [OpenTelemetry's](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/):
//! `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_EXPORTER_OTLP_ENDPOINT`,
//! `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_EXPORTER_OTLP_TIMEOUT` (the last three also with
//! `OTLP_TRACES`), `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`, `OTEL_TRACES_EXPORTER` (`none`
//! turns spans off) and `OTEL_SDK_DISABLED`.
//!
//! No event, message of an error or name of a resource is in a span unless the program puts it
//! there.

mod encode;
mod export;
#[cfg_attr(not(feature = "services"), allow(dead_code, reason = "the rest is for services"))]
mod propagation;
#[cfg(feature = "services")]
mod requests;
mod sampler;
mod settings;
#[cfg_attr(not(feature = "services"), allow(dead_code, reason = "the rest is for services"))]
mod span;
mod stack;
mod value;

use minilambda::__private::is_started_ahead;
use minilambda::{Context, Error, Next};
use propagation::Place;
use span::Kind;
use stack::{change_innermost, change_outermost};
use std::sync::atomic::{AtomicBool, Ordering};

pub use value::Value;

/// A [middleware](minilambda::Middleware) that makes the span of an invocation. Put it first.
///
/// # Errors
/// Those of the handler.
pub fn invocation(event: Vec<u8>, context: &Context, next: Next) -> Result<Vec<u8>, Error> {
    static IS_WARM: AtomicBool = AtomicBool::new(false);
    #[cfg(feature = "services")]
    requests::observe();
    let cause = propagation::cause(&event, context);
    let name = if context.function_name.is_empty() { "invocation" } else { &context.function_name };
    stack::traced(name, Kind::Server, cause, || {
        change_innermost(|span| {
            span.set("faas.invocation_id", &*context.request_id);
            span.set("cloud.resource_id", resource_id(context));
            let is_first = !IS_WARM.swap(true, Ordering::Relaxed);
            span.set("faas.coldstart", is_first && !is_started_ahead());
        });
        let result = next.run(event, context);
        if let Err(error) = &result {
            change_innermost(|span| span.fail(error.kind()));
        }
        result
    })
}

/// The function's ARN. The conventions want the version in place of an alias: one process serves
/// several.
fn resource_id(context: &Context) -> String {
    let Context { invoked_function_arn: arn, function_version: version, .. } = context;
    match arn.match_indices(':').nth(6) {
        Some((at, _)) if !version.is_empty() => {
            format!("{}:{version}", arn.get(..at).unwrap_or_default())
        }
        _ => arn.clone(),
    }
}

/// Runs a function in a span, and returns what it returns. For a function that returns a `Result`
/// there is [`try_span`]: here only a panic is a failure.
pub fn span<T>(name: &str, run: impl FnOnce() -> T) -> T {
    stack::traced(name, Kind::Internal, None, run)
}

/// Runs a function in a span, which has failed if the function returns an error. Its `error.type`
/// is the error's type in Rust; the error's message is not in the span.
///
/// # Errors
/// Those of the function.
pub fn try_span<T, E>(name: &str, run: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    span(name, || {
        run().inspect_err(|_| change_innermost(|span| span.fail(std::any::type_name::<E>())))
    })
}

/// Sets an attribute of the innermost span of this thread, such as `shop.order_id`. Without a span
/// nothing happens. A span has at most 128.
pub fn attribute(name: &str, value: impl Into<Value>) {
    let value = value.into();
    change_innermost(|span| span.set(name, value));
}

/// Makes the span of the invocation that of an HTTP request: its name is the method and the route,
/// such as `GET /orders/{id}`. A status of 500 or more is a failure. In `minilambda-http` it is for
/// `after`, with `request.method()`, `request.route()` and `response.status()`.
pub fn http_response(method: &str, route: &str, status: impl Into<u16>) {
    let status = status.into();
    change_outermost(|span| {
        span.rename(format!("{method} {route}").trim());
        span.set("faas.trigger", "http");
        span.set("http.request.method", method);
        if !route.is_empty() {
            span.set("http.route", route);
        }
        span.set("http.response.status_code", u32::from(status));
        if status >= 500 {
            span.fail(&status.to_string());
        }
    });
}

/// Returns the header `traceparent` for a request to another service; `None` outside of a span.
///
/// ```
/// use minilambda_aws::otel;
///
/// otel::span("request", || {
///     let header = otel::traceparent().unwrap_or_default();
///     // ureq::get(url).header("traceparent", header).call()
///     assert!(header.starts_with("00-"));
/// });
/// ```
#[must_use]
pub fn traceparent() -> Option<String> {
    stack::innermost(|span| span.place.to_w3c())
}

/// Runs a function whose spans are children of the one that a `traceparent` names: in another
/// thread, or for a message that has it among its attributes. A text that is no such header is
/// ignored.
///
/// ```
/// use minilambda_aws::otel;
/// use std::thread;
///
/// let here = otel::traceparent().unwrap_or_default();
/// thread::scope(|scope| {
///     scope.spawn(|| otel::child_of(&here, || otel::span("in a thread", || 3)));
/// });
/// ```
pub fn child_of<T>(traceparent: &str, run: impl FnOnce() -> T) -> T {
    match Place::from_w3c(traceparent) {
        Some(place) => stack::below(place, run),
        None => run(),
    }
}

/// Sends the spans that have ended. It belongs in
/// [`Hooks::after_response`](minilambda::Hooks::after_response), and in `on_shutdown` if there is
/// one.
pub fn flush() {
    export::flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_is_a_version_and_no_alias() {
        const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:hello";
        let id = |arn: &str, version: &str| {
            let mut context = Context::default();
            context.invoked_function_arn = arn.to_owned();
            context.function_version = version.to_owned();
            resource_id(&context)
        };
        assert_eq!(id(ARN, "7"), ARN);
        assert_eq!(id(&format!("{ARN}:live"), "7"), format!("{ARN}:7"));
        assert_eq!(id(&format!("{ARN}:live"), ""), format!("{ARN}:live"));
        assert_eq!(id("", "7"), "");
    }
}
