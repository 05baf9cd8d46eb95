//! Lambda function URLs: the requests and responses of HTTP APIs with payload format 2.0.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>; examples are in
//! `data/function-url.json`, `data/function-url-iam.json` and `data/function-url-response.json`.

/// The only authorizer of a function URL is IAM, its only route and stage `$default`.
pub use crate::apigateway_http::{Authorizer, Http, Iam, Request, RequestContext, Response};
