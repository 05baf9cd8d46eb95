//! Changes requests and responses of CloudFront: sends phones to smaller pictures, and adds
//! security headers to responses.
//!
//! ```text
//! cargo run --example cloudfront -- cloudfront.pictures data/cloudfront.json
//! cargo run --example cloudfront -- cloudfront.headers data/cloudfront-response-event.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::cloudfront::{Event, Request, Response};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[
    ("cloudfront.pictures", handler!(smaller_pictures)),
    ("cloudfront.headers", handler!(security_headers)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

/// For `origin-request`: returns the request that the origin gets.
fn smaller_pictures(event: Event, _: &Context) -> Result<Request, Error> {
    let mut request = event.into_request().ok_or("the event has no record")?;
    let is_phone = request.header("cloudfront-is-mobile-viewer") == Some("true");
    if let Some(path) = request.uri.strip_suffix(".jpg") {
        let size = if is_phone { "small" } else { "large" };
        request.uri = format!("{path}.{size}.jpg");
    }
    request.set_header("X-Phone", if is_phone { "yes" } else { "no" });
    Ok(request)
}

/// For `viewer-response`: returns the response that the viewer gets.
fn security_headers(event: Event, _: &Context) -> Result<Response, Error> {
    let mut response = event.into_response().ok_or("the event has no response")?;
    response.set_header("Strict-Transport-Security", "max-age=63072000; includeSubDomains");
    response.set_header("X-Content-Type-Options", "nosniff");
    Ok(response)
}
