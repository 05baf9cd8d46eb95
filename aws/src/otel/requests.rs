//! Requests to AWS as spans.

use super::propagation::TRACEPARENT;
use super::span::Kind;
use super::stack::{self, change_innermost};
use crate::attempts::{self, Attempts, TRACE};
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Lets all requests of the process be spans.
pub(super) fn observe() {
    attempts::observe(traced);
}

/// Runs the attempts of a request in a span, if the thread is in one. A request for the credentials
/// of a container is none of a service.
fn traced(request: &Request, send: &mut Attempts) -> Result<Response, Error> {
    if request.service.is_empty() || stack::innermost(|_| ()).is_none() {
        return send(&[]);
    }
    let (service, method) = name(&request.what);
    stack::traced(&format!("{service}.{method}"), Kind::Client, None, || {
        let mut headers = Vec::new();
        change_innermost(|span| {
            span.set("rpc.system", "aws-api");
            span.set("rpc.service", service);
            span.set("rpc.method", method);
            span.set("server.address", address(request.service, request.url.host_and_port().0));
            span.set("cloud.region", &*request.region);
            headers.push((TRACEPARENT.to_owned(), span.place.to_w3c()));
            headers.push((TRACE.to_owned(), span.place.to_xray()));
        });
        headers.retain(|(name, _)| !request.headers.has(|known| known == name));
        let result = send(&headers);
        change_innermost(|span| match &result {
            Ok(response) => {
                span.set("http.response.status_code", u32::from(response.status));
                let id = response.header("x-amzn-requestid");
                if let Some(id) = id.or_else(|| response.header("x-amz-request-id")) {
                    span.set("aws.request_id", id);
                }
            }
            Err(error) => {
                if let Some(status) = error.status() {
                    span.set("http.response.status_code", u32::from(status));
                }
                if let Some(id) = error.request_id() {
                    span.set("aws.request_id", id);
                }
                span.fail(error.code());
            }
        });
        result
    })
}

/// The service and the action or HTTP method, of `DYNAMODB PutItem` or `LAMBDA POST /path`. More of
/// it may have names of the caller.
fn name(what: &str) -> (&str, &str) {
    let mut words = what.split(' ');
    let service = words.next().unwrap_or_default();
    let is_action = |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (service, words.next().filter(is_action).unwrap_or("request"))
}

/// The host, of S3 without the bucket that may be a part of it.
fn address<'a>(service: &str, host: &'a str) -> &'a str {
    let rest = host.split_once('.').map(|(_, rest)| rest).filter(|_| service == "s3");
    rest.filter(|rest| rest.starts_with("s3.") || rest.starts_with("s3-")).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::{address, name};

    #[test]
    fn a_span_has_no_bucket() {
        for (service, host, expected) in [
            ("s3", "secret.s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"),
            (
                "s3",
                "s3-secret.s3.dualstack.eu-west-1.amazonaws.com",
                "s3.dualstack.eu-west-1.amazonaws.com",
            ),
            ("s3", "secret.s3-fips.us-east-1.amazonaws.com", "s3-fips.us-east-1.amazonaws.com"),
            ("s3", "s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"),
            ("s3", "localhost", "localhost"),
            ("sqs", "sqs.s3.example", "sqs.s3.example"),
        ] {
            assert_eq!(address(service, host), expected);
        }
    }

    #[test]
    fn a_span_has_no_names_of_the_caller() {
        for (what, expected) in [
            ("DYNAMODB PutItem", ("DYNAMODB", "PutItem")),
            ("LAMBDA POST /2015-03-31/functions/secret", ("LAMBDA", "POST")),
            ("S3 GET photos/secret.txt", ("S3", "GET")),
            ("S3 /secret", ("S3", "request")),
            ("STS", ("STS", "request")),
        ] {
            assert_eq!(name(what), expected);
        }
    }
}
