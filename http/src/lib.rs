//! HTTP APIs on AWS Lambda without async: routes are static data, handlers are plain functions.
//!
//! One table serves REST APIs, HTTP APIs, function URLs, Application Load Balancers and VPC
//! Lattice.
//!
//! ```
//! use minilambda::{Handler, handler};
//! use minilambda_http::{Api, Failure, Request, Response, get, http, post};
//! use miniserde::{Deserialize, Serialize};
//! use std::process::ExitCode;
//!
//! static API: Api = Api::new(&[get("/pets/{id}", read), post("/pets", create)]);
//! static HANDLERS: &[(&str, Handler)] = &[("pets.http", http!(API))];
//!
//! fn main() -> ExitCode {
//! #   assert_eq!(API.call(Request::get("/pets/1")).body(), br#"{"name":"Rex"}"#);
//! #   assert_eq!(API.call(Request::get("/pets/Rex")).status(), 404);
//! #   let tom = Pet { name: "Tom".to_owned() };
//! #   assert_eq!(API.call(Request::post("/pets").json(&tom)).status(), 201);
//! #   assert_eq!(API.call(Request::post("/pets").json(&1)).status(), 400);
//! #   if HANDLERS.len() == 1 { return ExitCode::SUCCESS }
//!     minilambda::run(HANDLERS)
//! }
//!
//! #[derive(Deserialize, Serialize)]
//! struct Pet {
//!     name: String,
//! }
//!
//! fn read(request: &Request) -> Result<Response, Failure> {
//!     let id: u64 = request.param("id")?; // 404 if it is not a number
//!     let pet = find(id).ok_or_else(|| Response::problem(404, "there is no such pet"))?;
//!     Ok(Response::json(200, &pet))
//! }
//!
//! fn create(request: &Request) -> Result<Response, Failure> {
//!     let pet: Pet = request.json()?; // 415 if it is not JSON, 400 if it does not match
//!     log::info!("a new pet, {}", pet.name);
//!     Ok(Response::json(201, &pet).with_header("Location", "/pets/2"))
//! }
//!
//! fn find(id: u64) -> Option<Pet> {
//!     (id == 1).then(|| Pet { name: "Rex".to_owned() })
//! }
//! ```
//!
//! From top to bottom:
//!
//! - [`Api`] is the table of routes, in a `static`. [`get`], [`post`] and others make a [`Route`]
//!   of a path and a function. The compiler checks the paths, and that no two routes serve the same
//!   requests. The most specific route serves a request, whatever the order. [`Api::cors`],
//!   [`Api::before`], [`Api::around`] and [`Api::after`] apply to all routes, [`Route::before`] and
//!   [`Route::around`] to one route or a nested table. The route is found first, and the functions
//!   of [`Api::before`] are the first of yours that are called.
//! - [`http!`] makes an entry of the runtime's table of handlers from it. A function of AWS Lambda
//!   whose handler is `pets.http` serves this API, behind any front end.
//! - [`Request`] has the method, path, headers, query, cookies and body in one form for every front
//!   end. Access by type fails with the right status: [`param`](Request::param) with 404,
//!   [`query`](Request::query) with 400, [`json`](Request::json) with 415, or 400 and the place of
//!   the mismatch.
//! - [`Response`] is written in the form that the front end expects. [`Response::problem`] is an
//!   error for the client.
//! - [`Failure`] is the error of a handler: `?` on a `Response` returns it, `?` on an error is
//!   status 500. The error is logged, and the client does not see it. A panic counts as an error.
//! - A test needs no event: `assert_eq!(API.call(Request::get("/pets/1")).status(), 200)`.
//!
//! Each request is logged in one line with method, route, status and duration:
//! `GET /pets/{id} 200 in 0.04 ms`.
//!
//! # Front ends
//!
//! | | path | query | repeated headers |
//! |---|---|---|---|
//! | REST API | decoded once | as AWS decodes it | kept |
//! | HTTP API, format 1.0 | as AWS decodes it | as AWS decodes it | kept |
//! | HTTP API, format 2.0 | as AWS decodes it | decoded once | joined with commas |
//! | function URL | decoded once | decoded once | joined with commas |
//! | Application Load Balancer | decoded once | decoded once | kept with `multi_value_headers` |
//! | VPC Lattice | decoded once | decoded once (1), as AWS decodes it (2) | kept (2) |
//!
//! The stage of an HTTP API is removed from the path. The base path of a custom domain is removed
//! if [`Api::base_path`] names it.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod accept;
mod api;
mod around;
mod builder;
mod check;
mod cors;
mod data;
mod event;
mod failure;
mod form;
mod headers;
mod pairs;
mod path;
mod pattern;
mod received;
mod request;
mod response;
mod route;
mod serve;
mod stream;
mod syntax;
mod wire;

pub use api::Api;
pub use around::{Around, Before, Next};
pub use builder::RequestBuilder;
pub use cors::Cors;
pub use failure::Failure;
pub use form::Form;
pub use http::header::HeaderName;
pub use http::{HeaderMap, Method, StatusCode};
pub use received::FrontEnd;
pub use request::Request;
pub use response::Response;
pub use route::{Route, delete, get, nest, patch, post, put, route, stream};
pub use stream::BodyStream;

/// Makes a [`Handler`](minilambda::Handler) from a static [`Api`].
///
/// ```
/// use minilambda::Handler;
/// use minilambda_http::{Api, http};
///
/// static API: Api = Api::new(&[]);
/// static HANDLERS: &[(&str, Handler)] = &[("shop.http", http!(API))];
/// ```
#[macro_export]
macro_rules! http {
    ($api:path) => {
        $crate::__private::Handler::raw(|event, context| $api.serve(event, context))
    };
}

/// Makes a streaming [`Handler`](minilambda::Handler) from a static [`Api`], for a function URL, or
/// an API, with the invoke mode `RESPONSE_STREAM`. Responses of [`stream`] routes are sent while
/// they are written, the others at once.
///
/// ```
/// use minilambda::Handler;
/// use minilambda_http::{Api, http_stream};
///
/// static API: Api = Api::new(&[]);
/// static HANDLERS: &[(&str, Handler)] = &[("shop.http", http_stream!(API))];
/// ```
#[macro_export]
macro_rules! http_stream {
    ($api:path) => {
        $crate::__private::Handler::streaming(|event, context, out| {
            $api.serve_stream(event, context, out)
        })
    };
}

/// For the macros. It may change at any time.
#[doc(hidden)]
pub mod __private {
    pub use minilambda::Handler;
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
