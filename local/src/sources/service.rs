//! Requests to the services that events come from, and what a function says of its events.

use crate::invocation::Invocation;
use crate::json;
use crate::settings::Settings;
use crate::stand_in;
use miniserde::json::{Object, Value};

/// A service with AWS's JSON protocol.
pub(super) struct Service {
    /// Its name in signatures.
    pub name: &'static str,
    /// The variable with its own URL.
    pub variable: &'static str,
    pub version: &'static str,
    pub target: &'static str,
}

pub(super) const SQS: Service =
    Service { name: "sqs", variable: "AWS_ENDPOINT_URL_SQS", version: "1.0", target: "AmazonSQS" };

impl Service {
    /// Calls an operation at the stand-in that the functions are configured for.
    pub fn call(
        &self,
        settings: &Settings,
        action: &str,
        wanted: &Value,
    ) -> Result<Object, String> {
        let variable = |name: &str| settings.environment.get(name);
        let url = variable(self.variable).or_else(|| variable("AWS_ENDPOINT_URL"));
        let address = url.and_then(|url| stand_in::address(url)).ok_or(
            "sources are polled at a stand-in for AWS: set AWS_ENDPOINT_URL in the file of variables \
             to its URL, such as http://127.0.0.1:5000",
        )?;
        let kind = format!("Content-Type: application/x-amz-json-{}", self.version);
        let target = format!("X-Amz-Target: {}.{action}", self.target);
        let body = miniserde::json::to_string(wanted);
        let of = (self.name, &*settings.region);
        let sent = stand_in::send(&address, of, "POST /", &[&kind, &target], body.as_bytes());
        let (status, body) =
            sent.map_err(|error| format!("{address} does not respond: {error}"))?;
        let document = json::parse_object(body.as_bytes());
        if (200..300).contains(&status) {
            // The response to a change may be empty.
            return Ok(document.unwrap_or_default());
        }
        let document = document.unwrap_or_default();
        let kind = json::string(&document, "__type").unwrap_or_default();
        let message = json::string(&document, "message").or(json::string(&document, "Message"));
        Err(format!("{action} has status {status}: {kind} {}", message.unwrap_or_default()))
    }
}

/// The ids of the records that have failed, or why all have. With `is_partial` the response has
/// them.
pub(super) fn failed_items(
    invocation: &Invocation,
    is_partial: bool,
    is_known: impl Fn(&str) -> bool,
) -> Result<Vec<String>, String> {
    if let Some(failure) = &invocation.failure {
        return Err(failure.kind.clone());
    }
    if !is_partial {
        return Ok(Vec::new());
    }
    let wrong = || "the response is no {\"batchItemFailures\":[{\"itemIdentifier\":…}]}".to_owned();
    let response = match json::parse(&invocation.payload) {
        Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(response)) => response,
        _ => return Err(wrong()),
    };
    let failures = match response.get("batchItemFailures") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(failures)) => failures,
        Some(_) => return Err(wrong()),
    };
    let id = |failure: &Value| match failure {
        Value::Object(failure) => json::string(failure, "itemIdentifier").map(str::to_owned),
        _ => None,
    };
    let ids: Option<Vec<_>> = failures.iter().map(id).collect();
    let ids = ids.ok_or_else(wrong)?;
    if !ids.iter().all(|id| is_known(id)) {
        return Err(
            "an itemIdentifier in the response is that of no record of the event".to_owned()
        );
    }
    Ok(ids)
}
